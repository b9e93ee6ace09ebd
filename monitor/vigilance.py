"""Watches the watchers: how every source stands, who is told of those that went blind, and where they may be now."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from monitor.deciding import Watch
from monitor.domain.health import Health, health
from monitor.domain.operations import addressed
from monitor.domain.sources import Source, remembered
from monitor.domain.vigils import Find, Vigil, attend, to_seek
from monitor.logs import log
from monitor.ports import Inbox, Ledger, Vigils
from monitor.steps import Step

_log = log("vigilance")


class Gauges(Protocol):
    """Where it is shown."""

    def show_health(self, healths: Iterable[Health]) -> None: ...


async def healths_of(
    sources: Mapping[str, Source], inbox: Inbox, ledger: Ledger, now: datetime
) -> Mapping[str, Health]:
    """How each source stands, by what the store remembers of it."""
    states, harvests = await inbox.sources(), await ledger.harvests()
    return {
        id: health(source, remembered(source, states.get(id), now) if id in states else None, harvests.get(id), now)
        for id, source in sources.items()
    }


class Vigilance:
    """`watch` gives the configuration as it is now; `seek` looks for a source on its own site."""

    def __init__(
        self,
        inbox: Inbox,
        ledger: Ledger,
        vigils: Vigils,
        gauges: Gauges,
        watch: Callable[[], Watch],
        seek: Callable[[Source, str, datetime], Awaitable[Find | None]],
    ) -> None:
        self._inbox, self._ledger, self._vigils, self._gauges = inbox, ledger, vigils, gauges
        self._watch, self._seek = watch, seek

    async def step(self, now: datetime) -> bool:
        """Look after everybody once, tell what is to be told, and seek one lost source; True when more are to seek.

        What is told and that it was told are kept in one transaction: a crash neither loses a notice nor repeats it.
        Raises UnavailableError.
        """
        watch = self._watch()
        healths = await healths_of(watch.sources, self._inbox, self._ledger, now)
        self._gauges.show_health(healths.values())
        vigils = dict(await self._vigils.vigils())
        verdict = attend(vigils, watch.sources, healths, now, watch.policy.blind_wait)
        if verdict.vigils:
            deliveries = addressed(verdict.notice, watch.targets, watch.policy) if verdict.notice else ()
            await self._ledger.keep(Step(at=now, vigils=verdict.vigils, deliveries=deliveries))
            vigils.update({vigil.source_id: vigil for vigil in verdict.vigils})
        if verdict.notice:
            fresh, known = len(verdict.notice.fresh), len(verdict.notice.known)
            _log.warning("sight_changed", fresh=fresh, blind=fresh + known, watched=verdict.notice.watched)
        lost = to_seek(vigils, watch.sources, healths, now)
        if lost:
            await self._look_for(watch.sources[lost[0]], vigils[lost[0]], now)
        return len(lost) > 1

    async def _look_for(self, source: Source, vigil: Vigil, now: datetime) -> None:
        state = (await self._inbox.sources()).get(source.id)
        find = await self._seek(source, state.moved_to or state.leads_to if state else "", now)
        _log.info("sought", source=source.id, found=find.url if find else "nothing")
        await self._ledger.keep(Step(at=now, vigils=[replace(vigil, sought_at=now, find=find)]))
