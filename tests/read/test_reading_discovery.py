"""What a page, a robots.txt and a JSON answer name that could be watched."""

import json
from datetime import UTC, datetime

import pytest

from monitor.domain.documents import Capture
from monitor.read.addresses import usual_places
from monitor.read.discover import discover

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def capture(body: str | bytes, url: str = "https://p.example/", kind: str = "text/html") -> Capture:
    data = body if isinstance(body, bytes) else body.encode()
    return Capture("c", "s", url, NOON, 200, kind, data, "h")


def test_a_pages_own_feeds_come_first_and_those_of_comments_last():
    page = """<html><head><link rel=alternate type=application/rss+xml href=/comments/feed>
    <link rel="alternate" type="application/atom+xml" href="news/atom.xml"></head>
    <body><a href="/rss.xml">RSS</a><a href="javascript:alert(1)">x</a><a href="/sitemap.xml">map</a></body></html>"""
    named = discover(capture(page)).follow
    assert named[0] == "https://p.example/news/atom.xml"
    assert named[-1] == "https://p.example/comments/feed"
    assert {"https://p.example/rss.xml", "https://p.example/sitemap.xml"} < set(named)
    assert not any(url.startswith("javascript") for url in named)


def test_robots_txt_names_the_sitemaps():
    robots = "User-agent: *\nDisallow: /x\nSitemap: https://p.example/map.xml\nsitemap:https://p.example/news.xml\n"
    named = discover(capture(robots, "https://p.example/robots.txt", "text/plain")).follow
    assert set(named) == {"https://p.example/map.xml", "https://p.example/news.xml"}


def test_a_json_answer_tells_its_own_shape():
    answer = {"data": {"rows": [{"id": n, "title": f"Notice {n}", "url": f"https://p.example/{n}"} for n in range(3)]}}
    spec = json.loads(discover(capture(json.dumps(answer), kind="application/json")).memory)
    assert (spec["items"], spec["title"], spec["url"]) == ("data.rows", "title", "url")


@pytest.mark.parametrize(
    "body", [b"", b"\x00\xff" * 500, b"<" * 9_000, b"{" * 50_000, b"<a href='http://[::1'>x" * 50, b"<base href='//['>"]
)
def test_hostile_bytes_name_little_and_raise_nothing(body: bytes):
    assert len(discover(capture(body)).follow) <= 20


def test_usual_places_are_on_the_same_host():
    assert all(url.startswith("https://p.example/") for url in usual_places("https://p.example/blog/"))
