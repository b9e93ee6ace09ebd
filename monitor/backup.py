"""The state as one file, and back: the database with the keys and notes that lie beside it, and what they should be.

A backup is a gzipped tar: first `manifest.json`, then the files that it names. Any tar opens it.
"""

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from pydantic import TypeAdapter, ValidationError

from monitor import __version__
from monitor.calendars import CALENDAR_KEY
from monitor.config.kept_exposure import PREFIX
from monitor.desk.feeds import FEED_KEY
from monitor.desk.sealing import KEY_FILE as SEALING_KEY
from monitor.domain.errors import SellerwatchError
from monitor.links import KEY_FILE as LINKS_KEY
from monitor.store import backup as sqlite

DATABASE, MANIFEST = "sellerwatch.db", "manifest.json"
# in the state directory; what is there goes with it, and so do sheets that were uploaded
BESIDE = (LINKS_KEY, CALENDAR_KEY, "websub.key", SEALING_KEY, FEED_KEY, "feedback.jsonl")
SHEETS = re.compile(re.escape(PREFIX) + r"[\w.-]+\.csv")
DIRECTORY = "backups"  # in the state directory
SUFFIX = ".tar.gz"
FORMAT = 1
_CHUNK = 1 << 20
_SCRATCH = ".backup-"
_ABANDONED = timedelta(days=1)  # no backup takes so long
STAMP = "%Y%m%dT%H%M%SZ"

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


_MANIFEST = TypeAdapter(Manifest)


def name(now: datetime) -> str:
    """What a backup of that moment is called; by name, the latest is the last."""
    return f"sellerwatch-{now.astimezone(UTC):{STAMP}}{SUFFIX}"


def kept_in(directory: Path) -> list[Path]:
    """The backups of a directory that bear names of ours, the oldest first."""
    return sorted(directory.glob(f"sellerwatch-????????T??????Z{SUFFIX}"))


def make(database: Path, state: Path, target: Path, now: datetime, heard: Progress = unheard) -> Manifest:
    """Write the backup, whole or not at all, while a daemon runs or not. Raises StoreUnavailableError, OSError."""
    make_directory(target.parent)
    _sweep(target.parent, now)
    with TemporaryDirectory(prefix=_SCRATCH, dir=target.parent) as scratch:
        copy = Path(scratch) / DATABASE
        sqlite.copy(database, copy, lambda done, of: heard("copy", done, of))
        contents = sqlite.contents(copy)
        parts = {DATABASE: copy, **{one: state / one for one in beside(state)}}
        for one in parts.keys() - {DATABASE}:  # they may change while we read
            parts[one] = Path(shutil.copyfile(parts[one], Path(scratch) / one))
        files = {one: File(path.stat().st_size, digest_of(path)) for one, path in parts.items()}
        manifest = Manifest(FORMAT, __version__, now, contents.schema, contents.rows, files)
        packed = Path(scratch) / "packed"
        _pack(packed, manifest, parts, heard)
        sqlite.sync(packed)
        give(packed, target.parent)
        packed.replace(target)
    sqlite.sync(target.parent)
    return manifest


def beside(state: Path) -> list[str]:
    """The names of what lies in the state directory and goes with the database."""
    sheets = sorted(path.name for path in state.glob(f"{PREFIX}*.csv") if SHEETS.fullmatch(path.name))
    return [one for one in (*BESIDE, *sheets) if (state / one).is_file()]


def prune(directory: Path, keep: int, made: Path) -> list[Path]:
    """Remove all but the last `keep` backups of a directory; returns those that went. The one just `made` stays, also
    when a clock that was wrong gave others later names."""
    gone = [old for old in kept_in(directory) if old != made][: -keep + 1 or None]
    for old in gone:
        old.unlink()
    return gone


def unpack(archive: Path, into: Path | None, heard: Progress = unheard) -> Manifest:
    """Write a backup's files into a directory, or nowhere, and check each against the manifest, to the last byte.

    Raises BackupError, OSError.
    """
    try:
        with tarfile.open(archive, "r:gz") as tar:
            manifest = _manifest(tar, archive)
            missing = set(manifest.files)
            total, done = sum(file.size for file in manifest.files.values()), 0
            for member in tar:
                if member.name == MANIFEST:
                    continue
                file, source = manifest.files.get(member.name), tar.extractfile(member) if member.isreg() else None
                if file is None or source is None or member.size != file.size or member.name not in missing:
                    raise BackupError(f"{archive.name} holds {member.name!r}, which its manifest does not name so")
                digest = hashlib.sha256()
                with private(into / member.name) if into else nullcontext() as target:
                    while chunk := source.read(_CHUNK):
                        digest.update(chunk)
                        if target:
                            target.write(chunk)
                        done += len(chunk)
                        heard("unpack", done, total)
                if digest.hexdigest() != file.sha256:
                    raise BackupError(f"{archive.name}: {member.name} is not as it was when the backup was made")
                missing.discard(member.name)
            while tar.fileobj and tar.fileobj.read(_CHUNK):
                pass  # to the end, where gzip's own sum stands: the manifest has no other
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, ValueError) as error:
        raise BackupError(f"{archive.name} is no whole backup: {error}") from error
    if missing:
        raise BackupError(f"{archive.name} lacks {', '.join(sorted(missing))}")
    return manifest


def _pack(target: Path, manifest: Manifest, parts: Mapping[str, Path], heard: Progress) -> None:
    total, done = sum(file.size for file in manifest.files.values()), 0
    text = json.dumps(asdict(manifest), default=str, indent=1).encode()
    with (
        private(target) as raw,
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
    known = {DATABASE, *BESIDE}
    if DATABASE not in manifest.files or not all(one in known or SHEETS.fullmatch(one) for one in manifest.files):
        raise BackupError(f"{archive.name}: its {MANIFEST} names other files than a backup has")
    return manifest


def _sweep(directory: Path, now: datetime) -> None:
    """Remove what backups that were killed left behind: each is as large as the database."""
    for left in directory.glob(f"{_SCRATCH}*"):
        if now.timestamp() - left.stat().st_mtime > _ABANDONED.total_seconds():
            shutil.rmtree(left, ignore_errors=True)


def digest_of(path: Path) -> str:
    """SHA-256 in hexadecimal digits."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


@contextmanager
def private(path: Path) -> Iterator[IO[bytes]]:
    """A new file that only its owner may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        yield target


def make_directory(path: Path) -> None:
    """Make it, if need be, with the owner of the directory in which it lies."""
    if not path.is_dir():
        make_directory(path.parent)
        path.mkdir(mode=0o700)
        give(path, path.parent)


def give(path: Path, like: Path) -> None:
    """What root makes among a service's files is the service's."""
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
