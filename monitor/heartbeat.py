"""A dead man's switch: an outside check hears from us while all is well, and raises the alarm when it hears nothing.

Whoever keeps the check (Healthchecks and its like) knows what we cannot: that we are gone. So nothing is said for us
that is not true of the whole: every loop has come round, the store answers, and no message waits for long.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from monitor.asides import aside
from monitor.config.telling import HeartbeatSettings
from monitor.domain.alerts import Attempt, AttemptClass
from monitor.logs import log
from monitor.notify.egress import Egress, classed

YOUNG = timedelta(minutes=10)  # a message that has been due for longer is not on its way
TIMEOUT = 10.0  # seconds of one ping

_log = log("heartbeat")


class Pulse(Protocol):
    """Where it is counted."""

    def pinged(self, at: datetime) -> None: ...
    def ping_failed(self) -> None: ...


class Heartbeat:
    """`asked` gives the settings as they are now (without an address nobody is told), `health` every part of us with
    what is wrong with it or an empty text, `oldest_due` since when the oldest message has been due."""

    def __init__(
        self,
        asked: Callable[[], HeartbeatSettings],
        health: Callable[[], Awaitable[Mapping[str, str]]],
        oldest_due: Callable[[datetime], Awaitable[datetime | None]],
        pulse: Pulse,
        allow_private: bool = False,
    ) -> None:
        self._asked, self._health, self._oldest_due, self._pulse = asked, health, oldest_due, pulse
        self._egress = Egress(TIMEOUT, allow_private, longest=256)
        self._last: datetime | None = None
        self._withheld = ""
        self.ping: asyncio.Task[None] | None = None  # the one under way, or the last

    async def step(self, now: datetime) -> bool:
        """Ping when it is time and all is well; nobody waits for the answer. Raises UnavailableError."""
        asked = self._asked()
        url, every = asked.url.get_secret_value(), asked.every
        if not url or (self.ping is not None and not self.ping.done()):
            return False
        if self._last is not None and self._last <= now < self._last + every:
            return False
        trouble = await self._trouble(now)
        if trouble != self._withheld:
            self._withheld = trouble
            if trouble and self._last is not None:
                _log.warning("heartbeat_withheld", why=trouble)
            else:  # at the start nothing has come round yet
                _log.info("heartbeat_waits" if trouble else "heartbeat_goes_on", why=trouble)
        if not trouble:
            self.ping = aside(self._send(url, now), "heartbeat")
        return False

    async def _trouble(self, now: datetime) -> str:
        wrong = [f"{part}: {text}" for part, text in (await self._health()).items() if text]
        due = await self._oldest_due(now)
        if due is not None and now - due >= YOUNG:
            wrong.append(f"a message has been due since {due:%Y-%m-%d %H:%M}")
        return "; ".join(wrong)

    async def _send(self, url: str, now: datetime) -> None:
        end = await self._egress.post(url, b"", {"User-Agent": "Sellerwatch"})
        attempt: Attempt = end if isinstance(end, Attempt) else classed(end, "the outside check")
        if attempt.result is AttemptClass.OK:
            self._last = now
            self._pulse.pinged(now)
        else:  # the next round tries again
            self._pulse.ping_failed()
            _log.warning("heartbeat_failed", code=attempt.code, error=attempt.detail)
