"""Documents, how they were understood, incidents, what was said of them; and the one transaction that keeps a step."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.domain.alerts import Told
from monitor.domain.documents import Document
from monitor.domain.errors import ConflictError
from monitor.domain.harvests import Harvest
from monitor.domain.incidents import Incident
from monitor.domain.signals import Assessment
from monitor.ports import HeldAlert, Ledger, Step
from monitor.store import codec
from monitor.store.database import Database
from monitor.store.evidence import keep_beginnings
from monitor.store.inbox import settle_capture, want_pages
from monitor.store.outbox import enqueue
from monitor.store.tables import assessments, documents, entries, harvests, held, incidents, rejections, told
from monitor.store.vigils import keep_vigils

JOINABLE_FOR = timedelta(days=400)
FORGET_ENTRIES_AFTER = timedelta(days=60)
_REFRESH_ENTRIES_AFTER = timedelta(days=1)  # writing every key at every change of a feed would be most of our writing
_BATCH = 1000  # both databases limit the values of one statement

_log = logging.getLogger(__name__)


class SqlLedger(Ledger):
    """The ledger of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._upsert_documents = database.upsert(documents)
        self._upsert_assessments = database.upsert(assessments)
        self._upsert_harvests = database.upsert(harvests)
        self._upsert_entries = database.prepared(_refreshed(database), "source_id", "key", "last_seen", "stale")
        # Every step asks for all open incidents; a revision never changes, so only those that moved are read again.
        self._incidents: Mapping[str, Incident] = {}
        self._unreadable: set[tuple[str, int]] = set()  # ids and revisions, each of them said once

    async def known_entries(self, source_id: str) -> frozenset[str]:
        """Keys of the source's entries that were read before; those gone from it for 60 days are forgotten."""

        async def work(connection: AsyncConnection) -> frozenset[str]:
            return frozenset(await connection.scalars(select(entries.c.key).where(entries.c.source_id == source_id)))

        return await self._database.read(work)

    async def document(self, document_id: str) -> Document | None:
        """The document as it was last read."""

        async def work(connection: AsyncConnection) -> str | None:
            return await connection.scalar(select(documents.c.value).where(documents.c.id == document_id))

        value = await self._database.read(work)
        return codec.load(Document, value) if value else None

    async def content_hashes(self, document_ids: Sequence[str]) -> Mapping[str, str]:
        """The content hash that each document had when it was last understood; none for those that were not."""

        async def work(connection: AsyncConnection) -> Mapping[str, str]:
            found: dict[str, str] = {}
            for some in _batches(document_ids):
                query = select(assessments.c.document_id, assessments.c.content_hash)
                rows = await connection.execute(query.where(assessments.c.document_id.in_(some)))
                found.update((row.document_id, row.content_hash) for row in rows)
            return found

        return await self._database.read(work)

    async def harvest(self, source_id: str) -> Harvest | None:
        """What reading the source gave so far; what other hands broke counts for nothing."""
        query = select(harvests.c.value).where(harvests.c.source_id == source_id)

        async def work(connection: AsyncConnection) -> str | None:
            found: str | None = await connection.scalar(query)
            return found

        value = await self._database.read(work)
        return _harvests({source_id: value}).get(source_id) if value else None

    async def harvests(self) -> Mapping[str, Harvest]:
        """Of every source that was ever read, by its id."""

        async def work(connection: AsyncConnection) -> Mapping[str, str]:
            return dict((await connection.execute(select(harvests.c.source_id, harvests.c.value))).tuples().all())

        return _harvests(await self._database.read(work))

    async def open_incidents(self, now: datetime) -> Sequence[Incident]:
        """Incidents that moved within 400 days or name a day that is not past, the last moved first."""
        query = (
            select(incidents.c.id, incidents.c.revision)
            .where(or_(incidents.c.updated_at >= now - JOINABLE_FOR, incidents.c.ahead_to >= now.date().toordinal()))
            .order_by(incidents.c.updated_at.desc(), incidents.c.id)
        )

        async def work(connection: AsyncConnection) -> Mapping[str, Incident]:
            revisions = {row.id: row.revision for row in await connection.execute(query)}
            known = self._incidents
            whole = {id: revision for id, revision in revisions.items() if (id, revision) not in self._unreadable}
            moved = [id for id, revision in whole.items() if id not in known or known[id].revision != revision]
            read: dict[str, Incident] = {}
            for some in _batches(moved):
                values = await connection.execute(
                    select(incidents.c.id, incidents.c.value).where(incidents.c.id.in_(some))
                )
                for row in values:
                    try:
                        read[row.id] = codec.load(Incident, row.value)
                    except ValueError:  # it can neither grow nor speak; all others go on
                        self._unreadable.add((row.id, revisions[row.id]))
                        _log.error("incident %s cannot be read", row.id)
            lost = set(moved).difference(read)
            return {id: read.get(id) or known[id] for id in whole if id not in lost}

        self._incidents = await self._database.read(work)
        return list(self._incidents.values())

    async def told(self, incident_ids: Sequence[str]) -> Sequence[Told]:
        """What each seller was last told of those incidents, by incident and seller."""

        async def work(connection: AsyncConnection) -> Sequence[str]:
            found: list[str] = []
            for some in _batches(sorted(set(incident_ids))):
                query = select(told.c.value).where(told.c.incident_id.in_(some))
                found.extend(await connection.scalars(query))
            return found

        values = [codec.load(Told, value) for value in await self._database.read(work)]
        return sorted(values, key=lambda one: (one.incident_id, one.seller_id))

    async def keep(self, step: Step) -> None:
        """Keep a step whole or not at all; a step whose claim was settled by a step before changes nothing.

        Raises ConflictError (a stale revision, a lost lease), StoreUnavailableError, and ValueError for a step that is
        wrong in itself: an unknown document, text that cannot be stored, a known delivery with another message.
        """
        if step.capture is None and (step.seen or step.rejected or step.quarantine):
            raise ValueError("entries and quarantine belong to a capture, and the step has none")

        async def work(connection: AsyncConnection) -> None:
            if step.capture is not None and not await settle_capture(connection, step, step.capture):
                return
            await keep_beginnings(connection, step)
            await self._keep_incidents(connection, step.incidents)
            hashes = {document.id: document.content_hash for document in step.documents}
            await self._keep_documents(connection, step.documents, hashes)
            await self._keep_assessments(connection, step.assessments, hashes)
            await self._keep_entries(connection, step)
            await self._keep_harvest(connection, step.harvest)
            await self._check_wishes(connection, step)
            await want_pages(connection, self._database, step.wanted_pages)
            await self._keep_told(connection, step.told)
            await self._keep_held(connection, step.held)
            await keep_vigils(connection, self._database, step.vigils)
            await enqueue(connection, step.deliveries, step.at)

        await self._database.write(work)

    async def _keep_incidents(self, connection: AsyncConnection, changed: Sequence[Incident]) -> None:
        for incident in sorted(changed, key=lambda one: one.id):  # one order of locks, so that steps cannot deadlock
            columns = codec.row(
                "incidents",
                revision=incident.revision,
                status=incident.status,
                updated_at=incident.updated_at,
                ahead_to=_last_day(incident),
                value=codec.dump(incident),
            )
            # RETURNING tells on both databases what happened; an INSERT's rowcount does not.
            if incident.revision == 1:
                row = codec.row("incidents", id=incident.id, **columns)
                opened = self._database.insert(incidents).values(row).on_conflict_do_nothing(index_elements=["id"])
                kept = await connection.scalar(opened.returning(incidents.c.id))
            else:
                before = (incidents.c.id == incident.id) & (incidents.c.revision == incident.revision - 1)
                moved = update(incidents).where(before).values(columns)
                kept = await connection.scalar(moved.returning(incidents.c.id))
            if kept is None:
                raise ConflictError(f"incident {incident.id} is not at revision {incident.revision - 1}")

    async def _keep_documents(
        self, connection: AsyncConnection, read: Sequence[Document], hashes: Mapping[str, str]
    ) -> None:
        rows = [
            codec.row(
                "documents",
                id=document.id,
                source_id=document.source_id,
                capture_id=document.capture_id,
                fetched_at=document.fetched_at,
                content_hash=hashes[document.id],
                value=codec.dump(document),
            )
            for document in read
        ]
        if rows:
            await connection.execute(self._upsert_documents, rows)

    async def _keep_assessments(
        self, connection: AsyncConnection, understood: Sequence[Assessment], hashes: Mapping[str, str]
    ) -> None:
        rows = []
        for one in understood:
            text = hashes.get(one.document_id)
            if text is None:
                read = select(documents.c.content_hash).where(documents.c.id == one.document_id)
                text = await connection.scalar(read)
            if text is None:
                raise ValueError(f"document {one.document_id} was understood but never kept")
            rows.append(codec.row("assessments", document_id=one.document_id, content_hash=text, value=codec.dump(one)))
        if rows:
            await connection.execute(self._upsert_assessments, rows)

    async def _keep_entries(self, connection: AsyncConnection, step: Step) -> None:
        if step.capture is None:
            return
        source_id, capture_id = step.capture.item.source_id, step.capture.item.id
        if step.seen:
            stale = step.at - _REFRESH_ENTRIES_AFTER
            seen = [
                codec.row("entries", source_id=source_id, key=key, last_seen=step.at, stale=stale) for key in step.seen
            ]
            await connection.execute(self._upsert_entries, seen)
            gone = entries.c.last_seen < step.at - FORGET_ENTRIES_AFTER
            await connection.execute(delete(entries).where(entries.c.source_id == source_id, gone))
        if step.rejected:
            rejected = [
                codec.row(
                    "rejections",
                    capture_id=capture_id,
                    key=key,
                    source_id=source_id,
                    at=step.at,
                    reason=reason,
                    detail=detail,
                )
                for key, reason, detail in step.rejected
            ]
            await connection.execute(self._database.insert(rejections).on_conflict_do_nothing(), rejected)

    async def _check_wishes(self, connection: AsyncConnection, step: Step) -> None:
        here = {document.id for document in step.documents}
        wishing = [page.document_id for page in step.wanted_pages if not page.follow and page.document_id not in here]
        for some in _batches(wishing):
            found = await connection.scalars(select(documents.c.id).where(documents.c.id.in_(some)))
            if missing := set(some).difference(found):
                raise ValueError(f"document {missing.pop()} wants a page but was never kept")

    async def _keep_harvest(self, connection: AsyncConnection, harvest: Harvest | None) -> None:
        if harvest is None:
            return
        row = codec.row("harvests", source_id=harvest.source_id, value=codec.dump(harvest))
        await connection.execute(self._upsert_harvests, [row])

    async def _keep_told(self, connection: AsyncConnection, spoken: Sequence[Told]) -> None:
        for one in spoken:
            row = codec.row("told", incident_id=one.incident_id, seller_id=one.seller_id, value=codec.dump(one))
            insert = self._database.insert(told).values(row)
            await connection.execute(
                insert.on_conflict_do_update(
                    index_elements=["incident_id", "seller_id"], set_={"value": insert.excluded.value}
                )
            )

    async def _keep_held(self, connection: AsyncConnection, silent: Sequence[HeldAlert]) -> None:
        if silent:
            rows = [
                codec.row(
                    "held",
                    incident_id=one.incident_id,
                    revision=one.revision,
                    seller_id=one.seller_id,
                    at=one.at,
                    reason=one.hold.reason,
                    detail=one.hold.detail,
                )
                for one in silent
            ]
            await connection.execute(self._database.insert(held).on_conflict_do_nothing(), rows)


def _refreshed(database: Database) -> Any:
    insert = database.insert(entries)
    return insert.on_conflict_do_update(
        index_elements=["source_id", "key"],
        set_={"last_seen": insert.excluded.last_seen},
        where=entries.c.last_seen < bindparam("stale", type_=entries.c.last_seen.type),
    )


def _harvests(values: Mapping[str, str]) -> dict[str, Harvest]:
    read = {}
    for source_id, value in values.items():
        try:
            read[source_id] = codec.load(Harvest, value)
        except ValueError:  # forgotten: its rhythm is learnt anew, and its entries stay known
            _log.error("the harvest of source %s cannot be read and counts for nothing", source_id)
    return read


def _last_day(incident: Incident) -> int | None:
    dates = [deadline.date for deadline in incident.deadlines]
    if incident.effective_date is not None:
        dates.append(incident.effective_date)
    return max((date.last_day.toordinal() for date in dates), default=None)


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]
