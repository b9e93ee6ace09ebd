"""What the desk keeps in mind is renewed by: which incidents moved, what people answered, when word last went out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from monitor.domain.rulings import Act, ActKind
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.tables import acts, incidents
from monitor.store.telling_tables import deliveries

ANSWERS = (ActKind.ACK, ActKind.TAKE, ActKind.NOT_FOR_US, ActKind.FOR_US, ActKind.DONE, ActKind.UNDONE)
_LATEST = 50  # deliveries among which the last that went out is looked for


@dataclass(frozen=True, slots=True)
class Stamp:
    """How far an incident is: cheap to ask for of all of them. `into` names the one that it went into, if it did."""

    id: str
    revision: int
    updated_at: datetime
    into: str = ""


async def stamps(database: Database, since: datetime | None = None) -> Sequence[Stamp]:
    """Of all incidents, or of those that moved since then; the last moved first."""
    row = incidents.c
    query = select(row.id, row.revision, row.updated_at, row.merged_into).order_by(row.updated_at.desc())
    if since is not None:
        query = query.where(row.updated_at >= since)

    async def work(connection: AsyncConnection) -> Sequence[Stamp]:
        return [Stamp(id, rev, at, into or "") for id, rev, at, into in (await connection.execute(query)).tuples()]

    return await database.read(work)


async def answers(database: Database, since: datetime | None = None) -> Sequence[Act]:
    """What people answered, and what they did of what is to be done, oldest first: all of it, or what came since."""
    query = select(acts).where(acts.c.kind.in_(ANSWERS)).order_by(acts.c.at, acts.c.id)
    if since is not None:
        query = query.where(acts.c.at >= since)

    async def work(connection: AsyncConnection) -> Sequence[Act]:
        return [
            Act(row.id, row.incident_id, ActKind(row.kind), row.at, row.who, row.subject, row.note, row.seller_id)
            for row in await connection.execute(query)
        ]

    return await database.read(work)


async def last_sent(database: Database) -> datetime | None:
    """When word last went out, by the latest that was made; None when none of those went out."""
    row = deliveries.c
    query = select(row.sent_at).where(row.sent_at.is_not(None)).order_by(row.no.desc()).limit(_LATEST)

    async def work(connection: AsyncConnection) -> datetime | None:
        return max(await connection.scalars(query), default=None)

    return await database.read(work)
