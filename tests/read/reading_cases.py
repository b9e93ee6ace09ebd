"""Captures for the tests of reading: the frozen files in data/, and feeds written in place."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

from monitor.domain.documents import Capture, Document, digest
from monitor.domain.sources import Authority, Source, SourceKind

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)
FEED_URL = "https://watched.example/news/feed.xml"


def capture(body: bytes | str, content_type: str = "application/xml", url: str = FEED_URL, **more) -> Capture:
    data = body.encode() if isinstance(body, str) else body
    return Capture("capture-1", "source-1", url, NOW, 200, content_type, data, digest(data), **more)


def frozen(name: str, content_type: str = "application/xml", **more) -> Capture:
    return capture((DATA / name).read_bytes(), content_type, **more)


def source(kind: SourceKind = SourceKind.FEED) -> Source:
    return Source("source-1", "Watched", FEED_URL, kind, Authority.NEWS, "watched", timedelta(minutes=15))


FEED, PAGE = source(), source(SourceKind.PAGE)


def entry(number: int, title: str = "", text: str = "", guid: str | None = None) -> str:
    return (
        f"<item><title>{escape(title or f'Announcement {number}')}</title><link>/a/{number}</link>"
        f"<guid>{guid or f'g-{number}'}</guid><pubDate>Tue, 10 Mar 2026 09:00:00 GMT</pubDate>"
        f"<description>{escape(text or f'The text of {number}.')}</description></item>"
    )


def rss(*entries: str, head: str = "") -> str:
    channel = f"<channel><title>T</title>{''.join(entries)}</channel>"
    return f'<?xml version="1.0" encoding="utf-8"?>{head}<rss version="2.0">{channel}</rss>'


def short_entry(**more) -> Document:
    """A document that wants its page."""
    fields = {
        "id": "document-1", "source_id": "source-1", "capture_id": "capture-0", "url": "https://watched.example/a/1",
        "title": "Ventoo closes its marketplace in France", "text": "Ventoo leaves France.", "published": NOW,
        "fetched_at": NOW, "lang": "en",
    }  # fmt: skip
    return Document(**(fields | more))
