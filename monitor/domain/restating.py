"""What was given up and is asked for again: whether it is still so, and the same word as it stands now."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from monitor.domain.alerts import Delivery, DeliveryState, Message, Policy, Send, Target
from monitor.domain.documents import digest
from monitor.domain.impact import Impact, Kin
from monitor.domain.incidents import Incident
from monitor.domain.playbooks import Task
from monitor.domain.policy import Situation, judge
from monitor.domain.signals import Status


def overtaken(said: Message, now: Incident) -> bool:
    """Whether the incident, as the same seller sees it, stands otherwise by now than was said."""
    return _stands(said.incident) != _stands(now)


def over(now: Incident) -> bool:
    """Whether nobody need hear of it any more, unless they heard of it before."""
    return now.closed is not None or bool(now.merged_into)


def told_since(given_up: Delivery, spoken: Sequence[Delivery]) -> Delivery | None:
    """What its target was told of the same since, or is about to be told; the last of it."""
    newer = [
        one
        for one in spoken
        if (one.target, one.seller_id) == (given_up.target, given_up.seller_id)
        and one.state not in (DeliveryState.DEAD, DeliveryState.SUPERSEDED)
        and one.created_at is not None
        and given_up.created_at is not None
        and one.created_at > given_up.created_at
    ]
    return newer[-1] if newer else None


def restated(
    given_up: Delivery,
    incident: Incident,
    impact: Impact,
    target: Target,
    policy: Policy,
    kin: Kin,
    tasks: Sequence[Task],
    now: datetime,
) -> Delivery | None:
    """The same alert in the words of today, to go out at once. None when there is nothing to say to whoever did not
    hear it: it is off, and they were never told that it was on."""
    message = given_up.message
    assert isinstance(message, Message)
    said = judge(Situation(incident, impact, message.before, policy, now, kin=kin)).verdict
    if not isinstance(said, Send):
        if incident.status is Status.REVERSED:
            return None
        said = Send(given_up.reason, "as it stands now")  # what holds news holds nothing that a person asks for
    fresh = replace(
        message,
        incident=incident,
        impact=impact,
        reason=said.reason,
        why=f"It did not reach you when it was written, and is sent as it stands now: {said.detail}.",
        made_at=now,
        tasks=tuple(task for task in tasks if task.open),
    )
    return replace(
        given_up,
        key=digest(given_up.key, str(incident.revision), now.isoformat()),
        message=fresh,
        reason=said.reason,
        severity=impact.severity,
        rung=incident.status,
        state=DeliveryState.PENDING,
        not_before=now,
        give_up_at=now + policy.page_for,
        attempts=0,
        repeat=False,
        last_detail="",
        created_at=now,
        language=target.language,
        zone=target.zone,
        waits_for="",
    )


def _stands(one: Incident) -> tuple[object, ...]:
    days = one.effective_date, frozenset(one.deadlines)
    return one.status, frozenset(one.platforms), frozenset(one.regions), *days, over(one)
