"""What each of several daemons shows of all of them, so that Prometheus learns it from whichever lives."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from monitor.config import Config
from monitor.metrics import Metrics
from monitor.opened import Store
from monitor.store.crew_sight import SqlCrewSight
from monitor.vigilance import healths_of

if TYPE_CHECKING:
    from monitor.cluster.crew import Crew

HEALTH_EVERY = timedelta(minutes=2)  # it reads all that is known of all sources


class CrewGauges:
    """`crew` is None for a daemon alone, which does everything itself."""

    def __init__(self, store: Store, metrics: Metrics, crew: "Crew | None", settings: Callable[[], Config]) -> None:
        self._store, self._metrics, self._crew, self._settings = store, metrics, crew, settings
        self._rows = SqlCrewSight(store.database)
        self._health_at: datetime | None = None

    async def step(self, now: datetime) -> None:
        """Show it. The sources' health is found by one daemon at a time, and would be an old tale in the others."""
        off = self._crew.clock.off if self._crew else timedelta(0)
        self._metrics.show_crew(await self._rows.sight(now), off)
        if self._crew and (self._health_at is None or now >= self._health_at + HEALTH_EVERY):
            sources = {source.id: source for source in self._settings().sources}
            healths = await healths_of(sources, self._store.inbox, self._store.ledger, now)
            self._metrics.show_health(healths.values())
            self._health_at = now
