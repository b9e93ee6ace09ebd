"""Feeds that moved: what permanent redirects say, and what is made of it."""

from datetime import timedelta

import pytest
from aiohttp import web
from local_sites import LocalSite, fresh, running_host, source_of

from monitor.domain.errors import FailureReason
from monitor.domain.sources import Outcome, after


def redirects(site: LocalSite, *hops: tuple[str, int, str]) -> None:
    for path, status, target in hops:

        async def answer(_: web.Request, status: int = status, target: str = target) -> web.Response:
            return web.Response(status=status, headers={"Location": target})

        site.pages[path] = answer


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [((301,), True), ((308,), True), ((301, 308), True), ((302,), False), ((307,), False), ((301, 302), False)],
)
async def test_a_look_that_was_led_by_permanent_redirects_alone_names_the_new_address(
    site: LocalSite, statuses: tuple[int, ...], moved: bool
) -> None:
    ends = [f"/step-{n}.xml" for n in range(1, len(statuses))] + ["/new.xml"]
    redirects(site, *zip(["/old.xml", *ends], statuses, ends, strict=False))
    site.says("/new.xml", b"<rss/>", Cache_Control="max-age=900")
    source = source_of(site.url("/old.xml"))
    async with running_host() as host:
        look, capture = await host.look(source, fresh(source))
    assert look.outcome is Outcome.OK
    assert look.moved_to == (site.url("/new.xml") if moved else "")
    assert capture.url == site.url("/new.xml")
    assert look.max_age == timedelta(minutes=15)


async def test_a_feed_that_did_not_move_names_no_address(site: LocalSite) -> None:
    site.says("/feed.xml", b"<rss/>")
    source = source_of(site.url())
    async with running_host() as host:
        look, _ = await host.look(source, fresh(source))
    assert (look.moved_to, look.max_age) == ("", None)


async def test_after_three_looks_the_state_says_where_the_feed_moved_and_the_record_is_still_followed(
    site: LocalSite,
) -> None:
    redirects(site, ("/old.xml", 301, "/new.xml"))

    async def unchanged(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304)
        return web.Response(body=b"<rss/>", headers={"ETag": '"1"', "Cache-Control": "max-age=60"})

    site.pages["/new.xml"] = unchanged
    source = source_of(site.url("/old.xml"))
    state, told = fresh(source), []
    async with running_host() as host:
        for _ in range(3):
            look, _ = await host.look(source, state)
            state = after(state, look, source.every, 0.0)
            told.append((look.outcome, state.moved_to))
    new = site.url("/new.xml")
    assert told == [(Outcome.OK, ""), (Outcome.UNCHANGED, ""), (Outcome.UNCHANGED, new)]
    assert site.paths() == ["/old.xml", "/new.xml"] * 3
    assert state.max_age == timedelta(minutes=1), "a 304 that says nothing of it changes nothing"


async def test_a_permanent_redirect_to_nothing_is_a_failure_and_no_move(site: LocalSite) -> None:
    redirects(site, ("/old.xml", 301, "/lost.xml"))
    source = source_of(site.url("/old.xml"))
    async with running_host() as host:
        look, _ = await host.look(source, fresh(source))
    assert (look.reason, look.moved_to) == (FailureReason.HTTP_4XX, "")


async def test_a_permanent_redirect_to_a_private_address_is_refused(site: LocalSite) -> None:
    redirects(site, ("/old.xml", 308, "http://169.254.169.254/latest"))
    source = source_of(site.url("/old.xml"))
    async with running_host() as host:
        look, _ = await host.look(source, fresh(source))
    assert (look.reason, look.moved_to) == (FailureReason.PRIVATE_ADDRESS, "")
