"""Looks that end together are kept by few commits, each acknowledged only when it is kept."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import event, select
from store_examples import LEASE, NOON, capture, look, state

from monitor.domain.errors import StoreUnavailableError
from monitor.store.database import Database
from monitor.store.inbox import SqlInbox
from monitor.store.tables import sources

CROWD = [f"source-{number}" for number in range(250)]


@pytest.fixture
async def database(tmp_path):
    opened = await Database.open(f"sqlite:///{tmp_path / 'looks.db'}", busy_timeout=timedelta(milliseconds=10), tries=2)
    yield opened
    await opened.close()


async def test_a_crowd_of_looks_takes_few_commits_and_every_one_is_kept(database):
    commits = []
    event.listen(database.engine.sync_engine, "commit", commits.append)
    inbox = SqlInbox(database)
    await asyncio.gather(*(inbox.looked(look(id), state(id), None) for id in CROWD))
    assert len(commits) <= 5
    assert await inbox.sources() == {id: state(id) for id in CROWD}


@pytest.mark.case(45)
async def test_what_was_acknowledged_is_in_the_file_although_the_program_dies_at_once(database, tmp_path):
    inbox = SqlInbox(database)
    acknowledged, kept = [], []

    async def looked(number, id):
        await inbox.looked(look(id), state(id), capture(number, id))
        acknowledged.append(id)
        with closing(sqlite3.connect(tmp_path / "looks.db")) as other:  # another process sees what is committed
            kept.extend(row[0] for row in other.execute("SELECT source_id FROM captures WHERE source_id = ?", [id]))

    await asyncio.gather(*(looked(number, id) for number, id in enumerate(CROWD[:20])))
    assert sorted(kept) == sorted(acknowledged) == sorted(CROWD[:20])


async def test_looks_that_cannot_be_kept_are_all_told_so_and_later_ones_are_kept(database, tmp_path):
    inbox = SqlInbox(database)
    with closing(sqlite3.connect(tmp_path / "looks.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ends = await asyncio.gather(*(inbox.looked(look(id), state(id), None) for id in CROWD), return_exceptions=True)
        other.execute("ROLLBACK")
    assert {type(end) for end in ends} == {StoreUnavailableError}
    assert await inbox.sources() == {}
    await inbox.looked(look(), state(), capture())
    assert await inbox.claim(NOON, LEASE) is not None


async def test_a_look_that_nobody_waits_for_any_more_holds_up_no_other(database):
    inbox = SqlInbox(database)
    tasks = [asyncio.create_task(inbox.looked(look(id), state(id), None)) for id in CROWD[:3]]
    await asyncio.sleep(0)
    tasks[0].cancel()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(ends[0], asyncio.CancelledError)
    assert ends[1:] == [None, None]
    assert {CROWD[1], CROWD[2]} <= set(await inbox.sources())


async def test_a_transaction_waits_for_nothing_but_its_connection(database):
    async def dawdle(connection):
        await connection.execute(select(sources.c.id))
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="waits for something"):
        await database.read(dawdle)


async def test_rows_can_be_read_after_their_transaction(database):
    await SqlInbox(database).looked(look(), state(), None)
    rows = await database.read(lambda connection: connection.execute(select(sources.c.id)))
    ids = await database.read(lambda connection: connection.scalars(select(sources.c.id)))
    assert (rows.scalars().all(), list(ids)) == (["tiktok"], ["tiktok"])
