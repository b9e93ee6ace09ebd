"""One incident for one real-world event: what is known of it is a function of its evidence."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.signals import EventType, Signal, Status
from monitor.domain.sources import Authority


@dataclass(frozen=True, slots=True)
class Evidence:
    """One signal of one document, with what is needed to weigh it and to show it."""

    document_id: str
    signal_no: int  # position within the document's signals
    content_hash: str
    source_id: str
    publisher: str  # the origin: two sources of one publisher are one voice
    authority: Authority
    url: str
    title: str
    lang: str
    published: datetime  # of the document; when unknown, the time it was fetched
    signal: Signal
    meaning: tuple[float, ...] = ()


class ChangeKind(StrEnum):
    """What can move in an incident."""

    OPENED = "opened"
    RUNG = "rung"  # the status moved
    PLACE = "place"  # a platform or region was added
    DATE = "date"  # the effective date became known or moved
    DEADLINE = "deadline"  # a deadline was added, moved or withdrawn
    EVIDENCE = "evidence"  # one more document says so


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of an incident's history: what moved, from what to what, when, and which document moved it."""

    kind: ChangeKind
    at: datetime
    before: str
    after: str
    document_id: str | None  # None when time alone moved it
    why: str


@dataclass(frozen=True, slots=True)
class Incident:
    """What is known of one event now. `revision` grows by one with every kept change; stores refuse a stale one."""

    id: str
    revision: int
    event_type: EventType
    platforms: tuple[str, ...]
    regions: tuple[str, ...]
    status: Status
    status_why: str  # the rule and the evidence that put it on this rung
    effective_date: PartialDate | None
    deadlines: tuple[Deadline, ...]
    headline: str
    opened_at: datetime
    updated_at: datetime
    evidence: tuple[Evidence, ...]
    history: tuple[Change, ...]


WEIGHT: Mapping[Authority, float] = {
    Authority.OFFICIAL: 3,
    Authority.REGULATOR: 3,
    Authority.COURT: 3,
    Authority.TRADE: 2,
    Authority.NEWS: 2,
    Authority.OBSERVED: 1.5,
    Authority.COMMUNITY: 1,
}
REPRESENTATIVES = 5  # the first evidence keeps its sentence vectors, for later matches; the rest would only be weight
_STRAY = 0.2  # a name that fewer of those who name any say is a slip of one text, not a place of the incident


def sovereign(evidence: Evidence) -> bool:
    """The platform itself, a regulator or a court: believed on its own word."""
    return WEIGHT[evidence.authority] == 3


def hearsay(evidence: Evidence) -> bool:
    """A forum or a social post: heard, and never enough alone."""
    return WEIGHT[evidence.authority] == 1


def observed(evidence: Evidence) -> bool:
    """A probe's own sight: that it is so, never what it is, who wants it or why."""
    return evidence.authority is Authority.OBSERVED


def unexplained(evidence: Collection[Evidence]) -> bool:
    """Whether probes alone stand behind it."""
    return bool(evidence) and all(map(observed, evidence))


def origins(evidence: Iterable[Evidence]) -> frozenset[str]:
    """The independent voices: two sources of one publisher are one."""
    return frozenset(item.publisher.casefold() for item in evidence)


def backed(evidence: Iterable[Evidence]) -> bool:
    """Enough for an addition to what was told: a sovereign word, or two independent origins above hearsay."""
    words = [item for item in evidence if not hearsay(item)]
    return any(sovereign(item) for item in words) or len(origins(words)) >= 2


