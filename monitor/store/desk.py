"""What people look at: the read side for the command line and the console. Every call is one short transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, and_, func, or_, select

from monitor.domain.alerts import Attempt, Delivery, DeliveryState, Hold, HoldReason, Verdict
from monitor.domain.documents import Document
from monitor.domain.errors import FailureReason
from monitor.domain.incidents import Incident
from monitor.domain.rulings import Act, ActKind, Ruling, standing_acts
from monitor.domain.signals import Assessment, Status
from monitor.steps import HeldAlert, SentAlert
from monitor.store import codec
from monitor.store.acts import acts_on, rulings_on
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.incident_rows import batches, with_parts
from monitor.store.incidents import Standing
from monitor.store.outbox_rows import UNFINISHED, delivery_of, readable
from monitor.store.tables import acts, assessments, captures, documents, incidents, rejections, wanted_pages
from monitor.store.telling import alerts_named
from monitor.store.telling_tables import attempts, deliveries, held


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """A capture that could not be read, with the reason."""

    capture_id: str
    source_id: str
    url: str
    at: datetime
    reason: FailureReason
    detail: str


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One entry that could not be read while its neighbours could."""

    capture_id: str
    source_id: str
    key: str
    at: datetime
    reason: FailureReason
    detail: str


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """The `no`-th try at a delivery, counted from 1."""

    no: int
    at: datetime
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Counts:
    """How full the two beds are. `pending` means not finished: waiting, leased, to be tried again or in doubt."""

    inbox_waiting: int
    wanted_pages: int
    pending_by_channel: dict[str, int]
    documents: int
    incidents: int
    oldest_by_channel: dict[str, datetime]  # when each channel's oldest pending one was created
    quarantined: int


