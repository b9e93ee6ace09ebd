"""What else follows when a delivery ends: what nobody needs any more is not tried again, and what a target refused for
good goes to another. All of it within the transaction that keeps the end.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Row, select, update

from monitor.domain.alerts import Delivery, DeliveryState, Message
from monitor.domain.handling import Whose, taken_back
from monitor.domain.incidents import Incident
from monitor.domain.rulings import not_for_us
from monitor.steps import Step
from monitor.store import codec
from monitor.store.acts import acts_on
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.outbox_rows import enqueue, row_of, spoken_of
from monitor.store.tables import incidents
from monitor.store.telling import keep_told, told_of
from monitor.store.telling_tables import deliveries


async def moot(connection: AsyncConnection, refused: Delivery) -> tuple[str, datetime] | None:
    """Why nobody needs it any more, and since when: what a person did while it was in hand, when it could not be taken
    back. None while it is needed.
    """
    made = refused.created_at
    if made is None or not isinstance(refused.message, Message):
        return None
    head = await connection.scalar(select(incidents.c.value).where(incidents.c.id == refused.incident_id))
    if head is None:
        return None
    if (closure := codec.load(Incident, head).closed) is not None and made < closure.at:
        return f"its incident was closed by {closure.who} meanwhile", closure.at
    act = not_for_us(await acts_on(connection, refused.incident_id), refused.seller_id)
    if act is not None and made < act.at:
        return f"{act.who} said meanwhile that it is not for them", act.at
    return None


async def forget(
    connection: AsyncConnection, database: Database, refused: Delivery, why: str, since: datetime, now: datetime
) -> None:
    """It is withdrawn as if it had been waiting, and counts as told no more if nobody else heard it."""
    gone = update(deliveries).where(deliveries.c.key == refused.key)
    await connection.execute(gone.values(state=DeliveryState.SUPERSEDED, last_detail=why))
    kept = {(one.incident_id, one.seller_id): one for one in await told_of(connection, [refused.incident_id])}
    whose: Whose = (refused.incident_id, refused.seller_id)
    if whose not in kept:
        return
    waiting = replace(refused, state=DeliveryState.RETRY)
    spoken: Sequence[Delivery] = [
        waiting if one.key == refused.key else one
        for one in await spoken_of(connection, refused.incident_id)
        if one.created_at is None or one.created_at < since
    ]
    really = taken_back({whose: kept[whose]}, spoken)
    step = Step(now, told=[*really.values()], untold=[] if really else [whose])
    await keep_told(connection, database, step)


async def stand_in(connection: AsyncConnection, refused: Row[tuple[object, ...]], new: Delivery, now: datetime) -> None:
    """Another target hears it instead, unless it is told the same alert anyway; one that was told more of it since has
    no use for the older word. Done twice, it is done once.
    """
    theirs = select(deliveries.c.key).where(deliveries.c.target == new.target)
    if await connection.scalar(theirs.where(deliveries.c.alert_id == new.alert_id).limit(1)) is not None:
        return
    newer = await connection.scalar(
        theirs.where(
            deliveries.c.incident_id == new.incident_id,
            deliveries.c.seller_id == new.seller_id,
            deliveries.c.created_at > refused.created_at,
            deliveries.c.state.not_in((DeliveryState.DEAD, DeliveryState.SUPERSEDED)),
        )
        .order_by(deliveries.c.no.desc())
        .limit(1)
    )
    if newer is None:
        await enqueue(connection, [new], now)
        return
    told_more = replace(
        new, state=DeliveryState.SUPERSEDED, into=newer, last_detail=f"{new.target} was told more of it"
    )
    await connection.execute(deliveries.insert().values(row_of(told_more)))


async def thread_of(connection: AsyncConnection, delivery: Delivery) -> str:
    """What the other side calls the first message about it that this target got; "" when it gives none."""
    first = (
        select(deliveries.c.provider_id)
        .where(
            deliveries.c.incident_id == delivery.incident_id,
            deliveries.c.target == delivery.target,
            deliveries.c.seller_id == delivery.seller_id,
            deliveries.c.channel == delivery.channel,
            deliveries.c.state == DeliveryState.SENT,
            deliveries.c.provider_id != "",
        )
        .order_by(deliveries.c.no)
        .limit(1)
    )
    return await connection.scalar(first) or ""
