"""The token bucket and the circuit breaker of one target, on a timeline."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from letters import NOW

from monitor.domain.alerts import Attempt, AttemptClass, Target
from monitor.domain.delivery import LONGEST_WISH
from monitor.notify.pace import PACES, PROBE_EVERY, Gate, Pace, pace_of

SECOND = timedelta(seconds=1)
OK = Attempt(AttemptClass.OK, "200", "")
FAILED = Attempt(AttemptClass.TRANSIENT, "500", "")
MAIL = Pace(burst=10, interval=6 * SECOND)


def test_a_burst_is_free_and_then_each_send_waits_its_turn():
    gate, now, waits = Gate(MAIL, NOW), NOW, []
    for _ in range(13):
        waits.append(gate.begin(now))
        now += waits[-1]
    assert waits == [timedelta(0)] * 10 + [6 * SECOND] * 3
    assert gate.begin(now + 60 * SECOND) == timedelta(0), "a minute of rest fills the bucket again"


@settings(deadline=None)
@given(st.lists(st.floats(0, 30), min_size=1, max_size=60), st.integers(1, 10))
def test_no_window_holds_more_than_the_burst_and_its_refill(rests: list[float], burst: int):
    pace = Pace(burst, 6 * SECOND)
    gate, now, sent = Gate(pace, NOW), NOW, []
    for rest in rests:
        now += timedelta(seconds=rest)
        now += gate.begin(now)
        sent.append(now)
    for i in range(len(sent)):
        for j in range(i, len(sent)):
            assert j - i + 1 <= burst + (sent[j] - sent[i]) / pace.interval + 1e-6


def test_a_clock_that_jumps_back_neither_closes_the_gate_nor_stops_the_bucket():
    gate = Gate(MAIL, NOW)
    for _ in range(10):
        gate.begin(NOW)
    for _ in range(5):
        gate.ended(FAILED, NOW)
    past = NOW - timedelta(days=1)
    assert gate.rests_until(past) in {None, past + MAIL.interval}
    assert gate.begin(past) <= MAIL.interval


def test_five_failures_in_a_row_close_the_gate_but_for_one_probe_a_minute():
    gate = Gate(MAIL, NOW)
    for _ in range(4):
        gate.ended(FAILED, NOW)
    assert gate.rests_until(NOW) is None
    gate.ended(FAILED, NOW)
    assert gate.rests_until(NOW + SECOND) == NOW + PROBE_EVERY
    probe = NOW + PROBE_EVERY
    assert gate.rests_until(probe) is None
    assert gate.rests_until(probe) is None, "asking is no probe"
    gate.begin(probe)
    assert gate.rests_until(probe) == probe + PROBE_EVERY, "one probe, not two"
    assert gate.ended(OK, probe), "it came back"
    assert gate.rests_until(probe) is None
    assert not gate.ended(OK, probe)


def test_an_answer_in_between_starts_the_count_anew():
    gate = Gate(MAIL, NOW)
    for attempt in (FAILED, FAILED, FAILED, FAILED, Attempt(AttemptClass.PERMANENT, "404", ""), FAILED):
        gate.ended(attempt, NOW)
    assert gate.rests_until(NOW) is None


def test_a_wish_to_be_left_alone_is_kept_but_not_for_ever():
    gate = Gate(MAIL, NOW)
    gate.ended(Attempt(AttemptClass.TRANSIENT, "429", "", retry_after=timedelta(days=9)), NOW)
    assert gate.rests_until(NOW) == NOW + LONGEST_WISH
    assert gate.rests_until(NOW + LONGEST_WISH) is None


def test_a_token_that_is_far_away_lets_the_target_rest_and_one_that_is_near_is_waited_for():
    slow, fast = Gate(Pace(1, 6 * SECOND), NOW), Gate(Pace(1, SECOND), NOW)
    for gate in (slow, fast):
        gate.begin(NOW)
    assert slow.rests_until(NOW) == NOW + 6 * SECOND
    assert slow.rests_until(NOW + 5 * SECOND) is None
    assert slow.begin(NOW + 5 * SECOND) == SECOND
    assert fast.rests_until(NOW) is None
    assert fast.begin(NOW) == SECOND


def test_a_target_may_ask_for_a_pace_of_its_own():
    asked = Target("ops", "slack", "", pace=20)
    assert pace_of(asked, PACES) == Pace(1, 3 * SECOND)
    assert pace_of(Target("ops", "slack", ""), PACES) == Pace(1, SECOND)
    assert pace_of(Target("ops", "journal", ""), PACES).burst == 100


def test_every_channel_that_others_limit_has_a_pace():
    assert {name: (pace.burst, pace.interval / SECOND) for name, pace in PACES.items()} == {
        "slack": (1, 1),
        "email": (10, 6),
        "webhook": (20, 0.2),
        "alertmanager": (50, 0.05),
        "apprise": (5, 3),
    }
