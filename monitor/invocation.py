"""What every command starts from: where the configuration lies, and a short look at the database."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.markup import escape

from monitor.config import Config, ConfigError, load
from monitor.opened import Store, visit
from monitor.tables import complaints

T = TypeVar("T")
EX_CONFIG = 78

ConfigDir = Annotated[
    Path | None, typer.Option("--config", "-c", help="Directory of the configuration.", metavar="DIR")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for machines.")]


def default_config() -> Path:
    """SELLERWATCH_CONFIG, else ./config, else the one beside the checkout, else /etc/sellerwatch."""
    if chosen := os.environ.get("SELLERWATCH_CONFIG"):
        return Path(chosen)
    beside = Path(__file__).resolve().parent.parent / "config"
    return next((d for d in (Path("config"), beside) if (d / "platforms.yaml").is_file()), Path("/etc/sellerwatch"))


def refuse(why: object, code: int = 1) -> typer.Exit:
    """Says why, and gives the exit of a command that found wrong what it looked at."""
    if isinstance(why, OSError) and why.strerror:  # which file first, and no number
        why = ": ".join(str(part) for part in (why.filename, why.strerror) if part)
    complaints.print(f"[bold red]error[/] {escape(str(why))}", soft_wrap=True)
    return typer.Exit(code)


def settings_of(directory: Path | None, looks: bool = False) -> Config:
    """The configuration; says all that is wrong with it, and ends with exit code 78. Who only `looks` at what is kept
    does so without the secrets of channels: they are the daemon's."""
    try:
        return load(directory or default_config(), looks=looks)
    except ConfigError as error:
        for problem in error.problems:
            complaints.print(f"[bold red]error[/] {escape(str(problem))}", soft_wrap=True)
        raise typer.Exit(EX_CONFIG) from None


def with_store(
    directory: Path | None, work: Callable[[Config, Store], Coroutine[Any, Any, T]], looks: bool = False
) -> T:
    """Open the database for a short look, and close it again whatever happens; `looks` as for `settings_of`."""
    settings = settings_of(directory, looks)
    if not settings.settings.store.url and not (settings.state_dir / "lock").exists():  # a daemon leaves it behind
        note = f"no daemon has worked in {settings.state_dir.absolute()} yet; is that where yours keeps its state?"
        complaints.print(f"[yellow]note[/] {escape(note)}", soft_wrap=True)

    async def inside() -> T:
        store = await visit(settings)
        try:
            return await work(settings, store)
        finally:
            await store.database.close()

    return asyncio.run(inside())
