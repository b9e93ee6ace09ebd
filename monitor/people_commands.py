"""`sellerwatch incidents ack`, `take`, `false-alarm`, `not-for-us`, `for-us`: how people answer what they are told."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from monitor.acts import Acts, Hand, Outcome
from monitor.incidents_commands import Note, Which, acting, incidents
from monitor.invocation import AsJson, ConfigDir
from monitor.tables import console, print_json

__all__ = ["incidents"]  # with these commands among the others

Who = Annotated[str, typer.Option("--who", "--by", help="Who says so; else your login name.", metavar="NAME")]
Desk = Annotated[str, typer.Option("--seller", help="For which seller; else for all of them.", metavar="ID")]
OneDesk = Annotated[str, typer.Option("--seller", help="For which seller, if there are several.", metavar="ID")]
Answer = Callable[[Acts, str, Hand], Awaitable[Outcome]]

_DONE = {
    "ack": "acknowledged",
    "take": "taken on",
    "false-alarm": "closed as a false alarm",
    "not-for-us": "noted as no concern",
    "for-us": "noted as a concern",
}


@incidents.command()
def ack(
    context: typer.Context,
    which: Which,
    who: Who = "",
    note: Note = "",
    seller: Desk = "",
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """Somebody has heard it: no repeats and no escalation until there is news."""
    _answer(context, config, as_json, which, who, note, seller, lambda acts, id, hand: acts.ack(id, hand))


@incidents.command()
def take(
    context: typer.Context,
    which: Which,
    who: Who = "",
    note: Note = "",
    seller: Desk = "",
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """Somebody has heard it, and sees to it."""
    _answer(context, config, as_json, which, who, note, seller, lambda acts, id, hand: acts.take(id, hand))


@incidents.command(name="false-alarm")
def false_alarm(
    context: typer.Context,
    which: Which,
    who: Who = "",
    note: Note = "",
    seller: Desk = "",
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """Nothing of the kind happens: closed for all, and whoever was told hears that it was false."""
    _answer(context, config, as_json, which, who, note, seller, lambda acts, id, hand: acts.false_alarm(id, hand))


@incidents.command(name="not-for-us")
def not_for_us(
    context: typer.Context,
    which: Which,
    who: Who = "",
    note: Note = "",
    seller: OneDesk = "",
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """True, and no concern of that seller's: nothing more is said of it to them. Others hear of it as before."""
    _answer(context, config, as_json, which, who, note, seller, lambda acts, id, hand: acts.not_for_us(id, hand), True)


@incidents.command(name="for-us")
def for_us(
    context: typer.Context,
    which: Which,
    who: Who = "",
    note: Note = "",
    seller: OneDesk = "",
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """It is of concern after all: that seller hears what they do not know of it."""
    _answer(context, config, as_json, which, who, note, seller, lambda acts, id, hand: acts.for_us(id, hand), True)


def _answer(
    context: typer.Context,
    config: Path | None,
    as_json: bool,
    which: str,
    who: str,
    note: str,
    seller: str,
    answer: Answer,
    one_desk: bool = False,
) -> None:
    """Answer, and say what stands now: who said so, and when, if somebody did before."""
    given_config, given_json = context.obj
    outcome = acting(config or given_config, who, note, lambda acts, ids, hand: answer(acts, ids[0], hand), which,
                     seller=seller, one_desk=one_desk)  # fmt: skip
    act, incident = outcome.act, outcome.incident
    if as_json or given_json:
        print_json({"incident_id": incident.id, "headline": incident.headline, "already": outcome.again, "act": act})
        return
    said = _DONE[context.info_name or ""]
    before = f"{said} already, by {act.who} at {act.at:%Y-%m-%d %H:%M} UTC" if outcome.again else said
    desk = f" for {act.seller_id}" if act.seller_id else ""
    console.print(Text(f"{before}{desk}: {incident.id[:10]}, {incident.headline}"), soft_wrap=True)
