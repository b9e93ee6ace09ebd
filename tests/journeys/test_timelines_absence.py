"""Those who would hear it are away, off duty or unsubscribed: whether somebody else hears it in time."""

from collections.abc import AsyncIterator, Callable
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from given import NOW, evidence
from timeline import HOUR, Timeline, between, ear

from monitor.domain.alerts import Level, Policy
from monitor.domain.exposure import Severity
from monitor.domain.hours import Hours
from monitor.domain.signals import EventType
from monitor.domain.silences import Silence
from monitor.steps import Step
from monitor.store.database import Database

LEVELS = (Level(timedelta(minutes=15), ("lead",)), Level(timedelta(hours=1), ("boss",)))
ALWAYS, MORNINGS = (), (Hours(time(9), time(11)),)  # a story begins at noon
CLOSING = {"date": "2024-11-28"}


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Callable[..., Timeline]]:
    database = await Database.open(f"sqlite:///{tmp_path / 'store.db'}")

    def told(duty: tuple[Hours, ...]) -> Timeline:
        targets = [ear("desk", duty=duty), ear("lead"), ear("boss")]
        return Timeline(database, Policy(escalation=LEVELS, reminders=()), targets)

    yield told
    await database.close()


async def test_what_is_critical_does_not_wait_for_monday_when_nobody_is_on_duty(story) -> None:
    t = story(MORNINGS)
    t.at(0, t.publishes("newsroom", evidence("a", **CLOSING)))
    t.expect(between(15, 16), "lead", "escalated", level=1, severity=Severity.CRITICAL)
    t.at(30, t.does("take", who="lead"))
    t.expect(between(21 * HOUR, 21 * HOUR + 10), "desk", "first")
    await t.lives(40, every=0.5)
    await t.plays(30 * HOUR, every=10)


async def test_what_may_wait_waits_for_the_hour_of_duty_and_is_asked_about_from_then_on(story) -> None:
    t = story(MORNINGS)
    t.at(0, t.publishes("newsroom", evidence("a", "proposed", **CLOSING)))
    t.expect(between(21 * HOUR, 21 * HOUR + 10), "desk", "first", severity=Severity.HIGH)
    t.expect(between(21 * HOUR + 15, 21 * HOUR + 25), "lead", "escalated", level=1)
    t.at(21 * HOUR + 30, t.does("ack"))
    await t.plays(24 * HOUR, every=5)


@pytest.mark.parametrize("matter", [False, True])
async def test_who_wants_to_hear_nothing_is_stood_in_for_and_what_nobody_wants_to_hear_is_not(story, matter) -> None:
    t = story(ALWAYS)
    what: dict[str, Any] = {"events": (EventType.SHUTDOWN,)} if matter else {"target": "desk"}
    quiet = Silence("s", NOW, NOW + timedelta(days=30), "anna", **what)

    async def silence() -> None:
        await t.room.store.keep(Step(at=t.now, silences=[quiet]))

    t.at(0, silence)
    t.at(1, t.publishes("newsroom", evidence("a", **CLOSING)))
    if not matter:
        t.expect(between(16, 17), "lead", "escalated", level=1)
    t.at(20, t.does("ack"))
    await t.plays(90, every=1)
