"""One incident for one real-world event, and the evidence that it is made of."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from monitor.domain.deadlines import Deadline, PartialDate
from monitor.domain.rulings import EvidenceKey
from monitor.domain.signals import EventType, Signal, Status
from monitor.domain.sources import DRILL, Authority


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
    gist: int = 0  # of its meaning (`monitor.domain.linking`); 0 when no encoder ran
    agency: str = ""  # the news agency that it says it took its words from, case-folded
    sketch: tuple[int, ...] = ()  # of its words, so that copies are known as copies (`monitor.domain.origins`)
    author: str = field(default="", compare=False)  # whose words they are, by all of the evidence

    @property
    def key(self) -> EvidenceKey:
        """What names it, in every incident that may hold it."""
        return self.document_id, self.signal_no


class ChangeKind(StrEnum):
    """What can move in an incident."""

    OPENED = "opened"
    RUNG = "rung"  # the status moved
    PLACE = "place"  # a platform or region was added
    DATE = "date"  # the effective date became known or moved
    DEADLINE = "deadline"  # a deadline was added, moved or withdrawn
    EVIDENCE = "evidence"  # one more document says so
    CONFLICT = "conflict"  # sources contradict each other, or do so no more
    QUESTION = "question"  # it asks for a person, or does so no more
    MERGED = "merged"  # it took in another incident, or went into one
    SPLIT = "split"  # a person took evidence out of it
    CLOSED = "closed"  # a person closed it, or opened it again


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
class Claimed:
    """One side of a contradiction: what is said, and by which evidence (the weightiest first)."""

    value: str  # a date, or a list of places
    by: tuple[EvidenceKey, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """What sources contradict each other about ("date", "place" or "status"): each side, the one that stands first."""

    about: str
    sides: tuple[Claimed, ...]


@dataclass(frozen=True, slots=True)
class PlaceDate:
    """How it stands in one place of an incident whose places go different ways (`monitor.domain.localities`)."""

    place: str
    date: PartialDate | None
    status: Status
    why: str  # what put it on this rung there
    deadlines: tuple[Deadline, ...] = ()


@dataclass(frozen=True, slots=True)
class Closure:
    """A person closed it. The machine never opens it again; what still comes in is kept and told to nobody."""

    at: datetime
    who: str
    note: str = ""
    false_alarm: bool = False  # nothing of the kind happens: whoever was told hears that


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
    conflicts: tuple[Conflict, ...] = ()
    question: str = ""  # what only a person can answer ("its date has passed, and nothing was seen of it"); "" if none
    closed: Closure | None = None
    merged_into: str = ""  # the incident that holds its evidence now; it has none of its own any more
    dates: tuple[PlaceDate, ...] = ()  # by place, where they differ; empty while one date and one rung hold for all


def imagined(
    platforms: Sequence[str], regions: Sequence[str], event: EventType, day: PartialDate | None, now: datetime
) -> Incident:
    """The incident that somebody asks about: sure, and with no other date than its own."""
    what = event.value.replace("_", " ")
    return Incident(
        id="imagined",
        revision=1,
        event_type=event,
        platforms=tuple(platforms),
        regions=tuple(regions),
        status=Status.CONFIRMED,
        status_why="imagined",
        effective_date=day,
        deadlines=(),
        headline=f"{what} of {', '.join(platforms)} in {', '.join(regions)}",
        opened_at=now,
        updated_at=now,
        evidence=(),
        history=(),
    )


WEIGHT: Mapping[Authority, float] = {
    Authority.OFFICIAL: 3,
    Authority.REGULATOR: 3,
    Authority.COURT: 3,
    Authority.TRADE: 2,
    Authority.NEWS: 2,
    Authority.OBSERVED: 1.5,
    Authority.COMMUNITY: 1,
}
AUDIBLE = 0.25  # the score of a faint text from which on its words count as hearsay
SOVEREIGN = (Authority.OFFICIAL, Authority.REGULATOR, Authority.COURT)


def sovereign(evidence: Evidence) -> bool:
    """The platform itself, a regulator or a court: believed on its own word. What they say so faintly that nobody would
    take it for an event without those that stand is so only where it takes back."""
    loud = not evidence.signal.faint or evidence.signal.status is Status.REVERSED
    return evidence.authority in SOVEREIGN and loud


def hearsay(evidence: Evidence) -> bool:
    """A forum or a social post: heard, and never enough alone; and what is said faintly."""
    return evidence.authority is Authority.COMMUNITY or whispered(evidence)


def whispered(evidence: Evidence) -> bool:
    """Said faintly, and not believed for who says it."""
    return evidence.signal.faint and not sovereign(evidence)


def aloud(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Those that are not whispered; all of them where every one is."""
    some = list(evidence)
    return [item for item in some if not whispered(item)] or some


def barely(evidence: Evidence) -> bool:
    """Whispered so low that it follows its event by platform, place and day alone: most likely it tells of none, and it
    brings no date. A denial is heard however low."""
    low = evidence.signal.score < AUDIBLE and evidence.signal.status is not Status.REVERSED
    return low and whispered(evidence)


def observed(evidence: Evidence) -> bool:
    """A probe's own sight: that it is so, never what it is, who wants it or why."""
    return evidence.authority is Authority.OBSERVED


def drilled(evidence: Iterable[Evidence]) -> bool:
    """Whether it is invented, to see that word reaches people: nobody's business, and part of nothing real."""
    return any(item.source_id == DRILL for item in evidence)


def unexplained(evidence: Collection[Evidence]) -> bool:
    """Whether probes alone stand behind it."""
    return bool(evidence) and all(map(observed, evidence))


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
