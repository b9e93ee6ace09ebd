"""What else can be watched behind an address: feeds and sitemaps that a page or a robots.txt names, and the shape of
a JSON answer.

Only addresses are named here, the most promising first; what is really there, reading it shows.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

import lxml.etree
import lxml.html

from monitor.domain.documents import Capture, ReadResult, canonical_url
from monitor.domain.errors import FailureReason
from monitor.read.addresses import FEED_NAME, SITEMAP_NAME
from monitor.read.answer import answered
from monitor.read.charset import decode
from monitor.read.declared import web_url
from monitor.read.text import without_xml_controls

LARGEST = 10 * 1024 * 1024  # bytes of a page
MOST = 20  # addresses named
_MOST_LINKS = 5_000
_MOST_DEEP = 4  # levels of a JSON answer

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")
_COMMENTS = re.compile(r"comments?(?:[/._-]|$)|/author/|/tag/", re.IGNORECASE)
_IN_ROBOTS = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_NEWS = re.compile(r"news|press|blog|announce|notice", re.IGNORECASE)

_TITLES = ("title", "headline", "subject", "name", "RecallHeading", "Title", "Name")
_DATES = (
    "published", "published_at", "publication_date", "publishedAt", "date", "pubDate", "created_at", "createdAt",
    "publish_time", "publishTime", "updated_at", "updatedAt", "Date", "timestamp",
)  # fmt: skip
_URLS = ("url", "html_url", "link", "href", "web_url", "webUrl", "URL", "permalink")
_IDS = ("id", "_id", "uuid", "guid", "document_number", "slug", "ID", "Id")
_TEXTS = (
    "text", "abstract", "summary", "description", "content", "body", "excerpt", "Description", "snippet",
)  # fmt: skip
_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def discover(capture: Capture) -> ReadResult:
    """`follow`: addresses that a page or a robots.txt names and that may be feeds or sitemaps, the best first.
    `memory`: for a JSON answer, the spec (a JSON object) with which it can be read as a source of kind json.

    Raises nothing for what the bytes hold but MemoryError.
    """
    if capture.failure is not None or len(capture.body) > LARGEST:
        return ReadResult(failure=capture.failure or FailureReason.TOO_LARGE, detail="nothing to look through")
    try:
        return _discovered(capture)
    except MemoryError:
        raise
    except Exception as error:  # as in read_capture: parsers raise anything on hostile bytes
        return ReadResult(failure=FailureReason.RAISED, detail=type(error).__name__)


def _discovered(capture: Capture) -> ReadResult:
    text = decode(capture.body, capture.content_type).text
    if urlsplit(capture.url).path == "/robots.txt":
        return ReadResult(follow=_best((url, 0) for url in _IN_ROBOTS.findall(text)[:_MOST_LINKS]))
    if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        spec = _shape(answered(capture))
        return ReadResult(memory=json.dumps(spec) if spec else "")
    try:
        parser = lxml.html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
        tree = lxml.html.document_fromstring(without_xml_controls(text).encode("utf-8", "replace"), parser=parser)
    except (lxml.etree.LxmlError, ValueError):
        return ReadResult(failure=FailureReason.NO_TEXT, detail="no HTML")
    return ReadResult(follow=_best(_named(tree, capture.url)))


def _best(offers: Iterator[tuple[str, int]]) -> tuple[str, ...]:
    """One address once, by rank (small is good), then those that sound like news, then in order of appearance."""
    ranks: dict[str, tuple[int, bool, int, str]] = {}
    for place, (offered, rank) in enumerate(offers):
        url = web_url(offered)
        if url is not None:
            known = (rank, not _NEWS.search(url), place, url)
            ranks[canonical_url(url)] = min(known, ranks.get(canonical_url(url), known))
    return tuple(url for *_, url in sorted(ranks.values())[:MOST])


def _named(tree: Any, url: str) -> Iterator[tuple[str, int]]:
    base = next((urljoin(url, href) for href in tree.xpath("//base/@href")[:1]), url)
    for link in tree.xpath("//link[@href]")[:_MOST_LINKS]:
        rel, kind = (link.get("rel") or "").lower().split(), (link.get("type") or "").lower()
        href = _joined(base, link.get("href"))
        if "alternate" in rel and kind.split(";")[0].strip() in _FEED_TYPES:
            yield href, 3 if _COMMENTS.search(href) else 0
        elif "sitemap" in rel:
            yield href, 2
    for href in tree.xpath("//a/@href")[:_MOST_LINKS]:
        href = _joined(base, href)
        path = urlsplit(href).path if href else ""
        if SITEMAP_NAME.search(path):
            yield href, 2
        elif FEED_NAME.search(path) or (FEED_NAME.search(href) and "?" in href):
            yield href, 3 if _COMMENTS.search(href) else 1


def _joined(base: str, href: str) -> str:
    try:
        return urljoin(base, href.strip())
    except ValueError:
        return ""


def _shape(value: Any) -> dict[str, str]:
    """Where an answer's records lie and what their fields are called; empty when nothing in it looks like records."""
    found = max(_lists(value, "", _MOST_DEEP), key=lambda one: one[0], default=None)
    return found[1] if found else {}


def _lists(value: Any, path: str, depth: int) -> Iterator[tuple[int, dict[str, str]]]:
    if isinstance(value, list):
        records = [one for one in value[:50] if isinstance(one, dict)]
        spec = _fields(records)
        if spec:
            yield len(spec) * 100 + min(len(value), 50), {"items": path or "@", **spec}
    elif isinstance(value, dict) and depth:
        for key, inner in list(value.items())[:100]:
            step = key if _PLAIN_KEY.fullmatch(key) else json.dumps(key)
            yield from _lists(inner, f"{path}.{step}" if path else step, depth - 1)


def _fields(records: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The fields that most of the records have, among the names that such fields go by."""

    def first(names: Sequence[str], kinds: tuple[type, ...] = (str,)) -> str:
        def has(name: str) -> bool:
            return 2 * sum(isinstance(one.get(name), kinds) and bool(one.get(name)) for one in records) > len(records)

        return next((name for name in names if has(name)), "")

    title = first(_TITLES) if records else ""
    if not title:
        return {}
    spec = {
        "title": title,
        "id": first(_IDS, (str, int)),
        "url": first(_URLS),
        "text": first(_TEXTS),
        "date": first(_DATES, (str, int)),
    }
    return {part: name for part, name in spec.items() if name}
