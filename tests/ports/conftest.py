"""Every story of the store is told three times: in memory, on SQLite, on PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from fakes import MemoryStore
from postgres import Postgres
from store_examples import Store

from monitor.store.database import Database
from monitor.store.desk import SqlDesk
from monitor.store.inbox import SqlInbox
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes URLs of new databases; on PostgreSQL they have their tables already."""
    if request.param == "sqlite":
        numbers = iter(range(100))
        return lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.db'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.fresh


@pytest.fixture
async def database(fresh_url: Callable[[], str]) -> AsyncIterator[Database]:
    opened = await Database.open(fresh_url())
    yield opened
    await opened.close()


@pytest.fixture
def desk(database: Database) -> SqlDesk:
    return SqlDesk(database)


@pytest.fixture
def sql(database: Database) -> Store:
    """The store on a real database only."""
    return Store(SqlInbox(database), SqlLedger(database), SqlOutbox(database))


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """The store as a protocol: the fake and both databases."""
    if request.param == "memory":
        memory: Any = MemoryStore()
        yield Store(memory, memory, memory)
        return
    url = (
        f"sqlite:///{tmp_path / 'store.db'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres").fresh()
    )
    database = await Database.open(url)
    yield Store(SqlInbox(database), SqlLedger(database), SqlOutbox(database))
    await database.close()
