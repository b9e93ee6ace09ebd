"""Case 51: kill -9 at each step of a backup and of a restore; what is there afterwards is old or new, and whole."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from monitor import backup
from monitor.restore import restore
from monitor.store import backup as sqlite
from monitor.store.database import Database

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
STEPS = ("os.", "shutil.", "sqlite3.connect")  # what is reported before files are made, renamed, linked, removed
OLD, NEW = 40, 10  # rows

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")]


async def of_rows(state: Path, rows: int) -> None:
    """A database of so many sources whose last rows are still in its journal, as after a kill; and a key."""
    state.mkdir(mode=0o700)
    (state / "links.key").write_text(f"of {rows}")
    database = await Database.open(f"sqlite:///{state / 'closed.db'}")
    many = [{"id": f"{no:05}"} for no in range(rows)]
    await database.write(lambda c: c.execute(text("INSERT INTO sources VALUES (:id, '{}', '{}')"), many))
    for end in ("", "-wal"):
        shutil.copyfile(state / f"closed.db{end}", state / f"{backup.DATABASE}{end}")
    await database.close()
    for left in state.glob("closed.db*"):
        left.unlink()


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Do the work in a process that is killed before that step of it; whether it came so far."""
    child = os.fork()
    if child == 0:
        left = step

        def count(event: str, _: object) -> None:
            nonlocal left
            if event.startswith(STEPS):
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"step {step}"
    return os.WIFSIGNALED(status)


def rows(database: Path) -> int:
    """Of a database that is whole; looked at as a copy, so that nothing is mended by looking."""
    with_journal = database.parent.parent / "looked at"
    with_journal.mkdir(exist_ok=True)
    for end in ("-wal", "-shm", ""):
        (with_journal / f"{database.name}{end}").unlink(missing_ok=True)
        if database.with_name(database.name + end).exists() and end != "-shm":
            shutil.copyfile(database.with_name(database.name + end), with_journal / f"{database.name}{end}")
    sqlite.verify(with_journal / database.name)
    return sqlite.contents(with_journal / database.name).rows["sources"]


@pytest.mark.case(51)
def test_a_restore_killed_at_any_step_leaves_the_old_database_or_the_new_and_the_next_one_ends_well(
    tmp_path: Path, record_property
):
    asyncio.run(of_rows(tmp_path / "old", OLD))
    asyncio.run(of_rows(tmp_path / "new", NEW))
    archive, state = tmp_path / "new.tar.gz", tmp_path / "state"
    backup.make(tmp_path / "new" / backup.DATABASE, tmp_path / "new", archive, NOON)
    seen: list[int] = []

    def put_back() -> object:
        return asyncio.run(restore(archive, state / backup.DATABASE, state, NOON, replace=True))

    for step in range(1, 1000):
        shutil.rmtree(state, ignore_errors=True)
        shutil.copytree(tmp_path / "old", state)
        came_so_far = killed_at(step, put_back)
        seen.append(rows(state / backup.DATABASE))
        asides = list(state.glob("before-restore-*"))
        assert seen[-1] in (OLD, NEW), f"step {step}"
        assert asides or seen[-1] == OLD, "the new one does not come before the old one is kept"
        for aside in asides:
            assert rows(aside / backup.DATABASE) == OLD, f"step {step}: all that was there is aside"
            assert (aside / "links.key").read_text() == f"of {OLD}"
            shutil.rmtree(aside)
        if not came_so_far:
            break
        put_back()
        assert rows(state / backup.DATABASE) == NEW
        assert not list(state.glob(".restore-*")), "what the killed one left is swept up"
    assert seen == sorted(seen, reverse=True), "old until one moment, new from then on"
    assert {*seen} == {OLD, NEW}
    record_property("figure", f"kill -9 at each of {len(seen)} steps of a restore: 0 without a whole database")


@pytest.mark.case(51)
def test_a_backup_killed_at_any_step_leaves_no_file_that_only_looks_like_one(tmp_path: Path, record_property):
    asyncio.run(of_rows(tmp_path / "old", OLD))
    state, place = tmp_path / "old", tmp_path / "kept"
    steps = 0
    for step in range(1, 1000):
        name = backup.name(NOON.replace(microsecond=0, minute=step % 60, hour=step // 60))
        steps = step
        came_so_far = killed_at(step, lambda name=name: backup.make(state / backup.DATABASE, state, place / name, NOON))
        for file in backup.kept_in(place):
            assert backup.unpack(file, None).rows["sources"] == OLD
        if not came_so_far:
            break
    assert [file.name for file in backup.kept_in(place)][-1] == name
    assert rows(state / backup.DATABASE) == OLD
    record_property("figure", f"kill -9 at each of {steps} steps of a backup: 0 broken files")
