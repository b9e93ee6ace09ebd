"""Digests: when one is due, whatever the clock does, and what it says."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from given import KIN, NOW, due, evidence, position, seller
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.alerts import Policy, Target, Told
from monitor.domain.assembly import assemble
from monitor.domain.digests import Digest, End
from monitor.domain.errors import FailureReason
from monitor.domain.exposure import Severity
from monitor.domain.handling import closed
from monitor.domain.health import Health, Standing
from monitor.domain.hours import Hours, Quiet
from monitor.domain.incidents import ChangeKind, Evidence, Incident
from monitor.domain.overview import MOST_OPEN, Sight, World, addressed, moves, overview
from monitor.domain.playbooks import Anchor, Offset, Playbook, PlaybookStep
from monitor.domain.rulings import Act, ActKind
from monitor.domain.signals import EventType, Status
from monitor.domain.silences import Silence
from monitor.domain.sources import DRILL, Authority, Source, SourceKind
from monitor.domain.turns import astray, turn, wants
from monitor.domain.turns import due as turn_due
from monitor.domain.vigils import Blind

ACME = seller(
    position("TikTok Music", "ID", 400, stock=20000), position("Temu", "VN", 900), position("Shopee", "ID", 150)
)
DESK = Target("desk", "email", "desk@example.com", digest="daily")
BEFORE = NOW - timedelta(days=1)
MONTH = timedelta(days=30)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


# --- when


class Clock:
    """What the step of the rounds makes of the turns: the days of the digests that it made."""

    def __init__(self, target: Target) -> None:
        self.target, self.last, self.days = target, None, list[date]()

    def looks(self, now: datetime) -> None:
        if self.last is None or astray(self.last, now):
            self.last = turn(self.target, now).at
        elif (came := turn_due(self.target, self.last, now)) is not None:
            self.last = came.at
            self.days.append(came.day)


def test_the_first_digest_comes_at_the_next_hour_and_not_at_once():
    clock = Clock(replace(DESK, zone="Asia/Jakarta", digest_at=time(8)))
    for hour in range(48):
        clock.looks(datetime(2024, 9, 24, 3, tzinfo=UTC) + hours(hour))  # 10:00 in Jakarta
    assert clock.days == [date(2024, 9, 25), date(2024, 9, 26)]


def test_a_weekly_digest_comes_on_mondays_where_the_target_is():
    clock = Clock(replace(DESK, digest="weekly", zone="Pacific/Auckland", digest_at=time(7, 30)))
    for hour in range(24 * 21):
        clock.looks(NOW + hours(hour))
    assert clock.days == [date(2024, 9, 30), date(2024, 10, 7), date(2024, 10, 14)]
    assert all(day.weekday() == 0 for day in clock.days)


@pytest.mark.parametrize(("back", "made"), [(10, ["2024-09-28"]), (29, [])])
def test_what_was_missed_is_one_digest_at_the_start_unless_the_next_is_near(back: float, made: list[str]):
    clock = Clock(DESK)
    clock.looks(datetime(2024, 9, 24, 12, tzinfo=UTC))
    begin = datetime(2024, 9, 28, tzinfo=UTC) + hours(back)
    for minute in range(30):
        clock.looks(begin + timedelta(minutes=minute))
    assert [str(day) for day in clock.days] == made


def test_the_digest_that_the_near_one_stood_for_comes_then():
    clock = Clock(DESK)
    clock.looks(datetime(2024, 9, 24, 12, tzinfo=UTC))
    for minute in range(0, 24 * 60, 10):
        clock.looks(datetime(2024, 9, 29, 5, tzinfo=UTC) + timedelta(minutes=minute))
    assert clock.days == [date(2024, 9, 29)]


@pytest.mark.parametrize("at", [time(0), time(1, 30), time(2, 30), time(23, 59)])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Jakarta"])
def test_every_day_of_a_year_has_one_digest_whatever_the_clocks_do_to_it(zone: str, at: time):
    clock = Clock(replace(DESK, zone=zone, digest_at=at))
    begin = datetime(2024, 1, 1, 12, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    for quarter in range(366 * 24 * 2):
        clock.looks(begin + timedelta(minutes=30 * quarter))
    first = clock.days[0]
    assert clock.days == [first + timedelta(days=n) for n in range(len(clock.days))]
    assert len(clock.days) == 366


def test_a_clock_that_goes_astray_neither_repeats_a_digest_nor_ends_them():
    clock = Clock(DESK)
    for hour in range(24 * 3):
        clock.looks(NOW + hours(hour))
    clock.looks(NOW + timedelta(days=400))  # a machine that woke with a wrong clock
    for hour in range(24 * 3, 24 * 6):
        clock.looks(NOW + hours(hour))
    real = [day for day in clock.days if day.year == 2024]
    assert real == sorted(set(real)), "none twice"
    assert real[-2:] == [date(2024, 9, 29), date(2024, 9, 30)], "and they go on"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(st.floats(0.001, 1), st.floats(-26, -0.1), st.floats(1, 60)).map(hours), min_size=1, max_size=80
    ),
    st.sampled_from(["Europe/Berlin", "Asia/Kolkata", "America/Sao_Paulo"]),
    st.sampled_from(["daily", "weekly"]),
)
def test_no_day_has_two_digests_however_the_clock_jumps_within_a_day(steps: list[timedelta], zone: str, period: str):
    clock, now, furthest = Clock(replace(DESK, zone=zone, digest=period)), NOW, NOW
    for step in steps:
        now = max(now + step, furthest - timedelta(days=1))  # beyond it the outbox knows the day by its key
        furthest = max(furthest, now)
        clock.looks(now)
        clock.looks(now)
    assert len(set(clock.days)) == len(clock.days)


def test_a_target_gets_digests_of_its_own_sellers():
    other = replace(ACME, id="other")
    assert wants(ACME, DESK)
    assert not wants(ACME, replace(DESK, digest=""))
    assert [wants(one, replace(DESK, sellers=("other",))) for one in (ACME, other)] == [False, True]


# --- what


def made(id: str, *words: Evidence, now: datetime = NOW - MONTH, previous: Incident | None = None) -> Incident:
    return assemble(id, words, previous, now, words[-1].document_id)


def closing(now: datetime = NOW - MONTH, **more: object) -> Incident:
    return made("closing", evidence(date="2024-11-28", regions=("ID",), at=now, **more), now=now)


def ban(now: datetime = NOW - MONTH, status: str = "rumor") -> Incident:
    word = evidence("d2", status, "ban", platforms=("Temu",), regions=("VN",), at=now)
    return made("ban", word, now=now)


def of(*incidents: Incident, target: Target = DESK, since: datetime = BEFORE, **world: object) -> Digest:
    return overview(ACME, target, World(incidents, kin=KIN, **world), since, NOW, "a1")


def test_it_names_what_is_open_the_most_money_first_and_each_once():
    digest = of(ban(), closing())
    assert [one.incident_id for one in digest.open] == ["closing", "ban"]
    assert digest.open[0].at_risk > digest.open[1].at_risk > 0
    assert digest.at_risk == digest.open[0].at_risk + digest.open[1].at_risk
    assert (digest.ended, digest.more_open) == ((), 0)


def test_what_is_new_is_marked_and_its_own_history_is_no_change():
    fresh, old = of(closing(NOW - hours(2)), ban()).open
    assert (fresh.fresh, fresh.changes) == (True, ())
    assert (old.fresh, old.changes) == (False, ())


def test_what_moved_is_marked_from_what_stood_then_to_what_stands_now():
    before = closing(status="proposed")
    word = evidence("d3", "confirmed", by="tiktok", authority="official", date="2024-10-30", regions=("ID",))
    first = made(
        "closing", *before.evidence, replace(word, published=NOW - hours(9)), now=NOW - hours(9), previous=before
    )
    (line,) = of(first).open
    assert [(one.kind, one.before, one.after) for one in line.changes] == [
        (ChangeKind.RUNG, "proposed", "confirmed"),
        (ChangeKind.DATE, "2024-11-28", "2024-10-30"),
    ]
    assert of(first, since=NOW - hours(8)).open[0].changes == ()


def test_what_went_there_and_back_did_not_move():
    before = closing()
    there = replace(
        before,
        history=(
            *before.history,
            replace(
                before.history[0], kind=ChangeKind.DATE, at=NOW - hours(5), before="2024-11-28", after="2024-12-24"
            ),
            replace(
                before.history[0], kind=ChangeKind.DATE, at=NOW - hours(4), before="2024-12-24", after="2024-11-28"
            ),
        ),
    )
    assert moves(there, BEFORE) == ()


def test_what_moved_elsewhere_alone_is_no_change_for_this_seller():
    before = closing()
    first = before.history[0]
    moved = replace(first, kind=ChangeKind.RUNG, at=NOW, before="confirmed", after="confirmed; BR reversed")
    both = replace(before, history=(*before.history, moved))
    assert moves(both, BEFORE, {"ID"}) == ()
    assert [one.after for one in moves(both, BEFORE, {"BR"})] == ["reversed"]


def test_what_ended_is_told_once_and_how():
    off = evidence("d9", "reversed", "ban", by="moit", authority="regulator", platforms=("Temu",), regions=("VN",))
    gone = made("ban", *ban().evidence, replace(off, published=NOW - hours(3)), now=NOW - hours(3), previous=ban())
    shut = closed(closing(), "anna", "a hoax", NOW - hours(2), false_alarm=True)
    digest = of(gone, shut)
    assert digest.open == ()
    assert [(one.incident_id, one.end, one.ended_by) for one in digest.ended] == [
        ("closing", End.FALSE_ALARM, "anna"),
        ("ban", End.CALLED_OFF, ""),
    ]
    assert of(gone, shut, since=NOW - hours(1)).ended == ()


def test_what_its_people_called_no_concern_of_theirs_ends_for_that_seller_alone():
    act = Act("x", "closing", ActKind.NOT_FOR_US, NOW - hours(1), "ben", seller_id="acme")
    acts = {"closing": [act]}
    (ended,) = of(closing(), acts=acts).ended
    assert (ended.end, ended.ended_by) == (End.NOT_FOR_US, "ben")
    assert of(closing(), acts={"closing": [replace(act, seller_id="other")]}).open


def test_old_history_is_counted_and_not_named():
    past = evidence(
        "d8", "effective", "policy", platforms=("Shopee",), regions=("ID",), date="2023-02-01", at=NOW - 12 * MONTH
    )
    digest = of(made("old", past, now=NOW - 12 * MONTH), closing())
    assert [one.incident_id for one in digest.open] == ["closing"]
    assert digest.more_open == 1


def test_what_moved_is_named_however_many_weigh_more():
    heavy = [replace(closing(), id=f"closing {n:02}") for n in range(MOST_OPEN + 5)]
    digest = of(*heavy, ban(NOW - hours(3)))
    assert len(digest.open) == MOST_OPEN
    assert digest.open[-1].incident_id == "ban"
    assert digest.more_open == 6


def test_it_says_who_sees_to_it_until_there_is_a_new_word():
    act = Act("x", "closing", ActKind.ACK, NOW - hours(3), "anna")
    told = Told("closing", "acme", NOW - hours(4), Status.CONFIRMED, Severity.HIGH, (), (), None, ())

    def who(told: Told, kind: ActKind = ActKind.ACK) -> str:
        known = {("closing", "acme"): told}
        return of(closing(), told=known, acts={"closing": [replace(act, kind=kind)]}).open[0].acknowledged_by

    assert who(told) == "anna"
    assert who(replace(told, at=NOW - hours(2))) == ""
    assert who(replace(told, at=NOW - hours(2)), ActKind.TAKE) == "anna"


@pytest.mark.parametrize(
    ("period", "named"), [("daily", ["data_export", "refund"]), ("weekly", ["data_export", "refund", "payout"])]
)
def test_what_is_due_comes_by_its_day_with_what_is_overdue(period: str, named: list[str]):
    dates = [due("2024-10-05", "refund"), due("2024-10-20", "payout"), due("2024-09-20"), due("2025-03-01", "login")]
    digest = of(closing(deadlines=dates), target=replace(DESK, digest=period))
    assert [item.what for item in digest.due] == named
    assert [item.left for item in digest.due][:2] == [-4, 11]


def test_what_is_done_is_due_no_more():
    dates = [due("2024-10-05", "refund"), due("2024-10-06", "payout")]
    done = Act("x", "closing", ActKind.DONE, NOW, "anna", "deadline:refund:2024-10-05", seller_id="acme")
    assert [item.what for item in of(closing(deadlines=dates), acts={"closing": [done]}).due] == ["payout"]


def test_steps_of_the_playbook_stand_among_what_is_due():
    step = PlaybookStep("export", "Export the orders", "finance", (Offset(Anchor.EFFECTIVE, -60),))
    digest = of(closing(), playbooks=[Playbook("closing", (EventType.SHUTDOWN,), (step,))])
    assert [(item.what, item.owner, item.left) for item in digest.due] == [("Export the orders", "finance", 5)]


def test_a_step_that_several_incidents_ask_for_on_one_day_is_named_once_with_all_of_them():
    step = PlaybookStep("who", "Agree who decides", "operations", (Offset(Anchor.EFFECTIVE, -60),))
    books = [Playbook("closing", (EventType.SHUTDOWN,), (step,))]
    together = closing(), replace(closing(), id="another"), replace(closing(), id="third")
    (item,) = of(*together, playbooks=books).due
    assert (item.incident_id, item.others) == ("another", ("closing", "third"))
    later = made("later", evidence(date="2024-11-30", regions=("ID",), at=NOW - MONTH))
    assert [item.others for item in of(closing(), later, playbooks=books).due] == [(), ()]  # on another day


def test_a_deadline_stays_its_own_incidents():
    dates = [due("2024-10-05", "refund")]
    both = closing(deadlines=dates), replace(closing(deadlines=dates), id="another")
    assert [(item.incident_id, item.others) for item in of(*both).due] == [("another", ()), ("closing", ())]


def test_the_days_left_are_counted_where_the_deadline_is():
    near = replace(due("2024-09-25"), zone="Asia/Tokyo")
    there = overview(
        ACME, DESK, World((closing(deadlines=[near]),), kin=KIN), BEFORE, datetime(2024, 9, 24, 16, tzinfo=UTC), "a1"
    )
    assert [item.left for item in there.due] == [0]


def test_a_targets_filters_hold_for_its_digest_also_if_it_gets_nothing_else():
    wanting = replace(DESK, alerts=False, events=(EventType.BAN,))
    assert [one.incident_id for one in of(closing(), ban(), target=wanting).open] == ["ban"]
    sure = replace(DESK, min_certainty=Status.CONFIRMED)
    assert [one.incident_id for one in of(closing(), ban(), target=sure).open] == ["closing"]


def test_what_does_not_touch_the_seller_is_not_in_it():
    elsewhere = made("far", evidence("d7", platforms=("Ozon",), regions=("RU",), at=NOW))
    gone = replace(closing(), id="gone", merged_into="closing")
    drill = replace(closing(), evidence=tuple(replace(one, source_id=DRILL) for one in closing().evidence))
    assert of(elsewhere, gone, drill).open == ()


def outlet(id: str, *platforms: str, enabled: bool = True) -> Source:
    url = f"https://{id}.example.com"
    one = Source(id, id.title(), url, SourceKind.FEED, Authority.NEWS, id, hours(1), platforms=platforms)
    return replace(one, enabled=enabled)


def test_it_says_how_far_we_see_and_names_first_what_would_tell_of_the_sellers_platforms():
    sources = {
        one.id: one
        for one in (
            outlet("a", "Ozon"),
            outlet("b"),
            outlet("c", "Temu"),
            outlet("d"),
            outlet("e"),
            outlet("f", enabled=False),
        )
    }
    standings = {
        "a": Standing.FAILING,
        "b": Standing.SILENT,
        "c": Standing.BLOCKED,
        "d": Standing.LIVE,
        "e": Standing.UNKNOWN,
        "f": Standing.OFF,
    }
    healths = {id: Health(id, standing, "", FailureReason.TIMEOUT, NOW - MONTH) for id, standing in standings.items()}
    digest = of(sight=Sight.over(sources, healths, {}))
    assert (digest.watched, digest.seeing, digest.blind_sources) == (5, 1, 3)
    assert [one.source_id for one in digest.blind] == ["c", "b", "a"]
    assert all(isinstance(one, Blind) for one in digest.blind)


# --- to whom, from when on


def test_it_waits_for_the_end_of_quiet_hours_and_is_tried_for_as_long_as_any_other():
    night = replace(DESK, quiet=(Quiet(Hours(time(22), time(14))),))
    delivery = addressed(of(), ACME, night, Policy(), NOW)
    assert delivery.not_before == NOW + hours(2)
    assert delivery.give_up_at == delivery.not_before + Policy().info_for
    assert delivery.waits_for
    assert addressed(of(), ACME, DESK, Policy(), NOW).not_before == NOW


def test_a_silence_of_the_target_holds_it_and_one_about_a_matter_does_not():
    until = NOW + timedelta(days=30)
    matter = Silence("s", NOW, until, "anna", platforms=("Temu",))
    person = Silence("s", NOW, until, "unsubscribe link", target="desk")
    other = Silence("s", NOW, until, "anna", target="other")

    def due_at(silence: Silence) -> datetime:
        return addressed(of(), ACME, DESK, Policy(), NOW, [silence]).not_before

    assert [due_at(one) for one in (matter, other, person)] == [NOW, NOW, until]
