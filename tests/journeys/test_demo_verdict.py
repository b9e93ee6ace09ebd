"""The demo's judge: it passes a perfect performance, and names whatever is wrong with another."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st
from performances import HARMLESS, NOW, PERFECT, STORY, received

from monitor.demo.directory import TARGETS
from monitor.demo.sinks import Received
from monitor.demo.verdict import Outcome, check
from monitor.domain.alerts import Delivery, DeliveryState, Reason
from monitor.domain.deadlines import PartialDate
from monitor.domain.incidents import Incident
from monitor.domain.signals import EventType, Status


def test_a_perfect_performance_passes() -> None:
    assert check(STORY, PERFECT) == []


@any_of(st.permutations(PERFECT.deliveries), st.permutations(PERFECT.received), st.permutations(PERFECT.incidents))
def test_the_order_of_rows_and_messages_does_not_matter(
    deliveries: list[Delivery], messages: list[Received], incidents: list[Incident]
) -> None:
    assert check(STORY, Outcome(incidents, deliveries, messages, TARGETS)) == []


@any_of(st.sampled_from(PERFECT.received))
def test_any_message_that_never_arrived_is_lost(gone: Received) -> None:
    problems = check(STORY, replace(PERFECT, received=[m for m in PERFECT.received if m is not gone]))
    assert [problem.split(":")[0] for problem in problems] == ["lost"]


@any_of(st.sampled_from(PERFECT.received))
def test_any_message_that_came_twice_is_doubled_unless_the_copy_says_so(twice: Received) -> None:
    assert check(STORY, replace(PERFECT, received=[*PERFECT.received, replace(twice, repeat=True)])) == []
    (problem,) = check(STORY, replace(PERFECT, received=[*PERFECT.received, twice]))
    assert problem.startswith("doubled:")


@any_of(st.sampled_from(PERFECT.deliveries), st.sampled_from([DeliveryState.DEAD, DeliveryState.UNKNOWN]))
def test_any_delivery_without_a_good_end_is_unsettled(stuck: Delivery, state: DeliveryState) -> None:
    deliveries = [replace(d, state=state) if d is stuck else d for d in PERFECT.deliveries]
    (problem,) = check(STORY, replace(PERFECT, deliveries=deliveries))
    assert problem.startswith("unsettled:")
    assert problem.endswith(f"is {state}")


@any_of(st.sampled_from(PERFECT.deliveries))
def test_a_rung_that_is_told_twice_or_never_is_a_problem(one: Delivery) -> None:
    again = replace(one, alert_id="another", reason=Reason.WORSE, created_at=NOW + timedelta(minutes=1))
    twice = replace(PERFECT, deliveries=[*PERFECT.deliveries, again], received=[*PERFECT.received, received(again)])
    never = replace(
        PERFECT,
        deliveries=[d for d in PERFECT.deliveries if d is not one],
        received=[m for m in PERFECT.received if (m.alert_id, m.sink) != (one.alert_id, TARGETS[one.target])],
    )
    for outcome in (twice, never):
        (problem,) = check(STORY, outcome)
        assert problem.startswith(f"{one.incident_id}: {one.target} was told ")


def test_a_delivery_folded_into_a_newer_one_is_neither_lost_nor_told() -> None:
    folded = replace(PERFECT.deliveries[0], alert_id="folded", state=DeliveryState.SUPERSEDED)
    assert check(STORY, replace(PERFECT, deliveries=[*PERFECT.deliveries, folded])) == []


def test_a_message_that_nobody_decided_comes_out_of_nowhere() -> None:
    stray = Received("mail", "x", "stray", "Hello", "", False)
    assert check(STORY, replace(PERFECT, received=[*PERFECT.received, stray])) == [
        "out of nowhere: 'Hello' arrived by mail"
    ]


def test_a_harmless_story_among_the_evidence_is_named() -> None:
    first, *rest = PERFECT.incidents
    url = f"http://127.0.0.1:1/{HARMLESS.source}/{HARMLESS.key}.html"
    fooled = replace(first, evidence=(replace(first.evidence[0], url=url),))
    assert check(STORY, replace(PERFECT, incidents=[fooled, *rest])) == [
        f"a harmless story is taken for {first.event_type.value}: {HARMLESS.title!r}"
    ]


WRONG: dict[str, Callable[[Incident], Incident]] = {
    "it is a policy, not a": lambda one: replace(one, event_type=EventType.POLICY),
    "it ends proposed, not": lambda one: replace(one, status=Status.PROPOSED),
    "in FR, not": lambda one: replace(one, regions=("FR",)),
    "it takes effect on None, not": lambda one: replace(one, effective_date=None),
    "it takes effect on 2019, not": lambda one: replace(one, effective_date=PartialDate("2019")),
    "no deadline": lambda one: replace(one, deadlines=one.deadlines[1:]),
}


@pytest.mark.parametrize("says", WRONG)
def test_a_wrong_fact_is_named(says: str) -> None:
    first, *rest = PERFECT.incidents
    problems = check(STORY, replace(PERFECT, incidents=[WRONG[says](first), *rest]))
    assert len(problems) == 1
    assert problems[0].startswith(f"{first.id}: {says}")


def test_two_incidents_for_one_event_are_one_too_many() -> None:
    twin = replace(PERFECT.incidents[0], id="twin")
    assert check(STORY, replace(PERFECT, incidents=[*PERFECT.incidents, twin])) == [
        f"music: 2 incidents about {STORY.incidents[0].platform}, not one"
    ]


def test_an_incident_of_another_story_is_named() -> None:
    stray = replace(PERFECT.incidents[0], id="stray", platforms=(), headline="Something else")
    assert check(STORY, replace(PERFECT, incidents=[*PERFECT.incidents, stray])) == [
        "an incident that is not in the story: 'Something else'"
    ]


def test_nothing_at_all_is_every_problem_at_once() -> None:
    problems = check(STORY, Outcome((), (), (), TARGETS))
    assert len(problems) == len(STORY.incidents)
    assert all("0 incidents" in problem for problem in problems)
