"""What was told and held; decisions to speak, which nothing changes afterwards; silences; what was last done when."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Column, and_, delete, exists, select, update

from monitor.domain.alerts import Delivery, DeliveryState, HoldReason, Reason, Told, Verdict
from monitor.domain.silences import Silence
from monitor.steps import HeldAlert, SentAlert, Step
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.incident_rows import batches
from monitor.store.outbox_rows import readable
from monitor.store.tables import incidents
from monitor.store.telling_tables import alerts, deliveries, held, marks, silences, told
from monitor.store.within import moment_in


async def keep_alerts(connection: AsyncConnection, database: Database, decided: Sequence[SentAlert]) -> None:
    """Within a step's transaction; a decision that is kept already is left alone."""
    rows = [
        codec.row(
            "alerts",
            id=one.alert_id,
            incident_id=one.incident_id,
            revision=one.revision,
            seller_id=one.seller_id,
            at=one.at,
            reason=one.reason,
            detail=one.detail,
            targets=codec.dump(one.targets),
            trail=codec.dump(one.trail),
        )
        for one in decided
    ]
    if rows:
        await connection.execute(database.insert(alerts).on_conflict_do_nothing(), rows)


async def alerts_of(connection: AsyncConnection, incident_ids: Sequence[str]) -> Sequence[SentAlert]:
    """Every decision to speak of them, oldest first."""
    return await _alerts(connection, alerts.c.incident_id, incident_ids)


async def alerts_named(connection: AsyncConnection, ids: Sequence[str]) -> Sequence[SentAlert]:
    """The decisions of those ids, oldest first."""
    return await _alerts(connection, alerts.c.id, ids)


async def _alerts(connection: AsyncConnection, column: Column[str], values: Sequence[str]) -> Sequence[SentAlert]:
    found: list[SentAlert] = []
    for some in batches(sorted(set(values))):
        for row in await connection.execute(select(alerts).where(column.in_(some))):
            found.append(
                SentAlert(
                    row.id,
                    row.incident_id,
                    row.revision,
                    row.seller_id,
                    row.at,
                    Reason(row.reason),
                    row.detail,
                    codec.load(tuple[str, ...], row.targets),
                    codec.load(tuple[Verdict, ...], row.trail),
                )
            )
    return sorted(found, key=lambda one: (one.at, one.alert_id))


async def keep_silences(connection: AsyncConnection, database: Database, changed: Sequence[Silence]) -> None:
    """As they stand now."""
    for one in changed:
        insert = database.insert(silences).values(
            codec.row("silences", id=one.id, until=one.until, value=codec.dump(one))
        )
        new = {"until": insert.excluded.until, "value": insert.excluded.value}
        await connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=new))


async def silences_at(
    connection: AsyncConnection, database: Database, now: datetime, start: int, limit: int | None
) -> Sequence[Silence]:
    """Those that are not over, the first made first: so many from the `start`-th on."""
    query = select(silences.c.value).where(silences.c.until > now)
    query = query.order_by(moment_in(database, silences.c.value, "at"), silences.c.id)
    return [codec.load(Silence, value) for value in await connection.scalars(query.offset(start).limit(limit))]


async def keep_marks(connection: AsyncConnection, database: Database, made: Sequence[tuple[str, datetime]]) -> None:
    """Of each name the last."""
    for name, at in made:
        insert = database.insert(marks).values(codec.row("marks", name=name, at=at))
        await connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"at": insert.excluded.at}))


async def marks_of(connection: AsyncConnection) -> Mapping[str, datetime]:
    """All of them."""
    return dict((await connection.execute(select(marks.c.name, marks.c.at))).tuples().all())


async def told_of(connection: AsyncConnection, incident_ids: Sequence[str]) -> Sequence[Told]:
    """What each seller was last told of those incidents, by incident and seller."""
    found: list[str] = []
    for some in batches(sorted(set(incident_ids))):
        found.extend(await connection.scalars(select(told.c.value).where(told.c.incident_id.in_(some))))
    values = [codec.load(Told, value) for value in found]
    return sorted(values, key=lambda one: (one.incident_id, one.seller_id))


async def keep_told(connection: AsyncConnection, database: Database, step: Step) -> None:
    """What was told now, without what was taken back."""
    for incident_id, seller_id in step.untold:
        named = and_(told.c.incident_id == incident_id, told.c.seller_id == seller_id)
        await connection.execute(delete(told).where(named))
    for one in step.told:
        row = codec.row("told", incident_id=one.incident_id, seller_id=one.seller_id, value=codec.dump(one))
        insert = database.insert(told).values(row)
        await connection.execute(
            insert.on_conflict_do_update(
                index_elements=["incident_id", "seller_id"], set_={"value": insert.excluded.value}
            )
        )


async def keep_held(connection: AsyncConnection, database: Database, silent: Sequence[HeldAlert]) -> None:
    """Decisions not to speak; a known one is left alone."""
    rows = [
        codec.row(
            "held",
            incident_id=one.incident_id,
            revision=one.revision,
            seller_id=one.seller_id,
            at=one.at,
            reason=one.hold.reason,
            detail=one.hold.detail,
            trail=codec.dump(one.trail),
        )
        for one in silent
    ]
    if rows:
        await connection.execute(database.insert(held).on_conflict_do_nothing(), rows)


async def held_for(connection: AsyncConnection, reasons: Collection[HoldReason]) -> Sequence[str]:
    """The incidents whose newest revision is held from some seller for one of these reasons, and was not told since."""
    newest = and_(incidents.c.id == held.c.incident_id, incidents.c.revision == held.c.revision)
    told_since = exists().where(
        alerts.c.incident_id == held.c.incident_id,
        alerts.c.seller_id == held.c.seller_id,
        alerts.c.revision == held.c.revision,
        alerts.c.at > held.c.at,
    )
    query = select(held.c.incident_id).join(incidents, newest).where(held.c.reason.in_(reasons), ~told_since).distinct()
    return list(await connection.scalars(query.order_by(held.c.incident_id)))


_UNTRIED = and_(deliveries.c.state == DeliveryState.PENDING, deliveries.c.attempts == 0)


async def untried_of(connection: AsyncConnection, after: str, most: int) -> Sequence[Delivery]:
    """Deliveries that were never tried, by key, from that key on."""
    query = select(deliveries).where(_UNTRIED, deliveries.c.key > after)
    return await readable(connection, query.order_by(deliveries.c.key).limit(most))


async def move(connection: AsyncConnection, waiting: Sequence[Delivery]) -> None:
    """They wait for another time; what was tried, folded or withdrawn since stays as it is."""
    for one in waiting:
        moved = update(deliveries).where(deliveries.c.key == one.key, _UNTRIED)
        await connection.execute(
            moved.values(
                codec.row("deliveries", not_before=one.not_before, give_up_at=one.give_up_at, waits_for=one.waits_for)
            )
        )