class SqlDesk:
    """The desk of one database. An `id` may be given as any prefix that only one row has."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def incidents(self, limit: int = 100, include_closed: bool = False) -> list[Incident]:
        """The last moved first; those that were reversed, or closed and are talked of no more, only if asked for. What
        went into another is never among them."""
        query = select(incidents.c.value).order_by(incidents.c.updated_at.desc(), incidents.c.id).limit(limit)
        return await self._whole(query.where(incidents.c.standing != Standing.MERGED if include_closed else _shown()))

    async def ids(self) -> Sequence[str]:
        """Of all that `incidents` lists when not asked for more, which memory should perhaps not hold at once."""
        query = select(incidents.c.id).where(_shown()).order_by(incidents.c.id)

        async def work(connection: AsyncConnection) -> Sequence[str]:
            return list(await connection.scalars(query))

        return await self._database.read(work)

    async def dated(self, since: date, moved: datetime) -> list[Incident]:
        """All that name a day from `since` on, or moved after `moved`: called off and closed ones too. What went into
        another is never among them."""
        near = or_(incidents.c.ahead_to >= since.toordinal(), incidents.c.updated_at >= moved)
        query = select(incidents.c.value).where(near, incidents.c.standing != Standing.MERGED)
        return await self._whole(query.order_by(incidents.c.id))

    async def incident(self, id: str) -> Incident | None:
        """The incident, or the one that it went into; None when there is none or a prefix has several."""
        row = await self._by_prefix(incidents, id)
        while row and row.merged_into:
            row = await self._by_prefix(incidents, row.merged_into)
        found = await self._whole(select(incidents.c.value).where(incidents.c.id == row.id)) if row else []
        return found[0] if found else None

    async def acts(self, incident_id: str) -> Sequence[Act]:
        """What people did to an incident, and to those that went into it, oldest first."""
        return await self._database.read(lambda connection: acts_on(connection, incident_id))

    async def rulings(self, incident: Incident) -> Sequence[Ruling]:
        """What people ruled of an incident's evidence, oldest first."""
        keys = [item.key for item in incident.evidence]
        return await self._database.read(lambda connection: rulings_on(connection, keys))

    async def done(self) -> Mapping[str, Collection[Act]]:
        """What is done now of deadlines and steps, by the incident that has them now."""

        async def work(connection: AsyncConnection) -> Sequence[Act]:
            kinds = acts.c.kind.in_((ActKind.DONE, ActKind.UNDONE))
            ids = list(await connection.scalars(select(acts.c.incident_id).where(kinds).distinct()))
            gone = select(incidents.c.id, incidents.c.merged_into).where(incidents.c.merged_into.is_not(None))
            went = dict((await connection.execute(gone)).tuples().all()) if ids else {}
            homes = {_last(id, went) for id in ids}
            return [replace(act, incident_id=id) for id in sorted(homes) for act in await acts_on(connection, id)]

        standing: dict[str, Collection[Act]] = {}
        for id, group in groupby(await self._database.read(work), key=lambda act: act.incident_id):
            standing[id] = standing_acts(group).values()
        return standing

    async def answered(self) -> list[tuple[Incident, list[Act]]]:
        """The incidents that somebody took on or called a false alarm, each with all that was done to it."""

        async def work(connection: AsyncConnection) -> Mapping[str, list[Act]]:
            kinds = acts.c.kind.in_((ActKind.FALSE_ALARM, ActKind.TAKE))
            ids = sorted(await connection.scalars(select(acts.c.incident_id).where(kinds).distinct()))
            return {id: list(await acts_on(connection, id)) for id in ids}

        done = await self._database.read(work)
        found = [(await self.incident(id), acts) for id, acts in done.items()]
        return [(incident, acts) for incident, acts in found if incident is not None]

    async def _whole(self, query: Select[Any]) -> list[Incident]:
        async def work(connection: AsyncConnection) -> list[Incident]:
            heads = [codec.load(Incident, value) for value in await connection.scalars(query)]
            whole = await with_parts(connection, heads)
            return [whole[head.id] for head in heads if head.id in whole]

        return await self._database.read(work)

    async def documents_of(self, incident_id: str) -> list[Document]:
        """The documents that are an incident's evidence, in its order."""
        incident = await self.incident(incident_id)
        ids = list(dict.fromkeys(one.document_id for one in incident.evidence)) if incident else []
        found = await self.documents(ids)
        return [found[id] for id in ids if id in found]

    async def documents(self, ids: Sequence[str]) -> Mapping[str, Document]:
        """Those of them that there are, by their whole ids."""
        found: dict[str, Document] = {}
        for some in batches(ids):
            query = select(documents.c.id, documents.c.value).where(documents.c.id.in_(some))
            found.update({row.id: codec.load(Document, row.value) for row in await self._rows(query)})
        return found

    async def document(self, id: str) -> Document | None:
        """The document as it was last read; None when there is none or a prefix has several."""
        row = await self._by_prefix(documents, id)
        return codec.load(Document, row.value) if row else None

    async def assessment(self, document_id: str) -> Assessment | None:
        """How the document was understood; None when it was not yet."""
        query = select(assessments.c.value).where(assessments.c.document_id == document_id)
        rows = await self._rows(query)
        return codec.load(Assessment, rows[0].value) if rows else None

    async def deliveries(self, incident_id: str | None = None, limit: int = 100) -> list[Delivery]:
        """Of one incident or of all, the last created first."""
        query = select(deliveries).order_by(deliveries.c.no.desc()).limit(limit)
        if incident_id is not None:
            query = query.where(deliveries.c.incident_id == incident_id)
        return [delivery_of(row) for row in await self._rows(query)]

    async def delivery(self, key: str) -> Delivery | None:
        """The delivery whose key begins so; None when there is none or a prefix has several."""
        named = or_(deliveries.c.key == key, deliveries.c.key.startswith(key, autoescape=True))
        rows = await self._rows(select(deliveries).where(named).order_by(func.length(deliveries.c.key)).limit(2))
        sure = len(rows) == 1 or (rows and rows[0].key == key)
        return delivery_of(rows[0]) if key and sure else None

    async def dead(self, limit: int = 100) -> list[tuple[Delivery, Delivery | None]]:
        """What was given up, the last made first, each with what another target hears in its place."""
        gone = select(deliveries).where(deliveries.c.state == DeliveryState.DEAD)

        async def work(connection: AsyncConnection) -> list[tuple[Delivery, Delivery | None]]:
            lost = await readable(connection, gone.order_by(deliveries.c.no.desc()).limit(limit))
            others: dict[str, Delivery] = {}
            for some in batches([one.key for one in lost]):
                named = select(deliveries).where(deliveries.c.fallback_of.in_(some))
                others |= {one.fallback_of: one for one in await readable(connection, named)}
            return [(one, others.get(one.key)) for one in lost]

        return await self._database.read(work)

    async def told_by(self, alert_id: str) -> Delivery | None:
        """A delivery of the alert whose id begins so; None when there is none."""
        named = deliveries.c.alert_id.startswith(alert_id, autoescape=True)
        rows = await self._rows(select(deliveries).where(named).order_by(deliveries.c.no).limit(1))
        return delivery_of(rows[0]) if rows else None

    async def attempts(self, delivery_key: str) -> list[AttemptRow]:
        """Every try at a delivery, in order."""
        query = (
            select(attempts)
            .join(deliveries, deliveries.c.no == attempts.c.delivery_no)
            .where(deliveries.c.key == delivery_key)
            .order_by(attempts.c.attempt_no)
        )
        return [AttemptRow(row.attempt_no, row.at, codec.load(Attempt, row.value)) for row in await self._rows(query)]

    async def held(self, incident_id: str | None = None, limit: int = 100) -> list[HeldAlert]:
        """Decisions not to speak, of one incident or of all, the latest first."""
        query = select(held).order_by(held.c.at.desc(), held.c.incident_id, held.c.revision.desc(), held.c.seller_id)
        if incident_id is not None:
            query = query.where(held.c.incident_id == incident_id)
        return [
            HeldAlert(
                row.incident_id,
                row.revision,
                row.seller_id,
                row.at,
                Hold(HoldReason(row.reason), row.detail),
                codec.load(tuple[Verdict, ...], row.trail),
            )
            for row in await self._rows(query.limit(limit))
        ]

    async def alerts(self, ids: Sequence[str]) -> Sequence[SentAlert]:
        """The decisions to speak of those ids, the earliest first."""
        return await self._database.read(lambda connection: alerts_named(connection, ids))

    async def quarantined(self, limit: int = 100) -> list[QuarantineRow]:
        """Captures that could not be read, the latest first."""
        columns = (captures.c.id, captures.c.source_id, captures.c.url, captures.c.settled_at, captures.c.quarantine)
        query = (
            select(*columns, captures.c.detail)
            .where(captures.c.quarantine.is_not(None))
            .order_by(captures.c.settled_at.desc(), captures.c.id)
            .limit(limit)
        )
        return [
            QuarantineRow(row.id, row.source_id, row.url, row.settled_at, FailureReason(row.quarantine), row.detail)
            for row in await self._rows(query)
        ]

    async def rejected(self, limit: int = 100) -> list[RejectedRow]:
        """Entries that could not be read, the latest first."""
        query = select(rejections).order_by(rejections.c.at.desc(), rejections.c.capture_id, rejections.c.key)
        return [
            RejectedRow(row.capture_id, row.source_id, row.key, row.at, FailureReason(row.reason), row.detail)
            for row in await self._rows(query.limit(limit))
        ]

    async def counts(self) -> Counts:
        """One consistent set of counts (PostgreSQL: each count is of its own moment)."""
        pending = deliveries.c.state.in_(UNFINISHED)
        oldest = func.min(deliveries.c.created_at)
        by_channel = select(deliveries.c.channel, func.count(), oldest).where(pending).group_by(deliveries.c.channel)

        async def work(connection: AsyncConnection) -> Counts:
            async def number(query: Select[Any]) -> int:
                return int((await connection.execute(query)).scalar_one())

            channels = (await connection.execute(by_channel)).tuples().all()
            return Counts(
                inbox_waiting=await number(select(func.count()).where(captures.c.due_at.is_not(None))),
                wanted_pages=await number(select(func.count()).select_from(wanted_pages)),
                pending_by_channel={channel: waiting for channel, waiting, _ in channels},
                documents=await number(select(func.count()).select_from(documents)),
                incidents=await number(select(func.count()).select_from(incidents)),
                oldest_by_channel={channel: since for channel, _, since in channels},
                quarantined=await number(select(func.count()).where(captures.c.quarantine.is_not(None))),
            )

        return await self._database.read(work)

    async def _by_prefix(self, table: Table, id: str) -> Row[Any] | None:
        exact = await self._rows(select(table).where(table.c.id == id))
        if exact or not id:
            return exact[0] if exact else None
        matching = await self._rows(select(table).where(table.c.id.startswith(id, autoescape=True)).limit(2))
        return matching[0] if len(matching) == 1 else None

    async def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        async def work(connection: AsyncConnection) -> Sequence[Row[Any]]:
            return (await connection.execute(query)).all()

        return await self._database.read(work)


def _last(id: str, went: Mapping[str, str]) -> str:
    """Where an incident is now."""
    while id in went:
        id = went[id]
    return id


def _shown() -> ColumnElement[bool]:
    open = incidents.c.standing.in_((Standing.OPEN, Standing.TALKED_OF))
    return and_(open, incidents.c.status != Status.REVERSED)
