"""Which daemons work on a database: each by a lease that it renews; what a dead one held is free again at once."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update

from monitor.domain.alerts import DeliveryState
from monitor.domain.crew import Member, Standing
from monitor.domain.errors import UnavailableError
from monitor.store import codec
from monitor.store.cluster_tables import daemons, polls
from monitor.store.columns import EPOCH
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.instance import INSTANCE
from monitor.store.tables import captures, instances, wanted_pages
from monitor.store.telling_tables import deliveries

# For which a dead daemon's messages are left alone. It may sleep and not be dead: a send that it began before is over
# when its lease and this have passed since its last beat (notify.delivery.STALE and a channel's timeout), so that no
# first copy comes after its repeat.
FAREWELL = timedelta(seconds=10)
CREW = "daemons that share it"
"""Who holds the instance while daemons share the database, which keeps out whoever works alone."""


class SqlMembers:
    """The daemons of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def time(self) -> datetime:
        """What the database's clock says: the one clock of daemons that share it."""

        async def work(connection: AsyncConnection) -> datetime:
            if connection.dialect.name == "sqlite":
                raise UnavailableError("daemons share PostgreSQL alone")
            said = await connection.exec_driver_sql("SELECT (extract(epoch FROM clock_timestamp()) * 1e6)::bigint")
            return EPOCH + timedelta(microseconds=int(said.scalar_one()))

        return await self._database.read(work)

    async def join(self, member: Member) -> None:
        """It works from now on."""
        row = codec.row(
            "daemons",
            id=member.id,
            machine=member.machine,
            roles=",".join(member.roles),
            version=member.version,
            settings=member.settings,
            started_at=member.started_at,
            beat_at=member.beat_at,
            until=member.until,
            **_standing(member.standing),
        )
        statement = self._database.insert(daemons).on_conflict_do_nothing()
        await self._database.write(lambda connection: connection.execute(statement, row))

    async def beat(
        self,
        id: str,
        settings: str,
        now: datetime,
        ttl: timedelta,
        standing: Standing = Standing(),  # noqa: B008 - a value
    ) -> bool:
        """It lives; False when the others gave it up before: what it holds is not its any more."""
        said = {"beat_at": now, "until": now + ttl, "settings": settings} | _standing(standing)
        alive = update(daemons).where(daemons.c.id == id).values(said)

        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(alive)).rowcount > 0

        return await self._database.write(work)

    async def leave(self, id: str, now: datetime) -> None:
        """It ends, and what it holds is free; with the last of them the database is."""
        empty = delete(instances).where(instances.c.owner == CREW, ~select(daemons.c.id).exists())

        async def work(connection: AsyncConnection) -> None:
            await _bury(connection, id, now)
            await connection.execute(empty)

        await self._database.write(work)

    async def hold(self, now: datetime, ttl: timedelta) -> str:
        """Keep all out that work alone, for `ttl`; who cannot be kept out, since they hold the database, or ''."""
        row = codec.row("instances", owner=CREW, until=now + ttl)
        insert = self._database.insert(instances).values(name=INSTANCE, **row)
        ours = or_(instances.c.owner == CREW, instances.c.until <= now)
        held = insert.on_conflict_do_update(index_elements=["name"], set_=row, where=ours)

        async def work(connection: AsyncConnection) -> str:
            if await connection.scalar(held.returning(instances.c.owner)):
                return ""
            return await connection.scalar(select(instances.c.owner)) or ""

        return await self._database.write(work)

    async def reap(self, now: datetime) -> Sequence[str]:
        """Free what dead daemons hold; returns who they were. However many reap at once, each is buried once.

        What is held by nobody here is free too: one that was buried while it slept claims under its old name, until it
        notices, and may die before.
        """
        dead = select(daemons.c.id).where(daemons.c.until <= now).with_for_update(skip_locked=True)

        async def work(connection: AsyncConnection) -> Sequence[str]:
            found = list(await connection.scalars(dead))
            for id in found:
                await _bury(connection, id, now, FAREWELL)
            for table in (captures, wanted_pages):
                lives = select(daemons.c.id).where(table.c.token.like(daemons.c.id + ".%")).exists()
                nobodys = table.c.due_at > now, table.c.token.like("%.%"), ~lives
                await connection.execute(update(table).where(*nobodys).values(due_at=now, token=None))
            return found

        return await self._database.write(work)

    async def alive(self) -> Sequence[Member]:
        """Those that are not buried, the first started first."""

        async def work(connection: AsyncConnection) -> Sequence[Member]:
            rows = await connection.execute(select(daemons).order_by(daemons.c.started_at, daemons.c.id))
            return [
                Member(
                    id=row.id,
                    machine=row.machine,
                    roles=tuple(row.roles.split(",")),
                    version=row.version,
                    settings=row.settings,
                    started_at=row.started_at,
                    beat_at=row.beat_at,
                    until=row.until,
                    standing=Standing(row.clock_off, json.loads(row.troubles), json.loads(row.failures)),
                )
                for row in rows
            ]

        return await self._database.read(work)

    async def others(self) -> int:
        """How many share the database, the dead buried first; none can share SQLite."""
        if self._database.dialect == "sqlite":
            return 0
        await self.reap(await self.time())
        return len(await self.alive())

    async def elders(self, now: datetime) -> str:
        """Who holds the database for itself alone, as daemons of earlier releases and one-time commands do; or ''."""
        held = select(instances.c.owner).where(instances.c.until > now, instances.c.owner != CREW)

        async def work(connection: AsyncConnection) -> str:
            return await connection.scalar(held) or ""

        return await self._database.read(work)


def _standing(said: Standing) -> dict[str, object]:
    """Its columns."""
    return {
        "clock_off": said.clock_off,
        "troubles": json.dumps(dict(said.troubles)),
        "failures": json.dumps(dict(said.failures)),
    }


async def _bury(connection: AsyncConnection, id: str, now: datetime, rest: timedelta = timedelta(0)) -> None:
    """Its claims end: captures, pages and polls may be taken; a delivery becomes UNKNOWN by the next `recover` after
    the `rest`."""
    theirs = f"{id}.%"
    free = {"due_at": now, "token": None}
    for table in (captures, wanted_pages):
        held = update(table).where(table.c.token.like(theirs), table.c.due_at > now)
        await connection.execute(held.values(free))
    await connection.execute(update(polls).where(polls.c.token.like(theirs)).values(token=None, lease_until=None))
    sending = (deliveries.c.state == DeliveryState.SENDING) & deliveries.c.token.like(theirs)
    later = deliveries.c.lease_until > now + rest
    await connection.execute(update(deliveries).where(sending, later).values(lease_until=now + rest))
    await connection.execute(delete(daemons).where(daemons.c.id == id))
