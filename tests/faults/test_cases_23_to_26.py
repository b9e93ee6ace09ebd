"""Cases 23 to 26 of the faults that we must survive, on the pages that there are: what outside text becomes there, who
may ask for what, and where a page leads."""

import re
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from desks import CLOSING, Desk, item, rss
from fastapi import FastAPI
from letters import closing
from local_sites import LocalSite
from rendering import HAS_BROWSER
from yarl import URL

from monitor.config import load
from monitor.links import Links
from monitor.notify.blocks import payload
from monitor.notify.calendar import calendar_file
from monitor.notify.email import build, mailbox
from monitor.notify.render import bodies
from monitor.notify.tongue import tongue
from monitor.notify.written import written
from monitor.subscriptions import stored_key
from monitor.web import acting
from monitor.web.server import WebServer
from monitor.wiring import Service

PUBLIC = "https://watch.example.com"
MARKUP = "Bazarino to shut down <img src=x onerror=alert(1)><svg/onload=alert(1)><script>alert(1)</script>"
FRESH = replace(closing(), created_at=datetime.now(UTC))
TWICE = "&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;"  # decoded once too often it is a script


@asynccontextmanager
async def served(desk: Desk) -> AsyncIterator[tuple[Service, FastAPI, "Stranger"]]:
    """The pages of the daemon as wiring puts them together, on a real port; no loop runs behind them."""
    desk.keeps({"web": {"port": 0, "public_url": PUBLIC}})
    service = await desk.open()
    listener: Any = service.daemon()._parts.web
    await listener.start()
    async with aiohttp.ClientSession() as session:
        pages = listener._server.config.app
        while not isinstance(pages, FastAPI):  # its limits stand around it
            pages = pages._app
        yield service, pages, Stranger(session, listener.port)
    await listener.stop()
    await service.close()


class Stranger:
    """Whoever knows the address and has no key, cookie or token."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session, self.port = session, port

    async def asks(
        self, method: str, path: str, host: str = "127.0.0.1", **more: Any
    ) -> tuple[int, str, aiohttp.ClientResponse]:
        """The path goes out byte for byte."""
        url = URL(f"http://127.0.0.1:{self.port}{path}", encoded=True)
        headers = {"Host": host} | more.pop("headers", {})
        async with self._session.request(method, url, headers=headers, allow_redirects=False, **more) as answer:
            return answer.status, await answer.text(), answer


def every_route(routes: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Method and path of all that the application answers; routers within routers too."""
    for route in routes:
        if hasattr(route, "effective_candidates"):
            yield from every_route(route.effective_candidates())
        else:
            for method in sorted(set(route.methods) - {"HEAD", "OPTIONS"}):
                yield method, route.path


