"""The real parts in one process: a local site, the spider, reading processes, the model, SQLite, mail and Slack."""

import asyncio
import gzip
from collections.abc import Callable

import pytest
from aiohttp import web
from desks import CLOSING, EXPORT, HARMLESS, Desk, item, notice, rss
from local_sites import LocalSite


async def test_a_notice_in_a_feed_becomes_one_mail_and_one_slack_message_and_can_be_explained(
    desk: Desk, site: LocalSite
):
    site.says("/feed.xml", rss(notice(site), HARMLESS), ETag='"one"')
    desk.watches(bazarino=site.url())
    await desk.round()

    [mail] = desk.mail.mails
    plain = mail.get_body(("plain",)).get_content()
    assert "Bazarino" in mail["Subject"]
    assert f"{CLOSING:%Y-%m-%d}" in plain or f"{CLOSING:%-d %b %Y}" in plain or f"{CLOSING:%-d %B %Y}" in plain
    assert "90,000" in plain, "what it means for this seller, in money"
    assert site.url("/notice") in plain, "the evidence can be followed"
    [chat] = desk.slack
    assert "Bazarino" in chat["text"]

    [incident] = await desk.json("incidents")
    assert (incident["event_type"], incident["status"]) == ("shutdown", "confirmed")
    assert incident["platforms"] == ["Bazarino"]
    assert incident["regions"] == ["PL"]
    assert incident["effective_date"]["text"] == f"{CLOSING:%Y-%m-%d}"
    assert f"{EXPORT:%Y-%m-%d}" in {row["date"] for row in await desk.json("deadlines")}
    assert {(d["target"], d["state"]) for d in await desk.json("deliveries")} == {("ops", "sent"), ("chat", "sent")}

    shown = (await desk.command("explain", incident["id"][:8])).output
    assert "Bazarino to shut down" in shown, "back to the words that decided it"
    assert "event:shutdown" in shown
    document = incident["evidence"][0]["document_id"]
    assert "shutdown" in (await desk.command("explain", document)).output
    assert (await desk.command("explain", "nothing-like-it")).exit_code == 1


async def test_the_next_round_asks_with_the_validator_and_tells_nobody_again(desk: Desk, site: LocalSite):
    body = rss(notice(site))

    async def feed(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"one"':
            return web.Response(status=304)
        return web.Response(body=body, headers={"ETag": '"one"'})

    site.pages["/feed.xml"] = feed
    desk.watches(bazarino=site.url())
    await desk.round()
    await desk.round()
    assert [r.headers.get("If-None-Match") for r in site.asked if r.path == "/feed.xml"] == [None, '"one"']
    assert len(desk.mail.mails) == 1


async def test_a_short_entry_is_understood_once_with_its_page_and_robots_are_obeyed(desk: Desk, site: LocalSite):
    closing = f"{CLOSING:%-d %B %Y}"
    page = f"""<html><head><title>Notice</title></head><body><nav><a href="/">Home</a><a href="/help">Help</a></nav>
    <article><h1>Bazarino closes its marketplace in Poland</h1>
    <p>Bazarino has announced that it will shut down its marketplace in Poland on {closing}. All shops will be closed
    and sellers can no longer log in after that day.</p><p>Sellers must export their order data before
    {EXPORT:%-d %B %Y}. The company said that outstanding payouts will be made as usual.</p>
    </article>    <footer>Imprint. Privacy. All rights reserved.</footer></body></html>"""
    site.says("/page", page.encode(), content_type="text/html")
    site.says("/private/page", page.encode(), content_type="text/html")
    site.says("/robots.txt", b"User-agent: *\nDisallow: /private/")
    short = item("Bazarino closes its marketplace in Poland", "Read the notice.", site.url("/page"))
    told = (
        "Bazarino will shut down its marketplace in Poland for good, the company announced. Sellers lose their shops."
    )
    hidden = item("Bazarino closes its marketplace in Poland", told, site.url("/private/page"))
    site.says("/feed.xml", rss(short, hidden))
    desk.watches(bazarino=site.url())
    await desk.round()
    paths = site.paths()
    assert paths.count("/page") == 1
    assert "/private/page" not in paths
    [incident] = await desk.json("incidents")
    assert len(incident["evidence"]) == 2, "the entry whose page is forbidden is understood from the feed"
    assert incident["effective_date"]["text"] == f"{CLOSING:%Y-%m-%d}"
    assert len(desk.mail.mails) == 1


async def test_a_feed_that_is_cut_off_is_called_damaged_and_what_it_still_says_is_told(desk: Desk, site: LocalSite):
    whole = rss(notice(site), item("A second entry", "Nothing of note. " * 60, site.url("/y")))
    site.says("/feed.xml", whole[: whole.index(b"Nothing of note")])
    desk.watches(bazarino=site.url())
    await desk.round()
    assert len(desk.mail.mails) == 1, "the whole entry was read"
    [row] = await desk.json("sources")
    assert (row["state"], row["why"]) == ("damaged", "damaged: it is cut off after 1 whole entry")
    [kept] = await desk.json("quarantine")
    assert (kept["what"], kept["reason"]) == ("capture", "damaged")


def _not_a_feed(site: LocalSite) -> None:
    site.says("/hostile", b"<html><body>We will be back soon</body></html>", content_type="text/html")


def _bad_character(site: LocalSite) -> None:
    bad = item("&#x110000; closing", "text", site.url("/x"))
    site.says("/hostile", rss(bad, item("A second entry that is fine", "Nothing of note. " * 60, site.url("/y"))))


def _too_large(site: LocalSite) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"<item>" * 10_000)
        except (ConnectionError, asyncio.CancelledError):
            return response

    site.pages["/hostile"] = endless


def _bomb(site: LocalSite) -> None:
    site.says("/hostile", gzip.compress(b"\0" * 50_000_000), content_encoding="gzip")


def _attributes(site: LocalSite) -> None:
    tag = "<p " + " ".join(f"a{n}='1'" for n in range(40_000)) + ">x</p>"
    site.says("/hostile.html", f"<html><body>{tag}</body></html>".encode(), content_type="text/html")


@pytest.mark.parametrize(
    ("hostile", "path", "shown"),
    [
        (_not_a_feed, "/hostile", "not_a_feed"),
        (_bad_character, "/hostile", "raised"),
        (_too_large, "/hostile", "too_large"),
        (_bomb, "/hostile", "too_large"),
        (_attributes, "/hostile.html", "_limit"),  # of CPU, or on a busy machine of time
    ],
)
async def test_hostile_bytes_are_set_aside_with_their_reason_and_every_other_source_goes_on(
    desk: Desk, site: LocalSite, hostile: Callable[[LocalSite], None], path: str, shown: str
):
    hostile(site)
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(hostile=site.url(path), bazarino=site.url())
    await desk.round()
    assert len(desk.mail.mails) == 1, "the good source was read and told"
    everywhere = [row["why"] for row in await desk.json("sources")]
    everywhere += [row["reason"] for row in await desk.json("quarantine")]
    assert any(shown in text for text in everywhere), everywhere


@pytest.mark.case(41)
async def test_a_test_message_goes_the_whole_way_and_says_that_it_is_one(desk: Desk, site: LocalSite):
    desk.watches(bazarino=site.url())
    result = await desk.command("test-channel", "ops")
    assert result.exit_code == 0, result.output
    [mail] = desk.mail.mails
    assert "test" in mail["Subject"].lower()
    assert await desk.json("incidents") == [], "a test is no incident"
    refused = await desk.command("test-channel", "nobody")
    assert refused.exit_code == 1
