"""One of two machines has no line: the other looks at its sources, it says so, and is back when its line is. And a
source that only one of them knows is looked at by that one, on time."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from local_sites import NOON, LocalSite, running_host, source_of

from monitor.cluster.crew import TTL
from monitor.cluster.line import Line
from monitor.cluster.peers import Peers
from monitor.cluster.polling import PROBE, Poller
from monitor.domain.crew import Member, Standing
from monitor.domain.errors import FailureReason
from monitor.domain.sources import Look, Outcome, Source, SourceState
from monitor.lookout import Manner
from monitor.loops import Heart
from monitor.store.database import Database
from monitor.store.inbox import SqlInbox
from monitor.store.members import SqlMembers
from monitor.store.rota import SqlRota

FEED = b'<rss version="2.0"><channel><title>News</title></channel></rss>'
SECOND = timedelta(seconds=1)


def unanswered(id: str, at: timedelta = timedelta(0), reason: FailureReason = FailureReason.TIMEOUT) -> Look:
    return Look(id, NOON + at, Outcome.FAILED, reason=reason)


def known(id: str, failures: int = 0) -> SourceState:
    return SourceState(id, NOON, failures=failures)


def test_a_line_is_down_when_five_hosts_that_were_well_are_silent_one_after_the_other_and_back_with_an_answer():
    line = Line()
    for number in range(5):
        assert not line.down
        assert line.looked(unanswered(f"s{number}", number * SECOND), known(f"s{number}"), f"h{number}") is None
    assert line.down
    assert line.looked(unanswered("far", reason=FailureReason.ROBOTS), known("far"), "far") is None
    assert line.down, "of which nobody was asked"
    refused = Look("s9", NOON, Outcome.FAILED, status=503, reason=FailureReason.HTTP_5XX)
    assert line.looked(refused, known("s9"), "h9") == NOON, "since then"
    assert not line.down


@pytest.mark.parametrize(
    "looks",
    [
        [(f"s{n}", "one.example", 0) for n in range(50)],
        [(f"s{n}", f"h{n}.example", 3) for n in range(50)],
        [(f"s{n}", f"h{n}.example", 0) for n in range(4)],
    ],
    ids=["of one host", "that failed before", "of four hosts"],
)
def test_sources_tell_nothing_of_our_line(looks: Sequence[tuple[str, str, int]]):
    line = Line()
    for id, host, failures in looks:
        line.looked(unanswered(id), known(id, failures), host)
    assert not line.down


class Net:
    """A machine's way to the world, by its resolver."""

    def __init__(self) -> None:
        self.dead = False
        self.asked: list[str] = []

    async def lookup(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        if self.dead:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return ["127.0.0.1"]


class Silent:
    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


class Machine:
    """A daemon with a poller of its own. Their clock is everybody's."""

    def __init__(self, name: str, database: Database, host: Any, net: Net, world: "World") -> None:
        self.name, self.net, self.world, self.settings = name, net, world, "alike"
        database.holder = name
        self.heart, self.members = Heart(), SqlMembers(database)
        peers = Peers(self.members.alive, lambda: name, world.now)
        inbox, self.rota = SqlInbox(database), SqlRota(database)
        manner = Manner(spread=0.0)
        self.poller = Poller(host, inbox, self.rota, Silent(), self.heart, world.now, manner, peers)
        self.states = inbox.sources

    async def beat(self) -> None:
        now, standing = self.world.now(), Standing(troubles={k: v for k, v in self.heart.checks().items() if v})
        if not await self.members.beat(self.name, self.settings, now, TTL, standing):
            member = Member(self.name, self.name, ("fetch",), "1", self.settings, now, now, now + TTL, standing)
            await self.members.join(member)

    async def turn(self) -> None:
        """One turn of its duty, with all that it began."""
        await self.poller.poll()
        if self.poller.in_hand:
            await asyncio.wait(self.poller.in_hand.values())


class World:
    """Two machines, a site that is called by many names, and the time."""

    def __init__(self, site: LocalSite) -> None:
        self.at, self.site = NOON, site
        self.machines: list[Machine] = []

    def now(self):
        return self.at

    def sources(self, names: Sequence[str]) -> Mapping[str, Source]:
        return {name: source_of(self.site.url("/feed.xml", f"{name}.test"), id=name) for name in names}

    async def beats(self) -> None:
        for one in self.machines:
            await one.beat()

    async def passes(self, time: timedelta) -> None:
        self.at += time
        await self.beats()

    async def failing(self) -> set[str]:
        return {id for id, state in (await self.machines[0].states()).items() if state.failures}

    async def looked(self) -> set[str]:
        """What was looked at within this moment."""
        return {id for id, state in (await self.machines[0].states()).items() if state.last_look_at == self.at}


@pytest.fixture
async def world(postgres, site: LocalSite) -> AsyncIterator[World]:
    url, made = postgres.fresh(), World(site)
    site.says("/feed.xml", FEED)
    async with AsyncExitStack() as stack:
        for name in ("north", "south"):
            net, database = Net(), await Database.open(url)
            stack.push_async_callback(database.close)
            host = await stack.enter_async_context(running_host(net.lookup, made.now))
            made.machines.append(Machine(name, database, host, net, made))
        await made.beats()
        yield made


MANY = [f"s{number:02}" for number in range(24)]


async def test_a_daemon_without_a_line_says_so_and_leaves_its_looks_to_the_other_until_it_is_back(world: World) -> None:
    north, south = world.machines
    for one in world.machines:
        one.poller.configure(world.sources(MANY))
    await north.turn()
    assert (await world.looked(), await world.failing()) == (set(MANY), set())

    north.net.dead = True
    await world.passes(timedelta(hours=1))
    await north.turn()
    assert "our own line is down" in north.heart.checks()["looks"]
    assert len(await world.looked()) < 10, "most were given back"
    await world.beats()
    alive = {one.id: one.standing.troubles for one in await south.members.alive()}
    assert ("looks" in alive["north"], "looks" in alive["south"]) == (True, False)

    await south.turn()
    assert (await world.looked(), await world.failing()) == (set(MANY), set()), "also those that failed before"

    await world.passes(timedelta(hours=1))
    asked = len(north.net.asked)
    await north.turn()
    assert len(north.net.asked) == asked + 1, "it tries its line, once"
    await north.turn()
    assert len(north.net.asked) == asked + 1
    assert await north.poller.holds_off()

    north.net.dead = False
    await world.passes(PROBE)
    await north.turn()
    assert not await north.poller.holds_off()
    assert not any(north.heart.checks().values())
    await north.turn()
    assert (await world.looked(), await world.failing()) == (set(MANY), set()), "it looks again"


async def test_when_no_daemon_has_a_line_they_look_on_and_all_is_asked_again_when_one_is_back(world: World) -> None:
    north, south = world.machines
    for one in world.machines:
        one.poller.configure(world.sources(MANY))
    await north.turn()
    for net in (north.net, south.net):
        net.dead = True
    for one in (north, south, north):
        await world.passes(timedelta(hours=1))
        await one.turn()
        await world.beats()
    assert len(await world.failing()) == len(MANY)
    assert not await north.poller.holds_off()

    south.net.dead = False
    await world.passes(timedelta(hours=1))
    while await world.failing():
        await south.turn()
    assert await world.looked() == set(MANY), "long before their own time"
    await world.beats()
    assert await north.poller.holds_off()


async def test_a_source_that_one_daemon_does_not_know_is_looked_at_on_time_by_the_one_that_does(world: World) -> None:
    north, south = world.machines
    north.settings = "another"
    north.poller.configure(world.sources(MANY[:12]))
    south.poller.configure(world.sources(MANY[6:]))
    for _ in range(3):
        await world.passes(timedelta(hours=1))
        for one in (north, south, north):  # at first none of them has heard of the other's
            await one.turn()
        assert await world.looked() == set(MANY)


async def test_a_source_that_no_daemon_knows_any_more_is_put_off(world: World) -> None:
    north, south = world.machines
    north.poller.configure(world.sources(MANY))
    await north.turn()
    for one in world.machines:
        one.poller.configure(world.sources(MANY[1:]))
    await world.passes(timedelta(hours=1))
    await south.turn()
    assert not await south.rota.claim(world.at, TTL, 50, south.poller.manners)
