"""What a document says, and what a probe saw, as evidence: with all that is needed to weigh and to show it."""

from dataclasses import dataclass

from monitor.domain.documents import Capture, Document
from monitor.domain.incidents import Evidence
from monitor.domain.probing import considered, report
from monitor.domain.signals import Assessment
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.understand.cldr import names


@dataclass(frozen=True, slots=True)
class Sight:
    """What one more look of a probe changes: its memory, and the document, in our own words, of a change it settled."""

    memory: str
    told: tuple[tuple[Document, Assessment], ...] = ()


def evidence_of(document: Document, assessment: Assessment, source: Source) -> tuple[Evidence, ...]:
    """The document's signals. What a probe saw is never its publisher's own word."""
    authority = Authority.OBSERVED if source.kind is SourceKind.PROBE else source.authority
    return tuple(
        Evidence(
            document_id=document.id,
            signal_no=number,
            content_hash=document.content_hash,
            source_id=source.id,
            publisher=source.publisher,
            authority=authority,
            url=document.url,
            title=document.title,
            lang=assessment.lang,
            published=document.published or document.fetched_at,
            signal=signal,
            meaning=assessment.meaning,
        )
        for number, signal in enumerate(assessment.signals)
    )


def sight_of(capture: Capture, source: Source, memory: str, sighting: str) -> Sight:
    """What the probe's look means, given what is remembered of those before."""
    memory, seen = considered(memory, sighting, capture.fetched_at, source.url)
    if seen is None:
        return Sight(memory)
    english = names("en")
    places = [english.countries.get(code, code) if english else code for code in source.countries[:1]]
    return Sight(memory, (report(seen, source, "".join(places), capture),))
