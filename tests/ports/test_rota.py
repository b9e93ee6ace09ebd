"""Polls that daemons share: who may look where and when, on both databases."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from sqlalchemy import select

from monitor.domain.errors import ConflictError
from monitor.domain.sources import Look, Outcome, SourceState
from monitor.store.cluster_tables import hosts
from monitor.store.database import Database
from monitor.store.inbox import SqlInbox
from monitor.store.members import Member, SqlMembers
from monitor.store.rests import BEGIN
from monitor.store.robots import SqlRobots
from monitor.store.rota import Manners, Planted, Poll, SqlRota

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LEASE = timedelta(seconds=90)
SECOND = timedelta(seconds=1)
EAGER = Manners(per_host=2, rest=lambda host: timedelta(0))
SLOW = Manners(per_host=2, rest=lambda host: 10 * SECOND)


def planted(count: int, hosts: int = 1, at: datetime = NOON) -> Sequence[Planted]:
    return [Planted(f"s{n:03}", f"h{n % hosts}.example", at) for n in range(count)]


def looked(id: str, at: datetime) -> tuple[Look, SourceState]:
    state = SourceState(id, next_look_at=at + timedelta(hours=1), url=f"https://{id}.example/", last_look_at=at)
    return Look(source_id=id, at=at, outcome=Outcome.UNCHANGED), state


@pytest.fixture
async def pair(fresh_url: Callable[[], str]) -> AsyncIterator[tuple[Database, Database]]:
    """Two daemons' connections to one database."""
    url = fresh_url()
    first = await Database.open(url)
    second = await Database.open(url)
    first.holder, second.holder = "first", "second"
    yield first, second
    await first.close()
    await second.close()


async def test_a_due_poll_is_claimed_by_one_of_several_daemons_and_comes_back_when_its_lease_ends(pair):
    rotas = [SqlRota(database) for database in pair]
    await rotas[0].plant(planted(30, hosts=30), NOON)
    taken = await asyncio.gather(*(rota.claim(NOON, LEASE, 8, EAGER) for rota in rotas * 4))
    claimed = Counter(poll.source_id for polls in taken for poll in polls)
    while polls := await rotas[0].claim(NOON, LEASE, 8, EAGER):  # what one was locking, the other left
        claimed.update(poll.source_id for poll in polls)
    assert claimed == Counter({one.source_id: 1 for one in planted(30)})
    assert not await rotas[1].claim(NOON + LEASE - SECOND, LEASE, 50, EAGER)
    again = await rotas[1].claim(NOON + LEASE, LEASE, 50, EAGER)
    assert {poll.source_id for poll in again} == set(claimed)


async def test_the_longest_due_goes_first_and_what_is_not_due_stays(database: Database):
    rota = SqlRota(database)
    await rota.plant([Planted(f"s{n}", f"h{n}", NOON + n * SECOND) for n in (3, 1, 2, 9)], NOON)
    polls = await rota.claim(NOON + 4 * SECOND, LEASE, 2, EAGER)
    assert [poll.source_id for poll in polls] == ["s1", "s2"]
    assert [poll.source_id for poll in await rota.claim(NOON + 4 * SECOND, LEASE, 9, EAGER)] == ["s3"]


@pytest.mark.parametrize("manners", [EAGER, SLOW], ids=["two at once", "ten seconds apart"])
async def test_no_host_ever_sees_more_than_its_pace_from_all_daemons_together(pair, manners: Manners):
    """A minute of two daemons that claim, look for one to three seconds and settle, in a random order."""
    chance = Random(7)
    rotas, inboxes = [SqlRota(one) for one in pair], [SqlInbox(one) for one in pair]
    await rotas[0].plant(planted(40, hosts=2), NOON)
    in_hand: dict[str, tuple[Poll, int, datetime]] = {}
    begun: dict[str, list[datetime]] = {"h0.example": [], "h1.example": []}
    hosts = {one.source_id: one.host for one in planted(40, hosts=2)}
    seen: Counter[str] = Counter()
    for second in range(60):
        now = NOON + second * SECOND
        order = [0, 1] if chance.random() < 0.5 else [1, 0]
        claims = await asyncio.gather(*(rotas[who].claim(now, LEASE, 5, manners) for who in order))
        for who, polls in zip(order, claims, strict=True):
            for poll in polls:
                assert poll.source_id not in in_hand
                in_hand[poll.source_id] = (poll, who, now + chance.randint(1, 3) * SECOND)
                begun[hosts[poll.source_id]].append(now)
                seen[poll.source_id] += 1
        at_once = Counter(hosts[id] for id in in_hand)
        assert max(at_once.values(), default=0) <= manners.per_host
        for id, (poll, who, ends) in list(in_hand.items()):
            if ends <= now:
                look, state = looked(id, now)
                await inboxes[who].looked(look, state, None, poll.token)
                del in_hand[id]
    for times in begun.values():
        gaps = [later - sooner for sooner, later in pairwise(times)]
        assert all(gap >= manners.rest("") for gap in gaps)
        assert len(times) >= (20 if manners is EAGER else 6), "and no slower than it may"
    assert max(seen.values()) == 1, "what was looked at is due in an hour"


