"""Stories of pages that their own scripts make, opened in this machine's Chromium; where it has none, they say so."""

import asyncio
import gzip
import os
import signal
from typing import Any

import pytest
from aiohttp import web
from local_sites import LocalSite, fresh, running_host, source_of
from rendering import HAS_BROWSER, HTML, children, drivers, page_at, rendered

from monitor.domain.errors import FailureReason
from monitor.domain.sources import Outcome, SourceKind, SourceState
from monitor.fetch.browser import MAX_ASKED, PageBrowser
from monitor.fetch.failures import FetchError

LIST = """<!DOCTYPE html><title>News</title><img src="/photo.jpg"><ul id=list></ul><script>
document.cookie = "seen=1";
fetch("/api/news", {headers: {"X-Shop": "7"}}).then(a => a.json()).then(all => { for (const one of all) {
  const item = document.createElement("li");
  item.innerHTML = `<a href="/news/${one.id}">${one.title}</a>`;
  document.getElementById("list").append(item);
}});
</script>"""


async def test_a_list_that_a_script_builds_is_read(site: LocalSite) -> None:
    site.says("/old", status=301, Location="/news")
    site.says("/news", gzip.compress(LIST.encode()), Content_Encoding="gzip", ETag='"shell"', **HTML)
    site.says("/api/news", '[{"id": 1, "title": "Schließung in Polen"}]'.encode(), Content_Type="application/json")
    source = source_of(site.url("/old"), SourceKind.LIST, languages=("de",), rendered=True)
    async with running_host() as host:
        state = SourceState(source.id, fresh(source).next_look_at, etag='"shell"')
        look, capture = await rendered(host, source, state)
    if not HAS_BROWSER:
        return
    assert capture is not None
    assert '<a href="/news/1">Schließung in Polen</a>' in capture.body.decode()
    assert (capture.url, capture.content_type) == (site.url("/news"), "text/html; charset=utf-8")
    assert (look.outcome, look.etag, look.moved_to) == (Outcome.OK, None, site.url("/news"))
    assert site.paths() == ["/robots.txt", "/old", "/news", "/api/news"]  # no picture
    asked = site.asked[-1].headers
    assert asked["User-Agent"] == "Sellerwatch/1.0 (+https://seller.example/bot)"
    assert (asked["Accept-Language"], asked["X-Shop"], asked.get("Cookie")) == ("de, *;q=0.5", "7", None)
    assert not any("If-None-Match" in request.headers for request in site.asked)  # the shell's validator says nothing


async def test_the_same_dom_again_is_unchanged(site: LocalSite) -> None:
    source = page_at(site, "/news", LIST)
    site.says("/api/news", b'[{"id": 1, "title": "Closing"}]', Content_Type="application/json")
    async with running_host() as host:
        first, _ = await rendered(host, source)
        again, capture = await rendered(host, source, SourceState(source.id, first.at, body_hash=first.body_hash))
    if HAS_BROWSER:
        assert (first.outcome, again.outcome, capture) == (Outcome.OK, Outcome.UNCHANGED, None)


@pytest.mark.long
async def test_a_script_that_never_ends_stops_at_the_deadline_and_takes_nothing_with_it(site: LocalSite) -> None:
    endless = page_at(site, "/endless", "<!DOCTYPE html><p>loading</p><script>for (;;) {}</script>")
    made = page_at(site, "/made", "<!DOCTYPE html><script>document.write('<p>made</p>')</script>")
    site.says("/feed.xml", b"<rss/>")
    plain = source_of(site.url())
    async with running_host(timeout=4.0, rendering=2.0) as host:
        (look, capture), (beside, _) = await asyncio.gather(rendered(host, endless), host.look(plain, fresh(plain)))
        after, page = await rendered(host, made)
        assert host.restarts == 0
    assert beside.outcome is Outcome.OK
    if HAS_BROWSER:
        assert (look.reason, capture) == (FailureReason.TIMEOUT, None)
        assert page is not None, after
        assert b"<p>made</p>" in page.body


