"""What the proof reads: decisions, deliveries, attempts and what was told, as they stand at one moment, without the
messages themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from monitor.domain.alerts import Attempt, AttemptClass, DeliveryState, Reason, Told
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.outbox_rows import UNFINISHED
from monitor.store.telling_tables import alerts, attempts, deliveries, told


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision to speak, as the ledger keeps it."""

    alert_id: str
    incident_id: str
    seller_id: str
    at: datetime
    reason: Reason
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Try:
    """The `no`-th attempt at a delivery, counted from 1."""

    no: int
    at: datetime
    result: AttemptClass
    code: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A delivery and its attempts. `attempts` is what the delivery itself says of their number."""

    key: str
    alert_id: str
    incident_id: str
    seller_id: str
    target: str
    reason: Reason
    state: DeliveryState
    attempts: int
    repeat: bool
    detail: str
    created_at: datetime
    into: str
    fallback_of: str
    tries: tuple[Try, ...] = ()


@dataclass(frozen=True, slots=True)
class Books:
    """All of it; `told` are (incident, seller), with when."""

    decisions: tuple[Decision, ...] = ()
    entries: tuple[Entry, ...] = ()
    told: tuple[tuple[str, str, datetime], ...] = ()
    orphans: int = 0  # attempts at deliveries that are not there
    unreadable: tuple[str, ...] = field(default=())  # attempts whose text cannot be read, by their delivery's key


async def books(database: Database) -> Books:
    """One consistent look (PostgreSQL: each table as of its own moment, decisions first)."""
    columns = deliveries.c
    shown = (
        columns.no, columns.key, columns.alert_id, columns.incident_id, columns.seller_id, columns.target,
        columns.reason, columns.state, columns.attempts, columns.repeat, columns.last_detail, columns.created_at,
        columns.into, columns.fallback_of,
    )  # fmt: skip

    async def work(connection: AsyncConnection) -> Books:
        decided = (await connection.execute(select(alerts).order_by(alerts.c.at, alerts.c.id))).all()
        known = [codec.load(Told, value) for value in await connection.scalars(select(told.c.value))]
        rows = (await connection.execute(select(*shown).order_by(columns.no))).all()
        tries: dict[int, list[Try]] = {row.no: [] for row in rows}
        keys = {row.no: row.key for row in rows}
        orphans, unreadable = 0, []
        for row in await connection.execute(select(attempts).order_by(attempts.c.delivery_no, attempts.c.attempt_no)):
            if row.delivery_no not in tries:
                orphans += 1
                continue
            try:
                attempt = codec.load(Attempt, row.value)
            except ValueError:
                unreadable.append(keys[row.delivery_no])
                continue
            tries[row.delivery_no].append(Try(row.attempt_no, row.at, attempt.result, attempt.code))
        return Books(
            tuple(
                Decision(
                    row.id,
                    row.incident_id,
                    row.seller_id,
                    row.at,
                    Reason(row.reason),
                    codec.load(tuple[str, ...], row.targets),
                )
                for row in decided
            ),
            tuple(
                Entry(
                    row.key,
                    row.alert_id,
                    row.incident_id,
                    row.seller_id,
                    row.target,
                    Reason(row.reason),
                    DeliveryState(row.state),
                    row.attempts,
                    row.repeat,
                    row.last_detail,
                    row.created_at,
                    row.into,
                    row.fallback_of,
                    tuple(tries[row.no]),
                )
                for row in rows
            ),
            tuple((one.incident_id, one.seller_id, one.at) for one in known),
            orphans,
            tuple(unreadable),
        )

    return await database.read(work)


async def drill_arrivals(database: Database) -> Mapping[str, datetime]:
    """When a drill arrived last, by channel."""
    arrived = deliveries.c.reason == Reason.DRILL, deliveries.c.state == DeliveryState.SENT
    latest = func.max(deliveries.c.sent_at, type_=deliveries.c.sent_at.type)
    query = select(deliveries.c.channel, latest).where(*arrived).group_by(deliveries.c.channel)

    async def work(connection: AsyncConnection) -> Mapping[str, datetime]:
        return dict((await connection.execute(query)).tuples().all())

    return await database.read(work)


DUE_SINCE = func.coalesce(
    select(func.min(attempts.c.at))
    .where(attempts.c.delivery_no == deliveries.c.no)
    .correlate(deliveries)
    .scalar_subquery(),
    deliveries.c.not_before,
    type_=deliveries.c.not_before.type,
)
"""One that was tried has been due since its first try: a backoff makes nothing young again."""


def is_due(now: datetime) -> ColumnElement[bool]:
    """Whether an unfinished delivery should be under way: it waits for no later hour."""
    tried = and_(deliveries.c.state != DeliveryState.PENDING, deliveries.c.attempts > 0)
    return and_(deliveries.c.state.in_(UNFINISHED), or_(deliveries.c.not_before <= now, tried))


async def oldest_due(database: Database, now: datetime) -> datetime | None:
    """Since when the delivery has been due that has waited longest for its end; None when nothing is due."""
    query = select(func.min(DUE_SINCE)).where(is_due(now))

    async def work(connection: AsyncConnection) -> datetime | None:
        found: datetime | None = await connection.scalar(query)
        return found

    return await database.read(work)
