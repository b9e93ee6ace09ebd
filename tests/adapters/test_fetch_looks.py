"""Stories of looks: what a server says, and what we keep of it."""

import asyncio
from datetime import timedelta
from hashlib import sha256

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from local_sites import NOON, LocalSite, fresh, running_host, source_of

from monitor.domain.documents import digest
from monitor.domain.errors import FailureReason
from monitor.domain.sources import Outcome, SourceKind, after
from monitor.fetch.handover import Answer
from monitor.fetch.looks import look_at, validators

FEED = b"<rss version='2.0'><channel><title>News</title></channel></rss>"


async def test_a_first_look_brings_the_bytes_and_the_headers_worth_keeping(site: LocalSite) -> None:
    site.says(
        "/feed.xml", FEED, Content_Type="application/rss+xml", ETag='"v1"', Set_Cookie="id=1", Cache_Control="no-cache",
        Cf_Mitigated="challenge",
    )  # fmt: skip
    source = source_of(site.url(), languages=("zh", "en"))
    async with running_host() as host:
        look, capture = await host.look(source, fresh(source))
    assert (look.outcome, look.status, look.etag, look.at) == (Outcome.OK, 200, '"v1"', NOON)
    assert (look.body_hash, look.body_bytes) == (sha256(FEED).hexdigest(), len(FEED))
    assert capture is not None
    assert (capture.body, capture.url, capture.content_type) == (FEED, source.url, "application/rss+xml")
    assert capture.id == digest("press", NOON.isoformat(), look.body_hash or "")
    assert {name for name, _ in capture.headers} == {
        "content-type", "etag", "cache-control", "date", "cf-mitigated",
    }  # fmt: skip
    (asked,) = site.asked
    assert asked.headers["User-Agent"] == "Sellerwatch/1.0 (+https://seller.example/bot)"
    assert asked.headers["Accept-Language"] == "zh, en, *;q=0.5"
    assert "If-None-Match" not in asked.headers


async def test_a_second_look_asks_conditionally_with_both_validators_and_304_is_unchanged(site: LocalSite) -> None:
    modified = "Fri, 20 Nov 2026 08:00:00 GMT"

    async def answer(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"v1"' and request.headers.get("If-Modified-Since") == modified:
            return web.Response(status=304)
        return web.Response(body=FEED, headers={"ETag": '"v1"', "Last-Modified": modified})

    site.pages["/feed.xml"] = answer
    source = source_of(site.url())
    async with running_host() as host:
        first, _ = await host.look(source, fresh(source))
        state = after(fresh(source), first, source.every, 0.0)
        second, capture = await host.look(source, state)
    assert (second.outcome, second.status, capture) == (Outcome.UNCHANGED, 304, None)
    assert after(state, second, source.every, 0.0).etag == '"v1"'
    assert after(state, second, source.every, 0.0).last_modified == modified
    assert len(site.asked) == 2


async def test_the_same_bytes_without_validators_are_unchanged_and_other_bytes_are_new(site: LocalSite) -> None:
    site.says("/feed.xml", FEED)
    source = source_of(site.url())
    async with running_host() as host:
        first, _ = await host.look(source, fresh(source))
        state = after(fresh(source), first, source.every, 0.0)
        same, nothing = await host.look(source, state)
        site.says("/feed.xml", FEED + b"<!-- more -->")
        other, capture = await host.look(source, state)
    assert (same.outcome, nothing) == (Outcome.UNCHANGED, None)
    assert other.outcome is Outcome.OK
    assert capture is not None
    assert capture.body_hash == other.body_hash != first.body_hash


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (204, FailureReason.EMPTY),
        (304, FailureReason.EMPTY),  # nobody asked conditionally
        (400, FailureReason.HTTP_4XX),
        (404, FailureReason.HTTP_4XX),
        (410, FailureReason.GONE),
        (429, FailureReason.RATE_LIMITED),
        (500, FailureReason.HTTP_5XX),
        (503, FailureReason.HTTP_5XX),
        (599, FailureReason.HTTP_5XX),
    ],
)
async def test_a_status_that_is_no_success_is_a_failure_with_its_reason(
    site: LocalSite, status: int, reason: FailureReason
) -> None:
    site.says("/feed.xml", status=status)
    source = source_of(site.url("/feed.xml?key=secret"))
    async with running_host() as host:
        look, capture = await host.look(source, fresh(source))
    assert (look.outcome, look.status, look.reason, capture) == (Outcome.FAILED, status, reason, None)
    assert str(status) in look.detail
    assert "secret" not in look.detail


