"""Sources as they are shown, on pages and by the API alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode

from monitor.domain.errors import FailureReason
from monitor.domain.health import Standing
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority, Outcome, SourceKind
from monitor.web.paper import Reader


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source in a line."""

    id: str
    name: str
    url: str
    link: str | None  # the address as it may be followed; None when it is no plain web link
    kind: SourceKind
    authority: Authority
    publisher: str
    platforms: tuple[str, ...]  # that it tells of; empty: any
    countries: tuple[str, ...]
    languages: tuple[str, ...]
    standing: Standing
    blind: bool
    cause: str  # what is wrong: a failure's reason, or "silent"; "" for nothing
    words: str  # the same in the machine's own words, in English
    since: datetime | None  # of what is wrong; None when it never saw anything
    last_success: datetime | None
    last_new: datetime | None
    next_look: datetime | None
    find: str | None  # where it may be now, by what we found on its site


@dataclass(frozen=True, slots=True)
class Wrong:
    """Sources that suffer from one thing. `still` says how they see nevertheless: "blind", "unknown" or "live"."""

    cause: str
    still: str
    words: str  # in the reader's language, as what follows
    to_do: str
    sources: int
    lines: Sequence[SourceLine]  # the first of them


@dataclass(frozen=True, slots=True)
class MapPlace:
    """One place of the map: who would tell us of that platform in that country. "" is any."""

    platform: str
    country: str
    best: Standing | None  # None: nobody would
    live: int
    sources: int
    ours: bool  # a seller has something at stake there


@dataclass(frozen=True, slots=True)
class Survey:
    """What we see and what we do not."""

    watched: int  # that are on
    standings: Mapping[Standing, int]
    wrong: Sequence[Wrong]
    countries: Sequence[str]  # the columns of the map, the sellers' own first
    places: Sequence[Sequence[MapPlace]]  # its rows, a platform each, the sellers' own first
    uncovered: Sequence[MapPlace]  # where a seller has something at stake, and no live source is about that platform


@dataclass(frozen=True, slots=True)
class Asked:
    """Which sources are wanted; an empty value wants all. Those of a place: whoever would tell us of it."""

    q: str = ""
    standing: str = ""
    cause: str = ""
    kind: str = ""
    authority: str = ""
    platform: str = ""
    country: str = ""
    language: str = ""

    @property
    def query(self) -> str:
        """As the query of an address."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return urlencode({name: value for name, value in given.items() if value})


@dataclass(frozen=True, slots=True)
class Listing:
    """Some of the sources that were asked for, the blind first, then by name."""

    total: int
    offset: int
    lines: Sequence[SourceLine]
    next: str  # goes on as `after`; "": there are no more
    causes: Sequence[tuple[str, str]] = ()  # that there are to ask for, with their words
    platforms: Sequence[str] = ()
    countries: Sequence[str] = ()
    languages: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SourceDay:
    """What looking at a source came to on one day of UTC: `looks` are `ok` (something new came), `unchanged` or
    `failures`; of what came, `unread` could not be read and `new` entries had not been seen before."""

    day: date
    looks: int
    ok: int
    unchanged: int
    failures: int
    unread: int
    items: int
    new: int


@dataclass(frozen=True, slots=True)
class SourceFind:
    """Where a lost source may be now."""

    url: str
    link: str | None
    kind: SourceKind
    items: int
    newest: datetime | None
    title: str


@dataclass(frozen=True, slots=True)
class LookedAt:
    """The last look, and what is remembered for the next one."""

    at: datetime
    outcome: Outcome
    status: int | None
    reason: FailureReason | None
    detail: str
    seconds: float
    body_bytes: int
    etag: str | None
    last_modified: str | None
    max_age: timedelta | None
    moved_to: str
    failures: int  # in a row
    same: int  # good looks in a row that gave the same bytes


@dataclass(frozen=True, slots=True)
class SourceItem:
    """Something that was read of it."""

    document_id: str
    title: str
    link: str | None
    lang: str
    published: datetime | None
    read: datetime


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that could not be read: a capture (`key` is ""), or one entry of it."""

    capture_id: str
    key: str
    at: datetime
    reason: FailureReason
    words: str  # of the reason, in the reader's language
    detail: str


@dataclass(frozen=True, slots=True)
class Led:
    """An incident that it led to."""

    id: str
    headline: str  # in the reader's language
    event_type: EventType
    status: Status
    updated: datetime


@dataclass(frozen=True, slots=True)
class Whole:
    """All that is known of one source."""

    line: SourceLine
    cause_words: str  # in the reader's language
    to_do: str
    provenance: str
    off_reason: str
    asks: bool  # it is a search
    rendered: bool
    every: timedelta  # as its record says
    pace: timedelta | None  # the interval that the last look was given
    pace_why: str  # in English
    gap: timedelta | None  # between its publications, usually
    items: int  # entries that the last good capture held
    look: LookedAt | None
    find: SourceFind | None
    days: Sequence[SourceDay]
    read: Sequence[SourceItem]
    unread: Sequence[Unread]
    led: Sequence[Led]
    led_in_all: int
    spec: Sequence[tuple[str, str]] = ()


class Sources(Protocol):
    """Who knows them."""

    async def survey(self, reader: Reader) -> Survey: ...
    async def listing(self, reader: Reader, asked: Asked, offset: int, limit: int) -> Listing: ...
    async def whole(self, reader: Reader, id: str) -> Whole | None:
        """None when no source of that id is configured."""

    async def days(self, id: str, most: int) -> Sequence[SourceDay] | None: ...
