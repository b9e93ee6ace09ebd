"""The local site that the stories of fetching are told about."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from local_sites import LocalSite


@pytest.fixture
async def site() -> AsyncIterator[LocalSite]:
    """A site that answers 404 until it is told better."""
    local = LocalSite()
    server = web.Server(local.answer)
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    local.port = listening.sockets[0].getsockname()[1]
    yield local
    listening.close()
    await server.shutdown(0.1)
