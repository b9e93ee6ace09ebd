"""Looks at sources when they are due: what is known of each, how often it is looked at, and the looks in hand."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from monitor.domain.harvests import Harvest
from monitor.domain.incidents import Incident
from monitor.domain.rhythm import Rhythm, Tempo, is_stirred, rhythm, stirring, tempo
from monitor.domain.sources import Source, SourceState, is_due, remembered
from monitor.logs import log
from monitor.looking import Looking, OurLine
from monitor.loops import Bell, Heart
from monitor.ports import Fetcher, Inbox, Meter
from monitor.schedule import GRAIN, Schedule

_log = log("lookout")

RELOOK = timedelta(minutes=5)  # after a look that could not be kept
STEP = timedelta(seconds=1)  # by which a clock may go back without anybody noticing
LONGEST_SPREAD = 300.0  # seconds over which many first looks are spread


async def _nothing_read(source_id: str) -> Harvest | None:
    return None


async def _no_incidents(now: datetime) -> Sequence[Incident]:
    return ()


@dataclass(frozen=True, slots=True)
class Manner:
    """How looks are made. `harvest` and `incidents` tell what bends the rhythm; `heard` is told what each reading
    declared, `rest` gives the seconds for which a host rests between two looks."""

    at_once: int = 32
    per_host: int = 2
    least: timedelta = timedelta(seconds=1)  # between two looks at one source, whatever happens
    spread: float = 0.1  # seconds for each source beyond `at_once` that is due at the start
    rest: Callable[[str], float] = lambda host: 0.0
    harvest: Callable[[str], Awaitable[Harvest | None]] = _nothing_read
    harvests: Callable[[], Awaitable[Mapping[str, Harvest]]] | None = None  # all of them at once, at the start
    incidents: Callable[[datetime], Awaitable[Sequence[Incident]]] = _no_incidents
    heard: Callable[[Source, Harvest], None] = lambda source, harvest: None

    def window(self, due: int) -> float:
        """Seconds over which the looks at so many sources that are due at once are spread."""
        return min(max(due - self.at_once, 0) * self.spread, LONGEST_SPREAD)


class Lookout:
    """`bell` wakes the loop that calls `poll`, `came` is called when a capture lies in the inbox."""

    def __init__(
        self,
        fetcher: Fetcher,
        inbox: Inbox,
        meter: Meter,
        heart: Heart,
        now: Callable[[], datetime],
        came: Callable[[], None],
        manner: Manner,
    ) -> None:
        self._looking = Looking(fetcher, meter, heart)
        self._inbox, self._heart = inbox, heart
        self._now, self._came, self._manner = now, came, manner
        self._latest = self._began = now()
        self._sources: Mapping[str, Source] = {}
        self._states: dict[str, SourceState] = {}
        self._tempos: dict[str, Tempo] = {}
        self._harvests: dict[str, Harvest] | None = None  # as they were at the start, until each first look
        self._unread: set[str] = set()  # what their last look brought was read since, so their tempo is another
        self._stirring: frozenset[str] = frozenset()
        self._line = OurLine()
        self._schedule = Schedule(manner.per_host, manner.rest)
        self._random = random.Random()  # noqa: S311 - spreads the load, guards nothing
        self._alarm: asyncio.TimerHandle | None = None
        self.bell = Bell()
        self.in_hand: dict[str, asyncio.Task[None]] = {}

    async def begin(self) -> None:
        """Remember what the store knows; `configure` plans the looks."""
        self._states = dict(await self._inbox.sources())
        self._line.remember(self._states.values())
        if self._manner.harvests is not None:
            self._harvests = dict(await self._manner.harvests())
        self._stirring = stirring(await self._manner.incidents(self._now()), self._now())

    def configure(self, sources: Mapping[str, Source]) -> None:
        """Watch these sources from now on; when many of them are due at once, their looks are spread."""
        self._sources = sources
        now = self._now()
        times: dict[str, datetime] = {}
        due = []
        for source in sources.values():
            state = self._state(source)
            if not source.enabled or state.retired:
                continue
            times[source.id] = state.next_look_at
            if is_due(state, source.every, now):
                due.append(source.id)
        window = self._manner.window(len(due))
        for id in due:
            times[id] = now + timedelta(
                seconds=window * self._random.random() - GRAIN
            )  # at once, not at the next grain
        self._schedule.plan((id, _host(sources[id].url), at.timestamp()) for id, at in times.items())
        self.bell.ring()

    async def poll(self) -> bool:
        """Start a look at every source that is due, as many at once as the manner allows."""
        now = self._now()
        if now < self._latest - STEP:  # the clock was set back: what was planned by the wrong one is planned again
            self.configure(self._sources)
            self._latest = now
        self._latest = max(self._latest, now)
        for id in self._schedule.take(now.timestamp(), self._manner.at_once - len(self.in_hand)):
            source = self._sources[id]
            task = asyncio.create_task(self.look(source), name=f"look {id}")
            self.in_hand[id] = task
            task.add_done_callback(partial(self._looked, source))
        self._set_alarm(now)
        return False

    def _set_alarm(self, now: datetime) -> None:
        """The loop polls once a second; what is due earlier rings."""
        if self._alarm is not None:
            self._alarm.cancel()
        soon = self._schedule.next_at()
        wait = 0.0 if soon is None else soon - now.timestamp()
        self._alarm = asyncio.get_running_loop().call_later(wait, self.bell.ring) if 0 < wait < 1 else None

    async def look(self, source: Source) -> None:
        """One look, kept with what follows from it."""
        beat = partial(self._rhythm, source)
        look, new, capture = await self._looking.look(source, self._state(source), beat, self._inbox.looked)
        self._states[source.id] = new
        self._ask_again(self._line.looked(look, new, len(self._sources)), look.at)
        if capture:
            self._unread.add(source.id)
            self._came()

    def _ask_again(self, back: frozenset[str], at: datetime) -> None:
        for id in back & self._sources.keys():
            self._schedule.hasten(id, at.timestamp() + self._manner.spread * len(back) * self._random.random())
        if back:
            self.bell.ring()

    async def tick(self, now: datetime) -> None:
        """Notice the platforms on which an incident began to move: their sources are looked at sooner from now on."""
        before, self._stirring = self._stirring, stirring(await self._manner.incidents(now), now)
        if fresh := self._stirring - before:
            for source in self._sources.values():
                if is_stirred(source, fresh):
                    state = self._state(source)
                    if not state.failures and state.last_look_at:  # what fails keeps its backoff
                        every = self._beat(source, state.max_age).every
                        self._schedule.hasten(source.id, (state.last_look_at + every).timestamp())
            self.bell.ring()

    def due_now(self, source_id: str) -> bool:
        """Somebody says that the source has news: look as soon as `least` allows. False for one not watched."""
        source = self._sources.get(source_id)
        if source is None or not source.enabled:
            return False
        state, now = self._state(source), self._now()
        soonest = state.last_look_at + self._manner.least if state.last_look_at else now
        if not state.failures:
            self._schedule.hasten(source_id, max(now.timestamp() - GRAIN, soonest.timestamp()))
            self.bell.ring()
        return True

    def _state(self, source: Source) -> SourceState:
        return remembered(source, self._states.get(source.id), self._began)

    async def _rhythm(self, source: Source, max_age: timedelta | None) -> Rhythm:
        unread = source.id in self._unread
        if unread or source.id not in self._tempos:
            if unread or self._harvests is None:
                harvest = await self._manner.harvest(source.id)
            else:
                harvest = self._harvests.pop(source.id, None)
            self._unread.discard(source.id)
            self._tempos[source.id] = tempo(harvest)
            if harvest is not None:
                self._manner.heard(source, harvest)
        return self._beat(source, max_age)

    def _beat(self, source: Source, max_age: timedelta | None) -> Rhythm:
        known, stirred = self._tempos.get(source.id, Tempo()), is_stirred(source, self._stirring)
        return rhythm(source, known, max_age, stirred, self._manner.least)

    def _looked(self, source: Source, task: asyncio.Task[None]) -> None:
        self.in_hand.pop(source.id, None)
        now = self._now()
        self._schedule.done(source.id, now.timestamp())
        if not task.cancelled() and (error := task.exception()):
            # Its validators stay as they were, so that the same bytes come again; but the site is not to be hammered.
            self._states[source.id] = replace(self._state(source), next_look_at=now + min(source.every, RELOOK))
            self._heart.trouble("looks", str(error))
            _log.error("not_kept", what="looks", error=error)
        current = self._sources.get(source.id)
        if current is not None:
            state = self._state(current)
            if not state.retired:
                self._schedule.put(source.id, state.next_look_at.timestamp())
        self.bell.ring()


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
