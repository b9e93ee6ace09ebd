"""JSON Feed, and what feeds of any kind declare of themselves."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from reading_cases import FEED, FEED_URL, capture, entry, rss

from monitor.domain.documents import ReadResult, digest
from monitor.domain.errors import FailureReason
from monitor.read.capture import read_capture

ITEM = {
    "id": "https://watched.example/a/1",
    "url": "/a/1?utm_source=json",
    "title": "Ventoo closes &amp; leaves",
    "content_html": "<p>Orders end on <b>30 June</b>.</p><script>x()</script>",
    "date_published": "2026-03-10T09:00:00+01:00",
}


def read(body, known=frozenset(), content_type="application/feed+json", **more) -> ReadResult:
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return read_capture(capture(text, content_type, **more), FEED, frozenset(known), None)


def feed(*items, **more) -> dict:
    return {"version": "https://jsonfeed.org/version/1.1", "title": "W", "language": "nl", "items": list(items)} | more


def test_an_item_becomes_a_document_as_any_entry_does():
    (document,) = read(feed(ITEM)).documents
    assert document.title == "Ventoo closes & leaves"
    assert document.text == "Orders end on 30 June."
    assert document.url == "https://watched.example/a/1?utm_source=json"
    assert document.published == datetime(2026, 3, 10, 8, tzinfo=UTC)
    assert (document.lang, document.doubts) == ("nl", ())
    assert document.id == digest("source-1", "https://watched.example/a/1")


def test_an_edited_item_is_seen_again_under_the_same_id_and_an_unchanged_one_is_not():
    before = read(feed(ITEM))
    assert read(feed(ITEM), known=before.seen).documents == ()
    (after,) = read(feed(ITEM | {"title": "Corrected"}), known=before.seen).documents
    assert (after.id, after.title) == (before.documents[0].id, "Corrected")


def test_an_item_that_is_short_of_fields_gives_what_it_has():
    items = [
        {"id": 7, "content_text": "Only words.\nAnd more."},
        {"id": "x", "title": "Linked", "external_url": "https://else.example/", "summary": "s", "language": "fr"},
        {"url": "javascript:alert(1)", "title": "Odd", "date_published": "soon"},
        {"id": "silent"},
        "no item",
    ]
    result = read(feed(*items))
    seven, linked, odd = result.documents
    assert (seven.title, seven.url, seven.id) == ("Only words.", FEED_URL, digest("source-1", "7"))
    assert (linked.url, linked.lang) == ("https://else.example/", "fr")
    assert (odd.url, odd.doubts) == (FEED_URL, ("date_unknown",))
    assert [r.reason for r in result.rejected] == [FailureReason.EMPTY]
    assert len(result.seen) == result.items == 4


def test_items_that_share_an_id_are_not_one():
    result = read(feed(ITEM, ITEM | {"title": "Another"}, ITEM))
    assert len({d.id for d in result.documents}) == len(result.documents) == 2


@pytest.mark.parametrize(
    "body",
    [
        '{"version": "1.0", "items": []}', '{"items": [1]}', '{"version": "https://jsonfeed.org/version/1"', "{}",
        '{"a":' * 9999,
    ],
)  # fmt: skip
def test_other_json_is_no_feed(body):
    assert read(body).failure is FailureReason.NOT_A_FEED


def test_a_json_feed_names_its_hub_and_itself():
    hubs = [{"type": "rssCloud", "url": "https://cloud.example/"}, {"type": "WebSub", "url": "https://hub.example/"}]
    result = read(feed(ITEM, hubs=hubs, feed_url="https://watched.example/feed.json"))
    assert (result.hub, result.topic) == ("https://hub.example/", "https://watched.example/feed.json")
    assert read(feed(ITEM, feed_url="https://watched.example/feed.json")).topic == ""


# --- feeds in XML


def declared(head: str, headers=()) -> ReadResult:
    body = rss(entry(1), entry(2)).replace("<title>T</title>", f"<title>T</title>{head}")
    return read(body, content_type="application/rss+xml", headers=headers)


@pytest.mark.parametrize(
    ("head", "every"),
    [
        ("", None),
        ("<ttl>90</ttl>", timedelta(minutes=90)),
        ("<ttl>0</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("<ttl>999999</ttl>", timedelta(days=31)),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>", timedelta(minutes=30)),
        ("<sy:updatePeriod> daily </sy:updatePeriod>", timedelta(days=1)),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", timedelta(days=1)),
        ("<ttl>30</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", timedelta(hours=1)),
    ],
)
def test_a_feed_declares_how_often_it_changes(head, every):
    result = declared(head)
    assert result.every == every
    assert result.items == 2


def test_an_entry_cannot_declare_for_its_feed():
    body = rss(entry(1, text="x").replace("<guid>", "<ttl>5</ttl><link rel='hub' href='https://evil.example/'/><guid>"))
    result = read(body, content_type="application/rss+xml")
    assert (result.every, result.hub) == (None, "")


def test_a_feed_names_its_hub_and_itself_in_its_head_or_in_a_header():
    links = (
        '<atom:link rel="self" href="https://watched.example/feed?a=1&amp;b=2"/>'
        "<atom:link href='https://hub.example/' rel='hub'/>"
    )
    in_head = declared(links)
    assert (in_head.hub, in_head.topic) == ("https://hub.example/", "https://watched.example/feed?a=1&b=2")
    header = '<https://hub.example/>; rel="hub", <https://watched.example/me>; rel=self'
    in_header = declared(links, headers=(("link", header),))
    assert (in_header.hub, in_header.topic) == ("https://hub.example/", "https://watched.example/me")
    assert declared(links.replace("hub'/", "other'/")).topic == ""


def test_a_wall_in_the_place_of_a_feed_is_told_as_one():
    wall = "<!DOCTYPE html><html><title>Just a moment...</title><p>Verify you are human.</p></html>"
    assert read(wall, content_type="text/html").failure is FailureReason.BOT_WALL


def test_an_unchanged_feed_still_declares_and_counts():
    body = rss(entry(1), entry(2)).replace("<title>T</title>", "<title>T</title><ttl>60</ttl>")
    first = read(body)
    assert read(body, known=first.seen) == ReadResult(seen=first.seen, items=2, every=timedelta(hours=1))
