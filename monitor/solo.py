"""The work of a daemon that is alone on its database: loops that ring each other. No rules live here."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from monitor.domain.errors import SellerwatchError
from monitor.lookout import Lookout
from monitor.loops import Heart, Loop, everything
from monitor.page_fetches import PageFetches
from monitor.parts import MINUTE, TICK, Parts
from monitor.steps import Claim, WantedPage


class Solo:
    """The loops over the parts."""

    def __init__(self, parts: Parts, heart: Heart, now: Callable[[], datetime]) -> None:
        self._parts, self._heart, self._now = parts, heart, now
        # One step may understand two thousand entries, which takes minutes on a slow machine.
        self._path = Loop("path", self._step, heart, pause=5.0, limit=20 * MINUTE)
        self.lookout = Lookout(parts.fetcher, parts.inbox, parts.meter, heart, now, self._path.bell.ring, parts.manner)
        self._pages = Loop("pages", self._fetch_wanted, heart, pause=5.0)
        self.fetches = PageFetches(
            parts.fetcher, parts.inbox, heart, parts.manner.at_once, self._path.bell.ring, self._pages.bell.ring
        )
        # The first looks for what is due; it and the path wake the others, which spares the store idle questions.
        self._outbox = [
            Loop(f"deliver-{n}", self._deliver, heart, pause=TICK if n > 1 else 1.0, limit=5 * MINUTE)
            for n in range(1, parts.deliverers + 1)
        ]
        self.loops = [
            Loop("poll", self.lookout.poll, heart, pause=1.0, bell=self.lookout.bell),
            self._pages,
            self._path,
            Loop("calendar", self._tick, heart, pause=TICK, limit=5 * MINUTE),
            *self._outbox,
        ]
        if parts.vigil:
            self.loops.append(Loop("health", self._vigil, heart, pause=parts.vigil_every, limit=20 * MINUTE))
        if parts.rounds or parts.own_rounds:
            self.loops.append(Loop("rounds", self._round, heart, pause=TICK, limit=5 * MINUTE))
        if parts.subscriptions:
            hubs = parts.subscriptions
            self.loops.append(Loop("hubs", hubs.step, heart, pause=TICK, bell=hubs.bell))

    async def begin(self) -> None:
        await self._parts.recover(self._now())
        await self.lookout.begin()

    def watch(self) -> None:
        self.lookout.configure(self._parts.sources)

    def due_now(self, source_id: str) -> bool:
        return self.lookout.due_now(source_id)

    def start(self) -> Sequence[asyncio.Task[None]]:
        return [asyncio.create_task(loop.run(), name=loop.name) for loop in self.loops]

    def stop(self) -> None:
        for loop in self.loops:
            loop.stop()

    def in_hand(self) -> Collection[asyncio.Task[None]]:
        return [*self.lookout.in_hand.values(), *self.fetches.in_hand]

    async def leave(self) -> None:
        """Its lease is given up with the store."""

    async def once(self) -> None:
        """One round: every enabled source is looked at, all that came is understood, and what is due is delivered."""
        parts = self._parts
        await self.lookout.begin()
        await everything(self.lookout.look(source) for source in parts.sources.values() if source.enabled)
        await parts.pipeline.tick(self._now())
        while await self._step() or await self._wanted_now():
            pass
        if parts.vigil:
            await parts.vigil(self._now())
        for step in (*parts.own_rounds, *parts.rounds.values()):
            await step(self._now())
        while await parts.deliver(self._now()):
            pass

    async def _wanted_now(self) -> bool:
        claims = await self._claim_pages()
        await everything(self.fetches.fetch(claim) for claim in claims)
        return bool(claims)

    # --- the loops' work

    async def _claim_pages(self) -> Sequence[Claim[WantedPage]]:
        room = self.fetches.room
        return await self._parts.inbox.want_next(self._now(), self._parts.page_lease, room) if room > 0 else ()

    async def _fetch_wanted(self) -> bool:
        self.fetches.start(await self._claim_pages())
        return False

    async def _step(self) -> bool:
        worked = await self._parts.pipeline.step(self._now())
        if worked:
            self._pages.bell.ring()
            self._wake_outbox()
        return worked

    def _wake_outbox(self) -> None:
        for loop in self._outbox:
            loop.bell.ring()

    async def _tick(self) -> bool:
        now = self._now()
        await self._parts.upkeep(now)
        await self._parts.recover(now)
        await self.lookout.tick(now)
        if await self._parts.pipeline.tick(now):
            self._wake_outbox()
        if not any(self._heart.checks().values()):
            self._parts.meter.healthy(now)
        return False

    async def _vigil(self) -> bool:
        assert self._parts.vigil is not None
        more = await self._parts.vigil(self._now())
        self._wake_outbox()
        return more

    async def _round(self) -> bool:
        """One after the other; what fails in one keeps none of the others from its turn."""
        failed: list[Exception] = []
        for step in (*self._parts.own_rounds, *self._parts.rounds.values()):
            try:
                if await step(self._now()):
                    self._wake_outbox()
            except SellerwatchError as error:
                failed.append(error)
        if failed:
            raise failed[0]
        return False

    async def _deliver(self) -> bool:
        worked = await self._parts.deliver(self._now())
        if worked:
            self._wake_outbox()
        return worked
