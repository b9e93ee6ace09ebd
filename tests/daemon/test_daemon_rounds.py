"""The daemon's loops over the store in memory: what is due is looked at, what came goes on, stops are clean."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import MemoryStore
from given import NOW

from monitor.daemon import Daemon, Parts
from monitor.domain.documents import Capture, digest
from monitor.domain.errors import FailureReason, SellerwatchError, StoreUnavailableError
from monitor.domain.sources import Authority, Look, Outcome, Source, SourceKind, SourceState
from monitor.pipeline import Pipeline


def a_source(id: str = "shop-news", **other) -> Source:
    return Source(
        id, id, f"https://{id}.example.com/feed", SourceKind.FEED, Authority.NEWS, id, timedelta(minutes=5), **other
    )


class Net:
    """Answers looks as told and remembers them."""

    def __init__(self, now) -> None:
        self.now = now
        self.looked: list[str] = []
        self.changed = asyncio.Condition()
        self.stopped = asyncio.Event()
        self.dead: Exception | None = None
        self.gone: set[str] = set()

    async def run(self) -> None:
        if self.dead:
            raise self.dead
        await self.stopped.wait()

    async def look(self, source: Source, state: SourceState) -> tuple[Look, Capture | None]:
        async with self.changed:
            self.looked.append(source.id)
            self.changed.notify_all()
        if source.id in self.gone:
            return Look(source.id, self.now(), Outcome.FAILED, 410, FailureReason.GONE), None
        body = f"look {len(self.looked)}".encode()
        capture = Capture(
            digest(source.id, body), source.id, source.url, self.now(), 200, "text/xml", body, digest(body)
        )
        return Look(source.id, self.now(), Outcome.OK, 200, body_hash=capture.body_hash), capture

    async def page(self, wanted_url: str, source_id: str, document_id: str) -> Capture:
        raise AssertionError("no page was wanted")

    async def stop(self) -> None:
        self.stopped.set()

    async def until(self, condition) -> None:
        async with self.changed:
            await asyncio.wait_for(self.changed.wait_for(condition), 10)


class Silent:
    """A meter of which only one thing is read."""

    def __init__(self) -> None:
        self.healthy_at = []

    def healthy(self, at) -> None:
        self.healthy_at.append(at)

    def __getattr__(self, name):
        return lambda *_: None


class Path:
    """Takes captures out of the inbox, as the pipeline would."""

    def __init__(self, store: MemoryStore) -> None:
        self.store, self.taken, self.ticks = store, [], 0
        self.failing: Exception | None = None

    async def step(self, now) -> bool:
        if self.failing:
            raise self.failing
        claim = await self.store.claim(now, timedelta(minutes=2))
        if claim:
            self.taken.append(claim.item)
        return claim is not None

    async def tick(self, now) -> int:
        self.ticks += 1
        return 0


class World:
    """One daemon and what it stands on."""

    def __init__(self, *sources: Source) -> None:
        self.now = NOW
        self.net, self.store, self.meter = Net(lambda: self.now), MemoryStore(), Silent()
        self.path, self.closed, self.fresh = Path(self.store), [], {}
        self.answers, self.reading = True, asyncio.Lock()  # held while a reload reads the configuration

        async def nothing(now) -> bool:
            return False

        async def ping() -> None:
            if not self.answers:
                raise StoreUnavailableError("the disk is full")

        async def close() -> None:
            self.closed.append(True)

        async def reload():
            async with self.reading:
                if isinstance(self.fresh, Exception):
                    raise self.fresh
                return self.fresh

        pipeline: Pipeline = self.path  # type: ignore[assignment]
        self.daemon = Daemon(
            Parts(
                fetcher=self.net, inbox=self.store, pipeline=pipeline, meter=self.meter, web=None,
                sources={s.id: s for s in sources}, deliver=nothing, recover=nothing, upkeep=nothing, ping=ping,
                reload=reload, close=close,
            ),
            self.tick,
        )  # fmt: skip

    def tick(self):
        """A clock that moves, as clocks do, between any two looks at it."""
        self.now += timedelta(microseconds=1)
        return self.now


async def test_every_enabled_source_is_looked_at_and_its_capture_goes_down_the_path():
    world = World(a_source("a"), a_source("b"), a_source("off", enabled=False))
    running = asyncio.create_task(world.daemon.run())
    await world.net.until(lambda: sorted(world.net.looked) == ["a", "b"])
    async with asyncio.timeout(10):
        while len(world.path.taken) < 2:
            await asyncio.sleep(0)
    world.daemon.ask_to_stop()
    assert await asyncio.wait_for(running, 10) == 0
    assert world.closed == [True]
    assert sorted(c.source_id for c in world.path.taken) == ["a", "b"]


async def test_a_source_is_looked_at_again_when_its_time_has_come_and_not_before():
    world = World(a_source("a"))
    running = asyncio.create_task(world.daemon.run())
    await world.net.until(lambda: len(world.net.looked) == 1)
    world.now = NOW + timedelta(minutes=6)
    await world.net.until(lambda: len(world.net.looked) == 2)
    world.daemon.ask_to_stop()
    await asyncio.wait_for(running, 10)
    assert world.net.looked == ["a", "a"]


async def test_a_source_that_is_gone_is_never_looked_at_again():
    world = World(a_source("a"), a_source("gone"))
    world.net.gone = {"gone"}
    running = asyncio.create_task(world.daemon.run())
    await world.net.until(lambda: len(world.net.looked) == 2)
    world.now = NOW + timedelta(days=3)
    await world.net.until(lambda: world.net.looked.count("a") == 2)
    world.daemon.ask_to_stop()
    await asyncio.wait_for(running, 10)
    assert world.net.looked.count("gone") == 1
    assert (await world.store.sources())["gone"].retired


async def test_a_source_that_was_gone_is_looked_at_when_its_record_names_another_address():
    world = World(a_source("moved"))
    world.net.gone = {"moved"}
    running = asyncio.create_task(world.daemon.run())
    await world.net.until(lambda: world.net.looked == ["moved"])
    async with asyncio.timeout(10):
        while "moved" not in await world.store.sources():
            await asyncio.sleep(0)
    world.net.gone = set()
    world.fresh = {"moved": replace(a_source("moved"), url="https://elsewhere.example.com/feed")}
    await world.daemon.reload()
    await world.net.until(lambda: len(world.net.looked) == 2)
    world.daemon.ask_to_stop()
    await asyncio.wait_for(running, 10)
    state = (await world.store.sources())["moved"]
    assert (state.retired, state.url) == (False, "https://elsewhere.example.com/feed")


async def test_a_look_that_cannot_be_kept_is_shown_and_not_repeated_at_once_but_the_same_bytes_come_again():
    world = World(a_source("a"))
    kept = world.store.looked

    async def full(look, state, capture) -> None:
        raise StoreUnavailableError("the disk is full")

    world.store.looked = full  # type: ignore[method-assign]
    running = asyncio.create_task(world.daemon.run())
    async with asyncio.timeout(10):
        while not (await world.daemon.readiness()).get("looks"):
            await asyncio.sleep(0)
        for _ in range(300):  # turns of the loop; the poll's bell has rung
            await asyncio.sleep(0)
    assert (await world.daemon.readiness())["looks"] == "the disk is full"
    assert world.net.looked == ["a"]
    world.store.looked = kept  # type: ignore[method-assign]
    world.now = NOW + timedelta(minutes=6)
    await world.net.until(lambda: len(world.net.looked) == 2)
    async with asyncio.timeout(10):
        while not world.path.taken:
            await asyncio.sleep(0)
    assert not (await world.daemon.readiness()).get("looks")
    world.daemon.ask_to_stop()
    assert await asyncio.wait_for(running, 10) == 0


async def test_it_counts_as_healthy_only_while_nothing_is_wrong():
    world = World()
    running = asyncio.create_task(world.daemon.run())
    async with asyncio.timeout(10):
        while not world.meter.healthy_at:
            await asyncio.sleep(0)
    world.daemon.ask_to_stop()
    await asyncio.wait_for(running, 10)
    spoiled = World()
    spoiled.path.failing = StoreUnavailableError("the disk is full")
    running = asyncio.create_task(spoiled.daemon.run())
    async with asyncio.timeout(10):
        while not spoiled.path.ticks:
            await asyncio.sleep(0)
    spoiled.daemon.ask_to_stop()
    await asyncio.wait_for(running, 10)
    assert spoiled.meter.healthy_at == []


async def test_a_reload_that_fails_by_a_fault_of_ours_leaves_the_daemon_as_it_was():
    world = World(a_source("a"))
    world.fresh = KeyError("a fault of ours")
    running = asyncio.create_task(world.daemon.run())
    await world.net.until(lambda: world.net.looked == ["a"])
    await world.daemon.reload()
    world.now = NOW + timedelta(minutes=6)
    await world.net.until(lambda: world.net.looked == ["a", "a"])
    world.daemon.ask_to_stop()
    assert await asyncio.wait_for(running, 10) == 0


async def test_the_daemon_goes_on_looking_while_a_long_configuration_is_read():
    world = World(a_source("a"))
    running = asyncio.create_task(world.daemon.run())
    await world.net.until(lambda: world.net.looked == ["a"])
    world.fresh = {"b": a_source("b")}
    async with world.reading:
        reloading = world.daemon.reload()
        world.now = NOW + timedelta(minutes=6)
        await world.net.until(lambda: world.net.looked == ["a", "a"])
        assert not reloading.done()
    await world.net.until(lambda: "b" in world.net.looked)
    world.daemon.ask_to_stop()
    assert await asyncio.wait_for(running, 10) == 0


async def test_a_reload_takes_the_new_sources_or_keeps_the_old_ones_when_the_file_is_wrong():
    world = World(a_source("a"))
    running = asyncio.create_task(world.daemon.run())
    await world.net.until(lambda: world.net.looked == ["a"])
    world.fresh = SellerwatchError("sources/press.yaml:3: unknown key")
    await world.daemon.reload()
    assert not running.done()
    world.fresh = {"b": a_source("b")}
    await world.daemon.reload()
    await world.net.until(lambda: "b" in world.net.looked)
    world.daemon.ask_to_stop()
    assert await asyncio.wait_for(running, 10) == 0


@pytest.mark.parametrize("limb", ["fetcher", "path"])
async def test_a_daemon_with_a_dead_limb_ends_with_an_error_and_closes_its_store(limb):
    world = World(a_source("a"))
    if limb == "fetcher":
        world.net.dead = RuntimeError("no spider can be started")
    else:
        world.path.failing = KeyError("a fault of ours")
    assert await asyncio.wait_for(world.daemon.run(), 10) == 1
    assert world.closed == [True]


async def test_it_is_unready_but_alive_while_the_store_does_not_answer():
    world = World(a_source("a"))
    world.path.failing = StoreUnavailableError("the disk is full")
    running = asyncio.create_task(world.daemon.run())
    await world.net.until(lambda: world.net.looked == ["a"])
    world.answers = False
    checks = await world.daemon.readiness()
    assert checks["store"] == "the disk is full"
    assert "the disk is full" in checks["path"]
    assert not running.done()
    world.answers, world.path.failing = True, None
    world.daemon.ask_to_stop()
    assert await asyncio.wait_for(running, 10) == 0


async def test_one_round_looks_at_everything_once_and_ends():
    world = World(a_source("a"), a_source("b"))
    await asyncio.wait_for(world.daemon.once(), 10)
    assert sorted(world.net.looked) == ["a", "b"]
    assert len(world.path.taken) == 2
    assert world.closed == [True]


async def test_a_clock_that_was_a_year_ahead_does_not_silence_a_source():
    world = World(a_source("a"))
    far = SourceState("a", next_look_at=NOW + timedelta(days=365))
    await world.store.looked(Look("a", NOW, Outcome.UNCHANGED), replace(far, last_look_at=NOW), None)
    running = asyncio.create_task(world.daemon.run())
    await world.net.until(lambda: world.net.looked == ["a"])
    world.daemon.ask_to_stop()
    await asyncio.wait_for(running, 10)
