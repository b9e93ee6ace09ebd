"""The state as one file, and back: the database with the keys and notes that lie beside it, and what they should be.

A backup is a gzipped tar: first `manifest.json`, then the files that it names. Any tar opens it.
"""

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.engine import URL

from monitor import __version__
from monitor.calendars import CALENDAR_KEY
from monitor.domain.errors import SellerwatchError
from monitor.links import KEY_FILE as LINKS_KEY
from monitor.lock import hold
from monitor.store import backup as sqlite
from monitor.store.database import Database

DATABASE, MANIFEST = "sellerwatch.db", "manifest.json"
BESIDE = (LINKS_KEY, CALENDAR_KEY, "websub.key", "feedback.jsonl")  # in the state directory; what is there goes with it
DIRECTORY = "backups"  # in the state directory
SUFFIX = ".tar.gz"
FORMAT = 1
_CHUNK = 1 << 20
_SCRATCH = ".backup-"
_ABANDONED = timedelta(days=1)  # no backup takes so long
_STAMP = "%Y%m%dT%H%M%SZ"

Progress = Callable[[str, int, int], None]
"""What is being done, and how far it is: so much, of so much."""


def unheard(what: str, done: int, of: int) -> None:
    """For who wants no progress."""


class BackupError(SellerwatchError):
    """The file is no whole backup, or it cannot go where it was to go."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a backup; `sha256` in hexadecimal digits."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `rows` are numbers of rows by table."""

    format: int
    version: str
    made_at: datetime
    schema: str
    rows: Mapping[str, int]
    files: Mapping[str, File]


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of a restore: `unfinished` deliveries may be repeats now; `aside` has what was there before."""

    manifest: Manifest
    database: Path
    unfinished: int
    aside: Path | None


_MANIFEST = TypeAdapter(Manifest)


def name(now: datetime) -> str:
    """What a backup of that moment is called; by name, the latest is the last."""
    return f"sellerwatch-{now.astimezone(UTC):{_STAMP}}{SUFFIX}"


def kept_in(directory: Path) -> list[Path]:
    """The backups of a directory that bear names of ours, the oldest first."""
    return sorted(directory.glob(f"sellerwatch-????????T??????Z{SUFFIX}"))


def make(database: Path, state: Path, target: Path, now: datetime, heard: Progress = unheard) -> Manifest:
    """Write the backup, whole or not at all, while a daemon runs or not. Raises StoreUnavailableError, OSError."""
    _directory(target.parent)
    _sweep(target.parent, now)
    with TemporaryDirectory(prefix=_SCRATCH, dir=target.parent) as scratch:
        copy = Path(scratch) / DATABASE
        sqlite.copy(database, copy, lambda done, of: heard("copy", done, of))
        contents = sqlite.contents(copy)
        parts = {DATABASE: copy, **{one: state / one for one in BESIDE if (state / one).is_file()}}
        for one in parts.keys() - {DATABASE}:  # they may change while we read
            parts[one] = Path(shutil.copyfile(parts[one], Path(scratch) / one))
        files = {one: File(path.stat().st_size, _digest(path)) for one, path in parts.items()}
        manifest = Manifest(FORMAT, __version__, now, contents.schema, contents.rows, files)
        packed = Path(scratch) / "packed"
        _pack(packed, manifest, parts, heard)
        sqlite.sync(packed)
        _give(packed, target.parent)
        packed.replace(target)
    sqlite.sync(target.parent)
    return manifest


def prune(directory: Path, keep: int) -> list[Path]:
    """Remove all but the last `keep` backups of a directory; returns those that went."""
    gone = kept_in(directory)[:-keep]
    for old in gone:
        old.unlink()
    return gone


def unpack(archive: Path, into: Path, heard: Progress = unheard) -> Manifest:
    """Write a backup's files into a directory, each checked against the manifest. Raises BackupError, OSError."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            manifest = _manifest(tar, archive)
            missing = set(manifest.files)
            total, done = sum(file.size for file in manifest.files.values()), 0
            for member in tar:
                if member.name == MANIFEST:
                    continue
                file, source = manifest.files.get(member.name), tar.extractfile(member)
                if file is None or source is None or member.size != file.size or member.name not in missing:
                    raise BackupError(f"{archive.name} holds {member.name!r}, which its manifest does not name so")
                with _private(into / member.name) as target:
                    while chunk := source.read(_CHUNK):
                        target.write(chunk)
                        done += len(chunk)
                        heard("unpack", done, total)
                if _digest(into / member.name) != file.sha256:
                    raise BackupError(f"{archive.name}: {member.name} is not as it was when the backup was made")
                missing.discard(member.name)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BackupError(f"{archive.name} is no whole backup: {error}") from error
    if missing:
        raise BackupError(f"{archive.name} lacks {', '.join(sorted(missing))}")
    return manifest


def adopt(file: Path, into: Path, heard: Progress = unheard) -> Manifest:
    """A database alone, such as the copy that a migration leaves, as if it were a backup."""
    copy = into / DATABASE
    sqlite.copy(file, copy, lambda done, of: heard("copy", done, of))
    contents, made_at = sqlite.contents(copy), datetime.fromtimestamp(file.stat().st_mtime, UTC)
    files = {DATABASE: File(copy.stat().st_size, _digest(copy))}
    return Manifest(FORMAT, "", made_at, contents.schema, contents.rows, files)


