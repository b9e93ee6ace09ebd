"""robots.txt, obeyed as RFC 9309 says and forgotten after a day; its Crawl-delay, which no RFC knows, too.

Scrapy's own middleware keeps a host's rules for as long as the crawl lives, which here is for ever, and reads an
unreachable robots.txt as leave to fetch.
"""

import asyncio
from datetime import datetime, timedelta

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser
from scrapy.utils.httpobj import urlparse_cached

from monitor.domain.errors import FailureReason
from monitor.fetch.failures import FetchError
from monitor.fetch.handler import door_of

MAX_AGE = timedelta(hours=24)  # RFC 9309, 2.4
MAX_BYTES = 500 * 1024  # RFC 9309, 2.5: what a crawler must read at least
MAX_ORIGINS = 1_000


class RobotsGate:
    """Stops requests marked `robots` whose host does not want them; for redirects their new host is asked."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._door = door_of(crawler)
        self._rules: dict[str, tuple[datetime, asyncio.Task[ProtegoRobotParser]]] = {}

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
        self._door.paces.wishes(url.hostname or "", rules.crawl_delay(self._door.settings.user_agent))
        if not rules.allowed(request.url, self._door.settings.user_agent):
            raise FetchError(FailureReason.ROBOTS, "disallowed by robots.txt")

    def _rules_of(self, origin: str, deadline: float) -> asyncio.Task[ProtegoRobotParser]:
        now = self._door.now()
        if origin in self._rules:
            asked_at, task = self._rules[origin]
            failed = task.done() and (task.cancelled() or task.exception() is not None)
            if now - asked_at < MAX_AGE and not failed:
                return task
            del self._rules[origin]
        elif len(self._rules) >= MAX_ORIGINS:
            del self._rules[next(iter(self._rules))]  # the oldest
        task = asyncio.create_task(self._fetch(origin, deadline))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # its pages may have left by then
        self._rules[origin] = (now, task)
        return task

    async def _fetch(self, origin: str, deadline: float) -> ProtegoRobotParser:
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
        return ProtegoRobotParser(body, self._crawler.spider)
