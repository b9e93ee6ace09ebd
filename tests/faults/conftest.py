"""Being here puts the folders of the helpers on the import path: each case uses what the parts are tested with."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from local_sites import LocalSite
from postgres import Postgres
from smtp_sink import Sink, smtp_sink

from monitor.store.database import Database

for part in ("adapters", "read", "journeys", "notify", "ports"):
    sys.path.append(str(Path(__file__).parents[1] / part))

from desks import Desk  # noqa: E402


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'fresh.db'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.fresh()


@pytest.fixture
async def database(fresh_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(fresh_url)
    yield opened
    await opened.close()


@pytest.fixture
async def mail() -> AsyncIterator[Sink]:
    async with smtp_sink() as sink:
        yield sink


@pytest.fixture
async def desk(tmp_path: Path, site: LocalSite, mail: Sink) -> Desk:
    return Desk(tmp_path, site, mail)
