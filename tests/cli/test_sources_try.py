"""`sources try URL` as somebody meets it who has an address and wants a source: found, shown, and a record to paste."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import yaml
from local_sites import LocalSite, raw_server
from typer.testing import CliRunner, Result

from monitor import cli
from monitor.config import load
from monitor.domain.sources import Authority, SourceKind
from monitor.try_command import try_source
from monitor.try_record import propose

NOW = datetime.now(UTC)
CLOSING = (
    "After careful consideration we have decided to close the Bazarino marketplace for good. It will shut down on "
    f"{NOW + timedelta(days=60):%-d %B %Y}. From that day on sellers can no longer log in, list products or receive "
    "orders. Please export your data and your order history in time. Outstanding payouts will be paid as usual. "
) * 2


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A configuration that may fetch from loopback, and knows one platform."""
    (tmp_path / "sources").mkdir()
    platform = {"name": "Bazarino", "id": "bazarino", "owner": "Bazarino AG", "kind": "marketplace"}
    (tmp_path / "platforms.yaml").write_text(yaml.safe_dump([platform]))
    settings = {"state_dir": str(tmp_path / "state"), "fetch": {"allow_private": True, "timeout": "5s", "gap": "0s"}}
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(settings))
    (tmp_path / "settings.yaml").chmod(0o600)
    return tmp_path


