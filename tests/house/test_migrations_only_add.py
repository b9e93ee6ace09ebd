"""Daemons of the release before work on while a new one brings the schema up to date (docs/scaling.md)."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations, ops
from sqlalchemy.dialects import postgresql

import monitor.store.migrations.versions as versions

SHARED = 11  # the first revision of which several daemons know
FILES = sorted(Path(versions.__path__[0]).glob("[0-9]*_*.py"))
SINCE = [file for file in FILES if int(file.name.split("_")[0]) >= SHARED]
ADDS = (ops.CreateTableOp, ops.CreateIndexOp, ops.AddColumnOp)


def asked(migration: ModuleType) -> Iterator[object]:
    """What its `upgrade` asks of PostgreSQL: operations, and statements of its own as text."""
    said: list[object] = []
    context = MigrationContext.configure(
        dialect=postgresql.dialect(), opts={"as_sql": True, "output_buffer": _Nowhere()}
    )
    operations = Operations(context)
    invoke = operations.invoke
    operations.invoke = lambda operation: (said.append(operation), invoke(operation))[1]  # type: ignore[method-assign]
    context.impl.static_output = lambda text: None  # type: ignore[method-assign]
    operations.get_bind = lambda: _Listener(said)  # type: ignore[method-assign,assignment]
    before, migration.op = migration.op, operations
    try:
        migration.upgrade()
    finally:
        migration.op = before
    return iter(said)


class _Nowhere:
    def write(self, text: str) -> None:
        """The statements are not looked at: the operations are."""

    def flush(self) -> None:
        """Nothing is kept."""


class _Listener:
    """In the place of a connection."""

    def __init__(self, said: list[object]) -> None:
        self._said = said

    def exec_driver_sql(self, text: str, **options: object) -> None:
        self._said.append(text)


def hurts(operation: object) -> str:
    """Why a daemon that does not know of it could fail, or ''."""
    if isinstance(operation, str):
        taken = [word for word in ("DROP ", "RENAME ", "ALTER COLUMN") if word in operation.upper()]
        return f"says {', '.join(taken)}" if taken else ""
    if not isinstance(operation, ADDS):
        return f"is {type(operation).__name__}"
    if isinstance(operation, ops.AddColumnOp):
        column = operation.column
        if not column.nullable and column.server_default is None:
            return f"{operation.table_name}.{column.name} is asked of rows that an older daemon inserts"
    if isinstance(operation, ops.CreateIndexOp) and operation.unique:
        return "a unique index refuses rows that were good"
    return ""


@pytest.mark.parametrize("file", SINCE, ids=lambda file: file.stem)
def test_a_migration_adds_and_never_takes_what_an_older_daemon_speaks_of(file: Path) -> None:
    migration = importlib.import_module(f"{versions.__name__}.{file.stem}")
    assert [why for one in asked(migration) if (why := hurts(one))] == []


def test_what_would_stop_an_older_daemon_is_found() -> None:
    table, column = "captures", sa.Column("more", sa.Text, nullable=False)
    assert hurts(ops.DropColumnOp(table, "token"))
    assert hurts(ops.AddColumnOp(table, column))
    assert hurts(ops.AlterColumnOp(table, "token"))
    assert hurts("ALTER TABLE captures RENAME TO looks")
    assert not hurts(ops.AddColumnOp(table, sa.Column("more", sa.Text)))


def test_all_that_they_ask_is_looked_at() -> None:
    first = list(asked(importlib.import_module(f"{versions.__name__}.{SINCE[0].stem}")))
    tables = {one.table_name for one in first if isinstance(one, ops.CreateTableOp)}
    assert tables == {"daemons", "polls", "hosts", "robots", "turns"}
    assert any("CREATE TABLE procrastinate_jobs" in one for one in first if isinstance(one, str))
