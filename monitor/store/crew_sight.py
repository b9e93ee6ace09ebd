"""What several daemons on one database do, as it stands in the rows: who lives, what waits, who holds what."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, func, or_, select, text
from sqlalchemy.exc import IntegrityError

from monitor.cluster.duties import STALLED, Role
from monitor.domain.alerts import DeliveryState
from monitor.domain.crew import LATE, Hands, Queue, Sight
from monitor.store.cluster_tables import polls
from monitor.store.columns import Instant
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.members import SqlMembers
from monitor.store.tables import captures, wanted_pages
from monitor.store.telling_tables import deliveries

WATCHED = timedelta(hours=7)  # daemons say again each six hours what they watch (`cluster.polling.REPLANT`)

# Procrastinate's own tables. A duty that was ever done is known by its clock; one that is done no more is forgotten
# with its last failure. Since when a job waits, and when it failed, is in its latest event.
_QUEUES = text(
    """
    WITH known AS (
        SELECT task_name FROM procrastinate_periodic_defers
        WHERE defer_timestamp > extract(epoch FROM now()) - 7200
        UNION SELECT task_name FROM procrastinate_jobs
    ), counted AS (
        SELECT job.task_name,
            count(*) FILTER (WHERE job.status = 'todo') AS todo,
            count(*) FILTER (WHERE job.status = 'doing') AS doing,
            count(*) FILTER (WHERE job.status = 'doing' AND (worker.id IS NULL OR
                worker.last_heartbeat < now() - make_interval(secs => :stalled))) AS stalled,
            count(*) FILTER (WHERE job.status = 'failed') AS failed,
            min(job.id) FILTER (WHERE job.status = 'todo') AS first_todo,
            max(job.id) FILTER (WHERE job.status = 'failed') AS last_failed
        FROM procrastinate_jobs job LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
        GROUP BY job.task_name
    )
    SELECT task_name, coalesce(todo, 0), coalesce(doing, 0), coalesce(stalled, 0), coalesce(failed, 0),
        (SELECT (extract(epoch FROM max(at)) * 1e6)::bigint FROM procrastinate_events
            WHERE job_id = first_todo) AS since,
        (SELECT (extract(epoch FROM max(at)) * 1e6)::bigint FROM procrastinate_events
            WHERE job_id = last_failed) AS last
    FROM known LEFT JOIN counted USING (task_name) ORDER BY task_name
    """
).columns(since=Instant, last=Instant)
_FORGET = text(
    "DELETE FROM procrastinate_jobs WHERE task_name = :duty AND status = 'failed' RETURNING queue_name, lock"
)
_WAKE = text(
    """
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        ROW(:queue, CAST(:duty AS varchar), 0, :lock, CAST(:duty AS varchar), '{}'::jsonb, NULL)
            ::procrastinate_job_to_defer_v1
    ])
    """
)


class SqlCrewSight:
    """The daemons of one database, to be looked at."""

    def __init__(self, database: Database) -> None:
        self._database, self._members = database, SqlMembers(database)

    async def sight(self, now: datetime) -> Sight:
        """How it stands; `now` is for a database of one daemon alone, which has no need of a common clock."""
        if self._database.dialect == "sqlite":
            return Sight(now)
        at = await self._members.time()
        members = await self._members.alive()
        free = or_(polls.c.lease_until.is_(None), polls.c.lease_until <= at)
        late = select(func.count(), func.min(polls.c.next_at)).where(
            polls.c.next_at <= at - LATE, free, polls.c.planted_at > at - WATCHED
        )

        async def work(connection: AsyncConnection) -> Sight:
            overdue, since = (await connection.execute(late)).one()
            rows = (await connection.execute(_QUEUES, {"stalled": STALLED})).tuples()
            return Sight(
                at=at,
                shared=True,
                roles=tuple(Role),
                members=members,
                queues=[Queue(*row) for row in rows],
                hands=await _hands(connection, at),
                overdue=overdue,
                overdue_since=since,
            )

        return await self._database.read(work)

    async def again(self, duty: str) -> int:
        """Forget that it failed, and have it done anew; returns how many failures were forgotten. Without any, nothing
        is done."""

        async def work(connection: AsyncConnection) -> int:
            failed = (await connection.execute(_FORGET, {"duty": duty})).tuples().all()
            if failed:
                queue, lock = failed[-1]
                try:
                    async with connection.begin_nested():
                        await connection.execute(_WAKE, {"queue": queue, "duty": duty, "lock": lock})
                except IntegrityError:  # one waits already
                    pass
            return len(failed)

        return 0 if self._database.dialect == "sqlite" else await self._database.write(work)


async def _hands(connection: AsyncConnection, at: datetime) -> Mapping[str, Hands]:
    """Claims by daemon, whose id is the beginning of their tokens. "" is whoever claimed without a name."""
    held: Sequence[tuple[str, Table, ColumnElement[bool]]] = (
        ("looks", polls, polls.c.lease_until > at),
        ("pages", wanted_pages, wanted_pages.c.due_at > at),
        ("captures", captures, (captures.c.due_at > at) & captures.c.settled_at.is_(None)),
        ("deliveries", deliveries, deliveries.c.state == DeliveryState.SENDING),
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for what, table, holds in held:
        who = func.split_part(table.c.token, ".", 1)
        counted = select(who, func.count()).where(holds, table.c.token.is_not(None)).group_by(who)
        for daemon, number in (await connection.execute(counted)).tuples():
            found[daemon][what] = number
    return {daemon: Hands(**numbers) for daemon, numbers in found.items()}
