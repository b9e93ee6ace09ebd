"""What the desk keeps in mind follows what happens, what people do, what time does, and what the settings say."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from given import evidence, position, seller
from local_sites import source_of
from rooms_given import NOW, settings_in, store_in

from monitor.config import Config
from monitor.desk.board import Boards
from monitor.desk.index import Index
from monitor.domain.alerts import Told
from monitor.domain.assembly import assemble
from monitor.domain.exposure import Severity
from monitor.domain.harvests import Harvest
from monitor.domain.impact import impact
from monitor.domain.incidents import Evidence, Incident, unexplained
from monitor.domain.portfolio import at_risk
from monitor.domain.resolution import kinship
from monitor.domain.rulings import Act, ActKind
from monitor.domain.signals import Status
from monitor.domain.sources import DRILL, Look, Outcome, SourceState
from monitor.opened import Store
from monitor.steps import Step

ACME = seller(position("Lazada", "ID", 100, stock=5_000))


@dataclass
class World:
    """A store, and what may change around it."""

    store: Store
    settings: Config
    now: datetime = NOW

    def index(self, patience: float = 10.0) -> Index:
        return Index(self.store, lambda: self.settings, lambda: self.now, patience)

    async def keep(self, *some: Incident, acts: tuple[Act, ...] = ()) -> None:
        await self.store.ledger.keep(Step(self.now, incidents=some, acts=acts))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return settings_in(tmp_path_factory.mktemp("shipped"), sellers=(ACME,), sources=())


@pytest.fixture
async def world(tmp_path: Path, shipped: Config) -> AsyncIterator[World]:
    settings = replace(shipped, state_dir=tmp_path, store_url=f"sqlite:///{tmp_path}/sellerwatch.db")
    store = await store_in(settings)
    yield World(store, settings)
    await store.database.close()


def word(document: str = "d1", **more: object) -> Evidence:
    said = {"event": "market_exit", "platforms": ("Lazada",), "regions": ("ID",), "date": "2024-11-28"}
    return evidence(document, **(said | {"authority": "official", "at": NOW - timedelta(days=1)} | more))


def opened(id: str = "one", *words: Evidence) -> Incident:
    said = words or (word(f"d of {id}"),)
    return assemble(id, said, None, NOW, said[-1].document_id)


async def test_what_is_kept_light_weighs_as_the_whole_does(world):
    seen = evidence("probe", event="market_exit", platforms=("Lazada",), regions=("ID",), authority="observed", at=NOW)
    stories = (
        opened("sure"),
        opened("heard", word("a", status="rumor", authority="news", date=None), seen),
        opened("said first", word("a", status="rumor", authority="news", date=None)),
        opened("seen", seen),
        opened("two ways", word("b", regions=("ID", "TH")), word("c", regions=("TH",), date="2025-03-01")),
    )
    await world.keep(*stories)
    index = await world.index().current()
    kin, today = kinship(world.settings.platforms), NOW.date()
    for whole in stories:
        view, cost = index.kept[whole.id].views["acme"], impact(whole, ACME, today, kin)
        assert (view.severity, view.worst, view.expected) == (cost.severity, cost.worst, cost.expected)
        assert view.days_left(today) == cost.days_left
        assert view.weak is (whole.status is Status.RUMOR or unexplained(whole.evidence))
    assert index.portfolios["acme"] == at_risk([one.whole for one in index.hitting], ACME, today, kin)
    assert index.portfolios["acme"].worst == Decimal(8_000)  # once, however many threaten it


async def test_it_takes_in_what_opens_moves_and_goes_into_another(world):
    index = world.index()
    assert not (await index.current()).kept
    one, other = opened("one"), opened("other")
    await world.keep(one, other, acts=(Act("a1", "other", ActKind.TAKE, NOW, "otto"),))
    assert set((await index.current()).kept) == {"one", "other"}
    assert index.seen_to("other", "acme") == "otto"
    assert index.seen_to("one", "acme") == ""
    moved = assemble("one", (*one.evidence, word("later", date="2024-12-24", at=NOW)), one, NOW, "later")
    gone = replace(other, revision=2, merged_into="one", evidence=(), updated_at=NOW)
    await world.keep(moved, gone)
    assert set((await index.current()).kept) == {"one"}
    assert str(index.kept["one"].whole.effective_date) == "2024-12-24"
    assert index.seen_to("one", "acme") == "otto"  # whoever took what went into it has it now


async def test_what_somebody_called_not_for_them_leaves_the_sum_at_once_and_comes_back_with_another_word(world):
    index = world.index()
    await world.keep(opened("one"))
    assert (await index.current()).portfolios["acme"].worst == Decimal(8_000)
    await world.keep(acts=(Act("a1", "one", ActKind.NOT_FOR_US, NOW, "otto", seller_id="acme"),))
    assert (await index.current()).portfolios["acme"].worst == 0
    await world.keep(acts=(Act("a2", "one", ActKind.FOR_US, NOW + timedelta(minutes=1), "otto", seller_id="acme"),))
    assert (await index.current()).portfolios["acme"].worst == Decimal(8_000)


async def test_a_source_that_begins_to_see_counts_without_all_being_read_again(world, monkeypatch):
    one = source_of("https://press.example/feed")
    world.settings = replace(world.settings, sources=(one,))
    index = world.index()
    assert (await index.current()).sight.seeing == 0
    state = SourceState(one.id, NOW + one.every, last_look_at=NOW, last_success_at=NOW)
    await world.store.inbox.looked(Look(one.id, NOW, Outcome.OK, 200), state, None)
    harvest = Harvest(one.id, last_read_at=NOW, last_new_at=NOW, arrivals=(NOW,))
    await world.store.ledger.keep(Step(NOW, harvest=harvest))
    monkeypatch.setattr("monitor.desk.index.SEEING", 0.0)
    assert (await index.current()).sight.seeing == 1


async def test_drills_are_nobodys_business(world):
    await world.keep(opened("drill", replace(word(), source_id=DRILL)))
    assert not (await world.index().current()).kept


async def test_another_day_weighs_anew(world):
    await world.keep(opened("one", word(event="policy", date="2024-11-08")))
    index = world.index()
    before = (await index.current()).kept["one"].views["acme"]
    world.now += timedelta(days=3)
    await index.refresh(world.now)
    after = index.kept["one"].views["acme"]
    assert after.severity > before.severity  # within a week now
    world.now += timedelta(days=120)
    await index.refresh(world.now)
    assert not index.kept["one"].views["acme"].alive
    assert index.portfolios["acme"].worst == 0


async def test_a_reload_with_other_stakes_weighs_anew_at_the_next_page(world):
    await world.keep(opened("one"))
    index = world.index()
    assert (await index.current()).portfolios["acme"].worst == 8_000
    richer = seller(position("Lazada", "ID", 100, stock=50_000))
    world.settings = replace(world.settings, sellers=(richer, replace(richer, id="bolt")))
    assert (await index.current()).portfolios["acme"].worst == 53_000
    assert set(index.kept["one"].views) == {"acme", "bolt"}
    world.settings = replace(world.settings, sellers=(seller(position("Temu", "ID")),))
    assert not (await index.current()).kept["one"].views


async def test_what_there_is_to_read_is_counted_while_a_page_does_not_wait_for_it(world):
    await world.keep(*(opened(f"incident-{n}") for n in range(120)))
    index = world.index(patience=0.0)
    await index.current()
    assert not index.portfolios
    counts = set()
    while not index.portfolios:
        counts.add((index.missing, len(index.kept)))
        await asyncio.sleep(0.001)
    assert index.missing == 0
    assert len((await index.current()).kept) == 120
    assert any(missing > 0 for missing, _ in counts)


async def test_an_acknowledgement_holds_until_there_is_news(world):
    one = opened("one")
    told = world.now - timedelta(hours=1)
    await world.keep(one)
    known = Told("one", "acme", told, one.status, Severity.HIGH, one.platforms, one.regions, one.effective_date, ())
    ack = Act("a1", "one", ActKind.ACK, world.now, "vera", "alert-1")
    await world.store.ledger.keep(Step(world.now, told=[known], acts=[ack]))
    index = world.index()
    assert (await index.current()).seen_to("one", "acme") == "vera"
    world.now += timedelta(hours=1)
    moved = assemble("one", (*one.evidence, word("later", date="2024-12-24", at=NOW)), one, world.now, "later")
    await world.store.ledger.keep(Step(world.now, incidents=[moved], told=[replace(known, at=world.now)]))
    assert (await index.current()).seen_to("one", "acme") == ""


async def test_the_rounds_of_the_daemon_have_it_in_mind_before_anybody_looks(world):
    await world.keep(opened("one"))
    boards = Boards(world.store, lambda: world.settings, lambda: world.now)
    assert await boards.refresh(world.now) is False  # there is no mail to send
    await boards.index.begin()  # the same that was begun
    assert set(boards.index.kept) == {"one"}
    assert not boards.index.due(world.now)
    assert boards.index.due(world.now + timedelta(days=1))
