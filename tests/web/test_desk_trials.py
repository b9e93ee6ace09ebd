"""Trying an address from the desk: with the daemon's own fetcher behind its guard, one at a time, and nothing kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from local_sites import running_host
from rooms_given import NOW, Browser, desk_of, settings_in, store_in

from monitor.config import Config
from monitor.desk.trials import MOST, Explore
from monitor.domain.errors import FailureReason
from monitor.domain.platforms import Platform
from monitor.read.workers import Workers
from monitor.try_source import Tools, Trial, explore
from monitor.understand.threaded import ThreadedAnalyst

EVIL = '<img src=x onerror="alert(1)">'
FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<item><title>Bazarino to shut down its marketplace for good</title><link>/1</link><guid>1</guid>
<pubDate>Tue, 29 Oct 2024 12:00:00 GMT</pubDate><description>The Bazarino marketplace closes for good on 28 November
2024. From that day on sellers can no longer log in, list products or receive orders.</description></item>
<item><title>&lt;img src=x onerror="alert(1)"&gt;</title><link>javascript:alert(1)</link><guid>2</guid></item>
</channel></rss>"""


@pytest.fixture
def settings(tmp_path) -> Config:
    """Without platforms, which take long to get to know."""
    return settings_in(tmp_path, platforms=(), sources=())


@pytest.fixture
async def store(settings):
    opened = await store_in(settings)
    yield opened
    await opened.database.close()


async def ended(browser: Browser, path: str) -> str:
    """The page of a trial, once it is over."""
    async with asyncio.timeout(60):
        while True:
            answer = await browser.client.get(path)
            assert answer.status_code == 200, answer.text
            if "Refresh" not in answer.headers:
                return answer.text
            await asyncio.sleep(0.05)


@asynccontextmanager
async def tools(settings: Config, allow_private: bool) -> AsyncIterator[Tools]:
    """What a daemon tries addresses with."""
    workers = Workers(1)
    async with running_host(allow_private=allow_private) as host:
        yield Tools(host, workers, lambda: ThreadedAnalyst(settings.platforms), lambda: NOW)
    await workers.close()


def trying(settings: Config, with_what: Tools) -> Explore:
    return lambda url, follow, say: explore(url, settings, follow, say, with_what)


async def test_an_operator_tries_an_address_and_sees_what_would_be_read_and_the_record(settings, store, site):
    site.says("/press", b'<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head></html>')
    site.says("/feed", FEED, Content_Type="text/xml", ETag='"1"')
    bazarino = Platform("Bazarino", "bazarino", "Bazarino AG", "marketplace", ("Bazarino",))
    settings = replace(settings, platforms=(bazarino,))
    async with tools(settings, allow_private=True) as with_what:
        doing = trying(settings, with_what)
        async with desk_of(store, settings, explore=doing) as browser:
            otto = browser()
            await otto.log_in("otto")
            answer = await otto.post("/sources/try", url=site.url("/press"))
            assert answer.status_code == 303, answer.text
            page = await ended(otto, answer.headers["location"])
            told = (await otto.client.get(f"/api/v1{answer.headers['location']}")).json()
    assert told["outcome"]["found"]["url"] == site.url("/feed")
    assert [one["reports"][0]["event_type"] for one in told["outcome"]["samples"] if one["reports"]] == ["shutdown"]
    assert "Bazarino to shut down its marketplace for good" in page
    assert "- id: " in page
    assert "ETag" in page
    assert EVIL not in page
    assert 'href="javascript:' not in page
    [record] = [one for _, one in await store.people.records() if one.did == "source.try"]
    assert (record.who, record.subject) == ("otto", site.url("/press"))


async def test_the_guard_of_the_daemon_holds_for_what_people_try(settings, store, site):
    site.says("/feed", FEED, Content_Type="text/xml")
    async with tools(settings, allow_private=False) as with_what:
        doing = trying(settings, with_what)
        async with desk_of(store, settings, explore=doing) as browser:
            otto = browser()
            await otto.log_in("otto")
            for url in (
                site.url("/feed"),
                site.url("/feed", "localhost"),
                "file:///etc/passwd",
                "http://169.254.169.254/",
            ):
                page = await ended(otto, (await otto.post("/sources/try", url=url)).headers["location"])
                assert "Nothing there, or behind it, can be read." in page, url
    assert site.paths() == []


async def test_one_address_is_tried_at_a_time_and_not_many_in_a_row(settings, store):
    gate = asyncio.Event()

    async def slow(url, follow, say):
        say(f"asking {url}")
        await gate.wait()
        return Trial(url, None, (), (), "not known", ((url, "timeout"),), FailureReason.TIMEOUT)

    async with desk_of(store, settings, explore=slow) as browser:
        otto = browser()
        await otto.log_in("otto")
        first = await otto.post("/sources/try", url="https://a.example/")
        under_way = await otto.client.get(first.headers["location"])
        assert "It is being tried" in under_way.text
        second = await otto.post("/sources/try", url="https://b.example/")
        assert second.status_code == 422
        assert "Another address is being tried." in second.text
        gate.set()
        assert "It does not answer in time" in await ended(otto, first.headers["location"])
        for number in range(MOST - 1):
            answer = await otto.post("/sources/try", url=f"https://{number}.example/")
            await ended(otto, answer.headers["location"])
        assert "Many addresses were tried just now." in (await otto.post("/sources/try", url="https://z.example/")).text


async def test_only_operators_try_and_only_in_a_running_daemon(settings, store):
    async with desk_of(store, settings) as browser:
        vera, otto = browser(), browser()
        await vera.log_in("vera")
        await otto.log_in("otto")
        assert (await vera.client.get("/sources/try")).status_code == 403
        assert (await vera.post("/sources/try", url="https://a.example/")).status_code == 403
        assert (
            "Addresses are tried by a running daemon only."
            in (await otto.post("/sources/try", url="https://a.example/")).text
        )
        for no_address in (" ", "http://[::1"):
            assert "Give the address" in (await otto.post("/sources/try", url=no_address)).text
        assert (await otto.client.get("/sources/try/nothing")).status_code == 404
        form = await otto.page("/sources/try?url=https%3A%2F%2Fa.example%2F%22%3E%3Cb%3E")
        assert "&#34;&gt;&lt;b&gt;" in form
