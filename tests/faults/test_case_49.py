"""Case 49, on both databases: clocks that jump while levels run, and the nights in which summer time begins or ends."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from given import NOW, evidence
from timeline import HOUR, Timeline, between, ear

from monitor.domain.alerts import Level, Policy
from monitor.domain.hours import Hours, Quiet
from monitor.store.database import Database

pytestmark = [pytest.mark.case(49), pytest.mark.long]

BERLIN = ZoneInfo("Europe/Berlin")
LEVELS = (Level(timedelta(minutes=15), ("lead",)), Level(timedelta(hours=1), ("boss",)))
DESK, LEAD, BOSS = ear("desk"), ear("lead"), ear("boss")
BACK = datetime(2024, 10, 27, 1, tzinfo=UTC)  # three in Berlin becomes two
ON = datetime(2025, 3, 30, 1, tzinfo=UTC)  # two in Berlin becomes three


def set_to(t: Timeline, moment: datetime) -> Timeline:
    """The story begins then."""
    t.jumped = moment - NOW
    return t


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(hours=-1)])
async def test_case_49_a_clock_that_jumps_while_levels_run_makes_nothing_early_and_no_storm(
    database: Database, jump: timedelta, record_property
) -> None:
    t = Timeline(database, Policy(escalation=LEVELS, reminders=()), [DESK, LEAD, BOSS])
    t.at(0, t.publishes("newsroom", evidence("a", date="2024-11-28")))
    t.expect(between(0, 1), "desk", "first")
    t.at(5, t.clock_jumps(jump))
    t.expect(between(15, 16), "lead", "escalated", level=1)
    t.at(30, t.clock_jumps(-jump))
    t.expect(between(60, 61), "boss", "escalated", level=2)
    t.at(70, t.does("ack"))
    await t.lives(75, every=1)
    await t.plays(3 * HOUR, every=10)
    record_property("figure", f"{database.dialect}: 3 of 3 in their minute")


@pytest.mark.parametrize("switch", [BACK, ON], ids=["back", "on"])
async def test_case_49_when_summer_time_begins_or_ends_levels_keep_their_minutes(
    database: Database, switch: datetime
) -> None:
    """A closing is told ten minutes before the clocks change; a quarter of an hour stays one."""
    everybody = [replace(one, zone="Europe/Berlin") for one in (DESK, LEAD, BOSS)]
    t = set_to(Timeline(database, Policy(escalation=LEVELS, reminders=()), everybody), switch - timedelta(minutes=10))
    ahead = (switch + timedelta(days=30)).date().isoformat()
    t.at(0, t.publishes("newsroom", evidence("a", date=ahead)))
    t.expect(between(0, 1), "desk", "first")
    t.expect(between(15, 16), "lead", "escalated", level=1)
    t.expect(between(60, 61), "boss", "escalated", level=2)
    t.at(90, t.does("ack"))
    await t.lives(95, every=1)
    await t.plays(5 * HOUR, every=10)


@pytest.mark.parametrize("switch", [BACK, ON], ids=["back", "on"])
async def test_case_49_what_waits_for_the_morning_comes_at_seven_on_the_wall_once(
    database: Database, switch: datetime, record_property
) -> None:
    night = Quiet(Hours(time(22), time(7)))
    sleeper = replace(DESK, zone="Europe/Berlin", quiet=(night,))
    evening = datetime.combine((switch - timedelta(days=1)).date(), time(23), BERLIN).astimezone(UTC)
    t = set_to(Timeline(database, Policy(reminders=(), repeat=timedelta(0)), [sleeper]), evening)
    t.at(0, t.publishes("newsroom", evidence("a", "proposed", date=(switch + timedelta(days=90)).date().isoformat())))
    await t.lives(12 * HOUR, every=10)
    [arrived] = t.arrived
    moment = evening + timedelta(minutes=arrived.minute)
    morning = datetime.combine(switch.date(), time(7), BERLIN)
    assert morning.astimezone(UTC) <= moment <= morning.astimezone(UTC) + timedelta(minutes=10)
    slept = (moment - evening).total_seconds() / 3600
    record_property("figure", f"a night of {slept:.0f} hours: told at {moment.astimezone(BERLIN):%H:%M}")
