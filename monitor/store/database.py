"""One database, SQLite or PostgreSQL: opened and migrated, with transactions that are retried when that can help."""

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from sqlalchemy import Connection, Table, create_engine, event, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from monitor.domain.errors import StoreUnavailableError
from monitor.store import faults, schema
from monitor.store.connection import AsyncConnection
from monitor.store.errors import DamagedDatabaseError, UnusableDatabaseError
from monitor.store.threaded import Threaded

if TYPE_CHECKING:  # they are loaded for PostgreSQL alone
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.ext.asyncio import AsyncEngine

R = TypeVar("R")
Work = Callable[[AsyncConnection], Awaitable[R]]
Wake = Callable[[AsyncConnection, str], Awaitable[None]]


async def _nobody(connection: AsyncConnection, duty: str) -> None:
    """The embedded daemon's loops ring each other."""


_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # in WAL mode NORMAL may lose the last commits at a power cut
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_size_limit = 67108864",
)
LOCKED = 10_000  # milliseconds for which a statement waits for another's lock
ASLEEP = 60_000  # and for which a client may be silent amid a transaction: what that has locked keeps all others out
_FIRST_WAIT = 0.05  # seconds
_MEND = "bring the last good backup back with `sellerwatch restore FILE --replace`"
_chance = random.SystemRandom()


class Database:
    """Connections to one database. `dialect` is `sqlite` or `postgresql`; work awaits nothing but its connection."""

    def __init__(self, engine: "AsyncEngine | Threaded", tries: int) -> None:
        self.engine = engine
        self.dialect: str = engine.dialect.name
        self._tries = tries
        self.on_error: Callable[[str], None] = lambda kind: None  # hears the kind of every error of the driver
        self.wake: Wake = _nobody  # called within a transaction, at its end: that duty has work once it is committed
        self.holder = ""  # of several daemons which; all that it claims says so

    @classmethod
    async def open(
        cls, url: str, *, busy_timeout: timedelta = timedelta(seconds=5), tries: int = 6, migrate: bool = True
    ) -> "Database":
        """Connect and bring the schema up to date; an older SQLite file is copied beside itself first. Without
        `migrate` it stays as it is, and an older one is refused.

        `url` is `sqlite:///file` or `postgresql://...`. `busy_timeout` is how long SQLite waits for another process's
        lock in each of the `tries`. Raises UnusableDatabaseError when waiting will not help (a newer schema, a damaged
        or foreign file, a wrong URL) and StoreUnavailableError when it may.
        """
        where = _address(url)
        try:
            engine = _sqlite(where, busy_timeout) if where.get_backend_name() == "sqlite" else _postgresql(where)
        except ImportError as missing:
            raise UnusableDatabaseError(f"PostgreSQL needs psycopg, which requirements.lock has ({missing})") from None
        database, ready = cls(engine, tries), False
        name = where.database or ""  # of what is wrong; more of a server's address may be a secret
        try:
            await database._prepare(where, migrate)
            ready = True
        except DBAPIError as error:
            raise UnusableDatabaseError(f"{name}: the schema cannot be set up: {faults.words(error)}") from error
        except DamagedDatabaseError as error:
            raise DamagedDatabaseError(f"{name}: {error}; {_MEND}") from error
        except StoreUnavailableError as error:
            raise type(error)(f"{name}: {error}") from error
        finally:
            if not ready:
                await engine.dispose()
        return database

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    async def ping(self) -> None:
        """Ask the database for an answer. Raises StoreUnavailableError."""
        await self.read(lambda connection: connection.execute(select(1)))

    async def read(self, work: Work[R]) -> R:
        """What `work` returns, from one read transaction. Raises StoreUnavailableError."""
        return await self._tried(work, writes=False)

    async def write(self, work: Work[R]) -> R:
        """What `work` returns, after its one transaction was committed durably.

        `work` is run again after a passing fault, and a commit whose answer was lost may have happened: it must be
        safe to repeat. Raises StoreUnavailableError when nothing helped, ValueError for values that the schema
        refuses, and what `work` raises; then nothing was kept.
        """
        return await self._tried(work, writes=True)

    def token(self) -> str:
        """A new name for a claim; it begins with who claims."""
        return f"{self.holder}.{uuid4().hex}" if self.holder else uuid4().hex

    def insert(self, table: Table) -> "sqlite.Insert | postgresql.Insert":
        """An INSERT that knows ON CONFLICT, which both dialects spell alike."""
        if self.dialect == "sqlite":
            return sqlite.insert(table)
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)

    def prepared(self, statement: Any, *columns: str) -> Any:
        """The statement compiled once for rows of those columns.

        SQLAlchemy caches no INSERT with ON CONFLICT: compiled at each call it would cost more than its execution.
        """
        return statement.compile(dialect=self.engine.dialect, column_keys=list(columns))

    def upsert(self, table: Table) -> Any:
        """Prepared: insert whole rows, or write them over those of the same key."""
        insert = self.insert(table)
        keys, rest = table.primary_key.columns.keys(), [c.name for c in table.c if not c.primary_key]
        kept = insert.on_conflict_do_update(index_elements=keys, set_={name: insert.excluded[name] for name in rest})
        return self.prepared(kept, *keys, *rest)

    async def _transact(self, work: Work[R], writes: bool) -> R:
        if isinstance(self.engine, Threaded):
            return await self.engine.transact(work, writes)
        async with self.engine.connect() as connection, connection.begin():
            return await work(connection)

    async def _tried(self, work: Work[R], writes: bool) -> R:
        for number in range(1, self._tries + 1):
            try:
                return await self._transact(work, writes)
            except IntegrityError as error:
                raise ValueError(f"the schema refuses it: {faults.words(error)}") from error
            except (DBAPIError, PoolTimeoutError, sqlite3.Error) as error:
                kind = faults.kind(error)
                self.on_error(kind.value)
                if kind is faults.Kind.DEFECT:
                    raise
                if kind is faults.Kind.UNUSABLE:
                    raise DamagedDatabaseError(faults.words(error)) from error
                if kind is faults.Kind.UNAVAILABLE or number == self._tries:
                    raise StoreUnavailableError(faults.words(error)) from error
            except StatementError as error:
                if isinstance(error.orig, ValueError):  # a value that our column types refuse
                    raise error.orig from None
                raise
            await asyncio.sleep(_chance.uniform(0, _FIRST_WAIT * 2**number))  # full jitter
        raise AssertionError("unreachable: the last try returns or raises")

    async def _prepare(self, where: URL, migrate: bool) -> None:
        if self.dialect == "sqlite":
            await self.read(lambda connection: connection.run_sync(schema.verify_file))
        found = await self.read(lambda connection: connection.run_sync(schema.revision))
        if schema.outdated(found) and not migrate:
            raise UnusableDatabaseError(f"its schema is {found or 'none'}; a daemon's start makes it {schema.head()}")
        if schema.outdated(found) and found is not None and self.dialect == "sqlite":
            source = Path(where.database or "")
            await asyncio.to_thread(schema.copy_file, source, source.with_name(f"{source.name}.before-{schema.head()}"))
        if schema.outdated(found):
            await self.write(lambda connection: connection.run_sync(schema.migrate))
        await self.read(lambda connection: connection.run_sync(schema.verify_tables))


