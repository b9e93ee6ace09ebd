"""From a decision to speak to one delivery for each target, and how an unsent one is folded into the next."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.domain.alerts import Delivery, Message, Policy, Reason, Said, Send, Target, Told
from monitor.domain.documents import digest
from monitor.domain.doubts import unasked
from monitor.domain.exposure import Seller, Severity
from monitor.domain.impact import Impact
from monitor.domain.incidents import Incident
from monitor.domain.ladder import RUNGS
from monitor.domain.places import overlap
from monitor.domain.playbooks import Task
from monitor.domain.signals import Status
from monitor.domain.vigils import Notice, folded_notice
from monitor.domain.waits import Calm, Wait, begins, put_off

CALM = Calm()


def route(
    impact: Impact,
    incident: Incident,
    targets: Iterable[Target],
    told: Told | None = None,
    heard: Collection[str] = (),
) -> tuple[Target, ...]:
    """The targets whose filters let this through. `heard` are those who heard of it before."""
    return tuple(target for target in targets if not objection(target, impact, incident, told, heard))


def objection(
    target: Target, impact: Impact, incident: Incident, told: Told | None = None, heard: Collection[str] = ()
) -> str:
    """Why this is not for that target; "" when it is. An all clear goes to whom the alarm went: to those who are known
    to have heard it, else to whoever would have, as it was as loud and as sure."""
    if not target.alerts:
        return "it gets digests alone"
    loudness, rung = impact.severity, incident.status
    if incident.status is Status.REVERSED and told is not None:
        if heard and told.rung is not Status.REVERSED:
            return "" if target.id in heard else "it never heard of this"
        loudness, rung = max(loudness, told.severity), told.rung
    platforms = {name.casefold() for name in (*incident.platforms, *(hit.platform for hit in impact.hits))}
    places = [hit.country for hit in impact.hits] or incident.regions
    if loudness < target.min_severity:
        return f"{loudness.name.lower()}, and it wants {target.min_severity.name.lower()}"
    if rung in RUNGS and RUNGS.index(rung) < RUNGS.index(target.min_certainty):
        return f"{rung.value}, and it wants {target.min_certainty.value}"
    if target.sellers and impact.seller_id not in target.sellers:
        return f"it is for {', '.join(target.sellers)}"
    if target.events and incident.event_type not in target.events:
        return f"it wants {', '.join(event.value for event in target.events)}"
    if target.platforms and platforms.isdisjoint(name.casefold() for name in target.platforms):
        return f"it wants {', '.join(target.platforms)}"
    if not overlap(target.countries, places):
        return f"it wants {', '.join(target.countries)}"
    spoken = {_primary(item.lang) for item in incident.evidence}
    if target.languages and spoken.isdisjoint(map(_primary, target.languages)):
        return f"no source in {', '.join(target.languages)} says so"
    return ""


def _primary(language: str) -> str:
    """`zh` of `zh-Hans`."""
    return language.replace("_", "-").split("-")[0].casefold()


_WHY = {
    Reason.FIRST: "First word of it to you",
    Reason.NEW_RUNG: "It became more certain",
    Reason.NEW_PLACE: "It reaches further",
    Reason.DATE_MOVED: "Its date changed",
    Reason.NEW_DEADLINE: "There is a new deadline",
    Reason.WORSE: "It weighs more for you",
    Reason.ALL_CLEAR: "It was lifted, delayed or denied",
    Reason.QUESTION: "It needs somebody to look",
    Reason.REPEAT: "It is open, and nobody has acknowledged it",
    Reason.ESCALATED: "Nobody acknowledged it in time",
    Reason.DUE: "Something is due",
    Reason.DIGEST: "You asked for a digest",
    Reason.MORE: "There was more than an hour may bring",
    Reason.TEST: "You asked for it",
    Reason.DRILL: "We try every week whether word reaches you",
    Reason.BLIND: "We see less than we should",
}


def _because(send: Send) -> str:
    return f"{_WHY[send.reason]}: {send.detail}{'' if send.detail.endswith('?') else '.'}"


def deliveries(
    incident: Incident,
    seller: Seller,
    impact: Impact,
    send: Send,
    told: Told | None,
    targets: Iterable[Target],
    policy: Policy,
    now: datetime,
    tasks: Sequence[Task] = (),
    calm: Calm = CALM,
) -> tuple[Delivery, ...]:
    """One delivery for each target, to be sent when nothing there holds it. The same decision, taken again after a
    crash, has the same ids and keys: they are made of what the seller was told before and would be told now, not of the
    moment.
    """
    after = tell(incident, seller, impact, now, told)
    alert_id = digest(
        incident.id,
        seller.id,
        send.reason,
        "" if told is None else told.at.isoformat(),
        after.rung,
        after.severity.name,
        "/".join(after.platforms),
        "/".join(after.regions),
        str(after.effective_date),
        "/".join(f"{deadline.role}:{deadline.date}" for deadline in after.deadlines),
        after.question,
        *(f"{one.place} {one.date} {one.status}" for one in after.dates),
        *after.asked,
    )
    why = _because(send)
    still_open = tuple(task for task in tasks if task.open)
    message = Message(alert_id, incident, seller.name, impact, send.reason, why, now, told, still_open)
    patience = policy.page_for if impact.severity >= Severity.HIGH else policy.info_for
    silences = calm.over(incident, impact, send.reason, now)
    waits = [
        (target, begins(target, impact.severity, send.reason, policy, now, calm.heard.get(target.id), silences))
        for target in targets
    ]
    return tuple(
        to(
            target,
            replace(message, shared=True) if target.shared else message,
            send.reason,
            incident_id=incident.id,
            seller_id=seller.id,
            severity=impact.severity,
            rung=incident.status,
            now=now,
            begin=wait,
            patience=patience,
        )
        for target, wait in waits
    )


def to(
    target: Target,
    said: Said,
    reason: Reason,
    *,
    incident_id: str,
    seller_id: str,
    severity: Severity,
    rung: Status,
    now: datetime,
    patience: timedelta,
    begin: Wait | None = None,
) -> Delivery:
    """What is said, as a delivery to that target: from `begin` on, at once without it, and tried for so long."""
    start = begin or Wait(now, "")
    return Delivery(
        key=digest(said.alert_id, target.id),
        alert_id=said.alert_id,
        incident_id=incident_id,
        seller_id=seller_id,
        target=target.id,
        channel=target.channel,
        severity=severity,
        rung=rung,
        reason=reason,
        message=said,
        not_before=start.until,
        give_up_at=start.until + patience,
        created_at=now,
        language=target.language,
        zone=target.zone,
        waits_for=start.why,
    )


def anew(waiting: Delivery, incident: Incident, impact: Impact, send: Send, tasks: Sequence[Task] = ()) -> Delivery:
    """The same word to the same target at the same time, as it reads now that more is known: `send` is what would be
    said by now to whom it was to be said to."""
    message = waiting.message
    assert isinstance(message, Message), "only what is about an incident is written anew"
    why = message.why if message.beside else _because(replace(send, reason=waiting.reason))
    still_open = tuple(task for task in tasks if task.open)
    now = replace(message, incident=incident, impact=impact, why=why, tasks=still_open)
    return replace(waiting, message=now, severity=impact.severity, rung=incident.status)


def folded(new: Delivery, unsent: Delivery) -> Delivery:
    """`new` as it must read when `unsent`, which nobody has received, is folded into it.

    Its changes are counted from what was really told, and it is a first word if nothing was. It keeps the earlier
    `not_before`, lest a stream of changes put off the first word for ever.
    """
    if unsent.not_before < new.not_before:
        new = put_off(new, Wait(unsent.not_before, unsent.waits_for))
    if isinstance(new.message, Notice):
        assert isinstance(unsent.message, Notice), "notices and messages have incidents of their own"
        return replace(new, message=folded_notice(new.message, unsent.message))
    if not isinstance(new.message, Message):
        return new  # the newer digest says it all
    assert isinstance(unsent.message, Message)
    first = unsent.reason is Reason.FIRST and new.reason is not Reason.ALL_CLEAR
    reason = Reason.FIRST if first else new.reason
    message = replace(new.message, before=unsent.message.before, reason=reason)
    return replace(new, reason=reason, message=message)


def same_word(one: Said, other: Said) -> bool:
    """Whether two messages say the same, whatever was folded into either."""
    if not isinstance(one, Message) or not isinstance(other, Message):
        return one.alert_id == other.alert_id and one.made_at == other.made_at
    return replace(one, before=None, reason=Reason.TEST) == replace(other, before=None, reason=Reason.TEST)


def tell(incident: Incident, seller: Seller, impact: Impact, now: datetime, before: Told | None = None) -> Told:
    """What the seller, who was told `before`, is told by a message made now, to be remembered for the next decision."""
    asked = before.asked if before else ()
    doubts = unasked(incident, {hit.country for hit in impact.hits}, asked)
    return Told(
        incident.id,
        seller.id,
        now,
        incident.status,
        impact.severity,
        incident.platforms,
        incident.regions,
        incident.effective_date,
        incident.deadlines,
        incident.question,
        incident.dates,
        (*asked, *(doubt.document_id for doubt in doubts)),
    )
