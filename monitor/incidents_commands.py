"""`sellerwatch incidents` and what is under it: what is known, and what people do about it."""

import getpass
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.markup import escape
from rich.text import Text

from monitor import commands, tables
from monitor.acts import ActRefusedError, Acts, Hand
from monitor.config import Config
from monitor.daemon import utc_now
from monitor.domain.incidents import Incident
from monitor.domain.nagging import seen_to
from monitor.domain.rulings import Act
from monitor.invocation import AsJson, ConfigDir, with_store
from monitor.opened import Store
from monitor.store.words import SqlWords
from monitor.tables import complaints, console, print_json, table
from monitor.unnamed import unnamed
from monitor.watching import watch

T = TypeVar("T")
MOST = 500  # incidents in one list


class _ShowsById(typer.core.TyperGroup):
    """`incidents ID` is `incidents show ID`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the words name."""
        return super().resolve_command(ctx, args if args[0] in self.commands else ["show", *args])


incidents = typer.Typer(cls=_ShowsById, invoke_without_command=True, subcommand_metavar="[ID | COMMAND ...]")

_DONE = {
    "merge": "one incident now:",
    "split": "an incident of its own now:",
    "close": "closed:",
    "reopen": "open again:",
    "done": "done for",
    "undone": "to be done again for",
}

Which = Annotated[str, typer.Argument(metavar="ID", help="An incident, by the start of its id.")]
By = Annotated[str, typer.Option("--by", "--who", help="Who does it; else your login name.", metavar="NAME")]
Note = Annotated[str, typer.Option("--note", help="Why, for those who look at it later.", metavar="TEXT")]
Desk = Annotated[str, typer.Option("--seller", help="At whose desk; else at all of them.", metavar="ID")]
Subject = Annotated[str, typer.Argument(metavar="WHAT", help="deadline:ROLE:DATE, or step:ID of its playbook.")]


@incidents.callback()
def listed(
    context: typer.Context,
    config: ConfigDir = None,
    as_json: AsJson = False,
    every: Annotated[bool, typer.Option("--all", help="Those that were reversed or closed, too.")] = False,
) -> None:
    """List the open incidents, show one with its evidence, history and deadlines, or do something about it."""
    context.obj = config, as_json  # `incidents --config DIR show ID` is as good as `incidents show ID --config DIR`
    if context.invoked_subcommand is None:
        show_all(config, as_json, every)


def show_all(config: Path | None, as_json: bool = False, every: bool = False) -> None:
    """The list of incidents."""

    async def work(_: Config, store: Store) -> tuple[Sequence[Incident], Mapping[str, Collection[Act]]]:
        found = await store.desk.incidents(limit=MOST, include_closed=every)
        acts = await store.ledger.acts_on([one.id for one in found if one.closed is None])
        words = await SqlWords(store.database).words(list(acts))
        return found, {id: seen_to(words.get(id, ()), done) for id, done in acts.items()}

    found, answers = with_store(config, work, looks=True)
    if len(found) == MOST:
        complaints.print(f"[yellow]note[/] these are the {MOST} that moved last; the desk lists them all")
    if as_json:
        print_json(found)
        return
    table(
        "Incidents",
        "id", "what", "platforms", "where", "how sure", "from", "voices", "headline", "note",
        rows=tables.incident_rows(found, answers),
        empty="No incident is open: nothing that was read reports one. `sellerwatch sources` says what is read.",
    )  # fmt: skip


@incidents.command()
def show(context: typer.Context, which: Which, config: ConfigDir = None, as_json: AsJson = False) -> None:
    """One in full: its evidence, history, deadlines, what it costs, and what was told of it."""
    given_config, given_json = context.obj
    found = commands.explain(which, config or given_config)
    print_json(found.value) if as_json or given_json else found.show(console)


@incidents.command()
def merge(
    context: typer.Context,
    which: Which,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="Another one, that reports the same event.")],
    by: By = "",
    note: Note = "",
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """Two incidents are one event, whatever the machine makes of them. The one opened first goes on."""
    _do(context, config, as_json, by, note, lambda acts, ids, hand: acts.merge(ids[0], ids[1], hand), which, other)


