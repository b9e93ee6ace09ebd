"""One incident for one real-world event: what is known of it is a function of its evidence."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.domain.deadlines import Deadline, PartialDate
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
