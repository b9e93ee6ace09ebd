"""`sellerwatch deliveries` and what is under it: what was told to whom, what never arrived, one more try by hand."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.text import Text

from monitor import tables
from monitor.config import Config
from monitor.daemon import utc_now
from monitor.domain.alerts import Delivery, DeliveryState
from monitor.explain.told import show_delivery, without_message
from monitor.incidents_commands import login
from monitor.invocation import AsJson, ConfigDir, with_store
from monitor.notify.render import bodies
from monitor.notify.written import written
from monitor.once_more import once_more
from monitor.opened import Store
from monitor.store.desk import AttemptRow
from monitor.tables import complaints, console, print_json, table
from monitor.unnamed import unnamed
from monitor.watching import watch

_MOST = 500
_A_MINUTE, _AN_HOUR, _A_DAY = (timedelta(**{unit: 1}) for unit in ("minutes", "hours", "days"))


class _ShowsByKey(typer.core.TyperGroup):
    """`deliveries KEY` is `deliveries show KEY`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the words name."""
        return super().resolve_command(ctx, args if args[0] in self.commands else ["show", *args])


deliveries = typer.Typer(cls=_ShowsByKey, invoke_without_command=True, subcommand_metavar="[KEY | COMMAND ...]")

Key = Annotated[str, typer.Argument(metavar="KEY", help="A delivery, by the start of its key.")]
By = Annotated[str, typer.Option("--by", help="Who asks for it; else your login name.", metavar="NAME")]


@deliveries.callback()
def listed(context: typer.Context, config: ConfigDir = None, as_json: AsJson = False) -> None:
    """List what was told to whom and how it went, show one with its tries and words, or try a dead one again."""
    context.obj = config, as_json
    if context.invoked_subcommand is None:
        show_all(config, as_json)


def show_all(config: Path | None, as_json: bool) -> None:
    """The last deliveries, the newest first."""
    found = with_store(config, lambda _, store: store.desk.deliveries(limit=_MOST), looks=True)
    if as_json:
        print_json([{name: part for name, part in tables.as_json(one).items() if name != "message"} for one in found])
        return
    table(
        "Deliveries", "key", "when", "target", "seller", "severity", "why", "rung", "state", "tries", "note", "about",
        rows=[[one.key[:10], *row] for one, row in zip(found, tables.delivery_rows(found), strict=True)],
        empty="Nothing was told to anybody yet.",
    )  # fmt: skip


@deliveries.command()
def dead(context: typer.Context, config: ConfigDir = None, as_json: AsJson = False) -> None:
    """What was given up, the oldest last: why, and who hears it instead. `retry` tries it again."""
    given_config, given_json = context.obj
    now = utc_now()

    async def both(_: Config, store: Store) -> list[tuple[Delivery, Delivery | None]]:
        return await store.desk.dead(_MOST)

    found = with_store(config or given_config, both, looks=True)
    if as_json or given_json:
        print_json([without_message(one) | {"instead": other.key if other else None} for one, other in found])
        return
    table(
        "Dead letters", "key", "age", "target", "severity", "tries", "reason", "instead", "about",
        rows=[
            [
                one.key[:10], _red(_age(one, now)), one.target, one.severity.name.lower(), one.attempts,
                _red(f"{one.last_detail}{'; it may have arrived' if one.repeat else ''}"), _instead(other),
                one.message.about,
            ]
            for one, other in found
        ],
        empty="Nothing is dead: all that was to be told arrived, or is on its way.",
    )  # fmt: skip


@deliveries.command()
def show(context: typer.Context, which: Key, config: ConfigDir = None, as_json: AsJson = False) -> None:
    """One in full: its tries, whose place it takes, and its words as they are sent."""
    given_config, given_json = context.obj

    async def both(_: Config, store: Store) -> tuple[Delivery, Sequence[AttemptRow]]:
        one = await _named(store, which)
        return one, await store.desk.attempts(one.key)

    found = with_store(config or given_config, both, looks=True)
    delivery, tries = found
    if as_json or given_json:
        print_json(without_message(delivery) | {"tries": tries})
        return
    console.print(Text(f"delivery {delivery.key}"), soft_wrap=True)
    head = f"  alert {delivery.alert_id[:10]}, {delivery.reason.value}, {delivery.severity.name.lower()}"
    console.print(Text(f"{head}, of incident {delivery.incident_id[:10]}"), soft_wrap=True)
    show_delivery(console, delivery, tries)
    letter = written(delivery)
    console.print(Text(f"\n{letter.subject}\n", "bold"), soft_wrap=True)
    console.print(Text(bodies(letter).plain), soft_wrap=True)


@deliveries.command()
def retry(
    context: typer.Context,
    which: Annotated[list[str], typer.Argument(metavar="KEY...", help="Dead deliveries, by the start of their keys.")],
    by: By = "",
    old_words: Annotated[
        bool, typer.Option("--old-words", help="As they were written, though it is otherwise.")
    ] = False,
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """Try dead ones again, a day long: what is no longer so is sent as it stands now. One that may have arrived already
    says that it may be a repeat."""
    given_config, given_json = context.obj
    now, who = utc_now(), by or login()

    async def work(settings: Config, store: Store) -> tuple[list[Delivery], list[Delivery]]:
        chosen = [await _dead_one(store, key) for key in which]
        tried = await once_more(store, watch(settings), chosen, now, who, old_words)
        going = dict.fromkeys([*tried.again, *tried.fresh.values()])
        found = [await store.desk.delivery(key) for key in going]
        return [one for one in found if one is not None], [one for one in chosen if one.key in tried.over]

    revived, over = with_store(config or given_config, work)
    if as_json or given_json:
        print_json([without_message(one) for one in revived])
        return
    for one in over:
        console.print(
            Text(f"{one.key[:10]} is over by now, and {one.target} never heard of it; --old-words sends it: "
                 f"{one.message.about}"),
            soft_wrap=True,
        )  # fmt: skip
    for one in revived:
        mark = ", marked as a possible repeat" if one.repeat else ""
        console.print(Text(f"{one.key[:10]} goes to {one.target} again{mark}: {one.message.about}"), soft_wrap=True)


async def _dead_one(store: Store, key: str) -> Delivery:
    one = await _named(store, key)
    if one.state is not DeliveryState.DEAD:
        complaints.print(f"[bold red]error[/] {escape(one.key[:10])} is not dead, but {one.state.value}")
        raise typer.Exit(1)
    return one


async def _named(store: Store, key: str) -> Delivery:
    one = await store.desk.delivery(key)
    if one is None:
        raise await unnamed(store, key, ("delivery",), "`sellerwatch deliveries` lists them", "delivery's key")
    return one


def _age(delivery: Delivery, now: datetime) -> str:
    """In the largest unit that fits: 3d, 5h, 12m."""
    age = now - (delivery.created_at or now)
    for size, unit in ((_A_DAY, "d"), (_AN_HOUR, "h")):
        if age >= size:
            return f"{age // size}{unit}"
    return f"{max(age, timedelta(0)) // _A_MINUTE}m"


def _instead(other: Delivery | None) -> Text:
    return Text() if other is None else Text.assemble(f"{other.target}: ", tables.delivery_state(other.state))


def _red(text: str) -> Text:
    return Text(text, "bold red")
