"""The bytes that a look gave, and the documents that were read out of them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from monitor.domain.errors import FailureReason


@dataclass(frozen=True, slots=True)
class Capture:
    """The bytes that one look gave, kept as evidence.

    A capture of a page that a document asked for carries that `document_id`; when the page could not be had it is
    empty and carries the `failure`, and the document is understood from what its feed said.
    """

    id: str
    source_id: str
    url: str  # after redirects
    fetched_at: datetime
    status: int
    content_type: str
    body: bytes
    body_hash: str
    headers: tuple[tuple[str, str], ...] = ()
    document_id: str | None = None
    failure: FailureReason | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One announcement or article. `doubts` names what the reader was not sure of (encoding_doubt, date_unknown)."""

    id: str
    source_id: str
    capture_id: str
    url: str
    title: str
    text: str
    published: datetime | None  # None when the source gave no date that can be trusted
    fetched_at: datetime
    lang: str | None = None  # as declared by the source; understanding decides for itself
    doubts: tuple[str, ...] = ()
    published_as: str = ""  # YYYY or YYYY-MM where the source said no more; `published` is a moment within

    @property
    def content_hash(self) -> str:
        """Equal for equal title and text: an unchanged document is not understood twice."""
        return digest(self.title, self.text)


@dataclass(frozen=True, slots=True)
class Rejected:
    """One entry that could not be read while its neighbours could."""

    key: str
    reason: FailureReason
    detail: str


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What reading a capture gave: documents, or one failure for the whole capture (quarantine), never an exception. A
    capture that is damaged gives both: that, and what could be read of it.

    `seen` are the keys of every entry in the capture; a later read of the same feed skips the known ones. `follow` are
    addresses that belong to this capture and are read as it is (the sitemaps of an index); `memory` is what the next
    read of the source is given back; `sighting` is what a probe saw. `items` counts what the capture holds, new or not;
    that it holds none is no news where it `may_be_empty`. `every`, `hub` and `topic` are what a publisher declares of
    itself: how often it changes, and where it can be subscribed to (WebSub).
    """

    documents: tuple[Document, ...] = ()
    seen: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    failure: FailureReason | None = None
    detail: str = ""
    follow: tuple[str, ...] = ()
    memory: str = ""
    sighting: str = ""
    items: int = 0
    may_be_empty: bool = False
    every: timedelta | None = None
    hub: str = ""
    topic: str = ""


def digest(*parts: str | bytes) -> str:
    """A short stable hash (32 hex digits of SHA-256) of parts, unambiguous in where one part ends."""
    h = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        h.update(len(data).to_bytes(8, "big"))
        h.update(data)
    return h.hexdigest()[:32]


_TRACKING = ("utm_", "fbclid", "gclid", "mc_cid", "mc_eid", "igshid", "spm")


def canonical_url(url: str) -> str:
    """The same page under one name: lower-case host, no fragment, no tracking parameters, no default port."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url.strip()
    host = (parts.hostname or "").lower()
    if port and (parts.scheme.lower(), port) not in {("http", 80), ("https", 443)}:
        host = f"{host}:{port}"
    query = urlencode(
        [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not k.startswith(_TRACKING)]
    )
    return urlunsplit((parts.scheme.lower(), host, parts.path or "/", query, ""))
