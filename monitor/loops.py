"""Loops that work until told to stop, and the heartbeats that prove they do."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

from monitor.domain.errors import UnavailableError
from monitor.logs import log

_log = log("loops")
_LONGEST_PAUSE = 30.0  # seconds between tries while the store does not answer


class Bell:
    """Wakes a loop that waits for work; ringing it before anybody waits is not lost."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Until the bell rings or `seconds` have passed."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), seconds)
        self._event.clear()


class Heart:
    """When each loop last beat, against how long it may be silent (seconds, monotonic)."""

    def __init__(self) -> None:
        self._limits: dict[str, float] = {}
        self._beats: dict[str, float] = {}
        self._troubles: dict[str, str] = {}
        self._unbeaten: set[str] = set()

    def expect(self, name: str, limit: float) -> None:
        self._limits[name] = limit
        self.beat(name)
        self._unbeaten.add(name)

    def beat(self, name: str) -> None:
        self._beats[name] = monotonic()
        self._troubles.pop(name, None)
        self._unbeaten.discard(name)

    def trouble(self, name: str, text: str) -> None:
        """The loop lives but cannot work: it is not ready, and not to be killed for it either."""
        self._beats[name] = monotonic()
        self._troubles[name] = text

    def stalled(self) -> dict[str, str]:
        """Loops that have been silent for longer than they may, with how long."""
        now = monotonic()
        return {
            name: f"silent for {now - self._beats[name]:.0f} s"
            for name, limit in self._limits.items()
            if now - self._beats[name] > limit
        }

    def checks(self) -> Mapping[str, str]:
        """Every loop with what is wrong with it, or an empty text."""
        return dict.fromkeys(self._limits, "") | self._troubles | self.stalled()

    def cycle(self) -> Mapping[str, str]:
        """The same, and a loop that has not come round since the start is not well yet."""
        wrong = {name: text for name, text in self.checks().items() if text}
        return dict.fromkeys(self._unbeaten, "has not come round yet") | wrong


class Loop:
    """One loop: `work` is called again and again; it answers True when there may be more to do at once.

    Idle, it waits for its bell or `pause` seconds. What does not answer (the store) is waited for, longer each time.
    Any other exception leaves the loop, since a daemon with a dead limb must not look alive.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], Awaitable[bool]],
        heart: Heart,
        pause: float,
        limit: float = 120.0,
        bell: Bell | None = None,
    ) -> None:
        self.name, self.bell = name, bell or Bell()
        self._work, self._heart, self._pause = work, heart, pause
        self._stopping = False
        heart.expect(name, limit)

    async def run(self) -> None:
        refused = 0
        while not self._stopping:
            try:
                more = await self._work()
            except UnavailableError as error:
                refused += 1
                self._heart.trouble(self.name, f"waits: {error}")
                _log.error("unavailable", loop=self.name, error=str(error), tries=refused)
                await self.bell.wait(min(2.0 ** min(refused, 10), _LONGEST_PAUSE))
                continue
            refused = 0
            self._heart.beat(self.name)
            if not more and not self._stopping:
                await self.bell.wait(self._pause)

    def stop(self) -> None:
        """No new work; what is in hand is finished."""
        self._stopping = True
        self.bell.ring()


async def everything(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """All of it, also when some fails; then the first error is raised."""
    for error in await asyncio.gather(*work, return_exceptions=True):
        if error is not None:
            raise error
