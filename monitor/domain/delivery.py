"""What becomes of a delivery after a try, and the names under which its copies fold into one."""

from datetime import datetime, timedelta

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState
from monitor.domain.documents import digest

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=10)
LONGEST_WISH = timedelta(hours=1)  # a Retry-After beyond this would silence an alert for too long


def after_attempt(delivery: Delivery, attempt: Attempt, now: datetime, jitter: float) -> tuple[DeliveryState, datetime]:
    """The state after a try, and the earliest time of the next one (`now` when there is none).

    `delivery.attempts` counts the tries, this one included; `jitter` is a number in [0, 1).

    - OK: SENT. PERMANENT: DEAD, more tries would get the same answer.
    - TRANSIENT: RETRY until `give_up_at`, then DEAD.
    - AMBIGUOUS: UNKNOWN, which is sent once more and marked as a repeat; when the repeat ends without an answer too,
      DEAD: two copies may be there already, and a person has to look.
    """
    if attempt.result is AttemptClass.OK:
        return DeliveryState.SENT, now
    unclear = attempt.result is AttemptClass.AMBIGUOUS
    if attempt.result is AttemptClass.PERMANENT or (unclear and delivery.repeat):
        return DeliveryState.DEAD, now
    again = now + _wait(max(delivery.attempts - 1, 0), attempt.retry_after, jitter)
    if again >= delivery.give_up_at:
        return DeliveryState.DEAD, now
    return (DeliveryState.UNKNOWN if unclear else DeliveryState.RETRY), again


def _wait(tries_before: int, wish: timedelta | None, jitter: float) -> timedelta:
    """Exponential backoff with full jitter (M. Brooker, "Exponential Backoff and Jitter"); the server's wish wins."""
    if wish is not None:
        return min(max(wish, timedelta(0)), LONGEST_WISH)
    return jitter * min(FIRST_WAIT * (1 << min(tries_before, 16)), LONGEST_WAIT)


def message_id(delivery: Delivery, domain: str) -> str:
    """The Message-ID (RFC 5322) of a delivery: equal over all its tries, so that mailboxes can fold a second copy."""
    return f"<{digest('delivery', delivery.key)}@{domain}>"


def thread_id(delivery: Delivery, domain: str) -> str:
    """What every mail of one incident to one target refers to, so that mailboxes show them as one conversation.

    No mail bears this id itself: the first message may have been folded into a newer one before it was sent.
    """
    return f"<{digest('thread', delivery.incident_id, delivery.seller_id, delivery.target)}@{domain}>"
