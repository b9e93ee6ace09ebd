"""What people look at of one source: its days, what was read of it, what could not be, and what came of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, func, select

from monitor.domain.documents import Document
from monitor.domain.errors import FailureReason
from monitor.domain.incidents import Incident
from monitor.domain.sources import Look, SourceState
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.desk import QuarantineRow, RejectedRow
from monitor.store.incidents import Standing
from monitor.store.looks import SourceDay, source_days
from monitor.store.tables import captures, documents, incident_evidence, incidents, rejections, sources

LOOKED_THROUGH = 2_000  # documents of a source, the last read first, whose incidents are looked for


class SqlSourceDesk:
    """The sources of one database, each by itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def last(self, source_id: str) -> tuple[SourceState, Look] | None:
        """What is remembered of it, and the last look; None before the first, and when other hands broke the row."""
        rows = await self._rows(select(sources.c.state, sources.c.last_look).where(sources.c.id == source_id))
        try:
            return next(((codec.load(SourceState, row.state), codec.load(Look, row.last_look)) for row in rows), None)
        except ValueError:
            return None

    async def days(self, source_id: str, last: date, most: int = 30) -> Sequence[SourceDay]:
        """The `most` days (of UTC) up to `last`, in order; a day on which nothing happened is there, with zeros."""
        first, end = last.toordinal() - most + 1, last.toordinal()
        day = source_days.c.day
        rows = await self._rows(
            select(source_days).where(source_days.c.source_id == source_id, day.between(first, end))
        )
        names = [column.name for column in source_days.c if not column.primary_key]
        known: Mapping[int, dict[str, int]] = {row.day: {name: row._mapping[name] for name in names} for row in rows}
        return [SourceDay(date.fromordinal(day), **known.get(day, {})) for day in range(first, end + 1)]

    async def documents(self, source_id: str, limit: int = 20) -> list[Document]:
        """The last read first."""
        query = (
            select(documents.c.value)
            .where(documents.c.source_id == source_id)
            .order_by(documents.c.fetched_at.desc())
            .limit(limit)
        )
        found = [codec.load(Document, row.value) for row in await self._rows(query)]
        return sorted(found, key=lambda one: (one.fetched_at, one.published or one.fetched_at), reverse=True)

    async def unread(self, source_id: str, limit: int = 20) -> list[QuarantineRow]:
        """Captures of it that could not be read, the latest first."""
        row = captures.c
        query = (
            select(row.id, row.source_id, row.url, row.settled_at, row.quarantine, row.detail)
            .where(row.source_id == source_id, row.quarantine.is_not(None))
            .order_by(row.settled_at.desc())
            .limit(limit)
        )
        return [
            QuarantineRow(one.id, one.source_id, one.url, one.settled_at, FailureReason(one.quarantine), one.detail)
            for one in await self._rows(query)
        ]

    async def rejected(self, source_id: str, limit: int = 20) -> list[RejectedRow]:
        """Entries of it that could not be read while their neighbours could, the latest first."""
        query = (
            select(rejections)
            .where(rejections.c.source_id == source_id)
            .order_by(rejections.c.at.desc(), rejections.c.capture_id, rejections.c.key)
            .limit(limit)
        )
        return [
            RejectedRow(one.capture_id, one.source_id, one.key, one.at, FailureReason(one.reason), one.detail)
            for one in await self._rows(query)
        ]

    async def led_to(self, source_id: str, limit: int = 20) -> tuple[list[Incident], int]:
        """The incidents that its last LOOKED_THROUGH documents are evidence of, the last moved first, without their
        evidence and history; and how many there are in all."""
        late = (
            select(documents.c.id)
            .where(documents.c.source_id == source_id)
            .order_by(documents.c.fetched_at.desc())
            .limit(LOOKED_THROUGH)
            .subquery()
        )
        named = (
            select(incident_evidence.c.incident_id)
            .join(late, late.c.id == incident_evidence.c.document_id)
            .distinct()
            .subquery()
        )
        here = incidents.join(named, named.c.incident_id == incidents.c.id)
        known = incidents.c.standing != Standing.MERGED
        shown = (
            select(incidents.c.value, func.count().over().label("all"))
            .select_from(here)
            .where(known)
            .order_by(incidents.c.updated_at.desc(), incidents.c.id)
            .limit(limit)
        )
        rows = await self._rows(shown)
        return [codec.load(Incident, row.value) for row in rows], rows[0].all if rows else 0

    async def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        async def work(connection: AsyncConnection) -> Sequence[Row[Any]]:
            return (await connection.execute(query)).all()

        return await self._database.read(work)
