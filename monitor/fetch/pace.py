"""How long a host is left alone between two requests."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from weakref import WeakValueDictionary

LONGEST_DELAY = 60.0  # seconds: a Crawl-delay that asks for more would starve what we watch for
_REMEMBERED = 10_000  # hosts, before those that may be asked again are forgotten


class Paces:
    """Turns at each host, in order of asking. `gap` is what the operator wants for a host, in seconds; times are the
    loop's.
    """

    def __init__(self, gap: Callable[[str], float], closing: asyncio.Event) -> None:
        self._gap = gap
        self._closing = closing
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._free_at: dict[str, float] = {}
        self._delays: dict[str, float] = {}

    def gap(self, host: str) -> float:
        """Seconds from the start of one request to the next: the operator's or the host's wish, whichever is longer."""
        return max(self._gap(host), self._delays.get(host, 0.0))

    def wishes(self, host: str, crawl_delay: float | None) -> None:
        """What the host's robots.txt asks for now; it holds from the request that has just been made."""
        delay = min(max(crawl_delay or 0.0, 0.0), LONGEST_DELAY)
        if delay == self._delays.get(host, 0.0):
            return
        self._delays.pop(host, None)
        if delay:
            self._delays[host] = delay
            self.asked(host)

    def asked(self, host: str) -> None:
        """A request to the host starts now; redirected ones and robots.txt wait for nobody, but are waited for."""
        gap = self.gap(host)
        if not gap:
            return
        now = asyncio.get_running_loop().time()
        if len(self._free_at) >= _REMEMBERED:
            self._free_at = {name: at for name, at in self._free_at.items() if at > now}
        self._free_at[host] = max(self._free_at.get(host, 0.0), now + gap)

    async def place(self, host: str, places: asyncio.Semaphore) -> None:
        """Acquire one of the places when a request to the host may start, or at once when the door closes."""
        line = self._lines.setdefault(host, asyncio.Lock())
        loop = asyncio.get_running_loop()
        async with line:
            while (wait := self._free_at.get(host, 0.0) - loop.time()) > 0 and not self._closing.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), wait)
            await places.acquire()
            self.asked(host)
