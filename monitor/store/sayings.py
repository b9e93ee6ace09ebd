"""What was said of an incident and how it went, read without what it says: a message bears its whole incident."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from monitor.domain.alerts import Attempt, DeliveryState, Reason
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.desk import AttemptRow
from monitor.store.telling_tables import attempts, deliveries


@dataclass(frozen=True, slots=True)
class Saying:
    """A delivery without its message, and every try at it."""

    key: str
    alert_id: str
    seller_id: str
    target: str
    channel: str
    reason: Reason
    state: DeliveryState
    created_at: datetime
    not_before: datetime
    sent_at: datetime | None
    waits_for: str
    last_detail: str
    repeat: bool
    instead_of: str
    tries: Sequence[AttemptRow] = ()


async def sayings(database: Database, incident_id: str, limit: int) -> tuple[Sequence[Saying], int]:
    """Of one incident the last decided first, at most `limit` (few hundreds); and how many there are."""
    row = deliveries.c
    columns = (
        row.no, row.key, row.alert_id, row.seller_id, row.target, row.channel, row.reason, row.state, row.created_at,
        row.not_before, row.sent_at, row.waits_for, row.last_detail, row.repeat, row.instead_of,
    )  # fmt: skip
    query = select(*columns).where(row.incident_id == incident_id).order_by(row.no.desc()).limit(limit)
    number = select(func.count()).where(row.incident_id == incident_id)

    async def work(connection: AsyncConnection) -> tuple[Sequence[Saying], int]:
        found = (await connection.execute(query)).all()
        tries = await _tries(connection, [one.no for one in found])
        said = [
            Saying(
                one.key,
                one.alert_id,
                one.seller_id,
                one.target,
                one.channel,
                Reason(one.reason),
                DeliveryState(one.state),
                one.created_at,
                one.not_before,
                one.sent_at,
                one.waits_for,
                one.last_detail,
                one.repeat,
                one.instead_of,
                tries.get(one.no, ()),
            )
            for one in found
        ]
        return said, int(await connection.scalar(number) or 0)

    return await database.read(work)


async def _tries(connection: AsyncConnection, numbers: Sequence[int]) -> Mapping[int, Sequence[AttemptRow]]:
    found: dict[int, list[AttemptRow]] = {}
    row = attempts.c
    query = select(attempts).where(row.delivery_no.in_(numbers)).order_by(row.delivery_no, row.attempt_no)
    for one in await connection.execute(query):
        tried = AttemptRow(one.attempt_no, one.at, codec.load(Attempt, one.value))
        found.setdefault(one.delivery_no, []).append(tried)
    return found
