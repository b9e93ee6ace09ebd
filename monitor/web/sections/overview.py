"""The desk itself: what needs somebody now, what is due, where the money stands, and whether we see and are heard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Protocol
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from monitor.domain.deadlines import DeadlineRole, PartialDate
from monitor.domain.exposure import Severity
from monitor.domain.signals import EventType, Status
from monitor.web.access import Visitor
from monitor.web.house import House
from monitor.web.paper import HEADERS, Reader
from monitor.web.sections.timeline import timeline


@dataclass(frozen=True, slots=True)
class Share:
    """What one incident puts at risk for one seller, in the seller's currency."""

    seller_id: str
    seller: str  # the seller's name
    worst: Decimal
    expected: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Line:
    """One incident in a line, as it is for the seller whom it hits worst: the first of `shares`."""

    id: str
    revision: int
    headline: str  # in the reader's language
    lang: str  # of the headline, where it is a source's own words; else ""
    event_type: EventType
    status: Status
    rung: str  # in the reader's words
    place: str  # where, in the reader's words
    platforms: tuple[str, ...]
    regions: tuple[str, ...]
    severity: Severity
    shares: Sequence[Share]
    when: PartialDate | None
    days_left: int | None
    seen_to: str  # who takes care of it, or has heard it; "" for nobody
    new: bool  # since the reader looked
    question: bool  # somebody must find out
    voices: int  # independent ones behind it


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of one kind, the most pressing first, and how many there are beyond those shown."""

    lines: Sequence[Line]
    more: int


@dataclass(frozen=True, slots=True)
class Risk:
    """What is at risk for a seller in all, with nothing counted twice."""

    seller_id: str
    seller: str
    currency: str
    worst: Decimal
    expected: Decimal
    at_once: Decimal
    per_day: Decimal
    incidents: int
    share: float  # 0..1: the worst case, of all that the seller has at stake


@dataclass(frozen=True, slots=True)
class Due:
    """Something dated that concerns a seller: a deadline, or with no role the day on which the event takes effect."""

    incident_id: str
    headline: str
    when: PartialDate
    day: date  # the day that counts
    days_left: int
    role: DeadlineRole | None
    what: str  # in the reader's language
    severity: Severity
    sellers: tuple[str, ...]  # their names


@dataclass(frozen=True, slots=True)
class Steps:
    """One step of a playbook that nobody did yet, and all that it is due for on that day."""

    day: date
    days_left: int
    what: str  # in the reader's language, where the step is one that is shipped
    owner: str
    incidents: Sequence[tuple[str, str]]  # id and headline of the loudest
    more: int  # incidents beyond those

    @property
    def incident_id(self) -> str:
        """Of the loudest."""
        return self.incidents[0][0]


@dataclass(frozen=True, slots=True)
class Cell:
    """One platform in one country. `level` is 0 (nothing threatens) to 5 (nearly all is at risk)."""

    country: str
    exposed: Decimal  # tied up, and the sales of the horizon
    worst: Decimal
    level: int
    incidents: int


@dataclass(frozen=True, slots=True)
class Heat:
    """A seller's stake, platform (rows) by country (columns); None where the seller has no position."""

    seller_id: str
    seller: str
    currency: str
    countries: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell | None]]]
    more: int  # positions that are not shown


@dataclass(frozen=True, slots=True)
class Unwatched:
    """A position of whose platform no source that sees is to tell there."""

    platform: str
    country: str
    sources: int  # that would tell, if they saw
    seller: str
    missing: Sequence[str] = ()  # members of the EU for which none sees, where one sees for others


@dataclass(frozen=True, slots=True)
class BlindSource:
    """One source that does not see."""

    id: str
    name: str
    cause: str  # in the reader's language
    since: datetime | None
    ours: bool  # it would tell of a platform where somebody has a stake


