"""How full the outbox is by channel, and how much room the database takes and has."""

import asyncio
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import and_, case, func, or_, select, text

from monitor.census import Depth, Room, Waiting
from monitor.domain.alerts import DeliveryState
from monitor.store.audit import DUE_SINCE, is_due
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.outbox_rows import UNFINISHED
from monitor.store.tables import captures
from monitor.store.telling_tables import deliveries, silences
from monitor.store.turns import turn_of


class SqlGauges:
    """The gauges of one database, whose daemon keeps its other files in `directory`."""

    def __init__(self, database: Database, directory: Path) -> None:
        self._database, self._directory = database, directory

    async def outbox(self, now: datetime) -> Mapping[str, Depth]:
        """By channel; those without anything pending or dead are left out."""
        row = deliveries.c
        pending, dead, due = row.state.in_(UNFINISHED), row.state == DeliveryState.DEAD, is_due(now)
        query = (
            select(
                row.channel,
                func.sum(case((pending, 1), else_=0)),
                func.sum(case((and_(pending, ~due), 1), else_=0)),
                func.min(case((due, DUE_SINCE))),
                func.sum(case((dead, 1), else_=0)),
            )
            .where(or_(pending, dead))
            .group_by(row.channel)
        )

        async def work(connection: AsyncConnection) -> Mapping[str, Depth]:
            return {channel: Depth(*depth) for channel, *depth in (await connection.execute(query)).tuples()}

        return await self._database.read(work)

    async def waiting(self) -> Waiting:
        """By indexes alone, whatever else the store holds."""
        unread, quarantined = captures.c.due_at.is_not(None), captures.c.quarantine.is_not(None)
        unfinished = deliveries.c.state.in_(UNFINISHED)
        looked_for = (
            select(func.count()).where(unread),
            select(func.count()).where(quarantined),
            select(func.max(deliveries.c.no)),
            select(func.count()).where(unfinished),
            select(func.count()).select_from(silences),
            select(func.max(silences.c.until)),
        )
        query = select(*(one.scalar_subquery() for one in looked_for))

        async def work(connection: AsyncConnection) -> Waiting:
            inbox, bad, *moved = (await connection.execute(query)).one()
            return Waiting(inbox, bad, (await turn_of(connection), *moved))

        return await self._database.read(work)

    async def room(self) -> Room:
        """A file that is not there (yet) takes none."""
        free = await asyncio.to_thread(lambda: shutil.disk_usage(self._directory).free)
        if self._database.dialect == "sqlite":
            file = str(self._database.engine.url.database)
            return Room(_size(file), _size(f"{file}-wal"), free)

        async def work(connection: AsyncConnection) -> int:
            return int((await connection.execute(text("SELECT pg_database_size(current_database())"))).scalar_one())

        return Room(await self._database.read(work), 0, free)


def _size(file: str) -> int:
    try:
        return Path(file).stat().st_size
    except FileNotFoundError:
        return 0
