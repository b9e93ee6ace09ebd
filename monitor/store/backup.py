"""A SQLite database as one file: copied while others write to it, checked, counted, and made ready for another life."""

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from monitor.domain.errors import StoreUnavailableError
from monitor.store.errors import DamagedDatabaseError, UnusableDatabaseError
from monitor.store.outbox_rows import UNFINISHED
from monitor.store.schema import VERSION_TABLE
from monitor.store.tables import instances
from monitor.store.telling_tables import deliveries

_PATIENCE = 30.0  # seconds that another process's lock is waited for
_STRIDE = 50_000  # of SQLite's instructions between two words about how far it is

_STATES = ", ".join(f"'{state.value}'" for state in UNFINISHED)
MAY_HAVE_ARRIVED = f"UPDATE {deliveries.name} SET repeat = TRUE WHERE state IN ({_STATES})"  # noqa: S608 - our own names
"""For a database of an earlier moment: what was unfinished then says that it may be a repeat."""

Heard = Callable[[int, int], None]
"""How far it is: bytes done, of so many."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What lies in a database: its schema, and the number of rows by table."""

    schema: str
    rows: Mapping[str, int]


def copy(source: Path, target: Path, heard: Heard = lambda done, of: None) -> None:
    """Write a consistent and compact copy to `target`, which must not be there, and see that it is whole and on disk.

    It is one read transaction: daemons go on writing, and what they commit meanwhile is not in it. Raises
    UnusableDatabaseError when the source or its copy is damaged, StoreUnavailableError without room or lock.
    """
    if not source.is_file():
        raise StoreUnavailableError(f"there is no database {source}")
    try:
        with closing(sqlite3.connect(source, timeout=_PATIENCE)) as live:
            (pages,), (free,), (size,) = (
                live.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "freelist_count", "page_size")
            )

            def tell() -> int:
                heard(target.stat().st_size if target.exists() else 0, (pages - free) * size)
                return 0

            live.set_progress_handler(tell, _STRIDE)
            live.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.DatabaseError as error:
        target.unlink(missing_ok=True)
        raise _named(error, source) from error
    target.chmod(0o600)
    verify(target)
    sync(target)


def is_database(file: Path) -> bool:
    """Whether it looks like a SQLite file. Raises OSError."""
    with file.open("rb") as start:
        return start.read(16) == b"SQLite format 3\0"


def verify(file: Path) -> None:
    """Look at every page and every reference. Raises UnusableDatabaseError with the first finding."""
    try:
        with closing(sqlite3.connect(file)) as database:
            (finding,) = database.execute("PRAGMA integrity_check(1)").fetchone()
            astray = database.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise _named(error, file) from error
    if finding != "ok":
        raise DamagedDatabaseError(f"{file.name} is damaged: {finding}")
    if astray is not None:
        raise DamagedDatabaseError(
            f"{file.name} is damaged: a row of {astray[0]} names one of {astray[2]} that is gone"
        )


def contents(file: Path) -> Contents:
    """What lies in that file. Raises UnusableDatabaseError when it is no database of ours."""
    try:
        with closing(sqlite3.connect(file)) as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            version = f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608 - ours
            row = database.execute(version).fetchone() if VERSION_TABLE in tables else None
            if row is None:
                raise UnusableDatabaseError(f"{file.name} is a database of another program, or was never used")
            rows = {
                name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - from the schema
                for name in sorted(tables)
                if not name.startswith("sqlite_")
            }
    except sqlite3.DatabaseError as error:
        raise _named(error, file) from error
    return Contents(row[0], rows)


def revive(file: Path) -> int:
    """Make a database of an earlier moment fit to go on from; returns how many deliveries were unfinished in it.

    Those may have arrived since that moment, so they say that they may be repeats. Nobody holds the database, and all
    of it is in that one file afterwards. Raises StoreUnavailableError without room for it.
    """
    try:
        with closing(sqlite3.connect(file)) as database:
            with database:
                database.execute(f"DELETE FROM {instances.name}")  # noqa: S608
                unfinished = database.execute(MAY_HAVE_ARRIVED).rowcount
            database.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        raise _named(error, file) from error
    return unfinished


def settle(file: Path) -> None:
    """Have all that was committed in the file itself and no journal beside it, so that one rename can take its place.

    A file that is no database keeps its journal. Nobody holds it.
    """
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(file, timeout=_PATIENCE)) as database:
        database.execute("PRAGMA journal_mode = DELETE")


def sync(path: Path) -> None:
    """Have a file or a directory on the disk itself."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _named(error: sqlite3.DatabaseError, file: Path) -> StoreUnavailableError:
    if isinstance(error, sqlite3.OperationalError):  # locked, full, not to be opened
        return StoreUnavailableError(f"{file}: {error}")
    return DamagedDatabaseError(f"{file} is damaged, or no database: {error}")
