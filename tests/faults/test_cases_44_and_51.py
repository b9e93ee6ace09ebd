"""Cases 44 and 51: what cannot be used is refused at the start, with what to do, and nothing has begun by then."""

import asyncio
import os
import resource
import shlex
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import yaml
from local_sites import LocalSite
from postgres import Postgres
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from monitor import backup, cli
from monitor.config import load
from monitor.daemon import utc_now
from monitor.domain.errors import StoreUnavailableError
from monitor.opened import open_store
from monitor.restore import restore
from monitor.store import backup as sqlite
from monitor.store import schema
from monitor.store.database import Database

DSN = "https://key@sentry.example/1"
HOOK = "https://hooks.slack.com/services/T0/B0/XXXXXXXXXXXXXXXXXXXXXXXX"
FEED = {"name": "feed", "kind": "feed", "authority": "official", "publisher": "Bazarino", "every": "1h"}


class House:
    """A configuration, the state that it names, and the feed that it would watch."""

    def __init__(self, directory: Path, site: LocalSite) -> None:
        self.directory, self.state, self.site = directory / "the config", directory / "state", site
        self.database = self.state / backup.DATABASE
        (self.directory / "sources").mkdir(parents=True)
        self.write("platforms.yaml", "- {name: Bazarino, id: bazarino, owner: Bazarino AG, kind: marketplace}\n")
        self.write("sources/all.yaml", yaml.safe_dump([FEED | {"id": "feed", "url": site.url()}]))
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.says()

    def write(self, name: str, words: str) -> None:
        (self.directory / name).write_text(words)
        (self.directory / name).chmod(0o600)

    def says(self, more: str = "") -> None:
        base = {"state_dir": str(self.state), "web": {"port": self.port}, "fetch": {"allow_private": True}}
        self.write("settings.yaml", yaml.safe_dump(base) + more)

    async def lives(self) -> None:
        store = await open_store(load(self.directory, {}))
        await store.database.close()

    def is_of_old(self, revision: str = "0003") -> None:
        of_old(self.database, revision)

    async def is_refused(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
        """What a start says that ends with 78; nothing was made, asked or opened for it."""
        before = self.there()
        monkeypatch.setattr("sys.argv", ["sellerwatch", "run", "--config", str(self.directory)])
        with pytest.raises(SystemExit) as ended:
            await asyncio.to_thread(cli.main)
        said = capsys.readouterr()
        assert ended.value.code == 78, said
        assert '"ready"' not in said.out + said.err
        assert self.there() == before
        assert self.site.asked == []
        return " ".join(said.err.split())

    def there(self) -> dict[str, bytes]:
        return {
            str(path): path.read_bytes()
            for path in self.directory.parent.rglob("*")
            if path.is_file() and not path.name.endswith(("lock", "-shm", "-wal"))
        }


@pytest.fixture
def house(tmp_path: Path, site: LocalSite) -> House:
    return House(tmp_path, site)


# --- case 44: a secret in a file that others can read


@pytest.mark.case(44)
@pytest.mark.parametrize(
    ("words", "line"),
    [
        (f"sentry:\n  dsn: {DSN}\n", "sentry.dsn"),
        (f"targets:\n- {{id: a, channel: slack,\n   address: {HOOK}}}\n", "targets.a.address"),
        ("targets:\n- id: a\n  channel: webhook\n  address: https://h.example/x?token=1\n", "targets.a.address"),
        ("heartbeat:\n  url: https://check.example/4711\n", "heartbeat.url"),
        ("store:\n  url: postgresql://a@h/b\n  password: hunter2\n", "store.password"),
        ("second_opinion:\n  api_key: sk-1\n", "second_opinion.api_key"),
        ("channels:\n  email:\n    password: hunter2\n", "channels.email.password"),
    ],
)
async def test_case_44_a_start_with_a_secret_that_others_can_read_is_refused_with_the_line_that_mends_it(
    house: House, words: str, line: str, monkeypatch, capsys, record_property
):
    house.says(words)
    file = house.directory / "settings.yaml"
    file.chmod(0o644)
    said = await house.is_refused(monkeypatch, capsys)
    number = next(n for n, text in enumerate(file.read_text().splitlines(), 1) if line.rpartition(".")[2] + ":" in text
                  and n > 5)  # fmt: skip
    assert f"settings.yaml:{number}: {line}: is a secret, and others can read this file" in said
    command = f"chmod 600 {shlex.quote(str(file))}"
    assert f"({command}, or write secret:NAME here)" in said
    assert not any(secret in said for secret in (DSN, HOOK, "hunter2", "4711", "sk-1", "token=1"))
    subprocess.run(command, shell=True, check=True)
    load(house.directory, {})
    record_property("figure", "exit 78 with the chmod line, which mends it")


# --- case 51: what is broken


def ruined(house: House) -> None:
    raw = house.database.read_bytes()
    house.database.write_bytes(raw[:4096] + b"\xff" * (len(raw) - 4096))


def cut(house: House) -> None:
    with house.database.open("r+b") as file:
        file.truncate(10_000)


def of_another_kind(house: House) -> None:
    house.database.write_text("no database")


def changed(statement: str) -> Callable[[House], None]:
    def change(house: House) -> None:
        with closing(sqlite3.connect(house.database)) as database, database:
            database.execute("PRAGMA foreign_keys = OFF")
            database.execute(statement)

    return change


def a_folder_of_files(house: House) -> None:
    for path in sorted(house.state.rglob("*"), reverse=True):
        path.unlink()
    house.state.rmdir()
    house.state.write_text("")


DAMAGE = "bring the last good backup back with `sellerwatch restore FILE --replace`"


@pytest.mark.case(51)
@pytest.mark.parametrize(
    ("breaks", "words"),
    [
        (ruined, DAMAGE),
        (cut, DAMAGE),
        (of_another_kind, DAMAGE),
        (changed("UPDATE sellerwatch_schema SET version_num = '9999'"), "start the newer program, or restore the copy"),
        (changed("DELETE FROM sellerwatch_schema"), "a database of another program"),
        (changed("DROP TABLE marks"), f"says that its schema is {schema.head()}, and lacks marks"),
        (changed("ALTER TABLE marks RENAME COLUMN at TO on_day"), "and lacks marks.at"),
        (a_folder_of_files, "the state directory"),
    ],
)
async def test_case_51_a_database_that_cannot_be_used_ends_the_start_before_anything_began(
    house: House, breaks: Callable[[House], None], words: str, monkeypatch, capsys, record_property
):
    await house.lives()
    breaks(house)
    said = await house.is_refused(monkeypatch, capsys)
    assert words in said
    assert str(house.state) in said, "and which file it is"
    record_property("figure", "exit 78, no half start")


@pytest.mark.case(51)
@pytest.mark.parametrize(
    ("name", "words", "place"),
    [
        ("settings.yaml", "web: {port: [80\nlog: {}\n", "settings.yaml:2: is not valid YAML"),
        ("settings.yaml", "log: {}\nwep: {port: 80}\n", "settings.yaml:2: wep: unknown key 'wep' (did you mean web?)"),
        ("sources/all.yaml", "- {id: a, kind: feed,\n   evry: 1h}\n", "sources/all.yaml:2: a.evry: unknown key 'evry'"),
        ("platforms.yaml", "- {name: \x00}\n", "platforms.yaml: holds characters YAML does not allow"),
    ],
)
async def test_case_51_a_configuration_that_is_wrong_is_named_by_file_and_line_before_anything_began(
    house: House, name: str, words: str, place: str, monkeypatch, capsys, record_property
):
    house.write(name, words)
    assert place in await house.is_refused(monkeypatch, capsys)
    assert not house.state.exists()
    record_property("figure", "exit 78 with file:line, no half start")


@pytest.mark.case(51)
async def test_case_51_an_older_database_that_lacks_a_table_is_migrated_at_most(house: House, monkeypatch, capsys):
    house.is_of_old("0007")
    changed("DROP TABLE marks")(house)
    monkeypatch.setattr(house, "there", dict)  # it is migrated, and a copy made
    assert "lacks marks" in await house.is_refused(monkeypatch, capsys)


@pytest.mark.case(51)
async def test_case_51_a_newer_or_incomplete_postgresql_is_refused_too(
    house: House, postgres: Postgres, monkeypatch, capsys, record_property
):
    for statement, words in (
        ("UPDATE sellerwatch_schema SET version_num = '9999'", "has schema 9999"),
        ("ALTER TABLE marks RENAME TO remarks", "lacks marks"),
    ):
        url = postgres.fresh()
        engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()
        house.says(f"store:\n  url: {make_url(url)._replace(password=None).render_as_string()}\n")
        assert words in await house.is_refused(monkeypatch, capsys)
    record_property("figure", "exit 78, no half start")


@pytest.mark.case(51)
async def test_case_51_a_cell_that_the_disk_changed_is_damage_and_no_crash(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    database = await Database.open(url)
    await database.write(lambda c: c.execute(text("INSERT INTO sources VALUES ('a', CAST(x'ff41' AS TEXT), '{}')")))
    with pytest.raises(StoreUnavailableError, match=r"^Could not decode to UTF-8 column 'state'$") as caught:
        await database.read(lambda c: c.execute(text("SELECT * FROM sources")))
    assert type(caught.value).__name__ == "DamagedDatabaseError"
    await database.close()


# --- case 51: before a migration, and back


def of_old(file: Path, revision: str = "0003") -> None:
    file.parent.mkdir(exist_ok=True, mode=0o700)
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        schema.migrate(connection, revision)
        many = [{"id": f"{no:05}", "value": "x" * 500} for no in range(800)]
        connection.execute(text("INSERT INTO sources VALUES (:id, :value, '{}')"), many)
    engine.dispose()


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """A full disk, nearly: no file of this process may grow beyond that many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.case(51)
async def test_case_51_a_backup_is_taken_before_a_migration_and_without_room_for_it_nothing_is_migrated(
    house: House, record_property
):
    of_old(house.database)
    before = sqlite.contents(house.database)
    with files_of_at_most(200_000), pytest.raises(StoreUnavailableError, match=r"no copy .* can be made") as caught:
        await house.lives()
    assert str(house.database) in str(caught.value)
    assert sqlite.contents(house.database) == before
    assert not list(house.state.glob("*before*")), "and half a copy takes no room"

    old = os.umask(0o022)
    try:
        await house.lives()
    finally:
        os.umask(old)
    copy = house.database.with_name(f"sellerwatch.db.before-{schema.head()}")
    assert sqlite.contents(copy) == before
    assert copy.stat().st_mode & 0o777 == 0o600
    assert sqlite.contents(house.database).schema == schema.head()

    # rehearsed: the copy brings the older rows back, through the command, and the daemon's start migrates them again
    asked = ["restore", str(copy), "--config", str(house.directory), "--replace"]
    result = await asyncio.to_thread(CliRunner().invoke, cli.app, asked)
    assert result.exit_code == 0, result.output
    assert sqlite.contents(house.database).rows["sources"] == 800
    await house.lives()
    record_property("figure", "copied first, restored after")


@pytest.mark.case(51)
async def test_case_51_a_backup_and_a_restore_without_room_leave_all_as_it_was(house: House):
    of_old(house.database, schema.head())
    file = house.state.parent / "copy.tar.gz"
    backup.make(house.database, house.state, file, utc_now())
    before = house.there()
    for size in (100, 20_000, 200_000, 480_000):
        with files_of_at_most(size), pytest.raises((StoreUnavailableError, OSError)):
            backup.make(house.database, house.state, file, utc_now())
        with files_of_at_most(size), pytest.raises((StoreUnavailableError, OSError)):
            await restore(file, house.database, house.state, utc_now(), replace=True)
        assert house.there() == before
        assert not [path for path in house.state.parent.rglob(".*") if path.is_dir()]
