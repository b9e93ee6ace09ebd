"""What is told live, over a real connection: what changed, from where one stopped, and to nobody who may not."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import pytest
from doors import place_in
from given import evidence
from prometheus_client import CollectorRegistry
from rooms_given import NOW, api_of

from monitor.desk.changes import Changes
from monitor.domain.assembly import assemble
from monitor.domain.people import Role
from monitor.domain.rulings import Act, ActKind
from monitor.domain.vigils import Vigil
from monitor.steps import Step
from monitor.store.changes import standing
from monitor.web import live
from monitor.web.health import app
from monitor.web.live import Live
from monitor.web.server import WebServer


@dataclass
class Event:
    """One event as a browser takes it."""

    topic: str
    id: str
    data: dict


class Stream:
    """Reads what comes, as the standard says."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer, self.last = answer, ""

    async def event(self) -> Event | None:
        """The next one; None when the stream ends."""
        fields: dict[str, str] = {}
        async for line in self.answer.content:
            text = line.decode().rstrip("\n")
            if text:
                name, _, value = text.partition(": ")
                fields[name] = value
            else:
                self.last = fields.get("id", self.last)
                if "data" in fields:
                    return Event(fields["event"], self.last, json.loads(fields["data"]))
                fields = {}
        return None

    async def begun(self) -> "Stream":
        """When the id to go on from is there."""
        while not self.last:
            line = (await self.answer.content.readline()).decode()
            if line.startswith("id: "):
                self.last = line.removeprefix("id: ").strip()
        return self


class Told:
    """A desk on a port, and who listens to it."""

    def __init__(self, place, heard: Live, key: str) -> None:
        self.place, self.heard, self.key, self.opened = place, heard, key, 0
        web = app(
            CollectorRegistry(), _ready, more=[api_of(place.store, [live.api(place.house, heard)])], house=place.house
        )
        self.server = WebServer(web, "127.0.0.1", 0)

    @asynccontextmanager
    async def listening(self, last: str = "", key: str = "") -> AsyncIterator[Stream]:
        headers = {"Authorization": f"Bearer {key or self.key}"} | ({"Last-Event-ID": last} if last else {})
        async with aiohttp.ClientSession() as session:
            address = f"http://127.0.0.1:{self.server.port}/api/v1/events"
            async with session.get(address, headers=headers) as answer:
                yield Stream(answer)

    async def happens(self, id: str = ""):
        self.opened += 1
        words = [evidence(f"document-{self.opened}", title=f"It closes {self.opened}")]
        one = assemble(id or f"incident-{self.opened}", words, None, NOW + timedelta(minutes=self.opened), "d")
        await self.place.store.ledger.keep(Step(NOW, incidents=[one]))
        return one


async def _ready() -> dict[str, str]:
    return {}


@pytest.fixture
async def told(tmp_path):
    async with place_in(tmp_path) as place, asyncio.timeout(30):
        key = await place.accounts.program("the wall", Role.VIEWER, "ada")
        made = Told(place, Live(Changes(place.store), every=0.02, heartbeat=0.05, checked=0.2), key)
        await made.server.start()
        yield made
        await made.server.stop()


async def test_whoever_listens_hears_of_a_change_once(told):
    async with told.listening() as stream:
        assert stream.answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.answer.headers["cache-control"] == "no-store"
        await stream.begun()
        first = await told.happens()
        heard = await stream.event()
        assert (heard.topic, heard.data["id"], heard.data["revision"]) == ("incident", first.id, first.revision)
        await told.place.store.ledger.keep(
            Step(NOW, acts=[Act("a", first.id, ActKind.ACK, NOW + timedelta(minutes=2), "otto")])
        )
        acted = await stream.event()
        assert (acted.topic, acted.data["id"], acted.data["acted"]) == ("incident", first.id, True)
        second = await told.happens()
        assert (await stream.event()).data["id"] == second.id


async def test_a_quiet_stream_is_kept_open_by_comments(told):
    async with told.listening() as stream:
        await stream.begun()
        async for line in stream.answer.content:
            if line.startswith(b":"):
                break


async def test_whoever_comes_back_hears_what_they_missed_whichever_daemon_answers(told):
    async with told.listening() as stream:
        last = (await stream.begun()).last
        await told.happens()
        last = (await stream.event()).id
    missed = [(await told.happens()).id for _ in range(3)]
    other = Told(told.place, Live(Changes(told.place.store), every=0.02), told.key)
    await other.server.start()
    async with other.listening(last) as stream:
        heard = [(await stream.event()).data["id"] for _ in range(4)]
    assert heard[-3:] == missed  # what came just before may come again
    async with other.listening("9" * 40) as stream:
        await stream.begun()
        newest = await told.happens()
        assert (await stream.event()).data["id"] == newest.id, "an id that nobody gave out is now"
    await other.server.stop()


async def test_messages_and_our_own_sight_are_told_too(told):
    async with told.listening() as stream:
        last = (await stream.begun()).last
        await told.place.store.ledger.keep(Step(NOW, vigils=[Vigil("a-source", NOW)]))
        heard = await stream.event()
        assert (heard.topic, heard.data) == ("source", {"blind": 1})
    async with told.listening(last) as stream:
        assert (await stream.event()).topic == "source", "it is told to whoever was away"


async def test_nobody_asks_the_store_when_nobody_listens(told):
    async with told.listening() as stream:
        await stream.begun()
        assert len(told.heard) == 1
    while len(told.heard) or not told.heard._task.done():
        await asyncio.sleep(0.01)


async def test_it_ends_soon_for_whoever_may_no_longer_come_in(told):
    async with told.listening() as stream:
        await stream.begun()
        await told.place.accounts.revoke("the wall", "ada")
        assert await stream.event() is None
    async with told.listening() as stream:
        assert stream.answer.status == 401


async def test_so_many_may_listen_and_no_more(told):
    streams = [told.listening() for _ in range(live.MOST_EACH)]
    for one in streams:
        await (await one.__aenter__()).begun()
    async with told.listening() as stream:
        assert (stream.answer.status, stream.answer.headers["retry-after"]) == (429, "60")
        assert (await stream.answer.json(content_type=None))["status"] == 429
    for one in streams:
        await one.__aexit__(None, None, None)
    while len(told.heard):
        await asyncio.sleep(0.01)
    async with told.listening() as stream:
        assert stream.answer.status == 200


async def test_whoever_reads_too_slowly_is_let_go_and_the_others_hear_on():
    slow, quick = live._Listener("slow"), live._Listener("quick")
    for number in range(live.BUFFER + 1):
        slow.hear(b"%d" % number)
        quick.hear(b"%d" % number)
        assert quick.waiting.get_nowait() == b"%d" % number
    assert slow.waiting.get_nowait() is None, "the end, without what they would not have read in time"


async def test_a_server_that_stops_does_not_wait_for_those_who_listen(told):
    async with told.listening() as stream:
        await stream.begun()
        stopping = asyncio.create_task(told.server.stop())
        assert await stream.event() is None
        await stopping


async def test_of_a_flood_the_latest_are_known_and_that_there_were_more(told):
    known = await standing(told.place.store.database, NOW - timedelta(days=1), limit=2)
    assert (known.moved, known.more) == ([], False)
    for _ in range(3):
        await told.happens()
    known = await standing(told.place.store.database, NOW - timedelta(days=1), limit=2)
    assert ([one.id for one in known.moved], known.more) == (["incident-2", "incident-3"], True)
    assert known.latest == NOW + timedelta(minutes=3)