@incidents.command()
def split(
    context: typer.Context,
    which: Which,
    documents: Annotated[list[str], typer.Argument(metavar="DOCUMENT...", help="What reports another event.")],
    by: By = "",
    note: Note = "",
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """Some documents of an incident report another event. Prints the incident that has them now."""
    _do(context, config, as_json, by, note, lambda acts, ids, hand: acts.split(ids[0], documents, hand), which)


@incidents.command()
def close(
    context: typer.Context,
    which: Which,
    by: By = "",
    note: Note = "",
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """It concerns nobody here: kept, with all that still comes, and told to nobody until somebody opens it again."""
    _do(context, config, as_json, by, note, lambda acts, ids, hand: acts.close(ids[0], hand), which)


@incidents.command()
def reopen(
    context: typer.Context,
    which: Which,
    by: By = "",
    note: Note = "",
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """A closed one is of concern again: what was not told of it is told now."""
    _do(context, config, as_json, by, note, lambda acts, ids, hand: acts.reopen(ids[0], hand), which)


@incidents.command()
def done(
    context: typer.Context,
    which: Which,
    what: Subject,
    by: By = "",
    note: Note = "",
    seller: Desk = "",
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """A deadline, or a step of its playbook, is taken care of."""
    _do(context, config, as_json, by, note, lambda acts, ids, hand: acts.done(ids[0], what, hand), which, seller=seller)


@incidents.command()
def undone(
    context: typer.Context,
    which: Which,
    what: Subject,
    by: By = "",
    note: Note = "",
    seller: Desk = "",
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """It is to be done after all."""
    _do(
        context,
        config,
        as_json,
        by,
        note,
        lambda acts, ids, hand: acts.undone(ids[0], what, hand),
        which,
        seller=seller,
    )


def _do(
    context: typer.Context,
    config: Path | None,
    as_json: bool,
    by: str,
    note: str,
    what: Callable[[Acts, list[str], Hand], Awaitable[Incident]],
    *which: str,
    seller: str = "",
) -> None:
    """Do it to the incidents of those names, and show the one that it ends with."""
    given_config, given_json = context.obj
    incident = acting(config or given_config, by, note, what, *which, seller=seller)
    if as_json or given_json:
        print_json(incident)
        return
    console.print(Text(f"{_DONE[context.info_name or '']} {incident.id[:10]}, {incident.headline}"), soft_wrap=True)


def acting(
    config: Path | None,
    by: str,
    note: str,
    what: Callable[[Acts, list[str], Hand], Awaitable[T]],
    *which: str,
    seller: str = "",
    one_desk: bool = False,
) -> T:
    """Do it to the incidents of those names; says why when it cannot be done, and ends with exit code 1. What is done
    at `one_desk` is done for the only seller when none is named."""
    who, at = by or login(), utc_now()

    async def work(settings: Config, store: Store) -> T:
        known = [one.id for one in settings.sellers]
        if seller and seller not in known:
            names = ", ".join(known) or "none"
            raise ActRefusedError("no seller is called {name}; there are: {names}", name=seller, names=names)
        ids = []
        for name in which:
            incident = await store.desk.incident(name)
            if incident is None:
                raise await unknown(store, name)
            ids.append(incident.id)
        desk = known[0] if one_desk and len(known) == 1 else seller
        return await what(Acts(store.ledger, watch(settings)), ids, Hand(who, at, note, desk))

    try:
        return with_store(config, work)
    except ActRefusedError as refusal:
        complaints.print(f"[bold red]error[/] {escape(str(refusal))}", soft_wrap=True)
        raise typer.Exit(1) from None


def login() -> str:
    """The name of whoever is at the keyboard; ends with exit code 2 when the system knows none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user whom the system has no name for
        complaints.print("[bold red]error[/] the system has no name for you: say who you are with --by NAME")
        raise typer.Exit(2) from None


async def unknown(store: Store, which: str) -> typer.Exit:
    """Says that it names no incident, or several, and gives the exit."""
    return await unnamed(store, which, ("incident",), "`sellerwatch incidents --all` lists them")