def feed(*entries: tuple[str, str], dated: bool = True) -> bytes:
    items = "".join(
        f"<item><title>{title}</title><link>/story/{n}</link><guid>{n}</guid><description>{text}</description>"
        + (f"<pubDate>{format_datetime(NOW - timedelta(days=n, hours=1))}</pubDate>" if dated else "")
        + "</item>"
        for n, (title, text) in enumerate(entries)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{items}</channel></rss>'.encode()


FEED = feed(
    ("Bazarino to shut down its marketplace for good", CLOSING),
    ("Autumn fair opens", "Bakers and potters filled the old square on Saturday. " * 20),
)


async def tried(directory: Path, url: str, *words: str) -> Result:
    arguments = ["sources", "try", url, "--config", str(directory), *words]
    return await asyncio.to_thread(CliRunner().invoke, cli.app, arguments)


async def told(directory: Path, url: str, *words: str, code: int = 0) -> dict:
    result = await tried(directory, url, "--json", *words)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def is_taken(directory: Path, text: str) -> SourceKind:
    """The record as pasted into a file of sources, and loaded by the configuration's own rules."""
    (directory / "sources" / "new.yaml").write_text(text)
    [source] = load(directory, {}).sources
    return source.kind


async def test_a_feed_is_shown_with_its_signals_and_its_record_can_be_pasted(directory: Path, site: LocalSite):
    site.says("/news/feed.xml", FEED, ETag='"1"')
    result = await tried(directory, site.url("/news/feed.xml"))
    assert result.exit_code == 0, result.output
    shown = " ".join(result.output.split())
    assert "feed at http://127.0.0.1" in shown
    assert "2 entries" in shown
    assert "Autumn fair opens" in shown
    assert "shutdown confirmed Bazarino" in shown or "shutdown proposed Bazarino" in shown, shown
    assert "validators: ETag" in shown
    assert "robots.txt: not asked" in shown
    assert "http: what it says can be changed" in shown
    assert site.paths() == ["/news/feed.xml"], "one request was enough"
    record = result.output[result.output.index("- id:") :]
    assert "a guess" in record
    assert is_taken(directory, record) is SourceKind.FEED


async def test_the_feed_that_a_page_names_is_found_behind_it(directory: Path, site: LocalSite):
    page = (
        '<html><head><link rel="alternate" type="application/rss+xml" href="/comments/feed">'
        '<link rel="alternate" type="application/rss+xml" href="/press/feed"></head><body><p>Welcome.</p></body></html>'
    )
    site.says("/press", page.encode(), Content_Type="text/html")
    site.says("/press/feed", FEED, Content_Type="text/xml")
    site.says("/comments/feed", feed(("Me too", "A comment.")), Content_Type="text/xml")
    answer = await told(directory, site.url("/press"))
    assert answer["found"] == {"kind": "feed", "url": site.url("/press/feed"), "items": 2, "dated": 2}
    assert answer["robots"] == "allowed"
    assert answer["record"]["languages"] == ["en"]
    assert [d["signals"][0]["event_type"] for d in answer["documents"] if d["signals"]] == ["shutdown"]
    assert is_taken(directory, answer["yaml"]) is SourceKind.FEED


async def test_a_feed_that_nobody_names_is_found_in_a_usual_place(directory: Path, site: LocalSite):
    site.says("/", b"<html><body><p>Welcome to our shop.</p></body></html>", Content_Type="text/html")
    site.says("/rss.xml", FEED, Content_Type="text/xml")
    answer = await told(directory, site.url("/"))
    assert (answer["found"]["kind"], answer["found"]["url"]) == ("feed", site.url("/rss.xml"))
    assert any("nobody names it" in warning for warning in answer["warnings"])


async def test_who_speaks_with_authority_is_asked_often_though_it_seldom_speaks(directory: Path, site: LocalSite):
    site.says("/feed.xml", feed(*[(f"Notice {n}", "The fair opens.") for n in range(8)]))
    settings = load(directory, {})
    trial = await try_source(site.url(), settings, 0, lambda words: None)
    assert propose(trial, settings, NOW).record["every"] == "12h"
    official = replace(trial.found, source=replace(trial.found.source, authority=Authority.OFFICIAL))
    assert propose(replace(trial, found=official), settings, NOW).record["every"] == "30m"


async def test_without_a_feed_the_sitemap_of_robots_txt_is_taken(directory: Path, site: LocalSite):
    place = site.url("/map.xml")
    urls = "".join(
        f"<url><loc>{site.url(f'/notices/marketplace-closes-in-country-{n}')}</loc><lastmod>{NOW:%Y-%m-%d}</lastmod></url>"
        for n in range(4)
    )
    site.says("/robots.txt", f"User-agent: *\nAllow: /\nSitemap: {place}\n".encode())
    site.says("/map.xml", f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'.encode())
    site.says("/", b"<html><body><p>Welcome to our shop.</p></body></html>", Content_Type="text/html")
    answer = await told(directory, site.url("/"))
    assert answer["found"] == {"kind": "sitemap", "url": place, "items": 4, "dated": 0}
    assert any("no date" in warning for warning in answer["warnings"])
    assert is_taken(directory, answer["yaml"]) is SourceKind.SITEMAP


async def test_a_list_of_announcements_is_a_source_where_there_is_no_feed(directory: Path, site: LocalSite):
    rows = "".join(
        f'<li><a href="/notice/{n}">Notice number {n} to all sellers of our marketplace</a>'
        f"<time>{NOW - timedelta(days=n):%Y-%m-%d}</time></li>"
        for n in range(6)
    )
    site.says("/notices", f"<html><body><ul>{rows}</ul></body></html>".encode(), Content_Type="text/html")
    answer = await told(directory, site.url("/notices"))
    assert (answer["found"]["kind"], answer["found"]["items"], answer["found"]["dated"]) == ("list", 6, 6)
    assert is_taken(directory, answer["yaml"]) is SourceKind.LIST


async def test_a_list_with_dates_is_preferred_to_a_feed_that_was_only_guessed(directory: Path, site: LocalSite):
    rows = "".join(
        f'<li><a href="/notice/{n}">Notice number {n} to all sellers of our marketplace</a>'
        f"<time>{NOW - timedelta(days=n):%Y-%m-%d}</time></li>"
        for n in range(6)
    )
    named = '<link rel="alternate" type="application/rss+xml" href="/feed">'
    site.says("/notices", f"<html><body><ul>{rows}</ul></body></html>".encode(), Content_Type="text/html")
    site.says("/feed", FEED)
    answer = await told(directory, site.url("/notices"))
    assert (answer["found"]["kind"], answer["found"]["url"]) == ("list", site.url("/notices"))
    assert (answer["also"][0]["kind"], answer["also"][0]["url"]) == ("feed", site.url("/feed"))
    page = f"<html><head>{named}</head><body><ul>{rows}</ul></body></html>"
    site.says("/notices", page.encode(), Content_Type="text/html")
    assert (await told(directory, site.url("/notices")))["found"]["kind"] == "feed", "the page itself names it"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ("<html><head><title>Just a moment...</title></head><body></body></html>", {}),
        (
            "<html><head><title>shop</title></head><body>Verify you are human by completing the action.</body></html>",
            {},
        ),
        ("<html><body>Forbidden</body></html>", {"cf_mitigated": "challenge"}),
        ("<html><body><script>window._cf_chl_opt={}</script></body></html>", {}),
    ],
    ids=["title", "words", "header", "mark"],
)
@pytest.mark.parametrize("status", [403, 503])
async def test_a_wall_against_bots_is_told_as_one_whatever_its_status(
    directory: Path, site: LocalSite, status: int, body: str, headers: dict[str, str]
):
    site.says("/news", body.encode(), status, Content_Type="text/html", **headers)
    answer = await told(directory, site.url("/news"), code=1)
    assert answer["reason"] == "bot_wall"
    result = await tried(directory, site.url("/news"))
    assert "the site keeps programs out" in " ".join(result.stderr.split())


