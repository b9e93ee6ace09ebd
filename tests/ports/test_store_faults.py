"""Locks, full disks, lost connections: tried again when that helps, reported when not, and nothing half-kept."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import event, text
from store_examples import LEASE, NOON, SENT, capture, delivery, document, incident, look, state

from monitor.domain.alerts import DeliveryState
from monitor.domain.errors import StoreUnavailableError
from monitor.steps import Step
from monitor.store.database import Database
from monitor.store.desk import SqlDesk
from monitor.store.inbox import SqlInbox
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox


@pytest.fixture
async def impatient(tmp_path) -> AsyncIterator[Database]:
    """A SQLite database that waits 10 ms for a lock."""
    database = await Database.open(
        f"sqlite:///{tmp_path / 'busy.db'}", busy_timeout=timedelta(milliseconds=10), tries=4
    )
    yield database
    await database.close()


@pytest.fixture
async def served(postgres) -> AsyncIterator[Database]:
    database = await Database.open(postgres.fresh(), tries=8)
    yield database
    await database.close()


@pytest.mark.case(48)
async def test_a_file_locked_for_a_moment_is_written_when_it_is_free(impatient, tmp_path):
    refused = asyncio.Event()
    event.listen(impatient.engine.sync_engine, "handle_error", lambda _context: refused.set())
    with closing(sqlite3.connect(tmp_path / "busy.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        keeping = asyncio.create_task(SqlLedger(impatient).keep(Step(NOON, incidents=[incident()])))
        await asyncio.wait_for(refused.wait(), timeout=10)
        other.execute("ROLLBACK")
        await asyncio.wait_for(keeping, timeout=10)
    assert await SqlLedger(impatient).open_incidents(NOON) == [incident()]


@pytest.mark.case(48)
async def test_a_file_that_stays_locked_is_reported_and_can_be_read_meanwhile(impatient, tmp_path):
    await SqlLedger(impatient).keep(Step(NOON, incidents=[incident()]))
    with closing(sqlite3.connect(tmp_path / "busy.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="locked"):
            await SqlLedger(impatient).keep(Step(NOON, incidents=[incident(revision=2)]))
        assert await SqlLedger(impatient).open_incidents(NOON) == [incident()]
        other.execute("ROLLBACK")
    await SqlLedger(impatient).keep(Step(NOON, incidents=[incident(revision=2)]))


@pytest.mark.case(46)
async def test_a_full_disk_keeps_nothing_by_halves_and_work_goes_on_when_there_is_room(impatient):
    """SQLite's own limit of pages raises the same SQLITE_FULL as a disk without room."""
    inbox, ledger, desk = SqlInbox(impatient), SqlLedger(impatient), SqlDesk(impatient)
    await inbox.looked(look(), state(), capture())
    claim = await inbox.claim(NOON, LEASE)
    pages = 0

    def limit(connection, _record, _proxy):
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA max_page_count = {pages or 1_000_000}")
        cursor.close()

    event.listen(impatient.engine.sync_engine, "checkout", limit)
    pages = await impatient.read(lambda connection: connection.scalar(text("PRAGMA page_count")))
    large = [document(no, text=f"{no} " * 20_000) for no in range(20)]
    step = Step(NOON, claim, documents=large, incidents=[incident()], deliveries=[delivery()])
    for _ in range(2):
        with pytest.raises(StoreUnavailableError, match="full"):
            await ledger.keep(step)
    counts = await desk.counts()
    assert (counts.inbox_waiting, counts.documents, counts.incidents, counts.pending_by_channel) == (1, 0, 0, {})
    pages = 0
    await ledger.keep(step)
    counts = await desk.counts()
    assert (counts.inbox_waiting, counts.documents, counts.incidents, counts.pending_by_channel) == (
        0,
        20,
        1,
        {"mail": 1},
    )
    assert await impatient.read(lambda connection: connection.scalar(text("PRAGMA integrity_check"))) == "ok"


async def test_every_write_to_sqlite_is_durable_when_it_is_acknowledged(durable, impatient):
    async def settings(connection):
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [(await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one() for name in names]

    assert await impatient.read(settings) == ["wal", 2, 1]


async def test_every_write_to_postgresql_is_durable_whatever_the_server_defaults_to(served):
    async def setting(connection):
        return await connection.scalar(text("SHOW synchronous_commit"))

    assert await served.read(setting) == "on"


@pytest.mark.case(48)
async def test_work_goes_on_over_a_server_that_drops_its_sessions(served, postgres):
    """Every session is ended again and again while steps are kept; each step is there once."""
    ledger, outbox, desk = SqlLedger(served), SqlOutbox(served), SqlDesk(served)
    address = served.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    dropped = 0
    for no in range(30):
        keeping = [
            asyncio.create_task(
                ledger.keep(
                    Step(
                        NOON,
                        documents=[document(10 * no + one)],
                        deliveries=[delivery(f"d{no}-{one}", f"i{no}-{one}", f"t{one}")],
                    )
                )
            )
            for one in range(4)
        ]
        if no % 3 == 0:
            dropped += await asyncio.to_thread(postgres.disconnect_everyone, address)
        await asyncio.wait_for(asyncio.gather(*keeping), timeout=30)
    assert dropped > 0
    assert (await desk.counts()).documents == 120
    sent = 0
    while claim := await outbox.claim_delivery(NOON, LEASE):
        await outbox.settle(claim, SENT, DeliveryState.SENT, NOON, NOON)
        sent += 1
    assert sent == 120


@pytest.mark.case(48)
@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "53300", "57P03"])
async def test_a_passing_fault_of_the_server_is_tried_again(served, sqlstate):
    tries = []

    async def work(connection):
        tries.append(sqlstate)
        if len(tries) < 3:
            await connection.exec_driver_sql(f"DO $$ BEGIN RAISE SQLSTATE '{sqlstate}'; END $$")
        return "done"

    assert await served.write(work) == "done"
    assert len(tries) == 3


@pytest.mark.case(46)
@pytest.mark.parametrize("sqlstate", ["53100", "53200", "25006"])
async def test_a_server_without_room_is_reported_at_once(served, sqlstate):
    tries = []

    async def work(connection):
        tries.append(sqlstate)
        await connection.exec_driver_sql(f"DO $$ BEGIN RAISE SQLSTATE '{sqlstate}'; END $$")

    with pytest.raises(StoreUnavailableError):
        await served.write(work)
    assert len(tries) == 1


async def test_a_defect_of_ours_is_not_disguised_as_weather(database):
    with pytest.raises(Exception, match="no_such_table") as defect:
        await database.write(lambda connection: connection.execute(text("SELECT * FROM no_such_table")))
    assert not isinstance(defect.value, StoreUnavailableError)
