"""What becomes of a delivery after a try, who hears it instead, what a full hour leaves over, and the names under which
copies fold into one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState, Message, Reason, Target
from monitor.domain.digests import Roundup, Standing, standing
from monitor.domain.documents import digest
from monitor.domain.exposure import Severity
from monitor.domain.waits import free

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=10)
LONGEST_WISH = timedelta(hours=1)  # a Retry-After beyond this would silence an alert for too long
HOUR = timedelta(hours=1)  # in which a target gets so many messages
ASKEW = timedelta(minutes=1)  # what is later than now by no more was written by a neighbour, not by another clock
MOST_IN_ONE = 1_000  # messages that one roundup stands for; what is beyond goes into the next

APART = frozenset({Reason.TEST, Reason.DRILL, Reason.DIGEST, Reason.BLIND})
"""Reasons that no cap counts: each of them comes seldom, and was asked for."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """How fast a target was told of late: until when its tokens are spent, until when it is left alone, and how many
    tries in a row got no answer."""

    paid_until: datetime
    closed_until: datetime | None = None
    failures: int = 0


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


def instead(delivery: Delivery, other: Target, now: datetime) -> Delivery | None:
    """What `other` hears in the place of the target for which this delivery died; None for what tries a channel.

    It is tried for as long as the first was. The other target's quiet and duty hours hold for it too.
    """
    if delivery.reason in {Reason.TEST, Reason.DRILL}:
        return None
    wait = free(other, delivery.severity, now, ())
    return replace(
        delivery,
        key=digest(delivery.key, other.id),
        target=other.id,
        channel=other.channel,
        language=other.language,
        zone=other.zone,
        state=DeliveryState.PENDING,
        not_before=wait.until,
        give_up_at=wait.until + max(delivery.give_up_at - (delivery.created_at or now), HOUR),
        attempts=0,
        repeat=False,
        last_detail="",
        created_at=now,
        sent_at=None,
        waits_for=wait.why,
        fallback_of=delivery.key,
        instead_of=delivery.instead_of or delivery.target,
        thread="",
        into="",
    )


def capped(delivery: Delivery) -> bool:
    """Whether a target's cap counts it: all but the critical, and what comes seldom."""
    return (
        delivery.severity < Severity.CRITICAL
        and delivery.reason not in APART
        and isinstance(delivery.message, (Message, Roundup))
    )


def roundup(left: Sequence[Delivery], now: datetime) -> Delivery:
    """One delivery that names what a full hour of one target left over, the loudest first. `left` is not empty, and all
    of it is of one target and carries a Message.
    """
    loudest = max(left, key=lambda one: one.severity)
    keys = tuple(one.key for one in left)
    key = digest("roundup", loudest.target, *sorted(keys))
    latest = {one.incident_id: one for one in left}  # in the order of creation
    items = sorted(map(_standing, latest.values()), key=lambda item: -item.severity)
    sellers = {one.seller_id for one in left}
    return replace(
        loudest,
        key=key,
        alert_id=key,
        incident_id=key,  # a conversation of its own: nothing folds it, and it holds nothing up
        seller_id=sellers.pop() if len(sellers) == 1 else "",
        reason=Reason.MORE,
        message=Roundup(key, now, tuple(items), 0, keys),
        not_before=now,
        give_up_at=max(one.give_up_at for one in left),
        state=DeliveryState.PENDING,
        attempts=0,
        last_detail="",
        created_at=now,
        waits_for="",
        fallback_of="",
        instead_of="",
        thread="",
    )


def _standing(delivery: Delivery) -> Standing:
    message = delivery.message
    assert isinstance(message, Message), "a cap leaves messages over, and nothing else"
    named = standing(message.incident, delivery.severity, float(message.impact.worst))
    return replace(named, incident_id=delivery.incident_id)  # which may have gone into another


def message_id(delivery: Delivery, domain: str) -> str:
    """The Message-ID (RFC 5322) of a delivery: equal over all its tries, so that mailboxes can fold a second copy."""
    return f"<{digest('delivery', delivery.key)}@{domain}>"


def thread_id(delivery: Delivery, domain: str) -> str:
    """What every mail of one incident to one target refers to, so that mailboxes show them as one conversation.

    No mail bears this id itself: the first message may have been folded into a newer one before it was sent.
    """
    return f"<{digest('thread', delivery.incident_id, delivery.seller_id, delivery.target)}@{domain}>"
