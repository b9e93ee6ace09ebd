"""What changed since a moment, cheap enough to be asked every second while somebody looks on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from monitor.domain.alerts import DeliveryState
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.outbox_rows import UNFINISHED
from monitor.store.tables import acts, incidents, vigils
from monitor.store.telling_tables import deliveries


@dataclass(frozen=True, slots=True)
class Moved:
    """An incident that another word moved, or that somebody did something to. `into`: it went into that one."""

    id: str
    revision: int
    at: datetime
    acted: bool
    into: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What moved, the first first, and how the rest stands. The digests differ whenever that did."""

    moved: Sequence[Moved]
    more: bool  # than were asked for: the earliest are left out
    latest: datetime | None  # of the changes in store
    waiting: int  # messages that are to go out
    dead: int  # messages that were given up
    deliveries: str  # digest
    blind: int  # sources that are watched for their sight
    sources: str  # digest


async def standing(database: Database, since: datetime | None, limit: int = 500) -> Standing:
    """In one transaction. `since` None asks for nothing that moved. Raises StoreUnavailableError."""

    async def work(connection: AsyncConnection) -> Standing:
        moved = [] if since is None else await _moved(connection, since, limit)
        latest = await connection.scalar(select(func.max(incidents.c.updated_at)))
        unfinished = select(func.count(), func.coalesce(func.sum(deliveries.c.attempts), 0), func.max(deliveries.c.no))
        waiting, tries, last = (await connection.execute(unfinished.where(deliveries.c.state.in_(UNFINISHED)))).one()
        gone = select(func.count()).where(deliveries.c.state == DeliveryState.DEAD)
        dead = await connection.scalar(gone) or 0
        made = await connection.scalar(select(func.max(deliveries.c.no)))
        rows = (await connection.execute(select(vigils).order_by(vigils.c.source_id))).tuples().all()
        return Standing(
            moved[-limit:],
            len(moved) > limit,
            latest,
            waiting,
            dead,
            _digest(waiting, tries, last, dead, made),
            len(rows),
            _digest(*rows),
        )

    return await database.read(work)


async def _moved(connection: AsyncConnection, since: datetime, limit: int) -> list[Moved]:
    row = incidents.c
    words = select(row.id, row.revision, row.updated_at, row.merged_into).where(row.updated_at > since)
    found = await connection.execute(words.order_by(row.updated_at.desc()).limit(limit + 1))
    moved = [Moved(id, revision, at, False, into or "") for id, revision, at, into in found.tuples()]
    done = (
        select(acts.c.incident_id, row.revision, acts.c.at, row.merged_into)
        .join(incidents, row.id == acts.c.incident_id)
        .where(acts.c.at > since)
        .order_by(acts.c.at.desc())
        .limit(limit + 1)
    )
    found = await connection.execute(done)
    moved += [Moved(id, revision, at, True, into or "") for id, revision, at, into in found.tuples()]
    return sorted(moved, key=lambda one: (one.at, one.id))


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
