"""Incidents in their parts: a head, and its evidence and history row by row, so that one more document on a great event
costs one more row; and the keys by which new evidence finds them.
"""

import logging
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update

from monitor.domain.blocking import KEYS, Kinship
from monitor.domain.blocking import keys as keys_of
from monitor.domain.documents import digest
from monitor.domain.errors import ConflictError
from monitor.domain.handling import still_talked_of
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.localities import starts
from monitor.domain.platforms import Lineages
from monitor.domain.signals import EventType, Status
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.incident_rows import (
    BATCH,
    batches,
    evidence_of,
    evidence_row,
    keep_history,
    keep_keys,
    kept_keys,
    with_parts,
)
from monitor.store.tables import incident_evidence, incident_keys, incidents

JOINABLE_FOR = timedelta(days=400)
_REMEMBERED = 300  # incidents that are kept decoded, the last used ones,
_PIECES = 6_000  # if they have no more pieces of evidence than this, of some 4 kB each; of one there may be more

_log = logging.getLogger(__name__)


class Standing(StrEnum):
    """What became of an incident, for those who look for some of them."""

    OPEN = "open"
    CLOSED = "closed"
    TALKED_OF = "talked_of"  # closed, and still talked of
    MERGED = "merged"


class SqlIncidents:
    """The incidents of one database. `kin` makes their keys, so `rekey` follows whenever it changed."""

    def __init__(self, database: Database, kin: Kinship) -> None:
        self._database = database
        self._upsert_evidence = database.upsert(incident_evidence)
        # A revision never changes, so what was read or kept is read again only when it moved.
        self._remembered: OrderedDict[str, Incident] = OrderedDict()
        self._unreadable: set[tuple[str, int]] = set()  # ids and revisions, each of them said once
        self.configure(kin)

    def configure(self, kin: Kinship) -> None:
        """Make keys with these from now on."""
        self._kin = kin
        firm = sorted(kin.firm) if isinstance(kin, Lineages) else ()
        self._scheme = digest(str(KEYS), *(f"{name}<{'/'.join(sorted(of))}" for name, of in sorted(kin.items())), *firm)

    async def open_ids(self, now: datetime) -> Sequence[str]:
        """Of the incidents that new evidence may join, the last moved first."""
        query = select(incidents.c.id).where(_open(now)).order_by(incidents.c.updated_at.desc(), incidents.c.id)

        async def work(connection: AsyncConnection) -> Sequence[str]:
            return list(await connection.scalars(query))

        return await self._database.read(work)

    async def incidents(self, ids: Sequence[str]) -> Sequence[Incident]:
        """Those of them that there are, in that order."""

        async def work(connection: AsyncConnection) -> Mapping[str, Incident]:
            found: dict[str, Incident] = {}
            for some in batches(ids):
                found |= await self._read(connection, select(incidents).where(incidents.c.id.in_(some)))
            return found

        found = await self._database.read(work)
        return [found[id] for id in ids if id in found]

    async def incidents_near(
        self, keys: Collection[str], documents: Collection[str], now: datetime
    ) -> Sequence[Incident]:
        """The open ones that share a key, and whichever hold evidence of those documents."""
        sharing = select(incident_keys.c.incident_id)
        holding = select(incident_evidence.c.incident_id)

        async def work(connection: AsyncConnection) -> Mapping[str, Incident]:
            found: dict[str, Incident] = {}
            for some in batches(sorted(keys)):
                near = incidents.c.id.in_(sharing.where(incident_keys.c.key.in_(some)))
                found |= await self._read(connection, select(incidents).where(near, _open(now)))
            for some in batches(sorted(documents)):
                held = incidents.c.id.in_(holding.where(incident_evidence.c.document_id.in_(some)))
                found |= await self._read(connection, select(incidents).where(held))
            return found

        found = await self._database.read(work)
        self._remember(found.values())
        return sorted(found.values(), key=lambda one: (one.opened_at, one.id))

    async def heads(self, since: datetime) -> Sequence[Incident]:
        """What moved since then, without evidence and history."""
        query = select(incidents).where(incidents.c.updated_at >= since, incidents.c.standing != Standing.MERGED)

        async def work(connection: AsyncConnection) -> Sequence[Incident]:
            return list(self._heads(await connection.execute(query)).values())

        return await self._database.read(work)

    async def open_events(self, now: datetime) -> Mapping[tuple[EventType, Status], int]:
        """How many incidents are open and stand, by event and rung."""
        standing = and_(_open(now), incidents.c.status != Status.REVERSED, incidents.c.standing == Standing.OPEN)
        kinds = incidents.c.event_type, incidents.c.status
        query = select(*kinds, func.count()).where(standing).group_by(*kinds)

        async def work(connection: AsyncConnection) -> Sequence[tuple[str, str, int]]:
            return (await connection.execute(query)).tuples().all()

        events, rungs = {event.value: event for event in EventType}, {rung.value: rung for rung in Status}
        found = await self._database.read(work)
        return {(events[event], rungs[rung]): number for event, rung, number in found if event in events}

    @property
    def scheme(self) -> str:
        """What the keys are made by, as a digest."""
        return self._scheme

    async def rekey(self) -> int:
        """Make the keys of incidents whose keys were made otherwise, or never: after a migration, and after a reload
        with other platforms. Returns of how many. Raises StoreUnavailableError.

        It goes over them once, by id: a daemon with other platforms may be at it too, and make them its own again.
        """
        after, rekeyed = "", 0

        def stale() -> Select[tuple[str]]:
            otherwise = or_(incidents.c.keyed_by.is_(None), incidents.c.keyed_by != self._scheme)
            return select(incidents.c.id).where(incidents.c.id > after, otherwise).order_by(incidents.c.id)

        async def any_stale(connection: AsyncConnection) -> bool:
            return await connection.scalar(stale().limit(1)) is not None

        async def work(connection: AsyncConnection) -> Sequence[str]:
            # Locked, and in the order in which steps lock them: two daemons may want the same keys at one moment.
            ids = list(await connection.scalars(stale().limit(BATCH).with_for_update()))
            held = await evidence_of(connection, ids)
            for id in ids:
                keys, kept = self._keys(held.get(id) or ()), await kept_keys(connection, id)
                await keep_keys(connection, id, keys - kept, kept - keys)
            await connection.execute(update(incidents).where(incidents.c.id.in_(ids)).values(keyed_by=self._scheme))
            return ids

        while await self._database.read(any_stale):  # the usual answer is no, and waits for no writer
            ids = await self._database.write(work)
            after, rekeyed = max([after, *ids]), rekeyed + len(ids)
        return rekeyed

    async def keep_incidents(self, connection: AsyncConnection, changed: Sequence[Incident]) -> None:
        """Within a step's transaction. Raises ConflictError for one that is not one revision above what is kept."""
        for incident in sorted(changed, key=lambda one: one.id):  # one order of locks, so that steps cannot deadlock
            before = await self._before(connection, incident)
            columns = codec.row(
                "incidents",
                revision=incident.revision,
                status=incident.status,
                updated_at=incident.updated_at,
                ahead_to=_last_day(incident),
                event_type=incident.event_type,
                standing=_standing(incident),
                merged_into=incident.merged_into or None,
                keyed_by=self._scheme,
                value=codec.dump(replace(incident, evidence=(), history=())),
            )
            # RETURNING tells on both databases what happened; an INSERT's rowcount does not.
            if incident.revision == 1:
                row = codec.row("incidents", id=incident.id, **columns)
                opened = self._database.insert(incidents).values(row).on_conflict_do_nothing(index_elements=["id"])
                kept = await connection.scalar(opened.returning(incidents.c.id))
            else:
                earlier = (incidents.c.id == incident.id) & (incidents.c.revision == incident.revision - 1)
                kept = await connection.scalar(
                    update(incidents).where(earlier).values(columns).returning(incidents.c.id)
                )
            if kept is None:
                raise ConflictError(f"incident {incident.id} is not at revision {incident.revision - 1}")
            await self._keep_evidence(connection, incident, before)
            await keep_history(connection, incident, before.history if before else ())

    def kept(self, changed: Iterable[Incident]) -> None:
        """The step that changed them was committed."""
        self._remember(changed)

    async def _before(self, connection: AsyncConnection, incident: Incident) -> Incident | None:
        if incident.revision == 1:
            return None
        known = self._remembered.get(incident.id)
        if known is not None and known.revision == incident.revision - 1:
            return known
        found = await self._read(connection, select(incidents).where(incidents.c.id == incident.id))
        return found.get(incident.id)

    async def _keep_evidence(self, connection: AsyncConnection, incident: Incident, before: Incident | None) -> None:
        old = {one.key: one for one in before.evidence} if before else {}
        new = {one.key: one for one in incident.evidence}
        put = [one for key, one in new.items() if _differs(old.get(key), one)]
        gone = old.keys() - new.keys()
        for document_id, signal_no in gone:
            row = incident_evidence.c
            named = and_(row.incident_id == incident.id, row.document_id == document_id, row.signal_no == signal_no)
            await connection.execute(delete(incident_evidence).where(named))
        if put:
            await connection.execute(self._upsert_evidence, [evidence_row(incident.id, one) for one in put])
        if put or gone:
            rewritten = gone or any(one.key in old for one in put)
            keys = self._keys(incident.evidence if rewritten else put)
            kept = await kept_keys(connection, incident.id)
            await keep_keys(connection, incident.id, keys - kept, kept - keys if rewritten else frozenset())

    def _keys(self, evidence: Iterable[Evidence]) -> frozenset[str]:
        return frozenset(key for one in evidence for key in keys_of(one, self._kin))

    async def _read(self, connection: AsyncConnection, query: Select[Any]) -> Mapping[str, Incident]:
        """Whole incidents, those that are remembered at their revision without reading their parts."""
        rows = {row.id: row for row in await connection.execute(query)}
        found: dict[str, Incident] = {}
        for row in rows.values():
            known = self._remembered.get(row.id)
            if known is not None and known.revision == row.revision:
                found[row.id] = known
        heads = self._heads(row for id, row in rows.items() if id not in found)
        whole = await with_parts(connection, heads.values())
        for id in heads.keys() - whole.keys():
            self._refuse(id, rows[id].revision)
        return found | whole

    def _heads(self, rows: Iterable[Any]) -> dict[str, Incident]:
        heads: dict[str, Incident] = {}
        for row in rows:
            try:
                heads[row.id] = codec.load(Incident, row.value)
            except ValueError:
                self._refuse(row.id, row.revision)
        return heads

    def _refuse(self, id: str, revision: int) -> None:
        """It can neither grow nor speak; all others go on."""
        if (id, revision) not in self._unreadable:
            self._unreadable.add((id, revision))
            _log.error("incident %s cannot be read", id)

    def _remember(self, some: Iterable[Incident]) -> None:
        for one in some:
            self._remembered[one.id] = one
            self._remembered.move_to_end(one.id)
        pieces = sum(len(one.evidence) for one in self._remembered.values())
        while len(self._remembered) > _REMEMBERED or (pieces > _PIECES and len(self._remembered) > 1):
            _, least = self._remembered.popitem(last=False)
            pieces -= len(least.evidence)


def _open(now: datetime) -> ColumnElement[bool]:
    recent = or_(incidents.c.updated_at >= now - JOINABLE_FOR, incidents.c.ahead_to >= now.date().toordinal())
    return and_(recent, incidents.c.standing != Standing.MERGED)


def _standing(incident: Incident) -> Standing:
    if incident.merged_into:
        return Standing.MERGED
    if incident.closed is None:
        return Standing.OPEN
    return Standing.TALKED_OF if still_talked_of(incident) else Standing.CLOSED


def _last_day(incident: Incident) -> int | None:
    dates = [deadline.date for deadline in incident.deadlines] + starts(incident)
    return max((date.last_day.toordinal() for date in dates), default=None)


def _differs(had: Evidence | None, one: Evidence) -> bool:
    """Whether the row must be written; whose words they are is no part of what makes evidence equal."""
    return had is not one and (had is None or had != one or had.author != one.author)
