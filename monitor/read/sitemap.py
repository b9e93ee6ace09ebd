"""Sitemaps (sitemaps.org), news sitemaps, and indexes of them.

A sitemap says that a page is there, rarely what it says: its title is guessed from its address until the page is read.
`lastmod` says when a page was touched, which is no date of publication; only news sitemaps have one.
"""

import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

import lxml.etree

from monitor.domain.documents import Document, ReadResult, canonical_url, digest
from monitor.domain.errors import FailureReason
from monitor.read.asked import Asked
from monitor.read.charset import decode
from monitor.read.dates import published_at
from monitor.read.declared import language, web_url
from monitor.read.feed import WALLS
from monitor.read.text import clean_title, without_xml_controls
from monitor.read.walls import seen_wall
from monitor.read.wanted import TITLE_GUESSED

LARGEST = 50 * 1024 * 1024  # bytes, unpacked: the protocol's own bound
MOST_URLS = 50_000  # likewise
MOST_FOLLOWED = 5  # sitemaps of an index
MOST_AT_FIRST = 50  # documents of a sitemap that was not read before
MOST_ENTRIES = 500  # documents of any read
FRESH = timedelta(days=14)  # a page touched before that is not new, however new its address is to us
_GZIP = b"\x1f\x8b"
_FIELDS = frozenset({"loc", "lastmod", "title", "publication_date", "language"})
_TAIL = re.compile(r"\.(?:s?html?|php|aspx?|jsp|do)$", re.IGNORECASE)
_NUMBERS = re.compile(r"^(?:[0-9]+[-_])+|(?:[-_](?:[0-9]{4,}|(?=[a-z]*[0-9])[0-9a-f]{8,}))+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """One url of a sitemap, or one sitemap of an index."""

    url: str
    lastmod: datetime | None = None
    title: str = ""
    published: datetime | None = None
    lang: str | None = None

    @property
    def name(self) -> str:
        return canonical_url(self.url)


@dataclass(frozen=True, slots=True)
class _Parsed:
    root: str
    places: tuple[Place, ...]
    news: bool
    cut: bool  # there are more than are read


def read_sitemap(asked: Asked) -> ReadResult:
    """The pages of a sitemap whose keys are not known, or the newest sitemaps of an index, to follow.

    Of a sitemap that is read for the first time every key is seen, but only its newest pages become documents.
    """
    body = _unpacked(asked.capture.body)
    if body is None or len(body) > LARGEST:
        return _failed(FailureReason.TOO_LARGE, f"more than {LARGEST} bytes")
    decoded = decode(body, asked.capture.content_type)
    text = without_xml_controls(decoded.text).strip()
    if not text:
        return _failed(FailureReason.EMPTY, "no characters")
    parsed = _parsed(text, asked.capture.fetched_at)
    if parsed.root == "sitemapindex":
        return _index(asked, parsed)
    if parsed.root != "urlset":
        wall = seen_wall(asked.capture.status, asked.capture.headers, text, asked.capture.url)
        if wall is not None and wall.reason in WALLS:
            return _failed(wall.reason, wall.detail)
        return _failed(FailureReason.NOT_A_FEED, f"no sitemap: its root is {parsed.root[:40] or 'no XML'}")
    places = {place.name: place for place in parsed.places}
    index, _ = _remembered(asked.memory)
    part = index not in (
        "",
        canonical_url(asked.capture.url),
    )  # one of several: that it holds nothing of interest is no news
    may_be_empty = part or parsed.news  # a sitemap of the last two days' news may hold none
    if not places and not may_be_empty:
        return _failed(FailureReason.WENT_EMPTY, "a sitemap without addresses")
    held = len(places)
    if only := asked.source.told("only"):
        wanted = re.compile(only)
        places = {name: place for name, place in places.items() if wanted.search(place.url)}
        if held and not places and not part:
            return _failed(FailureReason.SELECTOR_BROKEN, f"'only' matches none of {held} addresses")
    result = _urls(asked, places, ("encoding_doubt",) if decoded.doubt else (), parsed.cut)
    return replace(result, may_be_empty=may_be_empty)


def _failed(reason: FailureReason, detail: str) -> ReadResult:
    return ReadResult(failure=reason, detail=detail)


def _urls(asked: Asked, places: Mapping[str, Place], doubts: tuple[str, ...], cut: bool) -> ReadResult:
    keys = {name: digest(name, place.title) for name, place in places.items()}
    unseen = [place for name, place in places.items() if keys[name] not in asked.known]
    first = not asked.known or (len(unseen) == len(places) and len(places) > MOST_ENTRIES)
    newest = _newest(unseen, asked.capture.fetched_at, first)
    return ReadResult(
        documents=tuple(_document(asked, place, doubts) for place in newest),
        seen=tuple(keys.values()),
        detail=f"more than {MOST_URLS} addresses: the rest is not read" if cut else "",
        items=len(places),
    )


def _newest(unseen: Sequence[Place], fetched_at: datetime, first: bool) -> list[Place]:
    """Those that can be new, the newest first. Without any date, an unseen address is new but at the first read of a
    large sitemap, which cannot be told apart."""
    since = fetched_at - FRESH
    dated = [(place.published or place.lastmod, place) for place in unseen]
    fresh = sorted(((d, place) for d, place in dated if d and d >= since), key=lambda pair: pair[0], reverse=True)
    undated = [place for date, place in dated if date is None]
    if first and len(undated) > MOST_AT_FIRST:
        undated = []
    return [*(place for _, place in fresh), *undated][: MOST_AT_FIRST if first else MOST_ENTRIES]


def _document(asked: Asked, place: Place, doubts: tuple[str, ...]) -> Document:
    capture = asked.capture
    title = clean_title(place.title)
    doubts += () if title else (TITLE_GUESSED,)
    return Document(
        id=digest(capture.source_id, place.name),
        source_id=capture.source_id,
        capture_id=capture.id,
        url=place.url,
        title=title or slug_title(place.url),
        text="",
        published=place.published,
        fetched_at=capture.fetched_at,
        lang=place.lang,
        doubts=doubts if place.published else (*doubts, "date_unknown"),
    )


def slug_title(url: str) -> str:
    """Words out of the last step of an address that has any; else the address without its scheme."""
    parts = urlsplit(url)
    for step in reversed([unquote(step) for step in parts.path.split("/") if step]):
        words = " ".join(re.split(r"[-_+\s]+", _NUMBERS.sub("", _TAIL.sub("", step)))).strip()
        if sum(1 for c in words if c.isalpha()) >= 4:
            return clean_title(words[:1].upper() + words[1:])
    return clean_title(f"{parts.hostname}{parts.path}")


def _index(asked: Asked, parsed: _Parsed) -> ReadResult:
    """Its newest sitemaps, to follow. Those of an index that was itself followed are not: the protocol knows no such
    thing, and two that name each other would never end."""
    capture = asked.capture
    places = [
        place for place in {p.name: p for p in parsed.places}.values() if place.name != canonical_url(capture.url)
    ]
    if not places:
        return _failed(FailureReason.WENT_EMPTY, "an index without sitemaps")
    index, followed = _remembered(asked.memory)
    here = canonical_url(capture.url)
    if here in followed:
        return ReadResult(detail="an index within an index is not followed", items=len(places))
    child = bool(index) and here not in (index, canonical_url(asked.source.url))
    chosen = [place for place in _to_follow(places) if not (child and place.name in followed)]
    memory = json.dumps({"index": here, "followed": [place.name for place in chosen]})
    return ReadResult(follow=tuple(place.url for place in chosen), memory="" if child else memory, items=len(places))


def _to_follow(places: Sequence[Place]) -> list[Place]:
    """Those touched last; where none says when, some of both ends, since either may be the newest."""
    dated = [(place.lastmod, place) for place in places if place.lastmod]
    if dated:
        return [place for _, place in sorted(dated, key=lambda pair: pair[0], reverse=True)[:MOST_FOLLOWED]]
    return list(places) if len(places) <= MOST_FOLLOWED else [*places[:2], *places[-3:]]


def _remembered(memory: str) -> tuple[str, frozenset[str]]:
    try:
        kept = json.loads(memory) if memory else {}
        return str(kept.get("index", "")), frozenset(str(name) for name in kept.get("followed", ()))
    except (ValueError, AttributeError, TypeError):
        return "", frozenset()


def _unpacked(body: bytes) -> bytes | None:
    """The bytes, out of gzip where they are in it; what a broken archive gave until it broke; None when too large."""
    for _ in range(2):  # some servers pack what is packed
        if not body.startswith(_GZIP):
            break
        unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
        out: list[bytes] = []
        size = 0
        try:
            for at in range(0, len(body), 65_536):
                part = unpacker.decompress(body[at : at + 65_536], LARGEST + 1 - size)
                out.append(part)
                size += len(part)
                if size > LARGEST:
                    return None
        except zlib.error:
            pass
        body = b"".join(out)
    return body


def _parsed(text: str, fetched_at: datetime) -> _Parsed:
    """Recovers from ill-formed XML; entities are left alone, nothing is fetched."""
    text = re.sub(r"\A<\?xml[^<>]*\?>", "", text)
    events = lxml.etree.iterparse(
        io.BytesIO(text.encode("utf-8", "replace")),
        events=("start", "end"),
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    places: list[Place] = []
    root, cut = "", False
    try:
        for event, element, name in _named(events):
            if event == "start":
                if not root:
                    root = name
                continue
            if name not in ("url", "sitemap"):
                continue
            if len(places) >= MOST_URLS:
                cut = True
                break
            try:
                place = _place(element, fetched_at)
            except ValueError:  # characters that no text can hold
                place = None
            if place is not None:
                places.append(place)
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except (lxml.etree.LxmlError, ValueError):
        pass  # beyond recovery: what came before it counts
    return _Parsed(root, tuple(places), "sitemap-news" in text[:2_000], cut)


def _named(events: object) -> Iterator[tuple[str, lxml.etree._Element, str]]:
    """Each event with the element's name, whatever its namespace: publishers write that in many ways."""
    for event, element in events:  # type: ignore[attr-defined]
        if isinstance(element.tag, str):
            yield event, element, element.tag.rpartition("}")[2].lower()


def _place(element: lxml.etree._Element, fetched_at: datetime) -> Place | None:
    said: dict[str, str] = {}
    for part in element.iterdescendants():
        name = part.tag.rpartition("}")[2].lower() if isinstance(part.tag, str) else ""
        if name in _FIELDS and part.text and name not in said:
            if name == "loc" and part.getparent() is not element:  # an image's
                continue
            if "image" in part.tag or "video" in part.tag:
                continue
            said[name] = part.text.strip()
    url = web_url(said.get("loc"))
    if url is None:
        return None
    return Place(
        url,
        published_at(said.get("lastmod", ""), fetched_at),
        said.get("title", "")[:2_000],
        published_at(said.get("publication_date", ""), fetched_at),
        language(said.get("language")),
    )
