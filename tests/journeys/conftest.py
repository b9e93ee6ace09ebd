"""The desk of one test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from desks import Desk
from local_sites import LocalSite
from smtp_sink import smtp_sink


@pytest.fixture
async def desk(tmp_path: Path, site: LocalSite) -> AsyncIterator[Desk]:
    async with smtp_sink() as mail:
        yield Desk(tmp_path, site, mail)