@pytest.mark.long
async def test_a_page_that_never_rests_is_taken_as_it_is_before_the_deadline(site: LocalSite) -> None:
    async def never(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError("never")

    site.pages["/poll"] = never
    source = page_at(site, "/news", "<!DOCTYPE html><script>document.write('<p>made</p>'); fetch('/poll')</script>")
    async with running_host(timeout=4.0, rendering=3.0) as host:
        look, capture = await rendered(host, source)
    if HAS_BROWSER:
        assert capture is not None, look
        assert b"<p>made</p>" in capture.body


WITHOUT_MEASURE = {
    "document.body.append('x'.repeat(300_000))": "the page grew beyond 200000 bytes",
    "document.body.append('ж'.repeat(150_000))": "the page grew beyond 200000 bytes",
    "Object.defineProperty(Element.prototype, 'outerHTML', {value: ''}); document.body.append('y'.repeat(3e5))": (
        "the page grew beyond 200000 bytes"
    ),
    f"for (let i = 0; i <= {MAX_ASKED}; i++) fetch('/' + i)": f"the page makes more than {MAX_ASKED} requests",
    "for (let i = 0; i < 9; i++) fetch('/big?' + i)": "what the page asks for has more than 600000 bytes",
}


@pytest.mark.long
async def test_a_page_without_measure_is_too_large(site: LocalSite) -> None:
    site.says("/big", b"x" * 100_000)
    async with running_host(max_bytes=200_000) as host:
        for script, detail in WITHOUT_MEASURE.items():
            source = page_at(site, "/news", f"<!DOCTYPE html><body><script>{script}</script>")
            look, capture = await rendered(host, source)
            assert capture is None
            if HAS_BROWSER:
                assert (look.reason, look.detail) == (FailureReason.TOO_LARGE, detail), script


async def test_a_browser_that_dies_takes_its_page_only(site: LocalSite) -> None:
    arrived, go = asyncio.Event(), asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        arrived.set()
        await go.wait()
        return web.json_response([{"id": 1, "title": "Closing"}])

    site.pages["/api/news"] = slow
    source = page_at(site, "/news", LIST)
    before = drivers()
    async with running_host(timeout=20.0) as host:
        under_way = asyncio.create_task(rendered(host, source))
        if HAS_BROWSER:
            await asyncio.wait_for(arrived.wait(), 20)
            (driver,) = drivers() - before
            (browser,) = children(driver, b"NOTFOUND")
            os.kill(int(browser), signal.SIGKILL)
        look, _ = await under_way
        go.set()
        again, capture = await rendered(host, source)
        assert host.restarts == 0
    if HAS_BROWSER:
        assert (look.reason, look.detail) == (FailureReason.CONNECTION, "the browser gave the page up")
        assert capture is not None, again
        assert b"Closing" in capture.body


async def test_without_a_browser_the_look_says_so_the_site_is_not_asked_and_plain_looks_go_on(site: LocalSite) -> None:
    source = page_at(site, "/news", LIST)
    site.says("/feed.xml", b"<rss/>")
    plain = source_of(site.url())
    async with running_host(browser="/nowhere/chromium") as host:
        look, capture = await host.look(source, fresh(source))
        beside, _ = await host.look(plain, fresh(plain))
        assert host.restarts == 0
    assert (look.reason, capture, beside.outcome) == (FailureReason.NO_BROWSER, None, Outcome.OK)
    assert "install" in look.detail
    assert "/news" not in site.paths()


async def test_robots_txt_is_obeyed_for_the_page_and_for_what_it_asks_for(site: LocalSite) -> None:
    site.says("/robots.txt", b"User-agent: *\nDisallow: /closed\nDisallow: /api")
    closed = page_at(site, "/closed", LIST)
    half = page_at(site, "/news", LIST)
    async with running_host() as host:
        refused, _ = await host.look(closed, fresh(closed))
        look, capture = await rendered(host, half)
    assert refused.reason is FailureReason.ROBOTS
    assert not {"/closed", "/api/news"} & set(site.paths())
    if HAS_BROWSER:
        assert capture is not None, look
        assert b'<ul id="list"></ul>' in capture.body


async def test_one_page_is_open_at_a_time_and_its_time_begins_when_its_turn_comes(site: LocalSite) -> None:
    arrived, go = asyncio.Event(), asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        arrived.set()
        await go.wait()
        return web.json_response([{"id": 1, "title": "First"}])

    site.pages["/api/news"] = slow
    one, two = page_at(site, "/one", LIST), page_at(site, "/two", "<!DOCTYPE html><p>two</p>")
    async with running_host() as host:
        first = asyncio.create_task(rendered(host, one))
        second = asyncio.create_task(rendered(host, two))
        if HAS_BROWSER:
            await asyncio.wait_for(arrived.wait(), 20)
            assert "/two" not in site.paths()
        go.set()
        (_, made), (_, plain) = await asyncio.gather(first, second)
    if HAS_BROWSER:
        assert made is not None
        assert b"First" in made.body
        assert plain is not None


async def test_an_answer_that_is_no_page_is_left_as_it_is(site: LocalSite) -> None:
    site.says("/gone", b"<p>gone</p>", status=410, **HTML)
    site.says("/terms", b"%PDF-1.7", Content_Type="application/pdf")
    async with running_host() as host:
        gone, _ = await rendered(host, source_of(site.url("/gone"), SourceKind.PAGE, rendered=True))
        _, terms = await rendered(host, source_of(site.url("/terms"), SourceKind.PAGE, rendered=True))
    if HAS_BROWSER:
        assert gone.reason is FailureReason.GONE
        assert terms is not None
        assert terms.body == b"%PDF-1.7"


async def test_a_script_may_lead_elsewhere_and_a_frame_or_window_may_not(
    site: LocalSite,
) -> None:
    site.says("/en/", b"<!DOCTYPE html><iframe src=/frame></iframe><p>in English</p>", **HTML)
    source = page_at(site, "/", "<!DOCTYPE html><script>window.open('/window'); location.replace('/en/')</script>")
    async with running_host() as host:
        look, capture = await rendered(host, source)
    assert not {"/frame"} & set(site.paths())
    if HAS_BROWSER:
        assert capture is not None, look
        assert (capture.url, b"in English" in capture.body) == (site.url("/en/"), True)


@pytest.mark.long  # the next one ends it amid a page, which is harder
async def test_the_browser_ends_with_the_crawl(site: LocalSite) -> None:
    source = page_at(site, "/news", "<!DOCTYPE html><p>made</p>")
    before = drivers()
    async with running_host() as host:
        await rendered(host, source)
        assert bool(drivers() - before) is HAS_BROWSER
    assert drivers() == before


async def test_a_stop_ends_a_page_under_way(site: LocalSite) -> None:
    arrived = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        arrived.set()
        await asyncio.Event().wait()
        raise AssertionError("never")

    site.pages["/api/news"] = hang
    source = page_at(site, "/news", LIST)
    before = drivers()
    async with running_host(timeout=60.0) as host:
        under_way: asyncio.Task[Any] = asyncio.create_task(rendered(host, source))
        if HAS_BROWSER:
            await asyncio.wait_for(arrived.wait(), 20)
            await host.door.close(grace=0.1)
            with pytest.raises(asyncio.CancelledError):
                await under_way
        await asyncio.wait({under_way})
    assert drivers() == before


async def test_an_idle_browser_ends_and_the_next_page_starts_another() -> None:
    browser = PageBrowser("", 1_000_000, idle=0.2)
    for _ in range(2):
        if not HAS_BROWSER:
            with pytest.raises(FetchError, match="no_browser"):
                await browser.start()
            continue
        await browser.start()
        assert browser.running
        async with asyncio.timeout(20):
            while browser.running:
                await asyncio.sleep(0.05)
    await browser.close()
