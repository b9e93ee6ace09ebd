"""The drill: an invented event goes the whole way, its arrival is checked, and it is nobody's business."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desks import Desk, notice, rss
from given import KIN, NOW, evidence, incident, position, seller
from handwork import Sql
from hypothesis import given as property_of
from hypothesis import strategies as st
from local_sites import LocalSite
from newsroom import Newsroom, source

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState, Reason, Target
from monitor.domain.blocking import asks, keys
from monitor.domain.deadlines import PartialDate
from monitor.domain.documents import Document, ReadResult
from monitor.domain.impact import impact
from monitor.domain.incidents import drilled
from monitor.domain.portfolio import concerning
from monitor.domain.signals import EventType, Signal, Status
from monitor.domain.sources import DRILL
from monitor.domain.vigils import Notice
from monitor.drill import BEGUN, OVER, PLATFORM, WITHIN, Drill, capture, document_id, hearers, slot, with_drill
from monitor.ledger_check import check
from monitor.steps import Step
from monitor.store.audit import books, drill_arrivals
from monitor.store.database import Database

OPS = Target("ops", "email", "ops@example.com", operations=True, language="de", zone="Europe/Berlin")
CLIENT = Target("client", "email", "client@example.com")
SEEN = Signal(EventType.SHUTDOWN, Status.CONFIRMED, (PLATFORM,), (), PartialDate("2024-12-23"), (), 0.99, ())
MINUTE = timedelta(minutes=1)


class Counted:
    """The drill's meter."""

    def __init__(self) -> None:
        self.failures, self.arrivals = 0, {}

    def drilled(self, arrivals) -> None:
        self.arrivals = dict(arrivals)

    def drill_failed(self) -> None:
        self.failures += 1


class Exercise:
    """A newsroom with a plan of drills; `signals` is what the model makes of the drill's document."""

    def __init__(self, database: Database, *targets: Target, signals: tuple[Signal, ...] = (SEEN,)) -> None:
        wide = seller(position(country="ID"), position(PLATFORM, "ID"))
        self.room = Newsroom(source("newsroom", "official"), sellers=(wide,), targets=targets, store=Sql(database))
        self.room.pipeline.configure(with_drill(self.room.watch))
        self.database, self.meter, self.period, self.signals = database, Counted(), "weekly", signals

        async def arrivals():
            return await drill_arrivals(database)

        store = self.room.store
        self.drill = Drill(store, store, lambda: self.room.watch, lambda: self.period, arrivals, self.meter)

    async def begins(self, at: datetime = NOW) -> None:
        """A drill that somebody asked for, read and understood."""
        body = capture(at)
        one = Document(
            document_id(at), DRILL, body.id, "https://drill.sellerwatch.invalid/1", "closes", "It closes.", at, at
        )
        self.room.pages[body.id] = ReadResult((one,), seen=("k",))
        self.room.signals[one.content_hash] = self.signals
        await self.drill.begin(at)
        await self.room.works(at)

    async def spoken(self) -> list[Delivery]:
        return [one for one in await self.deliveries() if one.reason is Reason.DRILL]

    async def deliveries(self) -> list[Delivery]:
        incidents = await self.room.store.open_incidents(NOW)
        return [one for incident in incidents for one in await self.room.store.spoken(incident.id)]

    async def notices(self) -> list[Delivery]:
        return list(await self.room.store.spoken("drill"))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(f"sqlite:///{tmp_path / 'store.db'}")
    yield opened
    await opened.close()


async def test_a_drill_arrives_is_counted_and_leaves_nothing_open(database: Database):
    exercise = Exercise(database, OPS, CLIENT)
    await exercise.begins()
    assert await exercise.drill.step(NOW + MINUTE), "there is mail"
    (sent,) = await exercise.spoken()
    assert (sent.target, sent.language, sent.zone, sent.seller_id) == ("ops", "de", "Europe/Berlin", "")
    assert not await exercise.drill.step(NOW + MINUTE), "once"
    await exercise.room.delivers(NOW + 2 * MINUTE)
    assert not await exercise.drill.step(NOW + 3 * MINUTE)

    assert await exercise.notices() == []
    assert exercise.meter.failures == 0
    assert exercise.meter.arrivals == {"email": NOW + 2 * MINUTE}
    (incident,) = await exercise.room.store.open_incidents(NOW)
    assert incident.closed is not None
    assert drilled(incident.evidence)
    marks = await exercise.room.store.marks()
    assert (marks[BEGUN], marks[OVER]) == (NOW, NOW + 3 * MINUTE)
    assert check(await books(database)).holds


