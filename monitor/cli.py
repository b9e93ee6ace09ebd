"""The command line. Exit codes: 0 done, 1 what was looked for is wrong, 2 bad usage, 75 another daemon runs, 78 bad
configuration."""

import json
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.markup import escape

from monitor import __version__, commands, corpus_commands, incidents_commands, sources_commands, tables
from monitor.access_commands import people, tokens
from monitor.backfill_command import backfill
from monitor.backtest_command import backtest
from monitor.backup_command import backup, restore
from monitor.calendar_command import calendar
from monitor.cluster.duties import Role
from monitor.cluster_command import cluster
from monitor.config import Config
from monitor.corpus.rows import Voice
from monitor.deadlines_command import deadlines
from monitor.deliveries_command import deliveries
from monitor.digest_command import digest
from monitor.doctor_command import doctor
from monitor.domain.errors import SellerwatchError
from monitor.drill_command import drill
from monitor.evaluate_command import evaluate
from monitor.evidence_command import evidence
from monitor.exposure_commands import exposure
from monitor.init_command import init
from monitor.invocation import EX_CONFIG, AsJson, ConfigDir, refuse, settings_of, with_store
from monitor.ledger_command import ledger
from monitor.lessons_command import lessons
from monitor.lock import AnotherInstanceError
from monitor.opened import Store
from monitor.people_commands import incidents
from monitor.silences_command import silences
from monitor.store.desk import QuarantineRow, RejectedRow
from monitor.store.errors import UnusableDatabaseError
from monitor.tables import complaints, console, print_json, table
from monitor.what_if_command import what_if

T = TypeVar("T")
EX_TEMPFAIL = 75

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Warns cross-border sellers before a platform closes, leaves their market, is banned, or turns on them.",
)


def _as_the_only_one(work: Callable[[], T]) -> T:
    """What only one process may do; says so when another does it, or when the port is taken."""
    try:
        return work()
    except (AnotherInstanceError, OSError) as error:
        raise refuse(error, EX_TEMPFAIL if isinstance(error, AnotherInstanceError) else 1) from None


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """See `sellerwatch COMMAND --help`."""
    if version:
        console.print(f"sellerwatch {__version__}")
        raise typer.Exit


@app.command()
def run(
    config: ConfigDir = None,
    role: Annotated[
        str, typer.Option("--role", help="With PostgreSQL: what of the work this daemon does, with commas.")
    ] = "fetch,understand,deliver,web",
) -> None:
    """Start the daemon: watch, understand, tell; until it is stopped."""
    settings = settings_of(config)
    try:
        roles = {Role(one.strip()) for one in role.split(",")}
    except ValueError:
        raise typer.BadParameter(f"{role!r} is not of {', '.join(Role)}", param_hint="--role") from None
    if len(roles) < len(Role) and not commands.is_shared(settings):
        raise typer.BadParameter("one daemon does all on SQLite; set store.url to share the work", param_hint="--role")
    raise typer.Exit(_as_the_only_one(lambda: commands.run(settings, roles)))


@app.command()
def once(config: ConfigDir = None, as_json: AsJson = False) -> None:
    """One round: look at every source, understand what came, deliver what is due, and sum up."""
    settings = settings_of(config)
    _as_the_only_one(lambda: commands.once(settings))
    incidents_commands.show_all(config, as_json)
    if not as_json:
        sources_commands.show(config)


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
    file: Annotated[Path, typer.Argument(metavar="FILE|-", help="JSON lines with id, title and text.")] = Path("-"),
    config: ConfigDir = None,
) -> None:
    """Understand documents: JSON lines in, JSON lines out. A line that is wrong is named, and passed over.

    The answers come when all is read (with -, at the end of input): a late text may join two incidents into one.
    """
    settings = settings_of(config, looks=True)
    name = "stdin" if file == Path("-") else str(file)
    wrong: list[typer.Exit] = []

    def refused(error: ValueError) -> None:
        wrong.append(refuse(f"{name}: {error}"))

    try:
        with sys.stdin.buffer if file == Path("-") else file.open("rb") as raw:
            lines = TextIOWrapper(raw, encoding="utf-8", errors="surrogateescape")
            for row in commands.assess(lines, settings, refused):
                sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
                sys.stdout.flush()
    except BrokenPipeError:  # whoever reads us has enough
        raise
    except OSError as error:
        raise refuse(error) from None
    if wrong:
        raise wrong[0]


