"""What a dead daemon held in hand, freed at once: for a start that is known to be alone on the database."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Update, update

from monitor.domain.alerts import DeliveryState
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.tables import captures, wanted_pages
from monitor.store.telling_tables import deliveries


async def reclaim(database: Database, now: datetime, only_alone: bool = False) -> None:
    """End every lease. Captures and pages can be claimed again; deliveries become UNKNOWN by the next `recover`.

    The caller holds the instance, so whoever took these leases is dead. Where several daemons share a database, their
    leases run out instead, and those `only_alone` are ended of who worked alone before: their claims name nobody.
    """
    freed: Sequence[Update] = (
        update(captures)
        .where(captures.c.token.is_not(None), captures.c.settled_at.is_(None))
        .values(codec.row("captures", due_at=now, token=None)),
        update(wanted_pages).where(wanted_pages.c.token.is_not(None)).values(due_at=now, token=None),
        update(deliveries).where(deliveries.c.state == DeliveryState.SENDING).values(lease_until=now),
    )
    if only_alone:
        freed = [one.where(one.table.c.token.not_like("%.%")) for one in freed]

    async def work(connection: AsyncConnection) -> None:
        for statement in freed:
            await connection.execute(statement)

    await database.write(work)
