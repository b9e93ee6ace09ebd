"""The queue of looks by itself, and the lookout that works from it: fairness, bursts, clocks, haste."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import MemoryStore
from given import NOW, evidence, incident
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.documents import Capture, digest
from monitor.domain.errors import FailureReason
from monitor.domain.harvests import Harvest
from monitor.domain.sources import Authority, Look, Outcome, Source, SourceKind, SourceState
from monitor.lookout import Lookout, Manner
from monitor.loops import Heart
from monitor.schedule import Schedule

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def a_schedule(*planned: tuple[str, str, float], per_host: int = 2, rest: float = 0.0) -> Schedule:
    schedule = Schedule(per_host, lambda host: rest)
    schedule.plan(planned)
    return schedule


# --- the queue


def test_what_is_due_comes_in_order_of_its_time_and_nothing_else_comes():
    schedule = a_schedule(("late", "a", 3.0), ("soon", "b", 1.0), ("later", "c", 9.0))
    assert schedule.take(5.0, 10) == ["soon", "late"]
    assert schedule.take(5.0, 10) == []
    assert schedule.next_at() == 9.0


def test_a_thousand_due_sources_of_one_host_do_not_keep_another_hosts_waiting():
    crowd = [(f"crowd-{n}", "big.example", float(n)) for n in range(1000)]
    schedule = a_schedule(*crowd, ("single", "small.example", 1000.0))
    assert schedule.take(1000.0, 32) == ["crowd-0", "single", "crowd-1"]
    schedule.done("crowd-0", 1000.0)
    assert schedule.take(1000.0, 32) == ["crowd-2"]


def test_a_host_rests_between_two_looks_while_others_are_looked_at():
    schedule = a_schedule(*((f"{host}{n}", host, 0.0) for n in range(2) for host in "ab"), rest=5.0)
    assert schedule.take(0.0, 10) == ["a0", "b0"]
    assert schedule.take(4.9, 10) == []
    assert schedule.next_at() == 5.0
    assert schedule.take(5.0, 1) == ["a1"]
    assert schedule.take(5.0, 1) == ["b1"]


def test_a_hurried_source_comes_earlier_and_once():
    schedule = a_schedule(("a", "a", 100.0), ("b", "b", 50.0))
    schedule.hasten("a", 10.0)
    schedule.hasten("b", 80.0)
    schedule.hasten("unknown", 1.0)
    assert schedule.take(10.0, 10) == ["a"]
    schedule.hasten("a", 11.0)
    assert schedule.take(49.0, 10) == []
    assert schedule.take(100.0, 10) == ["b"]


def test_a_new_plan_leaves_in_hand_what_is_in_hand():
    schedule = a_schedule(("a", "host", 0.0), ("b", "host", 0.0), per_host=1)
    assert schedule.take(0.0, 10) == ["a"]
    schedule.plan([("a", "host", 0.0), ("c", "host", 0.0)])
    assert schedule.take(1.0, 10) == [], "the host is taken by the look that is under way"
    schedule.done("a", 1.0)
    schedule.put("a", 7.0)
    schedule.put("b", 1.0)
    assert schedule.take(9.0, 10) == ["c"]
    schedule.done("c", 9.0)
    assert schedule.take(9.0, 10) == ["a"]
    assert len(schedule) == 2


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30)), max_size=25),
    st.integers(1, 3),
    st.integers(0, 4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 5)), max_size=60),
)
def test_nothing_is_lost_nothing_comes_twice_and_no_host_is_crowded(sources, per_host, rest, moves):
    """Whatever comes in whatever order: at the end every source has been taken as often as it was planned."""
    host_of = {f"s{n}": host for n, (host, _) in enumerate(sources)}
    schedule = a_schedule(
        *((f"s{n}", host, float(at)) for n, (host, at) in enumerate(sources)), per_host=per_host, rest=float(rest)
    )
    in_hand: list[str] = []
    last: dict[str, float] = {}
    taken: list[str] = []
    now = 0.0
    for step, room, done in [*moves, *((1, 9, 9) for _ in range(31 + 25 * (rest + 1)))]:
        now += step
        for id in schedule.take(now, room):
            assert id not in in_hand
            assert rest == 0 or now - last.get(host_of[id], -99.0) >= rest
            last[host_of[id]] = now
            in_hand.append(id)
            taken.append(id)
        hosts = [host_of[id] for id in in_hand]
        assert all(hosts.count(host) <= per_host for host in hosts)
        for id in in_hand[:done]:
            schedule.done(id, now)
        del in_hand[:done]
    assert sorted(taken) == sorted(host_of)


# --- the lookout


def a_source(id: str, **other) -> Source:
    return Source(
        id, id, f"https://{id}.example/feed", SourceKind.FEED, Authority.NEWS, id, other.pop("every", HOUR), **other
    )


class World:
    """A lookout over the store in memory, a net that answers at once, and a clock that the story moves."""

    def __init__(self, *sources: Source, **manner) -> None:
        self.now, self.store = NOW, MemoryStore()
        self.sources = {source.id: source for source in sources}
        self.looked: list[str] = []
        self.incidents: list = []
        self.harvests: dict[str, Harvest] = {}
        self.asked_of_store: list[str] = []
        self.heard: list[str] = []
        self.answer = lambda source: Look(source.id, self.now, Outcome.UNCHANGED, 304)
        self.at_once = 0

        async def harvest(id):
            self.asked_of_store.append(id)
            return self.harvests.get(id)

        async def incidents(now):
            return self.incidents

        told = {"harvest": harvest, "incidents": incidents, "heard": lambda source, _: self.heard.append(source.id)}
        self.lookout = Lookout(
            self,  # type: ignore[arg-type]
            self.store, _Silent(), Heart(), lambda: self.now, lambda: None, Manner(**(told | manner)),
        )  # fmt: skip

    async def look(self, source: Source, state: SourceState) -> tuple[Look, Capture | None]:
        self.looked.append(source.id)
        look = self.answer(source)
        body = str(len(self.looked)).encode()
        capture = Capture(digest(body), source.id, source.url, self.now, 200, "text/xml", body, digest(body))
        return look, capture if look.outcome is Outcome.OK else None

    async def begin(self) -> None:
        await self.lookout.begin()
        self.lookout.configure(self.sources)

    async def looks(self) -> list[str]:
        """Those made now, until nothing more is due."""
        before = len(self.looked)
        while True:
            await self.lookout.poll()
            in_hand = list(self.lookout.in_hand.values())
            self.at_once = max(self.at_once, len(in_hand))
            if not in_hand:
                return self.looked[before:]
            await asyncio.wait(in_hand)
            await asyncio.sleep(0)

    async def looks_until(self, end, step: timedelta) -> list[tuple[timedelta, str]]:
        """What is looked at while the clock goes on in steps, each with its time since NOW."""
        made = []
        while self.now < end:
            self.now += step
            made += [(self.now - NOW, id) for id in await self.looks()]
        return made


class _Silent:
    def __getattr__(self, name):
        return lambda *_: None


async def test_a_few_sources_are_looked_at_at_once_and_many_over_a_few_minutes():
    few = World(*(a_source(f"s{n}") for n in range(32)))
    await few.begin()
    assert len(await few.looks()) == 32
    many = World(*(a_source(f"s{n}") for n in range(500)))
    await many.begin()
    assert len(await many.looks()) < 50
    minute_by_minute = [len(await many.looks_until(NOW + n * MINUTE, MINUTE / 6)) for n in range(1, 6)]
    assert sum(minute_by_minute) + len(set(many.looked[: 500 - sum(minute_by_minute)])) == 500
    assert sorted(many.looked) == sorted(many.sources)
    assert many.at_once <= 32


@pytest.mark.case(49)
async def test_a_clock_that_is_set_back_silences_nobody_and_one_set_forward_asks_everybody_once():
    world = World(a_source("a"), a_source("b"))
    await world.begin()
    assert sorted(await world.looks()) == ["a", "b"]
    world.now = NOW + timedelta(days=365)
    assert sorted(await world.looks()) == ["a", "b"]
    world.now = NOW + MINUTE
    assert sorted(await world.looks()) == ["a", "b"], "they were last looked at in the future"
    world.now -= timedelta(milliseconds=500)
    assert await world.looks() == []
    world.now += 2 * HOUR
    assert sorted(await world.looks()) == ["a", "b"]


async def test_a_source_that_is_gone_or_off_is_not_looked_at():
    world = World(a_source("gone"), a_source("off", enabled=False))
    world.answer = lambda source: Look(source.id, world.now, Outcome.FAILED, 410, FailureReason.GONE)
    await world.begin()
    assert await world.looks() == ["gone"]
    assert await world.looks_until(NOW + timedelta(days=3), HOUR) == []
    world.lookout.configure(world.sources)
    assert await world.looks() == []


async def test_a_reload_drops_what_is_configured_no_more_even_while_it_is_looked_at():
    world = World(a_source("a"), a_source("b"))
    await world.begin()
    await world.lookout.poll()
    assert set(world.lookout.in_hand) == {"a", "b"}
    world.lookout.configure({"b": world.sources["b"], "c": a_source("c")})
    assert await world.looks() == ["a", "b", "c"]
    assert {id for _, id in await world.looks_until(NOW + 3 * HOUR, HOUR / 2)} == {"b", "c"}


async def test_the_interval_and_its_reason_are_kept_with_the_state():
    world = World(a_source("a"), least=MINUTE)
    world.harvests["a"] = Harvest("a", arrivals=tuple(NOW - n * 8 * HOUR for n in range(9, 0, -1)), items=20)
    await world.begin()
    await world.looks()
    state = (await world.store.sources())["a"]
    assert (state.every, state.why) == (4 * HOUR, "it publishes about every 8 h")
    assert 4 * HOUR <= state.next_look_at - NOW <= 4.4 * HOUR


async def test_what_reading_gave_is_asked_for_once_and_again_after_new_bytes_came():
    world = World(a_source("a"))
    world.harvests["a"] = Harvest("a")
    await world.begin()
    await world.looks()
    world.answer = lambda source: Look(source.id, world.now, Outcome.OK, 200)
    await world.looks_until(NOW + 2 * HOUR, HOUR / 2)
    assert world.asked_of_store == ["a"]
    world.answer = lambda source: Look(source.id, world.now, Outcome.UNCHANGED, 304)
    await world.looks_until(NOW + 9 * HOUR, HOUR / 2)
    assert world.asked_of_store == ["a", "a"] == world.heard


async def test_when_an_incident_begins_to_move_the_sources_on_its_platform_are_looked_at_sooner():
    world = World(a_source("on", platforms=("TikTok Shop",)), a_source("off", platforms=("Temu",)), least=MINUTE)
    await world.begin()
    await world.looks()
    world.now = NOW + 20 * MINUTE
    world.incidents = [incident(evidence(platforms=("TikTok Shop",)), now=NOW)]
    await world.lookout.tick(world.now)
    assert await world.looks() == ["on"]
    made = await world.looks_until(NOW + 58 * MINUTE, MINUTE)
    assert [id for _, id in made] == ["on", "on"], "every 15 minutes, as long as it moves"


async def test_haste_does_not_shorten_the_wait_of_what_fails():
    world = World(a_source("dead", platforms=("TikTok Shop",)), least=MINUTE)
    world.answer = lambda source: Look(source.id, world.now, Outcome.FAILED, None, FailureReason.DNS)
    await world.begin()
    await world.looks()
    world.incidents = [incident(evidence(platforms=("TikTok Shop",)), now=NOW)]
    await world.lookout.tick(world.now)
    assert not world.lookout.due_now("unknown")
    assert world.lookout.due_now("dead")
    assert await world.looks_until(NOW + 2 * HOUR - MINUTE, MINUTE) == []


async def test_when_our_own_line_was_down_all_are_asked_again_as_soon_as_one_answers():
    world = World(*[a_source(f"s{n}") for n in range(12)], a_source("other", every=MINUTE * 30))
    world.answer = lambda source: Look(source.id, world.now, Outcome.FAILED, None, FailureReason.DNS)
    await world.begin()
    await world.looks_until(NOW + 40 * HOUR, 20 * MINUTE)
    assert {state.failures > 4 for state in world.store.memory.source_states.values()} == {True}
    world.answer = lambda source: Look(source.id, world.now, Outcome.OK, 200)
    made = await world.looks_until(NOW + 65 * HOUR, MINUTE)
    first = made[0][0]
    assert {id for at, id in made if at <= first + 2 * MINUTE} == set(world.sources)


async def test_that_a_few_sources_are_down_hastens_none_of_them():
    world = World(*[a_source(f"s{n}") for n in range(12)])
    world.answer = lambda source: Look(
        source.id,
        world.now,
        *((Outcome.FAILED, None, FailureReason.DNS) if source.id in ("s0", "s1") else (Outcome.OK, 200)),
    )
    await world.begin()
    made = await world.looks_until(NOW + 6 * HOUR, 10 * MINUTE)
    assert sum(id == "s0" for _, id in made) < sum(id == "s5" for _, id in made) / 2


async def test_whoever_says_that_there_is_news_is_heard_but_not_more_often_than_allowed():
    world = World(a_source("a"), least=MINUTE)
    await world.begin()
    await world.looks()
    for _ in range(100):
        assert world.lookout.due_now("a")
    assert await world.looks() == []
    assert await world.looks_until(NOW + 10 * MINUTE, MINUTE) == [(MINUTE, "a")]


async def test_a_look_that_cannot_be_kept_is_made_again_after_five_minutes():
    world = World(a_source("a"))
    kept = world.store.looked

    async def full(look, state, capture) -> None:
        raise OSError("the disk is full")

    world.store.looked = full  # type: ignore[method-assign]
    await world.begin()
    assert await world.looks() == ["a"]
    world.store.looked = kept  # type: ignore[method-assign]
    assert await world.looks_until(NOW + 6 * MINUTE, MINUTE) == [(5 * MINUTE, "a")]


async def test_a_source_that_was_planned_by_a_wrong_clock_is_due():
    world = World(a_source("a"))
    far = replace(SourceState("a", NOW + timedelta(days=400), last_look_at=NOW), url="https://a.example/feed")
    await world.store.looked(Look("a", NOW, Outcome.UNCHANGED), far, None)
    await world.begin()
    assert await world.looks() == ["a"]
