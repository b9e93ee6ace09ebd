"""A message that the pages are asked about, and a desk over a store of its own."""

import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rooms_given import Browser, desk_of, settings_in, store_in

from monitor.config import Config
from monitor.domain.alerts import Delivery
from monitor.opened import Store

MADE = datetime(2026, 11, 27, 16, tzinfo=UTC)
for part in ("notify", "ports"):
    sys.path.append(str(Path(__file__).parent.parent / part))


@pytest.fixture
def closing() -> Delivery:
    from letters import closing as made

    return replace(made(), created_at=MADE)


@pytest.fixture
def settings(tmp_path: Path) -> Config:
    return settings_in(tmp_path)


@pytest.fixture
async def store(settings: Config) -> AsyncIterator[Store]:
    opened = await store_in(settings)
    yield opened
    await opened.database.close()


@pytest.fixture
async def browser(store: Store, settings: Config) -> AsyncIterator[Callable[[], Browser]]:
    """A maker of browsers."""
    async with desk_of(store, settings) as made:
        yield made
