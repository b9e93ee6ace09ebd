"""What a dead daemon held in hand, freed at once: for a start that is known to be alone on the database."""

from datetime import datetime

from sqlalchemy import update

from monitor.domain.alerts import DeliveryState
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.tables import captures, wanted_pages
from monitor.store.telling_tables import deliveries


async def reclaim(database: Database, now: datetime) -> None:
    """End every lease. Captures and pages can be claimed again; deliveries become UNKNOWN by the next `recover`.

    The caller holds the instance, so whoever took these leases is dead. Where several daemons share a database, leases
    must run out instead.
    """
    freed = (
        update(captures)
        .where(captures.c.token.is_not(None), captures.c.settled_at.is_(None))
        .values(codec.row("captures", due_at=now, token=None)),
        update(wanted_pages).where(wanted_pages.c.token.is_not(None)).values(due_at=now, token=None),
        update(deliveries).where(deliveries.c.state == DeliveryState.SENDING).values(lease_until=now),
    )

    async def work(connection: AsyncConnection) -> None:
        for statement in freed:
            await connection.execute(statement)

    await database.write(work)
