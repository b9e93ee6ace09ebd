"""The schema's revision: read, refused when it is newer than this program, and brought up to date by Alembic.

Alembic is loaded only when there is something to migrate: a tenth of a start would be spent on it.
"""

import os
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, Table, Text, func, inspect, select

from monitor.domain.errors import StoreUnavailableError
from monitor.store import cluster_tables, people_tables, search_tables, shared_tables, tables, telling_tables
from monitor.store.columns import metadata
from monitor.store.errors import DamagedDatabaseError, UnusableDatabaseError

TABLES = (cluster_tables, people_tables, search_tables, shared_tables, tables, telling_tables)  # known once loaded
ENGINE = "procrastinate_"  # on PostgreSQL its tables lie beside ours
VERSION_TABLE = "sellerwatch_schema"  # not Alembic's default: several programs may share one PostgreSQL database
_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = Table(VERSION_TABLE, MetaData(), Column("version_num", Text))
_MIGRATING = 7_310_045_001  # any constant: names our advisory lock on PostgreSQL


@cache
def head() -> str:
    """The revision that this program works with."""
    return max(_known())


def revision(connection: Connection) -> str | None:
    """The revision of the database, None when it has no table of ours.

    Raises UnusableDatabaseError for a revision unknown to this program, and for a SQLite file of another program.
    """
    here = inspect(connection)
    found = connection.scalar(select(_VERSION.c.version_num)) if here.has_table(VERSION_TABLE) else None
    if found is None:
        if connection.dialect.name == "sqlite" and here.get_table_names():
            raise UnusableDatabaseError("the file is a database of another program")
        return None
    if found not in _known():
        raise UnusableDatabaseError(
            f"the database has schema {found}, this program knows up to {head()}: start the newer program, or restore"
            " the copy that it made before it migrated"
        )
    return str(found)


def outdated(found: str | None) -> bool:
    """True when a database at that revision must be migrated."""
    return found != head()


def migrate(connection: Connection, to: str = "head") -> None:
    """Bring the schema to `to` within the connection's open transaction; does nothing when it is there already."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))  # of two starting daemons one migrates
    if revision(connection) == head():
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def verify_file(connection: Connection) -> None:
    """Let SQLite look for damage. Raises DamagedDatabaseError with the first finding."""
    finding = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if finding != "ok":
        raise DamagedDatabaseError(f"the database file is damaged: {finding}")


def verify_tables(connection: Connection) -> None:
    """See that a database which calls itself up to date has what we speak of; a daemon would find out at work only.

    Raises UnusableDatabaseError with all that is missing.
    """
    there = inspect(connection).get_multi_columns(filter_names=list(metadata.tables))
    columns = {table: {column["name"] for column in found} for (_, table), found in there.items()}
    missing = [
        f"{table.name}.{column.name}" if table.name in columns else table.name
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name not in columns.get(table.name, ())
    ]
    if missing:
        raise UnusableDatabaseError(
            f"it says that its schema is {head()}, and lacks {', '.join(dict.fromkeys(missing))}"
        )


def copy_file(source: Path, target: Path) -> None:
    """A consistent copy of a SQLite file that others may be writing, on the disk when this returns. An older copy of
    that name is replaced. Raises StoreUnavailableError without room for it; then nothing is left of it."""
    unfinished = target.with_name(f"{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(unfinished)) as copy:
                live.backup(copy)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        unfinished.replace(target)
    except (sqlite3.Error, OSError) as error:
        unfinished.unlink(missing_ok=True)
        raise StoreUnavailableError(f"no copy {target.name} can be made before the migration: {error}") from error


@cache
def _known() -> frozenset[str]:
    """The revisions, by which the files of the migrations are named."""
    return frozenset(file.name.split("_")[0] for file in (_MIGRATIONS / "versions").glob("[0-9]*_*.py"))
