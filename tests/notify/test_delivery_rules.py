"""What becomes of a delivery after each try."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from letters import NOW, closing

from monitor.domain.alerts import Attempt, AttemptClass, DeliveryState
from monitor.domain.delivery import LONGEST_WAIT, LONGEST_WISH, after_attempt, message_id, thread_id

OK = Attempt(AttemptClass.OK, "250", "")
LATER = Attempt(AttemptClass.TRANSIENT, "451", "")
NEVER = Attempt(AttemptClass.PERMANENT, "550", "")
UNCLEAR = Attempt(AttemptClass.AMBIGUOUS, "timeout", "")


def test_an_accepted_delivery_is_sent_and_a_refused_one_is_dead():
    assert after_attempt(closing(), OK, NOW, 0.5) == (DeliveryState.SENT, NOW)
    assert after_attempt(closing(), NEVER, NOW, 0.5) == (DeliveryState.DEAD, NOW)


@pytest.mark.parametrize(("tries", "seconds"), [(1, 5), (2, 10), (3, 20), (7, 320), (8, 600), (9, 600), (5000, 600)])
def test_the_wait_doubles_with_each_try_up_to_ten_minutes(tries: int, seconds: int):
    state, again = after_attempt(replace(closing(), attempts=tries), LATER, NOW, jitter=0.5)
    assert state is DeliveryState.RETRY
    assert again - NOW == timedelta(seconds=seconds) / 2


def test_the_other_sides_own_wish_wins_over_the_backoff_but_not_for_ever():
    for wish, wait in ((timedelta(seconds=30), timedelta(seconds=30)), (timedelta(days=3), LONGEST_WISH)):
        late = replace(closing(), attempts=9)
        assert after_attempt(late, replace(LATER, retry_after=wish), NOW, 0.9) == (DeliveryState.RETRY, NOW + wait)


def test_a_delivery_whose_next_try_would_come_too_late_is_dead():
    short = replace(closing(), give_up_at=NOW + timedelta(seconds=2))
    assert after_attempt(short, LATER, NOW, 0.3)[0] is DeliveryState.RETRY
    assert after_attempt(short, LATER, NOW, 0.4) == (DeliveryState.DEAD, NOW)
    assert after_attempt(short, UNCLEAR, NOW, 0.4) == (DeliveryState.DEAD, NOW)


def test_a_delivery_of_unknown_fate_is_sent_once_more_and_not_a_third_time():
    first = closing()
    assert after_attempt(first, UNCLEAR, NOW, 0.5)[0] is DeliveryState.UNKNOWN
    repeat = replace(first, repeat=True, attempts=2)
    assert after_attempt(repeat, LATER, NOW, 0.5)[0] is DeliveryState.RETRY, "it certainly did not arrive: try on"
    assert after_attempt(repeat, UNCLEAR, NOW, 0.5) == (DeliveryState.DEAD, NOW)


@settings(deadline=None)
@given(
    result=st.sampled_from(AttemptClass),
    tries=st.integers(0, 10**6),
    jitter=st.floats(0, 1, exclude_max=True),
    wish=st.none() | st.timedeltas(timedelta(days=-1), timedelta(days=10**5)),
    left=st.timedeltas(timedelta(days=-3), timedelta(days=3)),
    repeat=st.booleans(),
)
def test_no_next_try_lies_in_the_past_or_beyond_the_end(result, tries, jitter, wish, left, repeat):
    delivery = replace(closing(), attempts=tries, give_up_at=NOW + left, repeat=repeat)
    state, again = after_attempt(delivery, Attempt(result, "x", "", retry_after=wish), NOW, jitter)
    assert NOW <= again <= NOW + max(LONGEST_WAIT, LONGEST_WISH)
    if state in {DeliveryState.RETRY, DeliveryState.UNKNOWN}:
        assert again < delivery.give_up_at
    else:
        assert state in {DeliveryState.SENT, DeliveryState.DEAD}
        assert again == NOW


def test_the_message_id_is_the_same_at_every_try_and_another_for_every_delivery():
    first = closing()
    again = replace(first, attempts=7, repeat=True, state=DeliveryState.UNKNOWN)
    assert message_id(first, "example.com") == message_id(again, "example.com")
    assert message_id(replace(first, key="another"), "example.com") != message_id(first, "example.com")
    assert message_id(first, "example.com").endswith("@example.com>")


def test_all_messages_on_one_incident_to_one_target_share_a_thread():
    first = closing()
    later = replace(first, key="another", alert_id="alert-9")
    assert thread_id(first, "example.com") == thread_id(later, "example.com")
    assert thread_id(replace(first, incident_id="other"), "example.com") != thread_id(first, "example.com")
    assert thread_id(first, "example.com") != message_id(first, "example.com")
