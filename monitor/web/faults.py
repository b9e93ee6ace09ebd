"""What nobody foresaw: whoever asks is told so in their words, with a reference that leads to the reason in the log."""

import secrets

from fastapi import Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.domain.errors import UnavailableError
from monitor.logs import log
from monitor.web.access import NOBODY, Visitor
from monitor.web.house import API, House, problem

_log = log("web")


class Faults:
    """The application; what it raises without having answered is answered here, and nothing of the fault is in it."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app, self._house = app, house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def heard(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, heard)
        except ClientDisconnect:
            raise
        except Exception as error:  # whatever it is, the next request is answered
            if begun:
                raise
            answer = self._told(Request(scope, receive), error)
            await answer(scope, receive, send)

    def _told(self, request: Request, error: Exception) -> Response:
        reference = secrets.token_hex(4)
        route = getattr(request.scope.get("route"), "path", "")  # the pattern: an address may hold somebody's key
        _log.error("request_failed", reference=reference, method=request.method, route=route, exc_info=error)
        if request.url.path.startswith(API):
            return problem(500, "That went wrong here", "The log says why, by the reference.", reference=reference)
        reader = self._house.paper.reader(request, getattr(request.state, "visitor", NOBODY))
        return self._house.paper.page(request, reader, "fault.html.j2", 500, reference=reference)


async def somebody(request: Request, house: House) -> Visitor:
    """Whoever asks for what no door is before; nobody, when that cannot be known."""
    known = getattr(request.state, "visitor", None)
    if isinstance(known, Visitor):
        return known
    try:
        return await house.door.visitor(request)
    except UnavailableError:
        return NOBODY
