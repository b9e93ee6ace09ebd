"""The hand-over door between the daemon, which asks for fetches, and the spider, which makes them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from monitor.domain.errors import FailureReason
from monitor.domain.sources import Source
from monitor.fetch.failures import FetchError, failure_of
from monitor.fetch.guard import Lookup, parse_url
from monitor.fetch.pace import Paces
from monitor.fetch.settings import FetchSettings
from monitor.ports import HostPace, RobotsBook

_SLACK = 2.0  # seconds after its deadline in which an answer must have come, whatever happened to the spider


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said at last, after redirects. Header names are lower case; the body is decompressed."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    moved_to: str = ""  # this url, when nothing but permanent redirects led to it

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class Ask:
    """How a family asks for a source. Without `conditional` the server is not told what we hold already."""

    accept: str
    robots: bool = True  # obey robots.txt
    conditional: bool = True
    method: str = "GET"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    window: timedelta | None = None  # `{since}` and `{until}` in the address become the days of that last while


@dataclass(frozen=True, slots=True, eq=False)
class Errand:
    """One fetch to make before `deadline` (loop time), and the future that waits for its end.

    `source` is what the fetch looks at; None when it is a page that a document asked for. `manner` is how to ask when
    that follows from neither.
    """

    url: str
    headers: Mapping[str, str]
    deadline: float
    source: Source | None
    _end: asyncio.Future[Answer] = field(repr=False)
    manner: Ask | None = None

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

    The limit and the pace of a host are kept here, before the spider: else one slow host with many sources would fill
    the spider's places and every other source would wait behind it. `pace` and `robots` are what daemons share.
    """

    def __init__(
        self,
        settings: FetchSettings,
        now: Callable[[], datetime],
        lookup: Lookup,
        pace: HostPace | None = None,
        robots: RobotsBook | None = None,
    ) -> None:
        self.settings = settings
        self.now = now
        self.lookup = lookup
        self.robots = robots
        self.attended = asyncio.Event()  # a spider stands at the door
        self.closing = asyncio.Event()
        self.paces = Paces(settings.gap_of, self.closing, now, pace)
        self._places = asyncio.Semaphore(settings.concurrency)
        self._browser = asyncio.Semaphore(1)  # a page that needs one waits for it before its time begins to run
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._queue: asyncio.Queue[Errand | None] = asyncio.Queue(settings.concurrency)
        self._asked: set[Errand] = set()
        self._taken: set[Errand] = set()
        self._limits: set[asyncio.Timeout] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    async def ask(
        self, url: str, headers: Mapping[str, str], source: Source | None = None, manner: Ask | None = None
    ) -> Answer:
        """Fetch in that manner, or as the source's family asks for it, when the host's turn has come.

        Raises FetchError; CancelledError when the door closes first; UnavailableError where daemons share the pace of
        hosts and their database does not answer.
        """
        host = parse_url(url, self.settings.allow_private).host or ""
        of_host = self._hosts.setdefault(host, asyncio.Semaphore(self.settings.per_host))
        rendered = source is not None and source.rendered
        async with self._browser if rendered else nullcontext(), of_host, self._turn_at(host):
            if self.closing.is_set():
                raise asyncio.CancelledError
            loop = asyncio.get_running_loop()
            deadline = loop.time() + self.settings.timeout + (self.settings.rendering if rendered else 0.0)
            errand = Errand(url, headers, deadline, source, loop.create_future(), manner)
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

    @asynccontextmanager
    async def _turn_at(self, host: str) -> AsyncIterator[None]:
        """A place for one request, taken only when the host may be asked: while it rests, the place is another's."""
        await self.paces.place(host, self._places)
        try:
            yield
        finally:
            self._places.release()

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
