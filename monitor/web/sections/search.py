"""`/search` over documents and incidents, and `/documents/ID`: what was read, and what was understood of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Protocol, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from monitor.domain.deadlines import PartialDate
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority
from monitor.web.access import RefusedError, Visitor
from monitor.web.api import After, Limit, number
from monitor.web.house import House, problem
from monitor.web.paper import Reader
from monitor.web.sections.witnesses import Piece
from monitor.web.speech import noop

PAGE = 20  # rows of a page
FURTHEST = 1_000  # rows that are ranked
LONGEST = 200  # characters of a question


class Kind(StrEnum):
    """What is found."""

    DOCUMENT = "document"
    INCIDENT = "incident"


class Order(StrEnum):
    """Which first."""

    BEST = "best"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader looks for; what is empty or None narrows nothing."""

    q: str = ""  # words, "phrases", -not, begin*
    kind: Kind | None = None
    platform: str = ""
    country: str = ""
    language: str = ""
    since: date | None = None
    until: date | None = None  # that day included
    order: Order = Order.BEST
    start: int = 0

    def query(self, **more: str) -> str:
        """As an address asks for it, without what is not asked for."""
        asked = {one.name: str(getattr(self, one.name) or "") for one in fields(self)}
        asked |= {"order": "" if self.order is Order.BEST else self.order.value, "start": ""}
        return urlencode({name: text for name, text in (asked | more).items() if text})


@dataclass(frozen=True, slots=True)
class Found:
    """A document or an incident. Of a piece the role is "found" where it is what was looked for."""

    kind: Kind
    id: str
    title: tuple[Piece, ...]
    passages: tuple[tuple[Piece, ...], ...]
    lang: str
    source: str  # its name; "" of an incident
    at: datetime
    url: str | None
    status: Status | None  # of the incident
    incident_id: str  # that it is, or is evidence of; "" for none
    incident: str  # its headline in the reader's language


@dataclass(frozen=True, slots=True)
class Results:
    """A page of what was found. `more`: `number` was as far as was counted."""

    found: Sequence[Found]
    number: int
    more: bool
    searched: bool  # whether anything was asked for
    platforms: Sequence[str] = field(default=())  # among which a reader may choose
    countries: Sequence[str] = field(default=())
    languages: Sequence[str] = field(default=())
    next: str = ""  # what programs give as `after` for what follows; "" at the end


@dataclass(frozen=True, slots=True)
class Event:
    """What a document says of one event, by the model."""

    event_type: EventType
    event: str  # in the reader's words
    status: Status
    platforms: tuple[str, ...]
    regions: tuple[str, ...]
    date: PartialDate | None
    score: float
    words: tuple[tuple[str, str], ...]  # what each of the document's own words decided, and these words


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody else than the model holds of it."""

    who: str
    event: str  # in the reader's words; "" for none
    status: Status | None
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Linked:
    """An incident that a document is evidence of."""

    id: str
    headline: str
    status: Status


@dataclass(frozen=True, slots=True)
class Label:
    """What somebody holds a document to say. `event` is "none" where it reports none."""

    event: str
    event_said: str
    status: Status | None
    by: str = ""
    at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A document as it was read last, and what was understood of it."""

    id: str
    title: tuple[Piece, ...]
    text: tuple[Piece, ...]  # the role of a piece is what it decided, or "found"
    cut: int  # characters that are not shown
    lang: str
    source_id: str
    source: str
    authority: Authority | None
    authority_said: str
    url: str | None
    published: datetime | None
    fetched_at: datetime
    doubts: tuple[str, ...]
    understood: bool  # otherwise it waits for its page
    score: float
    model: str
    events: tuple[Event, ...]
    opinions: tuple[Opinion, ...]
    incidents: tuple[Linked, ...]
    correction: Label | None


class Seeker(Protocol):
    """Who finds them."""

    async def find(self, reader: Reader, asked: Asked, limit: int) -> Results: ...
    async def leaf(self, reader: Reader, id: str, q: str) -> Leaf | None:
        """The document whose id begins so; None for nobody's and several's."""


def routes(house: House, seeker: Seeker) -> APIRouter:
    """`/search` and `/documents/ID`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/search")
    async def search(request: Request, visitor: Annotated[Visitor, Depends(house.door.viewer)]) -> Response:
        """What fits."""
        reader, asked = house.paper.reader(request, visitor), read(request.query_params)
        results = await seeker.find(reader, asked, PAGE)
        return house.paper.page(request, reader, "search.html.j2", asked=asked, results=results, page=PAGE)

    @router.get("/documents/{id}")
    async def document(request: Request, visitor: Annotated[Visitor, Depends(house.door.viewer)], id: str) -> Response:
        """One in full."""
        reader = house.paper.reader(request, visitor)
        leaf = await seeker.leaf(reader, id[:64], request.query_params.get("q", "")[:LONGEST])
        if leaf is None:
            raise RefusedError(404, GONE)
        return house.paper.page(
            request, reader, "document.html.j2", leaf=leaf, choices=(EventType, Status), complaint=""
        )

    return router


GONE = noop("There is no such document, or no longer: old ones that no incident needs are let go.")


def api(house: House, seeker: Seeker) -> APIRouter:
    """`/api/v1/search` and `/api/v1/documents/ID`."""
    router = APIRouter(tags=["search"])

    @router.get("/search")
    async def search(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        q: Annotated[str, Query(max_length=LONGEST, description='Words, "phrases", -not, begin*.')] = "",
        kind: Kind | None = None,
        platform: Annotated[str, Query(max_length=100)] = "",
        country: Annotated[str, Query(max_length=40)] = "",
        language: Annotated[str, Query(max_length=40)] = "",
        since: date | None = None,
        until: date | None = None,
        order: Order = Order.BEST,
        after: After = "",
        limit: Limit = PAGE,
    ) -> Results:
        """Documents and incidents that hold all of the words, in every script."""
        start = min(number(after), FURTHEST - 1)
        asked = Asked(q, kind, platform, country, language, since, until, order, start)
        results = await seeker.find(house.paper.reader(request, visitor), asked, limit)
        further = start + limit < min(results.number, FURTHEST)
        return replace(results, next=str(start + limit) if further else "")

    @router.get("/documents/{id}", response_model=Leaf, responses={404: {"description": "There is none."}})
    async def document(
        request: Request, visitor: Annotated[Visitor, Depends(house.door.viewer)], id: str
    ) -> Leaf | JSONResponse:
        """A document as it was read last, and what was understood of it."""
        leaf = await seeker.leaf(house.paper.reader(request, visitor), id[:64], "")
        return leaf if leaf is not None else problem(404, GONE)

    return router


def read(asked: Mapping[str, str]) -> Asked:
    """What an address asks for; a word that means nothing asks for nothing."""
    start = asked.get("start", "")
    return Asked(
        q=asked.get("q", "")[:LONGEST].strip(),
        kind=_one(Kind, asked.get("kind", "")),
        platform=asked.get("platform", "")[:100].strip(),
        country=asked.get("country", "")[:40].strip(),
        language=asked.get("language", "")[:40].strip(),
        since=_day(asked.get("since", "")),
        until=_day(asked.get("until", "")),
        order=_one(Order, asked.get("order", "")) or Order.BEST,
        start=min(int(start), FURTHEST) if start.isascii() and start.isdigit() and len(start) < 9 else 0,
    )


W = TypeVar("W", bound=StrEnum)


def _one(words: type[W], text: str) -> W | None:
    return next((word for word in words if word.value == text), None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
