"""The path, top to bottom: capture -> documents -> signals -> incidents -> alerts (docs/path.md).

One capture is one step and one transaction. Nothing is decided here: every rule is a function of the domain.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import perf_counter
from types import MappingProxyType

from monitor.domain.alerts import Delivery, Hold, HoldReason, Policy, Send, Target, Told, deliveries, route, tell
from monitor.domain.decisions import decide
from monitor.domain.documents import Capture, Document, ReadResult, digest
from monitor.domain.errors import ConflictError, FailureReason, UnavailableError
from monitor.domain.exposure import Seller, impact
from monitor.domain.harvests import Harvest, gathered
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.platforms import Platform
from monitor.domain.resolution import Kinship, absorb, kinship, pass_time
from monitor.domain.signals import Assessment
from monitor.domain.sources import Source, SourceKind
from monitor.evidence import evidence_of, sight_of
from monitor.ports import Analyst, Claim, HeldAlert, Inbox, Ledger, Meter, Reader, Step, WantedPage

_log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # of a capture in hand; a dead daemon's capture is taken over after it
SHORT = 600  # characters: a feed entry with less may not say when and where, so its page is fetched
ENTRIES = frozenset({SourceKind.FEED, SourceKind.LIST, SourceKind.SITEMAP, SourceKind.JSON, SourceKind.STATUS})
TRIES = 5  # of a step, before its capture is set aside
CONFLICTS = 3  # tries of one step against rows that others change
BACKOFF = timedelta(seconds=10)  # doubles with each try
DETAIL = 500  # characters of an error's words that are kept


@dataclass(frozen=True, slots=True)
class Watch:
    """What is watched and for whom: the part of the configuration that a reload swaps."""

    sources: Mapping[str, Source] = field(default_factory=lambda: MappingProxyType({}))
    sellers: Sequence[Seller] = ()
    targets: Sequence[Target] = ()
    policy: Policy = field(default_factory=Policy)
    kin: Kinship = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def over(
        cls,
        sources: Iterable[Source],
        sellers: Sequence[Seller],
        targets: Sequence[Target],
        policy: Policy,
        platforms: Iterable[Platform],
    ) -> "Watch":
        """From the records of the configuration."""
        return cls({source.id: source for source in sources}, sellers, targets, policy, kinship(platforms))


@dataclass(slots=True)
class _Read:
    """What one capture gave before anything is decided of it."""

    result: ReadResult = field(default_factory=ReadResult)
    documents: list[Document] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    wanted: list[WantedPage] = field(default_factory=list)
    harvest: Harvest | None = None
    detail: str = ""


@dataclass(slots=True)
class _Said:
    """What was decided of incidents, seller by seller."""

    told: list[Told] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    held: list[HeldAlert] = field(default_factory=list)


class Pipeline:
    """Takes captures from the inbox to the outbox. `timer` gives seconds, for the durations of the meter alone."""

    def __init__(
        self,
        reader: Reader,
        analyst: Analyst,
        inbox: Inbox,
        ledger: Ledger,
        meter: Meter,
        watch: Watch,
        timer: Callable[[], float] = perf_counter,
    ) -> None:
        self._reader, self._analyst, self._inbox, self._ledger = reader, analyst, inbox, ledger
        self._meter, self._watch, self._timer = meter, watch, timer
        self._ticked: datetime | None = None
        self._deciding = asyncio.Lock()  # steps may read side by side; what they decide, they decide in turn

    def configure(self, watch: Watch) -> None:
        """Swap the configuration: steps that begin from now on see the new one."""
        self._watch, self._ticked = watch, None

    async def step(self, now: datetime) -> bool:
        """Take the oldest capture all the way. False when the inbox is empty.

        A step that fails gives its capture back and, after TRIES, sets it aside, so that it blocks no other. Raises
        UnavailableError alone, when nothing can be read or kept at present (and CancelledError at a stop); the capture
        is given back, and the try does not count.
        """
        claim = await self._inbox.claim(now, LEASE)
        if claim is None:
            return False
        started = self._timer()
        try:
            if claim.tries > TRIES:  # it was claimed and never given back: it takes the daemon down with it
                raise RuntimeError(f"left in hand {claim.tries - 1} times")
            read = await self._read(claim.item, now)
            await self._settle(claim, read, now)
        except (UnavailableError, asyncio.CancelledError) as error:  # no fault of the capture: it counts as no try
            with suppress(UnavailableError, ConflictError):
                await self._inbox.release(claim, now + BACKOFF, _words(error), counts=False)
            raise
        except Exception as error:
            _log.warning("step failed on capture %s, try %d", claim.item.id, claim.tries, exc_info=error)
            await self._give_back(claim, error, now)
        self._meter.stepped(now, self._timer() - started)
        return True

    async def tick(self, now: datetime) -> int:
        """What time alone changes: dates that have come, days left. Returns how many alerts were decided.

        Cheap to call often: rules count in days, so it looks once an hour, and after a reload (another exposure). When
        one incident makes that fail, the others are looked at one by one, and it is logged. Raises UnavailableError.
        """
        hour = now.replace(minute=0, second=0, microsecond=0)
        if hour == self._ticked:
            return 0
        async with self._deciding:
            incidents = await self._ledger.open_incidents(now)
            try:
                decided = await self._pass(incidents, now)
            except UnavailableError:
                raise
            except Exception as error:
                _log.warning("time does not pass for all incidents at once", exc_info=error)
                decided = 0
                for incident in incidents:
                    try:
                        decided += await self._pass([incident], now)
                    except UnavailableError:
                        raise
                    except Exception as fault:
                        _log.error("time does not pass for incident %s", incident.id, exc_info=fault)
        self._ticked = hour
        return decided

    async def _pass(self, incidents: Sequence[Incident], now: datetime) -> int:
        moved = {incident.id: later for incident in incidents if (later := pass_time(incident, now))}
        said = await self._say([moved.get(incident.id, incident) for incident in incidents], now)
        # That nothing happened to the others is nothing to keep.
        said.held = [held for held in said.held if held.incident_id in moved]
        changed = tuple(moved.values())
        if changed or said.told:
            with_time = Step(at=now, incidents=changed, told=said.told, deliveries=said.deliveries, held=said.held)
            await self._ledger.keep(with_time)
            self._count(changed, said, now)
        return len(said.told)

    # --- a capture, read and understood

    async def _read(self, capture: Capture, now: datetime) -> _Read:
        source = self._watch.sources.get(capture.source_id)
        if source is None:
            return _Read(detail=f"source {capture.source_id} is configured no more")
        known: frozenset[str] = frozenset()
        parent: Document | None = None
        if capture.document_id is None:
            known = await self._ledger.known_entries(source.id)
        else:
            parent = await self._ledger.document(capture.document_id)
        harvest = await self._ledger.harvest(source.id) or Harvest(source.id)
        read = _Read(await self._reader.read(capture, source, known, parent, harvest.memory))
        understood = await self._ledger.content_hashes([document.id for document in read.result.documents])
        for document in read.result.documents:
            if understood.get(document.id) != document.content_hash:
                await self._understand(document, source, capture, read, now)
        if capture.document_id is None:
            read.harvest = gathered(harvest, read.result, len(read.documents), now)
            read.wanted += [
                WantedPage(digest("follow", source.id, url), source.id, url, now, follow=True)
                for url in read.result.follow
            ]
            if source.kind is SourceKind.PROBE:
                sight = sight_of(capture, source, harvest.memory, read.result.sighting)
                read.harvest = replace(read.harvest, memory=sight.memory)
                for document, assessment in sight.told:
                    read.documents.append(document)
                    read.assessments.append(assessment)
                    read.evidence.extend(evidence_of(document, assessment, source))
        self._meter.read(source.id, read.result, len(read.documents))
        return read

    async def _understand(
        self, document: Document, source: Source, capture: Capture, read: _Read, now: datetime
    ) -> None:
        read.documents.append(document)
        if capture.document_id is None and self._wants_page(document, source):
            read.wanted.append(WantedPage(document.id, source.id, document.url, now))
            return
        started = self._timer()
        assessment = await self._analyst.assess(document, source)
        self._meter.assessed(assessment, self._timer() - started)
        read.assessments.append(assessment)
        read.evidence.extend(evidence_of(document, assessment, source))

    def _wants_page(self, document: Document, source: Source) -> bool:
        return (
            source.kind in ENTRIES
            and len(document.text) < SHORT
            and document.url not in ("", source.url)
            and self._analyst.worth_a_page(document, source)
        )

    # --- what it changes, and who hears of it

    async def _settle(self, claim: Claim[Capture], read: _Read, now: datetime) -> None:
        """Decide from fresh rows and keep it all; again when somebody else changed those rows first."""
        conflicts = 0
        async with self._deciding:
            while True:
                changed, said = await self._decide(read.evidence, now)
                try:
                    await self._ledger.keep(_step(claim, read, changed, said, now))
                except ConflictError:
                    conflicts += 1
                    if conflicts == CONFLICTS:
                        raise
                else:
                    self._count(changed, said, now)
                    return

    async def _decide(self, evidence: Sequence[Evidence], now: datetime) -> tuple[Sequence[Incident], _Said]:
        if not evidence:
            return (), _Said()
        incidents = {incident.id: incident for incident in await self._ledger.open_incidents(now)}
        changed = absorb(evidence, incidents, self._watch.kin, now)
        return changed, await self._say(changed, now)

    async def _say(self, incidents: Sequence[Incident], now: datetime) -> _Said:
        """Weigh each incident for each seller, decide, and address what is to be said."""
        watch, said = self._watch, _Said()
        before = {(t.incident_id, t.seller_id): t for t in await self._ledger.told([i.id for i in incidents])}
        for incident in incidents:
            for seller in watch.sellers:
                told = before.get((incident.id, seller.id))
                weighed = impact(incident, seller, now.date(), watch.kin)
                verdict = decide(incident, weighed, told, watch.policy, now)
                targets = route(weighed, incident, watch.targets, told) if isinstance(verdict, Send) else ()
                if isinstance(verdict, Send) and targets:
                    said.told.append(tell(incident, seller, weighed, now))
                    said.deliveries += deliveries(incident, seller, weighed, verdict, told, targets, watch.policy, now)
                    continue
                if isinstance(verdict, Send):
                    verdict = Hold(HoldReason.NO_TARGET, f"{verdict.reason.value}, but no target wants it")
                said.held.append(HeldAlert(incident.id, incident.revision, seller.id, now, verdict))
        return said

    # --- what went wrong, and what is counted

    async def _give_back(self, claim: Claim[Capture], error: Exception, now: datetime) -> None:
        detail = _words(error)
        with suppress(ConflictError):  # the lease ran out: whoever holds the capture now sees to it
            if claim.tries >= TRIES:
                quarantine = FailureReason.STEP_FAILED
                await self._ledger.keep(Step(at=now, capture=claim, quarantine=quarantine, detail=detail))
            else:
                await self._inbox.release(claim, now + BACKOFF * 2 ** (claim.tries - 1), detail)

    def _count(self, changed: Iterable[Incident], said: _Said, now: datetime) -> None:
        for incident in changed:
            opened = incident.revision == 1
            self._meter.changed(incident, now - incident.evidence[0].published if opened else None)
        for delivery in {delivery.alert_id: delivery for delivery in said.deliveries}.values():
            self._meter.decided("send", delivery.reason.value)
        for held in said.held:
            self._meter.decided("hold", held.hold.reason.value)


def _words(error: BaseException) -> str:
    """The error as a row can hold it: short, and without the characters that a database refuses."""
    text = f"{type(error).__name__}: {error}"[:DETAIL]
    return text.replace("\0", "\\0").encode(errors="backslashreplace").decode()


def _step(claim: Claim[Capture], read: _Read, changed: Sequence[Incident], said: _Said, now: datetime) -> Step:
    result = read.result
    return Step(
        at=now,
        capture=claim,
        documents=read.documents,
        assessments=read.assessments,
        seen=result.seen,
        rejected=[(entry.key, entry.reason, entry.detail) for entry in result.rejected],
        wanted_pages=read.wanted,
        incidents=changed,
        told=said.told,
        deliveries=said.deliveries,
        held=said.held,
        quarantine=result.failure,
        detail=read.detail or result.detail,
        harvest=read.harvest,
    )
