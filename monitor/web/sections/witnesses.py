"""Who says so, as values: voices and their copies, in their own words, and where they contradict each other."""

from dataclasses import dataclass
from datetime import datetime

from monitor.domain.deadlines import PartialDate
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a source's own words; `roles` are what it decided ("event", "status", "date" ...), if anything."""

    text: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """One document, and what it says of the event. `passages` are the parts of its text around what decided."""

    document_id: str
    title: tuple[Piece, ...]
    passages: tuple[tuple[Piece, ...], ...]
    url: str | None  # None when it is no plain web link
    publisher: str
    authority: Authority
    authority_said: str
    lang: str
    published: datetime
    event_type: EventType
    status: Status
    platforms: tuple[str, ...]
    regions: tuple[str, ...]
    date: PartialDate | None
    score: float
    counts: str  # what it counts for on the ladder
    kept: bool  # whether its text is still there as it was read
    ruled: tuple[str, ...] = ()  # by people


@dataclass(frozen=True, slots=True)
class Voice:
    """Documents that count as one: the first of them, and its copies."""

    author: str
    publishers: tuple[str, ...]
    why: str  # they are one; "" where one speaks once
    first: Said
    copies: tuple[Said, ...]
    more: int  # copies that are not listed


@dataclass(frozen=True, slots=True)
class Witnesses:
    """The voices from number `begins` on, the strongest first."""

    independent: int
    documents: int
    voices: tuple[Voice, ...]
    begins: int
    of: int


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a contradiction, with those who hold it."""

    value: str
    day: PartialDate | None  # where they differ about the date
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dispute:
    """What sources contradict each other about ("date", "place", "status"); the side that stands first."""

    about: str
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """A step on the ladder, and what moved it there."""

    status: Status
    at: datetime
    words: str  # in the reader's language
    why: str  # as it was kept then, in English
    document_id: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """How it stands in one place, where places go different ways."""

    place: str
    date: PartialDate | None
    status: Status
    why: str  # in English