def in_order(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """By time of publication: the one order of a set, whatever the order of arrival.

    At one instant the weightier word comes last, and a denial after what it denies, so that they have the last word.
    """
    return tuple(
        sorted(
            evidence,
            key=lambda e: (
                e.published,
                WEIGHT[e.authority],
                e.signal.status is Status.REVERSED,
                e.document_id,
                e.signal_no,
            ),
        )
    )


def gathered(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The set in order, each (document, signal) once; the later given wins, as an edited article replaces itself."""
    latest = {(item.document_id, item.signal_no): item for item in evidence}
    ordered = in_order(latest.values())
    return ordered[:REPRESENTATIVES] + tuple(
        replace(item, meaning=()) if item.meaning else item for item in ordered[REPRESENTATIVES:]
    )


def event_type(evidence: Sequence[Evidence]) -> EventType:
    """What kind of event it is, by weight of those who say so; the earliest wins a draw. Wants ordered evidence.

    What was only seen has no say in it while anybody says what it is.
    """
    votes: dict[EventType, float] = {}
    for item in [item for item in evidence if not observed(item)] or evidence:
        votes[item.signal.event_type] = votes.get(item.signal.event_type, 0) + WEIGHT[item.authority]
    return max(votes, key=lambda event: votes[event])


def supported(evidence: Sequence[Evidence], names: Callable[[Evidence], Sequence[str]]) -> tuple[str, ...]:
    """The union of names, most supported first, without strays. Wants ordered evidence.

    A name stays when the first evidence or a sovereign word says it, or at least a fifth of the origins that name any.
    """
    voices: dict[str, set[str]] = {}
    spelled: dict[str, str] = {}
    kept: set[str] = set()
    speaking = [item for item in evidence if names(item)]
    for item in speaking:
        for name in names(item):
            key = name.casefold()
            spelled.setdefault(key, name)
            voices.setdefault(key, set()).add(item.publisher.casefold())
            if item is speaking[0] or sovereign(item):
                kept.add(key)
    enough = _STRAY * len(origins(speaking))
    stay = [key for key, who in voices.items() if key in kept or len(who) >= enough]
    return tuple(spelled[key] for key in sorted(stay, key=lambda key: -len(voices[key])))  # stable: first said first


def effective_date(words: Sequence[Evidence]) -> PartialDate | None:
    """When it takes effect, by those words that say so, oldest first. Hearsay counts only when nobody else speaks.

    A word that agrees can only make the date more precise. One that contradicts moves it when it is sovereign; else
    when as many independent origins stand behind it as behind the date that stands, and two at least against a
    sovereign one. So a date moves with the news, and one slip of one text does not move what many have said.
    """
    spoken = [(item, item.signal.effective_date) for item in words]
    dated = [(item, said) for item, said in spoken if said is not None]
    current: PartialDate | None = None
    by_sovereign = False
    behind: dict[PartialDate, set[str]] = {}
    for item, said in [(item, said) for item, said in dated if not hearsay(item)] or dated:
        behind.setdefault(said, set()).add(item.publisher.casefold())
        if current is None or said.agrees(current):
            current = said if current is None or len(said.parts) > len(current.parts) else current
            by_sovereign = by_sovereign or sovereign(item)
            continue
        needed = max(_support(current, behind), 2 if by_sovereign else 1)
        if sovereign(item) or _support(said, behind) >= needed:
            current, by_sovereign = said, sovereign(item)
    return current


def _support(date: PartialDate, behind: Mapping[PartialDate, set[str]]) -> int:
    return len({origin for said, origins_of in behind.items() if said.agrees(date) for origin in origins_of})


def deadlines(words: Iterable[Evidence], effective: PartialDate | None = None) -> tuple[Deadline, ...]:
    """Every deadline that the words name, one for each (date, role), with the weightiest and then earliest quote.

    Roles are read from the words around a date, and one text's slip must not look like a second duty. Of a day's roles
    that two publishers or more name, those stay, with what their texts name beside them; else those of the weightiest
    text. "Other" on the day of the event itself is the event, not a duty.
    """
    by_weight = sorted(words, key=lambda item: -WEIGHT[item.authority])
    named: dict[PartialDate, list[tuple[Evidence, set[DeadlineRole]]]] = {}
    best: dict[tuple[PartialDate, DeadlineRole], Deadline] = {}
    for item in by_weight:
        roles: dict[PartialDate, set[DeadlineRole]] = {}
        for deadline in item.signal.deadlines:
            roles.setdefault(deadline.date, set()).add(deadline.role)
            key = (deadline.date, deadline.role)
            if key not in best or (deadline.quote and not best[key].quote):
                best[key] = deadline
        for date, some in roles.items():
            named.setdefault(date, []).append((item, some))
    agreed = {date: _agreed(texts) for date, texts in named.items()}
    return tuple(
        sorted(
            deadline
            for (date, role), deadline in best.items()
            if role in agreed[date] and not (role is DeadlineRole.OTHER and date == effective)
        )
    )


def _agreed(texts: Sequence[tuple[Evidence, set[DeadlineRole]]]) -> set[DeadlineRole]:
    """The roles of one day, by texts that name it, the weightiest first."""
    voices: dict[DeadlineRole, set[str]] = {}
    for item, roles in texts:
        for role in roles:
            voices.setdefault(role, set()).add(item.publisher.casefold())
    shared = {role for role, names in voices.items() if len(names) >= 2}
    if not shared:
        return texts[0][1]
    return {role for _, roles in texts if roles & shared for role in roles}


def headline(evidence: Sequence[Evidence]) -> str:
    """The title of the weightiest evidence, the earliest of those; of sights the latest. Wants ordered evidence."""
    if unexplained(evidence):
        return evidence[-1].title
    return max(evidence, key=lambda item: WEIGHT[item.authority]).title


def changes(before: Incident, now_known: Incident, at: datetime, document_id: str | None) -> tuple[Change, ...]:
    """What moved between two states of one incident, by kind, each with its reason; empty when nothing did."""
    views: tuple[tuple[ChangeKind, Callable[[Incident], str], str], ...] = (
        (ChangeKind.RUNG, lambda i: i.status.value, now_known.status_why),
        (ChangeKind.PLACE, _places, "those who say so name other platforms or regions"),
        (ChangeKind.DATE, lambda i: str(i.effective_date or "unknown"), "by the best supported word"),
        (ChangeKind.DEADLINE, _deadlines, "the union of what the standing words ask"),
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


def _deadlines(incident: Incident) -> str:
    return ", ".join(f"{deadline.role.value} {deadline.date}" for deadline in incident.deadlines) or "none"


def _evidence(incident: Incident) -> str:
    return f"{len(incident.evidence)} from {len(origins(incident.evidence))} origins"
