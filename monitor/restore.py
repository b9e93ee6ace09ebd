"""A backup put in the place of the database and of what lies beside it: all of it or nothing, whenever it is killed."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.engine import URL

from monitor.backup import (
    DATABASE,
    FORMAT,
    STAMP,
    BackupError,
    File,
    Manifest,
    Progress,
    beside,
    digest_of,
    give,
    make_directory,
    unheard,
    unpack,
)
from monitor.lock import hold
from monitor.store import backup as sqlite
from monitor.store.database import Database

_SCRATCH = ".restore-"


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of a restore: `unfinished` deliveries may be repeats now; `aside` has what was there before."""

    manifest: Manifest
    database: Path
    unfinished: int
    aside: Path | None


async def restore(
    archive: Path, database: Path, state: Path, now: datetime, *, replace: bool = False, heard: Progress = unheard
) -> Restored:
    """Put a backup in the place of the database and of what lies beside it; nothing is touched until all of it is good.

    An older schema is migrated. With `replace`, what it takes the place of is kept aside. Killed at any moment, it
    leaves the old database or the new one in place, and all of the old one aside before the new one comes. Raises
    BackupError when the backup is not whole or the place is taken, UnusableDatabaseError for a newer schema,
    AnotherInstanceError while a daemon works there, OSError.
    """
    fresh = not (state / "lock").exists()
    make_directory(state)
    make_directory(database.parent)
    with hold(state) as lock:
        if fresh:
            give(Path(lock.name), state)
        _sweep(state, database.parent)
        taken = _taken(database, state, beside(state))
        if taken and not replace:
            raise BackupError(f"{state} has {taken[0].name} already: --replace moves it aside, --to DIR goes elsewhere")
        with TemporaryDirectory(prefix=_SCRATCH, dir=database.parent) as scratch:
            staged = Path(scratch)
            copy = staged / DATABASE
            manifest = (_adopt if sqlite.is_database(archive) else unpack)(archive, staged, heard)
            sqlite.verify(copy)
            if (found := sqlite.contents(copy)) != sqlite.Contents(manifest.schema, manifest.rows):
                raise BackupError(f"{archive.name}: its manifest speaks of another one: {_differing(found, manifest)}")
            await (await Database.open(URL.create("sqlite", database=str(copy)).render_as_string())).close()
            unfinished = sqlite.revive(copy)
            taken = _taken(database, state, manifest.files)  # what it does not have stays: newer keys are in use
            aside = _aside(taken, state / f"before-restore-{now.astimezone(UTC):{STAMP}}") if taken else None
            _put(staged, manifest.files, database, state)
    return Restored(manifest, database, unfinished, aside)


def _sweep(*directories: Path) -> None:
    """Remove what a restore that was killed left behind; who holds the state is the only one."""
    for directory in directories:
        for left in directory.glob(f"{_SCRATCH}*"):
            shutil.rmtree(left, ignore_errors=True)


def _put(staged: Path, names: Iterable[str], database: Path, state: Path) -> None:
    """Move the files to their places, the database last and by one rename: there is no moment without one."""
    for one in names:
        sqlite.sync(staged / one)
        give(staged / one, state)
        if one != DATABASE:
            shutil.move(staged / one, state / one)
    if database.exists():
        sqlite.settle(database)
    for journal in _journals(database):  # a ruined one has it still; beside the new one it would ruin that
        journal.unlink(missing_ok=True)
    (staged / DATABASE).replace(database)
    sqlite.sync(database.parent)
    sqlite.sync(state)


def _journals(database: Path) -> list[Path]:
    return [database.with_name(database.name + end) for end in ("-wal", "-shm", "-journal")]


def _taken(database: Path, state: Path, names: Iterable[str]) -> list[Path]:
    """What stands where the database and those files would go."""
    files = (database, *_journals(database), *(state / one for one in names if one != DATABASE))
    return [path for path in files if path.exists()]


def _aside(taken: list[Path], place: Path) -> Path:
    """Give all of it a second name in a new folder, which is there whole or not at all."""
    if place.exists():
        raise BackupError(f"{place} is there already: a restore of the same second made it; call this one again")
    with TemporaryDirectory(prefix=_SCRATCH, dir=place.parent) as scratch:
        whole = Path(scratch) / place.name
        whole.mkdir(mode=0o700)
        give(whole, place.parent)
        for path in taken:
            _second_name(path, whole / path.name)
        sqlite.sync(whole)
        whole.rename(place)
    sqlite.sync(place.parent)
    return place


def _second_name(path: Path, other: Path) -> None:
    """A hard link, or a copy where there can be none: on another disk."""
    try:
        other.hardlink_to(path)
    except OSError:
        shutil.copy2(path, other)
        sqlite.sync(other)
        give(other, path)


def _differing(found: sqlite.Contents, manifest: Manifest) -> str:
    if found.schema != manifest.schema:
        return f"schema {found.schema} in place of {manifest.schema}"
    tables = sorted(name for name, _ in found.rows.items() ^ manifest.rows.items())
    rows = (f"{name} has {found.rows.get(name, 'no')} rows, not {manifest.rows.get(name, 0)}" for name in tables)
    return "; ".join(dict.fromkeys(rows))


def _adopt(file: Path, into: Path, heard: Progress = unheard) -> Manifest:
    """A database alone, such as the copy that a migration leaves, as if it were a backup."""
    copy = into / DATABASE
    sqlite.copy(file, copy, lambda done, of: heard("copy", done, of))
    contents, made_at = sqlite.contents(copy), datetime.fromtimestamp(file.stat().st_mtime, UTC)
    files = {DATABASE: File(copy.stat().st_size, digest_of(copy))}
    return Manifest(FORMAT, "", made_at, contents.schema, contents.rows, files)
