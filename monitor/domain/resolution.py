"""One real-world event, one incident: does this evidence report an event that we know, and what do we know then?

`match` is a scored rule with few weights, each term of which is said in words; `assemble` makes everything known of
an incident from the set of its evidence, whatever the order in which it arrived.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from operator import mul

from monitor.domain import incidents as known
from monitor.domain.deadlines import PartialDate
from monitor.domain.documents import digest
from monitor.domain.incidents import Change, ChangeKind, Evidence, Incident
from monitor.domain.ladder import climb, standing
from monitor.domain.places import countries, everywhere, overlap
from monitor.domain.platforms import Platform
from monitor.domain.signals import EventType, Status

Kinship = Mapping[str, Collection[str]]
"""Case-folded platform name -> the case-folded names of all platforms that it is part of."""


class Family(StrEnum):
    """Event types that careful readers give to one and the same event."""

    CLOSING = "closing"
    BAN = "ban"
    MEASURE = "measure"
    TRADE_RULE = "trade_rule"


FAMILY: Mapping[EventType, Family] = {
    EventType.SHUTDOWN: Family.CLOSING,
    EventType.MARKET_EXIT: Family.CLOSING,
    EventType.INSOLVENCY: Family.CLOSING,
    EventType.BAN: Family.BAN,
    EventType.ENFORCEMENT: Family.MEASURE,
    EventType.POLICY: Family.MEASURE,
    EventType.TRADE_RULE: Family.TRADE_RULE,
}

_OUT_OF_SIGHT = frozenset({Family.CLOSING, Family.BAN})  # what a probe sees may be either
THRESHOLD = 0.5
WINDOW = timedelta(days=400)  # news of one event, the first and the last of it, lie closer than this
NEAR_DATES = timedelta(days=45)  # two sources' dates of one event differ by less, but for a delay
_COSINES = (0.78, 0.95)  # where the cosines of e5 sentence vectors crowd: unrelated, and the same said twice


def kinship(platforms: Iterable[Platform]) -> Kinship:
    """Who is part of whom, from the catalogue."""
    return {
        platform.name.casefold(): frozenset(
            name.casefold() for name in (*platform.ancestors, platform.parent) if name is not None
        )
        for platform in platforms
    }


@dataclass(frozen=True, slots=True)
class _Term:
    """One summand of a match. `points` None refuses the match outright."""

    points: float | None
    says: str


def match(evidence: Evidence, incident: Incident, kin: Kinship) -> tuple[float, str]:
    """How likely the evidence reports this incident (0..1, a match from THRESHOLD on), and the sum in words."""
    terms: list[_Term] = []
    for judge in (_same_family, _same_platform, _same_place, _same_date, _same_time, _same_meaning):
        term = judge(evidence, incident, kin)
        if term.points is None:
            return 0.0, term.says
        terms.append(term)
    score = sum(term.points or 0.0 for term in terms)
    return min(max(score, 0.0), 1.0), "; ".join(f"{term.says} {term.points:+.2f}" for term in terms)


def _same_family(evidence: Evidence, incident: Incident, kin: Kinship) -> _Term:
    one, other = FAMILY[evidence.signal.event_type], FAMILY[incident.event_type]
    if one is other:
        return _Term(0.0, f"both {one}")
    if {one, other} == _OUT_OF_SIGHT and (known.observed(evidence) or known.unexplained(incident.evidence)):
        return _Term(0.0, f"{one} or {other}, a probe cannot tell")
    return _Term(None, f"{one} is not {other}")


def _same_platform(evidence: Evidence, incident: Incident, kin: Kinship) -> _Term:
    said = [name.casefold() for name in evidence.signal.platforms]
    held = [name.casefold() for name in incident.platforms]
    if FAMILY[incident.event_type] is Family.TRADE_RULE:  # a rule binds all; the platforms named are examples
        return _Term(0.25, "a rule for all platforms")
    if not said or not held:
        return _Term(0.05, "no platform named")
    if said[0] == held[0]:
        return _Term(0.4, f"both {incident.platforms[0]}")
    if said[0] in held or held[0] in said:
        return _Term(0.35, "a platform in common")
    if FAMILY[incident.event_type] is Family.BAN and _related(said[0], held[0], kin):
        return _Term(0.2, f"{evidence.signal.platforms[0]} and {incident.platforms[0]} fall under one ban")
    return _Term(None, f"{evidence.signal.platforms[0]} is not {incident.platforms[0]}")


def _related(one: str, other: str, kin: Kinship) -> bool:
    return one in kin.get(other, ()) or other in kin.get(one, ())


def _same_place(evidence: Evidence, incident: Incident, kin: Kinship) -> _Term:
    said, held = evidence.signal.regions, incident.regions
    if everywhere(said) or everywhere(held):
        return _Term(0.1, "place unbounded")
    if not overlap(said, held):
        return _Term(None, f"{','.join(said)} is not {','.join(held)}")
    one, other = countries(said), countries(held)
    return _Term(0.2, "same place") if one <= other or other <= one else _Term(0.15, "places overlap")


def _same_date(evidence: Evidence, incident: Incident, kin: Kinship) -> _Term:
    said = evidence.signal.effective_date
    held = {item.signal.effective_date for item in incident.evidence} | {incident.effective_date}
    dates = [date for date in held if date is not None]
    if said is None or not dates:
        return _Term(0.05, "a date missing")
    if any(said.agrees(date) for date in dates):
        return _Term(0.3, f"both {said}")
    apart = min(_apart(said, date) for date in dates)
    if apart <= NEAR_DATES:
        return _Term(0.15, f"dates {apart.days} days apart")
    if Status.REVERSED in (evidence.signal.status, incident.status):
        return _Term(0.05, f"delayed by {apart.days} days")
    return _Term(None, f"dates {apart.days} days apart")


def _apart(one: PartialDate, other: PartialDate) -> timedelta:
    """The least time between two dates, each taken as all the days that it may mean."""
    return max(one.first_day - other.last_day, other.first_day - one.last_day, timedelta(0))


def _same_time(evidence: Evidence, incident: Incident, kin: Kinship) -> _Term:
    first, last = incident.evidence[0].published, incident.evidence[-1].published
    apart = max(first - evidence.published, evidence.published - last, timedelta(0))
    if apart > WINDOW:
        return _Term(None, f"published {apart.days} days apart")
    return _Term(0.15 * (1 - apart / WINDOW), f"published {apart.days} days apart")


def _same_meaning(evidence: Evidence, incident: Incident, kin: Kinship) -> _Term:
    vectors = [item.meaning for item in incident.evidence if len(item.meaning) == len(evidence.meaning) > 0]
    if not vectors:
        return _Term(0.0, "meaning not compared")
    nearest = max(sum(map(mul, evidence.meaning, vector)) for vector in vectors)
    low, high = _COSINES
    return _Term(0.2 * min(max((nearest - low) / (high - low), 0.0), 1.0), f"meaning {nearest:.2f}")


def resolve(evidence: Evidence, incidents: Iterable[Incident], kin: Kinship) -> Incident | None:
    """The incident that the evidence reports: the best match, the oldest of equals; None when it opens a new one."""
    scored = [(match(evidence, incident, kin)[0], incident) for incident in incidents if incident.evidence]
    score, best = min(scored, key=lambda pair: (-pair[0], pair[1].opened_at, pair[1].id), default=(0.0, None))
    return best if score >= THRESHOLD else None


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
            replace(previous, status=Status.REVERSED, status_why=why, deadlines=(), evidence=()),
            previous,
            now,
            document_id,
        )
    voices = known.gathered(evidence)
    stands = standing(voices)
    effective = known.effective_date(stands.words) or known.effective_date(stands.earlier)
    status, why = climb(voices, now.date(), effective)
    current = Incident(
        id=incident_id,
        revision=1,
        event_type=known.event_type(voices),
        platforms=known.supported(voices, lambda item: item.signal.platforms),
        regions=known.supported(voices, lambda item: item.signal.regions),
        status=status,
        status_why=why,
        effective_date=effective,
        deadlines=known.deadlines(stands.words, effective),
        headline=known.headline(voices),
        opened_at=now,
        updated_at=now,
        evidence=voices,
        history=(),
    )
    if previous is None:
        opened = Change(ChangeKind.OPENED, now, "", status.value, document_id, why)
        return replace(current, history=(opened,))
    return _revised(current, previous, now, document_id)


def _revised(current: Incident, previous: Incident, now: datetime, document_id: str | None) -> Incident:
    moved = known.changes(previous, current, now, document_id)
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
    """The incident as time alone has moved it (its date has come), or None. Only what is confirmed and dated can."""
    date = incident.effective_date
    if incident.status is not Status.CONFIRMED or date is None or date.first_day > now.date():
        return None
    later = assemble(incident.id, incident.evidence, incident, now, None)
    return None if later is incident else later


def incident_id(first: Evidence) -> str:
    """The name of the incident that this evidence opens: the same whenever it is opened again from the same words."""
    return digest(first.document_id, str(first.signal_no))


def absorb(
    evidence: Iterable[Evidence], incidents: Mapping[str, Incident], kin: Kinship, now: datetime
) -> tuple[Incident, ...]:
    """What new evidence does to the open incidents (by id): those changed and opened, each one revision above before.

    Documents are taken by time of publication, not by order of arrival. What a document said before is replaced by what
    it says now, and leaves incidents that it reports no more. A document that is edited and now says nothing (no
    evidence here) takes nothing back: what was said stands until somebody denies it.
    """
    ordered = sorted(evidence, key=lambda item: (item.published, item.document_id, item.signal_no))
    current = dict(incidents)
    changed: dict[str, None] = {}  # ids, in order of change
    for document_id, items in groupby(ordered, key=lambda item: item.document_id):
        said = tuple(items)
        holders = [one.id for one in current.values() if _holds(one, document_id)]
        homes: dict[str, None] = {}
        for item in said:
            home = resolve(item, current.values(), kin) or current.get(incident_id(item))
            key = home.id if home else incident_id(item)
            others = [held for held in home.evidence if held.document_id != document_id or held in said] if home else []
            current[key] = assemble(key, [*others, item], home, now, document_id)
            homes[key] = None
        for key in [holder for holder in holders if holder not in homes]:
            rest = [held for held in current[key].evidence if held.document_id != document_id]
            current[key] = assemble(key, rest, current[key], now, document_id)
            homes[key] = None
        changed |= homes
    return tuple(
        replace(current[key], revision=incidents[key].revision + 1 if key in incidents else 1)
        for key in changed
        if current[key] is not incidents.get(key)
    )


def _holds(incident: Incident, document_id: str) -> bool:
    return any(item.document_id == document_id for item in incident.evidence)
