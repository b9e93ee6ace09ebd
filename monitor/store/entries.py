"""Which entries of a source were seen, and which were turned away."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, delete

from monitor.steps import Step
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.tables import entries, rejections

FORGET_AFTER = timedelta(days=60)
_REFRESH_AFTER = timedelta(days=1)  # writing every key at every change of a feed would be most of our writing


class Entries:
    """Written as parts of steps."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._upsert = database.prepared(_refreshed(database), "source_id", "key", "last_seen", "stale")

    async def keep(self, connection: AsyncConnection, steps: Sequence[Step]) -> None:
        """As part of these steps, what their captures' entries were."""
        of_captures = [(step, step.capture.item) for step in steps if step.capture is not None]
        seen = [
            codec.row(
                "entries",
                source_id=capture.source_id,
                key=key,
                last_seen=step.at,
                stale=step.at - _REFRESH_AFTER,
            )
            for step, capture in of_captures
            for key in step.seen
        ]
        if seen:
            await connection.execute(self._upsert, seen)
            whose = {capture.source_id for step, capture in of_captures if step.seen}
            gone = entries.c.last_seen < min(step.at for step in steps) - FORGET_AFTER
            await connection.execute(delete(entries).where(entries.c.source_id.in_(sorted(whose)), gone))
        rejected = [
            codec.row(
                "rejections",
                capture_id=capture.id,
                key=key,
                source_id=capture.source_id,
                at=step.at,
                reason=reason,
                detail=detail,
            )
            for step, capture in of_captures
            for key, reason, detail in step.rejected
        ]
        if rejected:
            await connection.execute(self._database.insert(rejections).on_conflict_do_nothing(), rejected)


def _refreshed(database: Database) -> Any:
    insert = database.insert(entries)
    return insert.on_conflict_do_update(
        index_elements=["source_id", "key"],
        set_={"last_seen": insert.excluded.last_seen},
        where=entries.c.last_seen < bindparam("stale", type_=entries.c.last_seen.type),
    )
