"""Nobody answers, or somebody does: repeats, escalation and what people say, minute by minute."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from given import evidence, position, seller
from handwork import ACME
from timeline import AWAY, DAY, HOUR, REFUSED, Timeline, between, ear

from monitor.acts import ActRefusedError
from monitor.domain.alerts import Level, Policy, Target
from monitor.domain.exposure import Severity
from monitor.rounds import Rounds
from monitor.store.database import Database
from monitor.store.words import SqlWords

LEVELS = (Level(timedelta(minutes=15), ("lead",)), Level(timedelta(hours=1), ("boss",)))
POLICY = Policy(escalation=LEVELS, reminders=())
ZETA = seller(position(country="ID"), id="zeta")
DESK, LEAD, BOSS = ear("desk"), ear("lead"), ear("boss")
CLOSING = {"date": "2024-11-28"}


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(f"sqlite:///{tmp_path / 'store.db'}")
    yield database
    await database.close()


@pytest.fixture
def story(database: Database) -> Callable[..., Timeline]:
    """A desk that hears first, and two levels above it."""

    def told(policy: Policy = POLICY, **more: Any) -> Timeline:
        return Timeline(database, policy, [DESK, LEAD, BOSS] if policy.escalation else [DESK], **more)

    return told


@pytest.mark.case(40)
async def test_case_40_nobody_answers_so_the_next_hear_until_somebody_does_and_a_new_word_asks_anew(story) -> None:
    t = story()
    t.at(0, t.publishes("newsroom", evidence("a", **CLOSING)))
    t.expect(between(0, 1), "desk", "first", level=0)
    t.expect(between(15, 16), "lead", "escalated", level=1, says="no answer for 15 min")
    t.expect(between(60, 61), "boss", "escalated", level=2)
    for who in ("desk", "lead", "boss"):
        t.expect(between(4 * HOUR, 4 * HOUR + 10), who, "repeat", says="reminder 1")
    t.at(5 * HOUR, t.does("ack"))
    t.at(30 * HOUR, t.publishes("newsroom", evidence("b", date="2024-12-15")))
    for who in ("desk", "lead", "boss"):  # who was drawn in hears what follows, and needs no level for it
        t.expect(between(30 * HOUR, 30 * HOUR + 10), who, "date_moved")
        t.expect(between(34 * HOUR, 34 * HOUR + 20), who, "repeat", says="reminder 1")
    t.at(35 * HOUR, t.does("take", who="bob"))
    await t.lives(65, every=1)
    await t.plays(45 * HOUR, every=10)


async def test_what_nobody_ever_answers_is_repeated_so_often_and_then_left(story) -> None:
    t = story(Policy(repeat=timedelta(hours=1), most_repeats=2, reminders=()))
    t.at(0, t.publishes("newsroom", evidence("a", **CLOSING)))
    t.expect(between(0, 1), "desk", "first")
    t.expect(between(60, 64), "desk", "repeat", says="reminder 1.")
    t.expect(between(120, 126), "desk", "repeat", says="the last of 2")
    await t.plays(8 * HOUR, every=2)


async def test_what_weighs_less_than_high_is_said_once(story) -> None:
    t = story()
    t.at(0, t.publishes("presse", evidence("a", "rumor")))
    t.expect(between(0, 10), "desk", "first", severity=Severity.MEDIUM)
    await t.plays(9 * HOUR, every=10)


async def test_what_nobody_could_be_told_goes_up_at_once(story) -> None:
    t = story()
    t.at(0, t.answers_with("desk", REFUSED))
    t.at(0, t.answers_with("lead", REFUSED))
    t.at(1, t.publishes("newsroom", evidence("a", **CLOSING)))
    t.expect(between(1, 3), "boss", "escalated", level=2, says="nobody could be reached")
    await t.plays(50)


async def test_a_word_that_is_long_under_way_counts_from_its_decision(story) -> None:
    t = story()
    t.at(0, t.answers_with("desk", AWAY))
    t.at(0, t.publishes("newsroom", evidence("a", **CLOSING)))
    t.expect(between(15, 16), "lead", "escalated", level=1)
    t.at(20, t.answers_with("desk"))
    t.expect(between(20, 35), "desk", "first")
    t.at(40, t.does("ack"))
    await t.lives(40, every=0.5)
    await t.plays(5 * HOUR, every=5)


async def test_an_answer_takes_back_what_waits_to_be_said_again(story) -> None:
    t = story()
    t.at(0, t.publishes("newsroom", evidence("a", **CLOSING)))
    t.expect(between(0, 1), "desk", "first")
    t.at(10, t.answers_with("lead", AWAY))
    t.at(30, t.does("take"))
    t.at(31, t.answers_with("lead"))
    await t.lives(40, every=0.5)
    await t.plays(6 * HOUR, every=10)


async def test_each_desk_answers_for_itself_or_one_for_all(story) -> None:
    t = story(Policy(repeat=timedelta(hours=1), most_repeats=1, reminders=()), sellers=(ACME, ZETA))
    t.expect(between(0, 1), "desk", "first", seller_id="acme")
    t.expect(between(0, 1), "desk", "first", seller_id="zeta")
    t.at(0, t.publishes("newsroom", evidence("a", **CLOSING)))
    t.at(30, t.does("ack", seller="acme"))
    t.expect(between(60, 61), "desk", "repeat", seller_id="zeta")
    await t.plays(3 * HOUR, every=1)


@pytest.mark.case(40)
async def test_an_act_done_twice_says_who_did_it_and_changes_nothing(story) -> None:
    t = story()
    t.at(0, t.publishes("newsroom", evidence("a", **CLOSING)))
    t.expect(between(0, 1), "desk", "first")
    first, again, taken, once_more, heard = [], [], [], [], []

    def noting(into: list, *act: str, who: str):
        async def do() -> None:
            into.append(await t.does(*act, who=who)())

        return do

    t.at(1, noting(first, "ack", who="anna"))
    t.at(2, noting(again, "ack", who="bob"))
    t.at(3, noting(taken, "take", who="bob"))
    t.at(4, noting(once_more, "take", who="carl"))
    t.at(5, noting(heard, "ack", who="carl"))
    await t.plays(10)
    assert [one[0].again for one in (first, again, taken, once_more, heard)] == [False, True, False, True, True]
    assert [one[0].act.who for one in (first, again, taken, once_more, heard)] == ["anna", "anna", "bob", "bob", "bob"]
    kept = await t.room.store.acts((await t.incident()).id)
    assert [(act.kind.value, act.who) for act in kept] == [("ack", "anna"), ("take", "bob")]


async def test_a_false_alarm_closes_it_for_all_and_whoever_was_told_hears_so_once(story) -> None:
    t = story(Policy(reminders=()), sellers=(ACME, ZETA))
    t.at(0, t.publishes("newsroom", evidence("a", **CLOSING)))
    t.expect(between(0, 1), "desk", "first", seller_id="acme")
    t.expect(between(0, 1), "desk", "first", seller_id="zeta")
    t.at(20, t.does("false_alarm", who="bob", seller="zeta"))
    t.at(25, t.does("false_alarm", who="carl"))
    t.expect(between(20, 21), "desk", "all_clear", seller_id="acme", says="a false alarm, says bob")
    t.expect(between(20, 21), "desk", "all_clear", seller_id="zeta")
    t.at(40, t.publishes("presse", evidence("b", **CLOSING)))
    t.at(HOUR, t.does("reopen"))
    t.expect(between(HOUR, HOUR + 1), "desk", "new_rung", seller_id="acme")
    t.expect(between(HOUR, HOUR + 1), "desk", "new_rung", seller_id="zeta")
    t.at(HOUR + 5, t.does("ack"))
    await t.plays(3 * HOUR, every=1)
    assert (await t.incident()).closed is None


async def test_a_false_alarm_that_nobody_heard_is_not_spoken_of(story) -> None:
    t = story()
    t.at(0, t.answers_with("desk", AWAY))
    t.at(0, t.publishes("newsroom", evidence("a", **CLOSING)))
    t.at(1, t.does("false_alarm"))
    t.at(2, t.answers_with("desk"))
    await t.plays(30)
    assert (await t.incident()).closed.false_alarm


async def test_what_is_not_for_one_seller_is_for_the_other_and_may_be_for_the_first_after_all(story) -> None:
    t = story(Policy(repeat=timedelta(hours=1), most_repeats=1, reminders=()), sellers=(ACME, ZETA))
    t.at(0, t.publishes("newsroom", evidence("a", "proposed", **CLOSING)))
    t.expect(between(0, 1), "desk", "first", seller_id="acme")
    t.expect(between(0, 1), "desk", "first", seller_id="zeta")
    t.at(30, t.does("not_for_us", seller="acme"))
    t.expect(between(60, 64), "desk", "repeat", seller_id="zeta")
    t.at(100, t.publishes("newsroom", evidence("b", **CLOSING)))
    t.expect(between(100, 101), "desk", "new_rung", seller_id="zeta")
    t.at(110, t.does("ack", seller="zeta"))
    t.at(120, t.does("for_us", seller="acme"))
    t.expect(between(120, 121), "desk", "new_rung", seller_id="acme")
    t.at(130, t.does("ack", seller="acme"))
    await t.plays(5 * HOUR, every=1)
    with pytest.raises(ActRefusedError, match="say for which seller: acme, zeta"):
        await t.does("not_for_us")()


async def test_of_a_false_alarm_nobody_hears_who_said_that_it_is_not_for_them(story) -> None:
    t = story(Policy(reminders=()), sellers=(ACME, ZETA))
    t.at(0, t.publishes("newsroom", evidence("a", **CLOSING)))
    t.expect(between(0, 1), "desk", "first", seller_id="acme")
    t.expect(between(0, 1), "desk", "first", seller_id="zeta")
    t.at(5, t.does("not_for_us", seller="acme"))
    t.at(10, t.does("false_alarm"))
    t.expect(between(10, 11), "desk", "all_clear", seller_id="zeta")
    await t.plays(20)


async def test_machines_hear_that_it_is_over_when_people_close_it_and_when_they_open_it_again(story) -> None:
    t = story(Policy(reminders=(), repeat=timedelta(0)))
    t.watch = replace(t.watch, targets=[DESK, Target("hook", "webhook", "")])
    t.channels["webhook"] = t
    t.restarts()
    t.at(0, t.publishes("newsroom", evidence("a", **CLOSING)))
    t.expect(between(0, 1), "desk", "first")
    t.expect(between(0, 1), "hook", "first")
    for minute in (10, 30):
        t.at(minute, t.does("close"))
        t.expect(between(minute, minute + 1), "hook", "all_clear", says="closed by anna")
        t.at(minute + 10, t.does("reopen"))
        t.expect(between(minute + 10, minute + 11), "hook", "repeat", says="open again")
    await t.plays(HOUR)


# Case 49: the wall clock jumps by a day, by an hour back; nothing is early, and nothing comes in a storm.


@pytest.mark.case(49)
@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(hours=-1), timedelta(days=-2)])
async def test_case_49_a_clock_that_jumps_makes_nothing_early_and_no_storm(story, jump: timedelta) -> None:
    t = story()
    t.at(0, t.publishes("newsroom", evidence("a", **CLOSING)))
    t.expect(between(0, 1), "desk", "first")
    t.at(5, t.clock_jumps(jump))
    t.expect(between(15, 16), "lead", "escalated", level=1)
    t.at(20, t.clock_jumps(-jump))
    t.expect(between(60, 61), "boss", "escalated", level=2)
    t.at(90, t.does("ack"))
    await t.lives(65, every=1)
    await t.plays(6 * HOUR, every=10)


async def test_what_a_long_stop_held_up_comes_once_and_not_as_a_storm(story) -> None:
    t = story()
    t.at(0, t.publishes("newsroom", evidence("a", **CLOSING)))
    t.expect(between(0, 1), "desk", "first")
    t.is_down(10, 13 * HOUR)
    t.expect(between(13 * HOUR, 13 * HOUR + 10), "lead", "escalated", level=1)
    t.expect(between(13 * HOUR, 13 * HOUR + 10), "boss", "escalated", level=2)
    t.expect(between(13 * HOUR, 13 * HOUR + 10), "desk", "repeat", says="reminder 1")
    for who in ("desk", "lead", "boss"):
        t.expect(between(17 * HOUR, 17 * HOUR + 20), who, "repeat", says="reminder 2")
    t.at(18 * HOUR, t.does("ack"))
    await t.plays(24 * HOUR, every=10)


async def test_what_was_decided_before_a_stop_and_sent_after_it_is_no_older_than_its_arrival(story) -> None:
    t = story()
    t.at(0, t.publishes("newsroom", evidence("a", "proposed", **CLOSING)))  # it waits half a minute for company
    t.is_down(0.5, 10 * HOUR)
    t.expect(between(10 * HOUR, 10 * HOUR + 3), "desk", "first")
    t.expect(between(10 * HOUR + 15, 10 * HOUR + 20), "lead", "escalated", level=1)
    await t.lives(10 * HOUR - 0.5, every=0.5)
    await t.plays(10 * HOUR + 40, every=1)


async def test_two_daemons_that_both_think_it_is_theirs_say_it_once(story, database: Database) -> None:
    t = story()
    t.at(0, t.publishes("newsroom", evidence("a", **CLOSING)))
    t.expect(between(0, 1), "desk", "first")
    other = Rounds(t.room.store, SqlWords(database), lambda: t.watch, t.room.meter, lambda: t.minute * 60)

    async def both() -> None:
        later = t.now + timedelta(seconds=1)
        await asyncio.gather(t.rounds.step(t.now), other.step(later), other.step(later), t.rounds.step(later))

    t.at(16, both)
    t.expect(between(16, 17), "lead", "escalated", level=1)
    await t.lives(14, every=1)
    t.minute = 16
    await t.plays(30, every=1)


@pytest.mark.parametrize("end", ["close", "reversed", "past"])
async def test_nothing_is_said_again_once_it_is_closed_called_off_or_past(story, end: str) -> None:
    t = story(Policy(repeat=timedelta(hours=5), reminders=()))
    t.at(0, t.publishes("newsroom", evidence("a", date="2024-09-24" if end == "past" else "2024-11-28")))
    t.expect(between(0, 1), "desk", "first")
    t.expect(between(5 * HOUR, 5 * HOUR + 20), "desk", "repeat")
    if end == "past":  # at midnight
        t.expect(between(10 * HOUR, 10 * HOUR + 40), "desk", "repeat")
    elif end == "close":
        t.at(6 * HOUR, t.does("close"))
    else:
        t.at(6 * HOUR, t.publishes("newsroom", evidence("b", "reversed")))
        t.expect(between(6 * HOUR, 6 * HOUR + 10), "desk", "all_clear")
    await t.plays(DAY, every=10)
