"""What the path needs from the outside world, as protocols; `wiring` chooses who keeps them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from monitor.domain.alerts import Attempt, Delivery, DeliveryState, Hold, Reason, Target, Told, Verdict
from monitor.domain.documents import Capture, Document, ReadResult
from monitor.domain.errors import FailureReason
from monitor.domain.harvests import Harvest
from monitor.domain.incidents import Incident
from monitor.domain.rulings import Act, EvidenceKey, Ruling
from monitor.domain.signals import Assessment, EventType, Signal, Status
from monitor.domain.silences import Silence
from monitor.domain.sources import Look, Source, SourceState
from monitor.domain.vigils import Vigil

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Claim(Generic[T]):
    """A leased row. `token` proves the lease: settling with another's or an expired token raises ConflictError."""

    item: T
    token: str
    tries: int  # this one included: 1 at the first claim


@dataclass(frozen=True, slots=True)
class WantedPage:
    """A page that a document's feed entry was too short without. It comes back as a capture with this document_id,
    whether it could be fetched or not, so that the document is understood exactly once."""

    document_id: str
    source_id: str
    url: str
    wanted_at: datetime
    follow: bool = False  # no document wants it: it belongs to the source's own capture, and is read as one


@dataclass(frozen=True, slots=True)
class HeldAlert:
    """A decision not to speak, kept so that people can see it."""

    incident_id: str
    revision: int
    seller_id: str
    at: datetime
    hold: Hold
    trail: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class SentAlert:
    """A decision to speak, kept for ever: the ledger's side of the deliveries that bear its `alert_id`."""

    alert_id: str
    incident_id: str
    revision: int
    seller_id: str
    at: datetime
    reason: Reason
    detail: str
    targets: tuple[str, ...]
    trail: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """All that one capture changes, kept in one transaction or not at all.

    `incidents` are whole new values; a stored revision other than `revision - 1` raises ConflictError. A delivery whose
    key exists already with the same message is skipped; unsent, unattempted deliveries of the same incident and target
    become SUPERSEDED by a newer one; those of an incident that goes into another go with it. Documents are upserted by
    id. `capture` is None when time alone or a person moved things.
    """

    at: datetime
    capture: Claim[Capture] | None = None
    documents: Sequence[Document] = ()
    assessments: Sequence[Assessment] = ()
    seen: Sequence[str] = ()  # entry keys of the capture's source
    rejected: Sequence[tuple[str, FailureReason, str]] = ()
    wanted_pages: Sequence[WantedPage] = ()
    incidents: Sequence[Incident] = ()
    told: Sequence[Told] = ()
    deliveries: Sequence[Delivery] = ()
    held: Sequence[HeldAlert] = ()
    quarantine: FailureReason | None = None
    detail: str = ""
    harvest: Harvest | None = None  # of the capture's source, as it stands now
    vigils: Sequence[Vigil] = ()  # as they stand now; an empty one is forgotten
    acts: Sequence[Act] = ()
    rulings: Sequence[Ruling] = ()
    withdrawn: Sequence[str] = ()  # keys of unsent deliveries, that nobody shall get; ConflictError if one is no more
    untold: Sequence[tuple[str, str]] = ()  # incident and seller: all that was told of it was withdrawn
    alerts: Sequence[SentAlert] = ()  # known ones are left alone
    silences: Sequence[Silence] = ()  # as they stand now, by id
    marks: Sequence[tuple[str, datetime]] = ()  # when something that happens now and then happened last, by its name


@dataclass(frozen=True, slots=True)
class Before:
    """What earlier reads of a source left: the keys of its entries, and its harvest."""

    entries: frozenset[str] = frozenset()
    harvest: Harvest | None = None


class Fetcher(Protocol):
    """The outside world in. `look` and `page` answer only while `run` runs."""

    async def run(self) -> None:
        """Until `stop`; raises when fetching cannot go on."""

    async def look(self, source: Source, state: SourceState) -> tuple[Look, Capture | None]:
        """One conditional request; a capture only when there are new bytes. Never raises for what the net does."""

    async def page(self, wanted_url: str, source_id: str, document_id: str) -> Capture:
        """One page, robots obeyed; when it cannot be had, an empty capture that carries the failure."""

    async def stop(self) -> None: ...


class Inbox(Protocol):
    """Captures not yet read, and what is remembered of their sources."""

    async def sources(self) -> Mapping[str, SourceState]: ...
    async def looked(self, look: Look, state: SourceState, capture: Capture | None) -> None:
        """Keep a look: the source's new state, and its capture when there is one, in one transaction."""

    async def want_next(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Claim[WantedPage]]: ...
    async def page_came(self, page: Claim[WantedPage], capture: Capture) -> None:
        """The wanted page's capture goes into the inbox and the wish is settled, in one transaction."""

    async def claim(self, now: datetime, lease: timedelta) -> Claim[Capture] | None:
        """The oldest capture that nobody holds, leased; None when the inbox is empty."""

    async def claim_some(self, now: datetime, lease: timedelta, most: int) -> Sequence[Claim[Capture]]:
        """The oldest captures that nobody holds, leased, as many as are well taken together: of a source one at most,
        its wanted pages apart; and what was claimed before comes alone, for it may be what ended that daemon."""

    async def release(self, capture: Claim[Capture], not_before: datetime, detail: str, counts: bool = True) -> None:
        """Give a capture back after a failed step, to be tried again at `not_before`. Unless it `counts`, this try was
        none: what failed was no fault of the capture."""