class Page(HTMLParser):
    """Its tags, its attributes, and what a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.shown = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.shown += data

    def harmless(self) -> bool:
        """Nothing in it runs and nothing in it loads."""
        runs = {"script", "svg", "img", "iframe", "object", "embed", "base", "link"} & set(self.tags)
        return not runs and not any(name.startswith("on") or name == "src" for name, _ in self.attributes)


# --- 23: markup in what sources say


@pytest.mark.case(23)
@pytest.mark.long
async def test_case_23_a_hostile_title_goes_the_whole_way_and_is_words_on_every_page_and_in_the_mail(
    desk: Desk, site: LocalSite, record_property
) -> None:
    """From a feed through reader, model, store and mail to the page behind the mail's link."""
    escaped = MARKUP.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    words = (
        f"We have decided to close the Bazarino marketplace for good. Bazarino will shut down on {CLOSING:%-d %B %Y}. "
        "From that day on sellers can no longer log in, list products or receive orders. " * 8
    )
    site.says("/feed.xml", rss(item(f"{escaped} {TWICE}", words, site.url("/notice"))))
    desk.watches(bazarino=site.url())
    desk.keeps({"web": {"port": 0, "public_url": PUBLIC}})
    await desk.round()
    [mail] = desk.mail.mails
    html = mail.get_body(("html",))
    assert html is not None
    letter = Page(html.get_content())
    assert "<svg/onload=alert(1)>" in letter.shown
    pages = [letter]
    links = re.findall(rf"{PUBLIC}(/\S+)", mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert links
    async with served(desk) as (_, _, stranger):
        for link in links:
            status, text, answer = await stranger.asks("GET", link)
            assert status == 200
            assert "script-src" not in answer.headers["content-security-policy"]
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")
            pages.append(Page(text))
    assert all(page.harmless() for page in pages)
    record_property("figure", f"0 elements of the title on {len(pages)} pages and mails")


class Hostile:
    """Offers on every page what a source says."""

    async def offer(self, token: str) -> acting.Page:
        return acting.Page(200, "en", MARKUP, (TWICE, MARKUP), "Do it", MARKUP, MARKUP, ((MARKUP, MARKUP),))

    async def act(self, token: str, name: str, note: str, ticked: Sequence[str]) -> acting.Page:
        return await self.offer(token)


@pytest.mark.case(23)
@pytest.mark.long
async def test_case_23_a_real_browser_shows_a_hostile_page_and_runs_nothing_of_it(
    desk: Desk, site: LocalSite, record_property
) -> None:
    """Chromium opens the page of a poisoned message: no dialog, no request beside the page's own, and the words."""
    if not HAS_BROWSER:
        record_property("not run here", "no Chromium")
        return
    from playwright.async_api import async_playwright

    pages = FastAPI()
    pages.include_router(acting.routes(Hostile(), lambda: 0.0))
    listener = WebServer(pages, "127.0.0.1", 0)
    await listener.start()
    asked: list[str] = []
    dialogs: list[str] = []
    async with async_playwright() as play:
        program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        browser = await play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = await browser.new_page()
        page.on("request", lambda request: asked.append(urlsplit(request.url).path))
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        await page.goto(f"http://127.0.0.1:{listener.port}/act/x")
        shown = await page.inner_text("h1")
        await browser.close()
    await listener.stop()
    assert shown == MARKUP
    assert dialogs == []
    assert set(asked) <= {"/act/x", "/favicon.ico"}
    record_property("figure", "Chromium: 0 dialogs, 0 requests")


# --- 24: links


HOSTILE_LINKS = [
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "//evil.example/x",
    "feed:https://evil.example/x",
    'https://evil.example/"onmouseover="alert(1)',
    "https://user:hunter2@shop.example/notice",
]


@pytest.mark.case(24)
@pytest.mark.parametrize("url", HOSTILE_LINKS)
def test_case_24_a_link_that_is_no_plain_web_address_can_be_clicked_nowhere(url: str) -> None:
    delivery = closing()
    message, incident = delivery.message, delivery.message.incident
    evidence = tuple(replace(one, url=url) for one in incident.evidence)
    letter = written(replace(delivery, message=replace(message, incident=replace(incident, evidence=evidence))))
    html = bodies(letter).html
    page = Page(html)
    leads = [value for name, value in page.attributes if name == "href"]
    assert page.harmless(), "no quote ends an attribute"
    assert all(urlsplit(one).scheme in {"http", "https"} for one in leads)
    assert any("evil.example" in one for one in leads) == url.startswith("https://evil.example")
    mrkdwn = str(payload(letter))
    for text in (html, bodies(letter).plain, mrkdwn):
        assert "hunter2" not in text
    assert not re.search(r"<(javascript|data|file|feed|//)", mrkdwn)


# --- 25: who may ask for what


OPEN = {
    ("GET", "/"): "what there is to ask, or the way to the login",
    ("GET", "/healthz"): "is it alive",
    ("GET", "/readyz"): "is it working",
    ("GET", "/metrics"): "Prometheus",
    ("GET", "/api"): "how programs ask",
    ("GET", "/api/v1/openapi.json"): "the same for programs",
    ("GET", "/login"): "the form",
    ("GET", "/login/elsewhere"): "to the identity provider that the settings name",
    ("POST", "/look"): "colours and language, kept in the asker's own browser",
}
REFUSED = {400, 401, 403, 404}


@pytest.mark.case(25)
async def test_case_25_every_address_is_open_on_purpose_or_refuses_whoever_has_no_key(
    desk: Desk, record_property
) -> None:
    """The map of the application itself is walked: a new route that lets a stranger in fails here."""
    desk.watches()
    async with served(desk) as (service, app, stranger):
        walked = sorted(set(every_route(app.routes)))
        let_in = []
        for method, path in walked:
            status, _, answer = await stranger.asks(method, re.sub(r"\{[^}]*\}", "nobody", path))
            to_login = status in {302, 303} and answer.headers["location"].startswith("/login")
            if not (status in REFUSED or to_login or (method, path) in OPEN):
                let_in.append((method, path, status))
        assert let_in == []
        assert {path for _, path in walked} > {"/act/{token}", "/unsubscribe/{token}", "/calendar/{key}/{name}"}
        assert ("POST", "/websub/{name}") in walked
        assert list(await service.store.ledger.silences(CLOSING)) == []
    record_property("figure", f"{len(walked)} routes, {len([one for one in walked if one in OPEN])} open on purpose")


@pytest.mark.case(25)
@pytest.mark.long
async def test_case_25_a_form_that_another_site_sends_has_no_token_and_does_nothing(desk: Desk) -> None:
    desk.watches()
    elsewhere = {"Origin": "https://evil.example", "Referer": "https://evil.example/", "Sec-Fetch-Site": "cross-site"}
    async with served(desk) as (service, app, stranger):
        for method, path in set(every_route(app.routes)):
            if method != "GET" and (method, path) not in OPEN:
                where = re.sub(r"\{[^}]*\}", "guessed", path)
                status, _, _ = await stranger.asks(method, where, headers=elsewhere, data={"name": "x", "what": "y"})
                assert status in REFUSED, (method, path, status)
        assert list(await service.store.ledger.silences(CLOSING)) == []


# --- 26: where a page leads


HOSTS = ["evil.example", "evil.example:80@127.0.0.1", "watch.example.com.evil.example", "watch.example.com"]


@pytest.mark.case(26)
@pytest.mark.long
async def test_case_26_no_page_repeats_or_follows_the_host_that_a_request_names(desk: Desk, record_property) -> None:
    desk.watches()
    async with served(desk) as (_, app, stranger):
        key = Links(PUBLIC, stored_key(load(desk.directory, {}).state_dir / "links.key"))
        token = dict(key.of(FRESH))["ack"].rpartition("/")[2]
        paths = [re.sub(r"\{[^}]*\}", token, path) for method, path in set(every_route(app.routes)) if method == "GET"]
        slashed = [f"{path}/" for path in paths]
        asked = [*paths, *slashed, "//evil.example/healthz", "/login?next=//evil.example/x", "/nowhere"]
        for host in HOSTS:
            for path in asked:
                status, text, answer = await stranger.asks("GET", path, host)
                assert status != 500, path
                assert answer.headers.get("location", "/").startswith("/"), path
                assert not answer.headers.get("location", "/").startswith("//"), path
                assert not re.search(r"""=["'](https?:)?//[^"'>]*evil\.example""", text), path
    record_property("figure", f"0 of {len(HOSTS) * len(asked)} requests led astray")


CLIMBS = ["../", "..%2f", "..%5c", "%2e%2e%2f", "%2e%2e/", "....//", "..%c0%af", "..%252f"]


@pytest.mark.case(26)
@pytest.mark.long
async def test_case_26_no_path_climbs_out_of_what_is_served(desk: Desk) -> None:
    desk.watches()
    async with served(desk) as (_, app, stranger):
        folders = {path.partition("{")[0] for _, path in every_route(app.routes) if "{" in path}
        assert {"/act/", "/calendar/"} <= folders
        for path in (
            f"{folder}{up * 6}{file}" for folder in folders for up in CLIMBS for file in ("etc/passwd", "metrics")
        ):
            status, text, _ = await stranger.asks("GET", path)
            assert status in {*REFUSED, 303, 405, 422, 429}, path
            assert not re.search(r"root:|sellerwatch_", text), path


@pytest.mark.case(26)
async def test_case_26_links_in_messages_are_those_of_the_settings_alone() -> None:
    """What a link is made of is the public address; a request's host has no way into it."""
    made = dict(Links(PUBLIC, b"k" * 32).of(FRESH))
    assert {urlsplit(url).netloc for url in made.values()} == {"watch.example.com"}
    mail = build(FRESH, mailbox("a@example.com"), mailbox("b@example.com"), lambda _: tuple(made.items()))
    assert PUBLIC in mail["List-Unsubscribe"]
    assert b"BEGIN:VCALENDAR" in calendar_file((), "Acme", tongue("en"), ())