@pytest.mark.parametrize(
    ("status", "wish", "wait"),
    [
        (429, "120", timedelta(seconds=120)),
        (503, "Sat, 21 Nov 2026 13:00:00 GMT", timedelta(hours=1)),
        (503, "Sat, 21 Nov 2026 11:00:00 GMT", timedelta(0)),
        (503, "Sat Nov 21 13:00:00 2026", timedelta(hours=1)),  # an HTTP date too, in GMT as all of them
        (429, "soon", None),
        (429, "9" * 400, timedelta(days=366)),
        (404, "120", None),
    ],
)
async def test_a_server_that_asks_us_to_wait_is_heard(
    site: LocalSite, status: int, wish: str, wait: timedelta | None
) -> None:
    site.says("/feed.xml", status=status, Retry_After=wish)
    source = source_of(site.url())
    async with running_host() as host:
        look, _ = await host.look(source, fresh(source))
    assert look.retry_after == wait


async def test_a_permanent_redirect_is_followed_and_the_capture_names_the_last_place(site: LocalSite) -> None:
    site.says("/feed.xml", status=301, Location="/moved")
    site.says("/moved", FEED)
    source = source_of(site.url())
    async with running_host() as host:
        look, capture = await host.look(source, fresh(source))
    assert look.outcome is Outcome.OK
    assert capture is not None
    assert capture.url == site.url("/moved")


async def test_redirects_without_end_are_given_up_after_five(site: LocalSite) -> None:
    site.says("/feed.xml", status=302, Location="/feed.xml")
    source = source_of(site.url())
    async with running_host() as host:
        look, _ = await host.look(source, fresh(source))
    assert (look.reason, len(site.asked)) == (FailureReason.BAD_URL, 6)


async def test_an_etag_that_is_no_plain_text_is_not_remembered(site: LocalSite) -> None:
    site.says("/feed.xml", FEED, ETag='"caf\u00e9"')
    source = source_of(site.url())
    async with running_host() as host:
        look, capture = await host.look(source, fresh(source))
    assert (look.outcome, look.etag) == (Outcome.OK, None)
    assert capture is not None


async def test_a_page_that_a_document_wants_comes_back_under_its_document(site: LocalSite) -> None:
    site.says("/notice", b"<html>Closing</html>", Content_Type="text/html")
    async with running_host() as host:
        capture = await host.page(site.url("/notice"), "press", "doc-1")
    assert (capture.document_id, capture.failure, capture.body) == ("doc-1", None, b"<html>Closing</html>")


async def test_pages_that_cannot_be_had_are_empty_captures_with_a_reason_and_ids_of_their_own(site: LocalSite) -> None:
    site.says("/gone", status=410)
    async with running_host() as host:
        gone = await host.page(site.url("/gone"), "press", "doc-1")
        missing = await host.page(site.url("/missing"), "press", "doc-2")
        nonsense = await host.page("javascript:alert(1)", "press", "doc-3")
    assert [(page.failure, page.status, page.body) for page in (gone, missing, nonsense)] == [
        (FailureReason.GONE, 410, b""),
        (FailureReason.HTTP_4XX, 404, b""),
        (FailureReason.BAD_URL, 0, b""),
    ]
    assert len({gone.id, missing.id, nonsense.id}) == 3


async def test_no_more_requests_than_allowed_are_at_one_host_at_a_time(site: LocalSite) -> None:
    here = most = 0
    released = asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        nonlocal here, most
        here += 1
        most = max(most, here)
        await released.wait()
        here -= 1
        return web.Response(body=FEED)

    site.pages["/feed.xml"] = slow
    site.says("/other.xml", FEED)
    source, other = source_of(site.url()), source_of(site.url("/other.xml", host="localhost"))
    async with running_host(per_host=2, concurrency=4) as host:
        crowd = [asyncio.create_task(host.look(source, fresh(source))) for _ in range(12)]
        look, _ = await host.look(other, fresh(other))  # another host does not wait behind the crowd
        assert look.outcome is Outcome.OK
        assert not any(task.done() for task in crowd)
        released.set()
        ends = await asyncio.gather(*crowd)
    assert [look.outcome for look, _ in ends] == [Outcome.OK] * 12
    assert most == 2


