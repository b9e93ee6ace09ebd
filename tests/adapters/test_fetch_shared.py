"""Politeness of two daemons together: one pace at each host and one look at its robots.txt, over real requests."""

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from aiohttp import web
from local_sites import LocalSite, fresh, running_host, source_of

from monitor.daemon import utc_now
from monitor.domain.errors import FailureReason, StoreUnavailableError
from monitor.domain.sources import Outcome, SourceKind
from monitor.store.database import Database
from monitor.store.rests import SqlRests
from monitor.store.robots import SqlRobots

GAP = 0.3


async def everybody_is_here(_: str) -> list[str]:
    return ["127.0.0.1"]


@pytest.fixture
async def shared(tmp_path):
    database = await Database.open(f"sqlite:///{tmp_path}/shared.db")
    yield database
    await database.close()


@pytest.fixture
async def two(shared):
    """Two daemons' spiders; each knows of the other by the database alone."""
    async with AsyncExitStack() as stack:
        hosts = []
        for _ in range(2):
            host = await stack.enter_async_context(
                running_host(
                    everybody_is_here, now=utc_now, gap=GAP, pace_kept=SqlRests(shared), robots=SqlRobots(shared)
                )
            )
            hosts.append(host)
        yield hosts


@pytest.fixture
def moments(site: LocalSite) -> list[float]:
    asked: list[float] = []

    async def note(request: web.Request) -> web.Response:
        asked.append(time.monotonic())
        return web.Response(body=b"<rss/>")

    site.pages["/feed.xml"] = site.pages["/page.html"] = note
    return asked


async def test_two_daemons_that_ask_one_host_at_once_keep_its_rest_together(site, moments, two) -> None:
    sources = [source_of(site.url(host="press.test"), id=f"s{n}") for n in range(4)]
    looks = await asyncio.gather(*(two[n % 2].look(one, fresh(one)) for n, one in enumerate(sources)))
    assert {look.outcome for look, _ in looks} == {Outcome.OK}
    assert min(later - sooner for sooner, later in pairwise(moments)) > GAP * 0.8


async def test_robots_txt_is_asked_for_once_by_both_and_obeyed_by_both(site, moments, two) -> None:
    site.says("/robots.txt", b"\xef\xbb\xbfUser-agent: *\nDisallow: /closed\n\x00")
    for host in two:
        allowed = source_of(site.url("/page.html", host="shop.test"), SourceKind.PAGE)
        closed = source_of(site.url("/closed", host="shop.test"), SourceKind.PAGE)
        assert (await host.look(allowed, fresh(allowed)))[0].outcome is Outcome.OK
        assert (await host.look(closed, fresh(closed)))[0].reason is FailureReason.ROBOTS
    assert site.paths().count("/robots.txt") == 1


async def test_while_the_database_is_away_robots_txt_is_asked_for_and_nobody_asks_without_a_turn(site, moments) -> None:
    class Away:
        async def said(self, origin: str, since: datetime) -> None:
            raise StoreUnavailableError("away")

        async def keep(self, origin: str, host: str, at: datetime, text: str, rest: float) -> None:
            raise StoreUnavailableError("away")

        async def turn(self, host: str, gap: timedelta, now: datetime) -> timedelta:
            raise StoreUnavailableError("away")

        async def asked(self, host: str, gap: timedelta, now: datetime) -> None:
            raise StoreUnavailableError("away")

    page = source_of(site.url("/page.html", host="shop.test"), SourceKind.PAGE)
    async with running_host(everybody_is_here, gap=0.0, pace_kept=Away(), robots=Away()) as host:
        assert (await host.look(page, fresh(page)))[0].outcome is Outcome.OK
    async with running_host(everybody_is_here, gap=GAP, pace_kept=Away(), robots=Away(), concurrency=1) as host:
        for _ in range(2):
            with pytest.raises(StoreUnavailableError):
                await host.look(page, fresh(page))
    assert len(moments) == 1
