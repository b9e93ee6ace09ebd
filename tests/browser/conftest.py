"""A desk that has read the demo's whole story, in a directory of its own; and a browser to look at it."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from looking import chromium
from playwright.async_api import Browser
from seats import Desk, copied, opened

from monitor.daemon import utc_now
from monitor.demo.run import Play
from monitor.demo.screen import Screen
from monitor.demo.story import load as story


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo's daemon was, with all that it has read, understood and sent."""
    place = tmp_path_factory.mktemp("played")
    play = Play(story(utc_now().date()), place, seconds=5, kills=0, seed=1, screen=Screen(quiet=True))
    with ThreadPoolExecutor(1) as pool:  # this thread has a loop already
        report = pool.submit(lambda: asyncio.run(play.run())).result()
    assert report["ok"], report["problems"]
    return place


@pytest.fixture
async def desk(played: Path, tmp_path: Path) -> AsyncIterator[Desk]:
    """A copy, so that what one test does no other one sees."""
    async with opened(copied(played, tmp_path / "desk")) as one:
        yield one


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as one:
        yield one
