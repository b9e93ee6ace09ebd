"""`sellerwatch deadlines`: what must be done by when, and with --steps what playbooks ask besides."""

from typing import Annotated, Any

import typer
from rich.text import Text

from monitor import checklist, tables
from monitor.config import Config
from monitor.daemon import utc_now
from monitor.domain.resolution import kinship
from monitor.invocation import AsJson, ConfigDir, with_store
from monitor.opened import Store
from monitor.tables import print_json, table
from monitor.valuing import AT_ONCE

Rows = list[dict[str, Any]]


def deadlines(
    config: ConfigDir = None,
    as_json: AsJson = False,
    steps: Annotated[bool, typer.Option("--steps", help="With the open steps of the playbooks.")] = False,
) -> None:
    """What must be done by when, over all open incidents, soonest first."""
    today = utc_now().date()

    async def both(settings: Config, store: Store) -> Rows:
        kin, done, found = kinship(settings.platforms), await store.desk.done(), Rows()
        ids = await store.desk.ids()
        for first in range(0, len(ids), AT_ONCE):
            some = await store.ledger.incidents(ids[first : first + AT_ONCE])
            due = tables.deadline_rows(some, today, done)
            found += [{"kind": "deadline"} | row for row in due] if steps else due
            if steps:
                asked = checklist.step_rows(some, settings.sellers, settings.playbooks, done, kin, today)
                found += [{"kind": "step"} | row for row in asked]
        return sorted(found, key=tables.by_last_day)

    rows = with_store(config, both, looks=True)
    if as_json:
        print_json(rows)
    elif steps:
        _show_both(rows)
    else:
        _show_deadlines(rows)


def _show_deadlines(rows: Rows) -> None:
    table(
        "Deadlines",
        "date", "days left", "what", "who", "how sure", "platforms", "incident", "done by", "in the source's words",
        rows=[
            [
                _when(r), _left(r), r["role"], r["actor"], r["certainty"], ", ".join(r["platforms"]),
                r["incident_id"][:10], _by(r), r["quote"],
            ]
            for r in rows
        ],
        empty="No deadline is known.",
    )  # fmt: skip


def _show_both(rows: Rows) -> None:
    table(
        "To do",
        "date", "days left", "what", "who", "for", "platforms", "incident", "done by", "in words",
        rows=[
            [
                _when(r), _left(r), r["role"], r["actor"], "", ", ".join(r["platforms"]), r["incident_id"][:10], _by(r),
                r["quote"],
            ]
            if r["kind"] == "deadline"
            else [
                r["date"] or "no day yet", _left(r), r["subject"], r["owner"], ", ".join(r["sellers"]),
                ", ".join(r["platforms"]), r["incident_id"][:10], "", r["do"],
            ]
            for r in rows
        ],
        empty="Nothing is to be done.",
    )  # fmt: skip


def _when(row: dict[str, Any]) -> str:
    return " ".join(filter(None, (row["date"], row["zone"])))


def _by(row: dict[str, Any]) -> str:
    return ", ".join(f"{one['by']} for {one['seller_id']}" if one["seller_id"] else one["by"] for one in row["done"])


def _left(row: dict[str, Any]) -> Text:
    """Overdue in red, until it is done."""
    left = row["days_left"]
    late = left is not None and left < 0 and not row["done"]
    return Text("" if left is None else str(left), "bold red" if late else "")
