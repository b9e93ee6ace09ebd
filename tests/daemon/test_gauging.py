"""What a scrape shows of the store: as it stands now, and without asking for all of it again and again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from given import NOW, evidence, incident, position, seller

from monitor.domain.errors import StoreUnavailableError
from monitor.domain.incidents import Incident
from monitor.domain.signals import Status
from monitor.gauging import FRESH, Gauging
from monitor.metrics import Metrics
from monitor.steps import Step
from monitor.store.database import Database
from monitor.store.desk import SqlDesk
from monitor.store.gauges import SqlGauges
from monitor.store.ledger import SqlLedger
from monitor.store.words import SqlWords

SHOP = seller(position("TikTok Shop", "US", 100, stock=1000))
BAN = incident(evidence("law", event="ban", platforms=["TikTok Shop"], regions=["US"]))
LIFTED = replace(BAN, status=Status.REVERSED, revision=2, updated_at=NOW)


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Room:
    """A daemon's gauges over a database of its own; `asked` counts what it looked for."""

    def __init__(self, database: Database, directory: Path) -> None:
        self.ledger, self.metrics, self.asked = SqlLedger(database), Metrics(), {"open": 0, "waiting": 0, "valued": 0}
        gauges = SqlGauges(database, directory)
        self.store = SimpleNamespace(
            ledger=self.ledger, words=SqlWords(database), desk=SqlDesk(database), gauges=gauges
        )
        for on, name, kind in (
            (self.ledger, "open_events", "open"), (gauges, "waiting", "waiting"), (self.ledger, "open_ids", "valued"),
        ):  # fmt: skip
            setattr(on, name, self._counted(getattr(on, name), kind))
        self.gauging = Gauging(self.store, self.metrics, lambda: SimpleNamespace(sellers=SELLERS, platforms=()))

    def _counted(self, asks, kind):
        async def counted(*given):
            self.asked[kind] += 1
            return await asks(*given)

        return counted

    async def keeps(self, *incidents: Incident) -> None:
        await self.ledger.keep(Step(NOW, incidents=incidents))

    def shown(self) -> tuple[float | None, float | None]:
        """Open bans that are confirmed, and those that put the stake in the US at risk."""
        value = self.metrics.registry.get_sample_value
        at = {"seller": "acme", "platform": "TikTok Shop", "country": "US"}
        return (
            value("sellerwatch_incidents_open", {"event": "ban", "rung": "confirmed"}),
            value("sellerwatch_position_incidents_open", at),
        )


SELLERS = (SHOP,)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for where in ("gauging", "cadence", "valuing", "census"):
        monkeypatch.setattr(f"monitor.{where}.perf_counter", clock)
    return clock


@pytest.fixture
async def room(tmp_path: Path, clock: Clock) -> AsyncIterator[Room]:
    database = await Database.open(f"sqlite:///{tmp_path / 'store.db'}")
    room = Room(database, tmp_path)
    yield room
    await room.gauging.close()
    await database.close()


async def test_what_was_called_off_is_open_no_more_at_the_next_scrape(room: Room, clock: Clock):
    await room.keeps(BAN)
    await room.gauging.look(NOW)
    assert room.shown() == (1, 1)
    await room.keeps(LIFTED)
    clock.now += FRESH
    await room.gauging.scraped(NOW)
    assert room.shown() == (0, 0)


async def test_nothing_is_counted_again_while_nothing_moves_but_each_minute(room: Room, clock: Clock):
    await room.keeps(BAN)
    for _ in range(20):
        await room.gauging.scraped(NOW)
        clock.now += FRESH
    assert room.asked == {"open": 1, "waiting": 20, "valued": 1}
    clock.now += 60
    await room.gauging.scraped(NOW)
    assert room.asked == {"open": 2, "waiting": 21, "valued": 2}


async def test_who_scrapes_again_and_again_makes_it_look_once(room: Room, clock: Clock):
    await room.gauging.scraped(NOW)
    clock.now += FRESH - 0.1
    await asyncio.gather(*(room.gauging.scraped(NOW) for _ in range(50)))
    assert room.asked["waiting"] == 1
    clock.now += 0.1
    await asyncio.gather(*(room.gauging.scraped(NOW) for _ in range(50)))
    assert room.asked["waiting"] == 2


async def test_what_takes_long_is_not_done_at_each_change(room: Room, clock: Clock):
    asks = room.ledger.open_events

    async def slow(now):
        clock.now += 0.1
        return await asks(now)

    room.ledger.open_events = slow
    await room.gauging.look(NOW)
    await room.keeps(BAN)
    clock.now += 9
    await room.gauging.scraped(NOW)
    assert room.shown()[0] == 0, "it may cost a hundredth of the time"
    clock.now += 2
    await room.gauging.scraped(NOW)
    assert room.shown()[0] == 1


async def test_a_store_that_does_not_answer_hides_nothing_else(room: Room, clock: Clock, monkeypatch, caplog):
    monkeypatch.setattr("monitor.gauging.PATIENCE", 0)
    await room.keeps(BAN)
    await room.gauging.look(NOW)
    answers = asyncio.Event()
    asks = room.store.gauges.waiting

    async def hangs():
        await answers.wait()
        raise StoreUnavailableError("the database is locked")

    room.store.gauges.waiting = hangs
    for _ in range(3):
        clock.now += FRESH
        await room.gauging.scraped(NOW)
    assert room.shown() == (1, 1)
    assert not caplog.records
    answers.set()
    monkeypatch.setattr("monitor.gauging.PATIENCE", 5)
    await room.gauging.scraped(NOW)
    assert "a look before a scrape was not done: the database is locked" in caplog.text
    assert room.shown() == (1, 1), "what was known stays"
    room.store.gauges.waiting = asks
    await room.keeps(LIFTED)
    clock.now += FRESH
    await room.gauging.scraped(NOW)
    assert room.shown() == (0, 0)


async def test_a_look_that_hangs_is_let_go_of_at_the_end(room: Room, monkeypatch):
    monkeypatch.setattr("monitor.gauging.PATIENCE", 0)
    begun = asyncio.Event()

    async def hangs():
        begun.set()
        await asyncio.Event().wait()

    room.store.gauges.waiting = hangs
    await room.gauging.scraped(NOW)
    await begun.wait()
    await asyncio.wait_for(room.gauging.close(), 5)
