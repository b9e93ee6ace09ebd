"""The work of one daemon among several: duties over the same functions that a daemon alone has as loops (`solo`)."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from monitor.cluster.crew import BEAT, Crew
from monitor.cluster.duties import Duty, Role, Work
from monitor.cluster.peers import Peers
from monitor.cluster.polling import Poller, another
from monitor.loops import Heart, Loop
from monitor.page_fetches import PageFetches
from monitor.parts import MINUTE, TICK, Parts, Turn
from monitor.store.rota import SqlRota
from monitor.systemd import notify


class Shift:
    """What a daemon of a crew does: the duties of its roles, and what each daemon does for itself."""

    def __init__(self, parts: Parts, heart: Heart, now: Callable[[], datetime], crew: Crew, rota: SqlRota) -> None:
        self._parts, self._heart, self._now, self._crew, self._rota = parts, heart, now, crew, rota
        peers = Peers(lambda: crew.members.alive(), lambda: crew.holder, now)
        self.poller = Poller(parts.fetcher, parts.inbox, rota, parts.meter, heart, now, parts.manner, peers)
        self.fetches = PageFetches(
            parts.fetcher, parts.inbox, heart, parts.manner.at_once, lambda: None, lambda: None
        )  # rows wake who is to read them
        crew.engine.watched_by(heart)
        crew.troubles = heart.checks
        self.loops = [
            Loop("membership", crew.beat, heart, pause=BEAT, limit=2 * MINUTE),
            Loop("calendar", self._tick, heart, pause=TICK, limit=5 * MINUTE),
            # What the desk adds to the parts for these is there when the loops begin.
            Loop("shared", self._shared, heart, pause=BEAT, limit=5 * MINUTE),
            Loop("own rounds", self._own, heart, pause=TICK, limit=5 * MINUTE),
        ]
        if parts.subscriptions and {Role.FETCH, Role.WEB} & set(crew.roles):  # who reads feeds hears of their hubs
            hubs = parts.subscriptions
            self.loops.append(Loop("hubs", hubs.step, heart, pause=TICK, bell=hubs.bell))

    async def begin(self) -> None:
        await self._crew.join(self.duties(), self._waits)
        self._heart.beat("membership")

    def _waits(self, why: str) -> None:
        """Somebody works here alone. The supervisor has patience while it is told so."""
        self._heart.trouble("membership", f"waits: {why}")
        notify(f"EXTEND_TIMEOUT_USEC={MINUTE * 1e6:.0f}\nSTATUS=Waits: {why}")

    def watch(self) -> None:
        self.poller.configure(self._parts.sources)
        self._crew.renewed()

    def due_now(self, source_id: str) -> bool:
        return self.poller.due_now(source_id)

    def start(self) -> Sequence[asyncio.Task[None]]:
        work = asyncio.create_task(self._crew.run(), name="duties")
        return [work, *(asyncio.create_task(loop.run(), name=loop.name) for loop in self.loops)]

    def stop(self) -> None:
        self._crew.stop()
        for loop in self.loops:
            loop.stop()

    def in_hand(self) -> Collection[asyncio.Task[None]]:
        return [*self.poller.in_hand.values(), *self.fetches.in_hand]

    async def leave(self) -> None:
        await self._crew.leave()

    def duties(self) -> Sequence[Duty]:
        """All that is shared, of every role."""
        parts = self._parts
        made = [
            Duty("poll", Role.FETCH, self.poller.poll, every=1, busy=True),
            Duty("pages", Role.FETCH, self._pages, every=5, busy=True),
            Duty("stir", Role.FETCH, self.poller.stir, every=30),
            # One step may understand two thousand entries, which takes minutes on a slow machine.
            Duty("understand", Role.UNDERSTAND, self._at(parts.pipeline.step), every=5, busy=True, limit=20 * MINUTE),
            Duty("calendar", Role.UNDERSTAND, self._pass, every=60, alone=True, limit=20 * MINUTE),
            Duty("deliver", Role.DELIVER, self._deliver, every=5, busy=True, at_once=parts.deliverers),
            Duty("recover", Role.DELIVER, self._recover, every=5),
        ]
        if parts.vigil:
            every = 60 * max(1, min(round(parts.vigil_every / 60), 5)) if parts.vigil_every >= 60 else 30
            made.append(Duty("health", Role.DELIVER, self._once(parts.vigil), every, alone=True, limit=20 * MINUTE))
        made += [
            Duty(name, Role.DELIVER, self._once(turn), every=30, alone=True) for name, turn in parts.rounds.items()
        ]
        return made

    # --- the duties' work

    def _at(self, turn: Turn) -> Work:
        async def work() -> bool:
            return await turn(self._now())

        return work

    def _once(self, turn: Turn) -> Work:
        """A round says whether there is mail, which its rows have told already."""

        async def work() -> bool:
            await turn(self._now())
            return False

        return work

    async def _pages(self) -> bool:
        if await self.poller.holds_off():
            return False
        room, now, lease = self.fetches.room, self._now(), self._parts.page_lease
        claims = await self._rota.claim_pages(now, lease, room, self.poller.manners) if room > 0 else ()
        self.fetches.start(claims)
        return await another(self.fetches.in_hand, bool(claims), self._rota.pages_free_at, now)

    async def _deliver(self) -> bool:
        return not await self.poller.holds_off(Role.DELIVER) and await self._parts.deliver(self._now())

    async def _pass(self) -> bool:
        if await self._parts.pipeline.tick(self._now()):
            await self._crew.engine.again("deliver")
        return False

    async def _recover(self) -> bool:
        if await self._parts.recover(self._now()):
            await self._crew.engine.again("deliver")
        return False

    async def _tick(self) -> bool:
        now = self._now()
        await self._parts.upkeep(now)
        if not any(self._heart.checks().values()):
            self._parts.meter.healthy(now)
        return False

    async def _shared(self) -> bool:
        return await self._parts.shared(self._now()) if self._parts.shared else False

    async def _own(self) -> bool:
        for turn in self._parts.own_rounds:
            await turn(self._now())
        return False
