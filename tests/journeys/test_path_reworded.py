"""A message that waits goes out with what is known when it goes, to each once, and nobody is told of it twice."""

from dataclasses import replace
from datetime import timedelta

from given import NOW, day, due, evidence
from handwork import acts, hand, incident_with
from newsroom import MAIL, Newsroom

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState, Target
from monitor.domain.hours import Hours, Quiet

FIRST_SECOND, SECOND = NOW, timedelta(seconds=1)


def documents(delivery: Delivery) -> set[str]:
    return {one.document_id for one in delivery.message.incident.evidence}


async def four_papers_within_a_few_seconds(room: Newsroom) -> None:
    for number, paper in enumerate(("presse", "warta", "shibao", "newsroom")):
        at = NOW + number * SECOND
        await room.publishes(paper, evidence(paper, "proposed", at=at), at=at)
        await room.works(at)


async def test_papers_that_come_while_the_first_word_waits_stand_in_it_and_nothing_follows(room: Newsroom) -> None:
    await four_papers_within_a_few_seconds(room)
    (heard,) = await room.delivers(NOW + timedelta(seconds=31))
    assert documents(heard) == {"presse", "warta", "shibao", "newsroom"}
    incident = await incident_with(room, "presse")
    assert heard.message.incident.revision == incident.revision
    assert heard.message.incident.status_why == incident.status_why
    assert heard.message.why == f"First word of it to you: {incident.status_why}."
    assert (heard.reason, heard.not_before, heard.message.made_at) == ("first", NOW + timedelta(seconds=30), NOW)
    assert await room.delivers(day(1)) == []


async def test_what_is_sent_already_is_not_touched_and_who_sleeps_reads_all_of_it_in_the_morning(
    room: Newsroom,
) -> None:
    night = Quiet(Hours(NOW.time(), (NOW + timedelta(hours=8)).time()))
    sleeper = Target("sleeper", "email", "sleeper@example.com", quiet=(night,))
    room.watch = replace(room.watch, targets=(MAIL, sleeper))
    room.pipeline.configure(room.watch)
    await room.publishes("presse", evidence("presse", "proposed"))
    await room.works(NOW)
    (awake,) = await room.delivers(NOW + timedelta(minutes=1))
    at = NOW + timedelta(minutes=2)
    await room.publishes("warta", evidence("warta", "proposed", at=at), at=at)
    await room.works(at)
    (later,) = await room.delivers(NOW + timedelta(hours=9))
    assert (awake.target, documents(awake)) == ("mail", {"presse"})
    assert (later.target, documents(later)) == ("sleeper", {"presse", "warta"})
    assert later.alert_id == awake.alert_id
    (first,) = [one for one in await room.store.spoken(awake.incident_id) if one.target == "mail"]
    assert documents(first) == {"presse"}, "what was said stays on record as it was said"


async def test_a_word_that_was_tried_says_at_its_second_try_what_it_said_at_its_first(room: Newsroom) -> None:
    await room.publishes("presse", evidence("presse", "proposed"))
    await room.works(NOW)
    claim = await room.store.claim_delivery(NOW + timedelta(minutes=1), timedelta(minutes=1))
    refused, at = Attempt(AttemptClass.TRANSIENT, "refused", "busy"), NOW + timedelta(minutes=2)
    await room.store.settle(claim, refused, DeliveryState.RETRY, at, at)
    await room.publishes("warta", evidence("warta", "proposed", at=at), at=at)
    await room.works(at)
    (heard,) = await room.delivers(NOW + timedelta(minutes=3))
    assert documents(heard) == {"presse"}


async def test_a_part_that_left_while_it_waited_is_still_told_by_the_word_that_was_to_tell_it(room: Newsroom) -> None:
    await room.publishes("presse", evidence("presse", "proposed"))
    await room.publishes("warta", evidence("warta", "proposed", at=NOW + SECOND), at=NOW + SECOND)
    await room.works(NOW + SECOND)
    whole = await incident_with(room, "presse")
    await acts(room).split(whole.id, ["warta"], hand(NOW + 2 * SECOND))
    await room.publishes("shibao", evidence("shibao", "proposed", at=NOW + 3 * SECOND), at=NOW + 3 * SECOND)
    await room.works(NOW + 3 * SECOND)
    heard = await room.delivers(NOW + timedelta(minutes=1))
    assert {"presse", "warta"} <= set().union(*map(documents, heard))


async def test_a_change_that_is_news_by_itself_folds_and_is_told_once_as_before(room: Newsroom) -> None:
    await four_papers_within_a_few_seconds(room)
    at = NOW + 5 * SECOND
    dated = evidence("later", date="2025-03-01", deadlines=[due("2025-02-01")], at=at, authority="official")
    await room.publishes("newsroom", dated, at=at)
    await room.works(at)
    (heard,) = await room.delivers(day(0.5))
    assert (heard.reason, heard.rung) == ("first", "confirmed")
    assert await room.delivers(day(0.9)) == []
