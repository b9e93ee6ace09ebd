"""Being here puts the folders of the helpers on the import path: each case uses what the parts are tested with."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from smtp_sink import Sink, smtp_sink

from monitor.store.database import Database

for part in ("adapters", "read", "journeys", "notify"):
    sys.path.append(str(Path(__file__).parents[1] / part))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(f"sqlite:///{tmp_path / 'outbox.db'}")
    yield opened
    await opened.close()


@pytest.fixture
async def mail() -> AsyncIterator[Sink]:
    async with smtp_sink() as sink:
        yield sink
