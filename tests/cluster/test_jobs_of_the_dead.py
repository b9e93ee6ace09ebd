"""What becomes of a wake whose worker died, and of one whose end could not be noted."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from postgres import Postgres
from procrastinate import App, PsycopgConnector, exceptions
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from monitor.cluster.duties import Duty, Role
from monitor.cluster.engine import Engine
from monitor.cluster.jobs import Jobs


@pytest.fixture
async def app(postgres: Postgres) -> AsyncIterator[App]:
    """With one duty that only one may do at a time."""
    connector = PsycopgConnector(conninfo=postgres.fresh(), min_size=1, max_size=2)
    app = App(connector=connector)
    app.job_manager = Jobs(connector, asyncio.Event())

    @app.task(name="calendar", queue="rounds", lock="calendar", queueing_lock="calendar")
    async def calendar() -> None:
        """Nothing is run here."""

    async with app.open_async():
        yield app


async def taken(app: App) -> Job | None:
    """What a new worker is given."""
    return await app.job_manager.fetch_job(queues=None, worker_id=await app.job_manager.register_worker())


async def test_a_wake_of_a_dead_worker_is_given_to_another(app: App) -> None:
    await app.tasks["calendar"].defer_async()
    job = await taken(app)
    assert job is not None
    assert await taken(app) is None
    await app.job_manager.give_away(job)
    again = await taken(app)
    assert again is not None
    assert again.id == job.id


async def test_a_wake_of_a_dead_worker_keeps_no_other_from_its_turn(app: App) -> None:
    await app.tasks["calendar"].defer_async()
    job = await taken(app)
    assert job is not None
    await app.tasks["calendar"].defer_async()  # by the clock, while the dead one's counts as under way
    assert await taken(app) is None, "one at a time"
    await app.job_manager.give_away(job)
    other = await taken(app)
    assert other is not None
    assert other.id != job.id


async def test_two_that_give_one_wake_away_at_the_same_time_do_not_disturb_each_other(app: App) -> None:
    await app.tasks["calendar"].defer_async()
    job = await taken(app)
    assert job is not None
    await app.job_manager.give_away(job)
    await app.job_manager.give_away(job)
    assert await taken(app) is not None
    assert await taken(app) is None


async def test_the_end_of_a_wake_that_was_noted_by_another_is_no_fault(app: App) -> None:
    await app.tasks["calendar"].defer_async()
    job = await taken(app)
    assert job is not None
    for _ in range(2):
        await app.job_manager.finish_job(job, Status.SUCCEEDED, delete_job=True)
    assert await taken(app) is None


async def test_of_a_duty_that_fails_again_and_again_the_last_failures_are_kept(app: App) -> None:
    ids = []
    for _ in range(5):
        await app.tasks["calendar"].defer_async()
        job = await taken(app)
        assert job is not None
        await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
        ids.append(job.id)
    await app.tasks["calendar"].defer_async()
    assert isinstance(app.job_manager, Jobs)
    await app.job_manager.forget_all_but(2)
    left = list(await app.job_manager.list_jobs_async())
    assert [job.id for job in left if job.status == "failed"] == ids[-2:]
    assert len(left) == 3, "what waits stays"


async def test_a_worker_that_does_not_hear_while_it_registers_that_it_is_to_end_ends_all_the_same(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(url := postgres.fresh())
    hears = Jobs.prune_stalled_workers

    async def hears_nothing(jobs: Jobs, silent: float) -> list[int]:
        found = await hears(jobs, silent)
        engine.stop()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return found

    async def nothing_to_do() -> bool:
        return False

    monkeypatch.setattr(Jobs, "prune_stalled_workers", hears_nothing)
    duties = [Duty("poll", Role.FETCH, nothing_to_do, every=1, busy=True)]
    engine.take(duties, "one")
    await engine.open()
    await asyncio.wait_for(engine.run(duties), 10)
    await engine.close()
    async with await psycopg.AsyncConnection.connect(url) as connection:
        assert await (await connection.execute("SELECT id FROM procrastinate_workers")).fetchall() == []


async def test_a_database_that_is_gone_when_the_last_turn_ends_leaves_no_failure_that_nobody_hears(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The worker notes the end of a job in a task of its own, for which nobody waits."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    engine = Engine(postgres.fresh())

    async def the_last_turn() -> bool:
        engine.stop()
        return False

    async def gone(jobs: JobManager, job: Job, status: Status, delete_job: bool) -> None:
        raise exceptions.ConnectorException from psycopg.OperationalError("the server closed the connection")

    monkeypatch.setattr(JobManager, "finish_job", gone)
    duties = [Duty("poll", Role.FETCH, the_last_turn, every=1, busy=True)]
    engine.take(duties, "one")
    await engine.open()
    await engine.again("poll")
    await asyncio.wait_for(engine.run(duties), 10)
    await engine.close()
    gc.collect()
    assert complaints == []
    assert "that a turn at poll ended could not be noted: the server closed the connection" in caplog.text


async def test_duties_that_are_told_to_end_at_once_leave_no_worker_behind(postgres: Postgres) -> None:
    engine, begun = Engine(postgres.fresh()), asyncio.Event()

    async def work() -> bool:
        begun.set()
        return False

    duties = [Duty("poll", Role.FETCH, work, every=1, busy=True)]
    engine.take(duties, "one")
    await engine.open()
    await engine.again("poll")
    running = asyncio.create_task(engine.run(duties))
    await asyncio.wait_for(begun.wait(), 10)
    running.cancel()
    await asyncio.wait([running])
    left = [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("worker ")]
    await engine.close()
    assert left == []