async def restore(
    archive: Path, database: Path, state: Path, now: datetime, *, replace: bool = False, heard: Progress = unheard
) -> Restored:
    """Put a backup in the place of the database and of what lies beside it; nothing is touched until all of it is good.

    An older schema is migrated. With `replace`, what it takes the place of is moved aside. Raises BackupError when the
    backup is not whole or the place is taken, UnusableDatabaseError for a newer schema, AnotherInstanceError while a
    daemon works there, OSError.
    """
    fresh = not (state / "lock").exists()
    _directory(state)
    _directory(database.parent)
    with hold(state) as lock, TemporaryDirectory(prefix=".restore-", dir=database.parent) as scratch:
        if fresh:
            _give(Path(lock.name), state)
        taken = _taken(database, state, BESIDE)
        if taken and not replace:
            raise BackupError(f"{state} has {taken[0].name} already: --replace moves it aside, --to DIR goes elsewhere")
        staged = Path(scratch)
        copy = staged / DATABASE
        whole = adopt if sqlite.is_database(archive) else unpack
        manifest = whole(archive, staged, heard)
        sqlite.verify(copy)
        if (found := sqlite.contents(copy)) != sqlite.Contents(manifest.schema, manifest.rows):
            raise BackupError(f"{archive.name}: its database has {found.rows}, its manifest says {manifest.rows}")
        await (await Database.open(URL.create("sqlite", database=str(copy)).render_as_string())).close()
        unfinished = sqlite.revive(copy)
        taken = _taken(database, state, manifest.files)  # what the backup knows nothing of stays: newer keys are in use
        aside = _aside(taken, state / f"before-restore-{now.astimezone(UTC):{_STAMP}}") if taken else None
        for one in sorted(manifest.files, key=lambda one: one == DATABASE):  # the database comes last
            target = database if one == DATABASE else state / one
            sqlite.sync(staged / one)
            _give(staged / one, state)
            shutil.move(staged / one, target)  # the database within its directory: a rename
        sqlite.sync(database.parent)
        sqlite.sync(state)
    return Restored(manifest, database, unfinished, aside)


def _taken(database: Path, state: Path, names: Iterable[str]) -> list[Path]:
    """What stands where the database and those files would go. A stale journal beside a new database would ruin it."""
    files = [database, *(database.with_name(database.name + end) for end in ("-wal", "-shm", "-journal"))]
    return [path for path in (*files, *(state / one for one in names if one != DATABASE)) if path.exists()]


def _aside(taken: list[Path], place: Path) -> Path:
    place.mkdir(mode=0o700)
    _give(place, place.parent)
    for path in taken:
        shutil.move(path, place / path.name)
    return place


def _pack(target: Path, manifest: Manifest, parts: Mapping[str, Path], heard: Progress) -> None:
    total, done = sum(file.size for file in manifest.files.values()), 0
    text = json.dumps(asdict(manifest), default=str, indent=1).encode()
    with (
        _private(target) as raw,
        gzip.GzipFile("", "wb", 3, raw, manifest.made_at.timestamp()) as packed,  # 3: JSON gets hardly smaller beyond
        tarfile.open(fileobj=packed, mode="w|") as tar,
    ):
        sources: list[tuple[str, int, IO[bytes]]] = [(MANIFEST, len(text), io.BytesIO(text))]
        sources += [(one, manifest.files[one].size, path.open("rb")) for one, path in parts.items()]
        for one, size, source in sources:
            member = tarfile.TarInfo(one)
            member.size, member.mode, member.mtime = size, 0o600, int(manifest.made_at.timestamp())
            with source:
                tar.addfile(member, _Counted(source, partial(_further, heard, done, total)))
            done += size if one != MANIFEST else 0


def _further(heard: Progress, before: int, total: int, read: int) -> None:
    heard("pack", min(before + read, total), total)


class _Counted(io.RawIOBase):
    """A file that says how much of it was read."""

    def __init__(self, source: IO[bytes], heard: Callable[[int], None]) -> None:
        self._source, self._heard, self._read = source, heard, 0

    def read(self, size: int = -1) -> bytes:
        chunk = self._source.read(size)
        self._read += len(chunk)
        self._heard(self._read)
        return chunk


def _manifest(tar: tarfile.TarFile, archive: Path) -> Manifest:
    first = tar.next()
    source = tar.extractfile(first) if first is not None and first.name == MANIFEST else None
    if source is None:
        raise BackupError(f"{archive.name} is no backup of ours: it does not begin with {MANIFEST}")
    try:
        manifest = _MANIFEST.validate_json(source.read(_CHUNK))
    except ValidationError as error:
        raise BackupError(f"{archive.name}: its {MANIFEST} cannot be read: {error.errors()[0]['msg']}") from None
    if manifest.format != FORMAT:
        raise BackupError(f"{archive.name} is of format {manifest.format}; this program knows {FORMAT}")
    if DATABASE not in manifest.files or not manifest.files.keys() <= {DATABASE, *BESIDE}:
        raise BackupError(f"{archive.name}: its {MANIFEST} names other files than a backup has")
    return manifest


def _sweep(directory: Path, now: datetime) -> None:
    """Remove what backups that were killed left behind: each is as large as the database."""
    for left in directory.glob(f"{_SCRATCH}*"):
        if now.timestamp() - left.stat().st_mtime > _ABANDONED.total_seconds():
            shutil.rmtree(left, ignore_errors=True)


def _digest(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    """A new file that only its owner may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        yield target


def _directory(path: Path) -> None:
    """Make it, if need be, with the owner of the directory in which it lies."""
    if not path.is_dir():
        _directory(path.parent)
        path.mkdir(mode=0o700)
        _give(path, path.parent)


def _give(path: Path, like: Path) -> None:
    """What root makes among a service's files is the service's."""
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
