"""Keys that all daemons of a database sign with: of whoever comes first, for good."""

from datetime import datetime

from sqlalchemy import select

from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.shared_tables import shared_keys


class SqlKeys:
    """The keys of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def settled(self, name: str, ours: bytes, now: datetime) -> bytes:
        """The key of that name: `ours` if there was none before."""
        offer = self._database.insert(shared_keys).on_conflict_do_nothing()
        read = select(shared_keys.c.value).where(shared_keys.c.name == name)

        async def work(connection: AsyncConnection) -> bytes:
            await connection.execute(offer, {"name": name, "value": ours, "made_at": now})
            return bytes((await connection.execute(read)).scalar_one())

        return await self._database.write(work)
