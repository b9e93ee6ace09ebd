"""Search as the desk shows it: what was found with the words that were looked for, and one document in full."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor.config import Config
from monitor.desk.corrections import Corrections
from monitor.desk.index import Index
from monitor.desk.passages import passages, whole
from monitor.domain.documents import Document
from monitor.domain.incidents import Incident
from monitor.domain.signals import Assessment, Signal, Span
from monitor.notify.headline import headline
from monitor.notify.sentences import EVENT
from monitor.notify.tongue import Tongue, tongue
from monitor.notify.wording import AUTHORITY, clean, link
from monitor.opened import Store
from monitor.store import terms
from monitor.store.search import CANDIDATES, Hit, Query
from monitor.store.terms import Part
from monitor.web.paper import Reader
from monitor.web.sections.search import (
    Asked,
    Event,
    Found,
    Kind,
    Leaf,
    Linked,
    Opinion,
    Order,
    Results,
)

FOUND = "found"  # the role of what was looked for
SHOWN = 60_000  # characters of a document
LOOKED = 10_000  # characters in which a row looks for the words
WINDOWS = 2  # passages of a row
TITLE = 240


class Search:
    """A `monitor.web.sections.search.Seeker`. `settings` is asked at each request, so that a reload counts at once."""

    def __init__(self, store: Store, settings: Callable[[], Config], index: Index, corrections: Corrections) -> None:
        self._store, self._settings, self._index, self._corrections = store, settings, index, corrections

    async def find(self, reader: Reader, asked: Asked, limit: int) -> Results:
        """A page of it, with what a reader may choose among."""
        settings, t = self._settings(), tongue(reader.t.language, reader.t.zone)
        parts = terms.query(asked.q)
        query = Query(
            parts=tuple(parts),
            kind=asked.kind.value if asked.kind else "",
            platform=asked.platform,
            country=asked.country,
            language=asked.language,
            since=_moment(asked.since, t),
            until=_moment(asked.until, t, timedelta(days=1)),
            newest=asked.order is Order.NEWEST,
        )
        hits, number = await self._store.search.find(query, limit, asked.start)
        marked = await self._rows(hits, parts, t)
        places = {position.country for seller in settings.sellers for position in seller.positions}
        return Results(
            marked,
            number,
            more=number >= CANDIDATES,
            searched=bool(asked.query()),
            platforms=[one.name for one in settings.platforms],
            countries=sorted(places),
            languages=sorted({code for source in settings.sources for code in source.languages}),
        )

    async def leaf(self, reader: Reader, id: str, q: str) -> Leaf | None:
        """The document with the words that decided, and those of `q`, marked."""
        document = await self._store.desk.document(id)
        if document is None:
            return None
        settings, t = self._settings(), tongue(reader.t.language, reader.t.zone)
        known = await self._store.desk.assessment(document.id)
        incidents = (await self._store.search.incidents_of([document.id])).get(document.id, ())
        sources = {source.id: source for source in settings.sources}
        source = sources.get(document.source_id)
        parts = terms.query(q)
        spans = [
            *_deciding(known),
            *_found(document.title, "title", parts),
            *_found(document.text[:SHOWN], "text", parts),
        ]
        correction = await asyncio.to_thread(self._corrections.of, document.id)
        return Leaf(
            id=document.id,
            title=whole(document.title, [span for span in spans if span.field == "title"], 1_000),
            text=whole(document.text, [span for span in spans if span.field == "text"], SHOWN),
            cut=max(len(document.text) - SHOWN, 0),
            lang=_language(document, known),
            source_id=document.source_id,
            source=source.name if source else document.source_id,
            authority=source.authority if source else None,
            authority_said=t.say(AUTHORITY[source.authority]) if source else "",
            url=link(document.url),
            published=document.published,
            fetched_at=document.fetched_at,
            doubts=document.doubts,
            understood=known is not None,
            score=known.score if known else 0.0,
            model=known.model if known else "",
            events=tuple(_event(signal, t) for signal in known.signals) if known else (),
            opinions=_opinions(known, t) if known else (),
            incidents=tuple(Linked(one.id, self._headline(one, t), one.status) for one in incidents),
            correction=self._corrections.label(correction, t) if correction else None,
        )

    async def _rows(self, hits: Sequence[Hit], parts: Sequence[Part], t: Tongue) -> Sequence[Found]:
        documents = {hit.id for hit in hits if hit.kind == Kind.DOCUMENT}
        texts = await self._store.search.documents(documents)
        linked = await self._store.search.incidents_of(documents)
        heads = await self._store.search.heads([hit.id for hit in hits if hit.kind == Kind.INCIDENT])
        sources = {source.id: source.name for source in self._settings().sources}
        found = []
        for hit in hits:
            if hit.kind == Kind.INCIDENT and hit.id in heads:
                found.append(self._of_incident(heads[hit.id], parts, t))
            elif hit.id in texts:
                found.append(self._of_document(*texts[hit.id], linked.get(hit.id, ()), sources, parts, t))
        return found

    def _of_incident(self, one: Incident, parts: Sequence[Part], t: Tongue) -> Found:
        said = self._headline(one, t)
        title = whole(said, _found(said, "title", parts), TITLE)
        return Found(Kind.INCIDENT, one.id, title, (), "", "", one.opened_at, None, one.status, one.id, said)

    def _of_document(
        self,
        document: Document,
        known: Assessment | None,
        incidents: Sequence[Incident],
        sources: Mapping[str, str],
        parts: Sequence[Part],
        t: Tongue,
    ) -> Found:
        title = document.title or clean(document.text, TITLE)
        text = document.text[:LOOKED]
        if document.title and text.startswith(document.title):  # which stands above it already
            text = text[len(document.title) :].lstrip()
        return Found(
            kind=Kind.DOCUMENT,
            id=document.id,
            title=whole(title, _found(title, "title", parts), TITLE),
            passages=passages(text, _found(text, "text", parts)[:WINDOWS])[:WINDOWS],
            lang=_language(document, known),
            source=sources.get(document.source_id, document.source_id),
            at=document.published or document.fetched_at,
            url=link(document.url),
            status=incidents[0].status if incidents else None,
            incident_id=incidents[0].id if incidents else "",
            incident=self._headline(incidents[0], t) if incidents else "",
        )

    def _headline(self, one: Incident, t: Tongue) -> str:
        """By what is in mind of it, if anything: who stands behind it may change the words."""
        kept = self._index.kept.get(one.id)
        return headline(kept.whole if kept else one, t)


def _found(text: str, field: str, parts: Sequence[Part]) -> list[Span]:
    return [Span(field, start, end, "", FOUND) for start, end in terms.stretches(text, parts)] if parts else []


def _deciding(known: Assessment | None) -> list[Span]:
    """The spans of each signal, or of the opinions where there is none."""
    if known is None:
        return []
    signals = [span for signal in known.signals for span in signal.spans]
    return signals if known.signals else [span for vote in known.votes for span in vote.spans]


def _event(signal: Signal, t: Tongue) -> Event:
    words = [(span.says, clean(span.quote, 200)) for span in signal.spans]
    return Event(
        signal.event_type,
        t.say(EVENT[signal.event_type]),
        signal.status,
        signal.platforms,
        signal.regions,
        signal.effective_date,
        signal.score,
        tuple(dict.fromkeys(words)),
    )


def _opinions(known: Assessment, t: Tongue) -> tuple[Opinion, ...]:
    return tuple(
        Opinion(
            clean(vote.who, 80),
            t.say(EVENT[vote.event]) if vote.event else "",
            vote.status,
            vote.score,
            clean(vote.why, 300),
        )
        for vote in known.votes
    )


def _language(document: Document, known: Assessment | None) -> str:
    said = known.lang if known and known.lang != "und" else document.lang or ""
    return said if said.replace("-", "").isalnum() and said.isascii() else ""


def _moment(day: date | None, t: Tongue, after: timedelta = timedelta(0)) -> datetime | None:
    """Where the reader's day begins; None for one at the edge of time."""
    if day is None:
        return None
    zone = ZoneInfo(t.zone) if t.zone != "UTC" else UTC
    try:
        return datetime.combine(day + after, time(0), zone).astimezone(UTC)
    except OverflowError:
        return None
