"""SQLite by its own driver: one visit to a thread for a whole transaction, where an asynchronous driver makes several
for each statement (about 1 ms of processor a statement, more than all else that a look costs).
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, CursorResult, IteratorResult, ScalarResult
from sqlalchemy.engine.result import SimpleResultMetaData

from monitor.store.connection import AsyncConnection

R = TypeVar("R")
Work = Callable[[AsyncConnection], Awaitable[R]]

_READERS = 4


class Threaded:
    """A synchronous engine for work that is written for an asynchronous connection.

    SQLite has one writer, so one thread writes: the line before it is fair, and costs nothing. Work that is cancelled
    while it waits is never done; work under way is finished, and whoever asks next stands behind it.
    """

    def __init__(self, engine: Engine) -> None:
        self.sync_engine = engine
        self.dialect = engine.dialect
        self._writer = ThreadPoolExecutor(1, "sqlite-write")
        self._readers = ThreadPoolExecutor(_READERS, "sqlite-read")

    @property
    def url(self) -> URL:
        return self.sync_engine.url

    async def transact(self, work: Work[R], writes: bool) -> R:
        """What `work` returns, after its one transaction. Raises what it and the driver raise."""
        threads = self._writer if writes else self._readers
        return await asyncio.get_running_loop().run_in_executor(threads, self._transacted, work, writes)

    def _transacted(self, work: Work[R], writes: bool) -> R:
        engine = self.sync_engine.execution_options(writes=True) if writes else self.sync_engine
        with engine.connect() as connection, connection.begin():
            done = _driven(work(cast(AsyncConnection, _AtOnce(connection))))
            return cast(R, _detached(done))

    async def dispose(self) -> None:
        """Close every connection, after the work under way."""
        await asyncio.to_thread(self._dispose)

    def _dispose(self) -> None:
        self._writer.shutdown()
        self._readers.shutdown()
        self.sync_engine.dispose()


class _AtOnce:
    """What our work uses of an AsyncConnection, answered before anybody could wait."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def execute(self, *asked: Any) -> Any:
        return self._connection.execute(*asked)

    async def scalar(self, *asked: Any) -> Any:
        return self._connection.scalar(*asked)

    async def scalars(self, *asked: Any) -> Any:
        return self._connection.scalars(*asked)

    async def exec_driver_sql(self, *asked: Any) -> Any:
        return self._connection.exec_driver_sql(*asked)

    async def run_sync(self, work: Callable[..., R], *asked: Any) -> R:
        return work(self._connection, *asked)


def _detached(done: object) -> object:
    """A result with its rows in hand: its connection is another's from now on."""
    if isinstance(done, ScalarResult):
        rows = [(value,) for value in done.all()]
        return IteratorResult(SimpleResultMetaData(("value",)), iter(rows)).scalars()
    return done.freeze()() if isinstance(done, CursorResult) and done.returns_rows else done


def _driven(work: Awaitable[R]) -> R:
    """The end of a coroutine that waits for nothing but its connection."""
    coroutine = cast(Coroutine[Any, Any, R], work)
    try:
        coroutine.send(None)
    except StopIteration as end:
        return cast(R, end.value)
    coroutine.close()
    raise RuntimeError("a transaction waits for something other than its connection")
