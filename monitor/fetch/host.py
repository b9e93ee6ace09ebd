"""The spider's host: keeps the endless crawl alive and turns its answers into looks and captures."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from urllib.parse import urlencode

from scrapy.crawler import AsyncCrawlerRunner

from monitor.domain.documents import Capture
from monitor.domain.errors import SellerwatchError
from monitor.domain.sources import Look, Outcome, Source, SourceState
from monitor.fetch.failures import FetchError
from monitor.fetch.guard import Lookup, SystemLookup
from monitor.fetch.handover import Ask, Door
from monitor.fetch.looks import asked_headers, capture_of, failed_look, look_at, missing_page, refusal, validators
from monitor.fetch.settings import FetchSettings, scrapy_settings
from monitor.ports import HostPace, RobotsBook

SPIDER = "watch"
GRACE = 10.0  # seconds that requests under way get at a stop
_SHORT_LIFE = 60.0  # seconds; a spider that lives longer starts its restarts afresh
_LONGEST_PAUSE = 30.0

logger = logging.getLogger(__name__)


class SpiderFailedError(SellerwatchError):
    """The spider cannot be started at all; its log says why."""


class SpiderHost:
    """Looks at sources and fetches pages through one endless spider in the running asyncio loop.

    `lookup` answers for host names instead of the system's resolver; `pace` and `robots` are what daemons share of
    hosts. `restarts` counts the spider's unwanted ends.
    """

    def __init__(
        self,
        settings: FetchSettings,
        now: Callable[[], datetime],
        lookup: Lookup | None = None,
        pace: HostPace | None = None,
        robots: RobotsBook | None = None,
    ) -> None:
        self._settings = settings
        self._now = now
        self._system = SystemLookup(settings.concurrency)
        self.door = Door(settings, now, lookup or self._system, pace, robots)
        self.restarts = 0

    async def run(self) -> None:
        """Keep a spider at the door until `stop`. Raises SpiderFailedError when none can be started."""
        logging.getLogger("scrapy").setLevel(logging.ERROR)  # its warnings quote URLs with their query strings
        runner = AsyncCrawlerRunner(scrapy_settings(self._settings))
        loop = asyncio.get_running_loop()
        pause = 0.1
        while True:
            self.door.attended.clear()
            began = loop.time()
            crawl = runner.crawl(SPIDER, door=self.door)
            try:
                await asyncio.shield(crawl)
            except asyncio.CancelledError:
                await self.door.close(grace=0)
                await crawl
                raise
            except Exception as error:
                logger.exception("the spider raised")
                raise SpiderFailedError("the spider cannot be started") from error
            if self.door.closing.is_set():
                return
            if not self.door.attended.is_set():
                raise SpiderFailedError("the spider ended before it began")
            self.restarts += 1
            pause = 0.1 if loop.time() - began > _SHORT_LIFE else min(pause * 2, _LONGEST_PAUSE)
            lost = self.door.abandon()
            logger.warning("the spider ended, %d fetches lost; restart %d in %.1f s", lost, self.restarts, pause)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.door.closing.wait(), pause)

    async def look(self, source: Source, state: SourceState) -> tuple[Look, Capture | None]:
        """One conditional request. The capture is there only when there are new bytes.

        Raises CancelledError when `stop` came first; such a look counts for nothing.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        headers = asked_headers(source.languages, self._settings.identity) | validators(state)
        try:
            answer = await self.door.ask(source.url, headers, source)
        except FetchError as error:
            return failed_look(source, error, self._now(), loop.time() - began), None
        at = self._now()
        look = look_at(answer, source, state, at, loop.time() - began)
        return look, capture_of(answer, source.id, at) if look.outcome is Outcome.OK else None

    async def page(self, wanted_url: str, source_id: str, document_id: str) -> Capture:
        """A page that a document asked for, robots.txt obeyed. Every failure is in the capture, which is then empty."""
        headers = asked_headers((), self._settings.identity)
        try:
            answer = await self.door.ask(wanted_url, headers)
        except FetchError as error:
            return missing_page(wanted_url, source_id, document_id, self._now(), error.reason, 0)
        at = self._now()
        refused = refusal(answer, at, conditional=False)
        if refused is not None:
            return missing_page(answer.url, source_id, document_id, at, refused.reason, answer.status)
        return capture_of(answer, source_id, at, document_id)

    async def post(self, url: str, form: Mapping[str, str]) -> int:
        """Send a form, and give the status of the answer. Raises FetchError."""
        sent = ("Content-Type", "application/x-www-form-urlencoded")
        manner = Ask("*/*", robots=False, method="POST", body=urlencode(form).encode(), headers=(sent,))
        return (await self.door.ask(url, asked_headers((), self._settings.identity), manner=manner)).status

    async def stop(self) -> None:
        """End `run`. Requests under way get 10 seconds, then their looks are cancelled."""
        await self.door.close(GRACE)
        self._system.close()