async def test_feeds_are_fetched_whatever_robots_says_and_pages_only_as_it_allows(site: LocalSite) -> None:
    site.says("/robots.txt", b"User-agent: sellerwatch\nDisallow: /private\n")
    site.says("/private/feed.xml", FEED)
    site.says("/open", b"<html>open</html>")
    feed = source_of(site.url("/private/feed.xml"))
    page = source_of(site.url("/private/page"), SourceKind.PAGE, id="page")
    async with running_host() as host:
        allowed, _ = await host.look(feed, fresh(feed))
        assert site.paths() == ["/private/feed.xml"]
        refused, _ = await host.look(page, fresh(page))
        wanted = await host.page(site.url("/private/other"), "press", "doc-1")
        opened = await host.page(site.url("/open"), "press", "doc-2")
    assert allowed.outcome is Outcome.OK
    assert (refused.reason, wanted.failure, opened.failure) == (FailureReason.ROBOTS, FailureReason.ROBOTS, None)
    assert site.paths() == ["/private/feed.xml", "/robots.txt", "/open"]  # one question serves all three pages


async def test_robots_rules_are_asked_for_again_after_a_day(site: LocalSite) -> None:
    time = NOON
    site.says("/robots.txt", b"User-agent: *\nDisallow: /\n")
    site.says("/notice", b"<html>notice</html>")
    async with running_host(now=lambda: time) as host:
        before = await host.page(site.url("/notice"), "press", "doc-1")
        site.says("/robots.txt", b"")
        time = NOON + timedelta(hours=23)
        same_day = await host.page(site.url("/notice"), "press", "doc-1")
        time = NOON + timedelta(hours=25)
        next_day = await host.page(site.url("/notice"), "press", "doc-1")
    assert (before.failure, same_day.failure, next_day.failure) == (FailureReason.ROBOTS, FailureReason.ROBOTS, None)
    assert site.paths().count("/robots.txt") == 2


@pytest.mark.parametrize(
    ("status", "failure"), [(404, None), (403, None), (503, FailureReason.HTTP_5XX), (429, FailureReason.RATE_LIMITED)]
)
async def test_a_missing_robots_file_allows_all_and_an_unreachable_one_nothing(
    site: LocalSite, status: int, failure: FailureReason | None
) -> None:
    site.says("/robots.txt", b"User-agent: *\nDisallow: /\n", status=status)
    site.says("/notice", b"<html>notice</html>")
    async with running_host() as host:
        page = await host.page(site.url("/notice"), "press", "doc-1")
        assert page.failure is failure
        site.says("/robots.txt", b"")
        again = await host.page(site.url("/notice"), "press", "doc-1")
    assert again.failure is None  # a failure to read the rules is not remembered as a rule


async def test_a_page_redirected_into_a_disallowed_place_is_not_fetched_there(site: LocalSite) -> None:
    site.says("/robots.txt", b"User-agent: *\nDisallow: /private\n")
    site.says("/notice", status=302, Location="/private/notice")
    async with running_host() as host:
        page = await host.page(site.url("/notice"), "press", "doc-1")
    assert page.failure is FailureReason.ROBOTS
    assert "/private/notice" not in site.paths()


header_names = st.sampled_from(["etag", "last-modified", "retry-after", "content-type"])


@given(
    status=st.integers(100, 999),
    headers=st.lists(st.tuples(header_names, st.text(max_size=30))),
    body=st.binary(max_size=20),
)
def test_whatever_a_server_says_it_is_one_outcome_and_asking_again_after_it_is_possible(
    status: int, headers: list[tuple[str, str]], body: bytes
) -> None:
    source = source_of("https://shop.test/feed.xml")
    answer = Answer(source.url, status, tuple(headers), body)
    look = look_at(answer, source, fresh(source), NOON, 0.1)
    assert (look.outcome is Outcome.OK) == (200 <= status < 300 and body != b"")
    assert (look.outcome is Outcome.FAILED) == (look.reason is not None)
    state = after(fresh(source), look, source.every, 0.5)
    assert state.next_look_at > NOON
    assert all(value.isascii() and value.isprintable() for value in validators(state).values())
    if look.outcome is Outcome.OK:
        assert look_at(answer, source, state, NOON, 0.1).outcome is Outcome.UNCHANGED