def _address(url: str) -> URL:
    try:
        where = make_url(url)
    except ArgumentError:
        raise UnusableDatabaseError("the database URL is neither sqlite:///file nor postgresql://...") from None
    backend = where.get_backend_name()
    if backend not in _DRIVERS:
        raise UnusableDatabaseError(f"{backend} is not supported: use sqlite:///file or postgresql://...")
    if backend == "sqlite" and where.database in {None, "", ":memory:"}:
        raise UnusableDatabaseError("a SQLite database needs a file: what lives in memory is lost at a restart")
    return where.set(drivername=_DRIVERS[backend])


def _sqlite(where: URL, busy_timeout: timedelta) -> Threaded:
    engine = create_engine(where, connect_args={"timeout": busy_timeout.total_seconds()})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself; `begin` below does
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and then writes cannot wait for the lock any more; so writers take it at once.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return Threaded(engine)


def server_options() -> str:
    """What each of our sessions asks of PostgreSQL: nobody waits without end, not even for a machine that is gone."""
    asked = {
        "synchronous_commit": "on",  # durability is promised to callers: a server's laxer default must not undo it
        "lock_timeout": LOCKED,
        "statement_timeout": "60s",
        "idle_in_transaction_session_timeout": ASLEEP,
    }
    return " ".join(f"-c {name}={value}" for name, value in asked.items())


def _postgresql(where: URL) -> "AsyncEngine":
    from sqlalchemy.ext.asyncio import create_async_engine

    return create_async_engine(
        where, pool_pre_ping=True, connect_args={"options": server_options(), "connect_timeout": 5}
    )
