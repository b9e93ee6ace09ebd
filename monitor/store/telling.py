"""What was told and held; decisions to speak, which nothing changes afterwards; silences; what was last done when."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, delete, select

from monitor.domain.alerts import Reason, Told, Verdict
from monitor.domain.silences import Silence
from monitor.ports import HeldAlert, SentAlert, Step
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.incident_rows import batches
from monitor.store.telling_tables import alerts, held, marks, silences, told


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
    found: list[SentAlert] = []
    for some in batches(sorted(set(incident_ids))):
        rows = await connection.execute(select(alerts).where(alerts.c.incident_id.in_(some)))
        for row in rows:
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


async def silences_at(connection: AsyncConnection, now: datetime) -> Sequence[Silence]:
    """Those that are not over, the first made first."""
    values = await connection.scalars(select(silences.c.value).where(silences.c.until > now))
    return sorted((codec.load(Silence, value) for value in values), key=lambda one: (one.at, one.id))


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
