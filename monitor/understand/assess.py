"""Rows in, rows out: what `sellerwatch assess` does with lines of JSON."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from monitor.domain.deadlines import PartialDate
from monitor.domain.documents import Document, digest
from monitor.domain.signals import Assessment, Signal
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.understand.analyst import Analyst


class Cluster(Protocol):
    """Tells which documents report one event, once it has seen all of them."""

    def add(self, document: Document, source: Source, assessment: Assessment) -> None:
        """Take one in."""

    def incident_of(self, document_id: str) -> str | None:
        """The name of the incident that its main signal belongs to."""


_EXACT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:")  # a moment, as most archives have it

AUTHORITIES = {
    "official": Authority.OFFICIAL,
    "regulator": Authority.REGULATOR,
    "news": Authority.NEWS,
    "trade": Authority.TRADE,
    "forum": Authority.COMMUNITY,
    "other": Authority.NEWS,
}
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # what the error handler "surrogateescape" makes of such bytes
_STRINGS = ("id", "lang", "url", "title", "text", "published", "source_kind")


def read_lines(lines: Iterable[str], refused: Callable[[ValueError], None] | None = None) -> Iterator[dict[str, Any]]:
    """One JSON object a line that describes a document, blank lines skipped. A line that is wrong is handed to
    `refused`, as a ValueError naming line and key, and left out; without `refused` it is raised."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = _row(line, number)
            except ValueError as error:
                if refused is None:
                    raise
                refused(error)
            else:
                yield row


def _row(line: str, number: int) -> dict[str, Any]:
    if _NOT_UTF8.search(line):
        raise ValueError(f"line {number}: not UTF-8; save the file as UTF-8")
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ValueError(f"line {number}: not JSON: {error}; write one JSON object a line") from error
    if not isinstance(row, dict):
        raise ValueError(f"line {number}: an object was expected, not {type(row).__name__}")
    document_of(row, number)
    return row


def assess_rows(
    rows: Iterable[Mapping[str, Any]], analyst: Analyst, cluster: Cluster | None = None
) -> Iterator[dict[str, Any]]:
    """Each row understood, as it comes; with a cluster all of them at the end, as a late one may join two incidents. A
    text that is no event by itself, and follows one, has that one's `incident`.

    In: id, text; optional title, lang, url, published (YYYY, YYYY-MM, YYYY-MM-DD, or with a time of day), source_kind
    (official, regulator, news, trade, forum, other). Out: id, lang, event_type ("none" without a signal), status,
    platforms, regions, effective_date, deadlines, score, incident, signals. Raises ValueError naming the row's number
    and the key.
    """
    kept: list[tuple[str, dict[str, Any]]] = []
    for number, row in enumerate(rows, 1):
        document, source = document_of(row, number)
        assessment = analyst.assess(document, source)
        said = [_said(signal) for signal in assessment.signals]
        main = said[0] if said else _NOTHING
        answer = {
            "id": row["id"],
            "lang": assessment.lang,
            **{key: main[key] for key in _NOTHING},
            "score": assessment.score,
            "incident": None,
            "signals": said,
        }
        if cluster is None:
            yield answer
        else:
            cluster.add(document, source, assessment)
            kept.append((document.id, answer))
    for document_id, answer in kept:
        yield answer | {"incident": cluster.incident_of(document_id) if cluster else None}


_NOTHING: dict[str, Any] = {
    "event_type": "none",
    "status": None,
    "platforms": [],
    "regions": [],
    "effective_date": None,
    "deadlines": [],
}


def _said(signal: Signal) -> dict[str, Any]:
    return {
        "event_type": str(signal.event_type),
        "status": str(signal.status),
        "platforms": list(signal.platforms),
        "regions": list(signal.regions),
        "effective_date": str(signal.effective_date) if signal.effective_date else None,
        "deadlines": [{"date": str(due.date), "what": str(due.role)} for due in signal.deadlines],
        "score": signal.score,
        "spans": [
            {"field": span.field, "start": span.start, "end": span.end, "quote": span.quote, "says": span.says}
            for span in signal.spans
        ],
    }


def document_of(row: Mapping[str, Any], number: int) -> tuple[Document, Source]:
    """The document that a row describes, and a source of its kind. Raises ValueError naming the row and the key."""
    for key in _STRINGS:
        if key in ("id", "text") and row.get(key) is None:
            raise ValueError(f"line {number}: {key!r} is missing: every document has 'id' and 'text'")
        if not isinstance(row.get(key), str | None):
            raise ValueError(f"line {number}: {key!r} must be a string, not {type(row[key]).__name__}")
    kind = row.get("source_kind") or "other"
    if kind not in AUTHORITIES:
        raise ValueError(f"line {number}: 'source_kind' is {kind!r}, not one of {', '.join(AUTHORITIES)}")
    published = _moment(row.get("published"), number)
    url = row.get("url") or ""
    source = Source(
        id="assess",
        name="assess",
        url=url,
        kind=SourceKind.PAGE,
        authority=AUTHORITIES[kind],
        publisher=urlsplit(url).hostname or row["id"],
        every=timedelta(days=1),
    )
    document = Document(
        id=digest(row["id"]),
        source_id=source.id,
        capture_id="",
        url=url,
        title=row.get("title") or "",
        text=row["text"],
        published=published,
        fetched_at=published or datetime(1970, 1, 1, tzinfo=UTC),
        lang=row.get("lang") or None,
        published_as=row["published"] if published and len(row["published"]) < len("YYYY-MM-DD") else "",
    )
    return document, source


def _moment(published: str | None, number: int) -> datetime | None:
    """The middle of what was given: half a year, half a month or half a day is the least that it can be wrong by."""
    if not published:
        return None
    if _EXACT.match(published):
        with suppress(ValueError):
            exact = datetime.fromisoformat(published)
            return exact.astimezone(UTC) if exact.tzinfo else exact.replace(tzinfo=UTC)
    try:
        given = PartialDate(published)
    except ValueError as error:
        raise ValueError(f"line {number}: 'published': {error}") from error
    middle = given.first_day + (given.last_day - given.first_day) / 2
    return datetime(middle.year, middle.month, middle.day, 12, tzinfo=UTC)
