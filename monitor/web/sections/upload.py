"""Uploading what a seller has at stake: checked line by line, and taken when somebody has seen what it changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, Protocol
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from monitor.domain.exposure import Part
from monitor.web.access import Visitor
from monitor.web.house import House, problem
from monitor.web.paper import HEADERS
from monitor.web.speech import NotDoneError, noop

MOST_BYTES = 1_000_000  # of an upload
GONE = noop("That check is no longer there: it is kept for {minutes} minutes. Upload the file again.")

#: `wrong` has faults, `right` has none in a file that has some; `other` is another seller's and is left out.
State = Literal["new", "changed", "same", "wrong", "right", "other"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong. The words are in English, as those of `sellerwatch check-config`; pages say them in the reader's
    language."""

    line: int | None  # of the file, from 1
    column: str  # "stock (column D)", or ""
    what: str
    hint: str  # how to mend it, or ""


@dataclass(frozen=True, slots=True)
class Change:
    """Of an amount, in the seller's currency."""

    part: Part
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file; amounts as it has them, in its own currency; None where there is no amount to read."""

    line: int
    seller: str
    platform: str
    country: str
    currency: str
    sales_per_day: Decimal | None
    stock: Decimal | None
    unsettled_payouts: Decimal | None
    prepaid_ads: Decimal | None
    state: State
    changes: Sequence[Change]
    faults: Sequence[Fault]


@dataclass(frozen=True, slots=True)
class Leaves:
    """A position that would be gone."""

    platform: str
    country: str
    sales_per_day: Decimal
    tied_up: Decimal


@dataclass(frozen=True, slots=True)
class Total:
    """What a seller has at stake in all."""

    currency: str
    positions: int
    sales_per_day: Decimal
    elsewhere: Decimal
    stock: Decimal
    unsettled_payouts: Decimal
    prepaid_ads: Decimal


@dataclass(frozen=True, slots=True)
class Check:
    """What an upload holds, and what would change. Nothing has changed yet."""

    id: str
    seller_id: str
    seller: str
    file: str
    until: datetime  # when it is forgotten
    good: bool  # it can be taken
    faults: Sequence[Fault]  # of the file as a whole, or of lines that could not be read
    wrong: int  # faults in all
    rows: Sequence[Row]  # those with faults first, then what changes
    more: int  # lines that are not listed
    new: int
    changed: int
    same: int
    gone: Sequence[Leaves]
    more_gone: int
    before: Total
    after: Total | None


@dataclass(frozen=True, slots=True)
class Taken:
    """Whose figures are others now."""

    seller_id: str


class Uploads(Protocol):
    """Who checks and takes them. Raises NotDoneError."""

    async def check(self, visitor: Visitor, seller_id: str, name: str, content: bytes) -> Check: ...
    async def checked(self, visitor: Visitor, id: str) -> Check:
        """What whoever asks had checked before."""

    async def take(self, visitor: Visitor, id: str) -> str:
        """From now on the figures of that check count; the seller's id."""

    async def give_back(self, visitor: Visitor, seller_id: str) -> None:
        """From now on those of the files count again."""


def routes(house: House, uploads: Uploads) -> APIRouter:
    """`/exposure/upload`, `/exposure/upload/ID` and `/exposure/file`, for admins."""
    router = APIRouter(include_in_schema=False)

    def refused(request: Request, visitor: Visitor, error: NotDoneError, status: int = 409) -> Response:
        reader = house.paper.reader(request, visitor)
        why = reader.t.say(error.words, **error.values)
        return house.paper.page(request, reader, "upload_refused.html.j2", status, why=why)

    @router.post("/exposure/upload")
    async def upload(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.admin)],
        file: Annotated[UploadFile, File()],
        seller: Annotated[str, Form(max_length=100)] = "",
    ) -> Response:
        """Check it, and on to what came of it."""
        try:
            check = await uploads.check(visitor, seller, file.filename or "", await file.read(MOST_BYTES + 1))
        except NotDoneError as error:
            return refused(request, visitor, error)
        return RedirectResponse(f"/exposure/upload/{check.id}", 303, HEADERS)

    @router.get("/exposure/upload/{id}")
    async def checked(request: Request, visitor: Annotated[Visitor, Depends(house.door.admin)], id: str) -> Response:
        """What is in it, what is wrong, what would change; and the button that takes it."""
        try:
            check = await uploads.checked(visitor, id)
        except NotDoneError as error:
            return refused(request, visitor, error, 404)
        return house.paper.page(request, house.paper.reader(request, visitor), "upload.html.j2", check=check)

    @router.post("/exposure/upload/{id}")
    async def take(request: Request, visitor: Annotated[Visitor, Depends(house.door.admin)], id: str) -> Response:
        """Take it."""
        try:
            seller = await uploads.take(visitor, id)
        except NotDoneError as error:
            return refused(request, visitor, error)
        return RedirectResponse(f"/exposure?{urlencode({'seller': seller, 'done': 'kept'})}", 303, HEADERS)

    @router.post("/exposure/file")
    async def give_back(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.admin)],
        seller: Annotated[str, Form(max_length=100)] = "",
    ) -> Response:
        """Back to what the files say."""
        try:
            await uploads.give_back(visitor, seller)
        except NotDoneError as error:
            return refused(request, visitor, error)
        return RedirectResponse(f"/exposure?{urlencode({'seller': seller, 'done': 'file'})}", 303, HEADERS)

    return router


def api(house: House, uploads: Uploads) -> APIRouter:
    """`/api/v1/exposure/checks`, for admins."""
    router = APIRouter(tags=["exposure"])

    def cannot(error: NotDoneError) -> Response:
        return problem(409, "That cannot be done", str(error))

    @router.post("/exposure/checks", response_model=Check)
    async def check(
        visitor: Annotated[Visitor, Depends(house.door.admin)],
        file: Annotated[UploadFile, File(description="A CSV file of at most 1 MB.")],
        seller: Annotated[str, Form(max_length=100, description="By id.")],
    ) -> Check | Response:
        """Check a sheet for a seller, line by line. Nothing changes by that."""
        try:
            return await uploads.check(visitor, seller, file.filename or "", await file.read(MOST_BYTES + 1))
        except NotDoneError as error:
            return cannot(error)

    @router.post("/exposure/checks/{id}/take", response_model=Taken)
    async def take(visitor: Annotated[Visitor, Depends(house.door.admin)], id: str) -> Taken | Response:
        """Let the figures of a check count, in place of those that the seller has."""
        try:
            return Taken(await uploads.take(visitor, id))
        except NotDoneError as error:
            return cannot(error)

    @router.post("/exposure/file", response_model=Taken)
    async def give_back(
        visitor: Annotated[Visitor, Depends(house.door.admin)],
        seller: Annotated[str, Form(max_length=100, description="By id.")],
    ) -> Taken | Response:
        """Let the figures of the files count again."""
        try:
            await uploads.give_back(visitor, seller)
        except NotDoneError as error:
            return cannot(error)
        return Taken(seller)

    return router
