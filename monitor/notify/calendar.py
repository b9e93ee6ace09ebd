"""Dates as a calendar file (RFC 5545, and RFC 7986 for what names and refreshes it), to import or to subscribe to."""

from collections.abc import Iterable
from datetime import UTC, timedelta

import icalendar

from monitor import __version__
from monitor.domain.agenda import Entry
from monitor.domain.deadlines import Deadline
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.signals import EventType, Status
from monitor.notify.tongue import Tongue, noop
from monitor.notify.wording import DUTY, RUNG, clean, link

REFRESH = timedelta(hours=1)
RING_AT = timedelta(hours=9)  # of the day: an alarm at midnight is switched off with the clock
_HAPPENS = {
    EventType.SHUTDOWN: noop("{who} closes"),
    EventType.MARKET_EXIT: noop("{who} leaves the market"),
    EventType.BAN: noop("Ban of {who}"),
    EventType.ENFORCEMENT: noop("{who} acts against sellers"),
    EventType.POLICY: noop("{who} changes its terms for sellers"),
    EventType.TRADE_RULE: noop("Trade rules change ({who})"),
    EventType.INSOLVENCY: noop("Insolvency of {who}"),
}


def calendar_file(entries: Iterable[Entry], seller_name: str, tongue: Tongue, reminders: Iterable[int]) -> bytes:
    """All entries as one VCALENDAR; equal entries give equal bytes, so that an unchanged calendar is known as one.

    `reminders` are days before the date on which an alarm rings; what is cancelled rings no more.
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", f"-//Sellerwatch//{__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    name = tongue.say("Sellerwatch: dates for {seller}", seller=clean(seller_name, 60))
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", icalendar.vDuration(REFRESH))
    days = sorted({*reminders}, reverse=True)
    for entry in entries:
        calendar.add_component(_event(entry, tongue, days))
    return bytes(calendar.to_ical())


def _event(entry: Entry, tongue: Tongue, reminders: Iterable[int]) -> icalendar.Event:
    event, changed = icalendar.Event(), entry.changed_at.astimezone(UTC)
    event.add("uid", f"{entry.uid}@sellerwatch")
    event.add("dtstamp", changed)
    event.add("last-modified", changed)
    event.add("created", entry.incident.opened_at.astimezone(UTC))
    event.add("sequence", entry.sequence)
    day = entry.day.last_day
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    summary = _summary(entry, tongue)
    event.add("summary", summary)
    event.add("description", "\n".join(_description(entry, tongue)))
    event.add("categories", [entry.incident.event_type.value])
    event.add("transp", "TRANSPARENT")  # a deadline blocks nobody's day
    sure = entry.incident.status in (Status.CONFIRMED, Status.EFFECTIVE)
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED" if sure else "TENTATIVE")
    source = _source(entry)
    if source is not None and (url := link(source.url)):
        event.add("url", url)
    if not entry.cancelled:
        for days in reminders:
            alarm = icalendar.Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("description", summary)
            alarm.add("trigger", RING_AT - timedelta(days=days))
            event.add_component(alarm)
    return event


def _who(incident: Incident, tongue: Tongue) -> str:
    return tongue.listed([clean(name, 40) for name in incident.platforms], 3) or tongue.say("a platform")


def _summary(entry: Entry, tongue: Tongue) -> str:
    who = _who(entry.incident, tongue)
    if entry.role is None:
        said = tongue.say(_HAPPENS[entry.incident.event_type], who=who)
    else:
        said = tongue.say("{who}: {task}", who=who, task=tongue.say(DUTY[entry.role]))
    if entry.places:
        said = tongue.say(
            "{what} ({where})", what=said, where=tongue.listed([tongue.place(code) for code in entry.places], 3)
        )
    return tongue.say("Called off: {what}", what=said) if entry.cancelled else said


def _description(entry: Entry, tongue: Tongue) -> list[str]:
    """Line by line: how sure, where, what the date is not, whose clock, the source's own words, and which incident."""
    incident = entry.incident
    lines = [tongue.say("How sure: {rung}", rung=tongue.say(RUNG[incident.status]))]
    if where := entry.places or incident.regions:
        lines.append(tongue.say("Where: {places}", places=tongue.listed([tongue.place(code) for code in where], 12)))
    if len(entry.day.parts) < 3:
        said = tongue.partial(entry.day)
        lines.append(tongue.say("Only {date} is named; this is its last day.", date=said))
    if entry.deadline is not None and entry.deadline.zone:
        lines.append(tongue.say("By the clock of {zone}.", zone=clean(entry.deadline.zone, 40)))
    source = _source(entry)
    if entry.deadline is not None and entry.deadline.quote:
        lines.append(_quoted(entry.deadline, incident, tongue))
    if source is not None:
        lines.append(tongue.say("Source: {name}", name=clean(source.publisher, 80)))
    return [*lines, f"sellerwatch incidents show {incident.id[:10]}"]


def _quoted(deadline: Deadline, incident: Incident, tongue: Tongue) -> str:
    """The source's own words, with their language where it is not the reader's."""
    lang = next((one.lang for one in incident.evidence if one.document_id == deadline.document_id), "")
    quote, foreign = tongue.say("“{quote}”", quote=clean(deadline.quote)), tongue.foreign(clean(lang, 12))
    return tongue.say("{quote} ({in_language})", quote=quote, in_language=foreign) if foreign else quote


def _source(entry: Entry) -> Evidence | None:
    """Whose words the date is, else the first to report the event."""
    named = entry.deadline.document_id if entry.deadline else ""
    evidence = entry.incident.evidence
    return next((one for one in evidence if one.document_id == named), evidence[0] if evidence else None)
