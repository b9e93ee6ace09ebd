"""What a document says, and what a probe saw, as evidence: with all that is needed to weigh and to show it."""

from dataclasses import dataclass, replace

from monitor.domain.deadlines import Deadline
from monitor.domain.documents import Capture, Document
from monitor.domain.incidents import SOVEREIGN, Evidence
from monitor.domain.origins import sketch
from monitor.domain.probing import considered, report
from monitor.domain.signals import Assessment, Signal
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.understand import actors, agencies
from monitor.understand.cldr import names
from monitor.understand.gist import gist
from monitor.understand.reading import read


@dataclass(frozen=True, slots=True)
class Sight:
    """What one more look of a probe changes: its memory, and the document, in our own words, of a change it settled."""

    memory: str
    told: tuple[tuple[Document, Assessment], ...] = ()


def evidence_of(document: Document, assessment: Assessment, source: Source) -> tuple[Evidence, ...]:
    """The document's signals, or its faint one. What a probe saw is never its publisher's own word."""
    if not assessment.heard:
        return ()
    authority = Authority.OBSERVED if source.kind is SourceKind.PROBE else source.authority
    words = "" if authority is Authority.OBSERVED else document.text or document.title
    publisher = _publisher(document, source)
    told = gist(assessment.meaning)
    sketched, agency = sketch(words), _agency(document, publisher, authority)
    return tuple(
        Evidence(
            document_id=document.id,
            signal_no=number,
            content_hash=document.content_hash,
            source_id=source.id,
            publisher=publisher,
            authority=authority,
            url=document.url,
            title=document.title,
            lang=assessment.lang,
            published=document.published or document.fetched_at,
            signal=_placed(signal, document, assessment.lang),
            gist=told if number == 0 else 0,  # a text means its main topic
            agency=agency,
            sketch=sketched,
        )
        for number, signal in enumerate(assessment.heard)
    )


def _publisher(document: Document, source: Source) -> str:
    """Of a search, each headline ends with the outlet that it found: many voices, not one."""
    outlet = document.title.rpartition(" - ")[2].strip() if source.told("outlet") == "title" else document.title
    return source.publisher if outlet in ("", document.title) else outlet


def _agency(document: Document, publisher: str, authority: Authority) -> str:
    """Whose words it prints. Who is believed on its own word speaks for itself."""
    if authority in SOVEREIGN or authority is Authority.OBSERVED:
        return ""
    return agencies.published_by(publisher) or agencies.agency(document.title, document.text)


def _placed(signal: Signal, document: Document, lang: str) -> Signal:
    """With where each deadline is said, and what the words around it tell of it."""
    if not signal.deadlines:
        return signal
    spans = {span.says: span for span in reversed(signal.spans) if span.says.startswith("deadline:")}
    reading = read(document.title, document.text, lang)

    def placed(deadline: Deadline) -> Deadline:
        span = spans.get(f"deadline:{deadline.role}:{deadline.date}")
        if span is None or reading.place(span.field, span.start) >= len(reading.whole):
            return replace(deadline, document_id=document.id)
        at = reading.place(span.field, span.start)
        return replace(
            deadline,
            zone=actors.zone(reading, at, lang),
            actor=actors.actor(reading, at, lang, deadline.role),
            document_id=document.id,
            start=span.start if span.field == "text" else -1,
        )

    return replace(signal, deadlines=tuple(map(placed, signal.deadlines)))


def sight_of(capture: Capture, source: Source, memory: str, sighting: str) -> Sight:
    """What the probe's look means, given what is remembered of those before."""
    memory, seen = considered(memory, sighting, capture.fetched_at, source.url)
    if seen is None:
        return Sight(memory)
    english = names("en")
    places = [english.countries.get(code, code) if english else code for code in source.countries[:1]]
    return Sight(memory, (report(seen, source, "".join(places), capture),))
