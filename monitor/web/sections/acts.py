"""What people do to an incident: each act is a form of its page, and the same for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Protocol
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from monitor.domain.deadlines import PartialDate
from monitor.domain.signals import Status
from monitor.web.access import Visitor
from monitor.web.house import House, problem
from monitor.web.paper import HEADERS, Reader
from monitor.web.sections.incident import PROBLEMS, Cases, Id, missing, shown
from monitor.web.sections.witnesses import Piece
from monitor.web.speech import NotDoneError

MOST_NOTE = 500


class Deed(StrEnum):
    """What can be done."""

    ACK = "ack"
    TAKE = "take"
    FALSE_ALARM = "false-alarm"
    NOT_FOR_US = "not-for-us"
    FOR_US = "for-us"
    DONE = "done"
    UNDONE = "undone"
    CLOSE = "close"
    REOPEN = "reopen"
    MERGE = "merge"
    SPLIT = "split"
    SILENCE = "silence"
    UNSILENCE = "unsilence"


class Scope(StrEnum):
    """What a silence that begins at an incident holds back."""

    INCIDENT = "incident"
    PLATFORM = "platform"  # whatever happens to its platforms
    EVENT = "event"  # whatever happens of its kind
    BOTH = "both"  # what happens of its kind to its platforms


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked. Which fields count depends on the act.

    `subject`: what is done ("deadline:ROLE:DATE", "step:ID"), or the silence that ends. `other`: the incident that it
    is one with. `documents`: what reports another event. `span`: how long a silence lasts ("90m", "4h", "3d"), or
    `until` which day, that day included (YYYY-MM-DD). `once`: the same word twice is one silence.
    """

    act: Deed
    note: str = ""
    seller: str = ""  # at whose desk; "" is all of them
    subject: str = ""
    other: str = ""
    documents: tuple[str, ...] = ()
    scope: Scope = Scope.INCIDENT
    span: str = ""
    until: str = ""
    once: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """On which incident it ended, and whether it was done before: then nothing was done now."""

    incident_id: str
    act: Deed
    again: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """Another incident, which may report the same event."""

    id: str
    headline: str
    status: Status
    date: PartialDate | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A document that may be split off."""

    document_id: str
    title: tuple[Piece, ...]
    publisher: str
    lang: str


@dataclass(frozen=True, slots=True)
class Table:
    """An incident on the table: what it may be one with, and what it may be taken apart into."""

    id: str
    headline: str
    near: tuple[Near, ...]
    leaves: tuple[Leaf, ...]
    more: int  # documents that are not listed


class Deeds(Protocol):
    """Who does it. Raises NotDoneError when it cannot be done; None for an id that is nobody's, or several's."""

    async def do(self, visitor: Visitor, id: str, wish: Wish) -> Outcome | None: ...
    async def table(self, reader: Reader, id: str) -> Table | None: ...


def routes(house: House, cases: Cases, deeds: Deeds) -> APIRouter:
    """`POST /incidents/ID/ACT`, and the page where incidents are merged and split."""
    router = APIRouter(include_in_schema=False)

    async def arranged(request: Request, visitor: Visitor, id: str, status: int = 200, complaint: str = "") -> Response:
        reader = house.paper.reader(request, visitor)
        table = await deeds.table(reader, id)
        if table is None:
            return missing(house, request, visitor)
        page = {"table": table, "complaint": complaint}
        return house.paper.page(request, reader, "incident_arrange.html.j2", status, **page)

    @router.get("/incidents/{id}/arrange")
    async def arrange(request: Request, visitor: Annotated[Visitor, Depends(house.door.operator)], id: str) -> Response:
        """Merge it with another one, or take documents out of it."""
        return await arranged(request, visitor, id)

    @router.post("/incidents/{id}/{act}")
    async def do(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.operator)],
        id: str,
        act: Deed,
        note: Annotated[str, Form(max_length=MOST_NOTE)] = "",
        seller: Annotated[str, Form(max_length=100)] = "",
        subject: Annotated[str, Form(max_length=200)] = "",
        other: Annotated[str, Form(max_length=100)] = "",
        document: Annotated[Sequence[str], Form()] = (),
        scope: Annotated[Scope, Form()] = Scope.INCIDENT,
        span: Annotated[str, Form(max_length=20)] = "",
        until: Annotated[str, Form(max_length=20)] = "",
        once: Annotated[str, Form(max_length=100)] = "",
    ) -> Response:
        """Do it, and lead back to the page."""
        wish = Wish(act, note, seller, subject, other, tuple(document), scope, span, until, once)
        reader = house.paper.reader(request, visitor)
        try:
            outcome = await deeds.do(visitor, id, wish)
        except NotDoneError as error:
            why = reader.t.say(error.words, **error.values)
            if act in (Deed.MERGE, Deed.SPLIT):
                return await arranged(request, visitor, id, 409, why)
            case = await cases.case(reader, id)
            return missing(house, request, visitor) if case is None else shown(house, request, reader, case, 409, why)
        if outcome is None:
            return missing(house, request, visitor)
        query = {"done": act.value} | ({"seller": reader.seller} if reader.seller else {})
        return RedirectResponse(f"/incidents/{outcome.incident_id}?{urlencode(query)}", 303, HEADERS)

    return router


def api(house: House, deeds: Deeds) -> APIRouter:
    """`POST /api/v1/incidents/ID/acts`."""
    router = APIRouter(tags=["incidents"])

    @router.post("/incidents/{id}/acts", response_model=Outcome, responses=PROBLEMS)
    async def act(visitor: Annotated[Visitor, Depends(house.door.operator)], id: Id, wish: Wish) -> Outcome | Response:
        """Do something to an incident, in the name of whoever asks. What is done already is not done again."""
        try:
            outcome = await deeds.do(visitor, id, wish)
        except NotDoneError as error:
            return problem(409, "That cannot be done", str(error))
        return problem(404, "No such incident") if outcome is None else outcome

    return router
