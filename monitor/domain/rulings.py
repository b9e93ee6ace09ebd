"""What people decide of incidents: acts, kept for ever, and what they rule about evidence, which no machine undoes."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

EvidenceKey = tuple[str, int]
"""(document id, number of the signal within it)."""


class ActKind(StrEnum):
    """What somebody did."""

    MERGE = "merge"
    SPLIT = "split"
    CLOSE = "close"
    REOPEN = "reopen"
    DONE = "done"  # a deadline or a step of a playbook
    UNDONE = "undone"
    ACK = "ack"  # somebody has heard it: no repeats, no escalation
    TAKE = "take"  # and sees to it
    FALSE_ALARM = "false_alarm"  # nothing of the kind happens: closed, and a lesson for the model
    NOT_FOR_US = "not_for_us"  # true, and no concern of that seller's
    FOR_US = "for_us"  # it is, after all


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody did to an incident, never changed afterwards.

    `subject` is the other incident's id (MERGE), the new one's (SPLIT), "deadline:ROLE:DATE" or "step:ID" (DONE,
    UNDONE), the ids of the alerts that it answers (ACK, TAKE); "" else. `seller_id` names whose desk it was, "" when it
    holds for all.
    """

    id: str
    incident_id: str
    kind: ActKind
    at: datetime
    who: str
    subject: str = ""
    note: str = ""
    seller_id: str = ""


class RulingKind(StrEnum):
    """What somebody ruled of two groups of evidence."""

    SAME = "same"  # all of them report one event
    APART = "apart"  # nothing of the one group reports what the other does


@dataclass(frozen=True, slots=True)
class Ruling:
    """A person's word on which evidence belongs together; the newest wins where two contradict."""

    id: str
    kind: RulingKind
    at: datetime
    who: str
    one: tuple[EvidenceKey, ...]
    other: tuple[EvidenceKey, ...]

    @property
    def keys(self) -> frozenset[EvidenceKey]:
        """All evidence that it speaks of."""
        return frozenset((*self.one, *self.other))


def standing_acts(acts: Iterable[Act]) -> dict[tuple[str, str], Act]:
    """What is done now, by (seller, subject): the newest of DONE and UNDONE, and only while that is DONE."""
    latest: dict[tuple[str, str], Act] = {}
    for act in sorted(acts, key=lambda act: (act.at, act.id)):
        if act.kind in (ActKind.DONE, ActKind.UNDONE):
            latest[act.seller_id, act.subject] = act
    return {key: act for key, act in latest.items() if act.kind is ActKind.DONE}


def not_for_us(acts: Iterable[Act], seller_id: str) -> Act | None:
    """The act by which that seller's people said that it is no concern of theirs, while nobody said otherwise since."""
    latest: Act | None = None
    for act in acts:  # oldest first
        if act.kind in {ActKind.NOT_FOR_US, ActKind.FOR_US} and act.seller_id in {"", seller_id}:
            latest = act
    return latest if latest is not None and latest.kind is ActKind.NOT_FOR_US else None


Side = tuple[str, bool]
"""(ruling, which of its two groups)"""
NOWHERE: frozenset[Side] = frozenset()


class Verdicts:
    """What rulings make of some evidence: which must be together, and what must not meet. The newest wins."""

    def __init__(self, rulings: Iterable[Ruling], present: Collection[EvidenceKey]) -> None:
        self._root: dict[EvidenceKey, EvidenceKey] = {}
        self._sides: dict[EvidenceKey, frozenset[Side]] = {}
        for ruling in sorted(rulings, key=lambda one: (one.at, one.id), reverse=True):
            one, other = ([key for key in side if key in present] for side in (ruling.one, ruling.other))
            if ruling.kind is RulingKind.SAME:
                for key in (*one, *other)[1:]:
                    self._join((*one, *other)[0], key)
            else:
                self._part(ruling.id, one, other)

    def root(self, key: EvidenceKey) -> EvidenceKey:
        """One name for all that must be together."""
        while (above := self._root.get(key, key)) != key:
            key = above
        return key

    def sides(self, key: EvidenceKey) -> frozenset[Side]:
        """Where it, and what must be with it, stands."""
        return self._sides.get(self.root(key), NOWHERE) if self._sides else NOWHERE

    @property
    def bound(self) -> frozenset[EvidenceKey]:
        """All that must be together with something else."""
        return frozenset((*self._root, *self._root.values()))

    def _join(self, one: EvidenceKey, other: EvidenceKey) -> None:
        first, second = sorted((self.root(one), self.root(other)))
        if first == second or against(self.sides(first), self.sides(second)):
            return  # a newer ruling keeps them apart
        self._root[second] = first
        self._sides[first] = self.sides(first) | self._sides.pop(second, frozenset())

    def _part(self, ruling: str, one: Sequence[EvidenceKey], other: Sequence[EvidenceKey]) -> None:
        left, right = ({self.root(key) for key in side} for side in (one, other))
        for roots, side in ((left - right, False), (right - left, True)):
            for root in roots:
                self._sides[root] = self._sides.get(root, frozenset()) | {(ruling, side)}


def against(one: frozenset[Side], other: frozenset[Side]) -> bool:
    """Whether a ruling keeps them apart."""
    return any((ruling, not side) in other for ruling, side in one)
