"""The command line. Exit codes: 0 done, 1 what was looked for is wrong, 2 bad usage, 75 another daemon runs, 78 bad
configuration."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.markup import escape

from monitor import __version__, commands, tables, wiring
from monitor.config import Config, ConfigError, load
from monitor.daemon import utc_now
from monitor.domain.errors import SellerwatchError
from monitor.lock import AnotherInstanceError
from monitor.store.desk import QuarantineRow, RejectedRow
from monitor.store.errors import UnusableDatabaseError
from monitor.tables import complaints, console, print_json, table

T = TypeVar("T")
EX_TEMPFAIL, EX_CONFIG = 75, 78

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Warns cross-border sellers before a platform closes, leaves their market, is banned, or turns on them.",
)


def _default_config() -> Path:
    """SELLERWATCH_CONFIG, else ./config, else the one beside the checkout, else /etc/sellerwatch."""
    if chosen := os.environ.get("SELLERWATCH_CONFIG"):
        return Path(chosen)
    beside = Path(__file__).resolve().parent.parent / "config"
    return next((d for d in (Path("config"), beside) if (d / "platforms.yaml").is_file()), Path("/etc/sellerwatch"))


ConfigDir = Annotated[
    Path | None, typer.Option("--config", "-c", help="Directory of the configuration.", metavar="DIR")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for machines.")]


def _load(directory: Path | None) -> Config:
    try:
        return load(directory or _default_config())
    except ConfigError as error:
        for problem in error.problems:
            complaints.print(f"[bold red]error[/] {escape(str(problem))}", soft_wrap=True)
        raise typer.Exit(EX_CONFIG) from None


def _with_store(directory: Path | None, work: Callable[[Config, wiring.Store], Coroutine[Any, Any, T]]) -> T:
    """Open the database for a short look, and close it again whatever happens."""
    settings = _load(directory)
    if not settings.settings.store.url and not (settings.state_dir / "lock").exists():  # a daemon leaves it behind
        note = f"no daemon has worked in {settings.state_dir.absolute()} yet; is that where yours keeps its state?"
        complaints.print(f"[yellow]note[/] {escape(note)}", soft_wrap=True)

    async def inside() -> T:
        store = await wiring.open_store(settings)
        try:
            return await work(settings, store)
        finally:
            await store.database.close()

    return asyncio.run(inside())


def _as_the_only_one(work: Callable[[], T]) -> T:
    """What only one process may do; says so when another does it, or when the port is taken."""
    try:
        return work()
    except (AnotherInstanceError, OSError) as error:
        complaints.print(f"[bold red]error[/] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(EX_TEMPFAIL if isinstance(error, AnotherInstanceError) else 1) from None


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """See `sellerwatch COMMAND --help`."""
    if version:
        console.print(f"sellerwatch {__version__}")
        raise typer.Exit


@app.command()
def run(config: ConfigDir = None) -> None:
    """Start the daemon: watch, understand, tell; until it is stopped."""
    settings = _load(config)
    raise typer.Exit(_as_the_only_one(lambda: commands.run(settings)))


@app.command()
def once(config: ConfigDir = None, as_json: AsJson = False) -> None:
    """One round: look at every source, understand what came, deliver what is due, and sum up."""
    settings = _load(config)
    _as_the_only_one(lambda: commands.once(settings))
    incidents(None, config, as_json)
    if not as_json:
        sources(config)


@app.command()
def demo(
    as_json: AsJson = False,
    keep: Annotated[Path | None, typer.Option(help="Keep the demo's directory here.")] = None,
    kills: Annotated[int, typer.Option(help="Kill the daemon this many times on the way.", min=0)] = 0,
    seconds: Annotated[float, typer.Option(help="How long the story takes.", min=5)] = 60.0,
) -> None:
    """A story on loopback, about a minute: an invented music service closes, a marketplace leaves, a ban is decided."""
    from monitor.demo.run import main as story

    raise typer.Exit(story(json=as_json, seconds=seconds, keep=keep, kills=kills))


@app.command()
def assess(
    file: Annotated[Path, typer.Argument(metavar="FILE|-", help="JSON lines with title and text.")] = Path("-"),
    config: ConfigDir = None,
) -> None:
    """Understand documents: JSON lines in, JSON lines out."""
    settings = _load(config)
    try:
        with sys.stdin if file == Path("-") else file.open(encoding="utf-8") as lines:
            for row in commands.assess(lines, settings):
                sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
                sys.stdout.flush()
    except (ValueError, OSError) as error:
        complaints.print(f"[bold red]error[/] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(1) from None


@app.command()
def incidents(
    which: Annotated[str | None, typer.Argument(metavar="ID", help="Show one in full.")] = None,
    config: ConfigDir = None,
    as_json: AsJson = False,
    every: Annotated[bool, typer.Option("--all", help="Those that were reversed, too.")] = False,
) -> None:
    """List the open incidents, or show one with its evidence, history and deadlines."""
    if which:
        explain(which, config, as_json)
        return
    found = _with_store(config, lambda _, store: store.desk.incidents(limit=500, include_closed=every))
    if as_json:
        print_json(found)
        return
    table(
        "Incidents",
        "id", "what", "platforms", "where", "how sure", "from", "publishers", "headline",
        rows=tables.incident_rows(found),
        empty="No incident is open: nothing that was read reports one. `sellerwatch sources` says what is read.",
    )  # fmt: skip


@app.command()
def deadlines(config: ConfigDir = None, as_json: AsJson = False) -> None:
    """What must be done by when, over all open incidents."""
    found = _with_store(config, lambda _, store: store.desk.incidents(limit=500))
    rows = tables.deadline_rows(found, utc_now().date())
    if as_json:
        print_json(rows)
        return
    table(
        "Deadlines", "date", "days left", "what", "platforms", "incident", "in the source's words",
        rows=[
            [r["date"], r["days_left"], r["role"], ", ".join(r["platforms"]), r["incident_id"][:10], r["quote"]]
            for r in rows
        ],
        empty="No deadline is known.",
    )  # fmt: skip


@app.command()
def deliveries(config: ConfigDir = None, as_json: AsJson = False) -> None:
    """What was told to whom, and how it went."""
    found = _with_store(config, lambda _, store: store.desk.deliveries(limit=500))
    if as_json:
        rows = [tables.as_json(d) for d in found]
        print_json([{key: value for key, value in row.items() if key != "message"} for row in rows])
        return
    table(
        "Deliveries", "when", "target", "severity", "why", "rung", "state", "tries", "note", "about",
        rows=tables.delivery_rows(found),
        empty="Nothing was told to anybody yet.",
    )  # fmt: skip


@app.command()
def sources(config: ConfigDir = None, as_json: AsJson = False) -> None:
    """Every source and how it stands: when it was last read, why it fails."""

    async def states(settings: Config, store: wiring.Store) -> list[dict[str, Any]]:
        return tables.source_rows(settings.sources, await store.inbox.sources())

    rows = _with_store(config, states)
    if as_json:
        print_json(rows)
        return
    table(
        "Sources", "id", "who speaks", "languages", "every", "state", "last read", "why",
        rows=[
            [r["id"], r["authority"], ", ".join(r["languages"]), tables.span(timedelta(seconds=r["every_seconds"])),
             r["state"], tables.day(r["last_success"]), r["why"]]
            for r in rows
        ],
        empty="No source is configured: see config/README.md.",
    )  # fmt: skip


@app.command()
def quarantine(config: ConfigDir = None, as_json: AsJson = False) -> None:
    """What could not be read, each with its reason: whole captures, and single entries whose neighbours were read."""

    async def both(_: Config, store: wiring.Store) -> list[dict[str, Any]]:
        captures, entries = await store.desk.quarantined(limit=500), await store.desk.rejected(limit=500)
        rows: list[tuple[str, str, QuarantineRow | RejectedRow]] = [
            *(("capture", row.capture_id, row) for row in captures),
            *(("entry", row.key, row) for row in entries),
        ]
        return [
            {"at": r.at, "what": what, "id": id, "source": r.source_id, "reason": r.reason.value, "detail": r.detail}
            for what, id, r in rows
        ]

    rows = _with_store(config, both)
    if as_json:
        print_json(rows)
        return
    table(
        "Quarantine", "when", "what", "source", "reason", "detail", "id",
        rows=[[tables.day(r["at"]), r["what"], r["source"], r["reason"], r["detail"], r["id"][:10]] for r in rows],
        empty="Nothing is in quarantine.",
    )  # fmt: skip


@app.command(name="explain")
def explain(
    which: Annotated[str, typer.Argument(metavar="ID", help="An incident, document or alert, by the start of its id.")],
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """From an alert, incident or document back to the words that decided it."""
    from monitor.explain import explain as walk

    found = _with_store(config, lambda settings, store: walk(which, settings, store.desk, utc_now()))
    if found is None:
        complaints.print(f"[bold red]error[/] {escape(repr(which))} is the start of no id, or of several")
        raise typer.Exit(1)
    print_json(found.value) if as_json else found.show(console)


@app.command()
def exposure(config: ConfigDir = None, as_json: AsJson = False) -> None:
    """What every seller has at stake, by platform and country."""
    settings = _load(config)
    if as_json:
        print_json(settings.sellers)
        return
    table(
        "Exposure", "seller", "platform", "country", "sales a day", "stock", "unsettled", "prepaid ads", "currency",
        rows=[
            [s.name, p.platform, p.country, f"{p.sales_per_day:,.0f}", f"{p.stock:,.0f}", f"{p.unsettled_payouts:,.0f}",
             f"{p.prepaid_ads:,.0f}", s.currency]
            for s in settings.sellers
            for p in s.positions
        ],
        empty="No exposure is configured: every incident is weighed by its event and certainty alone. "
        "Copy exposure.example.yaml to exposure.yaml in the configuration's directory, and write your figures.",
    )  # fmt: skip


@app.command(name="check-config")
def check_config(config: ConfigDir = None, as_json: AsJson = False) -> None:
    """Say whether the configuration is good, and if not: which file, which line, what to do."""
    from monitor.config import describe

    rows = describe(_load(config))
    if as_json:
        print_json(rows)
        return
    table(
        "Configuration is good", "what", "value", "detail", rows=[[r.topic, r.value, r.detail] for r in rows], empty=""
    )


@app.command(name="test-channel")
def try_channel(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="Id of the target in settings.yaml.")],
    config: ConfigDir = None,
) -> None:
    """Send a marked test through the whole delivery path: outbox, channel, attempt."""
    settings = _load(config)
    if target not in {t.id for t in settings.targets}:
        known = ", ".join(t.id for t in settings.targets) or "none"
        complaints.print(f"[bold red]error[/] no target {escape(target)!r} in the settings; there are: {escape(known)}")
        raise typer.Exit(1)
    delivery = commands.try_channel(settings, target)
    tries = "1 try" if delivery.attempts == 1 else f"{delivery.attempts} tries"
    console.print(f"{target}: {delivery.state.value} after {tries}. {delivery.last_detail}")
    raise typer.Exit(0 if delivery.state.value == "sent" else 1)


def main() -> None:
    """Entry point of `sellerwatch`."""
    try:
        app()
    except SellerwatchError as error:
        complaints.print(f"[bold red]error[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(EX_CONFIG if isinstance(error, UnusableDatabaseError) else 1)
