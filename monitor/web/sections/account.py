"""One's own account: how one reads, the password, and where one is logged in."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from monitor.domain.people import Via
from monitor.web.access import ZONE, RefusedError, Visitor
from monitor.web.house import House
from monitor.web.paper import HEADERS
from monitor.web.sections.login import let_in
from monitor.web.sections.people import PAGE, Name, Password, People
from monitor.web.speech import NotDoneError, noop

DONE = {
    "reads": noop("Kept."),
    "password": noop("You have another password. Wherever else you were logged in, you are not any more."),
    "ended": noop("That session has ended."),
}
_YEAR = 365 * 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Me:
    """Whoever asks."""

    name: str
    role: str
    via: str
    language: str
    zone: str


class Account(Protocol):
    """One's own affairs. Raises NotDoneError."""

    @property
    def zones(self) -> Collection[str]: ...
    async def reads(self, visitor: Visitor, language: str, zone: str) -> None: ...
    async def proves(self, visitor: Visitor, password: str) -> float | None:
        """None when it is their password; else 0, or the seconds to wait."""

    async def password(self, request: Request, visitor: Visitor, password: str) -> str:
        """Another password; the key of a new session, for the old ones end."""


def routes(house: House, account: Account, people: People) -> APIRouter:
    """`/account`."""
    router = APIRouter(prefix="/account", include_in_schema=False)

    async def page(request: Request, visitor: Visitor, complaint: str = "", status: int = 200) -> Response:
        shown = {
            "complaint": complaint,
            "done": DONE,
            "own": visitor.via == Via.PASSWORD,
            "zones": sorted(account.zones),
            "sittings": (await people.sittings(request, visitor, 0, PAGE)).sittings,
        }
        return house.paper.page(request, house.paper.reader(request, visitor), "account.html.j2", status, **shown)

    def on(done: str) -> Response:
        return RedirectResponse(f"/account?done={done}", 303, HEADERS)

    @router.get("")
    async def shown(request: Request, visitor: Annotated[Visitor, Depends(house.door.viewer)]) -> Response:
        """All of it."""
        return await page(request, visitor)

    @router.post("/reads")
    async def reads(
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        language: Annotated[str, Form(max_length=20)] = "",
        zone: Annotated[str, Form(max_length=60)] = "",
    ) -> Response:
        """In which language and time zone; whoever has no account here has a cookie remember it."""
        zone = zone if zone in account.zones else ""
        answer = on("reads")
        if visitor.via == Via.PASSWORD:
            await account.reads(visitor, language if language in house.paper.languages else "", zone)
        else:
            answer.set_cookie(ZONE, zone, _YEAR, httponly=True, samesite="lax", secure=visitor.secure)
        return answer

    @router.post("/password")
    async def password(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        old: Password = "",
        password: Password = "",
        again: Password = "",
    ) -> Response:
        """Another one, for whoever knows the old one."""
        if visitor.via != Via.PASSWORD:
            raise RefusedError(403, noop("Your password is not kept here."))
        t = house.paper.reader(request, visitor).t
        if password != again:
            return await page(request, visitor, t.say(noop("The two passwords differ.")), 422)
        wait = await account.proves(visitor, old)
        if wait is not None:
            if not wait:
                return await page(request, visitor, t.say(noop("That is not your password.")), 403)
            seconds = math.ceil(wait)
            many = t.count(
                "Too many tries. Try again in {n} second.", "Too many tries. Try again in {n} seconds.", seconds
            )
            answer = await page(request, visitor, many, 429)
            answer.headers["Retry-After"] = str(seconds)
            return answer
        try:
            key = await account.password(request, visitor, password)
        except NotDoneError as error:
            return await page(request, visitor, t.say(error.words, **error.values), 422)
        return let_in(visitor, key, "/account?done=password")

    @router.post("/sessions/end")
    async def end(visitor: Annotated[Visitor, Depends(house.door.viewer)], id: Name = "") -> Response:
        """Log out one's own browser elsewhere; without `id` all of them, this one too."""
        await people.end(visitor, id)
        return on("ended")

    return router


def api(house: House) -> APIRouter:
    """`/api/v1/me`."""
    router = APIRouter(tags=["people"])

    @router.get("/me")
    async def me(visitor: Annotated[Visitor, Depends(house.door.viewer)]) -> Me:
        """Who asks, and as what."""
        return Me(visitor.name, visitor.role.name.lower(), visitor.via, visitor.language, visitor.zone)

    return router
