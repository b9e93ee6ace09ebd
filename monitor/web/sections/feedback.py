"""`/feedback`: what people say that the model got wrong, what it says of it now, and how it learns from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Protocol
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import StringConstraints

from monitor.domain.signals import EventType, Status
from monitor.web.access import Visitor
from monitor.web.api import After, Limit, number
from monitor.web.house import House, problem
from monitor.web.paper import HEADERS, Reader
from monitor.web.sections.search import Label, Seeker
from monitor.web.sections.witnesses import Piece
from monitor.web.speech import NotDoneError, noop

PAGE = 20
DONE = {
    "corrected": noop("Kept. The model learns from it when it is trained next."),
    "lessons": noop("What people answered is kept among the corrections."),
    "nothing": noop("Nobody answered anything that is not kept already."),
    "asked": noop("The model reads these texts again; load the page in a moment."),
}


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody holds a document to say, beside what the model said and says."""

    document_id: str
    title: tuple[Piece, ...]
    lang: str
    kept: bool  # whether the document is there still
    said: Label
    read_as: Label  # by the model that read it
    score: float
    now: Label | None  # by the model as it is; None while it was not asked
    score_now: float
    right: bool | None  # whether the model says now what the person says
    fresh: bool  # given since the model was trained


@dataclass(frozen=True, slots=True)
class Feedback:
    """A page of corrections, the last given first, and sums over all of them."""

    corrections: Sequence[Correction]
    number: int
    start: int
    fresh: int  # given since the model was trained
    asked: int  # of which the model was asked again
    right: int  # of these, it says now what the person says
    false_alarms: int  # incidents that people called one
    taken: int  # incidents that somebody took on
    model: str
    file: str  # where corrections are kept
    asking: bool  # the model reads them now
    next: str = ""  # what programs give as `after` for what follows; "" at the end


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a document reports, as a person says: `event` is a type, or "none"; without one `status` is ""."""

    event: Annotated[str, StringConstraints(max_length=40)]
    status: Annotated[str, StringConstraints(max_length=40)] = ""
    note: Annotated[str, StringConstraints(max_length=500)] = ""


class Teacher(Protocol):
    """Who keeps what people say. Raises NotDoneError."""

    async def feedback(self, reader: Reader, start: int, limit: int) -> Feedback: ...
    async def correct(self, visitor: Visitor, id: str, event: str, status: str, note: str) -> str:
        """Returns the document's whole id."""

    async def learn(self, visitor: Visitor) -> int:
        """Keep what people answered to alerts, as corrections; returns how many."""

    async def ask(self) -> None:
        """Let the model read the corrected texts again, behind the page."""


def routes(house: House, teacher: Teacher, seeker: Seeker) -> APIRouter:
    """`/feedback`, and the form of a document."""
    router = APIRouter(include_in_schema=False)

    @router.get("/feedback")
    async def feedback(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        start: Annotated[int, Query(ge=0, le=10**6)] = 0,
    ) -> Response:
        """All of them."""
        return await shown(request, visitor, start)

    @router.post("/feedback/ask")
    async def ask(request: Request, visitor: Annotated[Visitor, Depends(house.door.operator)]) -> Response:
        """What the model says now."""
        await teacher.ask()
        return RedirectResponse("/feedback?done=asked", 303, HEADERS)

    @router.post("/feedback/lessons")
    async def lessons(request: Request, visitor: Annotated[Visitor, Depends(house.door.operator)]) -> Response:
        """What people answered."""
        try:
            number = await teacher.learn(visitor)
        except NotDoneError as error:
            return await shown(request, visitor, 0, error)
        return RedirectResponse(f"/feedback?done={'lessons' if number else 'nothing'}", 303, HEADERS)

    @router.post("/documents/{id}/correct")
    async def correct(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.operator)],
        id: str,
        event: Annotated[str, Form(max_length=40)] = "",
        status: Annotated[str, Form(max_length=40)] = "",
        note: Annotated[str, Form(max_length=500)] = "",
    ) -> Response:
        """What a document says, by a person."""
        try:
            whole = await teacher.correct(visitor, id[:64], event, status, note)
        except NotDoneError as error:
            reader = house.paper.reader(request, visitor)
            leaf = await seeker.leaf(reader, id[:64], "")
            why = reader.t.say(error.words, **error.values)
            if leaf is None:
                return house.paper.page(request, reader, "refused.html.j2", 404, why=why)
            more = {"choices": (EventType, Status), "complaint": why, "done": DONE}
            return house.paper.page(request, reader, "document.html.j2", 422, leaf=leaf, **more)
        return RedirectResponse(f"/documents/{quote(whole, safe='')}?done=corrected", 303, HEADERS)

    async def shown(request: Request, visitor: Visitor, start: int, error: NotDoneError | None = None) -> Response:
        reader = house.paper.reader(request, visitor)
        found = await teacher.feedback(reader, start, PAGE)
        complaint = reader.t.say(error.words, **error.values) if error else ""
        status = 422 if error else 200
        return house.paper.page(
            request, reader, "feedback.html.j2", status, found=found, complaint=complaint, done=DONE, page=PAGE
        )

    return router


def api(house: House, teacher: Teacher) -> APIRouter:
    """`/api/v1/feedback`, and `/api/v1/documents/ID/correct`."""
    router = APIRouter(tags=["feedback"])

    @router.get("/feedback")
    async def feedback(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        after: After = "",
        limit: Limit = PAGE,
    ) -> Feedback:
        """What people hold documents to say, the last given first."""
        start = number(after)
        found = await teacher.feedback(house.paper.reader(request, visitor), start, limit)
        return replace(found, next=str(start + limit) if start + limit < found.number else "")

    @router.post(
        "/documents/{id}/correct",
        responses={404: {"description": "There is no such document."}, 409: {"description": "It cannot be kept."}},
    )
    async def correct(
        visitor: Annotated[Visitor, Depends(house.door.operator)],
        id: str,
        wish: Verdict,
    ) -> JSONResponse:
        """Say what a document reports, for the model to learn from."""
        try:
            whole = await teacher.correct(visitor, id[:64], wish.event, wish.status, wish.note)
        except NotDoneError as error:
            return problem(409, str(error))
        return JSONResponse({"document": whole})

    return router
