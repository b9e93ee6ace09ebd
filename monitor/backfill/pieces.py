"""Files of an archive, and the slices of bytes that they are read by.

A slice is any range of a file. What begins in it belongs to it, wherever it ends, so slices need no index and no scan,
and what is done of a file is a set of ranges. Places are bytes of the file; in one that can only be unpacked from its
beginning, bytes of what comes out.
"""

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, cast

from monitor.domain.sources import Source

MOST = 200  # documents of a slice; what is left of it is one slice more
CUT = 4 * 1024 * 1024  # bytes of a slice
PACKED_CUT = 512 * 1024  # of records that are packed one by one
WINDOW = 1024 * 1024
GZIP = b"\x1f\x8b"
MEMBER = b"\x1f\x8b\x08"
RECORD = re.compile(rb"WARC/[01]\.\d{1,2}\r?\n(?=[^\r\n]{0,8000}:)")
_FEED = re.compile(rb"<(?:rss|feed|rdf:RDF|[\w.-]{1,40}:feed)\b", re.IGNORECASE)
_JSON_FEED = re.compile(rb'"version"\s*:\s*"https?:(?:\\?/){2}jsonfeed\.org')
_HEAD = 8_192  # bytes by which a file is known
_BROKEN = (EOFError, OSError, zlib.error)


class Form(StrEnum):
    """What a file holds."""

    WARC = "warc"  # ISO 28500
    LINES = "lines"  # a JSON object a line: the keys of `assess`, or documents as a store keeps them
    FEED = "feed"  # one feed, as it was fetched


class Layout(StrEnum):
    """How a place in a file is reached."""

    PLAIN = "plain"
    MEMBERS = "members"  # each record packed by itself (gzip members one after the other): as PLAIN
    STREAM = "stream"  # packed as a whole: everything before it is unpacked first


