"""Hubs that several daemons are subscribed at: asked by one of them, and answered by whichever they call back."""

import asyncio
from datetime import timedelta

import pytest
from local_sites import source_of
from machines_given import NOW

from monitor.domain.errors import StoreUnavailableError
from monitor.domain.harvests import Harvest
from monitor.store.hubs import UNWATCHED, SqlHubs
from monitor.subscriptions import LEASE, VERIFY_WITHIN, Subscriptions

TOPIC, HUB = "https://press.example/feed.xml", "https://hub.example/"
PRESS = source_of(TOPIC)
MINUTE = timedelta(minutes=1)


class World:
    """The subscriptions of two daemons, a hub that takes every wish, and a clock."""

    def __init__(self, pair) -> None:
        self.now, self.asked, self.pushed = NOW, list[dict[str, str]](), list[str]()
        self.books = [SqlHubs(one.database) for one in pair]
        self.ours = [self.daemon(book) for book in self.books]

    def daemon(self, book: SqlHubs) -> Subscriptions:
        made = Subscriptions("https://w.example", b"k" * 32, self.post, self.pushed.append, lambda: self.now, book)
        made.configure({PRESS.id: PRESS})
        return made

    async def post(self, hub: str, form) -> int:
        self.asked.append(dict(form))
        return 202

    async def steps(self) -> int:
        """Both at once; how often the hub was asked since."""
        before = len(self.asked)
        await asyncio.gather(*(one.step() for one in self.ours))
        return len(self.asked) - before

    @property
    def name(self) -> str:
        return self.asked[-1]["hub.callback"].rpartition("/")[2]


@pytest.fixture
def world(pair):
    return World(pair)


def declares(hub: str = HUB, topic: str = TOPIC) -> Harvest:
    return Harvest(PRESS.id, hub=hub, topic=topic)


async def test_one_daemon_asks_and_the_other_answers_for_it(world):
    one, two = world.ours
    for _ in range(2):  # read by both, as it happens
        one.heard(PRESS, declares()), two.heard(PRESS, declares())
        await world.steps()
    assert len(world.asked) == 1
    assert not await two.confirms(world.name, "subscribe", "https://else.example/", None)
    assert await two.confirms(world.name, "subscribe", TOPIC, LEASE)
    assert not await one.confirms(world.name, "subscribe", TOPIC, LEASE), "a wish is granted once"
    assert await world.steps() == 0
    for each in world.ours:
        assert each.secret(world.name) == world.asked[0]["hub.secret"].encode()
        each.pushed(world.name)
        assert each.held[PRESS.id].until == NOW + LEASE
    assert world.pushed == [PRESS.id] * 2
    world.now += LEASE
    assert await world.steps() == 1, "renewed by one of them"


async def test_a_daemon_that_reads_no_feeds_knows_what_others_read(world):
    fetching, desk = world.ours
    fetching.heard(PRESS, declares())
    await fetching.step()
    assert await desk.confirms(world.name, "subscribe", TOPIC, LEASE)
    again = world.daemon(world.books[1])  # after a restart, of which the feed's next look says nothing new
    again.heard(PRESS, declares())
    await again.step()
    assert (again.held[PRESS.id].until, len(world.asked)) == (NOW + LEASE, 1)


async def test_a_hub_that_is_silent_is_asked_later_and_later_and_another_address_at_once(world):
    one, two = world.ours
    one.heard(PRESS, declares())
    assert await world.steps() == 1
    world.now += VERIFY_WITHIN
    assert [await world.steps(), await world.steps()] == [1, 0]
    two.heard(PRESS, declares(hub="https://other.example/"))
    assert await world.steps() == 1
    await two.denied(world.name, TOPIC, "too many")
    world.now += 10 * VERIFY_WITHIN
    assert await world.steps() == 0, "a refusal holds for both"


async def test_a_feed_without_a_hub_any_more_and_one_that_nobody_watches_are_forgotten(world):
    one, two = world.ours
    one.heard(PRESS, declares())
    await world.steps(), await world.steps()
    two.heard(PRESS, declares(hub=""))
    await two.step(), await one.step()
    assert one.held == two.held == {}
    one.heard(PRESS, declares())
    await one.step()
    for each in world.ours:
        each.configure({})
    world.now += UNWATCHED + LEASE
    await one.step()
    assert await world.books[0].find(PRESS.id) is None


async def test_what_was_heard_while_the_database_was_away_is_told_afterwards(world):
    one, _ = world.ours
    one.heard(PRESS, declares())
    told, world.books[0].told = world.books[0].told, away
    with pytest.raises(StoreUnavailableError):
        await one.step()
    world.books[0].told = told
    assert await world.steps() == 1


async def away(heard, now):
    raise StoreUnavailableError("gone")
