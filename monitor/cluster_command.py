"""`sellerwatch cluster`: the daemons that share a database, what waits, who holds what, and what is wrong."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from monitor import tables
from monitor.config import Config
from monitor.daemon import utc_now
from monitor.invocation import AsJson, ConfigDir, refuse, with_store
from monitor.opened import Store
from monitor.tables import console, print_json, table

if TYPE_CHECKING:
    from monitor.web.sections.cluster import Crew

ALONE = "One daemon works alone here: its store is SQLite. store.url with a PostgreSQL address lets several share it."


def cluster(
    config: ConfigDir = None,
    as_json: AsJson = False,
    again: Annotated[
        str, typer.Option("--again", metavar="DUTY", help="Have a duty that failed done again; forget its failures.")
    ] = "",
) -> None:
    """The daemons that share the work: who lives, what waits, who holds what. Exit code 1 when something is wrong."""
    from monitor.desk.crew import shown  # the desk's words for it; with what makes pages, which few commands need
    from monitor.notify.tongue import tongue
    from monitor.store.crew_sight import SqlCrewSight

    async def look(_: Config, store: Store) -> "tuple[int, Crew]":
        rows = SqlCrewSight(store.database)
        forgotten = await rows.again(again) if again else 0
        return forgotten, shown(await rows.sight(utc_now()), tongue("en", "UTC"))

    forgotten, crew = with_store(config, look, looks=not again)
    if again and not forgotten:
        raise refuse(f"{again} did not fail: nothing is to be done again")
    if as_json:
        print_json(crew)
    elif not crew.shared:
        console.print(ALONE, soft_wrap=True)
    else:
        _show(crew)
    raise typer.Exit(1 if crew.wrong else 0)


def _show(crew: "Crew") -> None:
    ago = {
        one.id: tables.span(timedelta(seconds=round((crew.at - one.beat_at).total_seconds()))) for one in crew.daemons
    }
    table(
        "Daemons", "machine", "roles", "last beat", "looks", "pages", "captures", "deliveries", "version", "settings",
        "since", "id",
        rows=[
            [one.machine, ", ".join(one.roles), Text(f"{ago[one.id]} ago", "green" if one.alive else "bold red"),
             one.hands.looks, one.hands.pages, one.hands.captures, one.hands.deliveries, one.version, one.settings,
             tables.day(one.started_at), one.id]
            for one in crew.daemons
        ],
        empty="No daemon is alive.",
    )  # fmt: skip
    busy = [one for one in crew.duties if one.todo or one.doing or one.failed]
    table(
        "Duties", "duty", "waits", "in hand", "hangs", "failed", "since", "why",
        rows=[
            [one.duty, one.todo, one.doing, _bad(one.stalled), _bad(one.failed),
             tables.day(one.failed_at or one.waits_since), one.why]
            for one in busy
        ],
        empty="No duty waits, is in hand or failed.",
    )  # fmt: skip
    if idle := [one.duty for one in crew.duties if one not in busy]:
        console.print(Text(f"idle: {', '.join(idle)}", "dim"), soft_wrap=True)
    for one in crew.wrong:
        console.print(Text.assemble(("wrong ", "bold red"), one.words), soft_wrap=True)
    if not crew.wrong:
        console.print("[green]Nothing is wrong.[/]")


def _bad(number: int) -> Text:
    return Text(str(number), "bold red" if number else "")
