"""`/incidents`: all of them, by what a reader asks for; as a page, as JSON, and as CSV."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Protocol, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from monitor.domain.deadlines import PartialDate
from monitor.domain.exposure import Severity
from monitor.domain.signals import EventType, Status
from monitor.web.access import Visitor
from monitor.web.house import House
from monitor.web.paper import HEADERS, Reader
from monitor.web.sheets import MARK, TYPE, lines

PAGE, MOST = 50, 200  # rows of a page


class State(StrEnum):
    """What people, or sources, made of an incident."""

    OPEN = "open"  # and nobody sees to it
    SEEN = "seen"  # open, and somebody sees to it, or said that it is not for them
    CLOSED = "closed"  # by a person
    REVERSED = "reversed"  # called off, say the sources
    ALL = "all"  # only to ask for


class Sort(StrEnum):
    """In which order."""

    PRESSING = "pressing"  # severity, then the worst case
    MONEY = "money"  # the worst case: the most first
    DATE = "date"  # its next date, the soonest first
    MOVED = "moved"  # the last moved first
    OPENED = "opened"  # the newest first


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader asks for; what is empty or None lets everything through. `state` None is all that is open."""

    q: str = ""  # words, all of which must occur
    event: EventType | None = None
    platform: str = ""
    country: str = ""
    rung: Status | None = None
    severity: Severity | None = None  # at least
    state: State | None = None
    seller: str = ""
    sort: Sort = Sort.PRESSING

    def query(self, **more: str) -> str:
        """As an address asks for it, without what is not asked for."""
        asked = {one.name: _text(getattr(self, one.name)) for one in fields(self)}
        asked["sort"] = "" if self.sort is Sort.PRESSING else self.sort.value
        return urlencode({name: text for name, text in (asked | more).items() if text})


