"""When something that is to be said may be said to a target: after its quiet hours, on duty, when a silence is over.

What waits, waits in the outbox, and is said at the end of its wait if it is still true. Whatever waits meet, the answer
is the first moment that nothing holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from monitor.domain.alerts import Delivery, DeliveryState, Message, Policy, Reason, Target
from monitor.domain.exposure import Severity
from monitor.domain.hours import duty_from, quiet_until
from monitor.domain.impact import Impact, Kin
from monitor.domain.incidents import Incident
from monitor.domain.silences import Silence, silencing

QUIET, DUTY, SILENCE = "quiet hours", "nobody on duty", "silence of "
UNREACHED = "it could not be delivered"  # and was given up, until somebody asked for it again
RAISES = frozenset({Reason.FIRST, Reason.NEW_RUNG, Reason.WORSE, Reason.REPEAT, Reason.ESCALATED})
_LONGEST = timedelta(days=8)  # of hours that come every week; what they hold longer, they would hold for ever


@dataclass(frozen=True, slots=True)
class Calm:
    """What may hold back, beside a target's own hours: the silences that stand, and when each target heard last of the
    same incident."""

    silences: Sequence[Silence] = ()
    heard: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))
    kin: Kin = field(default_factory=lambda: MappingProxyType({}))

    def over(self, incident: Incident, impact: Impact, reason: Reason, now: datetime) -> Sequence[Silence]:
        """The silences that hold back what is said of the incident for this reason."""
        return silencing(self.silences, incident, impact, reason is Reason.ALL_CLEAR, self.kin, now)


@dataclass(frozen=True, slots=True)
class Wait:
    """From when on it may be said, and what holds it until then, in words; "" when only company is waited for."""

    until: datetime
    why: str = ""


def begins(
    target: Target,
    severity: Severity,
    reason: Reason,
    policy: Policy,
    now: datetime,
    heard: datetime | None = None,
    silences: Iterable[Silence] = (),
) -> Wait:
    """When something decided now is first tried: what is critical at once, else after the time in which more of that
    may arrive; not too soon after the last word, unless it raises the alarm or ends it; and not while hours or
    `silences` hold it."""
    critical = severity is Severity.CRITICAL
    start = now if critical else now + policy.group_wait
    if heard is not None and reason is not Reason.ALL_CLEAR and not (critical and reason in RAISES):
        start = max(start, heard + policy.group_interval)
    return free(target, severity, start, silences)


def free(target: Target, severity: Severity, start: datetime, silences: Iterable[Silence]) -> Wait:
    """The first moment from `start` on that nothing holds."""
    mine = [one for one in silences if one.target in {"", target.id}]
    until, why = start, list[str]()
    while holding := [one for one in mine if until < one.until]:
        last = max(holding, key=lambda one: (one.until, one.id))
        until = last.until
        why = [f"{SILENCE}{last.who.replace(';', ',')}"]
    spoken = until
    while held := _hours(target, severity, until):
        if held.until - spoken > _LONGEST:  # duty within quiet hours alone: it is said rather than lost
            until, why = spoken, why[:1] if spoken > start else []
            break
        until, why = held.until, [*why, held.why]
    return Wait(until, "; ".join(dict.fromkeys(why)))


def _hours(target: Target, severity: Severity, at: datetime) -> Wait | None:
    """What the target's week holds at that moment."""
    if (end := quiet_until(at, target.zone, severity, target.quiet)) is not None:
        return Wait(end, QUIET)
    if (begin := duty_from(at, target.zone, target.duty)) is not None:
        return Wait(begin, DUTY)
    return None


def away(target: Target, severity: Severity, silences: Iterable[Silence], now: datetime) -> bool:
    """Whether what may not wait would wait for this target: nobody is on duty, and it is critical; or it wants to hear
    nothing, whatever it is. A silence of the matter is meant to hold it, and nobody need hear it instead."""
    mine = [one for one in silences if one.target in {"", target.id} and now < one.until]
    if mine:
        return all(one.of_a_person for one in mine)
    return severity is Severity.CRITICAL and duty_from(now, target.zone, target.duty) is not None


def put_off(delivery: Delivery, wait: Wait) -> Delivery:
    """The same, at another time; it is tried for as long as before."""
    patience = delivery.give_up_at - delivery.not_before
    return replace(delivery, not_before=wait.until, give_up_at=wait.until + patience, waits_for=wait.why)


def moved(delivery: Delivery, target: Target, silences: Sequence[Silence], kin: Kin, now: datetime) -> Delivery | None:
    """An untried delivery as it must wait now, after silences or hours have changed; None when that is as before.

    What waited for nothing but company goes on doing so. What is no incident's is held by no silence.
    """
    message = delivery.message
    if delivery.state is not DeliveryState.PENDING or delivery.attempts or not isinstance(message, Message):
        return None
    if delivery.reason in {Reason.TEST, Reason.DRILL} or not _ours(delivery.waits_for):
        return None
    calm = Calm(silences, kin=kin)
    over = calm.over(message.incident, message.impact, delivery.reason, now)
    start = now if delivery.waits_for else max(now, delivery.not_before)
    wait = free(target, delivery.severity, start, over)
    if not wait.why and not delivery.waits_for:
        return None
    if (wait.until, wait.why) == (delivery.not_before, delivery.waits_for):
        return None
    if not wait.why and delivery.not_before <= now:  # its wait is over, and it says what it waited for
        return None
    return put_off(delivery, replace(wait, why=wait.why or delivery.waits_for))


def _ours(why: str) -> bool:
    """Whether hours or silences hold it, or nothing: what its sender holds back is the sender's to let go."""
    return all(one in {"", QUIET, DUTY} or one.startswith(SILENCE) for one in why.split("; "))
