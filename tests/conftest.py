"""Being here puts this folder on the import path: `from fakes import MemoryStore`, `from postgres import Postgres`."""

from collections.abc import Iterator

import pytest
from postgres import Postgres, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for the whole run, started when the first test asks for it."""
    with running_postgres() as server:
        yield server
