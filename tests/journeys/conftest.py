"""The desk of one test, and the newsrooms in which people act on incidents."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from desks import Desk
from handwork import ACME, Sql
from local_sites import LocalSite
from newsroom import Newsroom, source
from smtp_sink import smtp_sink

from monitor.store.database import Database


@pytest.fixture
async def desk(tmp_path: Path, site: LocalSite) -> AsyncIterator[Desk]:
    async with smtp_sink() as mail:
        yield Desk(tmp_path, site, mail)


@pytest.fixture(params=["memory", "sqlite"])
async def room(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Newsroom]:
    desks = [source("newsroom", "official"), source("presse"), source("warta"), source("shibao")]
    if request.param == "memory":
        yield Newsroom(*desks, sellers=(ACME,))
        return
    database = await Database.open(f"sqlite:///{tmp_path / 'store.db'}")
    yield Newsroom(*desks, sellers=(ACME,), store=Sql(database))
    await database.close()
