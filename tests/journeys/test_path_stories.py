"""Stories on a timeline: what people hear of an event, and how often."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from given import NOW, day, due, evidence, position, seller
from newsroom import MAIL, Newsroom, source

from monitor.domain.alerts import DeliveryState, Target
from monitor.domain.doubts import faint_denials
from monitor.domain.incidents import Incident
from monitor.domain.signals import EventType, Status

ACME = seller(position(country="ID"), position("TikTok Shop", "US"))
BAN = {"event": "ban", "platforms": ["TikTok"], "regions": ["US"]}


def newsroom(*sellers, targets=(MAIL,)) -> Newsroom:
    desks = [source("newsroom", "official"), source("regulator", "regulator"), source("court", "court")]
    press = [
        source("presse"),
        source("warta"),
        source("shibao"),
        source("blatt", "trade"),
        source("forum", "community"),
    ]
    return Newsroom(*desks, *press, sellers=sellers or (ACME,), targets=targets)


async def test_three_languages_report_one_closing_and_one_alert_goes_out() -> None:
    room = newsroom()
    closing = {"date": "2024-11-28", "deadlines": [due("2024-10-28")]}
    assert await room.day_of("newsroom", evidence("en", **closing)) == [("first", "confirmed")]
    assert await room.day_of("presse", evidence("fr", at=day(0.1), **closing), at=day(0.1)) == []
    assert await room.day_of("shibao", evidence("zh", at=day(2), date="2024-11", regions=[]), at=day(2)) == []
    (incident,) = room.incidents()
    assert (len(incident.evidence), incident.revision, incident.status) == (3, 3, Status.CONFIRMED)
    assert room.meter.counts["send first"] == 1
    assert room.meter.counts["hold nothing_new"] == 2


async def test_a_ban_is_rumoured_confirmed_and_delayed_and_each_is_told_once() -> None:
    room = newsroom()
    heard = [
        await room.day_of("presse", evidence("r1", "rumor", at=NOW, **BAN)),
        await room.day_of("warta", evidence("r2", "rumor", at=day(1), **BAN), at=day(1)),
        await room.day_of("regulator", evidence("c1", date="2025-01-19", at=day(5), **BAN), at=day(5)),
        await room.day_of("blatt", evidence("c2", date="2025-01-19", at=day(6), **BAN), at=day(6)),
        await room.day_of("court", evidence("d1", "reversed", date="2025-04-05", at=day(9), **BAN), at=day(9)),
        await room.day_of("presse", evidence("d2", "reversed", date="2025-04-05", at=day(10), **BAN), at=day(10)),
    ]
    assert heard == [[("first", "rumor")], [], [("new_rung", "confirmed")], [], [("all_clear", "reversed")], []]
    assert len(room.incidents()) == 1
    messages = [one.message for one in room.store.memory.deliveries.values()]
    assert [message.before.rung if message.before else None for message in messages] == [None, "rumor", "confirmed"]


async def test_harmless_documents_disturb_nobody() -> None:
    room = newsroom()
    await room.publishes("presse", harmless=["Shop closes for the holidays", "A ban in a video game"])
    assert await room.works() == 1
    assert room.incidents() == []
    assert room.store.memory.deliveries == {}
    assert len(room.assessed_ids) == 2


async def test_what_hits_nobody_is_an_incident_without_an_alert() -> None:
    room = newsroom(seller(position("Shopee", "PH")))
    assert await room.day_of("newsroom", evidence()) == []
    assert (len(room.incidents()), room.holds()) == (1, ["not_exposed"])


async def test_each_seller_hears_of_its_own_stake_through_its_own_target() -> None:
    targets = [
        Target("a", "email", "a@example.com", sellers=("acme",)),
        Target("z", "email", "z@example.com", sellers=("zeta",)),
    ]
    room = newsroom(ACME, seller(position(country="BR", sales=7), id="zeta"), seller(id="nobody"), targets=targets)
    await room.publishes("newsroom", evidence())
    await room.works()
    told = {one.target: one.message for one in room.store.memory.deliveries.values()}
    assert {name: message.seller_name for name, message in told.items()} == {"a": "Acme Trading", "z": "Zeta Trading"}
    assert told["z"].impact.per_day == 7
    assert room.holds() == ["no_target"]
    assert [key[1] for key in room.store.memory.told] == ["acme", "zeta"]


async def test_news_within_the_group_wait_is_folded_into_one_message() -> None:
    room = newsroom()
    await room.publishes("presse", evidence("a", "rumor", **BAN))
    await room.publishes("regulator", evidence("b", **BAN), at=NOW + timedelta(seconds=1))
    await room.works(NOW + timedelta(seconds=2))
    arrived = await room.delivers(NOW + timedelta(minutes=1))
    assert [(one.reason, one.rung) for one in arrived] == [("first", "confirmed")]
    states = [one.state for one in room.store.memory.deliveries.values()]
    assert states == [DeliveryState.SUPERSEDED, DeliveryState.SENT]


async def test_a_document_on_two_events_opens_two_incidents() -> None:
    room = newsroom()
    closing, ban = evidence("both"), evidence("both", number=1, **BAN)
    assert len(await room.day_of("presse", closing, ban)) == 2
    assert {one.event_type.value for one in room.incidents()} == {"shutdown", "ban"}


async def test_the_date_comes_and_time_alone_tells_it_once() -> None:
    room = newsroom(seller(position(sales=10), position("Shopee", "PH", 90)))
    await room.day_of("newsroom", evidence(date="2024-11-28"))
    assert await room.pipeline.tick(day(1)) == 0
    assert await room.pipeline.tick(day(60)) == 1
    assert [one.reason for one in await room.delivers(day(60.1))] == ["worse"]
    assert await room.pipeline.tick(day(66)) == 1
    assert [(one.reason, one.rung) for one in await room.delivers(day(66.1))] == [("new_rung", "effective")]
    assert await room.pipeline.tick(day(67)) == 0
    (incident,) = room.incidents()
    assert incident.history[-1].document_id is None


async def test_a_date_that_comes_for_who_is_not_hit_moves_the_incident_in_silence() -> None:
    room = newsroom(seller(position("Shopee", "PH")))
    await room.day_of("newsroom", evidence(date="2024-11-28"))
    assert await room.pipeline.tick(day(66)) == 0
    assert (room.incidents()[0].status, room.holds()) == (Status.EFFECTIVE, ["not_exposed", "not_exposed"])


async def test_time_is_looked_at_once_an_hour_and_after_a_reload() -> None:
    room = newsroom()
    asked: list[datetime] = []
    open_incidents = room.store.open_incidents

    async def counted(now: datetime) -> Sequence[Incident]:
        asked.append(now)
        return await open_incidents(now)

    room.store.open_incidents = counted  # type: ignore[method-assign]
    for minutes in (0, 10, 59, 60, 61):
        await room.pipeline.tick(NOW + timedelta(minutes=minutes))
    assert asked == [NOW, NOW + timedelta(minutes=60)]
    room.pipeline.configure(room.watch)
    await room.pipeline.tick(NOW + timedelta(minutes=62))
    assert len(asked) == 3


async def test_a_seller_who_comes_later_hears_of_what_is_open() -> None:
    room = newsroom()
    await room.day_of("newsroom", evidence(date="2024-11-28"))
    await room.pipeline.tick(day(1))
    late = seller(position(country="BR"), id="late")
    room.pipeline.configure(
        type(room.watch)(room.watch.sources, (ACME, late), (MAIL,), room.watch.policy, room.watch.kin)
    )
    assert await room.pipeline.tick(day(1)) == 1
    assert [(one.seller_id, one.reason) for one in await room.delivers(day(1.1))] == [("late", "first")]


STORY = [
    ("presse", evidence("r1", "rumor", at=day(0), **BAN)),
    ("warta", evidence("r2", "rumor", at=day(1), **BAN)),
    ("regulator", evidence("c1", date="2025-01-19", at=day(5), **BAN)),
    ("blatt", evidence("c2", date="2025-01-19", at=day(6), **BAN)),
    ("forum", evidence("h1", "reversed", at=day(7), **BAN)),
    ("newsroom", evidence("m1", date="2024-11-28", at=day(2))),
    ("shibao", evidence("m2", date="2024-11-28", at=day(3))),
]


@pytest.mark.parametrize("seed", range(5))
async def test_the_same_words_in_any_order_end_in_the_same_incidents(seed: int) -> None:
    room = newsroom()
    for number, (where, word) in enumerate(random.Random(seed).sample(STORY, len(STORY))):
        await room.day_of(where, word, at=day(10 + number / 100))
    known = sorted((one.event_type, one.status, one.effective_date, len(one.evidence)) for one in room.incidents())
    assert [(event, status, str(date), count) for event, status, date, count in known] == [
        ("ban", "confirmed", "2025-01-19", 5),
        ("shutdown", "confirmed", "2024-11-28", 2),
    ]
    sent = [(one.incident_id, one.rung, one.reason) for one in room.store.memory.deliveries.values()]
    assert len(sent) == len(set(sent))
    assert {rung for _, rung, _ in sent} <= {"rumor", "confirmed"}


WIRE = (
    "The court has stayed the order against the platform until its hearing in June, three people who know of it say. "
    * 8
)


async def test_a_lone_denial_that_every_paper_prints_sounds_no_all_clear_and_one_written_for_itself_does() -> None:
    room = newsroom()
    assert await room.day_of("regulator", evidence("law", date="2025-01-19", **BAN)) == [("first", "confirmed")]
    for number, paper in enumerate(("presse", "warta", "shibao"), 1):
        denial = evidence(f"print {number}", "reversed", at=day(number), **BAN)
        await room.publishes(paper, denial, at=day(number), text=f"CITY {number} (Agency) - {WIRE}")
        await room.works(day(number))
    assert await room.delivers(day(4)) == []
    (incident,) = room.incidents()
    assert [conflict.about for conflict in incident.conflicts] == ["status"]
    second = evidence("own", "reversed", at=day(5), **BAN)
    assert await room.day_of("blatt", second, at=day(5)) == [("all_clear", "reversed")]


async def test_a_promise_that_lapses_asks_once_and_a_word_since_its_date_answers() -> None:
    room = newsroom()
    plan = evidence("plan", "proposed", date="2024-11-28", **BAN)
    assert await room.day_of("presse", plan) == [("first", "proposed")]
    await room.pipeline.tick(day(71))
    assert await room.delivers(day(71.1)) == []
    await room.pipeline.tick(day(73))
    asked = await room.delivers(day(73.1))
    assert [(one.reason.value, one.rung.value) for one in asked] == [("question", "proposed")]
    await room.pipeline.tick(day(74))
    assert await room.delivers(day(74.1)) == []
    assert await room.day_of("warta", evidence("word", "proposed", at=day(75), **BAN), at=day(75)) == []
    (incident,) = room.incidents()
    assert incident.question == ""


async def test_a_faint_text_is_told_to_nobody_and_stands_beside_what_opens_later() -> None:
    room = newsroom()
    doubtful = evidence("plan", at=day(0))
    weak = replace(doubtful, signal=replace(doubtful.signal, score=0.3, leanings=((EventType.SHUTDOWN, 1.0),)))
    assert await room.day_of("presse", weak) == []
    assert room.incidents() == []
    assert await room.day_of("newsroom", evidence("notice", at=day(2)), at=day(2)) == [("first", "confirmed")]
    (incident,) = room.incidents()
    assert [one.document_id for one in incident.evidence] == ["plan", "notice"]
    taken_back = evidence("sorry", "reversed", at=day(4))
    weak = replace(taken_back, signal=replace(taken_back.signal, score=0.3, leanings=((EventType.SHUTDOWN, 1.0),)))
    asked = [("question", "confirmed")]
    assert await room.day_of("warta", weak, at=day(4)) == asked, "the press takes back nothing in a faint voice"
    copied = replace(weak, document_id="copy", title="copy", published=day(4.1))
    assert await room.day_of("warta", copied, at=day(4.1)) == [], "who was asked is not asked again"
    own = replace(weak, document_id="our mistake", title="our mistake")
    assert await room.day_of("newsroom", own, at=day(5)) == [("all_clear", "reversed")]


async def test_a_denial_that_stands_again_after_its_answer_was_withdrawn_is_not_asked_about_again() -> None:
    room = newsroom()
    assert await room.day_of("presse", evidence("plan")) == [("first", "confirmed")]
    doubt = evidence("doubt", "reversed", at=day(1))
    faint = replace(doubt, signal=replace(doubt.signal, score=0.3, leanings=((EventType.SHUTDOWN, 1.0),)))
    assert await room.day_of("warta", faint, at=day(1)) == [("question", "confirmed")]
    answer = evidence("answer", date="2024-11-28", at=day(2))
    assert await room.day_of("presse", answer, at=day(2)) == [("date_moved", "confirmed")]
    (incident,) = room.incidents()
    assert faint_denials(incident) == ()
    elsewhere = replace(answer, signal=replace(answer.signal, platforms=("Nowhere",), effective_date=None))
    room.store.memory.entries.clear()  # the reader is not sure which entries it knows
    assert await room.day_of("presse", replace(elsewhere, title="Corrected"), at=day(3)) == []
    assert [faint_denials(one) != () for one in room.incidents()].count(True) == 1
