"""What has happened, in a line; and what moved since the seller was last told."""

from monitor.domain.alerts import Message, Told
from monitor.domain.incidents import Incident, unexplained
from monitor.domain.signals import EventType, Status
from monitor.notify.wording import DUTY, EVENT, RUNG, SEVERITY, clean, listed, partial, place


def headline(incident: Incident) -> str:
    """Who does what, when and where: `TikTok Music closes on 28 Nov 2024 (ID, BR, AU)`."""
    if unexplained(incident.evidence):
        return clean(incident.headline)
    phrase = EVENT[incident.event_type]
    who = listed([clean(name, 40) for name in incident.platforms], 3)
    regions = ["worldwide" if code == "WORLD" else clean(code, 12) for code in incident.regions]
    where = f" ({listed(regions, 5)})" if regions else ""
    if incident.status is Status.REVERSED:
        what = f"{who} {phrase.noun}" if who else phrase.noun
        return f"{what[0].upper()}{what[1:]} called off{where}"
    if incident.status in {Status.RUMOR, Status.PROPOSED}:
        verb = phrase.may
    elif incident.status is Status.EFFECTIVE and not unanswered(incident):
        verb = phrase.did
    else:
        verb = phrase.many if len(incident.platforms) > 1 else phrase.one
    when = ""
    if incident.effective_date:
        whole_day = len(incident.effective_date.parts) == 3
        preposition = "in" if phrase.preposition == "on" and not whole_day else phrase.preposition
        when = f" {preposition} {partial(incident.effective_date)}"
    if incident.event_type is EventType.TRADE_RULE:
        return f"{verb.capitalize()}{f' for {who}' if who else ''}{when}{where}"
    return f"{who or 'A platform'} {verb}{when}{where}"


def unanswered(incident: Incident) -> bool:
    """Whether it counts as in effect by its date alone, and somebody must find out."""
    return incident.status is Status.EFFECTIVE and incident.question != ""


def changes(before: Told, message: Message) -> tuple[str, ...]:
    """What moved since the seller was last told, each as one line."""
    incident, moved = message.incident, []
    if before.rung is not incident.status:
        moved.append(f"How sure: {RUNG[before.rung]} → {RUNG[incident.status]}")
    if before.severity is not message.impact.severity and incident.status is not Status.REVERSED:
        moved.append(f"Severity: {SEVERITY[before.severity]} → {SEVERITY[message.impact.severity]}")
    if incident.status is Status.REVERSED:
        if before.effective_date and before.rung is not Status.REVERSED:
            moved.append(f"Date: {partial(before.effective_date)} → no longer holds")
    elif before.effective_date != incident.effective_date:
        old, new = (partial(d) if d else "not known" for d in (before.effective_date, incident.effective_date))
        moved.append(f"Date: {old} → {new}")
    for label, old_names, new_names in (
        ("platform", before.platforms, incident.platforms),
        ("place", tuple(map(place, before.regions)), tuple(map(place, incident.regions))),
    ):
        moved += [f"New {label}: {clean(name, 40)}" for name in new_names if name not in old_names]
        moved += [f"No longer named as a {label}: {clean(name, 40)}" for name in old_names if name not in new_names]
    old_dates = {(deadline.date, deadline.role) for deadline in before.deadlines}
    new_dates = {(deadline.date, deadline.role) for deadline in incident.deadlines}
    moved += [f"New deadline: {partial(date)}, {DUTY[role]}" for date, role in sorted(new_dates - old_dates)]
    moved += [f"Deadline withdrawn: {partial(date)}, {DUTY[role]}" for date, role in sorted(old_dates - new_dates)]
    return tuple(moved)
