"""The token bucket and the circuit breaker of one target, on a timeline."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from letters import NOW

from monitor.domain.alerts import Attempt, AttemptClass
from monitor.domain.delivery import LONGEST_WISH
from monitor.notify.pace import PROBE_EVERY, Gate, Pace

SECOND = timedelta(seconds=1)
OK = Attempt(AttemptClass.OK, "200", "")
FAILED = Attempt(AttemptClass.TRANSIENT, "500", "")
MAIL = Pace(burst=10, interval=6 * SECOND)


def test_a_burst_is_free_and_then_each_send_waits_its_turn():
    gate, now, waits = Gate(MAIL, NOW), NOW, []
    for _ in range(13):
        waits.append(gate.wait(now))
        now += waits[-1]
    assert waits == [timedelta(0)] * 10 + [6 * SECOND] * 3
    assert gate.wait(now + 60 * SECOND) == timedelta(0), "a minute of rest fills the bucket again"


@settings(deadline=None)
@given(st.lists(st.floats(0, 30), min_size=1, max_size=60), st.integers(1, 10))
def test_no_window_holds_more_than_the_burst_and_its_refill(rests: list[float], burst: int):
    pace = Pace(burst, 6 * SECOND)
    gate, now, sent = Gate(pace, NOW), NOW, []
    for rest in rests:
        now += timedelta(seconds=rest)
        now += gate.wait(now)
        sent.append(now)
    for i in range(len(sent)):
        for j in range(i, len(sent)):
            assert j - i + 1 <= burst + (sent[j] - sent[i]) / pace.interval + 1e-6


def test_a_clock_that_jumps_back_neither_closes_the_gate_nor_stops_the_bucket():
    gate = Gate(MAIL, NOW)
    for _ in range(10):
        gate.wait(NOW)
    for _ in range(5):
        gate.ended(FAILED, NOW)
    past = NOW - timedelta(days=1)
    assert gate.closed_until(past) is None
    assert gate.wait(past) <= MAIL.interval


def test_five_failures_in_a_row_close_the_gate_but_for_one_probe_a_minute():
    gate = Gate(MAIL, NOW)
    for _ in range(4):
        gate.ended(FAILED, NOW)
    assert gate.closed_until(NOW) is None
    gate.ended(FAILED, NOW)
    assert gate.closed_until(NOW + SECOND) == NOW + PROBE_EVERY
    probe = NOW + PROBE_EVERY
    assert gate.closed_until(probe) is None
    assert gate.closed_until(probe) == probe + PROBE_EVERY, "one probe, not two"
    gate.ended(OK, probe)
    assert gate.closed_until(probe) is None


def test_an_answer_in_between_starts_the_count_anew():
    gate = Gate(MAIL, NOW)
    for attempt in (FAILED, FAILED, FAILED, FAILED, Attempt(AttemptClass.PERMANENT, "404", ""), FAILED):
        gate.ended(attempt, NOW)
    assert gate.closed_until(NOW) is None


def test_a_wish_to_be_left_alone_is_kept_but_not_for_ever():
    gate = Gate(MAIL, NOW)
    gate.ended(Attempt(AttemptClass.TRANSIENT, "429", "", retry_after=timedelta(days=9)), NOW)
    assert gate.closed_until(NOW) == NOW + LONGEST_WISH
    assert gate.closed_until(NOW + LONGEST_WISH) is None
