"""Who runs: one daemon per database, by a lease that a living daemon renews."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_

from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.tables import instances

INSTANCE = "daemon"


class SqlInstance:
    """The instance lease of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def hold_instance(self, owner: str, now: datetime, ttl: timedelta) -> bool:
        """Take or renew the lease until `now + ttl`; False while another owner's has not run out."""
        mine = codec.row("instances", owner=owner, until=now + ttl)
        lease = self._database.insert(instances).values(name=INSTANCE, **mine)
        taken = lease.on_conflict_do_update(
            index_elements=["name"], set_=mine, where=or_(instances.c.owner == owner, instances.c.until <= now)
        )

        async def work(connection: AsyncConnection) -> bool:
            return await connection.scalar(taken.returning(instances.c.owner)) is not None

        return await self._database.write(work)

    async def release_instance(self, owner: str) -> None:
        """Give the lease up, if it is the owner's."""
        gone = delete(instances).where(instances.c.name == INSTANCE, instances.c.owner == owner)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(gone)

        await self._database.write(work)
