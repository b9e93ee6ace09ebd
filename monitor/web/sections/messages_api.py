"""`/api/v1/messages` and `/api/v1/silences`: what went where, and what is silent, for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from monitor.domain.alerts import DeliveryState
from monitor.web.access import Visitor
from monitor.web.api import After, Limit, number
from monitor.web.house import House, problem
from monitor.web.sections.messages import NO_MESSAGE, PAGE, Post, Quiets, Row, Shown, Wanted, Wish
from monitor.web.speech import NotDoneError

_REFUSED: dict[int | str, dict[str, Any]] = {409: {"description": "It cannot be done."}}


@dataclass(frozen=True, slots=True)
class Page:
    """Messages, the newest first. `next` is what to give as `after` for what follows; "" at the end."""

    messages: Sequence[Row]
    next: str


def api(house: House, post: Post) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["messages"])

    @router.get("/messages")
    async def messages(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        target: Annotated[str, Query(max_length=100)] = "",
        state: DeliveryState | None = None,
        seller: Annotated[str, Query(max_length=100)] = "",
        incident: Annotated[str, Query(max_length=64)] = "",
        limit: Limit = PAGE,
        after: After = "",
    ) -> Page:
        """What went where, the newest first."""
        wanted = Wanted(target, state, seller, incident)
        found = await post.listed(house.paper.reader(request, visitor), wanted, number(after), 0, limit)
        return Page(found.rows, str(found.before or ""))

    @router.get("/messages/{key}", response_model=Shown, responses={404: {"description": "There is none."}})
    async def message(
        request: Request, visitor: Annotated[Visitor, Depends(house.door.viewer)], key: str
    ) -> Shown | JSONResponse:
        """One in full, as it is sent, with every try at it."""
        shown = await post.message(house.paper.reader(request, visitor), key[:100])
        return shown if shown is not None else problem(404, NO_MESSAGE)

    @router.post("/messages/{key}/retry", responses=_REFUSED)
    async def retry(
        visitor: Annotated[Visitor, Depends(house.door.operator)],
        key: str,
        old_words: Annotated[bool, Query(description="As it was written, though that is no longer so.")] = False,
    ) -> JSONResponse:
        """Try one again that was given up. What is no longer so is sent as it stands now, by a message of its own."""
        try:
            tried = await post.retry(visitor, [key[:100]], old_words)
            return JSONResponse({"retried": [into or key for key, into in tried.items()]})
        except NotDoneError as error:
            return problem(409, str(error))

    @router.get("/silences")
    async def silences(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        limit: Limit = PAGE,
        after: After = "",
    ) -> Quiets:
        """Those that stand, the first made first."""
        return await post.silences(house.paper.reader(request, visitor), number(after), limit)

    @router.post("/silences", responses=_REFUSED)
    async def silence(visitor: Annotated[Visitor, Depends(house.door.operator)], wish: Wish) -> JSONResponse:
        """Hold back for a while what matches all that is named."""
        try:
            return JSONResponse({"id": await post.silence(visitor, wish)}, 201)
        except NotDoneError as error:
            return problem(409, str(error))

    @router.post("/silences/{id}/end", responses=_REFUSED)
    async def end(visitor: Annotated[Visitor, Depends(house.door.operator)], id: str) -> JSONResponse:
        """End one before its time."""
        try:
            await post.end(visitor, id[:100])
        except NotDoneError as error:
            return problem(409, str(error))
        return JSONResponse({"id": id})

    return router
