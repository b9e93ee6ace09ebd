"""Which ids begin as somebody wrote: asked when that is the start of none, or of more than one."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.tables import captures, documents, incidents
from monitor.store.telling_tables import deliveries

_COLUMNS = {
    "incident": incidents.c.id,
    "alert": deliveries.c.alert_id,
    "document": documents.c.id,
    "capture": captures.c.id,
    "delivery": deliveries.c.key,
}


async def beginning(database: Database, start: str, kinds: Iterable[str], most: int = 5) -> Sequence[tuple[str, str]]:
    """Kind and id of what begins so, at most `most` of each kind (incident, alert, document, capture, delivery)."""
    columns = {kind: _COLUMNS[kind] for kind in kinds}

    async def work(connection: AsyncConnection) -> list[tuple[str, str]]:
        found = []
        for kind, column in columns.items():
            query = select(column).distinct().where(column.startswith(start, autoescape=True)).order_by(column)
            found += [(kind, id) for id in await connection.scalars(query.limit(most))]
        return found

    return await database.read(work) if start else []