@dataclass(frozen=True, slots=True)
class Row:
    """One incident. Severity and amounts are those of the seller whom it hits worst; None when it hits nobody."""

    id: str
    revision: int
    headline: str  # in the reader's language
    lang: str  # of the headline, where it is a source's own words; else ""
    event_type: EventType
    event: str  # in the reader's words
    status: Status
    rung: str  # in the reader's words
    state: State
    platforms: tuple[str, ...]
    regions: tuple[str, ...]
    place: str  # in the reader's words
    severity: Severity | None
    worst: Decimal | None
    expected: Decimal | None
    currency: str
    sellers: tuple[str, ...]  # the names of those whom it hits
    when: PartialDate | None
    next_day: date | None  # the next day that it names
    days_left: int | None
    who: str  # sees to it, or closed it
    voices: int
    opened_at: datetime
    updated_at: datetime
    new: bool  # since the reader looked
    not_for_us: bool = False  # whether `who` said that; nobody sees to it then


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of rows. `before` and `after` are cursors, "" where there is no such page."""

    rows: Sequence[Row]
    number: int  # of all that fit
    before: str = ""
    after: str = ""
    missing: int = 0  # incidents that are still being read
    countries: Sequence[str] = field(default=())  # among which a reader may choose
    platforms: Sequence[str] = field(default=())
    sellers: Sequence[tuple[str, str]] = field(default=())  # id and name


@dataclass(frozen=True, slots=True)
class Page:
    """A page of incidents for programs: `next` is the cursor to give as `after` for what follows, "" at the end."""

    incidents: Sequence[Row]
    number: int
    next: str


class Listing(Protocol):
    """Who knows them."""

    async def listed(self, reader: Reader, wanted: Wanted, after: str, before: str, limit: int) -> Listed:
        """A cursor that nobody gave out is the beginning."""

    def every(self, reader: Reader, wanted: Wanted) -> AsyncIterator[Sequence[Row]]:
        """All that fit, some at a time."""


def routes(house: House, listing: Listing) -> APIRouter:
    """`/incidents`, and `/incidents.csv` with the same questions."""
    router = APIRouter(include_in_schema=False)

    @router.get("/incidents")
    async def incidents(request: Request, visitor: Annotated[Visitor, Depends(house.door.viewer)]) -> Response:
        """The list."""
        reader, asked = house.paper.reader(request, visitor), request.query_params
        wanted = read(asked)
        found = await listing.listed(reader, wanted, asked.get("after", ""), asked.get("before", ""), PAGE)
        return house.paper.page(
            request, reader, "incidents.html.j2", wanted=wanted, found=found, choices=(EventType, Status, State, Sort)
        )

    @router.get("/incidents.csv")
    async def csv(request: Request, visitor: Annotated[Visitor, Depends(house.door.viewer)]) -> Response:
        """All that fit, as a file."""
        reader = house.paper.reader(request, visitor)

        async def content() -> AsyncIterator[str]:
            yield MARK + lines([COLUMNS])
            async for some in listing.every(reader, read(request.query_params)):
                yield lines(map(cells, some))

        named = {"Content-Disposition": 'attachment; filename="incidents.csv"'}
        return StreamingResponse(content(), 200, HEADERS | named, TYPE)

    return router


def api(house: House, listing: Listing) -> APIRouter:
    """`/api/v1/incidents`."""
    router = APIRouter(tags=["incidents"])

    @router.get("/incidents")
    async def incidents(
        request: Request,
        response: Response,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        q: Annotated[str, Query(max_length=200, description="Words, all of which must occur.")] = "",
        event: EventType | None = None,
        platform: Annotated[str, Query(max_length=100)] = "",
        country: Annotated[str, Query(max_length=40, description="ISO 3166-1 alpha-2.")] = "",
        rung: Status | None = None,
        severity: Annotated[str, Query(pattern="^(|info|low|medium|high|critical)$", description="At least.")] = "",
        state: State | None = None,
        seller: Annotated[str, Query(max_length=100)] = "",
        sort: Sort = Sort.PRESSING,
        limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
        after: Annotated[str, Query(max_length=200, description="The `next` of the page before.")] = "",
    ) -> Page:
        """Incidents as the list of the desk shows them; without `state` those that are open."""
        loud = Severity[severity.upper()] if severity else None
        wanted = Wanted(q, event, platform, country, rung, loud, state, seller, sort)
        found = await listing.listed(house.paper.reader(request, visitor), wanted, after, "", limit)
        if found.after:
            further = wanted.query(after=found.after, limit=str(limit))
            response.headers["Link"] = f'</api/v1/incidents?{further}>; rel="next"'
        return Page(found.rows, found.number, found.after)

    return router


COLUMNS = (
    "id", "headline", "event", "certainty", "state", "platforms", "places", "severity", "worst_case", "expected",
    "currency", "sellers", "date", "days_left", "who", "independent_voices", "opened_at", "updated_at",
)  # fmt: skip


def cells(row: Row) -> Sequence[object]:
    """A row of the CSV: the words of programs, but for the headline."""
    return (
        row.id, row.headline, row.event_type.value, row.status.value, row.state.value, "; ".join(row.platforms),
        "; ".join(row.regions), row.severity.name.lower() if row.severity is not None else "", row.worst, row.expected,
        row.currency, "; ".join(row.sellers), row.when, row.days_left, row.who, row.voices,
        row.opened_at.isoformat(), row.updated_at.isoformat(),
    )  # fmt: skip


def read(asked: Mapping[str, str]) -> Wanted:
    """What an address asks for; a word that means nothing asks for nothing."""
    severity = asked.get("severity", "").upper()
    return Wanted(
        q=asked.get("q", "")[:200].strip(),
        event=_one(EventType, asked.get("event", "")),
        platform=asked.get("platform", "")[:100].strip(),
        country=asked.get("country", "")[:40].strip(),
        rung=_one(Status, asked.get("rung", "")),
        severity=Severity[severity] if severity in Severity.__members__ else None,
        state=_one(State, asked.get("state", "")),
        seller=asked.get("seller", "")[:100],
        sort=_one(Sort, asked.get("sort", "")) or Sort.PRESSING,
    )


W = TypeVar("W", bound=StrEnum)


def _one(words: type[W], text: str) -> W | None:
    return next((word for word in words if word.value == text), None)


def _text(value: object) -> str:
    return value.name.lower() if isinstance(value, Severity) else str(value or "")
