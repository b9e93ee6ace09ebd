"""Looks at sources that daemons share: whoever has room takes what is due, at one pace for all of them.

The embedded daemon plans its looks in memory (`monitor.lookout`); here rows are the plan (`monitor.store.rota`).
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import partial

from monitor.asides import aside
from monitor.cluster.duties import Role
from monitor.cluster.line import Line, cut_off
from monitor.cluster.peers import LOOKS, Peers
from monitor.domain.errors import ConflictError, UnavailableError
from monitor.domain.harvests import Harvest
from monitor.domain.rhythm import Rhythm, is_stirred, rhythm, stirring, tempo
from monitor.domain.sources import Source, is_due, remembered
from monitor.logs import log
from monitor.looking import OURS, Looking
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
NOT_OURS = timedelta(minutes=5)  # until somebody asks again about a source that no daemon knows
MOST_UNKNOWN = 1_000  # sources of others that are passed over, before all are asked about anew
PROBE = timedelta(seconds=15)  # between two tries of a line that is down, while others look
SAMPLE = 16  # sources, the best of which is tried
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
        peers: Peers,
    ) -> None:
        self._looking, self._peers = Looking(fetcher, meter, heart), peers
        self._inbox, self._rota, self._heart, self._now, self._manner = inbox, rota, heart, now, manner
        self._sources: Mapping[str, Source] = {}
        self._planted: datetime | None = None
        self._stirring: frozenset[str] = frozenset()
        self._line, self._probed = Line(), now()
        self._unknown: set[str] = set()  # sources that others may know
        self._random = random.Random()  # noqa: S311 - spreads the load, guards nothing
        self.in_hand: dict[str, asyncio.Task[None]] = {}
        self._unkept: list[tuple[Poll, timedelta]] = []  # what could not be kept, and after what to look again

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
        if await self.holds_off():
            await self._probe(now)
            return False
        room = self._manner.at_once - len(self.in_hand)
        polls = await self._rota.claim(now, LEASE, room, self.manners, self._unknown) if room > 0 else ()
        for poll in polls:
            task = asyncio.create_task(self._look(poll), name=f"look {poll.source_id}")
            self.in_hand[poll.source_id] = task
            task.add_done_callback(partial(self._looked, poll))
        return await another(self.in_hand.values(), bool(polls), partial(self._rota.free_at, but=self._unknown), now)

    async def holds_off(self, role: Role = Role.FETCH) -> bool:
        """Whether our own line is down, and another's of that role is not: it reaches whom we cannot."""
        return self._line.down and await self._peers.reach(role)

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
        aside(self._hasten(source_id), f"hasten {source_id}")
        return True

    async def _hasten(self, source_id: str) -> None:
        state, now = (await self._rota.states([source_id])).get(source_id), self._now()
        if state is None or not state.failures:
            soonest = state.last_look_at + self._manner.least if state and state.last_look_at else now
            await self._rota.hasten({source_id: max(now, soonest)})

    async def _plant(self, now: datetime) -> None:
        """Tell the store what is watched; what nobody looked at yet is due at once, spread when it is much."""
        states = await self._inbox.sources()
        if self._planted is None:
            self._line.remember(states.values(), len(self._sources))
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
        self._unknown.clear()

    async def _look(self, poll: Poll) -> None:
        source = self._sources.get(poll.source_id)
        now = self._now()
        if source is None or not source.enabled:
            await self._leave(poll, now)
            return
        state = remembered(source, poll.state, now)
        if state.retired:
            await self._rota.release(poll, now + timedelta(days=1))
            return
        if now > poll.until - MARGIN:  # this daemon slept: the look may be another's by now
            await self._rota.release(poll, now)
            return
        look, capture = await self._looking.ask(source, state)
        well = not self._line.down
        back = self._line.looked(look, state, host_of(source.url))
        if look.reason in OURS and await self.holds_off():
            self._heart.trouble(LOOKS, self._why())
            await self._rota.release(poll, self._now())
            if well:  # and those before it, of which we knew no better
                await self._ask_again(self._line.since)
            return
        beat, keep = partial(self._beat, source, poll.harvest), partial(self._inbox.looked, token=poll.token)
        await self._looking.settle(source, state, look, capture, beat, keep)
        if self._line.down:
            self._heart.trouble(LOOKS, self._why())
            if await self.holds_off():  # it was noticed while this was kept
                await self._rota.hasten({source.id: self._now()})
        if back:
            await self._ask_again(back)

    async def _leave(self, poll: Poll, now: datetime) -> None:
        """Leave a source that we do not know to others, if there are any that may."""
        if not await self._peers.differ():
            await self._rota.release(poll, now + NOT_OURS)
            return
        if len(self._unknown) >= MOST_UNKNOWN:
            self._unknown.clear()
        self._unknown.add(poll.source_id)
        await self._rota.release(poll, now)

    async def _probe(self, now: datetime) -> None:
        """Try our line at a source that others find well, if there is any. What it says is theirs to keep."""
        if now < self._probed + PROBE:
            return
        ours = [one for one in self._sources.values() if one.enabled]
        tried = self._random.sample(ours, min(SAMPLE, len(ours)))
        seen = await self._rota.states([one.id for one in tried])
        states = [remembered(one, seen.get(one.id), now) for one in tried]
        if states := [one for one in states if not one.retired]:
            state = min(states, key=lambda one: (one.failures, one.last_success_at is None))
            source = self._sources[state.source_id]
            look, _ = await self._looking.ask(source, state)
            if back := self._line.looked(look, state, host_of(source.url)):
                self._heart.beat(LOOKS)
                await self._ask_again(back)
        self._probed = self._now()

    async def _ask_again(self, since: datetime) -> None:
        """Those that failed since then are looked at soon: it was not they who failed, and their backoff would leave us
        blind for hours."""
        ids = [state.source_id for state in cut_off((await self._inbox.sources()).values(), since)]
        now, within = self._now(), self._manner.spread * len(ids)
        await self._rota.hasten({id: now + timedelta(seconds=within * self._random.random()) for id in ids})
        _log.warning("asked_again", sources=len(ids), since=since, line="down" if self._line.down else "up")

    def _why(self) -> str:
        return f"our own line is down, as it seems: since {self._line.since:%H:%M:%S} UTC nobody answers"

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
