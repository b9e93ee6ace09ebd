"""An incident put together from its evidence: what is known of it now, and what moved since it was known last."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.domain import localities, testimony
from monitor.domain.conflicts import conflicts
from monitor.domain.incidents import Change, ChangeKind, Evidence, Incident
from monitor.domain.ladder import rung
from monitor.domain.lapses import due, question
from monitor.domain.origins import origins
from monitor.domain.signals import Status


def assemble(
    incident_id: str, evidence: Sequence[Evidence], previous: Incident | None, now: datetime, document_id: str | None
) -> Incident:
    """All that is known of an incident: a function of the set of its evidence and of today, in any order.

    History alone remembers the way: what differs from `previous` is added to it, moved by `document_id` (None when by
    time alone), and the revision grows by one. When nothing differs, `previous` itself comes back. An incident
    whose only sources took back what they said keeps what was known and is reversed.
    """
    if not evidence:
        if previous is None:
            raise ValueError("an incident begins with evidence")
        why = "its only source now says something else"
        return _revised(
            replace(
                previous,
                status=Status.REVERSED,
                status_why=why,
                deadlines=(),
                evidence=(),
                conflicts=(),
                question="",
                dates=(),
            ),
            previous,
            now,
            document_id,
        )
    voices = testimony.gathered(evidence)
    regions = testimony.supported(testimony.placed(voices), lambda item: item.signal.regions)
    ways = localities.ways(voices, regions)
    stands, dates = localities.together(voices, ways), localities.dates(voices, ways, now.date())
    if dates and not stands.reversed:
        effective, foremost = localities.main_date(dates), localities.foremost(dates)
        status, why = foremost.status, foremost.why
    else:
        effective = testimony.effective_date(stands.words) or testimony.effective_date(stands.earlier)
        status, why = rung(stands, now.date(), effective)
    closed = previous.closed if previous else None
    current = Incident(
        id=incident_id,
        revision=1,
        event_type=testimony.event_type(voices),
        platforms=testimony.supported(voices, lambda item: item.signal.platforms),
        regions=regions,
        status=status,
        status_why=why,
        effective_date=effective,
        deadlines=testimony.deadlines(stands.words, effective),
        headline=testimony.headline(stands.words, effective),
        opened_at=now,
        updated_at=now,
        evidence=voices,
        history=(),
        conflicts=conflicts(stands, effective, regions, dates),
        question="" if closed else question(stands.words, status, effective, now.date()),
        closed=closed,
        dates=dates,
    )
    if previous is None:
        opened = Change(ChangeKind.OPENED, now, "", status.value, document_id, why)
        return replace(current, history=(opened,))
    return _revised(current, previous, now, document_id)


def _revised(current: Incident, previous: Incident, now: datetime, document_id: str | None) -> Incident:
    moved = changes(previous, current, now, document_id)
    if not moved:
        return previous
    return replace(
        current,
        revision=previous.revision + 1,
        opened_at=previous.opened_at,
        updated_at=now,
        history=(*previous.history, *moved),
    )


def pass_time(incident: Incident, now: datetime) -> Incident | None:
    """The incident as time alone has moved it, or None: a date has come, or has passed and left a question."""
    date, today = incident.effective_date, now.date()
    if not incident.evidence:
        return None
    sure = [(incident.status, date), *((one.status, one.date) for one in incident.dates)]
    came = any(status is Status.CONFIRMED and day is not None and day.first_day <= today for status, day in sure)
    asks = date is not None and not incident.question and incident.closed is None and due(date, today)
    if not came and not (asks and question(_words(incident), incident.status, date, today)):
        return None
    later = assemble(incident.id, incident.evidence, incident, now, None)
    return None if later is incident else later


def _words(incident: Incident) -> Sequence[Evidence]:
    """Those that stand."""
    return localities.together(incident.evidence, localities.ways(incident.evidence, incident.regions)).words


def changes(before: Incident, now_known: Incident, at: datetime, document_id: str | None) -> tuple[Change, ...]:
    """What moved between two states of one incident, by kind, each with its reason; empty when nothing did."""
    views: tuple[tuple[ChangeKind, Callable[[Incident], str], str], ...] = (
        (ChangeKind.RUNG, _rungs, now_known.status_why),
        (ChangeKind.PLACE, _places, "those who say so name other platforms or regions"),
        (ChangeKind.DATE, dates_said, "by the best supported word"),
        (ChangeKind.DEADLINE, deadlines_said, "the union of what the standing words ask"),
        (ChangeKind.CONFLICT, _conflicts, "each side has words that stand"),
        (ChangeKind.QUESTION, lambda i: i.question or "none", "by the date, and by what was said since"),
        (ChangeKind.EVIDENCE, _evidence, "the documents that say so"),
    )
    found: list[Change] = []
    for kind, view, why in views:
        old, new = view(before), view(now_known)
        edited = kind is ChangeKind.EVIDENCE and not found and before.evidence != now_known.evidence
        if old != new or edited:
            found.append(Change(kind, at, old, new, document_id, "an article was edited" if old == new else why))
    return tuple(found)


def _places(incident: Incident) -> str:
    return f"{', '.join(incident.platforms) or 'any platform'} in {', '.join(incident.regions) or 'unknown places'}"


def _rungs(incident: Incident) -> str:
    """`confirmed; ID reversed`: the rung of the whole, then those of the places that are on another."""
    there = (f"{one.place} {one.status.value}" for one in incident.dates if one.status is not incident.status)
    return "; ".join((incident.status.value, *there))


def dates_said(incident: Incident) -> str:
    """`2024-11-28; ID 2024-12-31`: the date of the whole, then those of the places that have another."""
    there = (f"{one.place} {one.date or 'unknown'}" for one in incident.dates if one.date != incident.effective_date)
    return "; ".join((str(incident.effective_date or "unknown"), *there))


def deadlines_said(incident: Incident) -> str:
    """`data_export 2024-10-28, refund 2024-11-28`: those of the whole, then those of its places."""
    there = (deadline for one in incident.dates for deadline in one.deadlines)
    every = dict.fromkeys((*incident.deadlines, *there))
    return ", ".join(f"{deadline.role.value} {deadline.date}" for deadline in every) or "none"


def _evidence(incident: Incident) -> str:
    return f"{len(incident.evidence)} from {origins(incident.evidence)} origins"


def _conflicts(incident: Incident) -> str:
    sides = (f"{one.about} {' or '.join(side.value for side in one.sides)}" for one in incident.conflicts)
    return "; ".join(sides) or "none"