async def test_nobody_else_hears_it_whatever_they_sell_and_nothing_is_decided_of_it(database: Database):
    exercise = Exercise(database, OPS, CLIENT)
    await exercise.begins()
    await exercise.drill.step(NOW + MINUTE)
    await exercise.room.pipeline.tick(NOW + timedelta(days=1))
    found = await books(database)
    assert [entry.target for entry in found.entries] == ["ops"]
    assert found.decisions == ()
    assert found.told == ()
    assert not [reason for reason in exercise.room.meter.counts if reason.startswith(("send", "hold"))]


async def test_an_event_that_the_model_does_not_see_is_told_to_the_operators(database: Database):
    exercise = Exercise(database, OPS, CLIENT, signals=())
    await exercise.begins()
    assert not await exercise.drill.step(NOW + MINUTE)
    assert await exercise.notices() == []
    assert await exercise.drill.step(NOW + WITHIN)
    (told,) = await exercise.notices()
    assert told.target == "ops"
    assert isinstance(told.message, Notice)
    assert "no event was seen" in told.message.fresh[0].words
    assert exercise.meter.failures == 1
    assert not await exercise.drill.step(NOW + WITHIN + MINUTE), "told once"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"event_type": EventType.POLICY}, "taken for policy"),
        ({"platforms": ("Temu",)}, "about Temu"),
        ({"platforms": ()}, "about no platform"),
        ({"effective_date": None}, "without its date"),
    ],
)
async def test_what_the_model_misreads_is_told_too(database: Database, wrong: dict, words: str):
    exercise = Exercise(database, OPS, signals=(replace(SEEN, **wrong),))
    await exercise.begins()
    await exercise.drill.step(NOW + MINUTE)
    await exercise.room.delivers(NOW + MINUTE)
    await exercise.drill.step(NOW + 2 * MINUTE)
    (told,) = await exercise.notices()
    assert isinstance(told.message, Notice)
    assert words in told.message.fresh[0].words
    assert (await books(database)).told == (), "no seller hears of it, however it was misread"


async def test_a_channel_that_refuses_the_drill_is_named_at_once(database: Database):
    exercise = Exercise(database, OPS, Target("chat", "slack", "https://chat.example", operations=True))
    await exercise.begins()
    await exercise.drill.step(NOW + MINUTE)
    store, refused = exercise.room.store, Attempt(AttemptClass.PERMANENT, "404", "no such hook")
    for _ in range(2):
        claim = await store.claim_delivery(NOW + MINUTE, MINUTE)
        good = claim.item.target == "ops"
        ok = Attempt(AttemptClass.OK, "250", "")
        state = DeliveryState.SENT if good else DeliveryState.DEAD
        await store.settle(claim, ok if good else refused, state, NOW + MINUTE, NOW + MINUTE)
    assert await exercise.drill.step(NOW + 2 * MINUTE)
    told = await exercise.notices()
    assert {one.target for one in told} == {"ops", "chat"}
    assert isinstance(told[0].message, Notice)
    assert told[0].message.fresh[0].words == "chat (slack) is dead: no such hook"


async def test_a_channel_that_does_not_take_it_in_time_is_named_when_the_time_is_over(database: Database):
    exercise = Exercise(database, OPS)
    await exercise.begins()
    await exercise.drill.step(NOW + MINUTE)
    assert not await exercise.drill.step(NOW + WITHIN - MINUTE)
    assert await exercise.drill.step(NOW + WITHIN)
    (told,) = await exercise.notices()
    assert isinstance(told.message, Notice)
    assert "ops (email) is pending" in told.message.fresh[0].words


async def test_a_crash_between_any_two_of_its_steps_neither_loses_nor_repeats_it(database: Database):
    exercise = Exercise(database, OPS)
    await exercise.room.store.keep(Step(at=NOW, marks=[(BEGUN, NOW)]))  # it ended before the capture was in the inbox
    await exercise.drill.step(NOW + MINUTE)
    await exercise.begins(NOW)
    for minute in range(2, 5):
        await exercise.drill.step(NOW + minute * MINUTE)
        await exercise.room.works(NOW + minute * MINUTE)
    assert len(await exercise.spoken()) == 1
    assert len(await exercise.room.store.open_incidents(NOW)) == 1


