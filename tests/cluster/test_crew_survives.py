"""Two real daemons on one PostgreSQL: one is killed amid its work, one sleeps for longer than its lease."""

import asyncio
import signal
import sys
from pathlib import Path

import psycopg
import pytest
from postgres import Postgres

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from cluster_kills_daemons import Daemon
from cluster_kills_trial import HOLDS, Plan, Trial

pytestmark = pytest.mark.long

FEW = Plan(sources=24, every=30.0)
WITHIN = 60.0  # seconds in which others have what a dead daemon held


async def nobody_holds(trial: Trial, holder: str) -> None:
    """Until nothing is claimed in that daemon's name, and no daemon bears it."""
    questions = {f"SELECT EXISTS({query})": f"{holder}.%" for query in HOLDS.values()}
    questions["SELECT EXISTS(SELECT 1 FROM daemons WHERE id = %s)"] = holder
    async with await psycopg.AsyncConnection.connect(trial.url, autocommit=True) as connection:
        held = True
        while held:
            answers = [await (await connection.execute(query, [name])).fetchone() for query, name in questions.items()]
            held = any(answer and answer[0] for answer in answers)
            await asyncio.sleep(0.2)


async def reading(trial: Trial) -> Daemon:
    """One of the two, which has news in hand."""
    one, _ = trial.daemons
    for _ in range(8):
        trial.world.publish()
    assert await trial.caught(HOLDS["amid reading"], [one], WITHIN) is one
    return one


async def test_what_a_killed_daemon_held_is_taken_over_within_a_minute_and_told_once(
    postgres: Postgres, tmp_path: Path
) -> None:
    trial = Trial(FEW, postgres, tmp_path)
    async with trial.opened():
        one = await reading(trial)
        dead = one.holder
        await one.kill()
        trial.world.finish()
        async with asyncio.timeout(WITHIN):
            await nobody_holds(trial, dead)
        await one.start()
        verdict = await trial.calm()
    assert verdict.wrong == []
    assert (verdict.lost, verdict.unmarked) == (0, 0)
    assert verdict.incidents == len(trial.world.events)
    assert verdict.received > 0


async def test_a_daemon_that_sleeps_for_longer_than_its_lease_does_no_harm_when_it_wakes(
    postgres: Postgres, tmp_path: Path
) -> None:
    trial = Trial(FEW, postgres, tmp_path)
    async with trial.opened():
        one = await reading(trial)
        asleep = one.holder
        freezing = asyncio.create_task(trial.freeze(one))
        async with asyncio.timeout(WITHIN):
            await nobody_holds(trial, asleep)
        await freezing
        async with asyncio.timeout(WITHIN):
            while one.holder == asleep:
                await asyncio.sleep(0.2)
        trial.world.finish()
        verdict = await trial.calm()
        one.send(signal.SIGTERM)
        assert await one.dies() == 0
    assert verdict.wrong == []
    assert (verdict.lost, verdict.unmarked) == (0, 0)
    assert verdict.incidents == len(trial.world.events)
