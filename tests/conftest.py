"""Being here puts this folder on the import path: `from fakes import MemoryStore`, `from postgres import Postgres`."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp import web
from local_sites import LocalSite
from postgres import Postgres, running_postgres


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
