"""Shows what stands in the store: whenever somebody scrapes, and each half minute besides."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from time import perf_counter

from monitor.asides import aside
from monitor.cadence import Cadence
from monitor.census import Enumerator
from monitor.config import Config
from monitor.domain.resolution import kinship
from monitor.metrics import Metrics
from monitor.opened import Store
from monitor.valuing import Valuer

FRESH = 2.0  # seconds after a look within which a scrape asks for no other
PATIENCE = 1.0  # seconds that a scrape waits for one: a store that does not answer must not hide all else


class Gauging:
    """The gauges of one daemon's store; `settings` gives the configuration as it is now."""

    def __init__(self, store: Store, metrics: Metrics, settings: Callable[[], Config]) -> None:
        self._store, self._metrics, self._settings = store, metrics, settings
        self._valuer = Valuer(store.ledger, metrics.show_value_at_risk)
        self._enumerator = Enumerator(store.ledger, store.words, store.desk, metrics.show_census)
        self._counting, self._looking = Cadence(), asyncio.Lock()
        self._platforms: object = None
        self._fresh_until = 0.0
        self._task: asyncio.Task[None] | None = None

    async def look(self, now: datetime) -> None:
        """Count anew what is waiting, and what else has moved since the last look; one look after the other. Raises
        StoreUnavailableError."""
        async with self._looking:
            self._fresh_until = perf_counter() + FRESH
            waiting = await self._store.gauges.waiting()
            self._metrics.show(waiting.inbox, waiting.quarantined)
            self._metrics.show_outbox(await self._store.gauges.outbox(now))
            if self._counting.comes(waiting.mark):
                began = perf_counter()
                self._metrics.show_incidents(await self._store.ledger.open_events(now))
                self._counting.done(waiting.mark, began)
            known = self._settings()
            if known.platforms is not self._platforms:
                self._platforms, self._kin = known.platforms, kinship(known.platforms)
            await self._enumerator.step(known.sellers, now, self._kin, waiting.mark)
            await self._valuer.step(known.sellers, now, self._kin, waiting.mark)

    async def scraped(self, now: datetime) -> None:
        """Look before a scrape is answered, unless that was done a moment ago. What takes longer than PATIENCE is shown
        by the next scrape; what fails is logged, and what was known stays."""
        if self._task is None or self._task.done():
            if perf_counter() < self._fresh_until:
                return
            self._task = aside(self.look(now), "a look before a scrape")
        await asyncio.wait([self._task], timeout=PATIENCE)

    async def close(self) -> None:
        """Let go of a look that is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
