"""One real-world event, one incident: which incidents new evidence makes of those that we know.

What belongs together is a function of the set of evidence and of what people ruled (`partition`). Only names have a
history: an incident keeps its id while it lives, and goes on in another when both turn out to be one.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import nsmallest

from monitor.domain.assembly import assemble
from monitor.domain.blocking import Kinship, asks, kinship
from monitor.domain.documents import digest
from monitor.domain.faint import certainty, faces
from monitor.domain.incidents import Change, ChangeKind, Evidence, Incident
from monitor.domain.linking import Term, terms
from monitor.domain.nodes import Node
from monitor.domain.partition import Events
from monitor.domain.rulings import EvidenceKey, Ruling, RulingKind

__all__ = ["Kinship", "Likeness", "Resolution", "Resolved", "absorb", "incident_id", "kinship", "reach", "why_here"]

NEAREST = 64  # of the others, when it is asked why one belongs to its incident


@dataclass(frozen=True, slots=True)
class Resolved:
    """What becomes of incidents: those changed and opened, each one revision above before (1 when opened)."""

    incidents: tuple[Incident, ...] = ()
    merged: Mapping[str, str] = field(default_factory=dict)  # id of each that is gone -> the one that goes on for it
    parted: Mapping[str, str] = field(default_factory=dict)  # id of each that was split off -> the one it came from


def incident_id(first: Evidence) -> str:
    """The name of the incident that this evidence opens: the same whenever it is opened again from the same words."""
    return digest(first.document_id, str(first.signal_no))


def reach(
    evidence: Iterable[Evidence],
    incidents: Mapping[str, Incident],
    rulings: Collection[Ruling],
    kin: Kinship,
    faint: Iterable[Evidence] = (),
) -> frozenset[str]:
    """What all asks for that the evidence is connected with, as far as `incidents` tell. `absorb` wants every incident
    that is found by one of these keys: look for more until they grow no more."""
    return Resolution(evidence, incidents, rulings, kin, faint).reach


def absorb(
    evidence: Iterable[Evidence],
    incidents: Mapping[str, Incident],
    rulings: Collection[Ruling],
    kin: Kinship,
    now: datetime,
    faint: Iterable[Evidence] = (),
) -> Resolved:
    """What new evidence, or a new ruling, makes of the incidents (by id) that are within its `reach`.

    `rulings` are all that speak of any evidence here. What a document said before is replaced by what it says now, and
    leaves incidents that it reports no more. A document that is edited and now says nothing (no evidence here) takes
    nothing back: what was said stands until somebody denies it. `faint` are the faint texts of before within reach,
    whether an incident has them or not.
    """
    return Resolution(evidence, incidents, rulings, kin, faint).resolved(now)


class Resolution:
    """What new evidence and rulings touch of what was known: how far it goes, and what comes of it."""

    def __init__(
        self,
        evidence: Iterable[Evidence],
        incidents: Mapping[str, Incident],
        rulings: Collection[Ruling],
        kin: Kinship,
        faint: Iterable[Evidence] = (),
    ) -> None:
        self.kin, self.known = kin, incidents
        said = {item.key: item for item in evidence}
        documents = {document_id for document_id, _ in said}
        self.incidents = {name: one for name, one in incidents.items() if not one.merged_into}
        self.home = {item.key: name for name, one in self.incidents.items() for item in one.evidence}
        held = {item.key: item for one in self.incidents.values() for item in one.evidence}
        self.gone = [item for key, item in held.items() if key[0] in documents and not _same(item, said.get(key))]
        self.fresh = [item for key, item in said.items() if key not in held or not _same(item, held[key])]
        stale = {item.key for item in self.gone}
        waiting = {item.key: item for item in faint if item.key not in held and item.document_id not in documents}
        if waiting:  # what follows nothing that was known can follow what is new alone
            new = Events((*waiting.values(), *said.values()), rulings, kin)
            waiting = {key: item for key, item in waiting.items() if new.leader(key)}
        pool = waiting | {key: item for key, item in held.items() if key not in stale} | said
        self.replaced = stale
        self.leaving = {key for ruling in rulings if ruling.kind is RulingKind.APART for key in ruling.one}
        self.events = Events(pool.values(), rulings, kin)
        self.fresh += [item for item in waiting.values() if self.events.leader(item.key)]
        ruled = [pool[key] for ruling in rulings for key in ruling.keys if key in pool]
        following = self._followers() if not self.gone and not ruled else {}
        follows = {item.key for some in following.values() for item in some}
        self.components, covered = self._whole(
            [*self.gone, *ruled, *(item for item in self.fresh if item.key not in follows)]
        )
        self.following = {name: some for name, some in following.items() if covered.isdisjoint(one.key for one in some)}

    def _followers(self) -> dict[str, list[Evidence]]:
        """By incident, the fresh evidence that changes nothing but that the incident has it too."""
        found: dict[str, list[Evidence]] = {}
        for item in self.fresh:
            leader = self.events.leader(item.key)
            if leader and leader.key != item.key and leader.key in self.home:
                found.setdefault(self.home[leader.key], []).append(item)
        return found

    def _whole(self, touched: Sequence[Evidence]) -> tuple[list[list[Node]], set[EvidenceKey]]:
        """The components of what is touched, with all of each incident that has a part in them; and what they hold."""
        bereft = {self.home[key] for key in self.replaced}
        more = [item for name in bereft for item in self.incidents[name].evidence if item.key not in self.replaced]
        while True:
            components = self.events.connected([*touched, *more])
            covered = {item.key for component in components for node in component for item in node.group}
            homes = {self.home[key] for key in covered if key in self.home}
            held = (item for name in homes for item in self.incidents[name].evidence)
            left = [
                item
                for item in held
                if item.key not in covered and item.key not in self.replaced and self.events.leader(item.key)
            ]
            if not left:
                return components, covered
            more += left

    @property
    def reach(self) -> frozenset[str]:
        """See `reach`."""
        bereft = {self.home[key] for key in self.replaced}
        lost = (item for name in bereft for item in self.incidents[name].evidence if not self.events.stands(item))
        moved = (asks(item, self.kin) for item in (*self.gone, *self.fresh, *lost))
        return frozenset().union(*moved, *(node.asks for component in self.components for node in component))

    def resolved(self, now: datetime) -> Resolved:
        """See `absorb`."""
        groups = [group for component in self.components for group in self.events.divided(component)]
        names = _Names(groups, self)
        changed: dict[str, Incident] = {}
        for group, name in zip(groups, names.of, strict=True):
            changed[name] = _known(name, group, names, self, now)
        for name, some in self.following.items():
            before = self.known[name]
            changed[name] = assemble(
                name, (*before.evidence, *some), before, now, self.document_of(i.key for i in some)
            )
        for name, into in names.merged.items():
            changed[name] = _gone_into(into, self.known[name], self, now)
        for name in names.emptied:
            changed[name] = assemble(name, (), self.known[name], now, self.document_of(self.replaced))
        return Resolved(
            tuple(
                replace(one, revision=self.known[name].revision + 1 if name in self.known else 1)
                for name, one in changed.items()
                if one is not self.known.get(name)
            ),
            names.merged,
            names.parted,
        )

    def document_of(self, group: Iterable[EvidenceKey]) -> str | None:
        """The last published of the documents that moved it; None when a person did."""
        keys = set(group)
        moved = [item for item in (*self.gone, *self.fresh) if item.key in keys]
        return max(moved, key=lambda item: (item.published, item.key)).document_id if moved else None


def _same(held: Evidence, said: Evidence | None) -> bool:
    return held == said


class _Names:
    """Which group goes on as which incident: the first opened chooses first, and goes where most of it is."""

    def __init__(self, groups: Sequence[Sequence[Evidence]], change: Resolution) -> None:
        self.merged: dict[str, str] = {}
        self.parted: dict[str, str] = {}
        self.emptied: list[str] = []
        shares, edited = _shares(groups, change)
        taken: dict[int, str] = {}
        without: list[str] = []
        for name in sorted({*shares, *edited}, key=lambda name: (change.incidents[name].opened_at, name)):
            ranked = sorted(shares.get(name, {}).items(), key=lambda share: (-share[1], share[0]))
            number = next((number for number, _ in ranked if number not in taken), None)
            if number is not None:
                taken[number] = name
            else:
                without.append(name)
        for name in [name for name in without if name not in shares]:
            number = next((number for number in edited[name] if number not in taken), None)
            if number is not None:
                taken[number] = name
            else:
                self.emptied.append(name)
        for number, group in enumerate(groups):
            if number in taken:
                continue
            parents = Counter({name: share[number] for name, share in shares.items() if number in share})
            taken[number] = _opened(group, change)
            if parents:
                self.parted[taken[number]] = min(parents, key=lambda name: (-parents[name], name))
        for name in without:
            if name in shares:
                self.merged[name] = taken[max(shares[name], key=lambda number: (shares[name][number], -number))]
        self.of = [taken[number] for number in range(len(groups))]


def _shares(
    groups: Sequence[Sequence[Evidence]], change: Resolution
) -> tuple[dict[str, dict[int, float]], dict[str, list[int]]]:
    """How much of each incident is in which group; and where what its documents say now has gone."""
    shares: dict[str, dict[int, float]] = {}
    edited: dict[str, list[int]] = {change.home[key]: [] for key in change.replaced}
    for number, group in enumerate(groups):
        for item in group:
            home = change.home.get(item.key)
            if home is not None and item.key in change.replaced:
                edited[home].append(number)
            elif home is not None and change.events.stands(item):
                share = shares.setdefault(home, {})
                share[number] = share.get(number, 0.0) + (0.0 if item.key in change.leaving else 1.0)
    return shares, edited


def _opened(group: Sequence[Evidence], change: Resolution) -> str:
    """A name that nobody has: what was held before may have lent its own to an incident that it has left."""
    homes = {document_id: name for (document_id, _), name in change.home.items()}
    firm = [item for item in group if change.events.stands(item)]
    fresh = next((item for item in firm if item.document_id not in homes), None)
    if fresh:
        return incident_id(fresh)
    left = change.incidents[homes[firm[0].document_id]]
    return digest(incident_id(firm[0]), left.id, str(left.revision))


def _known(name: str, group: Sequence[Evidence], names: _Names, change: Resolution, now: datetime) -> Incident:
    before = change.incidents.get(name)
    came = sorted(gone for gone, into in names.merged.items() if into == name)
    left = sorted(new for new, parent in names.parted.items() if parent == name)
    closures = [one.closed for one in (before, *(change.incidents[gone] for gone in came)) if one and one.closed]
    if before and closures:
        before = replace(before, closed=min(closures, key=lambda closure: closure.at))
    document_id = change.document_of(item.key for item in group)
    one = assemble(name, group, before, now, document_id)
    parent = names.parted.get(name)
    if parent and not any(change.events.ruled_apart(item.key) for item in group):
        one = replace(one, closed=change.incidents[parent].closed)
    why = "one event" if document_id else "somebody ruled so"
    moved = [Change(ChangeKind.MERGED, now, gone, name, document_id, f"both report {why}") for gone in came]
    moved += [Change(ChangeKind.SPLIT, now, name, new, document_id, "another event") for new in left]
    moved += [Change(ChangeKind.SPLIT, now, parent, name, document_id, "another event")] if parent else []
    return replace(one, updated_at=now, history=(*one.history, *moved)) if moved else one


def _gone_into(into: str, before: Incident, change: Resolution, now: datetime) -> Incident:
    moved = Change(ChangeKind.MERGED, now, before.id, into, change.document_of(()), "both report one event")
    return replace(
        before,
        updated_at=now,
        evidence=(),
        deadlines=(),
        conflicts=(),
        question="",
        dates=(),
        history=(*before.history, moved),
        merged_into=into,
    )


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like two pieces of evidence are, term by term: the log odds that both report one event."""

    other: Evidence
    terms: tuple[Term, ...]

    @property
    def score(self) -> float:
        return sum(term.points for term in self.terms)


