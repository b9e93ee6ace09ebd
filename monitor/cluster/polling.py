"""Looks at sources that daemons share: whoever has room takes what is due, at one pace for all of them.

The embedded daemon plans its looks in memory (`monitor.lookout`); here rows are the plan (`monitor.store.rota`).
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from monitor.domain.errors import ConflictError, UnavailableError
from monitor.domain.harvests import Harvest
from monitor.domain.rhythm import Rhythm, is_stirred, rhythm, stirring, tempo
from monitor.domain.sources import Source, is_due, remembered
from monitor.logs import log
from monitor.looking import Looking, OurLine
from monitor.lookout import RELOOK, Manner
from monitor.loops import Heart
from monitor.ports import Fetcher, Inbox, Meter
from monitor.store.inbox_rows import host_of
from monitor.store.rota import Manners, Planted, Poll, SqlRota

_log = log("polling")

LEASE = timedelta(seconds=90)  # of a look: longer than any, since its end means a dead daemon
MARGIN = timedelta(seconds=45)  # before a lease's end no look begins any more: it may take so long
AGAIN = 1.0  # seconds at most between two claims while looks are in hand
GATHER = 0.1  # seconds for which what ends is gathered before the next claim
NOT_OURS = timedelta(minutes=5)  # until somebody asks again about a source that this daemon does not know
REPLANT = timedelta(hours=6)  # between two words that our sources are watched still


async def another(
    in_hand: Collection[asyncio.Task[None]],
    claimed: bool,
    free_at: Callable[[datetime], Awaitable[datetime | None]],
    now: datetime,
) -> bool:
    """Wait until it may be worth while to claim once more, for a moment at most; False when nothing is to be had."""
    if in_hand:  # what ends makes room, here and at its host
        await asyncio.wait(in_hand, timeout=AGAIN, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(GATHER)  # a claim costs as much for one as for many
        return True
    if not claimed and (soonest := await free_at(now)) and soonest > now:
        await asyncio.sleep(min((soonest - now).total_seconds(), AGAIN))
        return True
    return claimed


class Poller:
    """The looks of one daemon. `poll` is a duty: it claims what is due until nothing is, or the room is full."""

    def __init__(
        self,
        fetcher: Fetcher,
        inbox: Inbox,
        rota: SqlRota,
        meter: Meter,
        heart: Heart,
        now: Callable[[], datetime],
        manner: Manner,
    ) -> None:
        self._looking = Looking(fetcher, meter, heart)
        self._inbox, self._rota, self._heart, self._now, self._manner = inbox, rota, heart, now, manner
        self._sources: Mapping[str, Source] = {}
        self._planted: datetime | None = None
        self._stirring: frozenset[str] = frozenset()
        self._line = OurLine()
        self._random = random.Random()  # noqa: S311 - spreads the load, guards nothing
        self.in_hand: dict[str, asyncio.Task[None]] = {}
        self._unkept: list[tuple[Poll, timedelta]] = []  # what could not be kept, and after what to look again
        self._asides: set[asyncio.Task[None]] = set()

    @property
    def manners(self) -> Manners:
        """How all daemons together treat hosts."""
        return Manners(self._manner.per_host, lambda host: timedelta(seconds=self._manner.rest(host)))

    def configure(self, sources: Mapping[str, Source]) -> None:
        """Watch these from now on; the next `poll` tells the others."""
        self._sources, self._planted = sources, None

    async def poll(self) -> bool:
        """Start looks at what is due, as many as there is room for; True when there may be more."""
        now = self._now()
        if self._planted is None or now > self._planted + REPLANT:
            await self._plant(now)
        while self._unkept:
            unkept, wait = self._unkept[-1]
            await self._rota.release(unkept, now + wait)
            self._unkept.pop()
        room = self._manner.at_once - len(self.in_hand)
        polls = await self._rota.claim(now, LEASE, room, self.manners) if room > 0 else ()
        for poll in polls:
            task = asyncio.create_task(self._look(poll), name=f"look {poll.source_id}")
            self.in_hand[poll.source_id] = task
            task.add_done_callback(partial(self._looked, poll))
        return await another(self.in_hand.values(), bool(polls), self._rota.free_at, now)

    async def stir(self) -> bool:
        """Notice the platforms on which an incident began to move: their sources are looked at sooner from now on."""
        now = self._now()
        before, self._stirring = self._stirring, stirring(await self._manner.incidents(now), now)
        if fresh := self._stirring - before:
            moved = [source for source in self._sources.values() if source.enabled and is_stirred(source, fresh)]
            states = await self._inbox.sources() if moved else {}
            times: dict[str, datetime] = {}
            for source in moved:
                state = states.get(source.id)
                if state and state.last_look_at and not state.failures:  # what fails keeps its backoff
                    times[source.id] = (
                        state.last_look_at
                        + (await self._beat(source, await self._manner.harvest(source.id), state.max_age)).every
                    )
            await self._rota.hasten(times)
        return False

    def due_now(self, source_id: str) -> bool:
        """Somebody says that the source has news: look as soon as `least` allows. False for one not watched."""
        source = self._sources.get(source_id)
        if source is None or not source.enabled:
            return False
        self._aside(self._hasten(source_id), f"hasten {source_id}")
        return True

    async def _hasten(self, source_id: str) -> None:
        state, now = (await self._inbox.sources()).get(source_id), self._now()
        if state is None or not state.failures:
            soonest = state.last_look_at + self._manner.least if state and state.last_look_at else now
            await self._rota.hasten({source_id: max(now, soonest)})

    def _aside(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)

    async def _plant(self, now: datetime) -> None:
        """Tell the store what is watched; what nobody looked at yet is due at once, spread when it is much."""
        states = await self._inbox.sources()
        known = {source.id: remembered(source, states.get(source.id), now) for source in self._sources.values()}
        watched = [one for one in self._sources.values() if one.enabled and not known[one.id].retired]
        due = [one for one in watched if is_due(known[one.id], one.every, now)]
        window = self._manner.window(len(due))
        soon = {one.id: now + timedelta(seconds=window * self._random.random()) for one in due}
        await self._rota.plant(
            [Planted(one.id, host_of(one.url), soon.get(one.id, known[one.id].next_look_at)) for one in watched], now
        )
        moved = [one.id for one in watched if one.id in states and states[one.id].url not in {"", one.url}]
        await self._rota.hasten(dict.fromkeys(moved, now))  # it has another address now
        self._planted = now

    async def _look(self, poll: Poll) -> None:
        source = self._sources.get(poll.source_id)
        now = self._now()
        if source is None or not source.enabled:
            await self._rota.release(poll, now + NOT_OURS)
            return
        state = remembered(source, poll.state, now)
        if state.retired:
            await self._rota.release(poll, now + timedelta(days=1))
            return
        if now > poll.until - MARGIN:  # this daemon slept: the look may be another's by now
            await self._rota.release(poll, now)
            return
        keep = partial(self._inbox.looked, token=poll.token)
        look, new, _ = await self._looking.look(source, state, partial(self._beat, source, poll.harvest), keep)
        back = self._line.looked(look, new, len(self._sources))
        within = self._manner.spread * len(back)
        await self._rota.hasten({id: look.at + timedelta(seconds=within * self._random.random()) for id in back})

    async def _beat(self, source: Source, harvest: Harvest | None, max_age: timedelta | None) -> Rhythm:
        if harvest is not None:
            self._manner.heard(source, harvest)
        return rhythm(source, tempo(harvest), max_age, is_stirred(source, self._stirring), self._manner.least)

    def _looked(self, poll: Poll, task: asyncio.Task[None]) -> None:
        self.in_hand.pop(poll.source_id, None)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, ConflictError):
            _log.info("taken_over", source=poll.source_id, detail=str(error))
            return
        self._heart.trouble("looks", str(error))
        _log.error("not_kept", what="looks", error=error)
        source = self._sources.get(poll.source_id)
        wait = min(source.every, RELOOK) if source and not isinstance(error, UnavailableError) else timedelta(0)
        self._unkept.append((poll, wait))  # given back as soon as the store answers
