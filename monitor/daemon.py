"""Start, reload, stop. No rules live here: what is due and what is said is decided elsewhere, and who does it too."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from monitor.domain.errors import SellerwatchError, StoreUnavailableError, UnavailableError
from monitor.logs import log
from monitor.loops import Heart
from monitor.parts import MINUTE, Labour, Parts
from monitor.solo import Solo
from monitor.store.errors import UnusableDatabaseError
from monitor.systemd import notify

_log = log("daemon")

STOP_WITHIN = 30.0  # seconds that work in hand may take at the end
PATIENCE = 2.0  # seconds between two tries to begin while the store does not answer


def utc_now() -> datetime:
    """The one clock of the daemon."""
    return datetime.now(UTC)


class Daemon:
    """Runs the parts, alone unless `labour` says how to share the work. `now` is the clock, read here."""

    def __init__(
        self,
        parts: Parts,
        now: Callable[[], datetime] = utc_now,
        labour: Callable[[Parts, Heart, Callable[[], datetime]], Labour] = Solo,
    ) -> None:
        self._parts, self._now = parts, now
        self._heart = Heart()
        self.labour = labour(parts, self._heart, now)
        self._begun = False
        self._reloading: set[asyncio.Task[None]] = set()
        self._one_reload = asyncio.Lock()
        self._stop = asyncio.Event()
        self._hooked: list[signal.Signals] = []

    async def readiness(self, whole: bool = False) -> Mapping[str, str]:
        """Every check by name, with what is wrong or an empty text. With `whole`, a loop that has not come round since
        the start is wrong too."""
        beating = self._heart.cycle() if whole else self._heart.checks()
        start = {} if self._begun else {"start": "has not begun yet"}
        return {**start, **beating, "store": await self._store_trouble()}

    async def _store_trouble(self) -> str:
        try:
            await asyncio.wait_for(self._parts.ping(), 5.0)
        except (StoreUnavailableError, TimeoutError) as error:
            return str(error) or "the store does not answer within 5 s"
        return ""

    def ask_to_stop(self) -> None:
        self._stop.set()

    async def run(self) -> int:
        """Until asked to stop. Returns 0, or 1 when a part of the work died (its error is logged). Raises what makes it
        impossible to begin, such as UnusableDatabaseError."""
        self._hook_signals()
        try:
            if self._parts.web:
                await self._parts.web.start()  # it says why the work has not begun
                _log.info("listens", port=self._parts.web.port)
            if not await self._begin():
                return 0
            fetching = asyncio.create_task(self._parts.fetcher.run(), name="fetch")
            tasks = [fetching, *self.labour.start()]
            tasks.append(asyncio.create_task(self._prove_life(), name="watchdog"))
            notify(f"READY=1\nSTATUS=Watching {self._enabled()} sources")
            _log.info("ready", sources=self._enabled(), port=self._parts.web.port if self._parts.web else None)
            return await self._until_stopped(tasks)
        finally:
            for number in self._hooked:
                asyncio.get_running_loop().remove_signal_handler(number)
            if self._parts.web:
                await self._parts.web.stop()
            await self.labour.leave()
            await self._parts.close()

    async def _begin(self) -> bool:
        """Unless asked to stop before: the work may have to wait long for others to end theirs."""
        stop = asyncio.create_task(self._stop.wait(), name="stop")
        beginning = asyncio.create_task(self._first(), name="begin")
        await asyncio.wait([stop, beginning], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not beginning.done():
            beginning.cancel()
            await asyncio.gather(beginning, return_exceptions=True)
            return False
        await beginning
        self._watch()
        self._begun = True
        return True

    async def _first(self) -> None:
        if self._parts.web:
            await self._answered(self._parts.web.greet)
        await self._answered(self.labour.begin)
        await self._answered(lambda: self._parts.upkeep(self._now()))

    async def _answered(self, work: Callable[[], Awaitable[None]]) -> None:
        """That work, once the store answers: it may have gone away again since it was opened. Raises
        UnusableDatabaseError: waiting will not help."""
        while True:
            try:
                await work()
                return
            except UnusableDatabaseError:
                raise
            except UnavailableError as error:
                _log.warning("waits_for_the_store", error=str(error))
                notify(f"EXTEND_TIMEOUT_USEC={MINUTE * 1e6:.0f}\nSTATUS=Waits: {error}")
                await asyncio.sleep(PATIENCE)

    async def once(self) -> None:
        """One round (`Solo.once`)."""
        assert isinstance(self.labour, Solo), "several daemons share their rounds"
        fetching = asyncio.create_task(self._parts.fetcher.run(), name="fetch")
        try:
            await self.labour.once()
        finally:
            await self._parts.fetcher.stop()
            await fetching
            await self._parts.close()

    def _watch(self) -> None:
        self.labour.watch()
        if self._parts.subscriptions:
            self._parts.subscriptions.configure(self._parts.sources)

    def _enabled(self) -> int:
        return sum(source.enabled for source in self._parts.sources.values())

    async def _prove_life(self) -> None:
        """Tell the supervisor that we live: only while every loop beats and the event loop turns."""
        every = self._parts.watchdog / 3 or MINUTE
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
        self.labour.stop()
        await self._parts.fetcher.stop()
        in_hand = [*tasks[:-1], *self.labour.in_hand()]
        _, late = await asyncio.wait(in_hand, timeout=STOP_WITHIN)
        for task in [*late, tasks[-1], stop]:
            task.cancel()
        await asyncio.gather(*in_hand, tasks[-1], stop, return_exceptions=True)
        _log.info("stopped", unfinished=sorted(task.get_name() for task in late))
        return 1 if died else 0
