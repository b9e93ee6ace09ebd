"""A capture, read and understood: all that can be said of it before anything is decided."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.domain.documents import Capture, Document, ReadResult, digest
from monitor.domain.harvests import Harvest, gathered
from monitor.domain.incidents import Evidence
from monitor.domain.signals import Assessment
from monitor.domain.sources import Source, SourceKind
from monitor.evidence import evidence_of, sight_of
from monitor.ports import Analyst, Ledger, Meter, Reader
from monitor.steps import Before, WantedPage
from monitor.tracing import span

SHORT = 600  # characters: a feed entry with less may not say when and where, so its page is fetched
ENTRIES = frozenset({SourceKind.FEED, SourceKind.LIST, SourceKind.SITEMAP, SourceKind.JSON, SourceKind.STATUS})


@dataclass(slots=True)
class Reading:
    """What one capture gave; `source` is None when nobody watches it any more."""

    capture: Capture
    source: Source | None
    known: Harvest | None = None
    result: ReadResult = field(default_factory=ReadResult)
    documents: list[Document] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    wanted: list[WantedPage] = field(default_factory=list)
    harvest: Harvest | None = None
    detail: str = ""

    @property
    def quiet(self) -> bool:
        """Nothing is to be decided of it, and nothing waits for it."""
        return not self.evidence and not self.wanted


class Intake:
    """Reads and understands. `timer` gives seconds, for the durations of the meter alone."""

    def __init__(
        self, reader: Reader, analyst: Analyst, ledger: Ledger, meter: Meter, timer: Callable[[], float]
    ) -> None:
        self._reader, self._analyst, self._ledger = reader, analyst, ledger
        self._meter, self._timer = meter, timer

    async def read(self, capture: Capture, source: Source | None, before: Before) -> Reading:
        """The capture's documents, none of them understood yet; none at all when its `source` is watched no more."""
        reading = Reading(capture, source)
        if source is None:
            reading.detail = f"source {capture.source_id} is configured no more"
            return reading
        of_page = capture.document_id is not None
        parent = await self._ledger.document(capture.document_id) if capture.document_id is not None else None
        reading.known = before.harvest or Harvest(source.id)
        known = frozenset[str]() if of_page else before.entries
        with span("read", capture=capture.id, source=source.id) as under_way:
            reading.result = await self._reader.read(capture, source, known, parent, reading.known.memory)
            under_way.add(documents=len(reading.result.documents), rejected=len(reading.result.rejected))
        return reading

    async def understand(self, reading: Reading, understood: Mapping[str, str], now: datetime) -> None:
        """What is new in it: documents that `understood` (hashes by id, see `Ledger.content_hashes`) lacks or has with
        other words, and what a probe saw. Adds to `reading`; a short entry may wait for its page instead."""
        capture, source, result = reading.capture, reading.source, reading.result
        if source is None or reading.known is None:
            return
        for document in result.documents:
            if document.id not in understood or understood[document.id] != document.content_hash:
                await self._understand(document, source, reading, now)
        if capture.document_id is None:
            reading.harvest = gathered(reading.known, result, len(reading.documents), now)
            reading.wanted += [
                WantedPage(digest("follow", source.id, url), source.id, url, now, follow=True) for url in result.follow
            ]
            if source.kind is SourceKind.PROBE:
                sight = sight_of(capture, source, reading.known.memory, result.sighting)
                reading.harvest = replace(reading.harvest, memory=sight.memory)
                for document, assessment in sight.told:
                    reading.documents.append(document)
                    reading.assessments.append(assessment)
                    reading.evidence.extend(evidence_of(document, assessment, source))
        self._meter.read(source.id, result, len(reading.documents))

    async def _understand(self, document: Document, source: Source, reading: Reading, now: datetime) -> None:
        reading.documents.append(document)
        if reading.capture.document_id is None and self._wants_page(document, source):
            reading.wanted.append(WantedPage(document.id, source.id, document.url, now))
            return
        started = self._timer()
        with span("understand", document=document.id, source=source.id) as understanding:
            assessment = await self._analyst.assess(document, source)
            understanding.add(signals=len(assessment.signals))
        self._meter.assessed(assessment, self._timer() - started)
        reading.assessments.append(assessment)
        reading.evidence.extend(evidence_of(document, assessment, source))

    def _wants_page(self, document: Document, source: Source) -> bool:
        return (
            source.kind in ENTRIES
            and len(document.text) < SHORT
            and document.url not in ("", source.url)
            and self._analyst.worth_a_page(document, source)
        )
