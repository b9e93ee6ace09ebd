"""A feed's own archive is fetched page by page, kindly, and kept as it came."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from archives import feed
from local_sites import LocalSite, running_host, source_of

from monitor.backfill.feeds import fetched, older
from monitor.backfill.pieces import Slice, file_of
from monitor.backfill.records import Fetched, items
from monitor.domain.documents import Capture, digest


def now() -> datetime:
    return datetime.now(UTC)


def bodies(path: Path) -> list[bytes]:
    file = file_of(path)
    return [item.body for item in items(Slice(file, 0, file.size)) if isinstance(item, Fetched)]


def link(rel: str, href: str) -> str:
    return f'<atom:link rel="{rel}" href="{href}"/>'


def told(body: bytes, url: str = "https://news.example/feed") -> str:
    return older(Capture("c", "s", url, now(), 200, "application/xml", body, digest(body)))


def test_where_the_older_entries_are_is_said_in_three_ways() -> None:
    assert told(feed(links=link("next", "?page=2"))) == "https://news.example/feed?page=2"
    both = link("next", "?page=2") + link("prev-archive", "https://news.example/2023.xml")
    assert told(feed(links=both)) == "https://news.example/2023.xml"
    paged = b'{"version": "https://jsonfeed.org/version/1", "next_url": "https://a.example/2"}'
    assert told(paged) == "https://a.example/2"
    for body in (feed(("1", "One")), b"{", b"[]", b"\0\xff", feed(links=link("next", "javascript:go()"))):
        assert told(body) == ""


async def test_a_feed_is_followed_back_to_its_beginning_and_fetched_once(site: LocalSite, tmp_path: Path) -> None:
    first = feed(("3", "Three"), links=link("prev-archive", "/2023.xml"))
    second = feed(("2", "Two"), links=link("prev-archive", "/2022.xml"))
    last = feed(("1", "One"), links=link("prev-archive", "/feed.xml"))  # round in a circle
    for path, body in (("/feed.xml", first), ("/2023.xml", second), ("/2022.xml", last)):
        site.says(path, body, content_type="application/rss+xml")
    async with running_host() as host:
        archive = await fetched(source_of(site.url()), host, tmp_path / "kept", 10, now, lambda words: None)
        again = await fetched(source_of(site.url()), host, tmp_path / "kept", 10, now, lambda words: None)
    assert (archive.pages, archive.why) == (3, "")
    assert bodies(archive.path) == [first, second, last]
    assert (again.path, again.pages) == (archive.path, 0)
    assert [path for path in site.paths() if path != "/robots.txt"] == ["/feed.xml", "/2023.xml", "/2022.xml"]


@pytest.mark.long
async def test_what_could_not_be_fetched_to_its_end_says_so_and_is_fetched_anew(
    site: LocalSite, tmp_path: Path
) -> None:
    pages = [feed((str(number), "News"), links=link("next", f"/{number + 1}.xml")) for number in range(3)]
    for number, body in enumerate(pages):
        site.says("/feed.xml" if number == 0 else f"/{number}.xml", body)
    async with running_host() as host:
        bounded = await fetched(source_of(site.url()), host, tmp_path, 2, now, lambda words: None)
        failing = await fetched(source_of(site.url()), host, tmp_path, 10, now, lambda words: None)
    assert "more than 2 pages" in bounded.why
    assert failing.pages == 3
    assert "/3.xml: http_4xx" in failing.why
    assert bodies(failing.path) == pages
