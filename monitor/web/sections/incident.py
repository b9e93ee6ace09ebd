"""`/incidents/ID`: one incident in full, and its evidence pack."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, Protocol
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from monitor.web.access import RefusedError, Visitor
from monitor.web.house import House, problem
from monitor.web.paper import HEADERS, Reader
from monitor.web.sections.case import Case
from monitor.web.speech import NotDoneError

Id = Annotated[str, Path(max_length=64, description="An incident, by its id or the beginning of it.")]
PROBLEMS: dict[int | str, dict[str, Any]] = {
    404: {"description": "No incident has that id, or several have ids that begin so."},
    409: {"description": "It cannot be done, or not any more; `detail` says why."},
}


class Cases(Protocol):
    """Who knows it. An id may be the beginning of one; None when that is nobody's, or several's."""

    async def case(self, reader: Reader, id: str, begins: int = 0) -> Case | None:
        """With the voices from number `begins` on."""

    async def saw(self, reader: Reader, case: Case) -> None:
        """The reader has seen it as it is."""


@dataclass(frozen=True, slots=True)
class Pack:
    """An evidence pack: the file's name, and its bytes as they come."""

    name: str
    size: int
    content: AsyncIterator[bytes]


class Packs(Protocol):
    """Who makes evidence packs. Raises NotDoneError; None as `Cases.case`."""

    async def pack(self, visitor: Visitor, id: str) -> Pack | None: ...


def missing(house: House, request: Request, visitor: Visitor) -> Response:
    """No incident has that id."""
    return house.paper.page(request, house.paper.reader(request, visitor), "incident_missing.html.j2", 404)


def shown(
    house: House, request: Request, reader: Reader, case: Case, status: int = 200, complaint: str = ""
) -> Response:
    """The page; `complaint` is why something could not be done."""
    once = secrets.token_urlsafe(9)  # a form that is sent twice is one wish
    return house.paper.page(request, reader, "incident.html.j2", status, case=case, complaint=complaint, once=once)


def routes(house: House, cases: Cases, packs: Packs) -> APIRouter:
    """`/incidents/ID` and its evidence pack."""
    router = APIRouter(include_in_schema=False)

    @router.get("/incidents/{id}")
    async def incident(request: Request, visitor: Annotated[Visitor, Depends(house.door.viewer)], id: str) -> Response:
        """One in full. Whoever opens it has seen it."""
        reader, voices = house.paper.reader(request, visitor), request.query_params.get("voices", "")
        case = await cases.case(reader, id, int(voices) if voices.isascii() and voices[:7].isdecimal() else 0)
        if case is None:
            return missing(house, request, visitor)
        if case.id != id:
            query = urlencode(list(request.query_params.multi_items()))
            return RedirectResponse(f"/incidents/{case.id}{f'?{query}' if query else ''}", 303, HEADERS)
        if case.new:
            await cases.saw(reader, case)
        return shown(house, request, reader, case)

    @router.get("/incidents/{id}/pack.zip")
    async def pack(request: Request, visitor: Annotated[Visitor, Depends(house.door.viewer)], id: str) -> Response:
        """Its evidence to keep, or to hand on."""
        try:
            made = await packs.pack(visitor, id)
        except NotDoneError as error:
            raise RefusedError(409, error.words, **error.values) from None
        return missing(house, request, visitor) if made is None else download(made)

    return router


def download(made: Pack) -> Response:
    """A pack, as a file to save."""
    named = {"Content-Disposition": f'attachment; filename="{made.name}"', "Content-Length": str(made.size)}
    return StreamingResponse(made.content, 200, HEADERS | named, "application/zip")


def api(house: House, cases: Cases, packs: Packs) -> APIRouter:
    """`/api/v1/incidents/ID`."""
    router = APIRouter(tags=["incidents"])

    @router.get("/incidents/{id}", response_model=Case, responses={404: PROBLEMS[404]})
    async def incident(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        id: Id,
        voices: Annotated[int, Query(ge=0, le=1_000_000, description="From which voice on they are listed.")] = 0,
        seller: Annotated[str, Query(max_length=100, description="As it is for that seller alone.")] = "",
    ) -> Case | Response:
        """One in full, as its page shows it."""
        case = await cases.case(house.paper.reader(request, visitor), id, voices)
        return problem(404, "No such incident") if case is None else case

    @router.get(
        "/incidents/{id}/pack.zip",
        response_class=Response,
        responses={200: {"content": {"application/zip": {}}}, **PROBLEMS},
    )
    async def pack(visitor: Annotated[Visitor, Depends(house.door.viewer)], id: Id) -> Response:
        """Its evidence pack: what was fetched, read, decided, told and done, with a signed list of digests."""
        try:
            made = await packs.pack(visitor, id)
        except NotDoneError as error:
            return problem(409, "That cannot be done", str(error))
        return problem(404, "No such incident") if made is None else download(made)

    return router
