"""What an unchanged poll costs: looks per second and CPU per look, against a server in another process.

    python benchmarks/fetch.py [LOOKS]

The server counts its requests, and the figures are shown only if it saw one for each look. Every source has a host name
of its own, so that the limit per host does not decide the result.
"""

import asyncio
import multiprocessing
import resource
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection

from aiohttp import web

from monitor.domain.sources import Authority, Outcome, Source, SourceKind, SourceState
from monitor.fetch.host import SpiderHost
from monitor.fetch.settings import FetchSettings

ETAG = '"v1"'


def serve(pipe: Connection) -> None:
    """A server that answers 304 to whom knows its etag; says its port, then, when asked, how often it was called."""

    async def main() -> None:
        called = 0

        async def answer(request: web.BaseRequest) -> web.Response:
            nonlocal called
            called += 1
            if request.headers.get("If-None-Match") == ETAG:
                return web.Response(status=304)
            return web.Response(body=b"<rss version='2.0'/>", headers={"ETag": ETAG})

        server = await asyncio.get_running_loop().create_server(web.Server(answer), "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await asyncio.to_thread(pipe.recv)
        pipe.send(called)

    asyncio.run(main())


async def measure(port: int, looks: int) -> tuple[float, float]:
    """Wall and CPU seconds of `looks` unchanged looks, the spider being warm."""

    async def lookup(host: str) -> Sequence[str]:
        return ["127.0.0.1"]

    def source(number: int) -> Source:
        url = f"http://s{number}.test:{port}/feed.xml"
        every = timedelta(minutes=15)
        return Source(f"s{number}", "", url, SourceKind.FEED, Authority.NEWS, "", every)

    settings = FetchSettings("Sellerwatch/bench", "https://seller.example", allow_private=True)
    host = SpiderHost(settings, lambda: datetime.now(UTC), lookup)
    running = asyncio.create_task(host.run())
    state = SourceState("", datetime.now(UTC), etag=ETAG, body_hash="")
    await host.look(source(0), state)
    wall, cpu = time.perf_counter(), time.process_time()
    ends = await asyncio.gather(*(host.look(source(number), state) for number in range(looks)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert all(look.outcome is Outcome.UNCHANGED and look.status == 304 for look, _ in ends)
    await host.stop()
    await running
    return wall, cpu


def main(looks: int = 2_000) -> int:
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
    server.start()
    figures: list[float] = []

    async def body() -> int:
        figures.extend(await measure(port, looks))
        return 0

    port = ours.recv()
    asyncio.run(body())
    ours.send("how often?")
    called = ours.recv()
    server.join()
    if called != looks + 1:
        print(f"the server was called {called} times for {looks + 1} looks")
        return 1
    wall, cpu = figures
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{looks} looks: {looks / wall:.0f}/s, {cpu / looks * 1e6:.0f} us CPU a look, {memory:.0f} MB at most")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
