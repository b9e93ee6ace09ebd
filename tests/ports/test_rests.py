"""The rest of hosts and their robots.txt, kept by several daemons together, on both databases."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest

from monitor.store.database import Database
from monitor.store.rests import BEGIN, SqlRests
from monitor.store.robots import SqlRobots
from monitor.store.rota import Manners, Planted, SqlRota

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NOTHING = timedelta(0)
LEASE = 90 * SECOND
SLOW = Manners(per_host=2, rest=lambda host: 10 * SECOND)
HOST = "h.example"


@pytest.fixture
async def pair(fresh_url: Callable[[], str]) -> AsyncIterator[tuple[SqlRota, SqlRota]]:
    """Two daemons on one database, and one source of the host that is due."""
    url = fresh_url()
    databases = [await Database.open(url), await Database.open(url)]
    first, second = (SqlRota(one) for one in databases)
    await first.plant([Planted("s", HOST, NOON)], NOON)
    yield first, second
    for one in databases:
        await one.close()


async def test_what_nobody_claimed_waits_until_the_host_has_rested_whoever_asked_it(pair):
    first, second = (rota.rests for rota in pair)
    assert await first.turn(HOST, 10 * SECOND, NOON) == NOTHING
    assert await second.turn(HOST, 10 * SECOND, NOON + 4 * SECOND) == 6 * SECOND + BEGIN
    assert await second.turn(HOST, 10 * SECOND, NOON + 10 * SECOND + BEGIN) == NOTHING
    assert not await pair[0].claim(NOON + 20 * SECOND, LEASE, 5, SLOW), "nor is a poll claimed meanwhile"


async def test_the_request_of_a_claim_needs_no_other_turn_and_the_next_one_does(pair):
    first, second = pair
    assert await first.claim(NOON, LEASE, 5, SLOW)
    assert await first.rests.turn(HOST, 10 * SECOND, NOON + BEGIN) == NOTHING
    assert await first.rests.turn(HOST, 10 * SECOND, NOON + SECOND) > NOTHING
    assert await second.rests.turn(HOST, 10 * SECOND, NOON + SECOND) > NOTHING


async def test_a_request_that_begins_late_after_its_claim_is_followed_by_a_whole_rest(pair):
    first, second = pair
    await first.claim(NOON, LEASE, 5, SLOW)
    late = NOON + 9 * SECOND
    assert await first.rests.turn(HOST, 10 * SECOND, late) == NOTHING
    assert await second.rests.turn(HOST, 10 * SECOND, NOON + 11 * SECOND) == 8 * SECOND + BEGIN


async def test_a_claim_whose_request_is_so_late_that_another_has_asked_waits_like_everybody(pair):
    first, second = pair
    await first.claim(NOON, LEASE, 5, SLOW)
    then = NOON + 11 * SECOND
    assert await second.rests.turn(HOST, 10 * SECOND, then) == NOTHING
    assert await first.rests.turn(HOST, 10 * SECOND, then + SECOND) == 9 * SECOND + BEGIN


async def test_a_redirect_waits_for_nobody_and_is_waited_for_at_a_host_that_nobody_knew_too(pair):
    first, second = (rota.rests for rota in pair)
    await first.turn(HOST, 10 * SECOND, NOON)
    for host in (HOST, "new.example"):
        await second.asked(host, 10 * SECOND, NOON + 8 * SECOND)
        assert await first.turn(host, 10 * SECOND, NOON + 12 * SECOND) == 6 * SECOND + BEGIN


async def test_what_robots_txt_says_is_known_to_all_for_as_long_as_it_counts_and_its_wish_holds_everywhere(pair):
    first, second = pair
    books = [SqlRobots(rota._database) for rota in pair]
    assert await books[0].said("https://h.example", NOON) is None
    await books[0].keep("https://h.example", HOST, NOON, "Crawl-delay: 30\n", 30.0)
    assert await books[1].said("https://h.example", NOON) == (NOON, "Crawl-delay: 30\n")
    assert await books[1].said("https://h.example", NOON + SECOND) is None
    assert await first.rests.turn(HOST, SECOND, NOON) == NOTHING
    assert await second.rests.turn(HOST, SECOND, NOON + 2 * SECOND) == 28 * SECOND + BEGIN
    await books[1].keep("https://h.example", HOST, NOON + LEASE, "", 0.0)
    assert await books[0].said("https://h.example", NOON) == (NOON + LEASE, "")
    assert await first.rests.turn(HOST, SECOND, NOON + LEASE) == NOTHING
    assert await second.rests.turn(HOST, SECOND, NOON + LEASE + SECOND + BEGIN) == NOTHING, "it asks for it no more"


async def test_one_host_with_more_than_enough_that_is_due_keeps_nobody_else_waiting(database: Database):
    rota, eager = SqlRota(database), Manners(per_host=2, rest=lambda host: NOTHING)
    many = [Planted(f"a{n:03}", "big.example", NOON - SECOND) for n in range(100)]
    few = [Planted(f"b{n}", f"h{n}.example", NOON) for n in range(6)]
    await rota.plant([*many, *few], NOON)
    taken = {poll.source_id for poll in await rota.claim(NOON, LEASE, 8, eager)}
    assert taken == {"a000", "a001", *(one.source_id for one in few)}


async def test_hosts_that_are_resting_no_more_are_forgotten(database: Database):
    rests = SqlRests(database)
    for n in range(3):
        await rests.asked(f"h{n}.example", SECOND, NOON)
    rests._known |= {f"x{n}": rests._known["h0.example"] for n in range(10_000)}
    await rests.asked("last.example", SECOND, NOON + LEASE)
    assert set(rests._known) == {"last.example"}
