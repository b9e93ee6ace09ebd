"""The hand-over door between the daemon, which asks for fetches, and the spider, which makes them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakValueDictionary

from monitor.domain.errors import FailureReason
from monitor.fetch.failures import FetchError, failure_of
from monitor.fetch.guard import Lookup, parse_url
from monitor.fetch.settings import FetchSettings

_SLACK = 2.0  # seconds after its deadline in which an answer must have come, whatever happened to the spider


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said at last, after redirects. Header names are lower case; the body is decompressed."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True, eq=False)
class Errand:
    """One fetch to make before `deadline` (loop time), and the future that waits for its end."""

    url: str
    headers: Mapping[str, str]
    robots: bool  # obey robots.txt
    deadline: float
    _end: asyncio.Future[Answer] = field(repr=False)

    def succeed(self, answer: Answer) -> None:
        if not self._end.done():
            self._end.set_result(answer)

    def fail(self, error: BaseException) -> None:
        if not self._end.done():
            self._end.set_exception(failure_of(error))

    def cancel(self) -> None:
        self._end.cancel()

    @property
    def over(self) -> bool:
        return self._end.done()


class Door:
    """Fetches asked for on one side, made on the other, no more at a time than the settings allow.

    The limit for a host is kept here, before the spider: else one slow host with many sources would fill the spider's
    places and every other source would wait behind it.
    """

    def __init__(self, settings: FetchSettings, now: Callable[[], datetime], lookup: Lookup) -> None:
        self.settings = settings
        self.now = now
        self.lookup = lookup
        self.attended = asyncio.Event()  # a spider stands at the door
        self.closing = asyncio.Event()
        self._places = asyncio.Semaphore(settings.concurrency)
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._queue: asyncio.Queue[Errand | None] = asyncio.Queue(settings.concurrency)
        self._asked: set[Errand] = set()
        self._taken: set[Errand] = set()
        self._limits: set[asyncio.Timeout] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    async def ask(self, url: str, headers: Mapping[str, str], *, robots: bool) -> Answer:
        """Fetch. Raises FetchError; CancelledError when the door closes first."""
        host = parse_url(url, self.settings.allow_private).host or ""
        of_host = self._hosts.setdefault(host, asyncio.Semaphore(self.settings.per_host))
        async with of_host, self._places:
            if self.closing.is_set():
                raise asyncio.CancelledError
            loop = asyncio.get_running_loop()
            deadline = loop.time() + self.settings.timeout
            errand = Errand(url, headers, robots, deadline, loop.create_future())
            self._asked.add(errand)
            self._idle.clear()
            try:
                async with asyncio.timeout_at(deadline + _SLACK):
                    await self._queue.put(errand)
                    return await errand._end
            except TimeoutError as error:
                raise FetchError(FailureReason.TIMEOUT, "the spider did not answer in time") from error
            finally:
                self._asked.discard(errand)
                if not self._asked:
                    self._idle.set()

    async def errands(self) -> AsyncIterator[Errand]:
        """For the spider: each errand as it is asked, until the door closes."""
        self.attended.set()
        while not self.closing.is_set():
            errand = await self._queue.get()
            if errand is not None and not errand.over:
                self._taken = {taken for taken in self._taken if not taken.over}
                self._taken.add(errand)
                yield errand

    @asynccontextmanager
    async def until(self, deadline: float) -> AsyncIterator[None]:
        """A time limit that `close` can cut short. Raises TimeoutError."""
        async with asyncio.timeout_at(deadline) as limit:
            self._limits.add(limit)
            try:
                yield
            finally:
                self._limits.discard(limit)

    def abandon(self) -> int:
        """The spider is gone: errands that it took and did not end fail. Returns how many; the untaken ones wait on."""
        lost = [errand for errand in self._taken if not errand.over]
        for errand in lost:
            errand.fail(FetchError(FailureReason.CONNECTION, "the spider ended"))
        self._taken.clear()
        return len(lost)

    async def close(self, grace: float) -> None:
        """Take no more errands, give those under way `grace` seconds, then cancel them."""
        self.closing.set()
        with suppress(asyncio.QueueFull):  # a spider that waits is woken; one that has work will see for itself
            self._queue.put_nowait(None)
        for errand in self._asked - self._taken:
            errand.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._idle.wait()
        for errand in tuple(self._asked):
            errand.cancel()
        now = asyncio.get_running_loop().time()
        for limit in self._limits:
            if not limit.expired():
                limit.reschedule(now)