async def test_a_wall_is_told_even_where_a_feed_was_guessed_behind_it(directory: Path, site: LocalSite):
    site.says("/news", b"<html><title>Just a moment...</title></html>", 403, Content_Type="text/html")
    site.says("/feed", FEED)
    answer = await told(directory, site.url("/news"))
    assert answer["found"]["url"] == site.url("/feed")
    [said] = [warning for warning in answer["warnings"] if "itself cannot be read" in warning]
    assert "with the challenge of Cloudflare" in said


async def test_a_page_that_is_watched_already_needs_no_record_whatever_lies_behind_it(directory: Path, site: LocalSite):
    record = {"id": "terms", "name": "Terms", "url": site.url("/terms"), "kind": "watched", "authority": "official",
              "publisher": "Bazarino", "every": "12h"}  # fmt: skip
    (directory / "sources" / "mine.yaml").write_text(yaml.safe_dump([record]))
    site.says("/terms", b"<html><body><p>Our terms.</p></body></html>", Content_Type="text/html")
    site.says("/feed", FEED)
    answer = await told(directory, site.url("/terms"))
    assert answer["record"] is None
    assert any("it is watched already, as terms (watched)" in warning for warning in answer["warnings"])


async def test_an_endpoint_is_proposed_with_a_spec_that_reads_it(directory: Path, site: LocalSite):
    records = [{"id": n, "title": f"Recall {n} of a toy", "abstract": "It breaks.", "published_at": f"{NOW:%Y-%m-%d}"}
               for n in range(3)]  # fmt: skip
    site.says("/api/recalls", json.dumps({"data": {"hits": records}}).encode(), Content_Type="application/json")
    answer = await told(directory, site.url("/api/recalls"))
    assert (answer["found"]["kind"], answer["found"]["items"], answer["found"]["dated"]) == ("json", 3, 3)
    assert answer["record"]["spec"]["items"] == "data.hits"
    assert is_taken(directory, answer["yaml"]) is SourceKind.JSON


async def test_the_twin_of_a_status_page_is_known_for_what_it_is(directory: Path, site: LocalSite):
    incident = {"id": "i1", "name": "Checkout is down", "status": "investigating", "impact": "major",
                "created_at": f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "incident_updates": []}  # fmt: skip
    summary = {"page": {"id": "p", "name": "Shop"}, "components": [], "incidents": [incident]}
    site.says("/api/v2/summary.json", json.dumps(summary).encode(), Content_Type="application/json")
    answer = await told(directory, site.url("/api/v2/summary.json"))
    assert (answer["found"]["kind"], answer["every"]["interval"]) == ("status", "15m")
    assert is_taken(directory, answer["yaml"]) is SourceKind.STATUS


async def test_the_pages_of_short_entries_are_opened_when_asked(directory: Path, site: LocalSite):
    site.says("/feed.xml", feed(("Bazarino to shut down", "Read more.")))
    page = f"<html><body><article><h1>Bazarino to shut down</h1><p>{CLOSING}</p></article></body></html>"
    site.says("/story/0", page.encode(), Content_Type="text/html")
    brief = await told(directory, site.url())
    assert any("short" in warning for warning in brief["warnings"])
    answer = await told(directory, site.url(), "--follow", "1")
    assert "/story/0" in site.paths()
    [document] = answer["documents"]
    assert "order history" in document["text"]
    assert document["signals"][0]["event_type"] == "shutdown"


