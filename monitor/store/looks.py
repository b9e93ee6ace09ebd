"""What looking at each source came to, day by day: a few numbers that outlive the looks themselves.

They are added up in the transaction that keeps a look or a reading, so that none is lost. A commit whose answer was
lost is made again, and may then count its looks twice: these are figures for a plot, and no record.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, Integer, Table, Text, case

from monitor.domain.sources import Look, Outcome
from monitor.steps import Step
from monitor.store import codec
from monitor.store.columns import metadata
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database

_SHOWN = 31  # days, unless more are asked for

source_days = Table(
    "source_days",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),  # proleptic ordinal of the day in UTC
    *(
        Column(name, Integer, nullable=False, server_default="0")
        for name in ("looks", "ok", "unchanged", "failures", "unread", "items", "new")
    ),
    sqlite_with_rowid=False,  # the key is all there is to find a row by
)


@dataclass(frozen=True, slots=True)
class SourceDay:
    """One day of one source. `looks` are `ok` (new bytes came), `unchanged` or `failures`; of what came, `unread` could
    not be read, `items` is how many entries the last that could held, and `new` were those not seen before."""

    day: date
    looks: int = 0
    ok: int = 0
    unchanged: int = 0
    failures: int = 0
    unread: int = 0
    items: int = 0
    new: int = 0


class Tally:
    """Adds to the days of one database. Rows are written in one order everywhere, so that no two writers wait for each
    other."""

    def __init__(self, database: Database) -> None:
        looked, read = database.insert(source_days), database.insert(source_days)
        here, came = source_days.c, read.excluded
        counted = ("looks", "ok", "unchanged", "failures")
        key = ("source_id", "day")
        added = {name: here[name] + looked.excluded[name] for name in counted}
        self._looked = database.prepared(looked.on_conflict_do_update(index_elements=key, set_=added), *key, *counted)
        sums = {
            "unread": here.unread + came.unread,
            "items": case((came.unread == 0, came["items"]), else_=here["items"]),
            "new": here.new + came.new,
        }
        self._read = database.prepared(read.on_conflict_do_update(index_elements=key, set_=sums), *key, *sums)

    async def looked(self, connection: AsyncConnection, looks: Iterable[Look]) -> None:
        """Count them, within the transaction that keeps them."""
        await connection.execute(
            self._looked,
            _ordered(
                _row(
                    look.source_id, look.at, looks=1, ok=int(look.outcome is Outcome.OK),
                    unchanged=int(look.outcome is Outcome.UNCHANGED), failures=int(look.outcome is Outcome.FAILED),
                )
                for look in looks
            ),
        )  # fmt: skip

    async def read(self, connection: AsyncConnection, steps: Iterable[Step]) -> None:
        """Count what was read, within the transaction that keeps it: of a source's own captures, since the page of an
        entry brings nothing that was not counted with the entry."""
        rows = _ordered(
            _row(
                step.capture.item.source_id, step.at, unread=int(step.quarantine is not None),
                items=step.harvest.items if step.harvest else 0, new=len(step.documents),
            )
            for step in steps
            if step.capture is not None
            and step.capture.item.document_id is None
            and (step.harvest is not None or step.quarantine is not None)
        )  # fmt: skip
        if rows:
            await connection.execute(self._read, rows)


def _row(source_id: str, at: datetime, **counted: int) -> dict[str, Any]:
    return codec.row("source_days", source_id=source_id, day=at.astimezone(UTC).toordinal(), **counted)


def _ordered(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["source_id"], row["day"]))
