"""Two machines on one PostgreSQL."""

import pytest
from machines_given import machines


@pytest.fixture
async def pair(tmp_path, postgres):
    async with machines(tmp_path, postgres.fresh()) as made:
        yield made
