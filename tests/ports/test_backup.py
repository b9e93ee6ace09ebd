"""The state as one file and back: made while others write, checked to the last byte, and put in place whole or not at
all."""

import asyncio
import gzip
import io
import os
import random
import sqlite3
import tarfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from store_examples import (
    LEASE,
    MINUTE,
    NOON,
    SENT,
    assessment,
    capture,
    delivery,
    document,
    incident,
    look,
    state,
    told,
)

from monitor import backup
from monitor.backup import BackupError
from monitor.domain.alerts import DeliveryState, Reason
from monitor.ledger_check import check
from monitor.lock import AnotherInstanceError, hold
from monitor.restore import restore
from monitor.steps import SentAlert, Step
from monitor.store import backup as sqlite
from monitor.store import schema
from monitor.store.audit import books
from monitor.store.database import Database
from monitor.store.errors import UnusableDatabaseError
from monitor.store.inbox import SqlInbox
from monitor.store.instance import SqlInstance
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox

DAY = timedelta(days=1)
ALERT = SentAlert("alert-incident-a", "incident-a", 1, "anna", NOON, Reason.FIRST, "first", ("mail-anna", "slack-anna"))


async def opened(directory: Path) -> Database:
    return await Database.open(f"sqlite:///{directory / backup.DATABASE}")


@pytest.fixture
async def lived_in(tmp_path: Path) -> Path:
    """A state directory with work done, work under way, and a key."""
    directory = tmp_path / "state"
    directory.mkdir(mode=0o700)
    database = await opened(directory)
    ledger, outbox = SqlLedger(database), SqlOutbox(database)
    await SqlInbox(database).looked(look(), state(), capture())
    both = [delivery("one"), delivery("two", target="slack-anna")]
    await ledger.keep(
        Step(
            NOON,
            documents=[document()],
            assessments=[assessment()],
            incidents=[incident()],
            told=[told()],
            deliveries=both,
            alerts=[ALERT],
        )
    )
    claim = await outbox.claim_delivery(NOON, LEASE)
    await outbox.settle(claim, SENT, DeliveryState.SENT, NOON, NOON)
    assert await SqlInstance(database).hold_instance("another machine", NOON, 365 * DAY)
    await database.close()
    (directory / "links.key").write_bytes(b"k" * 32)
    return directory


def packed(lived_in: Path) -> Path:
    file = lived_in.parent / "copy.tar.gz"
    backup.make(lived_in / backup.DATABASE, lived_in, file, NOON)
    return file


async def test_what_is_restored_has_the_same_rows_and_keys_and_its_ledger_holds(lived_in, tmp_path):
    before = sqlite.contents(lived_in / backup.DATABASE)
    database = await opened(lived_in)
    known = check(await books(database))
    await database.close()
    done = await restore(packed(lived_in), tmp_path / "new" / backup.DATABASE, tmp_path / "new", NOON)

    after = sqlite.contents(done.database)
    assert after.schema == schema.head()
    assert {**after.rows, "instances": 1} == before.rows == done.manifest.rows, "but for who held it"
    assert sum(before.rows.values()) > 8
    assert (tmp_path / "new" / "links.key").read_bytes() == b"k" * 32
    with closing(sqlite3.connect(done.database)) as connection:
        [mode] = connection.execute("PRAGMA journal_mode").fetchone()
    assert mode == "delete", "all of it is in the one file that was moved"
    modes = {
        path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "new").iterdir() if path.name != "lock"
    }
    assert modes == {backup.DATABASE: "0o600", "links.key": "0o600"}
    database = await opened(tmp_path / "new")
    again = check(await books(database))
    assert again.holds
    assert (again.decisions, again.by_state) == (known.decisions, known.by_state)
    with pytest.raises(ValueError, match="stand as they were written"):
        await database.write(lambda connection: connection.execute(text("DELETE FROM alerts")))
    assert await SqlInstance(database).hold_instance("me", NOON, LEASE), "nobody holds what was just restored"
    await database.close()


async def test_what_was_unfinished_then_may_have_arrived_since_and_says_so(lived_in, tmp_path):
    done = await restore(packed(lived_in), tmp_path / "new" / backup.DATABASE, tmp_path / "new", NOON)
    assert done.unfinished == 1
    database = await opened(tmp_path / "new")
    claim = await SqlOutbox(database).claim_delivery(NOON + MINUTE, LEASE)
    assert (claim.item.key, claim.item.repeat) == ("two", True)
    await database.close()


