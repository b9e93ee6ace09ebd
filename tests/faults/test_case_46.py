"""Case 46: a disk without room, a real one. What was acknowledged is there, nothing is there by halves or called sent
that was not, and when there is room again the same process goes on."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import count

import aiohttp
import pytest
from desks import Desk, running, until
from outbox_house import MAIL, House, about, post
from postgres import Postgres
from small_disk import WHY_NOT, Disk, database_on, small_disk, somewhere_readable
from smtp_sink import Sink
from sqlalchemy import text
from store_examples import NOON, delivery, document, incident
from test_deliverer import LEASE, MINUTE, SECOND

from monitor.config import load
from monitor.daemon import utc_now
from monitor.domain.alerts import DeliveryState, Target
from monitor.domain.errors import StoreUnavailableError
from monitor.notify.trial import trial
from monitor.steps import Step
from monitor.store.database import Database
from monitor.store.desk import SqlDesk
from monitor.store.ledger import SqlLedger

pytestmark = [pytest.mark.case(46)]

MEGABYTES = {"sqlite": 6, "postgresql": 24}  # an empty database of PostgreSQL takes ten


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def small(request: pytest.FixtureRequest, record_property) -> Iterator[tuple[Disk, str] | None]:
    """A small disk and the URL of a database on it; None where there can be none, which is told."""
    with somewhere_readable() as place, small_disk(place / "disk", MEGABYTES[request.param]) as disk:
        if disk is None:
            record_property("not run here", WHY_NOT)
            yield None
            return
        postgres: Postgres | None = None if request.param == "sqlite" else request.getfixturevalue("postgres")
        with database_on(disk, postgres) as url:
            yield disk, url


@pytest.fixture
async def cramped(small: tuple[Disk, str] | None) -> AsyncIterator[tuple[Disk, Database] | None]:
    if small is None:
        yield None
        return
    database = await Database.open(small[1])
    yield small[0], database
    await database.close()


async def test_case_46_steps_are_kept_whole_until_the_disk_is_full_and_again_when_there_is_room(
    cramped: tuple[Disk, Database] | None, record_property
) -> None:
    if cramped is None:
        return
    disk, database = cramped
    ledger, desk = SqlLedger(database), SqlDesk(database)

    def step(no: int) -> Step:
        # Random enough that no server presses it to nothing.
        words = " ".join(f"{(no + 1) * n * 2654435761 % 2**64:x}" for n in range(4_000))
        return Step(
            NOON,
            documents=[document(no, text=words)],
            incidents=[incident(f"i{no}")],
            deliveries=[delivery(f"d{no}", f"i{no}", f"t{no}")],
        )

    kept: list[int] = []

    async def keeps_on() -> None:
        for no in count():
            await ledger.keep(step(no))
            kept.append(no)

    with pytest.raises(StoreUnavailableError, match=r"full|No space left"):
        await keeps_on()
    full = len(kept)
    for _ in range(3):  # it is tried again and again, as the loops do
        with pytest.raises(StoreUnavailableError):
            await ledger.keep(replace(step(full), documents=[*step(full).documents, *step(full + 1).documents]))
    there = {one.key for one in await desk.deliveries(limit=10_000)}
    assert there == {f"d{no}" for no in kept}, "what was acknowledged, and nothing else"
    assert (await desk.counts()).documents == (await desk.counts()).incidents == full
    disk.grows(3 * MEGABYTES[database.dialect])
    for no in range(full, full + 20):
        await ledger.keep(step(no))
        kept.append(no)
    assert {one.key for one in await desk.deliveries(limit=10_000)} == {f"d{no}" for no in kept}
    if database.dialect == "sqlite":
        assert await database.read(lambda one: one.scalar(text("PRAGMA integrity_check"))) == "ok"
    record_property("figure", f"{database.dialect}: 0 of {full} steps lost, 0 by halves, {len(kept) - full} after it")


async def test_case_46_a_mail_that_went_out_while_the_disk_filled_up_is_a_doubt_and_never_called_sent(
    tmp_path, mail: Sink, record_property
) -> None:
    """The worst moment: accepted by the server, and no room to write that down."""
    with small_disk(tmp_path / "disk", 6) as disk:
        if disk is None:
            record_property("not run here", WHY_NOT)
            return
        database = await Database.open(f"sqlite:///{disk.path / 'small.db'}")
        house = House(database, MAIL, Target("other", "email", "b@example.com"), email=post(mail))
        await house.put(about(1), about(2, "other"))
        taken = mail.handle_DATA

        async def fills(*asked):
            _emptied(disk)
            disk.fill()
            return await taken(*asked)

        mail.handle_DATA = fills
        with pytest.raises(StoreUnavailableError, match="full"):
            await house.deliverer.step(house.now)
        for _ in range(5):
            house.now += MINUTE
            with pytest.raises(StoreUnavailableError, match="full"):
                await house.deliverer.step(house.now)
        assert await house.fates() == {"mail 1": DeliveryState.SENDING, "other 2": DeliveryState.PENDING}
        assert len(mail.mails) == 1, "nothing goes out that cannot be written down before"
        disk.free()
        mail.handle_DATA = taken
        house.now += LEASE
        await house.outbox.recover(house.now)
        await house.live(MINUTE, every=SECOND)
        assert set((await house.fates()).values()) == {DeliveryState.SENT}
        await database.close()
    assert sorted(one["X-Sellerwatch-Repeat"] or "" for one in mail.mails) == ["", "", "1"]
    record_property("figure", "1 copy, marked")


@pytest.mark.long
async def test_case_46_the_daemon_stays_up_says_that_it_is_unready_and_tells_all_when_there_is_room(
    desk: Desk, mail: Sink, record_property
) -> None:
    with small_disk(desk.directory / "state", 8) as disk:
        if disk is None:
            record_property("not run here", WHY_NOT)
            return
        desk.watches()
        desk.keeps({"targets": [{"id": "ops", "channel": "email", "address": "ops@example.com"}]})
        async with running(desk) as (service, address), aiohttp.ClientSession() as session:

            async def ready() -> tuple[int, str]:
                async with session.get(f"{address}/readyz") as answer:
                    return answer.status, await answer.text()

            async def becomes(status: int) -> str:
                async with asyncio.timeout(60):
                    while (seen := await ready())[0] != status:
                        await asyncio.sleep(0.05)
                return seen[1]

            await becomes(200)
            settings = load(desk.directory, {})
            soon = utc_now() + timedelta(seconds=3)
            waits = [replace(trial(settings.targets[0], settings.sellers[0], soon + n * SECOND / 9), not_before=soon)
                     for n in range(3)]  # fmt: skip
            await service.store.ledger.keep(Step(utc_now(), deliveries=waits))
            _emptied(disk, "sellerwatch.db")
            disk.fill()
            said = await becomes(503)
            assert "full" in said
            async with session.get(f"{address}/healthz") as alive:
                assert alive.status == 200
            async with session.get(f"{address}/metrics") as shown:
                errors = [line for line in (await shown.text()).splitlines() if "sellerwatch_db_errors_total{" in line]
            assert any(not line.endswith(" 0.0") for line in errors), "it is counted"
            rows = await service.store.desk.deliveries(limit=10)
            assert {one.state for one in rows} == {DeliveryState.PENDING}
            assert mail.mails == []
            disk.free()
            await becomes(200)
            await until(lambda: len(mail.mails) == 3, 60)
        with closing(sqlite3.connect(disk.path / "sellerwatch.db")) as file:
            assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert file.execute("SELECT DISTINCT state FROM deliveries").fetchall() == [("sent",)]
    assert len({one["Message-ID"] for one in mail.mails}) == 3
    record_property("figure", "daemon: 503 while full, 3 of 3 told after")


def _emptied(disk: Disk, name: str = "small.db") -> None:
    """The journal's room is given back: else the next commits would fit into what is there."""
    with closing(sqlite3.connect(disk.path / name)) as file:
        assert file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
