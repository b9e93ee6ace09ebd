"""The harm that `cluster_kills.py` does: daemons are killed, frozen, stopped and cut off while they work."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic

import psycopg
from cluster_kills_daemons import Daemon, open_nursery
from cluster_kills_judge import Verdict, judge
from cluster_kills_world import World, open_world
from kills_sinks import open_sinks
from postgres import Postgres
from sqlalchemy.engine import make_url

from monitor.cluster.crew import TTL
from monitor.daemon import STOP_WITHIN

HOLDS = {
    "amid looks": "SELECT token FROM polls WHERE token LIKE %s",
    "amid reading": "SELECT token FROM captures WHERE token LIKE %s AND settled_at IS NULL",
    "amid sending": "SELECT token FROM deliveries WHERE token LIKE %s AND state = 'sending'",
}
WATCHED = 15.0  # seconds for which such a moment is waited for
BOOT = 180.0  # seconds that a daemon may take to be ready, beside those in which the machine did others' work
DRAIN = 600.0
STOP_MOST = STOP_WITHIN + 5.0  # seconds from SIGTERM to the end
FROZEN = 2 * TTL


@dataclass(frozen=True, slots=True)
class Plan:
    """How much harm is done."""

    kills: int = 100
    freezes: int = 6
    cuts: int = 20
    restarts: int = 10
    stops: int = 6
    sources: int = 120
    every: float = 60.0  # seconds between two looks at a source
    publish: float = 2.0  # seconds between two publications, on average
    seed: int = 1

    def acts(self, dice: random.Random) -> list[str]:
        """In the order in which it is done."""
        ways = ["at random", *HOLDS]
        acts = [ways[n % len(ways)] for n in range(self.kills)]
        acts += ["cut"] * self.cuts + ["restart"] * self.restarts
        acts += ["stop", "stop while away"] * (self.stops // 2)
        dice.shuffle(acts)
        for n in range(self.freezes):  # spread, since each takes as long as many others
            acts.insert((2 * n + 1) * len(acts) // (2 * self.freezes), "freeze")
        return acts


SHORT = Plan(kills=10, freezes=1, cuts=2, restarts=2, stops=2, sources=60, publish=4.0)


@dataclass
class Harm:
    """What was done, and what came of it at once."""

    done: Counter[str] = field(default_factory=Counter)
    stops: list[float] = field(default_factory=list)  # seconds that each took
    boots: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Trial:
    """The harm, done to daemons on one server."""

    def __init__(self, plan: Plan, server: Postgres, directory: Path, tick: Callable[[], None] = lambda: None) -> None:
        self._plan, self._server, self._directory, self._tick = plan, server, directory, tick
        self.world = World(plan.sources, timedelta(seconds=plan.every), plan.seed)
        self._dice = random.Random(plan.seed)
        self.url = server.empty()
        self.harm = Harm()
        self.daemons: list[Daemon] = []
        self._background: set[asyncio.Task[None]] = set()
        self.seconds = 0.0
        self.nobody: list[tuple[float, float]] = []  # from when until when no daemon could work (monotonic)
        self._away = False  # the database

    async def run(self) -> Verdict:
        """Harm, calm, and what came of it."""
        async with self.opened():
            began = monotonic()
            publishing = asyncio.create_task(self._publish())
            acts = self._plan.acts(self._dice)
            for number, act in enumerate(acts):
                if number == len(acts) // 2:
                    await self._add("three")
                await self._do(act)
                self._tick()
                await asyncio.sleep(self._dice.uniform(0.2, 3.0))
            await asyncio.gather(*self._background)
            publishing.cancel()
            with suppress(asyncio.CancelledError):
                await publishing
            self.world.finish()
            verdict = await self.calm()
            self.seconds = monotonic() - began
            await asyncio.gather(*(self.stop(one) for one in self.daemons))
        return verdict

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """The world, the sinks and two daemons that are ready; all end with it."""
        async with AsyncExitStack() as stack:
            self._sinks = await stack.enter_async_context(open_sinks())
            await stack.enter_async_context(open_world(self.world))
            self._nursery = await stack.enter_async_context(open_nursery())
            listening = asyncio.create_task(self._listen())
            try:
                for name in ("one", "two"):
                    await self._add(name)
                yield
            finally:
                for daemon in self.daemons:
                    await daemon.kill()
                listening.cancel()

    async def calm(self) -> Verdict:
        """All work on unharmed until nothing is left to do; what came of it."""
        await asyncio.gather(*(self.ready(one) for one in self.daemons))
        looked = monotonic()
        undrained = await self._drain(looked)
        late = self.world.lateness(looked, self.nobody)
        return await judge(self.url, self.world, self._sinks.received, late, undrained)

    # --- daemons

    async def _add(self, name: str) -> None:
        known = make_url(self.url)._replace(password=None).render_as_string(hide_password=False)
        self.world.configure(self._directory / name, known, self._sinks)
        daemon = Daemon(self._nursery, self._directory / name)
        self.daemons.append(daemon)
        await daemon.start()
        await self.ready(daemon)

    async def ready(self, daemon: Daemon) -> None:
        """Until it works. Raises TimeoutError, with its last words, when that takes too long."""
        while not daemon.ready.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(max(BOOT - daemon.awake, 1.0)):
                    await daemon.works()
            if not daemon.ready.is_set() and daemon.awake > BOOT:
                raise TimeoutError(f"{daemon.directory.name} is not ready: {await daemon.confess()}")

    async def _listen(self) -> None:
        """Hear what all say, and note when nobody can work."""
        last = monotonic()
        while True:
            now = monotonic()
            if self._away or not any(one.alive and one.ready.is_set() and not one.frozen for one in self.daemons):
                self.nobody.append((last, now))
            last = now
            for daemon in self.daemons:
                booting = not daemon.ready.is_set()
                daemon.listen()
                if booting and daemon.ready.is_set():
                    self.harm.boots.append(monotonic() - daemon.begun)
            await asyncio.sleep(0.05)

    async def _again(self, daemon: Daemon, expected: int) -> None:
        """It has ended as expected, and begins a new life."""
        code = await daemon.dies()
        daemon.listen()
        if code != expected:
            self.harm.wrong.append(f"a daemon ended with {code} and not with {expected}")
        await daemon.start()

    def _victim(self) -> Daemon:
        for daemon in self.daemons:
            if not daemon.alive:
                daemon.listen()
                last = "; ".join(daemon.lines)
                self.harm.wrong.append(f"{daemon.directory.name} ended by itself with {daemon.code}: {last}")
        return self._dice.choice([one for one in self.daemons if not one.frozen])

    # --- harm

    async def _do(self, act: str) -> None:
        victim = self._victim()
        if not victim.alive:
            await victim.start()
        elif act == "freeze":
            task = asyncio.create_task(self.freeze(victim))
            self._background.add(task)
        elif act == "cut":
            await asyncio.to_thread(self._server.disconnect_everyone, self.url)
        elif act == "restart":
            await self._restart()
        elif act == "stop":
            await self.ready(victim)
            await self.stop(victim)
            await victim.start()
        elif act == "stop while away":
            await self.ready(victim)
            stopping = asyncio.create_task(self.stop(victim))
            await self._restart()
            await stopping
            await victim.start()
        else:
            busy = await self.caught(HOLDS[act], self.daemons) if act in HOLDS else None
            act = act if busy else "at random"
            victim = busy or victim
            victim.send(signal.SIGKILL)
            await self._again(victim, -signal.SIGKILL)
        self.harm.done[act] += 1

    async def caught(self, query: str, daemons: Sequence[Daemon], within: float = WATCHED) -> Daemon | None:
        """The first of these that holds something of that kind; None when none does for so long."""
        with suppress(psycopg.Error, TimeoutError):
            async with asyncio.timeout(within):
                async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
                    while True:
                        found = await connection.execute(query, ["%"])
                        holders = {token.partition(".")[0] for (token,) in await found.fetchall()}
                        for daemon in daemons:
                            if daemon.alive and not daemon.frozen and daemon.holder in holders:
                                return daemon
                        await asyncio.sleep(0.005)
        return None

    async def freeze(self, daemon: Daemon) -> None:
        """For twice its lease; when it is killed before it works, in its next life."""
        while True:
            try:
                await self.ready(daemon)
                break
            except RuntimeError:
                await asyncio.sleep(0.1)
        daemon.frozen = True
        daemon.send(signal.SIGSTOP)
        await asyncio.sleep(FROZEN.total_seconds())
        daemon.send(signal.SIGCONT)
        daemon.frozen = False

    async def _restart(self) -> None:
        self._away = True
        await asyncio.to_thread(self._server.stop, self._dice.random() < 0.5)
        await asyncio.sleep(self._dice.uniform(0.5, 4.0))
        await asyncio.to_thread(self._server.start)
        self._away = False

    async def stop(self, daemon: Daemon) -> None:
        """As systemd does."""
        began = monotonic()
        daemon.send(signal.SIGTERM)
        try:
            async with asyncio.timeout(2 * STOP_MOST):
                code = await daemon.dies()
        except TimeoutError:
            self.harm.wrong.append(f"{daemon.directory.name} did not stop in {2 * STOP_MOST:.0f} s")
            await daemon.kill()
            return
        took = monotonic() - began
        self.harm.stops.append(took)
        if code or took > STOP_MOST:
            self.harm.wrong.append(f"{daemon.directory.name} stopped with {code} after {took:.0f} s")

    # --- news, and the end

    async def _publish(self) -> None:
        while True:
            self.world.publish()
            await asyncio.sleep(self._dice.expovariate(1 / self._plan.publish))

    async def _drain(self, since: float) -> list[str]:
        """Until every source was looked at since the last word and all that came is told; what is left after DRAIN."""
        left = ["nothing was asked"]
        until = monotonic() + DRAIN
        while left and monotonic() < until:
            await asyncio.sleep(1.0)
            left = [
                f"{id} was not looked at" for id in self.world.feeds if max(self.world.asked[id], default=0) < since
            ]
            with suppress(psycopg.Error):
                async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
                    for what, query in LEFT.items():
                        row = await (await connection.execute(query)).fetchone()
                        left += [f"{row[0]} {what}"] if row and row[0] else []
        return left


LEFT = {
    "captures are not read": "SELECT count(*) FROM captures WHERE due_at IS NOT NULL",
    "pages are not fetched": "SELECT count(*) FROM wanted_pages",
    "messages are not sent": "SELECT count(*) FROM deliveries WHERE state NOT IN ('sent', 'superseded', 'dead')",
}
