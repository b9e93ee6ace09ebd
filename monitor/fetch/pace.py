"""How long a host is left alone between two requests."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from monitor.domain.errors import UnavailableError
from monitor.ports import HostPace

LONGEST_DELAY = 60.0  # seconds: a Crawl-delay that asks for more would starve what we watch for
_REMEMBERED = 10_000  # hosts, before those that may be asked again are forgotten


class Paces:
    """Turns at each host, in order of asking. `gap` is what the operator wants for a host, in seconds; times are the
    loop's. With `shared`, whose times are `now`'s, other daemons keep to the same pace.
    """

    def __init__(
        self,
        gap: Callable[[str], float],
        closing: asyncio.Event,
        now: Callable[[], datetime],
        shared: HostPace | None = None,
    ) -> None:
        self._gap = gap
        self._closing = closing
        self._now, self._shared = now, shared
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._free_at: dict[str, float] = {}
        self._delays: dict[str, float] = {}

    def gap(self, host: str) -> float:
        """Seconds from the start of one request to the next: the operator's or the host's wish, whichever is longer."""
        return max(self._gap(host), self._delays.get(host, 0.0))

    def wishes(self, host: str, crawl_delay: float | None) -> None:
        """What the host's robots.txt asks for now; it holds from the request that has just been made."""
        delay = bearable(crawl_delay)
        if delay == self._delays.get(host, 0.0):
            return
        self._delays.pop(host, None)
        if delay:
            self._delays[host] = delay
            self.asked(host)

    async def starts(self, host: str) -> None:
        """A request to the host starts now; redirected ones and robots.txt wait for nobody, but are waited for."""
        self.asked(host)
        if self._shared and (gap := self.gap(host)):
            with suppress(UnavailableError):  # what this daemon knows of its own holds at any rate
                await self._shared.asked(host, timedelta(seconds=gap), self._now())

    def asked(self, host: str) -> None:
        """The same, as this daemon alone remembers it."""
        gap = self.gap(host)
        if not gap:
            return
        now = asyncio.get_running_loop().time()
        if len(self._free_at) >= _REMEMBERED:
            self._free_at = {name: at for name, at in self._free_at.items() if at > now}
        self._free_at[host] = max(self._free_at.get(host, 0.0), now + gap)

    async def place(self, host: str, places: asyncio.Semaphore) -> None:
        """Acquire one of the places when a request to the host may start, or at once when the door closes. Raises
        UnavailableError when nobody can say what the other daemons ask of the host."""
        line = self._lines.setdefault(host, asyncio.Lock())
        loop = asyncio.get_running_loop()
        async with line:
            while True:
                while (wait := self._free_at.get(host, 0.0) - loop.time()) > 0 and not self._closing.is_set():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._closing.wait(), wait)
                await places.acquire()
                try:
                    wait = await self._rests(host)
                except BaseException:
                    places.release()
                    raise
                if not wait:
                    break
                places.release()
                self._free_at[host] = loop.time() + wait
            self.asked(host)

    async def _rests(self, host: str) -> float:
        """For how many seconds still, since another daemon asked it; 0.0: it is our turn."""
        gap = self.gap(host)
        if self._shared is None or not gap or self._closing.is_set():
            return 0.0
        return (await self._shared.turn(host, timedelta(seconds=gap), self._now())).total_seconds()


def bearable(crawl_delay: float | None) -> float:
    """What is granted of a Crawl-delay, in seconds."""
    return min(max(crawl_delay or 0.0, 0.0), LONGEST_DELAY)
