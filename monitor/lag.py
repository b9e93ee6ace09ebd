"""How late the event loop is: a timer that says by how much it came too late."""

import asyncio
from collections.abc import Callable

EVERY = 1.0  # seconds


class Lag:
    """Tells `heard` the lag in seconds, once a second from `start` to `stop`."""

    def __init__(self, heard: Callable[[float], None]) -> None:
        self._heard = heard
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """In a running loop; a second start changes nothing."""
        if self._timer is None:
            self._wait(asyncio.get_running_loop())

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(EVERY, self._came, loop, loop.time() + EVERY)

    def _came(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._heard(max(loop.time() - due, 0.0))
        self._wait(loop)
