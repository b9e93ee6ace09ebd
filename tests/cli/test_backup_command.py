"""Backup and restore as an operator calls them: names, sums, exit codes, and what PostgreSQL is told."""

import asyncio
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import typer
import yaml
from test_what_is_shown import CLOSING
from typer.testing import CliRunner

from monitor.backup_command import backup, restore
from monitor.config import load
from monitor.daemon import utc_now
from monitor.lock import hold
from monitor.opened import open_store
from monitor.steps import Step
from monitor.store.backup import MAY_HAVE_ARRIVED

app = typer.Typer()
app.command()(backup)
app.command()(restore)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    shop = {"name": "Bazarino", "id": "bazarino", "owner": "Bazarino AG", "kind": "marketplace"}
    (tmp_path / "config/platforms.yaml").write_text(yaml.safe_dump([shop]))
    (tmp_path / "config/settings.yaml").write_text("{}")
    return tmp_path / "config"


@pytest.fixture
def state(directory: Path, tmp_path: Path, monkeypatch) -> Path:
    """A small configuration, and a state with one incident."""
    monkeypatch.setenv("SELLERWATCH_CONFIG", str(directory))
    monkeypatch.setenv("SELLERWATCH_STATE_DIR", str(tmp_path / "state"))

    async def begin() -> None:
        store = await open_store(load(directory))
        await store.ledger.keep(Step(at=utc_now(), incidents=[CLOSING]))
        await store.database.close()

    asyncio.run(begin())
    return tmp_path / "state"


def run(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result.stderr if code else result.stdout


def test_without_a_word_a_backup_goes_beside_the_state_and_says_what_is_in_it(state: Path):
    said = run("backup")
    [file] = (state / "backups").iterdir()
    assert said.startswith(f"{file}: ")
    assert "schema 0" in said
    assert said.endswith("checked\n")
    assert (file.stat().st_mode & 0o777, (state / "backups").stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_directory_keeps_so_many_and_nothing_else_is_removed(state: Path, tmp_path: Path):
    place = tmp_path / "kept"
    place.mkdir()
    for day in (1, 2, 3):
        (place / f"sellerwatch-2020010{day}T000000Z.tar.gz").touch()
    (place / "sellerwatch-notes.tar.gz").touch()
    told = json.loads(run("backup", place, "--keep", 2, "--json"))
    assert [Path(one).name for one in told["removed"]] == [
        "sellerwatch-20200101T000000Z.tar.gz", "sellerwatch-20200102T000000Z.tar.gz",
    ]  # fmt: skip
    assert {one.name for one in place.iterdir()} == {
        Path(told["file"]).name, "sellerwatch-20200103T000000Z.tar.gz", "sellerwatch-notes.tar.gz",
    }  # fmt: skip
    assert told["rows"]["incidents"] == 1


def test_a_backup_that_fails_removes_none_of_the_older_ones(tmp_path: Path):
    place = tmp_path / "state" / "backups"
    place.mkdir(parents=True)
    for day in (1, 2):
        (place / f"sellerwatch-2020010{day}T000000Z.tar.gz").touch()
    assert "there is no database" in run("backup", "--from", tmp_path / "state", "--keep", 1, code=1)
    assert len(list(place.iterdir())) == 2


def test_the_backup_just_made_stays_when_a_wrong_clock_gave_older_ones_later_names(state: Path, tmp_path: Path):
    place = tmp_path / "kept"
    place.mkdir()
    for day in (1, 2):
        (place / f"sellerwatch-2099010{day}T000000Z.tar.gz").touch()
    told = json.loads(run("backup", place, "--keep", 1, "--json"))
    assert [one.name for one in place.iterdir()] == [Path(told["file"]).name]


def test_keep_goes_with_a_directory_only(state: Path, tmp_path: Path):
    assert "directory" in run("backup", tmp_path / "one.tar.gz", "--keep", 2, code=2)


def test_from_a_directory_needs_no_configuration(state: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("SELLERWATCH_CONFIG", str(tmp_path / "nowhere"))
    run("backup", tmp_path / "one.tar.gz", "--from", state)
    run("restore", tmp_path / "one.tar.gz", "--to", tmp_path / "new")
    with closing(sqlite3.connect(tmp_path / "new" / "sellerwatch.db")) as database:
        assert database.execute("SELECT id FROM incidents").fetchall() == [(CLOSING.id,)]


def test_each_way_in_which_a_restore_is_refused_has_its_exit_code(state: Path, directory: Path, tmp_path: Path):
    file = tmp_path / "one.tar.gz"
    run("backup", file)
    assert "--replace moves it aside" in run("restore", file, code=1)
    with hold(state):
        assert "stop it first" in run("restore", file, "--replace", code=75)
    assert "no whole backup" in run("restore", directory / "settings.yaml", "--to", tmp_path / "new", code=1)
    assert "No such file" in run("restore", tmp_path / "none.tar.gz", "--to", tmp_path / "new", code=1)
    with closing(sqlite3.connect(state / "sellerwatch.db")) as database, database:
        database.execute("UPDATE sellerwatch_schema SET version_num = '9999'")
    run("backup", tmp_path / "newer.tar.gz")
    assert "start the newer program" in run("restore", tmp_path / "newer.tar.gz", "--to", tmp_path / "new", code=78)


def test_a_restore_in_place_keeps_what_was_there(state: Path, tmp_path: Path):
    file = tmp_path / "one.tar.gz"
    run("backup", file)
    (state / "sellerwatch.db").write_bytes(b"ruined by a disk")
    told = json.loads(run("restore", file, "--replace", "--json"))
    assert (Path(told["aside"]) / "sellerwatch.db").read_bytes() == b"ruined by a disk"
    assert told["manifest"]["rows"]["incidents"] == 1
    json.loads(run("backup", "--json"))  # it can be read again


def test_a_backup_by_root_belongs_to_the_services_user(state: Path, tmp_path: Path):
    if os.geteuid() == 0:
        for path in (state, *state.iterdir()):
            os.chown(path, 12345, 12345)
    owner = state.stat().st_uid
    run("backup")
    run("restore", next((state / "backups").iterdir()), "--replace")
    assert {path.stat().st_uid for path in state.rglob("*")} == {owner}


def test_postgresql_is_referred_to_its_own_tools_without_its_password(state: Path, directory: Path):
    store = {"store": {"url": "postgresql://watch@db.example/watch", "password": "hunter2"}}
    (directory / "settings.yaml").write_text(yaml.safe_dump(store))
    (directory / "settings.yaml").chmod(0o600)
    for words in (["backup"], ["restore", "x.tar.gz"]):
        said = run(*words, code=1)
        assert "pg_dump --format=custom --file=sellerwatch.dump postgresql://watch@db.example/watch" in said
        assert "links.key" in said
        assert MAY_HAVE_ARRIVED in said
        assert "hunter2" not in said