def why_here(evidence: Evidence, incident: Incident, kin: Kinship) -> Likeness | None:
    """Why it belongs to its incident: that one of the others which it is most like. None when it is alone there.

    Of a storm only the NEAREST in meaning and time are weighed.
    """
    others = [item for item in incident.evidence if item.key != evidence.key and not item.signal.faint]
    near = nsmallest(NEAREST, others, key=lambda other: _distance(evidence, other))
    read = [(face, _faintness(evidence, face, odds)) for face, odds in faces(evidence)] or [(evidence, ())]
    scored = [Likeness(other, (*terms(face, other, kin), *more)) for other in near for face, more in read]
    return max(scored, key=lambda likeness: likeness.score, default=None)


def _faintness(evidence: Evidence, face: Evidence, odds: float) -> tuple[Term, ...]:
    """What a faint text brings along: how sure it is alone, and of that type of event."""
    alone = Term(f"alone {evidence.signal.score:.2f}", certainty(evidence))
    return (alone, Term(f"leans to {face.signal.event_type.value}", odds)) if odds else (alone,)


def _distance(one: Evidence, other: Evidence) -> tuple[int, timedelta]:
    bits = (one.gist ^ other.gist).bit_count() if one.gist and other.gist else 0
    return bits, abs(one.published - other.published)
