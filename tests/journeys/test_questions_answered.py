"""A question that waits in the outbox goes to nobody once it is answered, and nothing else is lost with it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from given import day, evidence, position, seller
from handwork import acts, hand, incident_with
from newsroom import MAIL, Newsroom, source
from test_path_taken_back import ACCEPTED, REFUSED, tries

from monitor.domain.alerts import Delivery, DeliveryState, Target
from monitor.domain.incidents import Evidence
from monitor.domain.signals import EventType

ACME = seller(position(country="ID"))
JOURNAL = Target("journal", "journal", "")
WITHDRAWN = "withdrawn before it was sent"


def newsroom(*targets: Target) -> Newsroom:
    press = [source("presse"), source("warta"), source("shibao")]
    return Newsroom(source("newsroom", "official"), *press, sellers=(ACME,), targets=targets or (MAIL,))


def faintly(word: Evidence) -> Evidence:
    return replace(word, signal=replace(word.signal, score=0.3, leanings=((EventType.SHUTDOWN, 1.0),)))


async def hears(room: Newsroom, where: str, word: Evidence, at: float) -> None:
    """It is published and understood; nothing is sent yet."""
    await room.publishes(where, word, at=day(at))
    await room.works(day(at))


async def doubts(room: Newsroom, at: float = 1, where: str = "warta") -> None:
    await hears(room, where, faintly(evidence(f"doubt {where} {at}", "reversed", at=day(at))), at)


async def alarmed(room: Newsroom) -> None:
    assert await room.day_of("presse", evidence("plan")) in ([("first", "confirmed")], [("first", "confirmed")] * 2)


def rows(room: Newsroom, reason: str = "question") -> Sequence[Delivery]:
    return [one for one in room.store.memory.deliveries.values() if one.reason == reason]


def arrived(some: Sequence[Delivery]) -> set[tuple[str, str]]:
    return {(one.target, one.reason.value) for one in some}


async def asked_of(room: Newsroom) -> tuple[str, ...]:
    (incident,) = room.incidents()
    (told,) = await room.store.told([incident.id])
    return told.asked


async def test_a_question_that_waits_for_the_morning_is_withdrawn_when_the_platform_says_so_at_night() -> None:
    room = newsroom()
    await alarmed(room)
    await doubts(room)
    assert await asked_of(room) == ("doubt warta 1",)
    await hears(room, "newsroom", evidence("it is", at=day(1.2)), 1.2)
    assert await room.delivers(day(2)) == []
    (row,) = rows(room)
    assert (row.state, row.into, row.last_detail) == (DeliveryState.SUPERSEDED, "", WITHDRAWN), "it stays on record"
    assert await asked_of(room) == (), "nobody was asked"


async def test_a_question_whose_channel_is_down_is_withdrawn_too() -> None:
    room = newsroom()
    await alarmed(room)
    await doubts(room)
    assert len(await tries(room, day(1.1), {"mail": REFUSED})) == 1
    await hears(room, "newsroom", evidence("it is", at=day(1.2)), 1.2)
    assert await room.delivers(day(2)) == []
    (row,) = rows(room)
    assert (row.state, row.attempts, row.last_detail) == (DeliveryState.SUPERSEDED, 1, WITHDRAWN)


async def test_a_promise_that_lapsed_and_was_kept_after_all_is_asked_about_by_nobody() -> None:
    room = newsroom()
    assert await room.day_of("presse", evidence("plan", "proposed", date="2024-11-28")) == [("first", "proposed")]
    await room.pipeline.tick(day(73))
    assert [one.state for one in rows(room)] == [DeliveryState.PENDING]
    await hears(room, "warta", evidence("word", "proposed", at=day(75)), 75)
    assert await room.delivers(day(76)) == []
    (incident,) = room.incidents()
    assert [told.question for told in await room.store.told([incident.id])] == [""]


async def test_a_question_that_is_open_goes_out_whatever_else_is_said() -> None:
    room = newsroom()
    await alarmed(room)
    await doubts(room, at=2)
    await hears(room, "newsroom", evidence("before", at=day(1)), 2.1)
    await room.pipeline.tick(day(2.2))
    assert arrived(await room.delivers(day(3))) == {("mail", "question")}


async def test_of_two_doubts_the_one_that_is_left_is_still_asked_about() -> None:
    room = newsroom()
    await alarmed(room)
    await doubts(room, at=1)
    await doubts(room, at=3, where="shibao")
    await hears(room, "newsroom", evidence("between", at=day(2)), 3.1)
    (question,) = await room.delivers(day(4))
    assert question.reason == "question"
    await doubts(room, at=5)
    assert await asked_of(room) == ("doubt warta 1", "doubt shibao 3"), "each voice asks once"


async def test_who_was_asked_is_not_asked_again_and_who_was_not_is_left_alone() -> None:
    room = newsroom(MAIL, JOURNAL)
    await alarmed(room)
    await doubts(room)
    await tries(room, day(1.1), {"mail": REFUSED, "journal": ACCEPTED})
    await hears(room, "newsroom", evidence("it is", at=day(1.2)), 1.2)
    assert await room.delivers(day(2)) == []
    assert {one.target: one.state for one in rows(room)} == {
        "mail": DeliveryState.SUPERSEDED,
        "journal": DeliveryState.SENT,
    }
    assert await asked_of(room) == ("doubt warta 1",), "the seller was asked in the journal"


async def test_a_doubt_that_stands_again_is_asked_about_if_its_question_never_went_out() -> None:
    room = newsroom()
    await alarmed(room)
    await doubts(room)
    answer = evidence("it is", at=day(1.2))
    await hears(room, "shibao", answer, 1.2)
    assert await room.delivers(day(2)) == []
    room.store.memory.entries.clear()  # the reader is not sure which entries it knows
    elsewhere = replace(answer, title="Corrected", signal=replace(answer.signal, platforms=("Nowhere",)))
    await hears(room, "shibao", elsewhere, 3)
    (question,) = await room.delivers(day(4))
    assert question.reason == "question"
    assert len(rows(room)) == 2, "the one that was withdrawn stays on record beside it"


async def date_moves(room: Newsroom, at: float, say: str = "2024-11-28") -> None:
    await hears(room, "newsroom", evidence(f"moved {at}", date=say, at=day(at)), at)


async def the_journal_takes_it(room: Newsroom) -> None:
    at = day(0.6)
    claim = await room.store.claim_delivery(at, timedelta(minutes=1), {"mail": day(1)})
    assert claim is not None
    assert claim.item.target == "journal"
    await room.store.settle(claim, ACCEPTED, DeliveryState.SENT, at, at)


async def test_news_that_was_folded_into_an_answered_question_is_told_by_itself() -> None:
    room = newsroom()
    await alarmed(room)
    await date_moves(room, 0.5)
    await doubts(room)
    assert [one.into for one in rows(room, "date_moved")] == [one.key for one in rows(room)]
    await date_moves(room, 1.2)
    (news,) = await room.delivers(day(2))
    assert (news.reason, news.message.before.asked, await asked_of(room)) == ("date_moved", (), ())
    assert [one.into for one in rows(room)] == [news.key], "what was folded leads to what was sent"


async def test_each_target_hears_what_its_own_question_would_have_told_it() -> None:
    """The journal knows the date; the mail, which was not sent since, has it in its question alone."""
    room = newsroom(MAIL, JOURNAL)
    await alarmed(room)
    await date_moves(room, 0.5)
    await the_journal_takes_it(room)
    await doubts(room)
    await date_moves(room, 1.2)
    heard = await room.delivers(day(2))
    assert arrived(heard) == {("mail", "date_moved")}
    (mail,) = heard
    assert mail.message.before.effective_date is None, "the change is told from what the mail knows"
    assert {one.state for one in rows(room)} == {DeliveryState.SUPERSEDED}


async def test_a_refused_question_that_carried_news_gives_it_to_what_is_said_in_its_place() -> None:
    room = newsroom(MAIL, JOURNAL)
    await alarmed(room)
    await date_moves(room, 0.5)
    await the_journal_takes_it(room)
    await doubts(room)
    await tries(room, day(1.1), {"mail": REFUSED, "journal": REFUSED})
    await hears(room, "newsroom", evidence("later", date="2024-12-31", at=day(1.2)), 1.2)
    heard = {one.target: one for one in await room.delivers(day(2))}
    assert arrived(list(heard.values())) == {("mail", "date_moved"), ("journal", "date_moved")}
    assert heard["mail"].message.before.effective_date is None
    assert str(heard["journal"].message.before.effective_date) == "2024-11-28"


async def test_an_all_clear_takes_the_place_of_the_question_and_goes_to_whom_the_alarm_went() -> None:
    room = newsroom(MAIL, JOURNAL)
    await room.publishes("presse", evidence("plan"))
    await room.works(day(0))
    await tries(room, day(0.1), {"mail": REFUSED, "journal": ACCEPTED})
    await doubts(room)
    await tries(room, day(1.1), {"mail": REFUSED, "journal": REFUSED})
    await hears(room, "newsroom", evidence("sorry", "reversed", at=day(1.2)), 1.2)
    assert arrived(await room.delivers(day(2))) == {("journal", "all_clear")}


async def test_a_question_that_is_sent_while_its_answer_is_read_was_asked_and_arrives_once() -> None:
    room = newsroom()
    await alarmed(room)
    await doubts(room)
    spoken, sent = room.store.spoken, list[Delivery]()

    async def sends_meanwhile(incident_id: str) -> Sequence[Delivery]:
        found = await spoken(incident_id)
        sent.extend(await room.delivers(day(1.2)))
        return found

    room.store.spoken = sends_meanwhile  # type: ignore[method-assign]
    await hears(room, "newsroom", evidence("it is", at=day(1.2)), 1.2)
    assert arrived(sent) == {("mail", "question")}
    assert [one.state for one in rows(room)] == [DeliveryState.SENT]
    assert await room.delivers(day(2)) == []
    assert await asked_of(room) == ("doubt warta 1",)


async def test_a_word_that_a_person_joins_to_the_event_answers_within_the_hour() -> None:
    room = newsroom(MAIL, JOURNAL)
    await alarmed(room)
    await doubts(room)
    await tries(room, day(1.1), {"mail": REFUSED, "journal": ACCEPTED})
    other = evidence("it is", platforms=["Zuvia"], regions=["ID"], at=day(1.2))
    await hears(room, "newsroom", other, 1.2)
    one, same = await incident_with(room, "plan"), await incident_with(room, "it is")
    await acts(room).merge(one.id, same.id, hand(day(1.3)))
    await room.pipeline.tick(day(1.4))
    assert await room.delivers(day(2)) == []
    assert [row.state for row in rows(room)] == [DeliveryState.SUPERSEDED, DeliveryState.SENT]
