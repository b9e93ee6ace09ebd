"""A disk of a few megabytes that can be filled to the last byte, and databases that lie on it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
from postgres import Postgres
from sqlalchemy.engine import make_url

WHY_NOT = "a real full disk needs root and mount"


class Disk:
    """A file system of its own, at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self) -> None:
        """Until no byte more is taken."""
        file = os.open(self._ballast, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        for size in (1 << 20, 4096, 1):
            with suppress(OSError):
                while True:
                    os.write(file, bytes(size))
        os.close(file)

    def free(self) -> None:
        """Somebody makes room."""
        self._ballast.unlink(missing_ok=True)

    def grows(self, megabytes: int) -> None:
        """Somebody puts in a larger one, while everything runs."""
        subprocess.run(["mount", "-o", f"remount,size={megabytes}m", str(self.path)], check=True)


@contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[Disk | None]:
    """A tmpfs at that directory; None where none can be mounted."""
    path.mkdir(parents=True, exist_ok=True)
    size = f"size={megabytes}m,mode=0755"
    mount = shutil.which("mount")
    asked = [mount or "mount", "-t", "tmpfs", "-o", size, "tmpfs", str(path)]
    if mount is None or subprocess.run(asked, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


@contextmanager
def database_on(disk: Disk, postgres: Postgres | None) -> Iterator[str]:
    """The URL of a new database whose rows lie there; PostgreSQL's own journal lies elsewhere, as on most servers."""
    if postgres is None:
        yield f"sqlite:///{disk.path / 'small.db'}"
        return
    place = disk.path / "rows"
    place.mkdir()
    any_url = make_url(postgres.empty())
    admin = any_url.set(database="postgres").render_as_string(hide_password=False)
    with closing(psycopg.connect(admin, autocommit=True)) as server:
        found = server.execute("SHOW data_directory").fetchone()
        assert found is not None
        owner = Path(found[0]).stat()
        os.chown(place, owner.st_uid, owner.st_gid)
        server.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
        server.execute("CREATE DATABASE small TEMPLATE migrated STRATEGY = FILE_COPY TABLESPACE small")
        yield any_url.set(database="small").render_as_string(hide_password=False)
        server.execute("DROP DATABASE small WITH (FORCE)")
        server.execute("DROP TABLESPACE small")


@contextmanager
def somewhere_readable() -> Iterator[Path]:
    """A directory that a server of another user may enter."""
    with tempfile.TemporaryDirectory(prefix="small-") as name:
        Path(name).chmod(0o755)
        yield Path(name)
