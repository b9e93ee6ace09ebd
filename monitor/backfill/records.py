"""What begins in a slice: fetched bytes, rows, and what is broken, each at its place. Broken bytes cost themselves."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, BinaryIO

from monitor.backfill.pieces import WINDOW, File, Form, Layout, Slice, begins, opened
from monitor.domain.documents import Capture, digest
from monitor.domain.errors import FailureReason
from monitor.read.text import clean

LARGEST = 10 * 1024 * 1024  # bytes of a body, as reading takes them; one more tells that there were more
LONGEST = 16 * 1024 * 1024  # bytes of a line, and of a record with its headers
_KEPT = ("content-type", "content-location", "content-language", "last-modified", "link")
_MORE = 1_000  # bytes that may stand between two records


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server once answered. It has no source yet."""

    at: int  # its place
    url: str
    fetched_at: datetime
    status: int
    content_type: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def capture(self, source_id: str) -> Capture:
        """As a look would have given it."""
        body_hash = digest(self.body)
        id = digest(source_id, self.url, self.fetched_at.isoformat(), body_hash)
        return Capture(id, source_id, self.url, self.fetched_at, self.status, self.content_type, self.body, body_hash,
                       self.headers)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file of rows."""

    at: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Passed:
    """A record that is no answer with a body: a request, metadata, a redirect, a refusal."""

    at: int


@dataclass(frozen=True, slots=True)
class Broken:
    """Bytes that give nothing, and why."""

    at: int
    reason: FailureReason
    detail: str
    url: str = ""


Item = Fetched | Line | Passed | Broken


def items(piece: Slice) -> Iterator[Item]:
    """What begins in the slice, in order. Raises OSError when the file cannot be read."""
    with opened(piece.file) as raw:
        match piece.file.form:
            case Form.FEED:
                yield from _feed(piece.file, raw)
            case Form.LINES:
                yield from _lines(piece, raw)
            case Form.WARC:
                yield from _records(piece, raw)


def _feed(file: File, raw: BinaryIO) -> Iterator[Item]:
    try:
        body = raw.read(LARGEST + 1)
    except (EOFError, zlib.error) as error:
        yield _cut_off(0, error)
        return
    at = datetime.fromtimestamp(file.mtime / 1e9, UTC)
    kind = "application/json" if body.lstrip()[:1] == b"{" else "application/xml"
    yield Fetched(0, file.source.url if file.source else "", at, 200, kind, (), body)


def _lines(piece: Slice, raw: BinaryIO) -> Iterator[Item]:
    try:
        at = begins(piece.file, raw, piece.start)
        raw.seek(at)
        while at < piece.end:
            line = raw.readline(LONGEST)
            if not line:
                return
            if len(line) == LONGEST and not line.endswith(b"\n"):
                yield Broken(at, FailureReason.TOO_LARGE, f"a line of more than {LONGEST} bytes")
                while (more := raw.readline(WINDOW)) and not more.endswith(b"\n"):
                    pass
            elif line.strip():
                yield Line(at, line)
            at = raw.tell()
    except (EOFError, zlib.error) as error:
        yield _cut_off(piece.start, error)


def _records(piece: Slice, raw: BinaryIO) -> Iterator[Item]:
    from warcio.exceptions import ArchiveLoadFailed
    from warcio.recordloader import ArcWarcRecordLoader
    from warcio.statusandheaders import StatusAndHeadersParserException

    loader = ArcWarcRecordLoader(verify_http=False, arc2warc=False)
    step = _member if piece.file.layout is Layout.MEMBERS else _plain
    wrong = (ArchiveLoadFailed, StatusAndHeadersParserException, EOFError, ValueError, zlib.error)
    at = piece.start
    try:
        at = begins(piece.file, raw, piece.start)
        while at < piece.end:
            try:
                item, after = step(raw, at, loader)
            except MemoryError:
                raise
            except (*wrong, AttributeError, IndexError, KeyError, TypeError) as error:  # warcio's, on odd headers
                item, after = _cut_off(at, error), None
            yield item
            at = begins(piece.file, raw, at + 1) if after is None else after
    except (EOFError, zlib.error) as error:
        yield _cut_off(at, error)


def _member(raw: BinaryIO, at: int, loader: Any) -> tuple[Item, int | None]:
    """The record that is packed there, and the place behind it; None when that must be looked for."""
    raw.seek(at)
    member, unpacked, read = zlib.decompressobj(31), bytearray(), 0
    while not member.eof:
        packed = member.unconsumed_tail or raw.read(64 * 1024)
        if not packed:
            return Broken(at, FailureReason.RAISED, "the record is cut off"), None
        read = raw.tell()
        unpacked += member.decompress(packed, LONGEST + 1 - len(unpacked))
        if len(unpacked) > LONGEST:
            return Broken(at, FailureReason.TOO_LARGE, f"a record of more than {LONGEST} bytes"), None
    after = read - len(member.unused_data)
    item, left = _parsed(BytesIO(bytes(unpacked)), at, loader)
    return (item, after) if left is not None else (_short(at, item), after)


def _plain(raw: BinaryIO, at: int, loader: Any) -> tuple[Item, int | None]:
    raw.seek(at)
    item, end = _parsed(raw, at, loader)
    if end is None:
        return _short(at, item), None
    raw.seek(end)
    between = raw.read(_MORE)
    following = between.lstrip(b"\r\n")
    if following and not following.startswith(b"WARC/"):
        return Broken(at, FailureReason.RAISED, "the record does not end where it says", _url(item)), None
    return item, end + len(between) - len(following) if following else end + len(between)


def _parsed(stream: BinaryIO, at: int, loader: Any) -> tuple[Item, int | None]:
    """The record, and where in the stream its block ends; None when there is less than the record says."""
    record = loader.parse_record_stream(stream, known_format="warc")
    told, http, left = record.rec_headers, record.http_headers, getattr(record.raw_stream, "limit", 0)
    item: Item = Passed(at)
    url = told.get_header("WARC-Target-URI") or ""
    if record.rec_type == "response" and http is not None and url.startswith(("http://", "https://")):
        status = http.get_statuscode()
        if status.isascii() and status.isdigit() and 200 <= int(status) < 300:
            item = _fetched(record, at, url, int(status))
            left = record.raw_stream.limit
    end = stream.tell() + left
    if left:
        stream.seek(end - 1)
        if not stream.read(1):
            return item, None
    return item, end


def _fetched(record: Any, at: int, url: str, status: int) -> Fetched:
    body = bytearray()
    content = record.content_stream()
    while len(body) <= LARGEST and (piece := content.read(min(WINDOW, LARGEST + 1 - len(body)))):
        body += piece
    headers = tuple(
        (name.lower(), value)
        for name, value in record.http_headers.headers
        if name.lower() in _KEPT and value.isascii() and value.isprintable()
    )
    kind = next((value for name, value in headers if name == "content-type"), "")
    when = datetime.fromisoformat(record.rec_headers.get_header("WARC-Date"))
    return Fetched(at, url, when if when.tzinfo else when.replace(tzinfo=UTC), status, kind, headers, bytes(body))


def _short(at: int, item: Item) -> Broken:
    return Broken(at, FailureReason.RAISED, "the record is cut off", _url(item))


def _url(item: Item) -> str:
    return item.url if isinstance(item, Fetched) else ""


def _cut_off(at: int, error: Exception) -> Broken:
    return Broken(at, FailureReason.RAISED, clean(f"{type(error).__name__}: {error}", 200))
