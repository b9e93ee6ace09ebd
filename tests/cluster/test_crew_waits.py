"""An upgrade beside the release before: who works alone has the database until it ends, and not again after that."""

import asyncio
from datetime import datetime, timedelta

import pytest
from machines_given import NOW, Machine
from sqlalchemy.engine import make_url

from monitor import daemon as daemons
from monitor.cluster import crew as crews
from monitor.cluster.crew import Crew
from monitor.cluster.duties import Duty, Role
from monitor.cluster.engine import Engine
from monitor.daemon import Daemon, utc_now
from monitor.domain.documents import Capture, digest
from monitor.domain.errors import StoreUnavailableError, UnavailableError
from monitor.domain.sources import Look, Outcome, SourceState
from monitor.lock import AnotherInstanceError
from monitor.parts import Parts
from monitor.store.errors import DamagedDatabaseError
from monitor.store.inbox import SqlInbox
from monitor.store.instance import SqlInstance

ELDER = "host:/var/lib/sellerwatch"
LEASE = timedelta(seconds=90)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(crews, "PATIENCE", 0.02)


def crew_of(machine: Machine) -> Crew:
    where = make_url(machine.url).set(drivername="postgresql").render_as_string(hide_password=False)
    return Crew(machine.database, Engine(where), utc_now, frozenset(Role), "2", lambda: "digest")


async def test_a_daemon_waits_and_says_so_while_one_of_the_release_before_works_and_takes_over_what_it_left(pair):
    elder, other = SqlInstance(pair[0].database), pair[1]
    assert await elder.hold_instance(ELDER, utc_now(), LEASE)
    inbox = SqlInbox(pair[0].database)
    body = b"news"
    capture = Capture("c1", "s", "http://x.example/f", NOW, 200, "text/xml", body, digest(body))
    await inbox.looked(Look("s", NOW, Outcome.OK), SourceState("s", NOW), capture)
    assert await inbox.claim_some(utc_now(), LEASE, 1), "it reads the capture"

    crew, heard = crew_of(other), asyncio.Queue()
    joining = asyncio.create_task(crew.join([], heard.put_nowait))
    said = [await asyncio.wait_for(heard.get(), 10) for _ in range(2)]
    assert all(ELDER in one and "earlier release" in one for one in said), "again and again"
    assert await elder.hold_instance(ELDER, utc_now(), LEASE), "it goes on"
    assert not await crew.members.alive()
    await elder.release_instance(ELDER)
    await asyncio.wait_for(joining, 10)
    assert [one.id for one in await crew.members.alive()] == [crew.holder]
    assert len(await SqlInbox(other.database).claim_some(utc_now(), LEASE, 1)) == 1, "its claim ended with it"
    await crew.leave()


async def test_one_of_the_release_before_that_slept_finds_the_database_taken(pair):
    elder = SqlInstance(pair[0].database)
    assert await elder.hold_instance(ELDER, utc_now() - 2 * LEASE, LEASE), "and then it slept"
    one, two = map(crew_of, pair)
    await one.join([])
    await two.join([])
    assert not await elder.hold_instance(ELDER, utc_now(), LEASE), "so it ends by itself"
    await one.leave()
    assert not await elder.hold_instance(ELDER, utc_now(), LEASE), "the other one works on"
    await two.leave()
    assert await elder.hold_instance(ELDER, utc_now(), LEASE), "nobody works here"


async def test_a_daemon_that_slept_with_all_others_does_not_work_beside_a_command_that_came_meanwhile(pair):
    crew, command = crew_of(pair[0]), SqlInstance(pair[1].database)
    await crew.join([])
    assert await command.hold_instance("a round by hand", utc_now() + 2 * crews.TTL, LEASE)
    with pytest.raises(AnotherInstanceError, match="a round by hand"):
        await crew.beat()
    await crew.leave()


async def test_what_fails_while_it_joins_is_given_back_and_it_may_try_again(pair, monkeypatch):
    crew, other = map(crew_of, pair)
    engine, tries = crew.engine.open, []

    async def once_away() -> None:
        tries.append([one.id for one in await crew.members.alive()])
        if len(tries) == 1:
            raise UnavailableError("the server is shutting down")
        await engine()

    monkeypatch.setattr(crew.engine, "open", once_away)
    with pytest.raises(UnavailableError, match="shutting down"):
        await crew.join([Duty("poll", Role.FETCH, nothing_to_do, every=1)])
    assert len(tries[0]) == 1
    assert not await other.members.alive(), "nobody waits for one that does not work"
    await crew.join([Duty("poll", Role.FETCH, nothing_to_do, every=1)])
    assert [one.id for one in await other.members.alive()] == [crew.holder]
    await crew.leave()


async def nothing_to_do() -> bool:
    return False


async def test_a_database_that_goes_away_between_the_opening_and_the_first_work_is_waited_for(monkeypatch):
    monkeypatch.setattr(daemons, "PATIENCE", 0.01)
    done = []

    async def answers_late(what: str) -> None:
        done.append(what)
        if done.count(what) < 3:
            raise StoreUnavailableError("the database system is starting up")

    async def upkeep(now: datetime) -> None:
        await answers_late("upkeep")
        daemon.ask_to_stop()
        await asyncio.Event().wait()

    class Greeting(Page):
        async def greet(self) -> None:
            await answers_late("greet")

    class Late(Waiting):
        async def begin(self) -> None:
            await answers_late("begin")

    parts = Parts(*[None] * 11, close=nothing_to_do)  # type: ignore[arg-type]
    parts.upkeep, parts.web = upkeep, Greeting()  # type: ignore[assignment]
    daemon = Daemon(parts, labour=Late)
    assert await asyncio.wait_for(daemon.run(), 10) == 0
    assert done == ["greet"] * 3 + ["begin"] * 3 + ["upkeep"] * 3
    assert daemon.labour.left


async def test_a_damaged_database_is_not_waited_for():
    class Broken(Waiting):
        async def begin(self) -> None:
            raise DamagedDatabaseError("database disk image is malformed")

    daemon = Daemon(Parts(*[None] * 11, close=nothing_to_do), labour=Broken)  # type: ignore[arg-type]
    with pytest.raises(DamagedDatabaseError):
        await asyncio.wait_for(daemon.run(), 10)
    assert daemon.labour.left


class Waiting:
    """A labour that begins when others are gone."""

    def __init__(self, *given: object) -> None:
        self.begins, self.left = asyncio.Event(), False

    async def begin(self) -> None:
        self.begins.set()
        await asyncio.Event().wait()

    async def leave(self) -> None:
        self.left = True


class Page:
    """A listener."""

    port, listens = 1, False

    async def start(self) -> None:
        self.listens = True

    async def greet(self) -> None: ...

    async def stop(self) -> None:
        self.listens = False


async def test_a_daemon_that_waits_answers_why_and_stops_when_it_is_told_to():
    closed = []

    async def close() -> None:
        closed.append(True)

    async def ping() -> None: ...

    page = Page()
    parts = Parts(*[None] * 11, close=close)  # type: ignore[arg-type]
    parts.web, parts.ping = page, ping
    daemon = Daemon(parts, labour=Waiting)  # type: ignore[arg-type]
    running = asyncio.create_task(daemon.run())
    await asyncio.wait_for(daemon.labour.begins.wait(), 10)
    assert page.listens
    assert await daemon.readiness() == {"start": "has not begun yet", "store": ""}
    daemon.ask_to_stop()
    assert await asyncio.wait_for(running, 10) == 0
    assert daemon.labour.left
    assert closed == [True]
    assert not page.listens
