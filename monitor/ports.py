"""What the path needs from the outside world, as protocols; `wiring` chooses who keeps them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from monitor.domain.alerts import Attempt, Delivery, DeliveryState, HoldReason, Target, Told
from monitor.domain.delivery import Pacing
from monitor.domain.documents import Capture, Document, ReadResult
from monitor.domain.errors import FailureReason
from monitor.domain.exposure import Severity
from monitor.domain.handling import Word
from monitor.domain.harvests import Harvest
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.rulings import Act, EvidenceKey, Ruling
from monitor.domain.signals import Assessment, EventType, Signal, Status
from monitor.domain.silences import Silence
from monitor.domain.sources import Look, Source, SourceState
from monitor.domain.vigils import Vigil
from monitor.steps import Before, Claim, SentAlert, Step, WantedPage


class Fetcher(Protocol):
    """The outside world in. `look` and `page` answer only while `run` runs."""

    async def run(self) -> None:
        """Until `stop`; raises when fetching cannot go on."""

    async def look(self, source: Source, state: SourceState) -> tuple[Look, Capture | None]:
        """One conditional request; a capture only when there are new bytes. Never raises for what the net does."""

    async def page(self, wanted_url: str, source_id: str, document_id: str) -> Capture:
        """One page, robots obeyed; when it cannot be had, an empty capture that carries the failure."""

    async def stop(self) -> None: ...


class HostPace(Protocol):
    """The rest of hosts between two requests, kept with other daemons. Raises UnavailableError."""

    async def turn(self, host: str, gap: timedelta, now: datetime) -> timedelta:
        """Nothing when a request may begin, which counts from now on; else how long the host rests still."""

    async def asked(self, host: str, gap: timedelta, now: datetime) -> None:
        """A request begins that waits for nobody, or some time after its turn has come."""


class RobotsBook(Protocol):
    """What robots.txt files said to any of the daemons that share it. Raises UnavailableError."""

    async def said(self, origin: str, since: datetime) -> tuple[datetime, str] | None:
        """When it was last asked for, if not before `since`, and what it said."""

    async def keep(self, origin: str, host: str, at: datetime, text: str, rest: float) -> None:
        """It says that now, and wants so many seconds between two requests to its host; 0: it does not say."""


class Inbox(Protocol):
    """Captures not yet read, and what is remembered of their sources."""

    async def sources(self) -> Mapping[str, SourceState]: ...
    async def looked(self, look: Look, state: SourceState, capture: Capture | None, token: str = "") -> None:
        """Keep a look: the source's new state, and its capture when there is one, in one transaction. `token` proves
        the claim of a shared poll: ConflictError when it went to another."""

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

    async def faint_near(
        self, keys: Collection[str], spells: Sequence[tuple[datetime, datetime]]
    ) -> Sequence[Evidence]:
        """The faint texts that share a key and were published in one of these spells, which do not touch, whether an
        incident has them or not: of more than `faint.MOST_WAITING` those nearest to the middle of their spell."""

    async def rulings(self, evidence: Collection[EvidenceKey]) -> Sequence[Ruling]:
        """Those that speak of any of that evidence, oldest first."""

    async def acts(self, incident_id: str) -> Sequence[Act]:
        """What people did to it, and to those that went into it, oldest first."""

    async def unheard(self, incident_ids: Sequence[str]) -> Sequence[Delivery]:
        """Of those incidents, the deliveries of alerts of which none was tried yet."""

    async def waiting(self, incident_ids: Sequence[str]) -> Sequence[Delivery]:
        """Of those incidents, the deliveries that were never tried, oldest first."""

    async def spoken(self, incident_id: str) -> Sequence[Delivery]:
        """Every delivery of that incident, whatever its state, oldest first."""

    async def told(self, incident_ids: Sequence[str]) -> Sequence[Told]: ...
    async def silences(self, now: datetime, start: int = 0, limit: int | None = None) -> Sequence[Silence]:
        """Those that are not over, the first made first: so many from the `start`-th on."""

    async def alerts(self, incident_ids: Sequence[str]) -> Sequence[SentAlert]:
        """Every decision to speak of them, oldest first."""

    async def acts_on(self, incident_ids: Sequence[str]) -> Mapping[str, Sequence[Act]]:
        """`acts` of many, by incident; those without any are left out."""

    async def held_for(self, reasons: Collection[HoldReason]) -> Sequence[str]:
        """The incidents that, as they stand now, some seller does not hear of for one of these reasons."""

    async def untried(self, after: str, most: int) -> Sequence[Delivery]:
        """Deliveries that were never tried, by key, from that key on."""

    async def marks(self) -> Mapping[str, datetime]:
        """`Step.marks`, as they stand."""

    async def turn(self) -> int:
        """Counts the steps that moved incidents; a step that was decided from rows tells it in `Step.turn`."""

    async def keep(self, step: Step, *more: Step) -> None:
        """One transaction, of all these steps. Raises ConflictError (do the step again) or StoreUnavailableError (try
        later)."""


class Vigils(Protocol):
    """What is remembered of blind sources; `Step.vigils` changes it."""

    async def vigils(self) -> Mapping[str, Vigil]:
        """By source id."""


@dataclass(frozen=True, slots=True)
class Hour:
    """What a target with a cap got in the past hour, and what else it would get now, as far as a cap counts it."""

    sent: Sequence[datetime]  # the earliest first
    due: int


class Words(Protocol):
    """What was said, without what it says: cheap to ask for every half minute."""

    async def loud_since(self, since: datetime, severity: Severity) -> Sequence[str]:
        """The incidents of which something was said since then, at least as loud."""

    async def told_until(self, day: date) -> Sequence[str]:
        """The open incidents of which somebody was told, and that name that day or a later one."""

    async def words(self, incident_ids: Sequence[str]) -> Mapping[str, Sequence[Word]]:
        """By incident what was said of it, in the order in which it was decided."""


class Outbox(Protocol):
    """Deliveries not yet sent."""

    async def claim_delivery(
        self, now: datetime, lease: timedelta, resting: Mapping[str, datetime] = MappingProxyType({})
    ) -> Claim[Delivery] | None:
        """The most urgent delivery that is due and whose target is free: severity, then age; per incident and target in
        order of creation. Committed before it returns. Targets that rest until some time get only what would come to
        its end before. `Delivery.thread` is the first message's name at the other side."""

    async def settle(
        self,
        delivery: Claim[Delivery],
        attempt: Attempt,
        state: DeliveryState,
        not_before: datetime,
        now: datetime,
        instead: Delivery | None = None,
    ) -> DeliveryState:
        """Keep the attempt and the delivery's new state in one transaction; returns the state.

        What was refused, and nobody needs any more since a person closed its incident or said that it is not for them,
        becomes SUPERSEDED. With what is DEAD, `instead` goes into the outbox, unless its target is told of it anyway.
        """

    async def hold(
        self, delivery: Claim[Delivery], until: datetime, now: datetime, why: str = "", others: bool = False
    ) -> None:
        """Give a claimed delivery back: that was no try. With `others`, all that its target would get now and a cap
        counts waits as long."""

    async def hour(self, target: str, now: datetime) -> Hour: ...
    async def round_up(self, delivery: Claim[Delivery], now: datetime, lease: timedelta) -> Claim[Delivery]:
        """A roundup of the claimed delivery and of all that its target would get now and a cap counts, leased in its
        place; they become SUPERSEDED by it. The claim itself when there is nothing else."""

    async def wake(self, target: str, now: datetime) -> None:
        """The target answers again: what waits there for another try is due."""

    async def recover(self, now: datetime) -> int:
        """Deliveries whose lease ran out become UNKNOWN with `repeat` set; returns how many. Past its `give_up_at` a
        delivery is still claimed once more: the try that fails then is its last."""


class Paces(Protocol):
    """How fast targets were told of late, by whoever told them. Who holds the claim of a delivery is the only one who
    moves its target's pacing."""

    async def resting(self, now: datetime) -> Mapping[str, Pacing]:
        """By target, of those at least that are to be left alone now."""

    async def of(self, target: str) -> Pacing | None: ...
    async def keep(self, target: str, pacing: Pacing) -> None: ...


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
