"""A thousand rude visitors of one web server, from a process of their own: `python flood.py PORT`.

It writes "on" when every kind of them has been served or refused, and goes on until its input ends; then it writes what
they got: how often each kind was answered with which status ("closed": hung up on without a word).
"""

import asyncio
import json
import resource
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

HEAD = b"Host: localhost\r\n"
HALF_OPEN, AT_ONCE = 1_000, 1_000
WELCOME = tuple(b"GET /%s HTTP/1.1\r\n" % path + HEAD + b"\r\n" for path in (b"metrics", b"readyz", b"", b"act/guess"))
CHUNKS = b"POST /act/x HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
RUDE = {
    "10 MB": b"POST /act/x HTTP/1.1\r\n" + HEAD + b"Content-Length: 10000000\r\n\r\n" + b"x" * 10_000_000,
    "10 MB in chunks": CHUNKS + b"989680\r\n" + b"x" * 10_000_000,
    "long header": b"GET / HTTP/1.1\r\n" + HEAD + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
    "long address": b"GET /" + b"a" * 12_000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n",
    "sent ahead": WELCOME[2] * 200,
    "other name": b"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100 + b"\r\n\r\n",
}  # fmt: skip


class Flood:
    def __init__(self, port: int) -> None:
        self._port = port
        self.got: dict[str, Counter[str]] = {}

    async def visit(self, kind: str, says: bytes, whole: bool = False) -> None:
        """One connection; of the answers the first counts. `whole`: stay until it is closed."""
        status, writer = "closed", None
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(says)
            reading = asyncio.create_task(reader.readline())
            with suppress(OSError):
                await writer.drain()
            status = (await reading).decode("latin-1").split(" ")[1:2] or ["closed"]
            status = status[0]
            if whole:
                await reader.read()
        self.got.setdefault(kind, Counter())[status] += 1
        if writer is not None:
            writer.transport.abort()

    async def endless(self) -> None:
        """A body in chunks that never ends."""
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(CHUNKS)
            end = asyncio.create_task(reader.read())
            while not end.done():
                writer.write(b"4\r\nmore\r\n")
                await asyncio.wait([end], timeout=0.1)
            writer.transport.abort()
            answer = b"" if end.exception() else end.result()
            self.got.setdefault("endless", Counter())[answer[9:12].decode() or "closed"] += 1

    async def parallel(self) -> None:
        await asyncio.gather(*(self.visit("parallel", WELCOME[n % len(WELCOME)]) for n in range(AT_ONCE)))

    async def rude(self) -> None:
        for kind, says in RUDE.items():
            await self.visit(kind, says)


async def again_and_again(visit: Callable[[], Awaitable[None]], rest: float) -> None:
    while True:
        await visit()
        await asyncio.sleep(rest)


async def main() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    flood = Flood(int(sys.argv[1]))
    half = b"GET /metrics HTTP/1.1\r\nHost: local"
    visits = [again_and_again(lambda: flood.visit("half-open", half, whole=True), 0.5) for _ in range(HALF_OPEN)]
    visits += [
        again_and_again(flood.parallel, 0.2),
        again_and_again(flood.rude, 0.1),
        again_and_again(flood.endless, 0.1),
    ]
    tasks = [asyncio.create_task(visit) for visit in visits]
    while len(flood.got) < 2 + len(RUDE) or flood.got["half-open"].total() < HALF_OPEN:
        await asyncio.sleep(0.05)
    sys.stdout.write("on\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    sys.stdout.write(json.dumps(flood.got))


if __name__ == "__main__":
    asyncio.run(main())
