"""What wiring hands to a daemon, and what does a daemon's work: alone (`solo`) or among others (`cluster.shift`)."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from monitor.domain.sources import Source
from monitor.lookout import Manner
from monitor.pipeline import Pipeline
from monitor.ports import Fetcher, Inbox, Meter
from monitor.subscriptions import Subscriptions

TICK = 30.0  # seconds between looks at the calendar, the leases and the gauges
MINUTE = 60.0

Turn = Callable[[datetime], Awaitable[bool]]
"""Work at a moment; True when there may be more, or mail."""


class Web(Protocol):
    """A listener with a beginning and an end; `greet` tells people that it is there. Raises UnavailableError."""

    port: int

    async def start(self) -> None: ...
    async def greet(self) -> None: ...
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
    vigil: Turn | None = None  # look after the sources' health
    vigil_every: float = 5 * MINUTE
    rounds: Mapping[str, Turn] = field(default_factory=dict)  # what time alone asks for; True: there is mail
    own_rounds: Sequence[Turn] = ()  # what each of several daemons does for itself
    shared: Turn | None = None  # take what others changed that all go by
    deliverers: int = 4
    watchdog: float = 0.0  # seconds between proofs of life; 0 without a supervisor


class Labour(Protocol):
    """Who does a daemon's work."""

    async def begin(self) -> None:
        """Remember what the store knows. Nothing is done yet."""

    def watch(self) -> None:
        """The sources are others now."""

    def due_now(self, source_id: str) -> bool:
        """Somebody says that the source has news; False for one not watched."""

    def start(self) -> Sequence[asyncio.Task[None]]:
        """The work, as tasks that end after `stop` alone; one that ends sooner has died."""

    def stop(self) -> None:
        """No new work; what is in hand is finished."""

    def in_hand(self) -> Collection[asyncio.Task[None]]:
        """Work under way beside the tasks."""

    async def leave(self) -> None:
        """All is done or given up."""
