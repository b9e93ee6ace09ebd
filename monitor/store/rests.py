"""How long hosts rest between two requests, whoever of the daemons that share a database makes them.

Who claims a poll or a page reserves its host (`rota`), and what begins soon after its claim needs no more. Everything
else takes the host's turn here or, where it waits for nobody as a redirect does, tells that it came.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update

from monitor.store.cluster_tables import hosts, polls
from monitor.store.columns import EPOCH
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database

# A request may take so long to begin once its turn is taken, and by so much more than the rest its host is reserved: a
# busy daemon is late by tenths of a second, and would have to tell of each request.
BEGIN = timedelta(seconds=0.5)
_PLANTING = 7_310_045_003  # any constant: names our advisory lock on PostgreSQL
_REMEMBERED = 10_000  # hosts, before those that rest no more are forgotten
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Reserved:
    """A host from `at` on, for a request that begins within `BEGIN`."""

    at: datetime
    rest: timedelta

    @property
    def until(self) -> datetime:
        return self.at + BEGIN + self.rest

    def covers(self, now: datetime) -> bool:
        """Whether after a request that begins now the whole rest is left."""
        return now <= self.at + BEGIN


class SqlRests:
    """Implements `ports.HostPace` for one daemon among several."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, Reserved] = {}  # by host, as far as this daemon knows
        self._unused: set[str] = set()  # reserved by a claim whose request did not begin yet

    def granted(self, host: str, reserved: Reserved) -> None:
        """A claim of this daemon has reserved the host."""
        self._known[host] = reserved
        self._unused.add(host)

    async def turn(self, host: str, gap: timedelta, now: datetime) -> timedelta:
        """Nothing when the request may begin, which counts from now on; else how long the host rests still."""
        ours = self._known[host] if host in self._unused else None
        self._unused.discard(host)
        if ours and ours.covers(now):
            return _NONE
        return await self._reserve(host, gap, now, waits=True, ours=ours)

    async def asked(self, host: str, gap: timedelta, now: datetime) -> None:
        """A request begins, whether the host rests or not."""
        known = self._known.get(host)
        if known is None or not known.covers(now):
            await self._reserve(host, gap, now, waits=False, ours=None)

    async def _reserve(
        self, host: str, gap: timedelta, now: datetime, *, waits: bool, ours: Reserved | None
    ) -> timedelta:
        """A turn that is `ours`, and came late, counts while nobody else has taken the next."""
        known = self._database.insert(hosts).values(host=host, free_at=EPOCH)
        # It is locked as it is found, so that it cannot be forgotten in between (`SqlRota.plant`).
        known = known.on_conflict_do_update(index_elements=["host"], set_={"host": host})
        mine = hosts.c.host == host

        async def work(connection: AsyncConnection) -> tuple[timedelta, Reserved | None]:
            locked = known.returning(hosts.c.free_at, hosts.c.rest)
            free_at, rest = (await connection.execute(locked)).tuples().one()
            if waits and free_at > now and not (ours and free_at == ours.until):
                return free_at - now, None
            reserved = Reserved(now, max(gap, timedelta(seconds=rest or 0.0)))
            await connection.execute(update(hosts).where(mine).values(free_at=max(free_at, reserved.until)))
            return _NONE, reserved

        wait, reserved = await self._database.write(work)
        if len(self._known) >= _REMEMBERED:
            self._known = {name: one for name, one in self._known.items() if one.until > now}
            self._unused &= self._known.keys()
        if reserved:
            self._known[host] = reserved
        return wait


async def known(connection: AsyncConnection, database: Database, wanted: Collection[str]) -> None:
    """These hosts have a row, which can be locked."""
    rows = [{"host": host, "free_at": EPOCH} for host in sorted(wanted)]
    if rows:
        await connection.execute(database.insert(hosts).on_conflict_do_nothing(), rows)


async def planting(connection: AsyncConnection, database: Database) -> None:
    """From here to the end of the transaction nobody else plants: whose poll it is about to insert keeps its host."""
    if database.dialect == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(_PLANTING)))


async def forget(connection: AsyncConnection, before: datetime) -> None:
    """Hosts that rest since then, and at which nothing is polled: links lead to ever more. `planting` goes before."""
    asked = or_(hosts.c.rest.is_(None), hosts.c.free_at > EPOCH)  # else its robots.txt was read but now
    polled = select(polls.c.host).where(polls.c.host == hosts.c.host).exists()
    await connection.execute(delete(hosts).where(hosts.c.free_at < before, asked, ~polled))