async def test_what_an_operator_of_postgresql_is_told_to_call_marks_it_too(sql, database):
    both = [delivery("one"), delivery("two", target="slack-anna")]
    await sql.ledger.keep(Step(NOON, incidents=[incident()], deliveries=both))
    await database.write(lambda connection: connection.execute(text(sqlite.MAY_HAVE_ARRIVED)))
    assert (await sql.outbox.claim_delivery(NOON, LEASE)).item.repeat


async def test_a_copy_made_while_a_daemon_writes_is_one_moment_of_it(lived_in, tmp_path):
    database = await opened(lived_in)
    ledger, stop, kept = SqlLedger(database), asyncio.Event(), [0]

    async def write() -> None:
        while not stop.is_set():
            kept[0] += 1
            number = kept[0] + 1
            await ledger.keep(Step(NOON, documents=[document(number)], assessments=[assessment(number)]))

    writing = asyncio.create_task(write())
    seen = []
    for round in range(5):
        goal = kept[0] + 20
        while kept[0] < goal:
            await asyncio.sleep(0)
        least = kept[0]
        file = tmp_path / f"{round}.tar.gz"
        manifest = await asyncio.to_thread(backup.make, lived_in / backup.DATABASE, lived_in, file, NOON)
        assert manifest.rows["documents"] == manifest.rows["assessments"] >= least
        (tmp_path / f"out{round}").mkdir()
        backup.unpack(file, tmp_path / f"out{round}")
        sqlite.verify(tmp_path / f"out{round}" / backup.DATABASE)
        seen.append(manifest.rows["documents"])
    stop.set()
    await writing
    await database.close()
    assert seen == sorted(set(seen)), "it went on meanwhile"


def changed(file: Path, change) -> Path:
    """The backup with its tar changed by other hands."""
    bad = file.with_name("bad.tar.gz")
    bad.write_bytes(change(file.read_bytes()))
    return bad


def with_byte_flipped(raw: bytes) -> bytes:
    tar = bytearray(gzip.decompress(raw))
    tar[-12_000] ^= 1  # within the database
    return gzip.compress(bytes(tar), 1)


def with_one_more(name: str):
    def change(raw: bytes) -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=io.BytesIO(raw), mode="r:gz") as old, tarfile.open(fileobj=out, mode="w:gz") as new:
            for member in old:
                new.addfile(member, old.extractfile(member))
            more = tarfile.TarInfo(name)
            more.size = 3
            new.addfile(more, io.BytesIO(b"own"))
        return out.getvalue()

    return change


