"""Start, loops, reload, stop. No rules live here: what is due and what is said is decided elsewhere."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from monitor.domain.errors import SellerwatchError, StoreUnavailableError
from monitor.domain.sources import Source
from monitor.logs import log
from monitor.lookout import Lookout, Manner
from monitor.loops import Heart, Loop, everything
from monitor.pipeline import Pipeline
from monitor.ports import Fetcher, Inbox, Meter
from monitor.steps import Claim, WantedPage
from monitor.subscriptions import Subscriptions
from monitor.systemd import notify

_log = log("daemon")

TICK = 30.0  # seconds between looks at the calendar, the leases and the gauges
STOP_WITHIN = 30.0  # seconds that work in hand may take at the end
_MINUTE = 60.0


def utc_now() -> datetime:
    """The one clock of the daemon."""
    return datetime.now(UTC)


class Web(Protocol):
    """A listener with a beginning and an end."""

    port: int

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


@dataclass(slots=True)
class Parts:
    """What wiring hands to the daemon. `reload` reads the configuration again and swaps it all or raises
    SellerwatchError."""

    fetcher: Fetcher
    inbox: Inbox
    pipeline: Pipeline
    meter: Meter
    web: Web | None
    sources: Mapping[str, Source]
    deliver: Callable[[datetime], Awaitable[bool]]
    recover: Callable[[datetime], Awaitable[int]]
    upkeep: Callable[[datetime], Awaitable[None]]  # renew the instance's lease, refresh gauges
    ping: Callable[[], Awaitable[None]]
    reload: Callable[[], Awaitable[Mapping[str, Source]]]
    close: Callable[[], Awaitable[None]]
    page_lease: timedelta = timedelta(minutes=2)  # of a page in hand; a dead daemon's pages are taken over after it
    manner: Manner = field(default_factory=Manner)  # of looking at sources
    subscriptions: Subscriptions | None = None
    vigil: Callable[[datetime], Awaitable[bool]] | None = None  # look after the sources' health
    vigil_every: float = 5 * _MINUTE
    rounds: Sequence[Callable[[datetime], Awaitable[bool]]] = ()  # what time alone asks for; True: there is mail
    deliverers: int = 4
    watchdog: float = 0.0  # seconds between proofs of life; 0 without a supervisor


class Daemon:
    """Runs the parts. `now` is the clock, for tests; it is read here and handed down."""

    def __init__(self, parts: Parts, now: Callable[[], datetime] = utc_now) -> None:
        self._parts, self._now = parts, now
        self._heart = Heart()
        self._fetching: set[asyncio.Task[None]] = set()
        self._reloading: set[asyncio.Task[None]] = set()
        self._one_reload = asyncio.Lock()
        self._stop = asyncio.Event()
        self._hooked: list[signal.Signals] = []
        # One step may understand two thousand entries, which takes minutes on a slow machine.
        self._path = Loop("path", self._step, self._heart, pause=5.0, limit=20 * _MINUTE)
        self.lookout = Lookout(
            parts.fetcher, parts.inbox, parts.meter, self._heart, now, self._path.bell.ring, parts.manner
        )
        self._poll = Loop("poll", self.lookout.poll, self._heart, pause=1.0, bell=self.lookout.bell)
        self._pages = Loop("pages", self._fetch_wanted, self._heart, pause=5.0)
        self._calendar = Loop("calendar", self._tick, self._heart, pause=TICK, limit=5 * _MINUTE)
        # The first looks for what is due; it and the path wake the others, which spares the store idle questions.
        self._outbox = [
            Loop(f"deliver-{n}", self._deliver, self._heart, pause=TICK if n > 1 else 1.0, limit=5 * _MINUTE)
            for n in range(1, parts.deliverers + 1)
        ]
        self._loops = [self._poll, self._pages, self._path, self._calendar, *self._outbox]
        if parts.vigil:
            self._loops.append(Loop("health", self._vigil, self._heart, pause=parts.vigil_every, limit=20 * _MINUTE))
        if parts.rounds:
            self._loops.append(Loop("rounds", self._round, self._heart, pause=TICK, limit=5 * _MINUTE))
        if parts.subscriptions:
            hubs = parts.subscriptions
            self._loops.append(Loop("hubs", hubs.step, self._heart, pause=TICK, bell=hubs.bell))

    async def readiness(self, whole: bool = False) -> Mapping[str, str]:
        """Every check with what is wrong, or an empty text; after a `whole` cycle, of every loop since the last one."""
        beating = self._heart.cycle() if whole else self._heart.checks()
        return {**beating, "store": await self._store_trouble()}

    async def _store_trouble(self) -> str:
        try:
            await asyncio.wait_for(self._parts.ping(), 5.0)
        except (StoreUnavailableError, TimeoutError) as error:
            return str(error) or "the store does not answer within 5 s"
        return ""

    def ask_to_stop(self) -> None:
        self._stop.set()

    async def run(self) -> int:
        """Until asked to stop. Returns 0, or 1 when a loop died (its error is logged)."""
        self._hook_signals()
        try:
            await self._parts.recover(self._now())
            await self.lookout.begin()
            self._watch()
            await self._parts.upkeep(self._now())
            if self._parts.web:
                await self._parts.web.start()
            fetching = asyncio.create_task(self._parts.fetcher.run(), name="fetch")
            tasks = [fetching, *(asyncio.create_task(loop.run(), name=loop.name) for loop in self._loops)]
            tasks.append(asyncio.create_task(self._prove_life(), name="watchdog"))
            notify(f"READY=1\nSTATUS=Watching {self._enabled()} sources")
            _log.info("ready", sources=self._enabled(), port=self._parts.web.port if self._parts.web else None)
            return await self._until_stopped(tasks)
        finally:
            for number in self._hooked:
                asyncio.get_running_loop().remove_signal_handler(number)
            await self._parts.close()

    async def once(self) -> None:
        """One round: every enabled source is looked at, all that came is understood, and what is due is delivered."""
        fetching = asyncio.create_task(self._parts.fetcher.run(), name="fetch")
        try:
            await self.lookout.begin()
            await everything(self.lookout.look(source) for source in self._parts.sources.values() if source.enabled)
            await self._parts.pipeline.tick(self._now())
            while await self._step() or await self._wanted_now():
                pass
            if self._parts.vigil:
                await self._parts.vigil(self._now())
            for step in self._parts.rounds:
                await step(self._now())
            while await self._parts.deliver(self._now()):
                pass
        finally:
            await self._parts.fetcher.stop()
            await fetching
            await self._parts.close()

    async def _wanted_now(self) -> bool:
        claims = await self._claim_pages()
        await everything(self._fetch_page(claim) for claim in claims)
        return bool(claims)

    def _watch(self) -> None:
        self.lookout.configure(self._parts.sources)
        if self._parts.subscriptions:
            self._parts.subscriptions.configure(self._parts.sources)

    def _enabled(self) -> int:
        return sum(source.enabled for source in self._parts.sources.values())

    # --- the loops' work

    async def _claim_pages(self) -> Sequence[Claim[WantedPage]]:
        room = max(self._parts.manner.at_once // 4, 1) - len(self._fetching)
        return await self._parts.inbox.want_next(self._now(), self._parts.page_lease, room) if room > 0 else ()

    async def _fetch_wanted(self) -> bool:
        for claim in await self._claim_pages():
            task = asyncio.create_task(self._fetch_page(claim), name="page")
            self._fetching.add(task)
            task.add_done_callback(self._page_done)
        return False

    async def _fetch_page(self, claim: Claim[WantedPage]) -> None:
        page = claim.item
        capture = await self._parts.fetcher.page(page.url, page.source_id, page.document_id)
        if page.follow:
            capture = replace(capture, document_id=None)
        await self._parts.inbox.page_came(claim, capture)
        self._heart.beat("page fetches")
        self._path.bell.ring()

    def _page_done(self, task: asyncio.Task[None]) -> None:
        self._fetching.discard(task)
        self._pages.bell.ring()
        if not task.cancelled() and (error := task.exception()):
            self._heart.trouble("page fetches", str(error))  # its lease brings it back
            _log.error("not_kept", what="page fetches", error=error)

    async def _step(self) -> bool:
        worked = await self._parts.pipeline.step(self._now())
        if worked:
            self._pages.bell.ring()
            self._wake_outbox()
        return worked

    def _wake_outbox(self) -> None:
        for loop in self._outbox:
            loop.bell.ring()

    async def _tick(self) -> bool:
        now = self._now()
        await self._parts.upkeep(now)
        await self._parts.recover(now)
        await self.lookout.tick(now)
        if await self._parts.pipeline.tick(now):
            self._wake_outbox()
        if not any(self._heart.checks().values()):
            self._parts.meter.healthy(now)
        return False

    async def _vigil(self) -> bool:
        assert self._parts.vigil is not None
        more = await self._parts.vigil(self._now())
        self._wake_outbox()
        return more

    async def _round(self) -> bool:
        """One after the other; what fails in one keeps none of the others from its turn."""
        failed: list[Exception] = []
        for step in self._parts.rounds:
            try:
                if await step(self._now()):
                    self._wake_outbox()
            except SellerwatchError as error:
                failed.append(error)
        if failed:
            raise failed[0]
        return False

    async def _deliver(self) -> bool:
        worked = await self._parts.deliver(self._now())
        if worked:
            self._wake_outbox()
        return worked

    async def _prove_life(self) -> None:
        """Tell the supervisor that we live: only while every loop beats and the event loop turns."""
        every = self._parts.watchdog / 3 or _MINUTE
        while True:
            stalled = self._heart.stalled()
            if stalled:
                _log.error("stalled", loops=stalled)
            elif self._parts.watchdog:
                notify("WATCHDOG=1")
            await asyncio.sleep(every)

    # --- signals and the end

    def _hook_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number, handler in (
            (signal.SIGTERM, self.ask_to_stop),
            (signal.SIGINT, self.ask_to_stop),
            (signal.SIGHUP, self.reload),
        ):
            with suppress(NotImplementedError, ValueError, RuntimeError):  # only the main thread has signals
                loop.add_signal_handler(number, handler)
                self._hooked.append(number)

    def reload(self) -> asyncio.Task[None]:
        """Read the configuration again: all of it is taken, or none and the old one goes on. The loops run meanwhile;
        one reload after the other."""
        task = asyncio.get_running_loop().create_task(self._reload(), name="reload")
        self._reloading.add(task)
        task.add_done_callback(self._reloading.discard)
        return task

    async def renew(self) -> None:
        """Take the configuration as it is now. Raises SellerwatchError when it is refused: the old one goes on."""
        async with self._one_reload:
            notify("RELOADING=1")
            try:
                self._parts.sources = await self._parts.reload()
                _log.info("reloaded", sources=self._enabled())
                self._watch()
            finally:
                notify(f"READY=1\nSTATUS=Watching {self._enabled()} sources")

    async def _reload(self) -> None:
        try:
            await self.renew()
        except SellerwatchError as error:
            _log.error("reload_refused", error=str(error))
        except Exception as error:  # a fault of ours; the supervisor waits for the end of the reload
            _log.error("reload_failed", exc_info=error)

    async def _until_stopped(self, tasks: list[asyncio.Task[None]]) -> int:
        stop = asyncio.create_task(self._stop.wait(), name="stop")
        done, _ = await asyncio.wait([stop, *tasks], return_when=asyncio.FIRST_COMPLETED)
        died = [task for task in done if task is not stop]
        for task in died:
            _log.error("loop_died", loop=task.get_name(), exc_info=task.exception())
        notify("STOPPING=1")
        _log.info("stopping")
        for loop in self._loops:
            loop.stop()
        await self._parts.fetcher.stop()
        in_hand = [*tasks[:-1], *self.lookout.in_hand.values(), *self._fetching]
        _, late = await asyncio.wait(in_hand, timeout=STOP_WITHIN)
        for task in [*late, tasks[-1], stop]:
            task.cancel()
        await asyncio.gather(*in_hand, tasks[-1], stop, return_exceptions=True)
        if self._parts.web:
            await self._parts.web.stop()
        _log.info("stopped", unfinished=len(late))
        return 1 if died else 0
