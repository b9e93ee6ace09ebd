"""HEAD is GET without the body (RFC 9110, 9.3.2): asked and answered as GET, at every address."""

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    """The application, which need not know of HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        answered = False

        async def head(message: Message) -> None:
            nonlocal answered
            if answered:
                raise ClientDisconnect  # a stream would go on for nobody
            await send(message)
            if message["type"] == "http.response.start":
                answered = True
                await send({"type": "http.response.body"})

        try:
            await self._app({**scope, "method": "GET"}, receive, head)
        except ClientDisconnect:
            if not answered:
                raise
