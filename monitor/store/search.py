"""Search over documents and incidents: indexed in the transaction that keeps them, found by words, filters and date."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from monitor.domain.documents import Document
from monitor.domain.incidents import Incident
from monitor.domain.signals import Assessment
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.incident_rows import batches, with_parts
from monitor.store.search_entries import (
    DOCUMENT,
    INCIDENT,
    SCHEME,
    SLOT,
    facet,
    hour,
    loaded,
    of_incident,
)
from monitor.store.search_index import clear, find
from monitor.store.search_tables import search_rows, search_state
from monitor.store.search_writing import NOBODY, entries_of, put, understood_documents
from monitor.store.tables import documents, incident_evidence, incidents
from monitor.store.terms import Part

CANDIDATES = 1_000  # the newest matches, which are ranked; more would be more than anybody looks through
BATCH = 100  # rows that a round indexes
_HALF_LIFE = 180.0  # days in which a match counts half


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: the parts of a text, and what narrows it, dates to the hour. Empty fields narrow nothing."""

    parts: tuple[Part, ...] = ()
    kind: str = ""
    platform: str = ""
    country: str = ""
    language: str = ""
    since: datetime | None = None
    until: datetime | None = None  # exclusive
    newest: bool = False  # first, instead of the best


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that was found."""

    kind: str
    id: str


class SqlSearch:
    """The search of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._done = False

    async def find(self, query: Query, limit: int, offset: int = 0) -> tuple[Sequence[Hit], int]:
        """A page of what was found, and of how many; of CANDIDATES there may be more."""
        facets = [
            facet(name, value)
            for name, value in (
                ("kind", query.kind),
                ("platform", query.platform),
                ("country", query.country),
                ("language", query.language),
            )
            if value
        ]
        if not facets and not any(part.wanted for part in query.parts):
            if not query.parts and query.since is None and query.until is None:
                return (), 0
            facets = [facet("any", "row")]
        low = hour(query.since) << SLOT if query.since else 0
        high = hour(query.until - timedelta(microseconds=1)) + 1 << SLOT if query.until else 1 << 62

        async def work(connection: AsyncConnection) -> tuple[Sequence[Hit], int]:
            dialect, ranked = self._database.dialect, not query.newest
            found = await find(connection, dialect, query.parts, facets, (low, high), CANDIDATES, ranked)
            newest = max((no for no, _ in found), default=0)
            if not query.newest:
                found = sorted(found, key=lambda one: (one[1] * _weight(newest, one[0]), -one[0]))
            page = [no for no, _ in found[offset : offset + limit]]
            rows = await connection.execute(select(search_rows).where(search_rows.c.no.in_(page)))
            hits = {row.no: Hit(row.kind, row.id) for row in rows if row.kind != NOBODY}
            return [hits[no] for no in page if no in hits], len(found)

        return await self._database.read(work)

    async def documents(self, ids: Collection[str]) -> Mapping[str, tuple[Document, Assessment | None]]:
        """Those of them that there are, each with how it was understood."""

        async def work(connection: AsyncConnection) -> Mapping[str, tuple[Document, Assessment | None]]:
            return await understood_documents(connection, sorted(ids))

        return await self._database.read(work)

    async def heads(self, ids: Collection[str]) -> Mapping[str, Incident]:
        """Incidents without their evidence and history."""

        async def work(connection: AsyncConnection) -> Mapping[str, Incident]:
            return await _heads(connection, sorted(ids))

        return await self._database.read(work)

    async def incidents_of(self, document_ids: Collection[str]) -> Mapping[str, Sequence[Incident]]:
        """By document, the incidents that it is evidence of, without their evidence and history."""
        row = incident_evidence.c

        async def work(connection: AsyncConnection) -> Mapping[str, Sequence[Incident]]:
            found: dict[str, dict[str, None]] = {}
            for some in batches(sorted(document_ids)):
                named = select(row.document_id, row.incident_id).where(row.document_id.in_(some))
                for document, incident in await connection.execute(named.order_by(row.document_id, row.signal_no)):
                    found.setdefault(document, {})[incident] = None
            heads = await _heads(connection, sorted({id for ids in found.values() for id in ids}))
            return {document: [heads[id] for id in ids if id in heads] for document, ids in found.items()}

        return await self._database.read(work)

    async def step(self, now: datetime) -> bool:
        """Index a batch of what was kept before there was an index, or otherwise; never is there mail. A step of the
        daemon's rounds. Raises UnavailableError."""
        if not self._done:
            self._done = await self._database.write(self._walked)
        return False

    async def _walked(self, connection: AsyncConnection) -> bool:
        state = (await connection.execute(select(search_state))).one_or_none()
        if state is None or state.scheme != SCHEME:
            await clear(connection, self._database.dialect)
            await connection.execute(delete(search_rows))
            await connection.execute(delete(search_state))
            await connection.execute(search_state.insert(), {"scheme": SCHEME, "kind": DOCUMENT, "after": ""})
            return False
        if not state.kind:
            return True
        table = documents if state.kind == DOCUMENT else incidents
        page = select(table.c.id).where(table.c.id > state.after).order_by(table.c.id).limit(BATCH)
        ids = list(await connection.scalars(page))
        if state.kind == DOCUMENT:
            fresh = list((await entries_of(connection, ids)).values())
        else:
            rows = await connection.scalars(select(incidents.c.value).where(incidents.c.id.in_(ids)))
            whole = await with_parts(connection, loaded(Incident, rows))
            fresh = [of_incident(one) for one in whole.values() if not one.merged_into]
        await put(connection, self._database, fresh)
        moved = {"kind": state.kind, "after": ids[-1]} if len(ids) == BATCH else {"kind": "", "after": ""}
        if len(ids) < BATCH and state.kind == DOCUMENT:
            moved = {"kind": INCIDENT, "after": ""}
        await connection.execute(search_state.update().values(moved))
        return not moved["kind"]


async def _heads(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, Incident]:
    found: dict[str, Incident] = {}
    for some in batches(ids):
        values = await connection.scalars(select(incidents.c.value).where(incidents.c.id.in_(some)))
        found |= {one.id: one for one in loaded(Incident, values)}
    return found


def _weight(newest: int, number: int) -> float:
    days = ((newest >> SLOT) - (number >> SLOT)) / 24
    return float(0.5 ** (days / _HALF_LIFE))
