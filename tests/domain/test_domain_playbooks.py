"""What is to be done about an event, by whom, by when: as its dates move, as people do it, as it goes away."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from given import NOW, day, due, evidence, incident
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.deadlines import DeadlineRole
from monitor.domain.incidents import Closure
from monitor.domain.playbooks import Anchor, Offset, Playbook, PlaybookStep, plan
from monitor.domain.rulings import Act, ActKind, standing_acts
from monitor.domain.signals import EventType, Status

EXPORT = PlaybookStep(
    "export",
    "Export orders",
    "operations",
    (
        Offset(Anchor.DEADLINE, -3, DeadlineRole.DATA_EXPORT),
        Offset(Anchor.EFFECTIVE, -14),
        Offset(Anchor.FIRST_WORD, 2),
    ),
)
RECALL = PlaybookStep("recall", "Recall stock", "warehouse", (Offset(Anchor.EFFECTIVE, -30),), Status.CONFIRMED)
CLOSING = Playbook("closing", (EventType.SHUTDOWN, EventType.MARKET_EXIT), (RECALL, EXPORT))
FEES = Playbook("fees", (EventType.POLICY,), (replace(EXPORT, id="fees"),))


def days(found) -> dict[str, tuple[date | None, str]]:
    return {task.step.id: (task.due, task.why) for task in found}


def test_the_first_alternative_whose_day_is_known_counts_and_moves_with_it():
    rumored = plan(incident(evidence(status="rumor")), [CLOSING, FEES])
    assert days(rumored) == {
        "export": (date(2024, 9, 26), "2 days after first word"),
        "recall": (None, "no day is known that it counts from"),
    }
    dated = incident(evidence(date="2024-12-31"))
    assert days(plan(dated, [CLOSING])) == {
        "recall": (date(2024, 12, 1), "30 days before effective"),
        "export": (date(2024, 12, 17), "14 days before effective"),
    }
    urgent = incident(evidence(date="2024-12-31", deadlines=[due("2024-10-28")]))
    assert days(plan(urgent, [CLOSING]))["export"] == (date(2024, 10, 25), "3 days before data export deadline")


def test_a_day_before_the_first_word_becomes_at_once():
    (task, _) = plan(incident(evidence(date="2024-10-01")), [CLOSING])
    assert (task.due, task.why) == (NOW.date(), "30 days before effective is past: at once")
    assert task.days_left((NOW + timedelta(days=3)).date()) == -3


def test_a_step_waits_for_its_rung_and_says_which():
    waits = {task.step.id: task.waits_for for task in plan(incident(evidence(status="proposed")), [CLOSING])}
    assert waits == {"export": None, "recall": Status.CONFIRMED}
    assert [task.step.id for task in plan(incident(evidence(status="proposed")), [CLOSING]) if task.open] == ["export"]


@pytest.mark.parametrize("seller", ["acme", "zeta"])
def test_what_one_seller_did_is_done_for_that_seller_and_what_all_did_for_everybody(seller):
    acts = [
        Act("1", "i1", ActKind.DONE, NOW, "kim", "step:export", seller_id="acme"),
        Act("2", "i1", ActKind.DONE, NOW, "lee", "step:recall"),
        Act("3", "i1", ActKind.DONE, day(1), "lee", "step:nothing"),
    ]
    tasks = plan(incident(evidence()), [CLOSING], standing_acts(acts), seller)
    who = {task.step.id: task.done.who if task.done else None for task in tasks}
    assert who == {"export": "kim" if seller == "acme" else None, "recall": "lee"}


def test_what_is_undone_is_open_again_and_the_order_of_rows_does_not_matter():
    acts = [
        Act("2", "i1", ActKind.UNDONE, day(1), "kim", "step:export"),
        Act("1", "i1", ActKind.DONE, NOW, "kim", "step:export"),
    ]
    assert standing_acts(acts) == standing_acts(reversed(acts)) == {}


def test_an_event_that_went_away_asks_for_nothing():
    stands = incident(evidence())
    assert plan(stands, [CLOSING])
    for gone in (
        incident(evidence(), evidence("d2", "reversed", at=day(1)), now=day(1)),
        replace(stands, closed=Closure(NOW, "kim")),
        replace(stands, merged_into="i2"),
        replace(stands, evidence=()),
    ):
        assert plan(gone, [CLOSING]) == ()


@given(st.integers(-4000, 4000), st.sampled_from([None, "2024", "2024-12", "2024-12-31", "1999-01-01"]))
def test_no_step_is_ever_due_before_the_first_word_of_it(offset, effective):
    step = PlaybookStep("x", "Do", "me", (Offset(Anchor.EFFECTIVE, offset), Offset(Anchor.FIRST_WORD, offset)))
    (task,) = plan(incident(evidence(date=effective)), [Playbook("p", (EventType.SHUTDOWN,), (step,))])
    assert task.due >= NOW.date()
