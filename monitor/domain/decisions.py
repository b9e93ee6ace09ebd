"""What is new: from what a seller was told and how the incident stands now, a reason to speak, or none (`policy`)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from monitor.domain.alerts import Hold, HoldReason, Reason, Send, Told
from monitor.domain.deadlines import PartialDate
from monitor.domain.doubts import asks, unasked
from monitor.domain.exposure import Severity
from monitor.domain.impact import Impact
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.ladder import RUNGS
from monitor.domain.localities import at, date_at
from monitor.domain.origins import backed
from monitor.domain.places import covers, overlap
from monitor.domain.signals import EventType, Status


def news(incident: Incident, impact: Impact, told: Told, today: date) -> Send | Hold:
    """What a seller who was told would learn.

    Each rung is told once; on one rung, more evidence for the same is nothing new, and an addition (place, date,
    deadline) speaks when a sovereign word or two independent origins stand behind it. A question is put once.
    """
    lifted = told.rung is Status.REVERSED and incident.status is not Status.REVERSED
    if lifted or (incident.status in RUNGS and RUNGS.index(incident.status) > RUNGS.index(told.rung)):
        return Send(Reason.NEW_RUNG, f"{told.rung.value} before; {incident.status_why}")
    additions = [
        *_new_places(incident, impact, told),
        *_new_dates(incident, impact, told, today),
        *_called_off(incident, told),
        *_new_deadlines(incident, told, today),
    ]
    firm = [new for new in additions if new.alone or backed(filter(new.said_by, incident.evidence))]
    if firm:
        return Send(firm[0].reason, "; ".join(new.says for new in firm))
    if incident.question not in ("", told.question):
        return Send(Reason.QUESTION, incident.question)
    if doubts := unasked(incident, {hit.country for hit in impact.hits}, told.asked):
        return Send(Reason.QUESTION, "; ".join(map(asks, doubts)))
    if impact.severity > told.severity and impact.severity >= Severity.HIGH:
        return Send(Reason.WORSE, f"{told.severity.name.lower()} before; {'; '.join(impact.reasons)}")
    if additions:
        return Hold(HoldReason.NOTHING_NEW, f"{'; '.join(new.says for new in additions)}: one source alone so far")
    return Hold(HoldReason.NOTHING_NEW, f"told on {told.at:%Y-%m-%d}, still {incident.status.value}")


@dataclass(frozen=True, slots=True)
class _Addition:
    """Something that was not told yet, and who of the evidence says it. `alone`: one voice is enough."""

    reason: Reason
    says: str
    said_by: Callable[[Evidence], bool]
    alone: bool = False


def _new_places(incident: Incident, impact: Impact, told: Told) -> Iterable[_Addition]:
    """Platforms and regions that were not told and hit this seller; all that were not, for one without positions."""
    hits = impact.hits
    named = () if incident.event_type is EventType.TRADE_RULE else incident.platforms  # a rule's are but examples
    platforms = dict.fromkeys(hit.via for hit in hits if hit.via) if hits else dict.fromkeys(named)
    regions = [place for hit in hits for place in _there(incident, hit.country)] or incident.regions
    known = {name.casefold() for name in told.platforms}
    for name in platforms:
        if known and name.casefold() not in known:
            yield _Addition(Reason.NEW_PLACE, f"now also {name}", partial(_names, platform=name))
    for place in dict.fromkeys(regions):
        if not covers(told.regions, place):
            yield _Addition(Reason.NEW_PLACE, f"now also in {place}", partial(_reaches, place=place))


def _there(incident: Incident, place: str) -> Sequence[str]:
    """Where it reaches a stake: its own country; of one in a whole bloc those places of the incident that lie in it."""
    if covers(incident.regions, place):
        return (place,)
    return [one for one in incident.regions if overlap((one,), (place,))]


def _names(evidence: Evidence, platform: str) -> bool:
    return platform.casefold() in {name.casefold() for name in evidence.signal.platforms}


def _reaches(evidence: Evidence, place: str) -> bool:
    return covers(evidence.signal.regions, place)


def _new_dates(incident: Incident, impact: Impact, told: Told, today: date) -> Iterable[_Addition]:
    """A date that moved where the seller is hit; or one that became known and lies ahead, which is news enough on one
    word. So is one that answers what this seller was asked."""
    moved: dict[tuple[PartialDate | None, PartialDate | None], list[str]] = {}
    for place in dict.fromkeys(hit.country for hit in impact.hits):
        moved.setdefault((date_at(told, place), date_at(incident, place)), []).append(place)
    for (before, date_now), places in moved.items() or [((told.effective_date, incident.effective_date), [])]:
        if date_now is None or (before is not None and date_now.agrees(before)):
            continue
        where = f" in {', '.join(places)}" if incident.dates or told.dates else ""
        said_by = partial(_dated, day=date_now)
        if before is not None:
            answered = told.question != "" and incident.question == ""
            yield _Addition(Reason.DATE_MOVED, f"{before} is now {date_now}{where}", said_by, answered)
        elif date_now.last_day >= today:
            yield _Addition(Reason.DATE_MOVED, f"now dated {date_now}{where}", said_by, alone=True)


def _called_off(incident: Incident, told: Told) -> Iterable[_Addition]:
    """In some of the seller's places, while it goes on in others; or no longer so."""
    for place in dict.fromkeys(one.place for one in (*told.dates, *incident.dates)):
        before, now = at(told.dates, place), at(incident.dates, place)
        was, over = (one is not None and one.status is Status.REVERSED for one in (before, now))
        if was != over:
            says = f"called off in {place}" if over else f"no longer called off in {place}"
            yield _Addition(Reason.DATE_MOVED, says, partial(_reaches, place=place), alone=True)


def _dated(evidence: Evidence, day: PartialDate) -> bool:
    said = evidence.signal.effective_date
    return said is not None and said.agrees(day)


def _new_deadlines(incident: Incident, told: Told, today: date) -> Iterable[_Addition]:
    """Deadlines ahead on days that were not told in any role: a role read otherwise is no news."""
    days = [deadline.date for deadline in told.deadlines] + [told.effective_date or incident.effective_date]
    for deadline in incident.deadlines:
        if deadline.date.last_day >= today and not any(day and deadline.date.agrees(day) for day in days):
            says = f"{deadline.role.value} by {deadline.date}"
            yield _Addition(Reason.NEW_DEADLINE, says, partial(_asks, day=deadline.date))


def _asks(evidence: Evidence, day: PartialDate) -> bool:
    return any(deadline.date.agrees(day) for deadline in evidence.signal.deadlines)
