"""Stories of the spider's life: how it goes on, ends, is replaced, and stops."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest
from aiohttp import web
from local_sites import LocalSite, fresh, running_host, source_of

from monitor.domain.errors import FailureReason
from monitor.domain.sources import Outcome
from monitor.fetch.failures import FetchError
from monitor.fetch.host import SpiderFailedError, SpiderHost
from monitor.fetch.settings import FetchSettings


class Poison(Mapping[str, str]):
    """Headers that no spider survives."""

    def __getitem__(self, name: str) -> str:
        raise RuntimeError("poison")

    def __iter__(self) -> Iterator[str]:
        return iter(["X"])

    def __len__(self) -> int:
        return 1


async def test_an_errand_that_cannot_be_made_into_a_request_fails_alone(site: LocalSite) -> None:
    site.says("/feed.xml", b"<rss/>")
    source = source_of(site.url())
    async with running_host() as host:
        with pytest.raises(FetchError, match="RuntimeError"):
            await host.door.ask(site.url(), Poison())
        assert (await host.look(source, fresh(source)))[0].outcome is Outcome.OK
        assert host.restarts == 0


async def test_a_spider_that_dies_in_mid_air_is_replaced_and_nothing_asked_is_lost(
    site: LocalSite, caplog: pytest.LogCaptureFixture
) -> None:
    arrived, go = asyncio.Event(), asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        arrived.set()
        await go.wait()
        return web.Response(body=b"<rss/>")

    site.pages["/slow.xml"] = slow
    site.says("/feed.xml", b"<rss/>")
    source, slower = source_of(site.url()), source_of(site.url("/slow.xml", host="localhost"))
    async with running_host() as host:
        for deaths in (1, 2):
            under_way = asyncio.create_task(host.look(slower, fresh(slower)))
            await arrived.wait()
            await host.door._queue.put("no errand")  # the spider's start() raises on it
            later = asyncio.create_task(host.look(source, fresh(source)))
            go.set()
            assert (await under_way)[0].outcome is Outcome.OK
            assert (await later)[0].outcome is Outcome.OK
            assert host.restarts == deaths
    assert "the spider ended, 0 fetches lost; restart 2" in caplog.text


async def test_an_errand_that_left_with_a_lost_spider_fails_and_one_that_waits_goes_with_the_next() -> None:
    host = SpiderHost(FetchSettings("Sellerwatch/1.0", "me"), lambda: datetime.now(UTC))
    source = source_of("http://shop.test/")
    lost = asyncio.create_task(host.look(source, fresh(source)))
    await anext(host.door.errands())
    waits = asyncio.create_task(host.look(source, fresh(source)))
    assert host.door.abandon() == 1
    look, _ = await lost
    assert (look.reason, look.detail) == (FailureReason.CONNECTION, "the spider ended")
    errand = await anext(host.door.errands())
    errand.fail(FetchError(FailureReason.DNS, "no such name"))
    assert (await waits)[0].reason is FailureReason.DNS


async def test_a_host_that_nobody_runs_answers_with_a_timeout() -> None:
    host = SpiderHost(FetchSettings("Sellerwatch/1.0", "me", timeout=0.1), lambda: datetime.now(UTC))
    source = source_of("http://shop.test/")
    look, _ = await host.look(source, fresh(source))
    assert (look.reason, look.detail) == (FailureReason.TIMEOUT, "the spider did not answer in time")


async def test_a_spider_that_cannot_start_is_a_loud_failure() -> None:
    host = SpiderHost(FetchSettings("Sellerwatch/1.0", "me", max_bytes="much"), lambda: datetime.now(UTC))  # type: ignore[arg-type]
    with pytest.raises(SpiderFailedError):
        await asyncio.wait_for(host.run(), 10)


async def test_a_stop_lets_requests_under_way_finish_and_cancels_those_that_wait(site: LocalSite) -> None:
    arrived, go = asyncio.Event(), asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        arrived.set()
        await go.wait()
        return web.Response(body=b"<rss/>")

    site.pages["/feed.xml"] = slow
    source = source_of(site.url())
    async with running_host(per_host=1) as host:
        under_way = asyncio.create_task(host.look(source, fresh(source)))
        await arrived.wait()
        waiting = asyncio.create_task(host.look(source, fresh(source)))
        stopping = asyncio.create_task(host.stop())
        await host.door.closing.wait()
        go.set()
        assert (await under_way)[0].outcome is Outcome.OK
        await stopping
        with pytest.raises(asyncio.CancelledError):
            await waiting
        with pytest.raises(asyncio.CancelledError):
            await host.look(source, fresh(source))
    assert len(site.asked) == 1


async def test_requests_that_outlast_the_grace_of_a_stop_are_cut_off(site: LocalSite) -> None:
    arrived, forever = asyncio.Event(), asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        arrived.set()
        await forever.wait()
        raise AssertionError("never")

    site.pages["/feed.xml"] = hang
    source = source_of(site.url())
    async with running_host(timeout=60.0) as host:
        under_way = asyncio.create_task(host.look(source, fresh(source)))
        await arrived.wait()
        async with asyncio.timeout(5):
            await host.door.close(grace=0.1)
            with pytest.raises(asyncio.CancelledError):
                await under_way


async def test_a_cancelled_run_leaves_no_request_behind(site: LocalSite) -> None:
    arrived, forever = asyncio.Event(), asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        arrived.set()
        await forever.wait()
        raise AssertionError("never")

    site.pages["/feed.xml"] = hang
    source = source_of(site.url())
    host = SpiderHost(
        FetchSettings("Sellerwatch/1.0", "me", timeout=60.0, allow_private=True), lambda: datetime.now(UTC)
    )
    running = asyncio.create_task(host.run())
    under_way = asyncio.create_task(host.look(source, fresh(source)))
    await arrived.wait()
    running.cancel()
    async with asyncio.timeout(5):
        for task in (under_way, running):
            with pytest.raises(asyncio.CancelledError):
                await task
