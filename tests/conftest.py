"""Being here puts this folder on the import path: `from fakes import MemoryStore`, `from postgres import Postgres`."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator

import made_once
import pytest
import structlog
from aiohttp import web
from hypothesis import settings
from local_sites import LocalSite
from postgres import Postgres, running_postgres

from monitor.logs import REDACT
from monitor.store import database

# No example has a deadline: a machine that is busy with something else breaks no law. Where a law needs more examples
# than these, its test says so.
settings.register_profile("house", deadline=None, max_examples=60)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """A daemon sets up the whole process's logging; the next test must not inherit it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    REDACT.forget()


@pytest.fixture(scope="session", autouse=True)
def _made_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        made_once.share(patch)
        yield


@pytest.fixture
def durable(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite as a daemon uses it, whose every commit is on the disk."""
    monkeypatch.setattr(database, "_PRAGMAS", made_once.DURABLE)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for the whole run, started when the first test asks for it."""
    with running_postgres() as server:
        yield server


@pytest.fixture
async def site() -> AsyncIterator[LocalSite]:
    """A site on loopback that answers 404 until it is told better."""
    local = LocalSite()
    server = web.Server(local.answer)
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    local.port = listening.sockets[0].getsockname()[1]
    yield local
    listening.close()
    await server.shutdown(0.1)
