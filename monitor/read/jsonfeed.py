"""JSON Feed, versions 1 and 1.1 (jsonfeed.org): read by its specification, leniently where publishers are."""

import json
from collections import Counter
from typing import Any
from urllib.parse import urljoin

from monitor.domain.documents import Capture, Document, ReadResult, Rejected, canonical_url, digest
from monitor.domain.errors import FailureReason
from monitor.read.dates import published_at
from monitor.read.declared import language, web_url
from monitor.read.text import clean, clean_title, cut_short, html_to_text

MOST_ENTRIES = 2_000
_LEAD = 120  # characters of an untitled entry's text that serve as its title
_VERSION = "jsonfeed.org/version/"


def read_json_feed(text: str, capture: Capture, known: frozenset[str], doubts: tuple[str, ...]) -> ReadResult:
    """The documents of those items whose keys are not known. NOT_A_FEED for any other JSON."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        return ReadResult(failure=FailureReason.NOT_A_FEED, detail="JSON that ends early or is none")
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or _VERSION not in str(feed.get("version")):
        return ReadResult(failure=FailureReason.NOT_A_FEED, detail="JSON, but no JSON Feed")
    entries = [item for item in items if isinstance(item, dict)]
    keys = [digest(json.dumps(entry, sort_keys=True)) for entry in entries]
    unread = list(dict.fromkeys(key for key in keys if key not in known))
    now, left = frozenset(unread[:MOST_ENTRIES]), frozenset(unread[MOST_ENTRIES:])
    names = {key: _name(entry) for key, entry in zip(keys, entries, strict=True)}
    times = Counter(names.values())
    documents: dict[str, Document] = {}
    rejected = []
    for key, entry in zip(keys, entries, strict=True):
        if key not in now or key in documents:
            continue
        name = names[key] or key
        identity = digest(capture.source_id, name, key) if times[names[key]] > 1 else digest(capture.source_id, name)
        document = _document(identity, entry, feed.get("language"), capture, doubts)
        if document is None:
            rejected.append(Rejected(key, FailureReason.EMPTY, "neither title nor text"))
        else:
            documents[key] = document
    hub = _hub(feed.get("hubs"))
    return ReadResult(
        documents=tuple(documents.values()),
        seen=tuple(key for key in dict.fromkeys(keys) if key not in left),
        rejected=tuple(rejected),
        detail=f"{len(left)} entries left for the next read" if left else "",
        items=len(dict.fromkeys(keys)),
        hub=hub,
        topic=(web_url(feed.get("feed_url")) or "") if hub else "",
    )


def _name(entry: dict[str, Any]) -> str:
    """Its id (a number in some feeds), else its address, else its title."""
    own, url = entry.get("id"), _string(entry, "url")
    if isinstance(own, (str, int)) and str(own).strip():
        return str(own).strip()
    return canonical_url(url) if url else _string(entry, "title")


def _string(entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    return value.strip() if isinstance(value, str) else ""


def _document(
    identity: str, entry: dict[str, Any], feed_language: object, capture: Capture, doubts: tuple[str, ...]
) -> Document | None:
    texts = [_string(entry, "content_text"), html_to_text(_string(entry, "content_html")), _string(entry, "summary")]
    raw = max(texts, key=len)
    text = clean(raw)
    title = clean_title(html_to_text(_string(entry, "title"))) or clean_title(text.split("\n", 1)[0])[:_LEAD]
    if not title:
        return None
    raw_date = _string(entry, "date_published") or _string(entry, "date_modified")
    published = published_at(raw_date, capture.fetched_at)
    if published is None:
        doubts += ("date_unknown",)
    if cut_short(raw):
        doubts += ("text_cut",)
    own = next((url for key in ("url", "external_url") if (url := _address(_string(entry, key), capture.url))), None)
    identifier = _string(entry, "id")
    return Document(
        id=identity,
        source_id=capture.source_id,
        capture_id=capture.id,
        url=own or web_url(identifier) or web_url(capture.url) or capture.url,
        title=title,
        text=text,
        published=published,
        fetched_at=capture.fetched_at,
        lang=language(entry.get("language")) or language(feed_language),
        doubts=doubts,
    )


def _address(link: str, base: str) -> str | None:
    try:
        return web_url(urljoin(base, link)) if link else None
    except ValueError:
        return None


def _hub(hubs: object) -> str:
    """Of the hubs the first that speaks WebSub."""
    for hub in hubs if isinstance(hubs, list) else ():
        if isinstance(hub, dict) and str(hub.get("type")).lower() in ("websub", "pubsubhubbub"):
            return web_url(hub.get("url")) or ""
    return ""
