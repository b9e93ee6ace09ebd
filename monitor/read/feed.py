"""Feeds: RSS 0.9x, 1.0 and 2.0, Atom, JSON Feed. feedparser reads the entries of XML; this decides which, and survives.

feedparser raises on some hundred-byte feeds and misreads some dates without a word: it is called on bytes in memory
only, its exceptions end at one entry, and of its dates only the raw strings are used.
"""

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from monitor.domain.documents import Capture, ReadResult, Rejected
from monitor.domain.errors import FailureReason
from monitor.read.charset import decode
from monitor.read.damage import damage
from monitor.read.declarations import declarations
from monitor.read.declared import web_url
from monitor.read.entries import Entry, entry_document, entry_key, entry_name
from monitor.read.jsonfeed import read_json_feed
from monitor.read.outline import Outline, Slice, outline
from monitor.read.plain import plain_feed
from monitor.read.text import without_xml_controls

LARGEST = 5 * 1024 * 1024  # bytes
WALLS = frozenset({FailureReason.BOT_WALL, FailureReason.LOGIN_WALL})  # what an HTML page may be in a feed's place
MOST_ENTRIES = 2_000  # read at once; what is left stays unseen, and is read when the feed changes next

_HTML_PAGE = re.compile(r"\s*(?:<\?xml[^<>]*>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Parsed:
    """What feedparser made of a feed."""

    version: str  # empty when it is no feed
    language: str | None
    entries: tuple[tuple[str, bool, Entry], ...]  # key, whether another entry shares its name, entry
    rejected: tuple[Rejected, ...] = ()
    found: int = 0  # entries in the whole feed, equal ones included


def read_feed(capture: Capture, known: frozenset[str]) -> ReadResult:
    """The documents of those entries whose keys are not in `known`. Raises nothing but MemoryError.

    A feed of which entries are lost fails as damaged, and gives what could be read of it all the same.
    """
    if len(capture.body) > LARGEST:
        return _failed(FailureReason.TOO_LARGE, f"{len(capture.body)} bytes, at most {LARGEST} are read")
    decoded = decode(capture.body, capture.content_type)
    text = without_xml_controls(decoded.text)
    if not text.strip():
        return _failed(FailureReason.EMPTY, "no characters")
    if _HTML_PAGE.match(text):
        from monitor.read.walls import seen_wall  # its many words are slow to load

        wall = seen_wall(capture.status, capture.headers, text, capture.url)
        if wall is not None and wall.reason in WALLS:
            return _failed(wall.reason, wall.detail)
        return _failed(FailureReason.NOT_A_FEED, "an HTML page")

    if text.lstrip()[:1] == "{":
        return read_json_feed(text, capture, known, ("encoding_doubt",) if decoded.doubt else ())

    parsed: _Parsed | None = None
    keys: list[str] = []
    cut = outline(text)
    if cut is not None and cut.slices:
        keys = [s.key for s in cut.slices]
        wanted, left = _unread(keys, known)
        first = {s.key: s for s in reversed(cut.slices)}  # of identical entries the first
        parsed = _parse_slices(cut, [first[key] for key in wanted], capture) if wanted else _Parsed("", None, ())
    sliced = cut if parsed is not None else None
    if parsed is None:
        try:
            parsed = _parse_whole(text, capture)
        except MemoryError:
            raise
        except Exception as error:  # feedparser's are of any kind, and nothing can be cut out here
            return _failed(FailureReason.RAISED, f"feedparser: {type(error).__name__}")
        if not parsed.version and not parsed.entries:
            return _failed(FailureReason.NOT_A_FEED, "neither RSS nor Atom")
        keys = [key for key, _, _ in parsed.entries]
        wanted, left = _unread(keys, known)

    doubts = ("encoding_doubt",) if decoded.doubt else ()
    documents, rejected, now = [], list(parsed.rejected), frozenset(wanted)
    for key, shares_name, entry in parsed.entries:
        if key not in now:
            continue
        document = entry_document(entry, key, shares_name, parsed.language, capture, doubts)
        if document is None:
            rejected.append(Rejected(key, FailureReason.EMPTY, "neither title nor text"))
        else:
            documents.append(document)
    harm = damage(text, sliced, parsed.found if sliced is None else len(keys))
    later = f"{len(left)} entries left for the next read" if left else ""
    declared = declarations(cut.only(()) if cut is not None else text, capture.headers)
    return ReadResult(
        documents=tuple(documents),
        seen=tuple(key for key in dict.fromkeys(keys) if key not in left),
        rejected=tuple(rejected),
        failure=FailureReason.DAMAGED if harm else None,
        detail=harm or later,
        items=len(dict.fromkeys(keys)),
        every=declared.every,
        hub=declared.hub,
        topic=declared.topic,
    )


def _failed(reason: FailureReason, detail: str) -> ReadResult:
    return ReadResult(failure=reason, detail=detail)


def _unread(keys: Sequence[str], known: frozenset[str]) -> tuple[list[str], frozenset[str]]:
    """The keys to read now, in order, and those left for another time."""
    unread = list(dict.fromkeys(key for key in keys if key not in known))
    return unread[:MOST_ENTRIES], frozenset(unread[MOST_ENTRIES:])


def _parse(text: str, capture: Capture) -> Any:
    """feedparser on characters that are decoded already, told so. May raise anything."""
    import feedparser  # most feeds are plain, and few processes ever need it

    headers = {"content-type": "application/xml; charset=utf-8", "content-location": _base(capture)}
    if language := _said(capture, "content-language"):
        headers["content-language"] = language
    # Links within a text are not kept, so they need no resolving; an entry's own link is resolved all the same.
    return feedparser.parse(
        io.BytesIO(text.encode("utf-8", "replace")),
        response_headers=headers,
        sanitize_html=True,
        resolve_relative_uris=False,
    )


def _base(capture: Capture) -> str:
    """What relative addresses start from: the place that the server names for these bytes (RFC 9110, 8.7)."""
    try:
        return web_url(urljoin(capture.url, _said(capture, "content-location"))) or capture.url
    except ValueError:
        return capture.url


def _said(capture: Capture, header: str) -> str:
    return next((value for name, value in reversed(capture.headers) if name.lower() == header), "")


def _parse_slices(cut: Outline, wanted: Sequence[Slice], capture: Capture) -> _Parsed | None:
    """The wanted entries; those that make feedparser raise are found by halving, and rejected alone.

    None when feedparser sees another number of entries than the outline, which then cannot be trusted.
    """
    text = cut.only(frozenset(wanted))
    plain = plain_feed(text, _base(capture), _said(capture, "content-language"))
    if plain is not None and len(plain.entries) == len(wanted):
        return _Parsed("plain", plain.language, _named(wanted, plain.entries))
    try:
        found = _parse(text, capture)
    except MemoryError:
        raise
    except Exception as error:  # of any kind: see the module's note
        if len(wanted) == 1:
            detail = f"feedparser: {type(error).__name__}"
            return _Parsed("", None, (), (Rejected(wanted[0].key, FailureReason.RAISED, detail),))
        middle = len(wanted) // 2
        first = _parse_slices(cut, wanted[:middle], capture)
        second = _parse_slices(cut, wanted[middle:], capture)
        if first is None or second is None:
            return None
        return _Parsed(
            first.version or second.version,
            first.language or second.language,
            first.entries + second.entries,
            first.rejected + second.rejected,
        )
    if len(found.entries) != len(wanted):
        return None
    return _Parsed(found.version, found.feed.get("language"), _named(wanted, found.entries))


def _named(wanted: Sequence[Slice], entries: Sequence[Entry]) -> tuple[tuple[str, bool, Entry], ...]:
    return tuple((s.key, s.shares_name, entry) for s, entry in zip(wanted, entries, strict=True))


def _parse_whole(text: str, capture: Capture) -> _Parsed:
    """Every entry, with a key made of what was read of it. May raise anything."""
    found = _parse(text, capture)
    entries = {entry_key(entry): entry for entry in reversed(found.entries)}
    times = Counter(entry_name(entry) for entry in entries.values())
    return _Parsed(
        found.version,
        found.feed.get("language"),
        tuple((key, times[entry_name(entry)] > 1, entry) for key, entry in reversed(entries.items())),
        found=len(found.entries),
    )
