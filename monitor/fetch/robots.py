"""robots.txt, obeyed as RFC 9309 says and forgotten after a day; its Crawl-delay, which no RFC knows, too.

Scrapy's own middleware keeps a host's rules for as long as the crawl lives, which here is for ever, and reads an
unreachable robots.txt as leave to fetch. Daemons that share a database ask once for all of them.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser
from scrapy.utils.httpobj import urlparse_cached

from monitor.domain.errors import FailureReason, UnavailableError
from monitor.fetch.failures import FetchError
from monitor.fetch.handler import door_of
from monitor.fetch.pace import bearable

MAX_AGE = timedelta(hours=24)  # RFC 9309, 2.4
MAX_BYTES = 500 * 1024  # RFC 9309, 2.5: what a crawler must read at least
MAX_ORIGINS = 1_000


@dataclass(frozen=True, slots=True)
class _Rules:
    """What a robots.txt said, and when."""

    at: datetime
    parser: ProtegoRobotParser


class RobotsGate:
    """Stops requests marked `robots` whose host does not want them; for redirects their new host is asked."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._door = door_of(crawler)
        self._rules: dict[str, asyncio.Task[_Rules]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RobotsGate":
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raises FetchError: ROBOTS when disallowed, else what kept robots.txt from being read."""
        if not request.meta["robots"]:
            return
        url = urlparse_cached(request)
        async with self._door.until(request.meta["deadline"]):
            rules = await asyncio.shield(self._rules_of(f"{url.scheme}://{url.netloc}", request.meta["deadline"]))
        self._door.paces.wishes(url.hostname or "", rules.parser.crawl_delay(self._door.settings.user_agent))
        if not rules.parser.allowed(request.url, self._door.settings.user_agent):
            raise FetchError(FailureReason.ROBOTS, "disallowed by robots.txt")

    def _rules_of(self, origin: str, deadline: float) -> asyncio.Task[_Rules]:
        if origin in self._rules:
            task = self._rules[origin]
            failed = task.done() and (task.cancelled() or task.exception() is not None)
            if not failed and (not task.done() or self._door.now() - task.result().at < MAX_AGE):
                return task
            del self._rules[origin]
        elif len(self._rules) >= MAX_ORIGINS:
            del self._rules[next(iter(self._rules))]  # the oldest
        task = asyncio.create_task(self._read(origin, deadline))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # its pages may have left by then
        self._rules[origin] = task
        return task

    async def _read(self, origin: str, deadline: float) -> _Rules:
        """As the book has it, else as the host says."""
        book, now = self._door.robots, self._door.now()
        if book is not None:
            with suppress(UnavailableError):
                if known := await book.said(origin, now - MAX_AGE):
                    return self._parsed(*known)
        rules = self._parsed(now, text := await self._fetch(origin, deadline))
        if book is not None:
            rest = bearable(rules.parser.crawl_delay(self._door.settings.user_agent))
            with suppress(UnavailableError):
                await book.keep(origin, urlsplit(origin).hostname or "", now, text, rest)
        return rules

    def _parsed(self, at: datetime, text: str) -> _Rules:
        return _Rules(at, ProtegoRobotParser(text.encode(), self._crawler.spider))

    async def _fetch(self, origin: str, deadline: float) -> str:
        """RFC 9309, 2.3.1: a missing robots.txt allows everything; an unreachable one allows nothing."""
        response = await self._crawler.engine.download_async(
            Request(
                f"{origin}/robots.txt",
                callback=NO_CALLBACK,
                headers={"User-Agent": self._door.settings.identity},
                meta={"robots": False, "deadline": deadline},
            )
        )
        if response.status >= 500:
            raise FetchError(FailureReason.HTTP_5XX, f"robots.txt answered {response.status}")
        if response.status == 429:
            raise FetchError(FailureReason.RATE_LIMITED, "robots.txt answered 429")
        body = response.body[:MAX_BYTES] if response.status == 200 else b""
        return body.decode(errors="ignore").replace("\0", "")  # which no database holds, and no rule needs