class Ledger(Protocol):
    """Documents, assessments, incidents, and what was said of them."""

    async def before(self, source_ids: Collection[str]) -> Mapping[str, Before]:
        """What earlier reads of those sources left, by source id; of every one that is asked for."""

    async def harvest(self, source_id: str) -> Harvest | None:
        """What reading the source gave so far."""

    async def harvests(self) -> Mapping[str, Harvest]:
        """By source id."""

    async def document(self, document_id: str) -> Document | None: ...
    async def content_hashes(self, document_ids: Sequence[str]) -> Mapping[str, str]:
        """Of those documents that were understood already (an assessment is kept)."""

    async def open_incidents(self, now: datetime) -> Sequence[Incident]:
        """Incidents that new evidence may join: moved within the last 400 days or still ahead, newest first."""

    async def open_ids(self, now: datetime) -> Sequence[str]:
        """The ids of `open_incidents`, which may be more than memory should hold at once."""

    async def incidents(self, ids: Sequence[str]) -> Sequence[Incident]:
        """Those of them that there are, in that order."""

    async def incidents_near(
        self, keys: Collection[str], documents: Collection[str], now: datetime
    ) -> Sequence[Incident]:
        """Of the open incidents those that share a key (`monitor.domain.linking.keys`) with new evidence, and whichever
        hold evidence of those documents; the first opened first. What it costs does not grow with all others."""

    async def rulings(self, evidence: Collection[EvidenceKey]) -> Sequence[Ruling]:
        """Those that speak of any of that evidence, oldest first."""

    async def acts(self, incident_id: str) -> Sequence[Act]:
        """What people did to it, and to those that went into it, oldest first."""

    async def unheard(self, incident_ids: Sequence[str]) -> Sequence[Delivery]:
        """Of those incidents, the deliveries of alerts of which none was tried yet."""

    async def spoken(self, incident_id: str) -> Sequence[Delivery]:
        """Every delivery of that incident, whatever its state, oldest first."""

    async def told(self, incident_ids: Sequence[str]) -> Sequence[Told]: ...
    async def silences(self, now: datetime) -> Sequence[Silence]:
        """Those that are not over, the first made first."""

    async def alerts(self, incident_ids: Sequence[str]) -> Sequence[SentAlert]:
        """Every decision to speak of them, oldest first."""

    async def acts_on(self, incident_ids: Sequence[str]) -> Mapping[str, Sequence[Act]]:
        """`acts` of many, by incident; those without any are left out."""

    async def marks(self) -> Mapping[str, datetime]:
        """`Step.marks`, as they stand."""

    async def keep(self, step: Step, *more: Step) -> None:
        """One transaction, of all these steps. Raises ConflictError (do the step again) or StoreUnavailableError (try
        later)."""


class Vigils(Protocol):
    """What is remembered of blind sources; `Step.vigils` changes it."""

    async def vigils(self) -> Mapping[str, Vigil]:
        """By source id."""


class Outbox(Protocol):
    """Deliveries not yet sent."""

    async def claim_delivery(self, now: datetime, lease: timedelta) -> Claim[Delivery] | None:
        """The most urgent delivery that is due and whose target is free: severity, then age; per incident and target in
        order of creation. Committed before it returns."""

    async def settle(
        self, delivery: Claim[Delivery], attempt: Attempt, state: DeliveryState, not_before: datetime, now: datetime
    ) -> None:
        """Keep the attempt and the delivery's new state in one transaction."""

    async def recover(self, now: datetime) -> int:
        """Deliveries whose lease ran out become UNKNOWN with `repeat` set; returns how many. Past its `give_up_at` a
        delivery is still claimed once more: the try that fails then is its last."""


class Reader(Protocol):
    """Bytes to documents, in processes that may die of it."""

    async def read(
        self, capture: Capture, source: Source, known: frozenset[str], parent: Document | None, memory: str = ""
    ) -> ReadResult:
        """Bytes to documents; never raises for what the bytes hold. `parent` is the document that wanted this page,
        `memory` what the last read of the source left (`ReadResult.memory`)."""


class Analyst(Protocol):
    """Documents to signals."""

    def worth_a_page(self, document: Document, source: Source) -> bool:
        """Cheap gate: may this short entry be about a risk, so that its page should be fetched?"""

    async def assess(self, document: Document, source: Source) -> Assessment: ...


class OpenAnalyst(Analyst, Protocol):
    """An analyst to whom somebody else's verdict can be told."""

    @property
    def threshold(self) -> float:
        """The score from which on a document reports an event."""

    async def assess_as(
        self, document: Document, source: Source, event: EventType, status: Status, score: float
    ) -> Signal:
        """The signal that the document gives if it reports this event."""


class Channel(Protocol):
    """One way to tell somebody. Classifies its own errors; never raises for what the other side does."""

    name: str

    async def send(self, target: Target, delivery: Delivery) -> Attempt: ...


class Meter(Protocol):
    """Counters of the path; closed label sets only."""

    def looked(self, look: Look, state: SourceState, every: timedelta) -> None: ...
    def read(self, source_id: str, result: ReadResult, new: int) -> None: ...
    def worker_killed(self, reason: FailureReason) -> None: ...
    def assessed(self, assessment: Assessment, seconds: float) -> None: ...
    def changed(self, incident: Incident, published_to_now: timedelta | None) -> None: ...
    def decided(self, verdict: str, reason: str) -> None: ...
    def attempted(self, delivery: Delivery, attempt: Attempt, state: DeliveryState, seconds: float) -> None: ...
    def delivered(self, waited: timedelta) -> None:
        """A delivery arrived, so long after its decision."""

    def stepped(self, at: datetime, seconds: float) -> None: ...
    def healthy(self, at: datetime) -> None:
        """Every loop beats and the store answers."""