async def test_what_robots_txt_asks_for_counts_for_all(pair):
    first, second = (SqlRota(one) for one in pair)
    await first.plant(planted(3), NOON)
    await SqlRobots(pair[1]).keep("http://h0.example", "h0.example", NOON, "Crawl-delay: 30", rest=30.0)
    assert len(await first.claim(NOON, LEASE, 5, EAGER)) == 1
    assert not await second.claim(NOON + 30 * SECOND, LEASE, 5, EAGER)
    assert len(await second.claim(NOON + 30 * SECOND + BEGIN, LEASE, 5, EAGER)) == 1, (
        "so much longer as a request may take"
    )


async def test_a_look_whose_claim_went_to_another_is_not_kept_and_its_neighbours_are(pair):
    rotas, inboxes = [SqlRota(one) for one in pair], [SqlInbox(one) for one in pair]
    await rotas[0].plant(planted(2, hosts=2), NOON)
    mine = {poll.source_id: poll for poll in await rotas[0].claim(NOON, LEASE, 5, EAGER)}
    later = NOON + LEASE + SECOND
    theirs = await rotas[1].claim(later, LEASE, 1, EAGER)
    lost, kept = theirs[0].source_id, next(id for id in mine if id != theirs[0].source_id)
    results = await asyncio.gather(
        *(inboxes[0].looked(*looked(id, later), None, mine[id].token) for id in (lost, kept)), return_exceptions=True
    )
    assert isinstance(results[0], ConflictError)
    assert results[1] is None
    assert set(await inboxes[1].sources()) == {kept}
    await inboxes[1].looked(*looked(lost, later), None, theirs[0].token)
    assert set(await inboxes[1].sources()) == {kept, lost}


async def test_a_source_that_is_planted_again_keeps_its_time_and_one_that_nobody_plants_goes(database: Database):
    rota = SqlRota(database)
    await rota.plant([Planted("a", "h", NOON + LEASE), Planted("b", "h", NOON + LEASE)], NOON)
    await rota.plant([Planted("a", "h", NOON)], NOON + SECOND)
    assert not await rota.claim(NOON + SECOND, LEASE, 5, EAGER)
    await rota.hasten({"a": NOON + SECOND, "unknown": NOON})
    assert [poll.source_id for poll in await rota.claim(NOON + SECOND, LEASE, 5, EAGER)] == ["a"]
    await rota.hasten({"b": NOON + 2 * LEASE})
    assert [poll.source_id for poll in await rota.claim(NOON + LEASE, LEASE, 5, EAGER)] == ["b"], "never later"
    week = NOON + timedelta(days=8)
    await rota.plant([Planted("a", "h", week)], week)
    assert {poll.source_id for poll in await rota.claim(week, LEASE, 5, EAGER)} == {"a"}


async def test_a_poll_that_is_given_back_is_due_when_it_says_and_never_takes_another_s(pair):
    first, second = (SqlRota(one) for one in pair)
    await first.plant(planted(1), NOON)
    (poll,) = await first.claim(NOON, LEASE, 1, EAGER)
    await first.release(poll, NOON + 5 * SECOND)
    assert not await second.claim(NOON, LEASE, 1, EAGER)
    (theirs,) = await second.claim(NOON + 5 * SECOND, LEASE, 1, EAGER)
    await first.release(poll, NOON)
    assert not await first.claim(NOON + 6 * SECOND, LEASE, 1, EAGER)
    assert theirs.token.startswith("second.")


async def test_what_a_dead_daemon_held_is_free_at_once_and_the_dead_one_cannot_keep_it(pair):
    members, rotas, inboxes = SqlMembers(pair[1]), [SqlRota(one) for one in pair], [SqlInbox(one) for one in pair]
    for id in ("first", "second"):
        await members.join(Member(id, "box", ("fetch",), "1", "d", NOON, NOON, NOON + 30 * SECOND))
    await rotas[0].plant(planted(1), NOON)
    (poll,) = await rotas[0].claim(NOON, LEASE, 1, EAGER)
    assert await members.beat("second", "d", NOON + 20 * SECOND, 30 * SECOND)
    assert not await members.reap(NOON + 29 * SECOND)
    assert not await rotas[1].claim(NOON + 29 * SECOND, LEASE, 1, EAGER)
    buried = await asyncio.gather(*(SqlMembers(one).reap(NOON + 31 * SECOND) for one in pair))
    assert sorted(id for some in buried for id in some) == ["first"], "by one of them"
    assert len(await rotas[1].claim(NOON + 31 * SECOND, LEASE, 1, EAGER)) == 1
    with pytest.raises(ConflictError):
        await inboxes[0].looked(*looked("s000", NOON), None, poll.token)
    assert not await members.beat("first", "d", NOON + 32 * SECOND, 30 * SECOND), "it must go on under another name"
    assert [one.id for one in await members.alive()] == ["second"]


async def test_hosts_of_links_are_forgotten_and_those_that_are_polled_or_were_just_read_of_stay(database: Database):
    rota, robots, later = SqlRota(database), SqlRobots(database), NOON + timedelta(days=8)
    for host in ("link.example", "lately.example"):
        await rota.rests.turn(host, SECOND, later if host == "lately.example" else NOON)
    await robots.keep("https://read.example", "read.example", later, "Crawl-delay: 9", 9.0)
    await rota.plant(planted(1), later)
    kept = await database.read(lambda connection: connection.scalars(select(hosts.c.host).order_by(hosts.c.host)))
    assert list(kept) == ["h0.example", "lately.example", "read.example"]
    assert await SqlRota(database).rests.turn("link.example", SECOND, later) == timedelta(0)
    assert [poll.source_id for poll in await rota.claim(later, LEASE, 9, EAGER)] == ["s000"]
