"""`/messages`: what went where, what was given up and may be tried again, and what is silent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Protocol, TypeVar
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from monitor.domain.alerts import DeliveryState, Reason
from monitor.domain.exposure import Severity
from monitor.domain.signals import EventType, Status
from monitor.web.access import RefusedError, Visitor
from monitor.web.house import House
from monitor.web.paper import HEADERS, Reader
from monitor.web.speech import NotDoneError, noop

PAGE, MOST = 50, 200
DONE = {
    "retried": noop("They are tried again, for a day at most."),
    "restated": noop("What was no longer so goes out as it stands now; the rest is tried again, for a day at most."),
    "silenced": noop("It is silent now. What it holds back is told at its end, if it is still true."),
    "ended": noop("That silence is over. What waited for it goes out, unless something else holds it."),
}
NO_MESSAGE = noop("There is no such message, or several begin so.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages; empty fields let all through."""

    target: str = ""
    state: DeliveryState | None = None
    seller: str = ""
    incident: str = ""

    def query(self, **more: str) -> str:
        """As an address asks for it."""
        asked = {one.name: str(getattr(self, one.name) or "") for one in fields(self)}
        return urlencode({name: text for name, text in (asked | more).items() if text})


@dataclass(frozen=True, slots=True)
class Row:
    """One message to one target."""

    no: int
    key: str
    about: str  # in the reader's language
    incident_id: str  # "" when it is about none
    seller: str
    target: str
    channel: str
    severity: Severity
    rung: Status
    reason: Reason
    reason_said: str
    state: DeliveryState
    state_said: str
    created_at: datetime
    sent_at: datetime | None
    waits_for: str  # why it is held back, in the reader's language; "" when it is not
    waits_until: datetime | None
    tries: int
    note: str  # what was said at the last try
    repeat: bool  # it may be there twice
    instead_of: str
    instead: str  # who hears it, where this one was given up
    overtaken: bool = False  # what it is about stands otherwise by now


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of messages, the newest first. `before` and `after` are numbers to go on from; 0 where all is shown."""

    rows: Sequence[Row]
    before: int = 0
    after: int = 0
    states: Mapping[str, int] = field(default_factory=dict)  # how many there are of each
    targets: Sequence[str] = ()
    sellers: Sequence[tuple[str, str]] = ()  # id and name


@dataclass(frozen=True, slots=True)
class Try:
    """One try at it."""

    no: int
    at: datetime
    result: str
    result_said: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One message in full."""

    row: Row
    tries: Sequence[Try]
    subject: str
    text: str  # as it is sent
    language: str
    zone: str
    give_up_at: datetime
    into: str  # key of the one that says it now, where this one was folded
    fallback_of: str  # key of the one that was given up


@dataclass(frozen=True, slots=True)
class Quiet:
    """A silence that stands."""

    id: str
    what: str  # in the reader's language
    who: str
    note: str
    at: datetime
    until: datetime
    incident_id: str


