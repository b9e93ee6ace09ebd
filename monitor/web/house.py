"""What every section of the desk is built on, and what whoever may not enter gets to see."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from monitor.web.access import NOBODY, Door, RefusedError
from monitor.web.paper import HEADERS, Paper

API = "/api/"


@dataclass(frozen=True, slots=True)
class House:
    """The door, the paper that pages are written on, the clock, and what is to be said at the start, when it is known
    at which port."""

    door: Door
    paper: Paper
    now: Callable[[], datetime]
    greet: Callable[[int], Awaitable[None]]


def problem(status: int, title: str, detail: str = "", **more: object) -> JSONResponse:
    """An error as programs read it (RFC 9457)."""
    body = {"type": "about:blank", "status": status, "title": title, "detail": detail} | more
    return JSONResponse(body, status, {"Cache-Control": "no-store"}, media_type="application/problem+json")


def mind(web: FastAPI, house: House) -> None:
    """Let `web` answer RefusedError: people are led to the login, programs told."""

    @web.exception_handler(RefusedError)
    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, RefusedError)
        if request.url.path.startswith(API):
            answer = problem(error.status, str(error))
            if error.status == 401:
                answer.headers["WWW-Authenticate"] = 'Bearer realm="sellerwatch"'
            return answer
        if error.status == 401 and request.method == "GET":
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?next={quote(wanted, safe='')}", 303, HEADERS)
        reader = house.paper.reader(request, getattr(request.state, "visitor", NOBODY))
        why = reader.t.say(error.words, **error.values)
        again = f"/login?next={quote(_came_from(request), safe='')}" if error.status == 401 else ""
        return house.paper.page(request, reader, "refused.html.j2", error.status, why=why, again=again)


def _came_from(request: Request) -> str:
    """The page with the form, for whoever was logged out before they sent it; else the desk."""
    try:
        page = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return "/"
    return page.path or "/" if page.netloc == request.url.netloc else "/"
