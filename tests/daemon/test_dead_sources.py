"""Five hundred sources of which a hundred are dead in ten ways: real servers, and nobody waits for the dead."""

import asyncio
import socket
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from aiohttp import web
from fakes import MemoryStore
from local_sites import NOON, LocalSite, raw_server, running_host, source_of

from monitor.domain.errors import FailureReason
from monitor.domain.sources import Source, SourceKind
from monitor.lookout import Lookout, Manner
from monitor.loops import Heart

pytestmark = pytest.mark.long

TIMEOUT = 6.0
EVERY = timedelta(minutes=15)
DEAD = (
    FailureReason.CONNECTION,
    FailureReason.DNS,
    FailureReason.TLS,
    FailureReason.TIMEOUT,
    FailureReason.HTTP_4XX,
    FailureReason.HTTP_5XX,
    FailureReason.RATE_LIMITED,
    FailureReason.ROBOTS,
    FailureReason.TOO_LARGE,
    FailureReason.GONE,
)


class _Silent:
    def __getattr__(self, name):
        return lambda *_: None


def set_up(site: LocalSite, closed: int, endless: int) -> tuple[dict[str, Source], dict[str, FailureReason | None]]:
    """The sources, every fifth of them dead, and how each look must end."""

    async def hang(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError("nobody waits so long")

    site.says("/feed.xml", b"<rss/>")
    site.says("/missing", status=404)
    site.says("/broken", status=500)
    site.says("/busy", status=429, Retry_After="60")
    site.says("/gone", status=410)
    site.says("/robots.txt", b"User-agent: *\nDisallow: /")
    site.pages["/hang"] = hang
    addresses = {
        FailureReason.CONNECTION: lambda name: f"http://{name}.test:{closed}/",
        FailureReason.DNS: lambda name: f"http://{name}.nowhere/",
        FailureReason.TLS: lambda name: f"https://{name}.test:{site.port}/",  # it speaks no TLS
        FailureReason.TIMEOUT: lambda name: site.url("/hang", f"{name}.test"),
        FailureReason.HTTP_4XX: lambda name: site.url("/missing", f"{name}.test"),
        FailureReason.HTTP_5XX: lambda name: site.url("/broken", f"{name}.test"),
        FailureReason.RATE_LIMITED: lambda name: site.url("/busy", f"{name}.test"),
        FailureReason.ROBOTS: lambda name: site.url("/page", f"{name}.test"),
        FailureReason.TOO_LARGE: lambda name: f"http://{name}.test:{endless}/",
        FailureReason.GONE: lambda name: site.url("/gone", f"{name}.test"),
        None: lambda name: site.url("/feed.xml", f"{name}.test"),
    }
    sources, ends = {}, {}
    for number in range(500):
        reason = DEAD[number // 5 % 10] if number % 5 == 0 else None
        kind = SourceKind.PAGE if reason is FailureReason.ROBOTS else SourceKind.FEED
        name = f"s{number}"
        sources[name] = source_of(addresses[reason](name), kind, id=name)
        ends[name] = reason
    return sources, ends


async def everybody_is_here(host: str) -> Sequence[str]:
    if host.endswith(".nowhere"):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return ["127.0.0.1"]


async def cycle(lookout: Lookout) -> None:
    """Until nothing is due and nothing in hand."""
    while True:
        await lookout.poll()
        if not lookout.in_hand:
            return
        await asyncio.wait(lookout.in_hand.values(), return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(0)


async def test_a_hundred_dead_sources_hold_up_none_of_four_hundred_and_each_shows_its_own_reason(site) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and nobody listens
        endless = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n" + b"<rss>" * 1_000
        async with raw_server(endless, b" " * 10_000, endless=True) as (port, _):
            sources, ends = set_up(site, closed.getsockname()[1], port)
            now, store = [NOON], MemoryStore()
            async with running_host(everybody_is_here, lambda: now[0], timeout=TIMEOUT, max_bytes=100_000) as host:
                manner = Manner(spread=0.0)
                lookout = Lookout(host, store, _Silent(), Heart(), lambda: now[0], lambda: None, manner)
                await lookout.begin()
                lookout.configure(sources)
                for number in range(1, 4):
                    async with asyncio.timeout(2 * TIMEOUT):
                        await cycle(lookout)
                    states = store.memory.source_states
                    assert {id: state.last_reason for id, state in states.items()} == ends
                    late = [id for id, reason in ends.items() if not reason and states[id].last_look_at != now[0]]
                    assert late == [], f"not looked at in cycle {number}"
                    now[0] += 1.1 * EVERY
                    site.says("/feed.xml", b"<rss>%d</rss>" % number)
    looks = Counter(request.host.partition(".")[0] for request in site.asked if request.path != "/robots.txt")
    assert {looks[id] for id, reason in ends.items() if reason is None} == {3}
    assert {looks[id] for id, reason in ends.items() if reason is FailureReason.GONE} == {1}, "never asked again"
    assert {looks[id] for id, reason in ends.items() if reason is FailureReason.HTTP_5XX} == {2}, "backs off"
