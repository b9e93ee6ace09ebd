from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from oracles import Desk, Oracle, running


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk whose oracle says yes until it is told better."""
    async with running(Oracle()) as oracle:
        yield Desk(oracle, tmp_path)
