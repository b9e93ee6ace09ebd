"""`sellerwatch sources` and what is under it: how each source stands, and what we do not see for it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import typer

from monitor import health_table, tables
from monitor.config import Config
from monitor.daemon import utc_now
from monitor.invocation import AsJson, ConfigDir, with_store
from monitor.opened import Store
from monitor.tables import print_json, table
from monitor.try_command import attempt
from monitor.vigilance import healths_of

sources = typer.Typer(invoke_without_command=True)
sources.command(name="try")(attempt)


@sources.callback()
def listed(context: typer.Context, config: ConfigDir = None, as_json: AsJson = False) -> None:
    """Every source and how it stands: when it was last read, why it fails."""
    if context.invoked_subcommand is None:
        show(config, as_json)


def show(config: Path | None, as_json: bool = False) -> None:
    """The list of sources."""

    async def states(settings: Config, store: Store) -> list[dict[str, Any]]:
        return tables.source_rows(settings.sources, await store.inbox.sources(), await store.ledger.harvests())

    rows = with_store(config, states, looks=True)
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


@sources.command(name="health")
def healthy(config: ConfigDir = None, as_json: AsJson = False) -> None:
    """What we do not see, and why; and the map of what is covered, platform by country."""

    async def work(settings: Config, store: Store) -> None:
        known = {source.id: source for source in settings.sources}
        healths = await healths_of(known, store.inbox, store.ledger, utc_now())
        vigils = await store.vigils.vigils()
        if as_json:
            print_json(health_table.as_rows(settings.sources, healths, vigils))
        else:
            health_table.show(settings.sources, healths, vigils, settings.sellers)

    with_store(config, work, looks=True)
