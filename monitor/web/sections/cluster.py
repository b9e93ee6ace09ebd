"""The daemons that share the work: who lives, what waits, who holds what, what failed and is to be done again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from monitor.domain.crew import Fault, Hands
from monitor.web.access import Visitor
from monitor.web.house import House, problem
from monitor.web.paper import HEADERS, Reader
from monitor.web.speech import NotDoneError, noop

DONE = {"again": noop("Its failures are forgotten, and it is done again at once.")}

_REFUSED: dict[int | str, dict[str, Any]] = {409: {"description": "It did not fail: nothing is to be done again."}}


@dataclass(frozen=True, slots=True)
class CrewFault:
    """Something that is wrong: of what, and in the reader's language."""

    fault: Fault
    subject: str
    words: str


@dataclass(frozen=True, slots=True)
class CrewDaemon:
    """One daemon. `settings` is a digest of its configuration; `clock_off` says by how many seconds its own clock is
    behind the database's, and `troubles` what it cannot do at present, and why, in English."""

    id: str
    machine: str
    roles: tuple[str, ...]
    version: str
    settings: str
    started_at: datetime
    beat_at: datetime
    alive: bool
    clock_off: float
    troubles: Mapping[str, str]
    hands: Hands


@dataclass(frozen=True, slots=True)
class CrewDuty:
    """One duty: how many of its jobs wait, are in hand, hang with a silent daemon, or failed. `why` is what the last
    failure said, in English; "" when nobody alive knows."""

    duty: str
    todo: int
    doing: int
    stalled: int
    failed: int
    waits_since: datetime | None
    failed_at: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Crew:
    """All of it at one moment. `shared` is false where one daemon works alone: then the rest is empty."""

    at: datetime
    shared: bool
    wrong: Sequence[CrewFault]
    daemons: Sequence[CrewDaemon]
    duties: Sequence[CrewDuty]
    overdue: int  # sources that nobody looks at though they are due
    overdue_since: datetime | None


class Crews(Protocol):
    """Who knows it."""

    async def crew(self, reader: Reader) -> Crew: ...
    async def again(self, visitor: Visitor, duty: str) -> int:
        """Have a duty that failed done again; how many failures are forgotten. Raises NotDoneError when it did not."""


def routes(house: House, crews: Crews) -> APIRouter:
    """`/cluster`."""
    router = APIRouter(include_in_schema=False)

    async def page(request: Request, visitor: Visitor, error: NotDoneError | None = None) -> Response:
        reader = house.paper.reader(request, visitor)
        complaint = reader.t.say(error.words, **error.values) if error else ""
        shown = {"crew": await crews.crew(reader), "complaint": complaint, "done": DONE}
        return house.paper.page(request, reader, "cluster.html.j2", 409 if error else 200, **shown)

    @router.get("/cluster")
    async def whole(request: Request, visitor: Annotated[Visitor, Depends(house.door.operator)]) -> Response:
        """All of it."""
        return await page(request, visitor)

    @router.post("/cluster/again")
    async def again(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.operator)],
        duty: Annotated[str, Form(max_length=100)] = "",
    ) -> Response:
        """A duty that failed."""
        try:
            await crews.again(visitor, duty)
        except NotDoneError as error:
            return await page(request, visitor, error)
        return RedirectResponse("/cluster?done=again", 303, HEADERS)

    return router


def api(house: House, crews: Crews) -> APIRouter:
    """`/api/v1/cluster`."""
    router = APIRouter(tags=["cluster"])

    @router.get("/cluster")
    async def cluster(request: Request, visitor: Annotated[Visitor, Depends(house.door.operator)]) -> Crew:
        """The daemons, what waits, who holds what, and what is wrong."""
        return await crews.crew(house.paper.reader(request, visitor))

    @router.post("/cluster/duties/{duty}/again", responses=_REFUSED)
    async def done_again(visitor: Annotated[Visitor, Depends(house.door.operator)], duty: str) -> JSONResponse:
        """Have a duty that failed done again, and forget its failures."""
        try:
            return JSONResponse({"forgotten": await crews.again(visitor, duty[:100])})
        except NotDoneError as error:
            return problem(409, str(error))

    return router
