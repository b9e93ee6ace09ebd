"""`sellerwatch ledger`: the proof that nothing was lost and nothing said twice."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from monitor.config import Config
from monitor.invocation import AsJson, ConfigDir, refuse, with_store
from monitor.ledger_check import Receipt, Report, check
from monitor.opened import Store
from monitor.store.audit import Books, books
from monitor.tables import as_json as plain
from monitor.tables import console, day, print_json, table

ledger = typer.Typer(no_args_is_help=True, help="What was decided, delivered and received: does it hold?")

_RECEIPT = TypeAdapter(Receipt)


@ledger.callback()
def _group() -> None:
    """What was decided, delivered and received: does it hold?"""


@ledger.command(name="check")
def check_ledger(
    config: ConfigDir = None,
    as_json: AsJson = False,
    received: Annotated[
        Path | None,
        typer.Option(metavar="FILE|-", help="Receivers' logs to join: JSON lines with key, repeat, at."),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="A target whose log that is, may be repeated; without it, the log is of all."),
    ] = None,
) -> None:
    """Join decisions, deliveries and attempts, and say what does not fit. Exit code 1 when something does not."""
    receipts = None if received is None else _receipts(received)

    async def look(_: Config, store: Store) -> Books:
        return await books(store.database)

    found = with_store(config, look, looks=True)
    if unknown := sorted(set(target or ()) - {entry.target for entry in found.entries}):
        raise refuse(f"nothing was ever to be told to {', '.join(unknown)}")
    report = check(found, receipts, target or ())
    print_json(shown(report)) if as_json else show(report)
    raise typer.Exit(0 if report.holds else 1)


def shown(report: Report) -> dict[str, Any]:
    """The report as JSON values."""
    dead = [{"key": one.key, "target": one.target, "reason": one.reason, "detail": one.detail} for one in report.dead]
    value: dict[str, Any] = plain(report) | {"holds": report.holds, "dead": plain(dead)}
    return value


def show(report: Report) -> None:
    """The report as tables for people."""
    states = ", ".join(f"{number} {state}" for state, number in sorted(report.by_state.items())) or "none"
    console.print(
        f"{report.decisions} decisions, {report.deliveries} deliveries ({states}), {report.attempts} attempts",
        soft_wrap=True,
    )
    if report.received is not None:
        console.print(
            f"{report.received} received: lost {report.lost}, unmarked {report.unmarked}, marked {report.marked}"
        )
    if report.dead:
        rows = [[day(one.created_at), one.target, one.reason.value, one.detail, one.key[:10]] for one in report.dead]
        table("Reached nobody", "when", "target", "why", "note", "delivery", rows=rows, empty="")
    if report.findings:
        found = [[one.fault.value, one.key[:24], one.detail] for one in report.findings]
        table("Does not hold", "fault", "of", "what", rows=found, empty="")
    else:
        console.print("[green]The ledger holds.[/]")


def _receipts(path: Path) -> list[Receipt]:
    """Raises typer.Exit after a complaint that names the line."""
    try:
        lines = (sys.stdin.read() if path == Path("-") else path.read_text(encoding="utf-8")).splitlines()
    except UnicodeDecodeError:
        raise refuse(f"{path} is not UTF-8: save it as UTF-8") from None
    except OSError as error:
        raise refuse(error) from None
    receipts = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            receipt = _RECEIPT.validate_json(line)
        except ValidationError as error:
            what = error.errors()[0]
            where = ".".join(map(str, what["loc"]))
            raise refuse(f"{path}:{number}: {where} {what['msg']}") from None
        if receipt.at.tzinfo is None:
            raise refuse(f"{path}:{number}: at has no time zone")
        receipts.append(receipt)
    return receipts
