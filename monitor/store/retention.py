"""Rows that nobody needs any more, let go in small batches, so that no writer waits for long.

What is on record stays for good: decisions, acts, attempts, and the deliveries that they speak of.
"""

from datetime import date, datetime

from sqlalchemy import delete, exists, or_, select, tuple_

from monitor.store import search_writing
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.faint import forget_faint
from monitor.store.looks import source_days
from monitor.store.people_tables import answered
from monitor.store.search_entries import DOCUMENT
from monitor.store.tables import (
    assessments,
    captures,
    documents,
    incident_evidence,
    incidents,
    ruling_evidence,
    wanted_pages,
)
from monitor.store.telling_tables import held

BATCH = 250  # rows of one transaction


class SqlRetention:
    """Lets rows of one database go."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget_documents(self, after: str, before: datetime) -> tuple[str, int]:
        """Look at the documents whose ids follow `after`, and let those go that were read before `before` and that
        nothing names: no incident, no ruling, no page that is still wanted or unread.

        Returns the last id looked at, "" at the end, and how many went. A walk by ids needs no index of its own and
        meets each document once, however many stay.
        """
        here = documents.c
        page = select(here.id, here.fetched_at).where(here.id > after).order_by(here.id).limit(BATCH)
        named = (
            exists().where(incident_evidence.c.document_id == here.id),
            exists().where(ruling_evidence.c.document_id == here.id),
            exists().where(wanted_pages.c.document_id == here.id),
            exists().where(captures.c.document_id == here.id, captures.c.due_at.is_not(None)),
        )

        async def work(connection: AsyncConnection) -> tuple[str, int]:
            rows = (await connection.execute(page)).all()
            old = [row.id for row in rows if row.fetched_at < before]
            if old:
                old = list(await connection.scalars(select(here.id).where(here.id.in_(old), ~or_(*named))))
            if old:
                await forget_faint(connection, old)
                await search_writing.forget(connection, self._database, DOCUMENT, old)
                await connection.execute(delete(assessments).where(assessments.c.document_id.in_(old)))
                await connection.execute(delete(documents).where(here.id.in_(old)))
            return (rows[-1].id if len(rows) == BATCH else ""), len(old)

        return await self._database.write(work)

    async def forget_held(self, before: datetime) -> int:
        """Let go at most BATCH decisions not to speak that were taken before `before`; returns how many went.

        One about an incident as it stands now stays, however old: it is looked at again when what held it is over.
        """
        current = exists().where(incidents.c.id == held.c.incident_id, incidents.c.revision == held.c.revision)
        key = tuple(held.primary_key.columns)
        old = select(*key).where(held.c.at < before, ~current).limit(BATCH)

        async def work(connection: AsyncConnection) -> int:
            keys = [tuple(row) for row in await connection.execute(old)]
            if keys:
                await connection.execute(delete(held).where(tuple_(*key).in_(keys)))
            return len(keys)

        return await self._database.write(work)

    async def forget_days(self, before: date) -> int:
        """Let go at most BATCH days of sources that lie before that day; returns how many went."""
        key = tuple(source_days.primary_key.columns)
        old = select(*key).where(source_days.c.day < before.toordinal()).limit(BATCH)

        async def work(connection: AsyncConnection) -> int:
            keys = [tuple(row) for row in await connection.execute(old)]
            if keys:
                await connection.execute(delete(source_days).where(tuple_(*key).in_(keys)))
            return len(keys)

        return await self._database.write(work)

    async def forget_answers(self, before: datetime) -> int:
        """Let go at most BATCH answers to programs that were given before then; returns how many went."""
        old = select(answered.c.key).where(answered.c.at < before).limit(BATCH)

        async def work(connection: AsyncConnection) -> int:
            keys = list(await connection.scalars(old))
            if keys:
                await connection.execute(delete(answered).where(answered.c.key.in_(keys)))
            return len(keys)

        return await self._database.write(work)
