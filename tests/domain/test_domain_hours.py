"""Hours of the week, quiet and on duty, whatever the clocks do; and the moment from which nothing holds a word."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from given import NOW
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.alerts import Policy, Reason, Target
from monitor.domain.exposure import Severity
from monitor.domain.hours import EVERY_DAY, Hours, Quiet, duty_from, quiet_until
from monitor.domain.silences import Silence
from monitor.domain.waits import DUTY, QUIET, SILENCE, Wait, begins, free

NIGHT, OFFICE = Hours(time(22), time(7)), Hours(time(9), time(17), frozenset(range(5)))
MAIL = Target("mail", "email", "ops@example.com")


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2024-09-24T21:59", None),
        ("2024-09-24T22:00", "2024-09-25T07:00"),
        ("2024-09-25T00:30", "2024-09-25T07:00"),
        ("2024-09-25T07:00", None),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(moment: str, end: str | None) -> None:
    tuesday = Hours(time(22), time(7), frozenset({1}))
    zone = "Asia/Jakarta"
    assert tuesday.until(at(moment, zone), zone) == (at(end, zone) if end else None)
    assert tuesday.until(at("2024-09-25T22:30", zone), zone) is None, "Wednesday's night is none of it"


@pytest.mark.case(49)
def test_the_clocks_change_and_seven_stays_seven() -> None:
    zone = "Europe/Berlin"
    long_night = at("2024-10-26T23:00", zone)  # the night in which the clocks go back
    assert NIGHT.until(long_night, zone) == at("2024-10-27T07:00", zone)
    assert at("2024-10-27T07:00", zone) - long_night == timedelta(hours=9)
    short_night = at("2024-03-30T23:00", zone)
    assert at("2024-03-31T07:00", zone) - short_night == timedelta(hours=7)
    assert NIGHT.until(short_night, zone) == at("2024-03-31T07:00", zone)


def test_hours_within_the_hour_that_a_clock_leaves_out_hold_nothing_up_for_good() -> None:
    zone, gone = "Europe/Berlin", Hours(time(2, 50), time(3), EVERY_DAY)
    begin = duty_from(at("2024-03-31T01:30", zone), zone, [gone])
    assert begin is not None
    wait = free(Target("m", "email", "x", zone=zone, duty=(gone,)), Severity.LOW, at("2024-03-31T01:30", zone), [])
    assert wait.until < at("2024-04-02T00:00", zone)


def test_what_is_loud_enough_is_said_at_night() -> None:
    late = at("2024-09-24T23:00")
    quiet = [Quiet(NIGHT, Severity.HIGH), Quiet(Hours(time(7), time(8)), Severity.CRITICAL)]
    assert quiet_until(late, "UTC", Severity.MEDIUM, quiet) == at("2024-09-25T08:00"), "one stretch follows at once"
    assert quiet_until(late, "UTC", Severity.HIGH, quiet) is None
    assert quiet_until(at("2024-09-25T07:30"), "UTC", Severity.HIGH, quiet) == at("2024-09-25T08:00")


def test_quiet_hours_without_an_end_hold_nothing() -> None:
    always = [Quiet(Hours(time(0), time(0)), Severity.CRITICAL)]
    assert quiet_until(NOW, "UTC", Severity.LOW, always) is None
    halves = [Quiet(Hours(time(0), time(12))), Quiet(Hours(time(12), time(0)))]
    assert quiet_until(NOW, "UTC", Severity.LOW, halves) is None


def test_duty_begins_on_monday_morning() -> None:
    friday_night = at("2024-09-27T20:00", "America/New_York")
    assert duty_from(friday_night, "America/New_York", [OFFICE]) == at("2024-09-30T09:00", "America/New_York")
    assert duty_from(at("2024-09-30T10:00", "America/New_York"), "America/New_York", [OFFICE]) is None
    assert duty_from(friday_night, "UTC", []) is None
    assert duty_from(friday_night, "UTC", [Hours(time(9), time(17), frozenset())]) is None, "no day is no wish"


def test_duty_that_falls_into_quiet_hours_alone_loses_no_word() -> None:
    owl = Target("owl", "email", "x", quiet=(Quiet(NIGHT),), duty=(Hours(time(23), time(2)),))
    assert free(owl, Severity.LOW, NOW, []) == Wait(NOW)


def test_company_is_waited_for_and_a_word_just_said_too() -> None:
    policy = Policy()
    low, critical = Severity.LOW, Severity.CRITICAL
    assert begins(MAIL, low, Reason.FIRST, policy, NOW) == Wait(NOW + timedelta(seconds=30))
    assert begins(MAIL, critical, Reason.FIRST, policy, NOW) == Wait(NOW)
    just = NOW - timedelta(minutes=1)
    assert begins(MAIL, low, Reason.NEW_RUNG, policy, NOW, just) == Wait(just + policy.group_interval)
    assert begins(MAIL, critical, Reason.NEW_RUNG, policy, NOW, just) == Wait(NOW)
    assert begins(MAIL, critical, Reason.DATE_MOVED, policy, NOW, just) == Wait(just + policy.group_interval)
    assert begins(MAIL, low, Reason.ALL_CLEAR, policy, NOW, just) == Wait(NOW + policy.group_wait)


def test_each_wait_that_follows_another_is_named() -> None:
    quiet = Target("m", "email", "x", quiet=(Quiet(NIGHT),), duty=(OFFICE,))
    until_late = Silence("s", NOW, at("2024-09-24T22:30"), "anna; bob")
    wait = free(quiet, Severity.LOW, NOW, [until_late])
    assert wait == Wait(at("2024-09-25T09:00"), f"{SILENCE}anna, bob; {QUIET}; {DUTY}")


times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
hours = st.builds(Hours, times, times, st.frozensets(st.integers(0, 6)))
zones = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe"]
)
moments = st.integers(-360 * 1440, 450 * 1440).map(lambda number: NOW + timedelta(minutes=number))
silences = st.lists(
    st.builds(
        Silence,
        st.uuids().map(str),
        st.just(NOW),
        moments,
        st.just("anna"),
        target=st.sampled_from(["", "mail", "other"]),
    ),
    max_size=4,
)


@settings(max_examples=300)
@given(
    st.lists(hours.map(Quiet), max_size=3), st.lists(hours, max_size=2), zones, moments, silences, st.randoms(),
    st.sampled_from(Severity),
)  # fmt: skip
def test_a_word_is_never_said_before_the_end_of_what_holds_it_and_never_lost(
    quiet, duty, zone, start, standing, shuffle, severity
) -> None:
    target = Target("mail", "email", "x", zone=zone, quiet=tuple(quiet), duty=tuple(duty))
    wait = free(target, severity, start, standing)
    mine = [one.until for one in standing if one.target != "other" and one.until > start]
    last = max([start, *mine])
    assert last <= wait.until <= last + timedelta(days=9)
    again = in_another_order(target, standing, shuffle)
    assert free(again[0], severity, start, again[1]).until == wait.until, "whatever the order"
    if wait.until > last:
        assert quiet_until(wait.until, zone, severity, quiet) is None
        assert duty_from(wait.until, zone, duty) is None
        assert quiet_until(last, zone, severity, quiet) or duty_from(last, zone, duty), "something held it"
    if severity is Severity.CRITICAL and not duty:
        assert wait.until == last, "quiet hours hold nothing that is critical"


def in_another_order(target: Target, standing, shuffle) -> tuple[Target, list[Silence]]:
    quiet, duty, silent = list(target.quiet), list(target.duty), list(standing)
    for one in (quiet, duty, silent):
        shuffle.shuffle(one)
    return Target("mail", "email", "x", zone=target.zone, quiet=tuple(quiet), duty=tuple(duty)), silent
