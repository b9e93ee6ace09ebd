"""Reminders of what is due: on their days, each once, where the deadline is, and no more than are true."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from given import NOW, due, evidence, incident
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alerts import DeliveryState, Policy, Reason, Target
from monitor.domain.deadlines import Deadline
from monitor.domain.exposure import Severity
from monitor.domain.handling import Word
from monitor.domain.incidents import Incident
from monitor.domain.reminders import OVERDUE, Reminder, remind, subject, zone
from monitor.domain.rulings import Act, ActKind

DESK = Target("desk", "email", "ops@example.com")
DAYS = Policy().reminders


def at(day: str, hour: int = 9) -> datetime:
    return datetime.fromisoformat(f"{day}T{hour:02}:00:00+00:00")


def word(when: datetime, reason: Reason = Reason.FIRST, state: DeliveryState = DeliveryState.SENT) -> Word:
    kept = (f"k{when}", f"a{when}", "i1", "acme", "desk", Severity.HIGH, reason, state, when, when, when)
    return Word(*kept, sent_at=when)


def asking(*deadlines: Deadline) -> Incident:
    return replace(incident(evidence()), deadlines=tuple(sorted(deadlines)))


def reminded(
    what: Incident, now: datetime, words: Sequence[Word] = (), done: Sequence[str] = (), days: Sequence[int] = DAYS
) -> Reminder | None:
    acts = {("acme", one): Act(one, "i1", ActKind.DONE, NOW, "anna", one) for one in done}
    return remind(what, "acme", acts, words, DESK, days, NOW, now)


def lived(what: Incident, first: datetime, until: date, every: timedelta = timedelta(hours=5)) -> list[tuple[str, int]]:
    """The days on which somebody is reminded who heard of it at first, with the days left."""
    words, found, now = [word(first)], [], first
    while now.date() <= until:
        if (one := reminded(what, now, words)) is not None:
            words.append(word(now, Reason.DUE))
            found.append((str(now.date()), one.due[0].left))
        now += every
    return found


def test_it_is_said_on_each_day_that_was_asked_for_and_when_it_is_past_four_times() -> None:
    found = lived(asking(due("2024-11-30")), NOW, date(2025, 2, 1))
    assert [left for _, left in found] == [30, 14, 7, 3, 1, 0, *(-day for day in OVERDUE)]
    assert found[0] == ("2024-10-31", 30)
    assert found[-1] == ("2024-12-22", -22)


def test_what_becomes_known_late_has_its_missed_days_in_its_first_word() -> None:
    found = lived(asking(due("2024-09-29")), NOW, date(2024, 9, 30))
    assert [left for _, left in found] == [3, 1, 0, -1], "five days before: that of seven is in the first word"


@pytest.mark.parametrize(
    ("target", "hour"),
    [
        ("Asia/Jakarta", 1),  # UTC+7, as the deadline is: eight o'clock is one
        ("America/Los_Angeles", 1),  # six in the evening before, by their clock
        ("America/New_York", 12),  # nine in the evening: it waits for their morning
        ("Europe/Berlin", 6),
        ("UTC", 8),
    ],
)
def test_people_are_reminded_by_day_where_they_are_once_it_is_eight_where_the_deadline_is(
    target: str, hour: int
) -> None:
    what, desk = asking(replace(due("2024-10-28"), zone="Asia/Jakarta")), replace(DESK, zone=target)
    said = [word(at("2024-10-20", 3))]
    hours = [one for one in range(24) if remind(what, "acme", {}, said, desk, DAYS, NOW, at("2024-10-21", one))]
    assert hours
    assert hours[0] == hour


def test_on_the_last_two_days_they_are_reminded_until_midnight() -> None:
    what, said = asking(due("2024-10-28")), [word(at("2024-10-22"))]
    assert reminded(what, at("2024-10-25", 23), said) is None
    assert reminded(what, at("2024-10-27", 23), said) is not None
    assert reminded(what, at("2024-10-28", 5), said) is None


def test_days_are_counted_where_the_deadline_is() -> None:
    what = asking(replace(due("2024-10-28"), zone="+14:00"))
    found = reminded(what, datetime(2024, 10, 26, 18, tzinfo=UTC), [word(NOW)])  # the 27th there, eight o'clock
    assert found is not None
    assert found.due[0].left == 1


def test_several_deadlines_are_one_message_that_names_them_all() -> None:
    what = asking(due("2024-10-28"), due("2024-11-01", "refund"), due("2024-11-01", "payout"), due("2025-06-01"))
    found = reminded(what, at("2024-10-25"), [word(at("2024-10-22"))])
    assert found is not None
    assert [(item.what, item.left) for item in found.due] == [("data_export", 3), ("payout", 7), ("refund", 7)]
    assert "data export by 2024-10-28 (3 days left); payout by 2024-11-01 (7 days left)" in found.detail


def test_what_is_done_is_not_asked_for_again() -> None:
    what = asking(due("2024-10-28"), due("2024-10-28", "refund"))
    done = [subject(deadline) for deadline in what.deadlines]
    found = reminded(what, at("2024-10-25"), [word(NOW)], done[:1])
    assert found is not None
    assert [item.what for item in found.due] == ["refund"]
    assert reminded(what, at("2024-10-25"), [word(NOW)], done) is None


def test_a_date_that_moves_takes_its_reminders_with_it() -> None:
    heard = [word(NOW), word(at("2024-10-21"), Reason.DUE)]
    later = asking(due("2024-11-28"))
    assert reminded(later, at("2024-10-25"), heard) is None, "that of three days is the old date's"
    moved = reminded(later, at("2024-10-29"), heard)
    assert moved is not None
    assert moved.due[0].left == 30
    sooner = asking(due("2024-10-24"))
    told = [*heard, word(at("2024-10-22"), Reason.DATE_MOVED)]
    assert reminded(sooner, at("2024-10-22", 20), told) is None, "the word that moved it says so"
    assert reminded(sooner, at("2024-10-23"), told) is not None


def test_a_month_counts_from_its_first_day_and_is_past_after_its_last() -> None:
    found = lived(asking(due("2024-11")), NOW, date(2025, 1, 1))
    assert [day for day, _ in found][:7] == [
        "2024-10-02",
        "2024-10-18",
        "2024-10-25",
        "2024-10-29",
        "2024-10-31",
        "2024-11-01",
        "2024-12-01",
    ]


def test_who_first_hears_of_it_when_it_is_past_is_not_told_that_it_is() -> None:
    assert lived(asking(due("2024-09-20")), NOW, date(2024, 12, 1)) == []


def test_without_days_nobody_is_reminded_and_a_stop_makes_up_for_them_once() -> None:
    assert reminded(asking(due("2024-10-28")), at("2024-10-27"), [word(NOW)], days=()) is None
    found = reminded(asking(due("2024-10-28")), at("2024-10-26"), [word(NOW)])
    assert found is not None
    assert found.due[0].left == 2
    assert reminded(asking(due("2024-10-28")), at("2024-10-26", 20), [word(NOW), word(at("2024-10-26"))]) is None


def test_a_word_that_was_taken_back_said_nothing() -> None:
    taken = word(at("2024-10-21"), Reason.DUE, DeliveryState.SUPERSEDED)
    assert reminded(asking(due("2024-10-28")), at("2024-10-22"), [word(NOW), taken]) is not None


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("Asia/Jakarta", ZoneInfo("Asia/Jakarta")),
        ("+08:00", timezone(timedelta(hours=8))),
        ("-0330", ZoneInfo("Europe/Paris")),
        ("-03:30", timezone(-timedelta(hours=3, minutes=30))),
        ("", ZoneInfo("Europe/Paris")),
        ("+99:99", ZoneInfo("Europe/Paris")),
        ("Mars/Base", ZoneInfo("Europe/Paris")),
        ("../etc/passwd", ZoneInfo("Europe/Paris")),
        ("Beijing time", ZoneInfo("Europe/Paris")),
        ("\0", ZoneInfo("Europe/Paris")),
    ],
)
def test_a_zone_is_what_the_source_said_or_that_of_the_target(said: str, means: object) -> None:
    assert zone(said, "Europe/Paris") == means


moments = st.lists(st.integers(0, 24 * 120), min_size=1, max_size=60)


@given(moments, st.integers(3, 60))
def test_whatever_the_looks_no_day_brings_two_and_no_reminder_comes_twice(looks: list[int], ahead: int) -> None:
    """Also when looks come in any order, as by a clock that goes back."""
    what = asking(due(str(NOW.date() + timedelta(days=ahead))))
    words, ids, days = [word(NOW)], [], []
    for hour in looks:
        now = NOW + timedelta(hours=hour)
        if (one := reminded(what, now, words)) is not None:
            words.append(word(now, Reason.DUE))
            ids.append(one.alert_id)
            days.append(now.date())
    assert len(ids) == len(set(ids))
    assert len(days) == len(set(days))
    assert len(days) <= len(DAYS) + len(OVERDUE)
