"""One slice read and understood, in any process that was told what the daemon knows: the same function for a pool of
processes and for a cluster.

Fetched bytes are parsed in a disposable process (`read.workers`), as the daemon has them parsed: one that breaks a
limit or dies costs one record.
"""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from monitor.backfill.pieces import Slice
from monitor.backfill.provenance import Provenance
from monitor.backfill.records import Broken, Fetched, Line, Passed, items
from monitor.domain.documents import Document, ReadResult
from monitor.domain.errors import FailureReason
from monitor.domain.platforms import Platform
from monitor.domain.sources import Source, SourceKind
from monitor.read.declarations import links_of
from monitor.read.declared import web_url
from monitor.read.workers import MIB, Workers
from monitor.store import codec
from monitor.understand.analyst import Analyst
from monitor.understand.assess import document_of
from monitor.understand.model import Model

_HEAD = 65_536  # bytes in which a page or a feed is known, and a feed says where it is from
_FEEDS = (b"<rss", b"<feed", b"<rdf:rdf", b":feed ", b"jsonfeed.org")
_PAGES = (b"<html", b"<!doctype html", b"<head", b"<body")


@dataclass(frozen=True, slots=True)
class Setup:
    """What every worker must know: the daemon's platforms, sources and limits of reading."""

    platforms: tuple[Platform, ...]
    sources: tuple[Source, ...]
    cpu: float = 5.0
    wall: float = 10.0
    memory: int = 512 * MIB


@dataclass(frozen=True, slots=True)
class Known:
    """A document understood, as rows hold it."""

    id: str
    source_id: str
    capture_id: str
    fetched_at: datetime
    content_hash: str
    document: str
    assessment: str
    events: int  # signals


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be read or understood: where it stands, and why."""

    at: int
    url: str
    reason: FailureReason
    detail: str


@dataclass(slots=True)
class Gain:
    """What a slice gave, up to the place `reached`: each document once, its newest form."""

    reached: int
    taken: int = 0  # records and lines that were to give documents
    passed: int = 0  # records that are none
    documents: dict[str, Known] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)  # by id, as rows hold them
    failures: list[Failure] = field(default_factory=list)

    def fold(self, known: Known) -> None:
        """Take a document in, unless a newer form of it is there."""
        other = self.documents.get(known.id)
        if other is None or (other.fetched_at, other.content_hash) < (known.fetched_at, known.content_hash):
            self.documents[known.id] = known


class Hand:
    """One thread's readers; the analyst is its process's."""

    def __init__(self, setup: Setup, analyst: Analyst) -> None:
        self._analyst, self._provenance = analyst, Provenance(setup.sources)
        self._runner = asyncio.Runner()
        self._readers = Workers(1, setup.cpu, setup.wall, setup.memory)

    def take(self, piece: Slice) -> Gain:
        """Read and understand the slice. Raises OSError when its file cannot be read."""
        gain = Gain(piece.end)
        for item in items(piece):
            if gain.taken >= piece.most:
                gain.reached = item.at
                break
            match item:
                case Passed():
                    gain.passed += 1
                    continue
                case Broken(at, reason, detail, url):
                    gain.failures.append(Failure(at, url, reason, detail))
                    continue
            try:
                self._read(item, piece, gain)
            except MemoryError:
                raise
            except Exception as error:  # whatever a document makes of us, it is all it may cost
                url = item.url if isinstance(item, Fetched) else ""
                detail = f"{type(error).__name__}: {error}"[:200]
                gain.failures.append(Failure(item.at, url, FailureReason.STEP_FAILED, detail))
        return gain

    def close(self) -> None:
        """End the readers."""
        self._runner.run(self._readers.close())
        self._runner.close()

    def _read(self, item: Fetched | Line, piece: Slice, gain: Gain) -> None:
        if isinstance(item, Line):
            gain.taken += 1
            try:
                document, source = self._told(item.text)
            except (ValueError, ValidationError) as error:
                words = str(error).removeprefix("line 0: ")[:200]
                gain.failures.append(Failure(item.at, "", FailureReason.RAISED, words))
                return
            self._understand(document, source, gain)
            return
        kind = _kind(item)
        if kind is None:
            gain.passed += 1
            return
        gain.taken += 1
        if not item.url:
            item = replace(item, url=_own_address(item))
        source = piece.file.source or self._provenance.of(item.url, kind)
        for result in self._results(item, source):
            if result.failure is not None:
                gain.failures.append(Failure(item.at, item.url, result.failure, result.detail))
            gain.failures += [Failure(item.at, item.url, one.reason, one.detail) for one in result.rejected]
            for document in result.documents:
                self._understand(document, source, gain)

    def _results(self, item: Fetched, source: Source) -> Iterator[ReadResult]:
        """What a daemon's looks would give; a long feed is read in several."""
        capture, seen = item.capture(source.id), frozenset[str]()
        while True:
            result = self._runner.run(self._readers.read(capture, source, seen, None))
            if result.failure is FailureReason.WALL_LIMIT:  # a machine without a free processor makes every page slow
                result = self._runner.run(self._readers.read(capture, source, seen, None))
            yield result
            if not result.documents or seen.issuperset(result.seen) or source.kind is not SourceKind.FEED:
                return
            seen = seen.union(result.seen)
            if len(seen) >= result.items:
                return

    def _understand(self, document: Document, source: Source, gain: Gain) -> None:
        assessment = self._analyst.assess(document, source)
        gain.fold(
            Known(
                document.id,
                document.source_id,
                document.capture_id,
                document.fetched_at,
                document.content_hash,
                codec.dump(document),
                codec.dump(assessment),
                len(assessment.signals),
            )
        )
        if source.id not in gain.sources:
            gain.sources[source.id] = codec.dump(source)

    def _told(self, line: bytes) -> tuple[Document, Source]:
        """The document of a line: as a store keeps it, or with the keys of `assess`. Raises ValueError."""
        row: Any = json.loads(line)
        if not isinstance(row, dict):
            raise ValueError(f"an object was expected, not {type(row).__name__}")
        if "fetched_at" in row and "source_id" in row:
            document = codec.load(Document, line.decode())
            source = self._provenance.by_id.get(document.source_id)
            return document, source or replace(
                self._provenance.of(document.url, SourceKind.PAGE), id=document.source_id
            )
        document, source = document_of(row, 0)
        return named(document, source)


