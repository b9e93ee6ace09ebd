"""What is named to be watched: by a page, by robots.txt, by the shape of an answer; and where to look unnamed."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_cases import capture

from monitor.domain.errors import FailureReason
from monitor.read.addresses import robots_of, sounds_like_data, usual_places
from monitor.read.discover import MOST, discover

SITE = "https://shop.example"


def named(markup: str, url: str = f"{SITE}/news/") -> tuple[str, ...]:
    return discover(capture(markup, "text/html", url)).follow


def test_declared_feeds_come_first_then_linked_ones_then_sitemaps_and_comments_last():
    markup = """<html><head><link rel="alternate" type="application/rss+xml" href="/comments/feed/">
    <link rel="alternate" type="application/atom+xml; charset=utf-8" href="atom"><link rel="alternate" hreflang="de"
    href="/de/"><link rel="stylesheet" href="/feed.css"></head><body><a href="/sitemap.xml">Map</a>
    <a href="/press/rss">Press</a><a href="/about?feed=rss2">Feed</a><a href="/feedback">Write</a></body></html>"""
    assert named(markup) == (
        f"{SITE}/news/atom", f"{SITE}/press/rss", f"{SITE}/about?feed=rss2", f"{SITE}/sitemap.xml",
        f"{SITE}/comments/feed/",
    )  # fmt: skip


def test_addresses_are_resolved_against_the_pages_base_and_named_once():
    link = '<link rel="alternate" type="application/rss+xml" href="feed.xml">'
    markup = f'<html><head><base href="/de/">{link}{link}</head><body><a href="feed.xml#top">x</a></body></html>'
    assert named(markup) == (f"{SITE}/de/feed.xml",)


def test_what_is_no_address_of_the_web_is_not_named():
    bad = [
        "javascript:feed()",
        "data:application/rss+xml,x",
        "feed:https://x/",
        "http://[/rss",
        "file:///rss",
        "//u:p@[/rss",
    ]
    assert named("".join(f'<a href="{href}">rss</a>' for href in bad)) == ()


def test_of_many_feeds_only_so_many_are_named():
    assert len(named("".join(f'<a href="/{n}/rss">x</a>' for n in range(500)))) == MOST


def test_the_sitemaps_of_a_robots_txt_are_named_and_news_first():
    said = (
        b"User-agent: *\nDisallow: /x\nSitemap: https://shop.example/a.xml\nsitemap:\thttps://shop.example/news.xml\n"
    )
    found = discover(capture(said, "text/plain", f"{SITE}/robots.txt"))
    assert found.follow == (f"{SITE}/news.xml", f"{SITE}/a.xml")


@pytest.mark.parametrize(
    ("answer", "spec"),
    [
        ({"results": [{"document_number": "1", "title": "A", "html_url": "u", "date": "2026-03-10"}]},
         {"items": "results", "title": "title", "id": "document_number", "url": "html_url", "date": "date"}),
        ([{"subject": "A", "createdAt": 1}], {"items": "@", "title": "subject", "date": "createdAt"}),
        ({"data": {"my-list": [{"title": "A"}], "tags": [{}]}}, {"items": 'data."my-list"', "title": "title"}),
        ({"ok": True}, {}),
        ({"items": [1, 2]}, {}),
    ],
)  # fmt: skip
def test_the_shape_of_an_answer_is_a_spec_to_begin_with(answer, spec):
    found = discover(capture(json.dumps(answer), "application/json", f"{SITE}/api"))
    assert json.loads(found.memory or "{}") == spec


def test_nothing_is_looked_for_in_too_much():
    assert discover(capture(b" " * (11 * 1024 * 1024))).failure is FailureReason.TOO_LARGE


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda t: f'<a href="{t}">x</a><base href="{t}">'.encode()))
def test_any_bytes_name_only_addresses_of_the_web(body):
    for url in discover(capture(body, "text/html", f"{SITE}/")).follow:
        assert url.startswith(("http://", "https://"))


def test_unnamed_feeds_are_looked_for_beside_the_page_and_at_the_root():
    places = usual_places(f"{SITE}/blog/news?page=2")
    assert places[0] == f"{SITE}/blog/news/feed"
    assert f"{SITE}/rss.xml" in places
    assert len(set(places)) == len(places)
    assert usual_places("https://status.shop.example/")[0] == "https://status.shop.example/api/v2/summary.json"
    assert robots_of(f"{SITE}/blog/news?page=2") == f"{SITE}/robots.txt"


@pytest.mark.parametrize(
    ("url", "data"),
    [("/feed/", True), ("/news.rss", True), ("/sitemap-news.xml.gz", True), ("/api/v2/summary.json", True),
     ("/news", False), ("/feedback", False), ("/", False), ("/press.html", False)],
)  # fmt: skip
def test_an_address_of_data_is_known_by_its_looks(url, data):
    assert sounds_like_data(SITE + url) is data
