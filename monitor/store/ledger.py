"""Documents, how they were understood, incidents, what was said of them; and the one transaction that keeps a step."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import select

from monitor.domain.alerts import Delivery, HoldReason, Told
from monitor.domain.blocking import Kinship
from monitor.domain.documents import Document
from monitor.domain.handling import gone_into
from monitor.domain.harvests import Harvest
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.rulings import Act, EvidenceKey, Ruling
from monitor.domain.signals import Assessment
from monitor.domain.silences import Silence
from monitor.ports import Ledger
from monitor.steps import Before, SentAlert, Step
from monitor.store import codec, search_writing
from monitor.store.acts import acts_on, acts_on_each, keep_acts, keep_rulings, rulings_on
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.entries import Entries
from monitor.store.evidence import keep_beginnings
from monitor.store.faint import faint_near, keep_faint
from monitor.store.inbox import settle_capture, want_pages
from monitor.store.incident_rows import batches
from monitor.store.incidents import SqlIncidents
from monitor.store.looks import Tally
from monitor.store.outbox_rows import enqueue, go_with, reword, spoken_of, unheard_of, waiting_of, withdraw
from monitor.store.tables import assessments, documents, entries, harvests
from monitor.store.telling import (
    alerts_of,
    held_for,
    keep_alerts,
    keep_held,
    keep_marks,
    keep_silences,
    keep_told,
    marks_of,
    move,
    silences_at,
    told_of,
    untried_of,
)
from monitor.store.turns import take_turn, turn_of
from monitor.store.vigils import keep_vigils

_log = logging.getLogger(__name__)


class SqlLedger(SqlIncidents, Ledger):
    """The ledger of one database. `kin` makes the keys of incidents."""

    def __init__(self, database: Database, kin: Kinship = MappingProxyType({})) -> None:
        super().__init__(database, kin)
        self._upsert_documents = database.upsert(documents)
        self._upsert_assessments = database.upsert(assessments)
        self._upsert_harvests = database.upsert(harvests)
        self._tally = Tally(database)
        self._entries = Entries(database)

    async def before(self, source_ids: Collection[str]) -> Mapping[str, Before]:
        """What earlier reads of those sources left; keys gone from a source for 60 days are forgotten."""
        ids = sorted(set(source_ids))

        async def work(connection: AsyncConnection) -> tuple[Sequence[Any], Mapping[str, str]]:
            keys = select(entries.c.source_id, entries.c.key).where(entries.c.source_id.in_(ids))
            values = select(harvests.c.source_id, harvests.c.value).where(harvests.c.source_id.in_(ids))
            kept = dict((await connection.execute(values)).tuples().all())
            return (await connection.execute(keys)).all(), kept

        rows, values = await self._database.read(work)
        keys: dict[str, set[str]] = {id: set() for id in ids}
        for source_id, key in rows:
            keys[source_id].add(key)
        read = _harvests(values)
        return {id: Before(frozenset(keys[id]), read.get(id)) for id in ids}

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
            for some in batches(document_ids):
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
        return await self.incidents(await self.open_ids(now))

    async def faint_near(
        self, keys: Collection[str], spells: Sequence[tuple[datetime, datetime]]
    ) -> Sequence[Evidence]:
        """The faint texts that share a key and were published in one of these spells, which do not touch, whether an
        incident has them or not: of more than `faint.MOST_WAITING` those nearest to the middle of their spell."""
        return await self._database.read(lambda connection: faint_near(connection, keys, spells))

    async def rulings(self, evidence: Collection[EvidenceKey]) -> Sequence[Ruling]:
        """Those that speak of any of that evidence, oldest first."""
        return await self._database.read(lambda connection: rulings_on(connection, evidence))

    async def acts(self, incident_id: str) -> Sequence[Act]:
        """What people did to it, and to those that went into it, oldest first."""
        return await self._database.read(lambda connection: acts_on(connection, incident_id))

    async def unheard(self, incident_ids: Sequence[str]) -> Sequence[Delivery]:
        """Of those incidents, the deliveries of alerts of which none was tried yet."""
        return await self._database.read(lambda connection: unheard_of(connection, incident_ids))

    async def waiting(self, incident_ids: Sequence[str]) -> Sequence[Delivery]:
        """Of those incidents, the deliveries that were never tried, oldest first."""
        return await self._database.read(lambda connection: waiting_of(connection, incident_ids))

    async def spoken(self, incident_id: str) -> Sequence[Delivery]:
        """Every delivery of that incident, whatever its state, oldest first."""
        return await self._database.read(lambda connection: spoken_of(connection, incident_id))

    async def told(self, incident_ids: Sequence[str]) -> Sequence[Told]:
        """What each seller was last told of those incidents, by incident and seller."""

        return await self._database.read(lambda connection: told_of(connection, incident_ids))

    async def silences(self, now: datetime, start: int = 0, limit: int | None = None) -> Sequence[Silence]:
        """Those that are not over, the first made first: so many from the `start`-th on."""
        return await self._database.read(lambda connection: silences_at(connection, self._database, now, start, limit))

    async def alerts(self, incident_ids: Sequence[str]) -> Sequence[SentAlert]:
        """Every decision to speak of them, oldest first."""
        return await self._database.read(lambda connection: alerts_of(connection, incident_ids))

    async def acts_on(self, incident_ids: Sequence[str]) -> Mapping[str, Sequence[Act]]:
        """What people did to each, and to those that went into it; without those to which nobody did anything."""
        return await self._database.read(lambda connection: acts_on_each(connection, incident_ids))

    async def held_for(self, reasons: Collection[HoldReason]) -> Sequence[str]:
        """The incidents that, as they stand now, some seller does not hear of for one of these reasons."""
        return await self._database.read(lambda connection: held_for(connection, reasons))

    async def untried(self, after: str, most: int) -> Sequence[Delivery]:
        """Deliveries that were never tried, by key, from that key on."""
        return await self._database.read(lambda connection: untried_of(connection, after, most))

    async def marks(self) -> Mapping[str, datetime]:
        """When something that happens now and then happened last, by its name."""
        return await self._database.read(marks_of)

    async def keep(self, step: Step, *more: Step) -> None:
        """Keep steps whole or not at all; a step whose claim was settled by a step before changes nothing.

        Raises ConflictError (a stale revision, a lost lease), StoreUnavailableError, and ValueError for a step that is
        wrong in itself: an unknown document, text that cannot be stored, a known delivery with another message.
        """
        steps = (step, *more)
        if any(one.capture is None and (one.seen or one.rejected or one.quarantine) for one in steps):
            raise ValueError("entries and quarantine belong to a capture, and the step has none")

        async def work(connection: AsyncConnection) -> Sequence[Incident]:
            fresh = [one for one in steps if one.capture is None or await settle_capture(connection, one, one.capture)]
            await take_turn(connection, self._database, fresh)
            for one in fresh:
                await keep_beginnings(connection, one)
                await self.keep_incidents(connection, one.incidents)
                await withdraw(connection, one.withdrawn)
                await go_with(connection, gone_into(one.incidents))
            read = [document for one in fresh for document in one.documents]
            hashes = {document.id: document.content_hash for document in read}
            understood = [assessment for one in fresh for assessment in one.assessments]
            moved = [incident for one in fresh for incident in one.incidents]
            await search_writing.index(connection, self._database, read, understood, moved)
            await self._keep_documents(connection, read, hashes)
            await self._keep_assessments(connection, understood, hashes)
            faint = [evidence for one in fresh for evidence in one.faint]
            await keep_faint(connection, {one.document_id for one in understood}, faint, self._kin)
            await self._entries.keep(connection, fresh)
            await self._keep_harvests(connection, [one.harvest for one in fresh if one.harvest])
            await self._tally.read(connection, fresh)
            for one in fresh:
                await self._check_wishes(connection, one)
                await want_pages(connection, self._database, one.wanted_pages)
                await keep_told(connection, self._database, one)
                await keep_held(connection, self._database, one.held)
                await keep_vigils(connection, self._database, one.vigils)
                await enqueue(connection, one.deliveries, one.at)
                await keep_acts(connection, self._database, one.acts)
                await keep_alerts(connection, self._database, one.alerts)
                await keep_silences(connection, self._database, one.silences)
                await keep_marks(connection, self._database, one.marks)
                await move(connection, one.moved)
                await reword(connection, one.reworded)
                await keep_rulings(connection, self._database, one.rulings)
            for duty, has_work in (
                ("deliver", any(one.deliveries or one.moved for one in fresh)),
                ("pages", any(one.wanted_pages for one in fresh)),
            ):
                if has_work:
                    await self._database.wake(connection, duty)
            return moved

        self.kept(await self._database.write(work))

    async def turn(self) -> int:
        """How often incidents were moved so far; see `Step.turn`."""
        return await self._database.read(turn_of)

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
            value = codec.dump(
                replace(one, meaning=())
            )  # the gist of it is kept with the evidence; nobody reads the rest
            rows.append(codec.row("assessments", document_id=one.document_id, content_hash=text, value=value))
        if rows:
            await connection.execute(self._upsert_assessments, rows)

    async def _check_wishes(self, connection: AsyncConnection, step: Step) -> None:
        here = {document.id for document in step.documents}
        wishing = [page.document_id for page in step.wanted_pages if not page.follow and page.document_id not in here]
        for some in batches(wishing):
            found = await connection.scalars(select(documents.c.id).where(documents.c.id.in_(some)))
            if missing := set(some).difference(found):
                raise ValueError(f"document {missing.pop()} wants a page but was never kept")

    async def _keep_harvests(self, connection: AsyncConnection, grown: Sequence[Harvest]) -> None:
        if grown:
            rows = [codec.row("harvests", source_id=one.source_id, value=codec.dump(one)) for one in grown]
            await connection.execute(self._upsert_harvests, rows)


def _harvests(values: Mapping[str, str]) -> dict[str, Harvest]:
    read = {}
    for source_id, value in values.items():
        try:
            read[source_id] = codec.load(Harvest, value)
        except ValueError:  # forgotten: its rhythm is learnt anew, and its entries stay known
            _log.error("the harvest of source %s cannot be read and counts for nothing", source_id)
    return read
