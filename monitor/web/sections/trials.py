"""`Try a URL`: what is at an address, or behind it, that a source could read. Nothing is kept, nothing configured."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Protocol
from urllib.parse import urlsplit

from fastapi import APIRouter, Body, Depends, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import Field

from monitor.domain.errors import FailureReason
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import SourceKind
from monitor.web.access import RefusedError, Visitor
from monitor.web.api import PREFIX
from monitor.web.api_plain import plain
from monitor.web.house import House, problem
from monitor.web.paper import HEADERS, Reader
from monitor.web.sections.sources import KINDS
from monitor.web.speech import NotDoneError, noop

LONGEST = 2_048  # characters of an address
MOST_PAGES = 5  # of short entries that are opened
_NONE: dict[int | str, dict[str, Any]] = {404: {"description": "It is not known, or forgotten."}}
_REFUSED: dict[int | str, dict[str, Any]] = {409: {"description": "It cannot be tried, or not now."}}
AGAIN = 2  # seconds after which the page of a trial that is under way asks again


@dataclass(frozen=True, slots=True)
class TrialFound:
    """An address that can be read as one kind of source."""

    kind: SourceKind
    url: str
    link: str | None
    items: int
    dated: int  # of the entries that would be read


@dataclass(frozen=True, slots=True)
class Reported:
    """An event that a document reports, as the model understands it."""

    event_type: EventType
    status: Status
    platforms: tuple[str, ...]
    regions: tuple[str, ...]
    date: str
    score: float


@dataclass(frozen=True, slots=True)
class Sample:
    """A document that the source would give."""

    title: str
    link: str | None
    lang: str
    published: datetime | None
    text: str  # its beginning
    score: float
    reports: Sequence[Reported]


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """What was found out. Words of the machine are in English."""

    found: TrialFound | None
    also: Sequence[TrialFound]
    robots: str
    validators: Sequence[str]
    every: str  # how often it would be looked at, and why
    every_why: str
    notes: Sequence[str]
    samples: Sequence[Sample]
    record: str  # YAML to paste into a file of sources; "" when none is needed or can be made
    tried: Sequence[tuple[str, str]]  # address, what came of it
    reason: FailureReason | None  # why nothing can be read
    reason_words: str  # the same, and what to do, in the reader's language
    to_do: str


@dataclass(frozen=True, slots=True)
class Trial:
    """One address that is being tried, or was."""

    id: str
    url: str
    who: str
    at: datetime
    doing: str  # while it is under way, in English; "" at the end
    failed: bool  # it could not be brought to an end
    outcome: TrialOutcome | None


class Trials(Protocol):
    """Who tries."""

    async def begin(self, visitor: Visitor, url: str, follow: int) -> str:
        """The id of a trial that is under way from now on. Raises NotDoneError."""

    def trial(self, reader: Reader, id: str) -> Trial | None:
        """None when it is not known, or forgotten."""


@dataclass(frozen=True, slots=True)
class TrialWish:
    """What to try: an address, and the pages of how many short entries to open, as the daemon would."""

    url: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    follow: Annotated[int, Field(ge=0, le=MOST_PAGES)] = 0


def _checked(wish: TrialWish) -> TrialWish:
    if not 0 < len(wish.url.strip()) <= LONGEST or not _is_address(wish.url.strip()):
        raise NotDoneError(noop("Give the address of a feed, or of any page of the site."))
    return TrialWish(wish.url.strip(), min(max(wish.follow, 0), MOST_PAGES))


def _is_address(url: str) -> bool:
    try:
        return bool(urlsplit(url))
    except ValueError:  # half an IPv6 address
        return False


def _there(found: Trial | None) -> Trial:
    if found is None:
        raise RefusedError(404, noop("That trial is forgotten: try the address again."))
    return found


def routes(house: House, trials: Trials) -> APIRouter:
    """`/sources/try`."""
    router = APIRouter(include_in_schema=False)

    def form(
        request: Request, visitor: Visitor, url: str, follow: int = 0, error: NotDoneError | None = None
    ) -> Response:
        reader = house.paper.reader(request, visitor)
        complaint = reader.t.say(error.words, **error.values) if error else ""
        shown: dict[str, Any] = {"url": url, "follow": follow, "most": MOST_PAGES, "longest": LONGEST}
        status = 422 if error else 200
        return house.paper.page(request, reader, "source_try.html.j2", status, complaint=complaint, **shown)

    @router.get("/sources/try")
    async def ask(request: Request, visitor: Annotated[Visitor, Depends(house.door.operator)]) -> Response:
        """The form."""
        return form(request, visitor, request.query_params.get("url", "")[:LONGEST])

    @router.post("/sources/try")
    async def begin(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.operator)],
        url: Annotated[str, Form(max_length=2 * LONGEST)] = "",
        follow: Annotated[int, Form(ge=0, le=MOST_PAGES)] = 0,
    ) -> Response:
        """On to where it is seen."""
        try:
            wish = _checked(TrialWish(url, follow))
            id = await trials.begin(visitor, wish.url, wish.follow)
        except NotDoneError as error:
            return form(request, visitor, url[:LONGEST], follow, error)
        return RedirectResponse(f"/sources/try/{id}", 303, HEADERS)

    @router.get("/sources/try/{id}")
    async def seen(request: Request, id: str, visitor: Annotated[Visitor, Depends(house.door.operator)]) -> Response:
        """What came of it, or how far it is."""
        reader = house.paper.reader(request, visitor)
        trial = _there(trials.trial(reader, id))
        answer = house.paper.page(request, reader, "source_trial.html.j2", trial=trial, kinds=KINDS)
        if trial.doing:
            answer.headers["Refresh"] = str(AGAIN)
        return answer

    return router


def api(house: House, trials: Trials) -> APIRouter:
    """`/api/v1/sources/try`."""
    router = APIRouter(tags=["sources"])

    @router.post("/sources/try", status_code=202, response_model=Trial, responses=_REFUSED)
    async def try_an_address(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.operator)],
        wish: Annotated[TrialWish, Body()],
    ) -> Any:
        """Look what is at an address, or behind it, that a source could read. `Location` says where the answer will
        be. Nothing is kept, and nothing is configured."""
        try:
            wish = _checked(wish)
            id = await trials.begin(visitor, wish.url, wish.follow)
        except NotDoneError as error:
            return problem(409, str(error))
        begun = _there(trials.trial(house.paper.reader(request, visitor), id))
        return JSONResponse(plain(begun), 202, {"Location": f"{PREFIX}/sources/try/{id}"})

    @router.get("/sources/try/{id}", responses=_NONE)
    async def trial(request: Request, id: str, visitor: Annotated[Visitor, Depends(house.door.operator)]) -> Trial:
        """What came of it; while `doing` says something, it is under way."""
        return _there(trials.trial(house.paper.reader(request, visitor), id))

    return router
