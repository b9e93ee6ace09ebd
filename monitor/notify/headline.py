"""What has happened, in a line; and what moved since the seller was last told."""

from collections.abc import Iterable

from monitor.domain.alerts import Message, Told
from monitor.domain.digests import Standing
from monitor.domain.incidents import Incident, unexplained
from monitor.domain.localities import at, called_off, date_at
from monitor.domain.signals import EventType, Status
from monitor.notify.sentences import HAPPENS, OFF, RULES, Phase
from monitor.notify.tongue import Tongue, noop
from monitor.notify.wording import DUTY, RUNG, SEVERITY, UNSEEN, clean

FALSE_ALARM = noop("False alarm")


def headline(incident: Incident | Standing, t: Tongue) -> str:
    """Who does what, when and where: `TikTok Music closes on 28 Nov 2024 (ID, BR, AU)`."""
    if incident.seen if isinstance(incident, Standing) else unexplained(incident.evidence):
        return clean(incident.headline)
    where = incident.regions if isinstance(incident, Standing) else _then(incident)
    regions = [t.say("worldwide") if code == "WORLD" else clean(code, 12) for code in where]
    what = _happening(incident, t)
    if not incident.platforms:  # else it may begin with a name that wants its small letter
        what = f"{what[:1].upper()}{what[1:]}"
    return t.say("{what} ({where})", what=what, where=t.listed(regions, 5)) if regions else what


def still(incident: Incident) -> tuple[str, ...]:
    """Its places without those where alone it is called off."""
    return tuple(code for code in incident.regions if not called_off(incident, code)) or incident.regions


def _then(incident: Incident) -> tuple[str, ...]:
    """Those of them where it happens on the day that the headline names."""
    places = still(incident)
    return tuple(code for code in places if date_at(incident, code) == incident.effective_date) or places


def _happening(incident: Incident | Standing, t: Tongue) -> str:
    who = t.listed([clean(name, 40) for name in incident.platforms], 3)
    if incident.status is Status.REVERSED and not untrue(incident):
        named, unnamed = OFF[incident.event_type]
        return t.say(named, who=who) if who else t.say(unnamed)
    phase, date = _phase(incident), incident.effective_date
    known = 0 if date is None else 1 if len(date.parts) == 3 else 2
    when = t.partial(date) if date else ""
    if incident.event_type is EventType.TRADE_RULE and not who:
        return t.say(RULES[phase][known], day=when, month=when)
    number, who = max(len(incident.platforms), 1), who or t.say("a platform")
    return t.count(*HAPPENS[incident.event_type, phase][known], number, who=who, day=when, month=when)


def _phase(incident: Incident | Standing) -> Phase:
    if incident.status in {Status.RUMOR, Status.PROPOSED} or untrue(incident):
        return Phase.MAY
    return Phase.DID if incident.status is Status.EFFECTIVE and not unanswered(incident) else Phase.WILL


def untrue(incident: Incident | Standing) -> bool:
    """Whether a person said that nothing of the kind happens: there was nothing to call off."""
    return isinstance(incident, Incident) and incident.closed is not None and incident.closed.false_alarm


def unanswered(incident: Incident | Standing) -> bool:
    """Whether it counts as in effect by its date alone, and somebody must find out."""
    return incident.status is Status.EFFECTIVE and incident.question != ""


def rung(incident: Incident) -> str:
    """The words of its rung, to be said in any language."""
    if untrue(incident):
        return FALSE_ALARM
    return UNSEEN if unanswered(incident) else RUNG[incident.status]


def changes(before: Told, message: Message, t: Tongue) -> tuple[str, ...]:
    """What moved since the seller was last told, each as one line."""
    incident, moved = message.incident, []
    if before.rung is not incident.status:
        old, new = t.say(RUNG[before.rung]), t.say(rung(incident))
        moved.append(t.say("How sure: {old} → {new}", old=old, new=new))
    if before.severity is not message.impact.severity and incident.status is not Status.REVERSED:
        old, new = t.say(SEVERITY[before.severity]), t.say(SEVERITY[message.impact.severity])
        moved.append(t.say("Severity: {old} → {new}", old=old, new=new))
    if incident.status is Status.REVERSED:
        if before.effective_date and before.rung is not Status.REVERSED:
            moved.append(t.say("Date: {old} → no longer holds", old=t.partial(before.effective_date)))
    elif before.effective_date != incident.effective_date:
        old, new = (t.partial(d) if d else t.say("not known") for d in (before.effective_date, incident.effective_date))
        moved.append(t.say("Date: {old} → {new}", old=old, new=new))
    moved += [*_by_place(before, incident, t), *_named(before, incident, t)]
    old_dates = {(deadline.date, deadline.role) for deadline in before.deadlines}
    new_dates = {(deadline.date, deadline.role) for deadline in incident.deadlines}
    for said, dates in (
        (t.say("New deadline: {day}, {what}"), sorted(new_dates - old_dates)),
        (t.say("Deadline withdrawn: {day}, {what}"), sorted(old_dates - new_dates)),
    ):
        moved += [said.format(day=t.partial(date), what=t.say(DUTY[role])) for date, role in dates]
    return tuple(moved)


def day_moved(message: Message, t: Tongue) -> Iterable[str]:
    """The mark of a subject that names another day than the seller was told last: later or earlier."""
    incident, told = message.incident, message.before.effective_date if message.before else None
    now = None if incident.status is Status.REVERSED or untrue(incident) else incident.effective_date
    if told and now and now.first_day > told.last_day:
        yield t.say("Later date")
    elif told and now and now.last_day < told.first_day:
        yield t.say("Earlier date")


def _by_place(before: Told, incident: Incident, t: Tongue) -> Iterable[str]:
    """What moved in single places of an incident whose places go different ways."""
    for one in incident.dates:
        place, there = t.place(clean(one.place, 40)), at(before.dates, one.place)
        old_date, old_rung = (there.date, there.status) if there else (before.effective_date, before.rung)
        if one.status is not old_rung:
            old, new = t.say(RUNG[old_rung]), t.say(RUNG[one.status])
            yield t.say("How sure, {place}: {old} → {new}", place=place, old=old, new=new)
        if one.date != old_date and one.status is not Status.REVERSED:
            old, new = (t.partial(day) if day else t.say("not known") for day in (old_date, one.date))
            yield t.say("Date, {place}: {old} → {new}", place=place, old=old, new=new)


def _named(before: Told, incident: Incident, t: Tongue) -> list[str]:
    """Platforms and places that came or went; what an all clear does not name is no news, and a place that is named yet
    goes a way of its own."""
    still_named = {code for one in incident.evidence for code in one.signal.regions}
    kept = [code for code in before.regions if code in incident.regions or code not in still_named]
    old_places, new_places = ([t.place(clean(code, 40)) for code in codes] for codes in (kept, incident.regions))
    platform, no_platform = t.say("New platform: {name}"), t.say("No longer named as a platform: {name}")
    place, no_place = t.say("New place: {name}"), t.say("No longer named as a place: {name}")
    moved = []
    for come, gone, old, new in (
        (platform, no_platform, before.platforms, incident.platforms),
        (place, no_place, old_places, new_places),
    ):
        moved += [come.format(name=clean(name, 40)) for name in new if name not in old]
        if incident.status is not Status.REVERSED:
            moved += [gone.format(name=clean(name, 40)) for name in old if name not in new]
    return moved