@dataclass(frozen=True, slots=True)
class Sight:
    """What we see, and what we do not."""

    watched: int
    seeing: int
    blind: int
    unwatched: Sequence[Unwatched]
    more_unwatched: int
    general: int  # sources that see and name no platform: what they report may be about any
    sources: Sequence[BlindSource]
    partly: Sequence[Unwatched] = ()  # places in the EU that are watched in most members, and not in all


@dataclass(frozen=True, slots=True)
class Told:
    """Whether word goes out."""

    waiting: int  # due, and not gone yet
    held: int  # for a later hour
    dead: int  # given up
    oldest: datetime | None  # since when something has been due
    last_sent: datetime | None
    targets: int  # other than the service's own log
    heartbeat: bool  # somebody outside hears from us
    drill: str  # "daily", "weekly" or "never"
    drilled: datetime | None  # when the last one began


@dataclass(frozen=True, slots=True)
class First:
    """Something to do before the desk is of use."""

    words: str
    how: str
    address: str  # on the desk; "" when it is done elsewhere
    code: str  # what to type, or ""


@dataclass(frozen=True, slots=True)
class Board:
    """What there is to see at once."""

    at: datetime
    needs: Group  # somebody
    seen_to: Group
    weak: Group  # a word that nobody in charge has said
    resting: int  # open, and over: they put nothing at risk any more
    risks: Sequence[Risk]
    due: Sequence[Due]  # within 90 days, and overdue ones that nobody did
    more_due: int
    steps: Sequence[Steps]  # within 14 days, and overdue ones that nobody did
    heat: Sequence[Heat]
    sight: Sight
    told: Told
    first: Sequence[First]
    sellers: Sequence[tuple[str, str]]  # id and name of all
    sources: int  # that are watched
    missing: int  # incidents that are still being read

    @property
    def soonest(self) -> Due | Steps | None:
        """What must be done first of all that lies ahead, or of what is overdue where nothing does."""
        every: list[Due | Steps] = [*self.due, *self.steps]
        ahead = [one for one in every if one.days_left >= 0]
        return min(ahead or every, key=lambda one: one.days_left, default=None)

    @property
    def overdue(self) -> int:
        """How many things are: a date is one, and a step one for each incident."""
        steps = sum(len(one.incidents) + one.more for one in self.steps if one.days_left < 0)
        return steps + sum(one.days_left < 0 for one in self.due)


class Desk(Protocol):
    """Who knows it."""

    async def board(self, reader: Reader) -> Board: ...
    async def saw(self, who: str, seen: dict[str, int]) -> None:
        """They have seen these incidents at these revisions."""


def routes(house: House, desk: Desk) -> APIRouter:
    """`/`, and `/seen`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def overview(request: Request, visitor: Annotated[Visitor, Depends(house.door.viewer)]) -> Response:
        """The desk."""
        reader = house.paper.reader(request, visitor)
        board = await desk.board(reader)
        return house.paper.page(request, reader, "overview.html.j2", board=board, line=timeline(board.due))

    @router.post("/seen")
    async def seen(
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        seen: Annotated[str, Form(max_length=20_000)] = "",
        seller: Annotated[str, Form(max_length=100)] = "",
    ) -> Response:
        """The reader has seen these lines: none of them is new any more."""
        pairs = (one.rpartition(":") for one in seen.split())
        await desk.saw(visitor.name, {id: int(number) for id, _, number in pairs if id and _is_number(number)})
        back = f"/?seller={quote(seller)}&done=seen" if seller else "/?done=seen"
        return RedirectResponse(back, 303, HEADERS)

    return router


def api(house: House, desk: Desk) -> APIRouter:
    """`/api/v1/board`."""
    router = APIRouter(tags=["desk"])

    @router.get("/board")
    async def board(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        seller: Annotated[str, Query(max_length=100, description="For one seller: its id.")] = "",
    ) -> Board:
        """What needs somebody now, what is due, what is at risk, where we are blind, and the state of delivery."""
        return await desk.board(house.paper.reader(request, visitor))

    return router


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10
