"""One parsed feed entry to one document."""

import re
from collections.abc import Mapping
from typing import Any

from monitor.domain.documents import Capture, Document, canonical_url, digest
from monitor.read.dates import published_at
from monitor.read.declared import language, web_url
from monitor.read.text import clean, clean_title, cut_short, html_to_text

Entry = dict[str, Any]  # as feedparser gives it
_LEAD = 120  # characters of an untitled entry's text that serve as its title
_DATES = ("published", "created", "updated")
_NO_TEXT = ("image/", "audio/", "video/", "font/")
_BINARY = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd]")


def entry_name(entry: Entry) -> str:
    """What tells an entry from the others over time: its guid, else its link, else its title."""
    link = entry.get("link")
    return str(entry.get("id") or (canonical_url(link) if link else "") or entry.get("title") or "")


def entry_key(entry: Entry) -> str:
    """A key that changes when what was read of the entry does."""
    parts = ("link", "title", "summary", "content", "published", "updated")
    return digest(entry_name(entry), *(str(dict.get(entry, part, "")) for part in parts))


def entry_document(
    entry: Entry, key: str, shares_name: bool, feed_language: str | None, capture: Capture, doubts: tuple[str, ...]
) -> Document | None:
    """The document, or None when the entry has neither title nor text.

    Its id stays the same when the publisher edits the entry, unless the entry `shares_name` with others of its feed.
    """
    raw, tongue = _text(entry)
    text = clean(raw)
    title = clean_title(_plain(entry.get("title_detail") or {"value": entry.get("title")}))
    title = title or clean_title(text.split("\n", 1)[0])[:_LEAD]
    if not title:
        return None
    published = published_at(_raw_date(entry), capture.fetched_at)
    if published is None:
        doubts += ("date_unknown",)
    if cut_short(raw):
        doubts += ("text_cut",)
    name = entry_name(entry) or key
    return Document(
        id=digest(capture.source_id, name, key) if shares_name else digest(capture.source_id, name),
        source_id=capture.source_id,
        capture_id=capture.id,
        url=web_url(entry.get("link")) or web_url(capture.url) or capture.url,
        title=title,
        text=text,
        published=published,
        fetched_at=capture.fetched_at,
        lang=language(tongue) or language(feed_language),
        doubts=doubts,
    )


def _text(entry: Entry) -> tuple[str, object]:
    """The longest of the entry's content and summary, as plain text, with the language declared for it."""
    details = [*entry.get("content", ()), entry.get("summary_detail") or {}]
    texts = [(_plain(detail), detail.get("language")) for detail in details]
    text, tongue = max(texts, key=lambda pair: len(pair[0]))
    return text, tongue or (entry.get("title_detail") or {}).get("language")


def _plain(detail: Mapping[str, Any]) -> str:
    kind, value = str(detail.get("type") or "text/plain"), str(detail.get("value") or "")
    if kind in ("text/html", "application/xhtml+xml"):
        return html_to_text(value)
    if kind.startswith("text/"):
        return value
    # Of an unknown type feedparser has undone the Base64: it may be a text with markup, or a picture.
    return "" if kind.startswith(_NO_TEXT) or _BINARY.search(value) else html_to_text(value)


def _raw_date(entry: Entry) -> str:
    # feedparser's own `get` answers with another date when the one asked for is missing.
    return next((str(dict.get(entry, field)) for field in _DATES if dict.get(entry, field)), "")