async def test_the_plan_begins_with_the_first_start_and_what_was_missed_is_made_good_once(database: Database):
    exercise = Exercise(database, OPS)
    monday, tuesday = datetime(2024, 9, 23, 12, tzinfo=UTC), datetime(2024, 9, 24, 9, tzinfo=UTC)
    await exercise.drill.step(monday)
    assert (await exercise.room.store.marks())[BEGUN] == monday
    await exercise.drill.step(tuesday - MINUTE)
    assert (await exercise.room.store.marks())[BEGUN] == monday
    late = tuesday + timedelta(days=16)  # the daemon was down
    await exercise.drill.step(late)
    assert (await exercise.room.store.marks())[BEGUN] == late


async def test_never_is_never(database: Database):
    exercise = Exercise(database, OPS)
    exercise.period = "never"
    await exercise.drill.step(NOW)
    await exercise.drill.step(NOW + timedelta(days=30))
    assert await exercise.room.store.marks() == {}


async def test_two_drills_are_two_incidents_and_neither_joins_what_is_real(database: Database):
    exercise = Exercise(database, OPS, CLIENT)
    real = evidence("d1", "confirmed", authority="official", platforms=(), regions=(), date="2024-12-23")
    await exercise.room.publishes("newsroom", real)
    await exercise.room.works()
    await exercise.begins(NOW)
    await exercise.begins(NOW + timedelta(hours=1))
    found = await exercise.room.store.open_incidents(NOW)
    assert sorted(len(one.evidence) for one in found) == [1, 1, 1]
    assert sum(drilled(one.evidence) for one in found) == 2


@property_of(
    st.sampled_from(list(EventType)), st.sampled_from([(), (PLATFORM,), ("Temu",)]), st.sampled_from([(), ("ID",)])
)
def test_nothing_asks_for_a_drill_and_a_drill_asks_for_nothing(event, platforms, regions):
    said = evidence("d1", event=event.value, platforms=platforms, regions=regions)
    drill = replace(said, document_id="d2", source_id=DRILL)
    assert not asks(said, KIN) & keys(drill, KIN)
    assert not asks(drill, KIN) & keys(said, KIN)


@property_of(st.timedeltas(timedelta(days=-2000), timedelta(days=5000)))
def test_the_slot_is_the_last_one_that_has_come(since: timedelta):
    now = NOW + since
    for period, days in (("daily", 1), ("weekly", 7)):
        begins = slot(period, now)
        assert begins is not None
        assert begins <= now < begins + timedelta(days=days)
        assert (begins.hour, begins.minute) == (9, 0)
    assert slot("never", now) is None


def test_marked_targets_hear_it_else_the_operators_else_nobody():
    marked = replace(CLIENT, id="marked", drill=True)
    assert hearers([OPS, CLIENT, marked]) == [marked]
    assert hearers([OPS, CLIENT]) == [OPS]
    assert hearers([CLIENT]) == []


@pytest.mark.long
async def test_the_command_runs_one_through_the_real_reader_model_and_channels(desk: Desk, site: LocalSite):
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(bazarino=site.url())
    targets = [
        {"id": "ops", "channel": "email", "address": "ops@example.com", "operations": True},
        {"id": "chat", "channel": "slack", "address": site.url("/slack"), "drill": True},
        {"id": "mail", "channel": "email", "address": "drills@example.com", "drill": True},
    ]
    desk.keeps({"targets": targets})
    shown = await desk.command("drill")
    assert shown.exit_code == 0, shown.output
    assert "The drill arrived." in shown.output
    (mail,) = desk.mail.mails
    assert mail["To"] == "drills@example.com"
    assert "Exercise" in mail["Subject"]
    assert "invented" in mail.get_body(("plain",)).get_content()
    assert len(desk.slack) == 1
    assert await desk.json("incidents") == [], "it is over"

    site.says("/slack", b"no such hook", status=404)
    shown = await desk.command("drill")
    assert shown.exit_code == 1
    assert "dead" in shown.output

    await desk.round()
    incidents = await desk.json("incidents")
    assert [one["platforms"] for one in incidents] == [["Bazarino"]]
    (exposed,) = await desk.json("exposure")
    assert "Drill" not in str(exposed)
    assert (await desk.command("ledger", "check")).exit_code == 0


def test_a_drill_weighs_nothing_however_it_was_misread():
    said = evidence("d1", event="trade_rule", platforms=(), regions=())
    invented = incident(replace(said, source_id=DRILL))
    for whom in (seller(), seller(position(country="ID"))):  # who names no position is told of everything else
        assert impact(incident(said), whom, NOW.date(), KIN).exposed
        weighed = impact(invented, whom, NOW.date(), KIN)
        assert (weighed.exposed, weighed.worst) == (False, 0)
    assert concerning([incident(said), invented], [seller(position(country="ID"))], KIN) == [incident(said)]
