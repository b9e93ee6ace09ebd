"""Coming in and leaving."""

import math
from typing import Annotated, Any, Protocol
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from monitor.domain.people import Via
from monitor.web.access import RefusedError, Visitor, cookie_name
from monitor.web.house import House
from monitor.web.paper import HEADERS
from monitor.web.speech import NotDoneError, noop

Name = Annotated[str, Form(max_length=200)]
Password = Annotated[str, Form(max_length=1000)]
_BACK = "/login/back"  # where the provider sends people back to
_FLOW = "sellerwatch-way"  # the cookie of a browser that is on its way to the provider and back


class Ways(Protocol):
    """How somebody may come in."""

    async def enter(self, request: Request, visitor: Visitor, name: str, password: str) -> str | float:
        """The key of a session; 0 when the two do not fit; the seconds to wait after too many tries."""

    async def leave(self, request: Request, visitor: Visitor) -> None: ...
    async def nobody_yet(self) -> bool:
        """Whether there is nobody yet who could come in."""

    async def may_set_up(self, key: str) -> bool: ...
    async def set_up(self, request: Request, visitor: Visitor, key: str, name: str, password: str) -> str:
        """The key of the first admin's session. Raises NotDoneError."""


class Elsewhere(Protocol):
    """Who logs people in elsewhere (OpenID Connect)."""

    def label(self) -> str:
        """What they call themselves; "" when nobody is named."""

    async def away(self, next: str) -> tuple[str, str]:
        """Where to send the browser, and what it must bring back in its cookie. Raises NotDoneError."""

    async def back(self, request: Request, visitor: Visitor, brought: str) -> tuple[str, str]:
        """The key of a session, and where to go on to. Raises NotDoneError."""


def inside(address: str) -> str:
    """The path to go on to: ours, or the desk. Another host's address is never followed (open redirect)."""
    parts = urlsplit(address)
    good = address.startswith("/") and not address.startswith(("//", "/\\")) and not (parts.scheme or parts.netloc)
    return address if good and address.isprintable() else "/"


def let_in(visitor: Visitor, key: str, next: str) -> Response:
    """On to where somebody was going, with the cookie of their session. It ends with the browser, or at the desk."""
    answer = RedirectResponse(inside(next), 303, HEADERS)
    answer.set_cookie(cookie_name(visitor.secure), key, httponly=True, samesite="lax", secure=visitor.secure, path="/")
    return answer


def routes(house: House, ways: Ways, elsewhere: Elsewhere) -> APIRouter:
    """`/login`, `/logout`, `/setup`, and the way to a provider and back."""
    router = APIRouter(include_in_schema=False)

    async def form(request: Request, visitor: Visitor, next: str, status: int = 200, **more: Any) -> Response:
        shown = {"next": inside(next), "nobody_yet": await ways.nobody_yet(), "label": elsewhere.label()}
        shown |= {"complaint": "", "seconds": 0} | more
        return house.paper.page(request, house.paper.reader(request, visitor), "login.html.j2", status, **shown)

    def says(request: Request, visitor: Visitor, error: NotDoneError) -> str:
        return house.paper.reader(request, visitor).t.say(error.words, **error.values)

    @router.get("/login")
    async def login(request: Request, visitor: Annotated[Visitor, Depends(house.door.anyone)]) -> Response:
        """The form, for whoever is not in already."""
        next = request.query_params.get("next", "/")
        return RedirectResponse(inside(next), 303, HEADERS) if visitor.role else await form(request, visitor, next)

    @router.post("/login")
    async def enter(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.anyone)],
        name: Name = "",
        password: Password = "",
        next: Annotated[str, Form(max_length=2000)] = "/",
    ) -> Response:
        """In, or the form again."""
        entered = await ways.enter(request, visitor, name, password)
        if isinstance(entered, str):
            return let_in(visitor, entered, next)
        if entered:
            seconds = math.ceil(entered)
            answer = await form(request, visitor, next, 429, seconds=seconds)
            answer.headers["Retry-After"] = str(seconds)
            return answer
        says = house.paper.reader(request, visitor).t.say(noop("Name and password do not fit."))
        return await form(request, visitor, next, 403, complaint=says, name=name)

    @router.post("/logout")
    async def leave(request: Request, visitor: Annotated[Visitor, Depends(house.door.viewer)]) -> Response:
        """Out. Who comes in a proxy's name must leave there."""
        await ways.leave(request, visitor)
        answer = RedirectResponse("/" if visitor.via == Via.PROXY else "/login", 303, HEADERS)
        answer.delete_cookie(
            cookie_name(visitor.secure), path="/", secure=visitor.secure, httponly=True, samesite="lax"
        )
        return answer

    @router.get("/setup")
    async def first(request: Request, visitor: Annotated[Visitor, Depends(house.door.anyone)]) -> Response:
        """The form by which the first admin is made, for whoever has the address from the log."""
        return await _first(request, visitor, request.query_params.get("key", ""))

    @router.post("/setup")
    async def set_up(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.anyone)],
        key: Annotated[str, Form(max_length=200)] = "",
        name: Name = "",
        password: Password = "",
        again: Password = "",
    ) -> Response:
        """Make them, and let them in."""
        t = house.paper.reader(request, visitor).t
        if password != again:
            return await _first(request, visitor, key, t.say(noop("The two passwords differ.")), name)
        try:
            return let_in(visitor, await ways.set_up(request, visitor, key, name, password), "/")
        except NotDoneError as error:
            return await _first(request, visitor, key, says(request, visitor, error), name)

    async def _first(request: Request, visitor: Visitor, key: str, complaint: str = "", name: str = "") -> Response:
        if not await ways.may_set_up(key):
            raise RefusedError(403, noop("That address is no longer good. The log names one while there is nobody."))
        shown = {"key": key, "complaint": complaint, "name": name}
        reader = house.paper.reader(request, visitor)
        return house.paper.page(request, reader, "setup.html.j2", 422 if complaint else 200, **shown)

    @router.get("/login/elsewhere")
    async def away(request: Request, visitor: Annotated[Visitor, Depends(house.door.anyone)]) -> Response:
        """To the provider. By a link: a form's way may not lead to another host (form-action)."""
        next = request.query_params.get("next", "/")
        try:
            address, carried = await elsewhere.away(inside(next))
        except NotDoneError as error:
            status = 502 if elsewhere.label() else 404
            return await form(request, visitor, next, status, complaint=says(request, visitor, error))
        answer = RedirectResponse(address, 303, HEADERS)
        answer.set_cookie(_FLOW, carried, 600, httponly=True, samesite="lax", secure=visitor.secure, path=_BACK)
        return answer

    @router.get(_BACK)
    async def back(request: Request, visitor: Annotated[Visitor, Depends(house.door.anyone)]) -> Response:
        """And in. Nothing is done here for whoever did not set out in this very browser."""
        try:
            key, next = await elsewhere.back(request, visitor, request.cookies.get(_FLOW, ""))
        except NotDoneError as error:
            answer = await form(request, visitor, "/", 403, complaint=says(request, visitor, error))
        else:
            answer = let_in(visitor, key, next)
        answer.delete_cookie(_FLOW, path=_BACK, secure=visitor.secure, httponly=True, samesite="lax")
        return answer

    return router