@dataclass(frozen=True, slots=True)
class Quiets:
    """Some of those that stand, the first made first, from the `start`-th on."""

    silences: Sequence[Quiet]
    start: int
    next: str  # goes on as `after`; "": there are no more


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be silent, and for how long: `span` ("4h", "3d") or `until` the end of a day (YYYY-MM-DD)."""

    platform: str = ""
    country: str = ""
    event: str = ""
    seller: str = ""
    target: str = ""
    everything: bool = False
    span: str = ""
    until: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """Among which a reader may choose."""

    platforms: Sequence[str]
    countries: Sequence[str]
    sellers: Sequence[tuple[str, str]]
    targets: Sequence[str]


class Post(Protocol):
    """Who knows them. Raises NotDoneError for what cannot be done."""

    async def listed(self, reader: Reader, wanted: Wanted, before: int, after: int, limit: int) -> Listed: ...
    async def message(self, reader: Reader, key: str) -> Shown | None: ...
    async def retry(self, visitor: Visitor, keys: Sequence[str], old_words: bool = False) -> Mapping[str, str]:
        """By the keys of those that are tried again, the key of what says it as it stands now; "" where that is the
        same. With `old_words` each is sent as it was written."""

    async def silences(self, reader: Reader, start: int, limit: int) -> Quiets: ...
    async def silence(self, visitor: Visitor, wish: Wish) -> str:
        """Returns its id."""

    async def end(self, visitor: Visitor, id: str) -> None: ...
    def choices(self) -> Choices: ...


def routes(house: House, post: Post) -> APIRouter:
    """`/messages`, `/messages/KEY` and `/messages/silences`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/messages")
    async def messages(request: Request, visitor: Annotated[Visitor, Depends(house.door.viewer)]) -> Response:
        """The list."""
        return await listed(request, visitor)

    async def listed(request: Request, visitor: Visitor, error: NotDoneError | None = None) -> Response:
        reader, asked = house.paper.reader(request, visitor), request.query_params
        wanted = read(asked)
        found = await post.listed(reader, wanted, _number(asked, "before"), _number(asked, "after"), PAGE)
        return page(request, reader, "messages.html.j2", error, wanted=wanted, found=found, states=DeliveryState)

    def page(request: Request, reader: Reader, name: str, error: NotDoneError | None, **shown: Any) -> Response:
        complaint = reader.t.say(error.words, **error.values) if error else ""
        shown |= {"complaint": complaint, "done": DONE}
        return house.paper.page(request, reader, name, 422 if error else 200, **shown)

    @router.post("/messages/retry")
    async def retry(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.operator)],
        key: Annotated[list[str] | None, Form()] = None,
        back: Annotated[str, Form(max_length=100)] = "",
        words: Annotated[Literal["", "old"], Form()] = "",
    ) -> Response:
        """One or several that were given up."""
        keys = (key or [])[:MOST]
        try:
            tried = await post.retry(visitor, keys, words == "old")
        except NotDoneError as error:
            return await listed(request, visitor, error)
        fresh = next((into for into in tried.values() if into), "")
        where = f"/messages/{quote(fresh or keys[0], safe='')}" if back == "message" else "/messages"
        return RedirectResponse(f"{where}?done={'restated' if fresh else 'retried'}", 303, HEADERS)

    @router.get("/messages/silences")
    async def silences(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        start: Annotated[int, Query(ge=0, le=10**6)] = 0,
    ) -> Response:
        """What is silent."""
        return await quiet(request, visitor, Wish(), start=start)

    async def quiet(
        request: Request, visitor: Visitor, wish: Wish, error: NotDoneError | None = None, start: int = 0
    ) -> Response:
        reader = house.paper.reader(request, visitor)
        shown = {"found": await post.silences(reader, start, PAGE), "page": PAGE, "wish": wish}
        return page(request, reader, "silences.html.j2", error, events=EventType, choices=post.choices(), **shown)

    @router.post("/messages/silences")
    async def silence(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.operator)],
        platform: Annotated[str, Form(max_length=100)] = "",
        country: Annotated[str, Form(max_length=40)] = "",
        event: Annotated[str, Form(max_length=40)] = "",
        seller: Annotated[str, Form(max_length=100)] = "",
        target: Annotated[str, Form(max_length=100)] = "",
        everything: Annotated[bool, Form()] = False,
        span: Annotated[str, Form(max_length=20)] = "",
        until: Annotated[str, Form(max_length=20)] = "",
        note: Annotated[str, Form(max_length=500)] = "",
    ) -> Response:
        """Another one."""
        wish = Wish(platform, country, event, seller, target, everything, span, until, note)
        try:
            await post.silence(visitor, wish)
        except NotDoneError as error:
            return await quiet(request, visitor, wish, error)
        return RedirectResponse("/messages/silences?done=silenced", 303, HEADERS)

    @router.post("/messages/silences/{id}/end")
    async def end(request: Request, visitor: Annotated[Visitor, Depends(house.door.operator)], id: str) -> Response:
        """No longer."""
        try:
            await post.end(visitor, id[:100])
        except NotDoneError as error:
            return await quiet(request, visitor, Wish(), error)
        return RedirectResponse("/messages/silences?done=ended", 303, HEADERS)

    @router.get("/messages/{key}")
    async def message(request: Request, visitor: Annotated[Visitor, Depends(house.door.viewer)], key: str) -> Response:
        """One in full."""
        reader = house.paper.reader(request, visitor)
        shown = await post.message(reader, key[:100])
        if shown is None:
            raise RefusedError(404, NO_MESSAGE)
        return page(request, reader, "message.html.j2", None, shown=shown)

    return router


def read(asked: Mapping[str, str]) -> Wanted:
    """What an address asks for; a word that means nothing asks for nothing."""
    return Wanted(
        asked.get("target", "")[:100],
        _one(DeliveryState, asked.get("state", "")),
        asked.get("seller", "")[:100],
        asked.get("incident", "")[:64],
    )


W = TypeVar("W", bound=StrEnum)


def _one(words: type[W], text: str) -> W | None:
    return next((word for word in words if word.value == text), None)


def _number(asked: Mapping[str, str], name: str) -> int:
    text = asked.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
