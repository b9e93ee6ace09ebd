"""Subscriptions that several daemons hold together: one of them asks the hub, and whichever is called back knows."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Row, delete, select, update

from monitor.domain.harvests import Subscription
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.shared_tables import hubs

UNWATCHED = timedelta(days=30)  # for so long nobody asked, though it was time to: no daemon has the source any more


class SqlHubs:
    """Implements `monitor.subscriptions.Book` for all daemons of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def told(self, heard: Mapping[str, Subscription | None], now: datetime) -> Mapping[str, Subscription]:
        """What feeds declared, None for no hub; then all there is. What is known of the same hub and topic stays."""
        insert = self._database.insert(hubs)
        fresh = insert.excluded
        names = [column.name for column in hubs.c]
        kept = insert.on_conflict_do_update(
            index_elements=["source_id"],
            set_={name: fresh[name] for name in names if name != "source_id"},
            where=(hubs.c.hub != fresh.hub) | (hubs.c.topic != fresh.topic),
        )
        rows = [_row(one) for _, one in sorted(heard.items()) if one is not None]
        statement = self._database.prepared(kept, *names)
        gone = delete(hubs).where(
            hubs.c.source_id.in_([id for id, one in heard.items() if one is None]) | (hubs.c.ask_at < now - UNWATCHED)
        )

        async def work(connection: AsyncConnection) -> Mapping[str, Subscription]:
            if rows:
                await connection.execute(statement, rows)
            await connection.execute(gone)
            return {row.source_id: _subscription(row) for row in await connection.execute(select(hubs))}

        return await self._database.write(work)

    async def find(self, source_id: str) -> Subscription | None:
        """As it stands."""

        async def work(connection: AsyncConnection) -> Subscription | None:
            row = (await connection.execute(select(hubs).where(hubs.c.source_id == source_id))).one_or_none()
            return None if row is None else _subscription(row)

        return await self._database.read(work)

    async def moved(self, before: Subscription, after: Subscription) -> bool:
        """Keep `after` in the place of `before`; False when somebody else moved it meanwhile."""
        mine = (
            update(hubs)
            .where(
                hubs.c.source_id == before.source_id,
                hubs.c.topic == before.topic,
                hubs.c.ask_at == before.ask_at,
                hubs.c.asked == before.asked,
            )
            .values(_row(after))
        )

        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(mine)).rowcount > 0

        return await self._database.write(work)


def _row(one: Subscription) -> dict[str, object]:
    return {
        "source_id": one.source_id,
        "hub": one.hub,
        "topic": one.topic,
        "ask_at": one.ask_at,
        "until": one.until,
        "tries": one.tries,
        "asked": one.asked,
    }


def _subscription(row: Row[tuple[object, ...]]) -> Subscription:
    return Subscription(row.source_id, row.hub, row.topic, row.ask_at, row.until, row.tries, row.asked)
