"""What is seen of several daemons: on a real PostgreSQL, from the rows that they share."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from monitor.cluster.duties import Role
from monitor.domain.crew import Fault, Hands, Member, Sight, Standing, wrongs
from monitor.store.cluster_tables import polls
from monitor.store.crew_sight import SqlCrewSight
from monitor.store.database import Database
from monitor.store.members import SqlMembers

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
async def database(postgres):
    opened = await Database.open(postgres.fresh())
    yield opened
    await opened.close()


async def daemon(database: Database, id: str, roles=tuple(Role), **more) -> Member:
    members = SqlMembers(database)
    now = await members.time()
    made = Member(
        id, f"machine-{id}", tuple(map(str, roles)), "1.0", more.pop("settings", "abc"), now - MINUTE, now,
        more.pop("until", now + 30 * SECOND), Standing(**more),
    )  # fmt: skip
    await members.join(made)
    return made


async def run(database: Database, *jobs: tuple[str, ...]) -> None:
    async def work(connection):
        for statement in (one for job in jobs for one in job):
            await connection.execute(text(statement))

    await database.write(work)


def wake(duty: str, status: str = "todo", since: str = "0 seconds", lock: str = "NULL") -> tuple[str, ...]:
    """A job of that duty, as Procrastinate keeps it, with its latest event as long ago as that."""
    made = "(SELECT max(id) FROM procrastinate_jobs)"
    return (
        "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, status) VALUES"
        f" ('{duty}-queue', '{duty}', {lock}, '{duty}', '{status}')",
        f"DELETE FROM procrastinate_events WHERE job_id = {made}",
        f"INSERT INTO procrastinate_events (job_id, type, at) VALUES ({made}, 'failed', now() - interval '{since}')",
    )


async def seen(database: Database) -> Sight:
    return await SqlCrewSight(database).sight(await SqlMembers(database).time())


async def faults(database: Database) -> dict[Fault, str]:
    return {one.fault: one.subject for one in wrongs(await seen(database))}


async def test_a_crew_that_is_well_has_nothing_wrong(database):
    await daemon(database, "a", (Role.FETCH, Role.WEB))
    await daemon(database, "b", (Role.UNDERSTAND, Role.DELIVER))
    sight = await seen(database)
    assert wrongs(sight) == []
    assert [sight.alive(role) for role in sight.roles] == [1, 1, 1, 1]
    assert [one.machine for one in sight.members] == ["machine-a", "machine-b"]


async def test_a_role_that_only_a_dead_daemon_has_is_missing_and_the_silence_is_named(database):
    await daemon(database, "a", (Role.FETCH, Role.UNDERSTAND, Role.WEB))
    now = await SqlMembers(database).time()
    await daemon(database, "b", (Role.DELIVER,), until=now - SECOND)
    assert await faults(database) == {Fault.ROLE: "deliver", Fault.SILENT: "b"}


async def test_what_a_daemon_says_of_itself_is_seen_by_all(database):
    await daemon(database, "a", clock_off=-9.04, troubles={"deliver": "waits: no way out"})
    await daemon(database, "b", settings="def")
    assert await faults(database) == {Fault.TROUBLE: "a", Fault.CLOCK: "a", Fault.SETTINGS: ""}
    sight = await seen(database)
    assert sight.configurations == {"abc": ["machine-a"], "def": ["machine-b"]}
    [clock] = [one for one in wrongs(sight) if one.fault is Fault.CLOCK]
    assert clock.values["span"] == 9 * SECOND


async def test_a_beat_says_how_it_stands_now(database):
    made = await daemon(database, "a", troubles={"poll": "waits"})
    members = SqlMembers(database)
    now = await members.time()
    assert await members.beat("a", "new", now, 30 * SECOND, Standing(0.5, {}, {"poll": "ValueError: \0 broken"}))
    [known] = await members.alive()
    assert (known.settings, known.standing) == ("new", Standing(0.5, {}, {"poll": "ValueError: \0 broken"}))
    assert known.started_at == made.started_at


async def test_work_that_waits_hangs_or_failed_is_counted_by_duty(database):
    await daemon(database, "a", failures={"health": "KeyError: 'x'"})
    await run(
        database,
        wake("poll"),
        wake("understand", since="11 minutes"),
        wake("deliver", "doing"),  # whose worker is gone
        wake("health", "failed", "2 hours"),
        wake("health", "failed", "1 hour"),
    )
    sight = await seen(database)
    counted = {one.duty: (one.todo, one.doing, one.stalled, one.failed) for one in sight.queues}
    assert counted == {
        "poll": (1, 0, 0, 0),
        "understand": (1, 0, 0, 0),
        "deliver": (0, 1, 1, 0),
        "health": (0, 0, 0, 2),
    }
    health = next(one for one in sight.queues if one.duty == "health")
    assert timedelta(minutes=59) < sight.at - health.failed_at < timedelta(minutes=61)
    found = {one.fault: one for one in wrongs(sight)}
    assert found.keys() == {Fault.STALLED, Fault.WAITS, Fault.FAILED}
    assert found[Fault.FAILED].values == {"duty": "health", "number": 2, "why": "KeyError: 'x'"}
    assert found[Fault.WAITS].subject == "understand"


async def test_a_failure_is_done_again_once_and_forgotten(database):
    crew = SqlCrewSight(database)
    await daemon(database, "a")
    await run(database, wake("health", "failed"), wake("health", "failed", lock="'health'"))
    assert await crew.again("health") == 2
    [queue] = (await seen(database)).queues
    assert (queue.todo, queue.failed) == (1, 0)
    assert await crew.again("health") == 0, "and not once more"
    await run(database, wake("health", "failed"))
    assert await crew.again("health") == 1, "though one waits already"
    [queue] = (await seen(database)).queues
    assert (queue.todo, queue.failed) == (1, 0)
    assert await crew.again("nothing") == 0


async def test_sources_that_nobody_looks_at_in_time_are_overdue_and_leases_are_counted_by_daemon(database):
    await daemon(database, "a")
    now = await SqlMembers(database).time()

    def poll(id: str, ago: timedelta, held: timedelta | None = None, planted: timedelta = MINUTE) -> dict:
        until = None if held is None else now + held
        return {
            "source_id": id, "host": "h", "next_at": now - ago, "token": "a.1" if held else None, "lease_until": until,
            "planted_at": now - planted,
        }  # fmt: skip

    rows = [
        poll("fresh", MINUTE), poll("late", 7 * MINUTE), poll("in-hand", 9 * MINUTE, MINUTE),
        poll("lost", 8 * MINUTE, -MINUTE), poll("watched by nobody any more", 9 * MINUTE, planted=480 * MINUTE),
    ]  # fmt: skip
    await database.write(lambda connection: connection.execute(polls.insert(), rows))
    sight = await seen(database)
    assert (sight.overdue, sight.overdue_since) == (2, now - 8 * MINUTE)
    assert sight.hands == {"a": Hands(looks=1)}
    assert await faults(database) == {Fault.OVERDUE: ""}


async def test_one_daemon_alone_has_no_crew_to_be_seen(tmp_path):
    database = await Database.open(f"sqlite:///{tmp_path / 'one.db'}")
    try:
        now = timedelta(0)
        sight = await SqlCrewSight(database).sight(now)
        assert (sight.shared, wrongs(sight)) == (False, [])
        assert await SqlCrewSight(database).again("poll") == 0
    finally:
        await database.close()
