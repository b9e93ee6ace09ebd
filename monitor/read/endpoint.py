"""JSON endpoints: the source's spec says, in JMESPath, where the records lie and which of their fields are what."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin

import jmespath
from jmespath.exceptions import JMESPathError

from monitor.domain.documents import Document, ReadResult, Rejected, canonical_url, digest
from monitor.domain.errors import FailureReason
from monitor.domain.sources import Source
from monitor.read.answer import answered, failed, refused, words
from monitor.read.asked import Asked
from monitor.read.dates import published_at
from monitor.read.declared import web_url
from monitor.read.text import LONGEST_TEXT, clean_title

MOST_ITEMS = 1_000  # read at once; what is left stays unseen
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)T?(\d\d)(\d\d)(\d\d)Z?")
_MILLISECONDS = re.compile(r"(\d{10})\d{3}(?:\.0)?")
_SECONDS = re.compile(r"(\d{9,10})\.\d+")


@dataclass(frozen=True, slots=True)
class _Record:
    """One item's fields. `name` tells it from the others over time, `key` changes when anything of it does."""

    name: str
    title: str
    text: str
    date: str
    url: str

    @property
    def key(self) -> str:
        return digest(self.name, self.title, self.text, self.date, self.url)


def read_endpoint(asked: Asked) -> ReadResult:
    """The documents of those items that are not known. Raises nothing but MemoryError."""
    source, capture = asked.source, asked.capture
    value = answered(capture)
    if isinstance(value, ReadResult):
        return value
    items = _found(source.told("items"), value)
    if isinstance(items, dict):
        items = [items]
    if not isinstance(items, list):
        if value in ({}, []):  # how searches say that they found nothing
            return _empty(asked)
        return refused(value) or failed(FailureReason.SELECTOR_BROKEN, f"items: {source.told('items')} is not there")
    if not items:
        return refused(value) or _empty(asked)
    records = [_record(item, source, capture.url) for item in items[:MOST_ITEMS]]
    if not any(record.title for record in records):
        return failed(FailureReason.SELECTOR_BROKEN, f"title: {source.told('title')} is in none of {len(items)} items")
    documents, rejected = _documents(records, asked)
    left = len(items) - len(records)
    return ReadResult(
        documents=tuple(documents),
        seen=tuple(dict.fromkeys(record.key for record in records)),
        rejected=tuple(rejected),
        detail=f"{left} items more than are read at once" if left else "",
        items=len(items),
    )


def _empty(asked: Asked) -> ReadResult:
    """No items: wrong where there were some, but for a search, which may find nothing; and all that is known of a
    source that never had any."""
    if asked.known and not asked.source.asks:
        return failed(FailureReason.WENT_EMPTY, "no items, and there used to be some")
    return ReadResult()


def _documents(records: list[_Record], asked: Asked) -> tuple[list[Document], list[Rejected]]:
    capture = asked.capture
    by_id = bool(asked.source.told("id"))  # else one address is one item, however often a search gives it
    unique = {record.key if by_id else record.name: record for record in reversed(records)}
    times = Counter(record.name for record in unique.values())
    documents: list[Document] = []
    rejected: list[Rejected] = []
    for record in reversed(unique.values()):
        key = record.key
        if key in asked.known:
            continue
        if not record.title:
            rejected.append(Rejected(key, FailureReason.EMPTY, "no title"))
            continue
        published = published_at(record.date, capture.fetched_at)
        shared = (key,) if times[record.name] > 1 else ()
        documents.append(
            Document(
                id=digest(asked.source.id, record.name, *shared),
                source_id=asked.source.id,
                capture_id=capture.id,
                url=record.url,
                title=record.title,
                text=record.text,
                published=published,
                fetched_at=capture.fetched_at,
                doubts=(() if published else ("date_unknown",))
                + (("text_cut",) if len(record.text) >= LONGEST_TEXT else ()),
            )
        )
    return documents, rejected


def _record(item: Any, source: Source, base: str) -> _Record:
    fields = {name: _field(source, name, item) for name in ("id", "title", "text", "date", "url")}
    url = _address(fields["url"], base)
    name = fields["id"] or (canonical_url(url) if url else "")
    if not url and fields["id"] and source.told("page"):
        url = web_url(source.told("page").replace("{id}", quote(fields["id"], safe=""))) or ""
    title = clean_title(fields["title"])
    return _Record(
        name or digest(title, fields["date"]), title, fields["text"], _moment(fields["date"]), url or source.url
    )


def _field(source: Source, name: str, item: Any) -> str:
    path = source.told(name)
    return words(_found(path, item)) if path else ""


def _found(path: str, value: Any) -> Any:
    """What the path finds; None too when the value is not what the path's functions want."""
    try:
        return jmespath.search(path, value)
    except (JMESPathError, ValueError, TypeError, AttributeError, ArithmeticError):
        return None


def _address(link: str, base: str) -> str:
    if not link:
        return ""
    try:
        return web_url(urljoin(base, link)) or ""
    except ValueError:
        return ""


def _moment(date: str) -> str:
    """The date in a form that is read everywhere: programs also write 20241128T120000Z and milliseconds."""
    if match := _COMPACT.fullmatch(date):
        year, month, day, hour, minute, second = match.groups()
        return f"{year}-{month}-{day}T{hour}:{minute}:{second}Z"
    match = _MILLISECONDS.fullmatch(date) or _SECONDS.fullmatch(date)
    return match[1] if match else date