async def test_what_moved_is_proposed_at_its_new_address_and_what_is_watched_is_named(directory: Path, site: LocalSite):
    site.says("/old.xml", status=301, Location="/feed.xml")
    site.says("/feed.xml", feed(("Fair", "It opened."), dated=False))
    answer = await told(directory, site.url("/old.xml"))
    assert answer["record"]["url"] == site.url("/feed.xml")
    said = " ".join(answer["warnings"])
    assert "has moved to" in said
    assert "carry no date" in said
    (directory / "sources" / "mine.yaml").write_text(answer["yaml"])
    again = await told(directory, site.url("/feed.xml"))
    watched = f"it is watched already, as {answer['record']['id']} (feed): no record is needed"
    assert watched in again["warnings"]
    assert (again["record"], again["yaml"], again["every"]) == (None, None, None)
    shown = await tried(directory, site.url("/feed.xml"))
    assert shown.exit_code == 0
    assert watched in " ".join(shown.stdout.split())
    assert "paste" not in shown.stdout


async def test_a_page_that_robots_txt_closes_is_not_fetched(directory: Path, site: LocalSite):
    site.says("/robots.txt", b"User-agent: *\nDisallow: /")
    site.says("/private", b"<html><body><p>Secret words.</p></body></html>", Content_Type="text/html")
    answer = await told(directory, site.url("/private"), code=1)
    assert answer["robots"].startswith("disallowed")
    assert answer["record"] is None
    assert "/private" not in site.paths()


async def test_where_nothing_can_be_read_every_address_that_was_tried_is_named(directory: Path, site: LocalSite):
    site.says("/", status=404)
    result = await tried(directory, site.url("/"))
    assert result.exit_code == 1
    assert "nothing at or behind" in result.stderr
    assert "404 Not Found" in result.stderr
    assert "/sitemap.xml" in result.stderr


async def test_a_page_that_its_scripts_are_to_fill_wants_a_browser(directory: Path, site: LocalSite):
    site.says("/app", b"<html><script src=/a.js></script><body><div id=root></div></body></html>")
    assert "rendered: true" in " ".join((await tried(directory, site.url("/app"))).stderr.partition("note")[2].split())


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/feed.xml", "localhost/feed", "http://[::1]/", "http://169.254.169.254/"]
)
async def test_a_private_address_is_refused_unless_the_settings_allow_it(directory: Path, url: str):
    (directory / "settings.yaml").write_text(yaml.safe_dump({"fetch": {"timeout": "5s", "gap": "0s"}}))
    result = await tried(directory, url)
    assert result.exit_code == 1
    assert "fetch.allow_private" in " ".join(result.stderr.split())


async def test_what_is_no_web_address_is_nothing_to_read(directory: Path):
    answer = await told(directory, "file:///etc/hostname", code=1)
    assert answer["reason"] == "bad_url"


async def test_a_host_that_does_not_answer_is_asked_once(directory: Path):
    async with raw_server(b"\x00 no http\r\n\r\n") as (port, connections):
        answer = await told(directory, f"http://127.0.0.1:{port}/news", code=1)
        assert len(connections) == 1
    assert (answer["reason"], len(answer["tried"])) == ("connection", 1)


async def test_a_feed_on_a_host_that_does_not_answer_does_not_hide_the_next_one(directory: Path, site: LocalSite):
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="{href}">'
        for href in ("http://localhost:1/a/rss", "http://localhost:1/b/rss", "/ours/rss")
    )
    site.says("/", f"<html><head>{links}</head><body><p>Welcome.</p></body></html>".encode(), Content_Type="text/html")
    site.says("/ours/rss", FEED)
    answer = await told(directory, site.url("/"))
    assert answer["found"]["url"] == site.url("/ours/rss")
    assert "http://localhost:1/b/rss" not in answer["tried"]