def without_the_key(raw: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:gz") as old, tarfile.open(fileobj=out, mode="w:gz") as new:
        for member in old:
            if member.name != "links.key":
                new.addfile(member, old.extractfile(member))
    return out.getvalue()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (with_byte_flipped, "is not as it was when the backup was made"),
        (lambda raw: raw[: len(raw) // 2], "no whole backup"),
        (lambda raw: b"", "no whole backup"),
        (lambda raw: b"SQLite format 3" + raw, "no whole backup"),
        (with_one_more("../outside"), "which its manifest does not name"),
        (with_one_more("links.key"), "which its manifest does not name"),
        (without_the_key, "lacks links.key"),
        (lambda raw: with_a_link_in_place_of_the_key(raw), "holds 'links.key', which its manifest does not name so"),
    ],
)
async def test_a_backup_that_is_not_whole_is_refused_and_nothing_is_put_in_place(lived_in, tmp_path, change, complaint):
    bad, place = changed(packed(lived_in), change), tmp_path / "new"
    with pytest.raises(BackupError, match=complaint):
        await restore(bad, place / backup.DATABASE, place, NOON)
    assert [path.name for path in place.iterdir()] == ["lock"]
    assert not (tmp_path / "outside").exists()


def with_a_link_in_place_of_the_key(raw: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:gz") as old, tarfile.open(fileobj=out, mode="w:gz") as new:
        for member in old:
            if member.name != "links.key":
                new.addfile(member, old.extractfile(member))
                continue
            member.type, member.linkname, member.size = tarfile.SYMTYPE, "/etc/hostname", 0
            new.addfile(member)
    return out.getvalue()


async def test_a_byte_that_the_disk_changed_anywhere_changes_nothing_that_is_put_in_place(lived_in, tmp_path):
    """Wherever it is: refused, or one of the few bits that mean nothing."""
    good, bad, chance = packed(lived_in), tmp_path / "bad.tar.gz", random.Random(45)
    whole = gzip.decompress(good.read_bytes())
    refused = 0
    for _ in range(200):
        raw = bytearray(good.read_bytes())
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        bad.write_bytes(raw)
        try:
            backup.unpack(bad, None)
        except BackupError:
            refused += 1
        else:
            assert gzip.decompress(bytes(raw)) == whole
    assert refused > 150


async def test_another_tar_is_no_backup(tmp_path):
    with tarfile.open(tmp_path / "other.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("readme"))
    with pytest.raises(BackupError, match="no backup of ours"):
        await restore(tmp_path / "other.tar.gz", tmp_path / "new" / backup.DATABASE, tmp_path / "new", NOON)


async def test_a_running_daemon_and_a_full_house_are_left_alone(lived_in):
    file, database = packed(lived_in), lived_in / backup.DATABASE
    with hold(lived_in), pytest.raises(AnotherInstanceError):
        await restore(file, database, lived_in, NOON, replace=True)
    before = database.read_bytes()
    with pytest.raises(BackupError, match=r"has sellerwatch\.db already"):
        await restore(file, database, lived_in, NOON)
    assert database.read_bytes() == before


async def test_what_is_replaced_is_moved_aside_with_its_journal(lived_in):
    file, database = packed(lived_in), lived_in / backup.DATABASE
    database.write_bytes(b"ruined")
    database.with_name("sellerwatch.db-wal").write_bytes(b"of the ruined one")
    (lived_in / "calendar.key").write_bytes(b"newer than the backup")
    done = await restore(file, database, lived_in, NOON, replace=True)
    assert {path.name for path in done.aside.iterdir()} == {backup.DATABASE, "sellerwatch.db-wal", "links.key"}
    assert (lived_in / "calendar.key").exists(), "somebody subscribed since"
    assert (done.aside / backup.DATABASE).read_bytes() == b"ruined"
    sqlite.verify(database)
    assert not database.with_name("sellerwatch.db-wal").exists()


async def test_an_older_backup_is_migrated_and_a_newer_one_refused(tmp_path):
    old = tmp_path / "old"
    old.mkdir()
    engine = create_engine(f"sqlite:///{old / backup.DATABASE}")
    with engine.begin() as connection:
        schema.migrate(connection, "0003")
        connection.execute(text("INSERT INTO sources VALUES ('tiktok', '{}', '{}')"))
    engine.dispose()
    backup.make(old / backup.DATABASE, old, tmp_path / "old.tar.gz", NOON)
    done = await restore(tmp_path / "old.tar.gz", tmp_path / "new" / backup.DATABASE, tmp_path / "new", NOON)
    assert done.manifest.schema == "0003"
    assert sqlite.contents(done.database).schema == schema.head()
    with closing(sqlite3.connect(done.database)) as connection:
        assert connection.execute("SELECT id FROM sources").fetchall() == [("tiktok",)]

    with closing(sqlite3.connect(old / backup.DATABASE)) as connection, connection:
        connection.execute("UPDATE sellerwatch_schema SET version_num = '9999'")
    backup.make(old / backup.DATABASE, old, tmp_path / "newer.tar.gz", NOON)
    with pytest.raises(UnusableDatabaseError, match="has schema 9999"):
        await restore(tmp_path / "newer.tar.gz", tmp_path / "b" / backup.DATABASE, tmp_path / "b", NOON)
    assert not (tmp_path / "b" / backup.DATABASE).exists()


async def test_the_copy_that_a_migration_left_is_put_back_like_a_backup(lived_in):
    database = lived_in / backup.DATABASE
    left = database.with_name("sellerwatch.db.before-0008")
    schema.copy_file(database, left)
    database.write_bytes(b"of a newer program")
    done = await restore(left, database, lived_in, NOON, replace=True)
    assert sqlite.contents(database).rows["documents"] == 1
    assert [path.name for path in done.aside.iterdir()] == [backup.DATABASE]
    assert (lived_in / "links.key").exists()


def test_a_damaged_database_is_not_backed_up_and_an_earlier_backup_stays(lived_in):
    file = packed(lived_in)
    before, database = file.read_bytes(), lived_in / backup.DATABASE
    raw = bytearray(database.read_bytes())
    raw[4096:] = b"\xff" * (len(raw) - 4096)
    database.write_bytes(bytes(raw))
    with pytest.raises(UnusableDatabaseError):
        backup.make(database, lived_in, file, NOON)
    assert file.read_bytes() == before
    assert not list(file.parent.glob(".backup-*"))


def test_what_a_killed_backup_left_is_swept_up_by_one_of_the_next_day(lived_in):
    dead, busy = lived_in.parent / ".backup-dead", lived_in.parent / ".backup-busy"
    for place, age in ((dead, 25), (busy, 1)):
        place.mkdir()
        (place / backup.DATABASE).write_bytes(b"half of it")
        moment = (NOON - timedelta(hours=age)).timestamp()
        os.utime(place, (moment, moment))
    packed(lived_in)
    assert (dead.exists(), busy.exists()) == (False, True)
