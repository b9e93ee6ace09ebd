"""What was given up, and is said by another delivery now."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update

from monitor.domain.alerts import Delivery, DeliveryState
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.outbox_rows import enqueue
from monitor.store.telling_tables import deliveries


async def replace_dead(
    database: Database, keys: Sequence[str], into: str, why: str, new: Sequence[Delivery], now: datetime
) -> bool:
    """Those of them that are dead still are SUPERSEDED by the delivery `into`, and `new` goes out, all or nothing;
    False when none of them is dead any more: whoever was first did it."""
    gone = (
        update(deliveries)
        .where(deliveries.c.key.in_(keys), deliveries.c.state == DeliveryState.DEAD)
        .values(state=DeliveryState.SUPERSEDED, into=into, last_detail=why)
        .returning(deliveries.c.no)
    )

    async def work(connection: AsyncConnection) -> bool:
        if not (await connection.scalars(gone)).all():
            return False
        await enqueue(connection, new, now)
        return True

    return await database.write(work)
