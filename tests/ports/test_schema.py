"""The schema: built, migrated with a copy kept, and refused when it is not ours or not yet known."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from store_examples import NOON, incident

from monitor.domain.errors import StoreUnavailableError
from monitor.steps import Step
from monitor.store import schema
from monitor.store.columns import metadata
from monitor.store.database import Database
from monitor.store.errors import UnusableDatabaseError
from monitor.store.ledger import SqlLedger
from monitor.store.search_tables import INDEX

OTHERS = (INDEX, schema.ENGINE)  # no two databases have them alike


async def test_the_migrations_build_exactly_the_tables_that_the_code_speaks_of(database):
    def differences(connection):
        options = {
            "version_table": schema.VERSION_TABLE,
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "table" or not name.startswith(OTHERS),
        }
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    assert await database.read(lambda connection: connection.run_sync(differences)) == []


def test_the_newest_migration_by_name_is_the_head_of_their_chain():
    scripts = ScriptDirectory(str(Path(schema.__file__).parent / "migrations"))
    assert [scripts.get_current_head()] == [schema.head()]
    assert max(script.revision for script in scripts.walk_revisions()) == schema.head()


async def test_what_was_kept_is_there_when_the_database_is_opened_again(fresh_url):
    url = fresh_url()
    for revision in (1, 2):
        database = await Database.open(url)
        await SqlLedger(database).keep(Step(NOON, incidents=[incident(revision=revision)]))
        await database.close()
    database = await Database.open(url)
    assert await SqlLedger(database).open_incidents(NOON) == [incident(revision=2)]
    await database.close()


async def test_two_daemons_that_start_at_once_on_an_empty_postgresql_migrate_it_once(postgres):
    url = postgres.empty()
    databases = await asyncio.gather(*(Database.open(url) for _ in range(4)))
    for database in databases:
        await database.ping()
        await database.close()


async def test_two_daemons_that_start_at_once_on_a_new_file_migrate_it_once(tmp_path):
    databases = await asyncio.gather(*(Database.open(f"sqlite:///{tmp_path / 'new.db'}") for _ in range(4)))
    for database in databases:
        await database.ping()
        await database.close()


async def test_an_older_file_is_copied_before_it_is_migrated(tmp_path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        schema.migrate(connection, "0001")
        connection.execute(text("INSERT INTO sources VALUES ('tiktok', '{}', '{}')"))
    engine.dispose()

    database = await Database.open(f"sqlite:///{path}")
    await database.close()
    for file, revision in ((path, schema.head()), (tmp_path / f"old.db.before-{schema.head()}", "0001")):
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("SELECT version_num FROM sellerwatch_schema").fetchall() == [(revision,)]
            assert connection.execute("SELECT id FROM sources").fetchall() == [("tiktok",)]
    assert sorted(file.name for file in tmp_path.glob("*before*")) == [f"old.db.before-{schema.head()}"]


async def test_a_file_that_is_up_to_date_is_not_copied(tmp_path):
    for _ in range(2):
        database = await Database.open(f"sqlite:///{tmp_path / 'new.db'}")
        await database.close()
    assert [file.name for file in tmp_path.iterdir()] == ["new.db"]


async def test_a_newer_schema_is_refused_and_left_alone(fresh_url):
    url = fresh_url()
    database = await Database.open(url)
    await database.write(lambda connection: connection.execute(text("UPDATE sellerwatch_schema SET version_num = '9'")))
    await database.close()
    for _ in range(2):
        with pytest.raises(UnusableDatabaseError, match=r"has schema 9, this program knows up to"):
            await Database.open(url)


async def test_the_file_of_another_program_is_refused(tmp_path):
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE songs (id)")
    with pytest.raises(UnusableDatabaseError, match="another program"):
        await Database.open(f"sqlite:///{tmp_path / 'other.db'}")


async def test_a_postgresql_database_that_has_such_tables_of_another_program_is_refused(postgres):
    url = postgres.empty()
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE incidents (id int)"))
    engine.dispose()
    with pytest.raises(UnusableDatabaseError, match="already exists"):
        await Database.open(url)


async def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "notes.db").write_text("not a database " * 1000)
    with pytest.raises(UnusableDatabaseError, match="not a database"):
        await Database.open(f"sqlite:///{tmp_path / 'notes.db'}")


async def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "damaged.db"
    database = await Database.open(f"sqlite:///{path}")
    await database.close()
    content = bytearray(path.read_bytes())
    content[5000:30000] = b"\xff" * 25000
    path.write_bytes(content)
    with pytest.raises(UnusableDatabaseError):
        await Database.open(f"sqlite:///{path}")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "neither sqlite"),
        ("mysql://localhost/x", "mysql is not supported"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
async def test_a_url_that_cannot_be_used_is_refused_in_plain_words(url, says):
    with pytest.raises(UnusableDatabaseError, match=says):
        await Database.open(url)


async def test_a_folder_that_is_missing_and_a_server_that_is_away_may_come_back(tmp_path):
    with pytest.raises(StoreUnavailableError) as missing:
        await Database.open(f"sqlite:///{tmp_path / 'no' / 'such.db'}")
    with pytest.raises(StoreUnavailableError) as away:
        await Database.open(f"postgresql:///x?host={tmp_path}", tries=2)
    assert not isinstance(missing.value, UnusableDatabaseError)
    assert not isinstance(away.value, UnusableDatabaseError)