@app.command()
def quarantine(config: ConfigDir = None, as_json: AsJson = False) -> None:
    """What could not be read, each with its reason: whole captures, and single entries whose neighbours were read."""

    async def both(_: Config, store: Store) -> list[dict[str, Any]]:
        captures, entries = await store.desk.quarantined(limit=500), await store.desk.rejected(limit=500)
        rows: list[tuple[str, str, QuarantineRow | RejectedRow]] = [
            *(("capture", row.capture_id, row) for row in captures),
            *(("entry", row.key, row) for row in entries),
        ]
        return [
            {"at": r.at, "what": what, "id": id, "source": r.source_id, "reason": r.reason.value, "detail": r.detail}
            for what, id, r in rows
        ]

    rows = with_store(config, both, looks=True)
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
    which: Annotated[
        str, typer.Argument(metavar="ID", help="An incident, document or alert, by the start of its id.")
    ] = "",
    config: ConfigDir = None,
    as_json: AsJson = False,
    text: Annotated[
        Path | None,
        typer.Option(metavar="FILE|-", help="Instead of an ID: a text, or a row of JSON as assess takes it."),
    ] = None,
    title: Annotated[str, typer.Option(help="The title of that text.")] = "",
    published: Annotated[str, typer.Option(help="The day of that text.", metavar="YYYY-MM-DD")] = "",
    source_kind: Annotated[
        Voice | None, typer.Option(help="Who says that text: the platform itself is official.", show_default="other")
    ] = None,
) -> None:
    """From an alert, incident or document back to the words that decided it."""
    if not which and text is None:
        raise typer.BadParameter("name what to explain: an ID, or a text by --text FILE", param_hint="ID")
    if which and text is not None:
        raise typer.BadParameter("an ID and a --text are two things: name one of them", param_hint="ID")
    if text is None and (title or published or source_kind):
        words = "--title, --published and --source-kind tell of a --text: name it"
        raise typer.BadParameter(words, param_hint="--text")
    if text is None:
        found = commands.explain(which, config)
    else:
        try:
            found = commands.explain_text(text, config, title, published, source_kind or "")
        except OSError as error:
            raise refuse(error) from None
        except ValueError as error:
            raise refuse(f"{'stdin' if text == Path('-') else text}: {error}") from None
    print_json(found.value) if as_json else found.show(console)


@app.command(name="check-config")
def check_config(config: ConfigDir = None, as_json: AsJson = False) -> None:
    """Say whether the configuration is good, and if not: which file, which line, what to do."""
    from monitor.config import describe

    rows = describe(settings_of(config))
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
    settings = settings_of(config)
    if target not in {t.id for t in settings.targets}:
        known = ", ".join(t.id for t in settings.targets) or "none"
        complaints.print(f"[bold red]error[/] no target {escape(target)!r} in the settings; there are: {escape(known)}")
        raise typer.Exit(1)
    delivery = commands.try_channel(settings, target)
    tries = "1 try" if delivery.attempts == 1 else f"{delivery.attempts} tries"
    console.print(f"{target}: {delivery.state.value} after {tries}. {delivery.last_detail}")
    raise typer.Exit(0 if delivery.state.value == "sent" else 1)


app.add_typer(corpus_commands.corpus, name="corpus")
app.add_typer(sources_commands.sources, name="sources")
app.add_typer(incidents, name="incidents")
app.add_typer(exposure, name="exposure")
app.add_typer(deliveries, name="deliveries")
app.add_typer(silences, name="silences")
app.add_typer(ledger, name="ledger")
app.add_typer(people, name="people")
app.add_typer(tokens, name="tokens")
corpus_commands.corpus.command()(lessons)
app.command()(deadlines)
app.command()(calendar)
app.command()(digest)
app.command()(drill)
app.command()(cluster)
app.command()(doctor)
app.command()(init)
app.command()(backup)
app.command()(restore)
app.command()(evaluate)
app.command()(backfill)
app.command()(backtest)
app.command(name="evidence")(evidence)
app.command(name="what-if")(what_if)


def main() -> None:
    """Entry point of `sellerwatch`."""
    try:
        app()
    except SellerwatchError as error:
        complaints.print(f"[bold red]error[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(EX_CONFIG if isinstance(error, UnusableDatabaseError) else 1)