class UnknownFormError(ValueError):
    """The file is nothing that is read here."""


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was found. `source`, where it is known, is what all of it comes from."""

    path: str
    form: Form
    layout: Layout
    size: int  # of its places
    bytes: int  # on the disk
    mtime: int  # nanoseconds
    source: Source | None = None

    @property
    def cut(self) -> int:
        """Places of a slice; a feed is one."""
        if self.form is Form.FEED:
            return max(self.size, 1)
        return PACKED_CUT if self.layout is Layout.MEMBERS else CUT


@dataclass(frozen=True, slots=True)
class Slice:
    """The places from `start` up to `end` of a file, and how many documents of them to read at `most`."""

    file: File
    start: int
    end: int
    most: int = MOST

    def rest(self, reached: int) -> "Slice":
        """What is left of it."""
        return replace(self, start=reached)


def found(named: Sequence[str]) -> Iterator[tuple[Path, bool]]:
    """The files that those names stand for (a file, a folder with all below it, a pattern with `**`), each once; and
    whether it was named itself. Raises FileNotFoundError for a name that stands for nothing."""
    seen: set[Path] = set()
    for name in named:
        path = Path(name)
        if path.is_dir():
            files: Iterable[Path] = (one for one in sorted(path.rglob("*")) if one.is_file())
        elif path.exists():
            files = (path,)
        else:
            pattern = str(path.relative_to(path.anchor))
            files = sorted(one for one in Path(path.anchor or ".").glob(pattern) if one.is_file()) if pattern else []
            if not files:
                raise FileNotFoundError(f"{name}: there is no such file or folder, and nothing matches it")
        for one in files:
            if (real := one.resolve()) not in seen:
                seen.add(real)
                yield real, one == path


def file_of(path: Path, source: Source | None = None) -> File:
    """What the file is, by its first bytes. Raises UnknownFormError for what is not read here, and OSError."""
    stat = path.stat()
    with path.open("rb") as raw:
        packed = raw.read(2) == GZIP
    form = _form(_head(path, packed))
    if form is None:
        raise UnknownFormError(f"{path.name}: neither WARC, JSON lines nor a feed")
    layout = Layout.PLAIN if not packed else Layout.STREAM
    if packed and form is Form.WARC and _by_record(path):
        layout = Layout.MEMBERS
    size = _unpacked(path) if layout is Layout.STREAM else stat.st_size
    return File(str(path), form, layout, size, stat.st_size, stat.st_mtime_ns, source)


def slices(file: File, done: Iterable[tuple[int, int]]) -> Iterator[Slice]:
    """What is left of a file when those ranges are done, in order."""
    at = 0
    for start, end in [*sorted(done), (file.size, file.size)]:
        while at < start:
            until = min(start, (at // file.cut + 1) * file.cut)
            yield Slice(file, at, until)
            at = until
        at = max(at, end)


def opened(file: File) -> BinaryIO:
    """The file by its places. Raises OSError."""
    if file.layout is Layout.STREAM:
        return cast(BinaryIO, gzip.open(file.path, "rb"))
    return Path(file.path).open("rb")


def begins(file: File, raw: BinaryIO, start: int) -> int:
    """The first place from `start` on at which something begins; the file's size when nothing does. `raw` is the file,
    opened."""
    if start <= 0 or file.form is Form.FEED:
        return 0 if start <= 0 else file.size
    if file.form is Form.LINES:
        raw.seek(start - 1)
        while not (piece := raw.readline(WINDOW)).endswith(b"\n"):
            if not piece:
                return file.size
        return raw.tell()
    raw.seek(start)
    for place, window in _windows(raw, start):
        if file.layout is Layout.MEMBERS:
            at = window.find(MEMBER)
            while at >= 0:
                if _opens(raw, place + at):
                    return place + at
                at = window.find(MEMBER, at + 1)
        elif (match := RECORD.search(window)) is not None:
            return place + match.start()
    return file.size


def _windows(raw: BinaryIO, start: int) -> Iterator[tuple[int, bytes]]:
    """Stretches of a file from its present place on, each a little over the end of the one before."""
    kept, place = b"", start
    while True:
        raw.seek(place + len(kept))
        piece = raw.read(WINDOW)
        if not piece:
            return
        window = kept + piece
        yield place, window
        kept = window[-_HEAD:]
        place += len(window) - len(kept)


def _opens(raw: BinaryIO, at: int) -> bool:
    """Whether a packed record begins there: in packed bytes the mark of a beginning stands by chance too."""
    raw.seek(at)
    try:
        return zlib.decompressobj(31).decompress(raw.read(1024), 5) == b"WARC/"
    except zlib.error:
        return False


def _head(path: Path, packed: bool) -> bytes:
    with path.open("rb") as raw:
        head = raw.read(8 * _HEAD)
    try:
        return zlib.decompressobj(31).decompress(head, _HEAD) if packed else head[:_HEAD]
    except zlib.error:
        return b""


def _form(head: bytes) -> Form | None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"WARC/"):
        return Form.WARC
    if start.startswith(b"{"):
        return Form.FEED if _JSON_FEED.search(head) else Form.LINES
    return Form.FEED if start.startswith(b"<") and _FEED.search(head) else None


def _by_record(path: Path) -> bool:
    """Whether another gzip member begins behind the first one, which then holds one record."""
    member = zlib.decompressobj(31)
    with path.open("rb") as raw:
        while not member.eof:
            piece = raw.read(WINDOW)
            if not piece or raw.tell() > 64 * WINDOW:
                return False
            try:
                while piece and not member.eof:
                    member.decompress(piece, WINDOW)
                    piece = member.unconsumed_tail
            except zlib.error:
                return False
        rest = member.unused_data[:3] or raw.read(3)
    return rest == MEMBER


def _unpacked(path: Path) -> int:
    """How many bytes come out of it, up to where it is broken."""
    size = 0
    try:
        with gzip.open(path, "rb") as raw:
            while piece := raw.read1(WINDOW):  # what comes out before the break counts
                size += len(piece)
    except _BROKEN:
        return size + 1  # what reads up to its end finds it broken, and says so
    return size
