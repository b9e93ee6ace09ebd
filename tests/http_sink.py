"""Somebody else's HTTP server, on loopback: it keeps what it gets and answers as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(frozen=True)
class Post:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    query: dict[str, str]

    @property
    def data(self) -> Any:
        return json.loads(self.body)


@dataclass
class Sink:
    """`status`, `body` and `headers` are what it says; with `stall` it says nothing: "before" its answer, "after
    headers" of it, or by a "hang up". A list of `answers`, (status, body) each, goes before."""

    status: int = 200
    body: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)
    stall: str = ""
    answers: list[tuple[int, str]] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    url: str = ""
    port: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.posts.append(Post(request.path, dict(request.headers), await request.read(), dict(request.query)))
        self.came.set()
        if self.stall == "hang up":
            assert request.transport
            request.transport.abort()
        if self.stall == "before":
            await self.released.wait()
        if self.stall == "after headers":
            response = web.StreamResponse(status=self.status)
            await response.prepare(request)
            await self.released.wait()
            return response
        status, body = self.answers.pop(0) if self.answers else (self.status, self.body)
        return web.Response(status=status, text=body, headers=self.headers)

    async def until(self, count: int, within: float = 20.0) -> list[Post]:
        """The posts, once there are as many."""
        async with asyncio.timeout(within):
            while len(self.posts) < count:
                self.came.clear()
                await self.came.wait()
        return self.posts


@asynccontextmanager
async def http_sink(path: str = "/", **how: Any) -> AsyncIterator[Sink]:
    """A running one; its `url` is that path."""
    sink = Sink(**how)
    application = web.Application(client_max_size=8 * 1024**2)
    application.router.add_route("*", "/{path:.*}", sink.answer)
    async with TestServer(application, host="127.0.0.1") as server:
        assert server.port
        sink.url, sink.port = str(server.make_url(path)), server.port
        try:
            yield sink
        finally:
            sink.released.set()
