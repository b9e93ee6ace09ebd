"""What many tests need and none changes is made once for each worker: a new SQLite file's tables, the model, the names,
and the records of a configuration.

The first test that needs one makes it as a daemon does; the others get a copy of it, or the very same where it is
immutable. A daemon that a test starts as a process of its own has none of this.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from monitor.store import database
from monitor.store.database import Database
from monitor.understand import placenames, platforms
from monitor.understand.model import Model

DURABLE = database._PRAGMAS
_open, _load = Database.open, Model.load
_migrated: list[bytes] = []
_READ = {
    "read_platforms": ("platforms.yaml",),
    "read_sources": ("searches.yaml", "sources/*.yaml"),
    "read_calendar": ("calendar*.yaml",),
}


def share(patch: pytest.MonkeyPatch) -> None:
    """From now on, until the patch is undone."""
    patch.setattr(Database, "open", _opened)
    # As the tests' PostgreSQL has no fsync: they end with the machine, and nobody cuts its power.
    patch.setattr(database, "_PRAGMAS", tuple(one.replace("FULL", "OFF") for one in DURABLE))
    shipped = cache(_load)
    patch.setattr(Model, "load", lambda directory=None: _load(directory) if directory else shipped())
    patch.setattr(placenames, "build", cache(placenames.build))
    names = lru_cache(8)(platforms.build)
    patch.setattr(platforms, "build", lambda known: names(tuple(known)))
    loading = import_module("monitor.config.load")  # in its package the name is the function's
    for name, files in _READ.items():
        patch.setattr(loading, name, _of_these_words(getattr(loading, name), files))


def _of_these_words(read: Callable[..., Any], files: tuple[str, ...]) -> Callable[..., Any]:
    """The same of files that say the same, whichever directory they are in."""
    known: dict[object, Any] = {}

    def found(directory: Path, *more: object) -> Any:
        paths = sorted(path for pattern in files for path in directory.glob(pattern))
        try:
            said = tuple((str(path.relative_to(directory)), path.read_bytes()) for path in paths), repr(more)
        except OSError:
            return read(directory, *more)
        if said not in known:
            known[said] = read(directory, *more)
        *values, problems = known[said]
        return *values, list(problems)

    return found


async def _opened(url: str, *, migrate: bool = True, **more: Any) -> Database:
    """`Database.open`; where it would make a SQLite file, the file is there already."""
    if migrate and url.startswith("sqlite:///"):
        file = Path(make_url(url).database or "")
        if file.is_absolute() and file.parent.is_dir() and not file.exists():
            await _copied(file)
    return await _open(url, migrate=migrate, **more)


async def _copied(file: Path) -> None:
    if not _migrated:
        with TemporaryDirectory() as directory:
            made = Path(directory) / "made.db"
            await (await _open(f"sqlite:///{made}")).close()
            _migrated.append(made.read_bytes())
    try:
        file.write_bytes(_migrated[0])
    except OSError:  # no room, perhaps: what a daemon makes of it is for the test to see
        file.unlink(missing_ok=True)
