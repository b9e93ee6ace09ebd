"""What robots.txt files say, asked for once by all daemons that share a database."""

from datetime import datetime

from sqlalchemy import select

from monitor.store import codec
from monitor.store.cluster_tables import hosts, robots
from monitor.store.columns import EPOCH
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database


class SqlRobots:
    """Implements `ports.RobotsBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keep = database.upsert(robots)

    async def said(self, origin: str, since: datetime) -> tuple[datetime, str] | None:
        """When it was last asked for, if not before `since`, and what it said."""
        last = select(robots.c.fetched_at, robots.c.text).where(robots.c.origin == origin, robots.c.fetched_at >= since)

        async def work(connection: AsyncConnection) -> tuple[datetime, str] | None:
            row = (await connection.execute(last)).one_or_none()
            return None if row is None else (row.fetched_at, row.text)

        return await self._database.read(work)

    async def keep(self, origin: str, host: str, at: datetime, text: str, rest: float) -> None:
        """It says that now, and wants so many seconds between two requests to its host; 0: it does not say."""
        row = codec.row("robots", origin=origin, fetched_at=at, text=text)
        pace = self._database.insert(hosts).values(host=host, free_at=EPOCH, rest=rest or None)
        paced = pace.on_conflict_do_update(index_elements=["host"], set_={"rest": rest or None})

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(self._keep, row)
            await connection.execute(paced)

        await self._database.write(work)
