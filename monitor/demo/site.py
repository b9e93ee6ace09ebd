"""The story's site on loopback: feeds and pages of every outlet, each in its own form and charset.

Feeds and watched pages answer conditional requests (RFC 9110, 13.1), so that most polls are a 304.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cached_property
from hashlib import sha256
from typing import Self

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import escape

from monitor.demo.story import Entry, Outlet, Story

_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml", "page": "text/html"}
_templates = Environment(
    loader=PackageLoader("monitor.demo"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_templates.filters["rfc822"] = format_datetime


@dataclass(frozen=True)
class Published:
    """An entry as it stands on the site."""

    entry: Entry
    title: str
    text: str
    url: str
    at: datetime

    @cached_property
    def paragraphs(self) -> tuple[str, ...]:
        return tuple(self.text.strip().split("\n\n"))

    @cached_property
    def markup(self) -> str:
        """The text as HTML, to be escaped once more inside a feed."""
        return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in self.paragraphs)


class Site:
    """Serves what was published so far, on a free port of 127.0.0.1 while it is entered.

    `polls` and `not_modified` count the requests for feeds and watched pages, `pages` those for articles.
    """

    def __init__(self, story: Story, began: datetime) -> None:
        self._story, self._began = story, began
        self._items: dict[str, list[Published]] = {outlet.id: [] for outlet in story.outlets}
        self._served: dict[str, str] = {}  # outlet -> the version that was last asked for
        self.requests: Counter[str] = Counter()
        self.base = ""

    @property
    def polls(self) -> int:
        return self.requests["polls"]

    @property
    def not_modified(self) -> int:
        return self.requests["not_modified"]

    @property
    def caught_up(self) -> bool:
        """True when every outlet was asked since it published last."""
        return all(self._served.get(outlet) == self._version(self._body(outlet)) for outlet in self._items)

    def forget(self) -> None:
        """Nothing that was asked for so far counts as asked for."""
        self._served.clear()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/robots.txt", self._robots)
        app.router.add_get("/{outlet}/", self._poll)
        app.router.add_get("/{outlet}/{key}.html", self._page)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        listener = web.TCPSite(self._runner, "127.0.0.1", 0)
        await listener.start()
        host, port = self._runner.addresses[0][:2]
        self.base = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def address(self, outlet: str) -> str:
        """What the daemon polls."""
        return f"{self.base}/{outlet}/"

    def publish(self, entry: Entry, now: datetime) -> Published:
        """Put an entry on the site; one with a known key takes the old one's place."""
        outlet = self._story.by_source[entry.source]
        item = Published(
            entry,
            self._story.written(entry.title, outlet.lang),
            self._story.written(entry.text, outlet.lang),
            self.address(outlet.id) + ("" if outlet.form == "page" else f"{entry.key}.html"),
            (now - timedelta(days=entry.days_ago)).replace(microsecond=0),
        )
        older = [other for other in self._items[outlet.id] if other.entry.key != entry.key]
        self._items[outlet.id] = sorted([item, *older], key=lambda one: one.at, reverse=True)
        return item

    # --- the answers

    def _body(self, outlet_id: str) -> bytes:
        """The feed, or the page that is watched for itself."""
        outlet = self._story.by_source[outlet_id]
        items = self._items[outlet_id]
        if outlet.form == "page":
            return self._article(outlet, items[0], self.address(outlet_id)) if items else b""
        template = _templates.get_template(f"feed.{outlet.form}.j2")
        text = template.render(
            outlet=outlet, items=items, home=self.address(outlet_id), charset=outlet.charset, began=self._began
        )
        return text.encode(outlet.charset, "xmlcharrefreplace")

    def _article(self, outlet: Outlet, item: Published, home: str) -> bytes:
        charset = outlet.page_charset or outlet.charset
        text = _templates.get_template("page.html.j2").render(
            outlet=outlet,
            item=item,
            others=[other for other in self._items[outlet.id] if other is not item][:3],
            around=self._story.furniture[outlet.lang],
            home=home,
            charset=charset,
        )
        return text.encode(charset, "xmlcharrefreplace")

    @staticmethod
    def _version(body: bytes) -> str:
        return f'"{sha256(body).hexdigest()[:16]}"'

    async def _poll(self, request: web.Request) -> web.Response:
        outlet = request.match_info["outlet"]
        if outlet not in self._items:
            raise web.HTTPNotFound
        body = self._body(outlet)
        version = self._version(body)
        self.requests["polls"] += 1
        self._served[outlet] = version
        headers = {"ETag": version, "Content-Type": _TYPES[self._story.by_source[outlet].form]}
        if request.headers.get("If-None-Match") == version:
            self.requests["not_modified"] += 1
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, headers=headers)

    async def _page(self, request: web.Request) -> web.Response:
        outlet, key = request.match_info["outlet"], request.match_info["key"]
        for item in self._items.get(outlet, ()):
            if item.entry.key == key:
                self.requests["pages"] += 1
                body = self._article(self._story.by_source[outlet], item, self.address(outlet))
                return web.Response(body=body, headers={"Content-Type": "text/html"})
        raise web.HTTPNotFound

    async def _robots(self, request: web.Request) -> web.Response:
        return web.Response(text="User-agent: *\nAllow: /\n")
