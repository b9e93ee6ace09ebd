"""How fast targets were told of late, so that several daemons together keep to one pace."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Row, or_, select

from monitor.domain.delivery import Pacing
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.shared_tables import paces


class SqlPaces:
    """Implements `ports.Paces` for all daemons of one database.

    A target gets one message at a time, whoever sends it (`SqlOutbox.claim_delivery`): who holds the claim of a
    delivery is the only one who moves its target's row.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def resting(self, now: datetime) -> Mapping[str, Pacing]:
        """Of the targets that may have to wait."""
        some = select(paces).where(or_(paces.c.paid_until > now, paces.c.closed_until > now))

        async def work(connection: AsyncConnection) -> Mapping[str, Pacing]:
            return {row.target: _pacing(row) for row in await connection.execute(some)}

        return await self._database.read(work)

    async def of(self, target: str) -> Pacing | None:
        """None for one that was never told anything."""

        async def work(connection: AsyncConnection) -> Pacing | None:
            row = (await connection.execute(select(paces).where(paces.c.target == target))).one_or_none()
            return None if row is None else _pacing(row)

        return await self._database.read(work)

    async def keep(self, target: str, pacing: Pacing) -> None:
        """From now on it is so."""
        row = {
            "target": target,
            "paid_until": pacing.paid_until,
            "closed_until": pacing.closed_until,
            "failures": pacing.failures,
        }
        kept = self._database.upsert(paces)
        await self._database.write(lambda connection: connection.execute(kept, row))


def _pacing(row: Row[tuple[object, ...]]) -> Pacing:
    return Pacing(row.paid_until, row.closed_until, row.failures)
