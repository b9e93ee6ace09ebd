"""A site of our own on loopback with switchable behaviours, and a running spider host to look at it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from monitor.domain.sources import Authority, Source, SourceKind, SourceState
from monitor.fetch.host import SpiderHost
from monitor.fetch.settings import FetchSettings

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class LocalSite:
    """Answers each path as told, and remembers every request it was asked."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.pages: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {}
        self.port = 0

    def url(self, path: str = "/feed.xml", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def says(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> None:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}

        async def answer(_: web.Request) -> web.Response:
            return web.Response(body=body, status=status, headers=sent)

        self.pages[path] = answer

    def paths(self) -> list[str]:
        return [request.path for request in self.asked]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        page = self.pages.get(request.path)
        return await page(request) if page else web.Response(status=404)


@asynccontextmanager
async def raw_server(*chunks: bytes, pause: float = 0.0, endless: bool = False, tls: Any = None) -> AsyncIterator[Any]:
    """A server that sends these very bytes, whatever it is asked; yields its port and a list of connections made."""
    connections: list[asyncio.Task[Any]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.current_task())  # type: ignore[arg-type]
        try:
            await reader.readuntil(b"\r\n\r\n")
            for chunk in chunks:
                writer.write(chunk)
            while endless:
                writer.write(chunks[-1])
                await writer.drain()
                await asyncio.sleep(pause)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    yield server.sockets[0].getsockname()[1], connections
    server.close()
    for connection in connections:
        connection.cancel()
    await asyncio.gather(*connections, return_exceptions=True)


@asynccontextmanager
async def running_host(
    lookup: Callable[[str], Awaitable[Sequence[str]]] | None = None,
    now: Callable[[], datetime] = lambda: NOON,
    pace_kept: Any = None,
    robots: Any = None,
    **settings: Any,
) -> AsyncIterator[SpiderHost]:
    chosen = {"timeout": 5.0, "allow_private": True} | settings
    host = SpiderHost(
        FetchSettings("Sellerwatch/1.0", "https://seller.example/bot", **chosen), now, lookup, pace_kept, robots
    )
    running = asyncio.create_task(host.run())
    try:
        yield host
    finally:
        await host.stop()
        await asyncio.wait_for(running, 15)


def source_of(url: str, kind: SourceKind = SourceKind.FEED, **fields: Any) -> Source:
    return Source(
        id=fields.pop("id", "press"),
        name="Press",
        url=url,
        kind=kind,
        authority=Authority.NEWS,
        publisher="press",
        every=timedelta(minutes=15),
        **fields,
    )


def fresh(source: Source) -> SourceState:
    return SourceState(source.id, NOON)
