"""What comes near is said on its days, each once, moved when it moves, and no more once it is done or over."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from given import due, evidence
from timeline import DAY, Timeline, between, ear, on_day

from monitor.domain.alerts import Level, Policy
from monitor.domain.hours import Hours, Quiet
from monitor.store.database import Database

ONCE = Policy(repeat=timedelta(0))
DESK = ear("desk")
EXPORT, REFUND, LATER = due("2024-10-08"), due("2024-10-15", "refund"), due("2024-10-12")
# The story begins on 24 September at noon: 14 days before the export is its first day.


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(f"sqlite:///{tmp_path / 'store.db'}")
    yield database
    await database.close()


@pytest.fixture
def story(database: Database) -> Callable[..., Timeline]:
    """The notice of a closing with a day for the export, told to a desk at noon."""

    def told(*deadlines: Any, policy: Policy = ONCE, targets: Any = (DESK,), **more: Any) -> Timeline:
        t = Timeline(database, policy, list(targets), **more)
        words = {"date": "2024-11-28", "deadlines": deadlines or [EXPORT]}
        t.at(0, t.publishes("newsroom", evidence("a", **words)))
        t.expect(between(0, 1), "desk", "first")
        return t

    return told


@pytest.mark.long
async def test_each_day_is_said_once_also_across_restarts_until_it_is_done(story) -> None:
    t = story()
    for number, left in ((7, 7), (11, 3), (13, 1), (14, 0), (15, -1), (22, -8)):
        t.expect(on_day(number), "desk", "due", due=["data_export"], says=_left(left))
    for number in (7.2, 11.0, 13.9):
        t.at(number * DAY, t.starts_anew())
    t.is_down(8 * DAY, 9 * DAY)
    t.at(25 * DAY, t.does("done", "deadline:data_export:2024-10-08"))
    await t.plays(31 * DAY, every=120)


async def test_several_duties_of_one_day_are_one_message_and_what_is_done_is_left_out(story) -> None:
    t = story(EXPORT, due("2024-10-11", "payout"), due("2024-10-08", "refund"))
    for number in (3, 7, 10):  # fourteen before the payout, seven before the others, seven before it
        t.expect(on_day(number), "desk", "due", due=["data_export", "refund", "payout"])
    t.at(10.5 * DAY, t.does("done", "deadline:refund:2024-10-08"))
    t.expect(on_day(11), "desk", "due", due=["data_export", "payout"])
    t.at(12 * DAY, t.does("done", "deadline:data_export:2024-10-08"))
    t.expect(on_day(14), "desk", "due", due=["payout"])
    t.at(15 * DAY, t.does("not_for_us", seller="acme"))
    await t.plays(20 * DAY, every=120)


async def test_a_date_that_moves_takes_its_reminders_with_it(story) -> None:
    t = story()
    t.expect(on_day(7), "desk", "due", says="by 2024-10-08 (7 days left)")
    t.at(10 * DAY, t.publishes("newsroom", evidence("b", date="2024-11-28", deadlines=[LATER])))
    t.expect(between(10 * DAY, 10 * DAY + 60), "desk", "new_deadline")
    t.expect(on_day(11), "desk", "due", says="by 2024-10-12 (7 days left)")
    t.expect(on_day(15), "desk", "due", says="by 2024-10-12 (3 days left)")
    t.at(16 * DAY, t.publishes("newsroom", evidence("c", "reversed")))
    t.expect(between(16 * DAY, 16 * DAY + 120), "desk", "all_clear")
    await t.plays(30 * DAY, every=120)


async def test_what_is_taken_back_or_closed_is_not_asked_for_and_what_is_opened_again_is(story) -> None:
    t = story()
    t.at(5 * DAY, t.does("close"))
    t.at(10 * DAY, t.does("reopen"))
    t.expect(between(10 * DAY, 10 * DAY + 60), "desk", "due", says=_left(4))  # the day of seven was missed
    t.expect(on_day(11), "desk", "due", says=_left(3))
    t.at(11.5 * DAY, t.edits("newsroom", evidence("a", date="2024-11-28", title="corrected: no day is named")))
    await t.plays(20 * DAY, every=120)


async def test_nobody_is_reminded_of_what_they_were_never_told(story) -> None:
    t = story(targets=(DESK, ear("bank", platforms=("Shopee",)), ear("boss")))
    t.watch = replace(t.watch, policy=replace(ONCE, escalation=(Level(timedelta(minutes=30), ("boss",)),)))
    t.restarts()
    t.at(10, t.does("ack"))
    t.expect(on_day(7), "desk", "due")
    await t.plays(10 * DAY, every=120)


async def test_a_reminder_that_waits_for_its_hour_says_what_is_true_then(database: Database) -> None:
    desk = ear("desk", quiet=(Quiet(Hours(time(20), time(18))),))  # two hours a day for all but the critical
    t = Timeline(database, ONCE, [desk])
    words = {"date": "2024-11-28", "deadlines": [EXPORT, due("2024-10-08", "refund")]}
    t.at(0, t.publishes("newsroom", evidence("a", "proposed", **words)))
    t.expect(on_day(0, 18), "desk", "first")
    t.at(7 * DAY, t.does("done", "deadline:refund:2024-10-08"))
    t.expect(on_day(7, 18), "desk", "due", due=["data_export"])
    t.at(10.9 * DAY, t.does("done", "deadline:data_export:2024-10-08"))
    await t.plays(16 * DAY, every=120)


@pytest.mark.case(49)
async def test_a_clock_a_day_ahead_and_back_neither_repeats_nor_forgets(story) -> None:
    t = story()
    t.at(9 * DAY, t.clock_jumps(timedelta(days=1)))
    t.at(11 * DAY, t.clock_jumps(-timedelta(days=1)))
    t.expect(on_day(7), "desk", "due", says=_left(7))
    t.expect(on_day(10), "desk", "due", says=_left(3))
    t.expect(on_day(13), "desk", "due", says=_left(1))
    t.expect(on_day(14), "desk", "due", says=_left(0))
    await t.plays(14.5 * DAY, every=120)


def _left(days: int) -> str:
    count = f"{abs(days)} {'day' if abs(days) == 1 else 'days'}"
    return f"({count} overdue)" if days < 0 else f"({count} left)" if days else "(today)"
