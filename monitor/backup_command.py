"""`sellerwatch backup` and `sellerwatch restore`: the state as one file, and back."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress
from sqlalchemy.engine import make_url

from monitor import backup as backups
from monitor.config import Config
from monitor.config.kept_exposure import PREFIX
from monitor.daemon import utc_now
from monitor.domain.errors import StoreUnavailableError
from monitor.invocation import EX_CONFIG, AsJson, ConfigDir, refuse, settings_of
from monitor.lock import AnotherInstanceError
from monitor.restore import restore as put_back
from monitor.store import backup as sqlite
from monitor.store.errors import UnusableDatabaseError
from monitor.tables import complaints, console, print_json

EX_TEMPFAIL = 75
_DOING = {"copy": "Copying the database", "pack": "Packing", "unpack": "Unpacking and checking"}


def backup(
    target: Annotated[
        Path | None, typer.Argument(metavar="[FILE|DIR]", help="A .tar.gz, or where to put one; else state/backups.")
    ] = None,
    config: ConfigDir = None,
    keep: Annotated[int, typer.Option(help="Keep so many of that directory, and remove older ones.", min=0)] = 0,
    state: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="This state directory; no configuration is read.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the database and the keys beside it to one checked file, while the daemon runs."""
    database, state = _place(config, state)
    now = utc_now()
    target = target or state / backups.DIRECTORY
    is_file = target.name.endswith(backups.SUFFIX) and not target.is_dir()
    if is_file and keep:
        raise typer.BadParameter("goes with a directory, not with a file", param_hint="--keep")
    file = target if is_file else target / backups.name(now)
    with _refusing(), _progress() as heard:
        made = backups.make(database, state, file, now, heard)
        gone = backups.prune(target, keep, file) if keep else []
    size = file.stat().st_size
    if as_json:
        print_json({"file": str(file), "size": size, "removed": [str(one) for one in gone], **asdict(made)})
        return
    console.print(f"{escape(str(file))}: {_size(size)}, {_told(made)}; checked", soft_wrap=True)
    if gone:
        console.print(f"removed {len(gone)} older: {escape(', '.join(one.name for one in gone))}", soft_wrap=True)


def restore(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="What `sellerwatch backup` made.")],
    config: ConfigDir = None,
    to: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Into this state directory; no configuration is read.")
    ] = None,
    replace: Annotated[bool, typer.Option(help="Move what is there aside, and keep it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check a backup and put it in place, with the daemon stopped. An older one is migrated."""
    database, state = _place(config, to)
    with _refusing(), _progress() as heard:
        done = asyncio.run(put_back(archive, database, state, utc_now(), replace=replace, heard=heard))
    if as_json:
        print_json(
            {
                "database": str(done.database),
                "aside": str(done.aside) if done.aside else None,
                "unfinished": done.unfinished,
                "manifest": asdict(done.manifest),
            }
        )
        return
    made = done.manifest
    console.print(f"{escape(str(database))}: as of {made.made_at:%Y-%m-%d %H:%M} UTC, {_told(made)}", soft_wrap=True)
    if done.unfinished:
        console.print(f"{done.unfinished} deliveries were unfinished then; they go out marked as possible repeats")
    if done.aside:
        console.print(f"what was there is in {escape(str(done.aside))}", soft_wrap=True)


def _place(config: Path | None, state: Path | None) -> tuple[Path, Path]:
    """Database file and state directory. Ends with a hint at pg_dump when there is no such file."""
    if state is not None:
        return state / backups.DATABASE, state
    settings = settings_of(config, looks=True)
    url = make_url(settings.store_url)
    if url.get_backend_name() != "sqlite":
        raise refuse(_for_postgresql(settings))
    return Path(url.database or ""), settings.state_dir


def _for_postgresql(settings: Config) -> str:
    url = make_url(settings.store_url)._replace(drivername="postgresql", password=None)
    name, beside = url.render_as_string(), " ".join((*backups.BESIDE, f"{PREFIX}*.csv"))
    return (
        "the database is PostgreSQL, whose own tools keep it while it runs:\n"
        f"  pg_dump --format=custom --file=sellerwatch.dump {name}\n"
        "and bring it back while the daemon is stopped; a dump of an older version into an empty database:\n"
        f"  pg_restore --clean --if-exists --single-transaction --dbname={name} sellerwatch.dump\n"
        f'  psql --dbname={name} --command="{sqlite.MAY_HAVE_ARRIVED}"\n'
        f"keep these files of {settings.state_dir.absolute()} with it, as far as they are there: {beside}"
    )


def _told(made: backups.Manifest) -> str:
    return f"schema {made.schema}, {sum(made.rows.values()):,} rows in {len(made.rows)} tables"


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


@contextmanager
def _refusing() -> Iterator[None]:
    """What goes wrong, in words and with the house's exit code."""
    try:
        yield
    except AnotherInstanceError as error:
        raise refuse(f"{error}; stop it first", EX_TEMPFAIL) from None
    except UnusableDatabaseError as error:
        raise refuse(str(error), EX_CONFIG) from None
    except (backups.BackupError, StoreUnavailableError, OSError) as error:
        raise refuse(error) from None


@contextmanager
def _progress() -> Iterator[backups.Progress]:
    """A bar for each part of the work, where somebody may be looking."""
    with Progress(console=complaints, transient=True, disable=not complaints.is_terminal) as bar:
        tasks = {what: bar.add_task(words, total=None, visible=False) for what, words in _DOING.items()}

        def heard(what: str, done: int, of: int) -> None:
            bar.update(tasks[what], completed=done, total=of, visible=True)

        yield heard
