"""The command `sellerwatch evidence`: the bytes that a document was read from, checked against their hash."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from monitor import tables
from monitor.config import Config
from monitor.invocation import AsJson, ConfigDir, refuse, with_store
from monitor.opened import Store
from monitor.store.evidence import Exhibit, Verdict
from monitor.tables import complaints, console, print_json
from monitor.unnamed import unnamed

_SAID = {
    Verdict.WHOLE: "whole: its bytes are those that were fetched",
    Verdict.GONE: "gone: its bytes were let go; the hash stays",
    Verdict.BROKEN: "broken: its bytes are not those that were fetched",
}


def evidence(
    which: Annotated[str, typer.Argument(metavar="ID", help="A document or capture, by the start of its id.")],
    config: ConfigDir = None,
    as_json: AsJson = False,
    save: Annotated[Path | None, typer.Option(metavar="FILE|-", help="Write the bytes there.")] = None,
) -> None:
    """What a document was read from: where and when it was fetched, and whether its bytes are still the same."""

    async def look(_: Config, store: Store) -> Exhibit:
        if (found := await store.evidence.exhibit(which)) is None:
            listed = "`sellerwatch explain` of an incident names them"
            raise await unnamed(store, which, ("document", "capture"), listed)
        return found

    found = with_store(config, look, looks=True)
    if save is not None:
        _save(found, save)
    elif as_json:
        print_json(_value(found))
    else:
        for name, value in _value(found).items():
            shown = _SAID[found.verdict] if name == "verdict" else tables.day(value) if name == "fetched_at" else value
            console.print(f"[dim]{name}:[/] {escape(str(shown if shown is not None else 'nothing'))}", soft_wrap=True)
    raise typer.Exit(1 if found.verdict is Verdict.BROKEN else 0)


def _save(found: Exhibit, where: Path) -> None:
    if found.body is None:
        complaints.print(f"[bold red]error[/] {_SAID[found.verdict]}")
        raise typer.Exit(1)
    if where == Path("-"):
        sys.stdout.buffer.write(found.body)
        return
    try:
        where.write_bytes(found.body)
    except OSError as error:
        raise refuse(error) from None


def _value(found: Exhibit) -> dict[str, Any]:
    return {
        **found.facts,
        "bytes": None if found.body is None else len(found.body),
        "kept_as": found.kept.value if found.kept else None,
        "verdict": found.verdict,
    }
