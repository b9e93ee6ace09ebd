"""What was said of incidents, read without what it says: the messages are most of the outbox."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Select, exists, select

from monitor.domain.alerts import DeliveryState, Reason
from monitor.domain.exposure import Severity
from monitor.domain.handling import Word
from monitor.domain.signals import Status
from monitor.ports import Words
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.incident_rows import batches
from monitor.store.incidents import Standing
from monitor.store.tables import incidents
from monitor.store.telling_tables import deliveries, told


class SqlWords(Words):
    """The words of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def loud_since(self, since: datetime, severity: Severity) -> Sequence[str]:
        """The incidents of which something was said since then, at least as loud."""
        row = deliveries.c
        query = select(row.incident_id).where(row.created_at >= since, row.severity >= int(severity)).distinct()
        return await self._ids(query.order_by(row.incident_id))

    async def told_until(self, day: date) -> Sequence[str]:
        """The open incidents of which somebody was told, and that name that day or a later one."""
        row = incidents.c
        ahead = row.ahead_to >= day.toordinal()
        somebody = exists().where(told.c.incident_id == row.id)
        standing = (row.standing == Standing.OPEN) & (row.status != Status.REVERSED)
        return await self._ids(select(row.id).where(ahead, standing, somebody).order_by(row.id))

    async def words(self, incident_ids: Sequence[str]) -> Mapping[str, Sequence[Word]]:
        """By incident what was said of it, in the order in which it was decided."""
        row = deliveries.c
        query = select(
            row.key, row.alert_id, row.incident_id, row.seller_id, row.target, row.severity, row.reason, row.state,
            row.created_at, row.not_before, row.give_up_at, row.attempts, row.sent_at, row.into, row.fallback_of,
        ).order_by(row.no)  # fmt: skip

        async def work(connection: AsyncConnection) -> Mapping[str, Sequence[Word]]:
            found: dict[str, list[Word]] = {}
            for some in batches(sorted(set(incident_ids))):
                for one in await connection.execute(query.where(row.incident_id.in_(some))):
                    closed_sets = {
                        "severity": Severity(one.severity),
                        "reason": Reason(one.reason),
                        "state": DeliveryState(one.state),
                    }
                    found.setdefault(one.incident_id, []).append(Word(**one._asdict() | closed_sets))
            return found

        return await self._database.read(work)

    async def _ids(self, query: Select[tuple[str]]) -> Sequence[str]:
        async def work(connection: AsyncConnection) -> Sequence[str]:
            return list(await connection.scalars(query))

        return await self._database.read(work)