def named(document: Document, source: Source) -> tuple[Document, Source]:
    """A row's document, from a source that is known by who speaks and where."""
    source = replace(source, id=f"{source.authority}:{source.publisher}")
    return replace(document, source_id=source.id), source


def _kind(item: Fetched) -> SourceKind | None:
    """What was fetched: a feed, a page, or neither."""
    head = item.body[:_HEAD].lstrip()[:2_048].lower()
    declared = item.content_type.lower()
    if any(mark in head for mark in _FEEDS) and not any(mark in head for mark in _PAGES):
        return SourceKind.FEED
    if "html" in declared or (not declared and any(mark in head for mark in _PAGES)):
        return SourceKind.PAGE
    return None


def _own_address(item: Fetched) -> str:
    """The address that a saved feed says it is from, or that of its site."""
    head = item.body[:_HEAD].decode("utf-8", "replace")
    if head.lstrip()[:1] == "{":
        try:
            feed = json.loads(item.body)
        except (ValueError, RecursionError):
            return ""
        return web_url(feed.get("feed_url")) or web_url(feed.get("home_page_url")) or "" if type(feed) is dict else ""
    links = links_of(head, ())
    own = next((url for rel, url in links if "self" in rel), None)
    start, end = head.find("<link>"), head.find("</link>")
    site = web_url(head[start + len("<link>") : end]) if 0 <= start < end else None
    return own or site or next((url for _, url in links), "")


_setup: Setup | None = None
_analyst: tuple[Setup, Analyst] | None = None
_loading = threading.Lock()
_mine = threading.local()


def prepare(setup: Setup) -> None:
    """Tell this process what it must know. Cheap: what is slow to load waits for the first slice."""
    global _setup
    _setup = setup


def take(piece: Slice) -> Gain:
    """`Hand.take`, in a process that was prepared."""
    global _analyst
    assert _setup is not None, "a worker begins with prepare"
    with _loading:
        if _analyst is None or _analyst[0] != _setup:
            _analyst = (_setup, Analyst(_setup.platforms))
    setup, analyst = _analyst
    if getattr(_mine, "setup", None) is not setup:
        _mine.setup, _mine.hand = setup, Hand(setup, analyst)
    hand: Hand = _mine.hand
    return hand.take(piece)


def model_version() -> str:
    """The model by which documents are understood."""
    return Model.load().version
