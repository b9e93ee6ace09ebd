"""Many hosts that `cluster_polling.py` looks at: one server in its own process, at an address of loopback for each.

It answers 304 after a time that differs, and notes for each host when requests came and how many were in hand at once.
"""

import asyncio
import multiprocessing
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing.connection import Connection
from time import monotonic
from typing import Any

SLOWEST, QUICKEST = 0.4, 0.2  # seconds until an answer
_UNCHANGED = b'HTTP/1.1 304 Not Modified\r\nETag: "one"\r\nConnection: close\r\n\r\n'


def address(host: int) -> str:
    """Of that host; each is one of this machine's own."""
    return f"127.1.{host // 250}.{host % 250 + 1}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the server saw: seconds from its first request to its last, and the treatment of the hosts."""

    requests: int
    sources: int
    seconds: float
    most_at_once: int  # at one host
    least_gap: float  # seconds between two requests to one host
    hasty: int  # requests that came sooner after another to their host than its rest

    @property
    def rate(self) -> float:
        """Looks a second."""
        return self.requests / self.seconds if self.seconds else 0.0


class _Site:
    def __init__(self, rest: float) -> None:
        self._rest, self._dice = rest, random.Random(1)
        self.forget()

    def forget(self) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)
        self.asked: Counter[str] = Counter()
        self.in_hand: Counter[str] = Counter()
        self.most = 0

    def came(self, host: str, head: bytes) -> float:
        self.times[host].append(monotonic())
        self.asked[head.split(b" ", 2)[1].decode()] += 1
        self.in_hand[host] += 1
        self.most = max(self.most, self.in_hand[host])
        return self._dice.uniform(QUICKEST, SLOWEST)

    def seen(self) -> Seen:
        every = sorted(at for times in self.times.values() for at in times)
        gaps = [later - sooner for times in self.times.values() for sooner, later in pairwise(times)]
        return Seen(
            requests=len(every),
            sources=len(self.asked),
            seconds=every[-1] - every[0] if every else 0.0,
            most_at_once=self.most,
            least_gap=min(gaps, default=0.0),
            hasty=sum(gap < self._rest for gap in gaps),
        )


class _Visit(asyncio.Protocol):
    """One connection: one request, one answer."""

    def __init__(self, site: _Site) -> None:
        self._site, self._heard, self._host = site, b"", ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if not self._host and b"\r\n\r\n" in self._heard:
            self._host = self._transport.get_extra_info("sockname")[0]
            asyncio.get_running_loop().call_later(self._site.came(self._host, self._heard), self._answer)

    def _answer(self) -> None:
        self._site.in_hand[self._host] -= 1  # before the answer is out, after which another request may come
        if not self._transport.is_closing():
            self._transport.write(_UNCHANGED)
            self._transport.close()


def _serve(pipe: Connection, hosts: int, rest: float) -> None:
    async def main() -> None:
        site, loop = _Site(rest), asyncio.get_running_loop()
        first = await loop.create_server(lambda: _Visit(site), address(0), 0, backlog=1_000)
        port = first.sockets[0].getsockname()[1]
        if hosts > 1:
            await loop.create_server(lambda: _Visit(site), [address(n) for n in range(1, hosts)], port, backlog=100)
        pipe.send(port)
        while word := await asyncio.to_thread(pipe.recv):
            pipe.send(site.seen())
            if word == "forget":
                site.forget()

    asyncio.run(main())


class Site:
    """The server in its own process."""

    def __init__(self, pipe: Connection, port: int, pid: int) -> None:
        self._pipe, self.port, self.pid = pipe, port, pid

    def seen(self, word: str = "tell") -> Any:
        """Since it was last told to `forget`."""
        self._pipe.send(word)
        return self._pipe.recv()


@contextmanager
def serving(hosts: int, rest: float) -> Iterator[Site]:
    """Such a server. `rest`: what its hosts ask for between two requests, in seconds."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs, hosts, rest), daemon=True)
    process.start()
    theirs.close()  # so that its end is heard of
    try:
        yield Site(ours, ours.recv(), process.pid or 0)
    finally:
        ours.send("")
        process.join(10)
        if process.is_alive():
            process.terminate()
