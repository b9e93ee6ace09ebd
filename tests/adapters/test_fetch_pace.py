"""Politeness to hosts: what is asked of one rests between two requests, whoever asks, and holds up nobody else."""

import asyncio
import time
from itertools import pairwise

import pytest
from aiohttp import web
from local_sites import NOON, LocalSite, fresh, running_host, source_of

from monitor.domain.sources import Outcome, SourceKind
from monitor.fetch.handover import Answer
from monitor.fetch.looks import max_age
from monitor.fetch.pace import LONGEST_DELAY, Paces
from monitor.fetch.settings import FetchSettings

GAP = 0.3


async def everybody_is_here(_: str) -> list[str]:
    return ["127.0.0.1"]


@pytest.fixture
def moments(site: LocalSite) -> list[tuple[str, float]]:
    """When the site was asked, by which name."""
    asked: list[tuple[str, float]] = []

    async def note(request: web.Request) -> web.Response:
        asked.append((request.url.host or "", time.monotonic()))
        return web.Response(body=b"<rss/>")

    site.pages["/feed.xml"] = site.pages["/page.html"] = note
    return asked


def gaps(moments: list[tuple[str, float]], host: str) -> list[float]:
    times = [at for name, at in moments if name == host]
    return [later - earlier for earlier, later in pairwise(times)]


async def test_a_host_rests_between_two_requests_and_its_line_holds_up_no_other(site, moments) -> None:
    slow = [source_of(site.url(host="slow.test"), id=f"slow-{n}") for n in range(4)]
    quick = [source_of(site.url(host=f"quick-{n}.test"), id=f"quick-{n}") for n in range(6)]
    async with running_host(everybody_is_here, pace={"slow.test": GAP}, concurrency=1) as host:
        looks = await asyncio.gather(*(host.look(source, fresh(source)) for source in [*slow, *quick]))
    assert {look.outcome for look, _ in looks} == {Outcome.OK}
    assert len(gaps(moments, "slow.test")) == 3
    assert min(gaps(moments, "slow.test")) > GAP * 0.8
    order = [name for name, _ in moments]
    assert order.index("quick-5.test") < len(order) - 1 - order[::-1].index("slow.test"), "one place was enough for all"


async def test_the_common_gap_is_for_every_host_but_this_machine_and_a_hosts_own_pace_wins(site, moments) -> None:
    settings = FetchSettings("S/1", "", gap=1.0, pace={"api.test": 5.0, "ours.test": 0.0})
    assert [settings.gap_of(host) for host in ("a.test", "api.test", "ours.test", "localhost")] == [1.0, 5.0, 0.0, 0.0]
    page = source_of(site.url("/page.html", host="press.test"))
    async with running_host(everybody_is_here, gap=GAP) as host:
        await asyncio.gather(host.look(page, fresh(page)), host.page(page.url, "press", "d1"))
    assert min(gaps(moments, "press.test")) > GAP * 0.8, "looks and wanted pages stand in one line"


async def test_a_crawl_delay_is_kept_where_robots_txt_is_obeyed(site, moments) -> None:
    site.says("/robots.txt", f"User-agent: *\nCrawl-delay: {GAP}\nDisallow:\n".encode())
    page = source_of(site.url("/page.html", host="shop.test"), SourceKind.PAGE)
    async with running_host(everybody_is_here) as host:
        for _ in range(3):
            assert (await host.look(page, fresh(page)))[0].outcome is Outcome.OK
        assert host.door.paces.gap("shop.test") == GAP
    assert min(gaps(moments, "shop.test")) > GAP * 0.8


async def test_a_crawl_delay_has_a_cap_and_is_forgotten_when_robots_txt_asks_for_it_no_more() -> None:
    paces = Paces(lambda host: 2.0, asyncio.Event(), lambda: NOON)
    paces.wishes("shop.test", 86_400.0)
    assert paces.gap("shop.test") == LONGEST_DELAY
    for senseless in (None, -5.0, 0.0, 1.0):
        paces.wishes("shop.test", senseless)
        assert paces.gap("shop.test") == 2.0
    assert paces.gap("other.test") == 2.0


async def test_a_redirect_waits_for_nobody_but_its_host_rests_after_it(site, moments) -> None:
    async def away(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": site.url(host="target.test")})

    site.pages["/old.xml"] = away
    led, direct = source_of(site.url("/old.xml", host="old.test")), source_of(site.url(host="target.test"))
    async with running_host(everybody_is_here, pace={"target.test": GAP}) as host:
        await host.look(led, fresh(led))
        await host.look(direct, fresh(direct))
    assert min(gaps(moments, "target.test")) > GAP * 0.8


async def test_a_stop_does_not_wait_for_a_host_that_rests() -> None:
    async with asyncio.timeout(5), running_host(everybody_is_here, pace={"slow.test": 60.0}) as host:
        host.door.paces.asked("slow.test")
        source = source_of("http://slow.test:9/")
        waiting = asyncio.create_task(host.look(source, fresh(source)))
        await asyncio.sleep(0)
        await host.stop()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_hosts_that_may_be_asked_again_are_forgotten() -> None:
    paces = Paces(lambda host: 1e-9, asyncio.Event(), lambda: NOON)
    for n in range(10_050):
        paces.asked(f"h{n}.test")
    assert len(paces._free_at) < 10_000


@pytest.mark.parametrize(
    ("control", "age", "seconds"),
    [
        ("max-age=600", "", 600),
        ("public, Max-Age = 600, stale-while-revalidate=60", "100", 500),
        ('max-age="600"', "nonsense", 600),
        ("max-age=600", "600", None),
        ("s-maxage=600", "", None),
        ("max-age=600, no-cache", "", None),
        ("no-store", "", None),
        ("max-age=-1", "", None),
        ("x-max-age=600", "", None),
        ("max-age=999999999", "", 7 * 86_400),
        ("max-age=99999999999999999999", "", None),
        ("", "", None),
    ],
)
def test_how_long_an_answer_holds_is_read_from_its_headers(control: str, age: str, seconds: int | None) -> None:
    found = max_age(Answer("https://a.test/", 200, (("cache-control", control), ("age", age)), b""))
    assert (found.total_seconds() if found else None) == seconds
