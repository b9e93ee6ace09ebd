"""Deliveries as rows: put in, folded, taken back, read."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, exists, func, or_, select, update

from monitor.domain.addressing import folded, same_word
from monitor.domain.alerts import Delivery, DeliveryState, Message, Reason, Said
from monitor.domain.digests import Digest, Roundup
from monitor.domain.errors import ConflictError
from monitor.domain.exposure import Severity
from monitor.domain.handling import UNSENT
from monitor.domain.operations import OUR_SIGHT
from monitor.domain.signals import Status
from monitor.domain.vigils import Notice
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.telling_tables import deliveries

WAITING = (DeliveryState.PENDING, DeliveryState.RETRY, DeliveryState.UNKNOWN)
UNFINISHED = (*WAITING, DeliveryState.SENDING)
_UNTRIED = and_(deliveries.c.state == DeliveryState.PENDING, deliveries.c.attempts == 0)
_NO_VECTORS = frozenset({"gist", "sketch"})  # nobody is told those, and one incident may carry hundreds

_log = logging.getLogger(__name__)


async def enqueue(connection: AsyncConnection, new: Sequence[Delivery], at: datetime) -> None:
    """Put deliveries into the outbox, as part of a step. Nothing is ever deleted.

    A known key with the same message is skipped; with another one it takes the key of what was withdrawn before
    anybody got it, and else raises ValueError. An unattempted delivery of the same incident, target and seller is
    folded into the new one (`domain.addressing.folded`).
    """
    for delivery in new:
        plain = codec.dump(delivery.message, without=_NO_VECTORS)
        message = _message(plain, delivery.incident_id, delivery.reason)
        known = (await connection.execute(select(deliveries).where(deliveries.c.key == delivery.key))).one_or_none()
        if known is not None:
            if same_word(_message(known.message, known.incident_id, known.reason), message):
                continue
            if known.state != DeliveryState.SUPERSEDED:
                raise ValueError(f"delivery {delivery.key} is kept already, with another message")
            await _make_room(connection, known.no, delivery.key)
        unsent = await connection.execute(
            update(deliveries)
            .where(
                deliveries.c.incident_id == delivery.incident_id,
                deliveries.c.target == delivery.target,
                deliveries.c.seller_id == delivery.seller_id,
                deliveries.c.state == DeliveryState.PENDING,
                deliveries.c.attempts == 0,
                deliveries.c.key.not_in([other.key for other in new]),
            )
            .values(state=DeliveryState.SUPERSEDED, last_detail=f"folded into {delivery.key}", into=delivery.key)
            .returning(*deliveries.c)
        )
        created = replace(delivery, message=message, created_at=delivery.created_at or at)
        for row in unsent.all():
            try:
                created = folded(created, delivery_of(row))
            except ValueError:
                _log.exception("delivery %s cannot be read, and %s goes in its place", row.key, created.key)
        await connection.execute(deliveries.insert().values(row_of(created)))


async def _make_room(connection: AsyncConnection, number: int, key: str) -> None:
    """What was withdrawn stays on record, with its tries, under a key that says so."""
    like_it = deliveries.c.key.startswith(f"{key}/", autoescape=True)
    before = await connection.scalar(select(func.count()).select_from(deliveries).where(like_it))
    await connection.execute(update(deliveries).where(deliveries.c.no == number).values(key=f"{key}/{before}"))


async def unheard_of(connection: AsyncConnection, incident_ids: Sequence[str]) -> Sequence[Delivery]:
    """Of those incidents, the deliveries of alerts of which none was tried yet."""
    other, more = deliveries.alias("other"), deliveries.alias("more")
    silent = (DeliveryState.PENDING, DeliveryState.SUPERSEDED)
    tried = exists().where(
        other.c.incident_id == deliveries.c.incident_id,
        other.c.alert_id == deliveries.c.alert_id,
        or_(
            other.c.attempts > 0,
            other.c.state.not_in(silent),
            exists().where(more.c.key == other.c.into, more.c.reason == Reason.MORE),
        ),
    )
    query = select(deliveries).where(deliveries.c.incident_id.in_(incident_ids), _UNTRIED, ~tried)
    return await readable(connection, query.order_by(deliveries.c.no))


async def waiting_of(connection: AsyncConnection, incident_ids: Sequence[str]) -> Sequence[Delivery]:
    """Of those incidents, the deliveries that were never tried, oldest first."""
    query = select(deliveries).where(deliveries.c.incident_id.in_(incident_ids), _UNTRIED)
    return await readable(connection, query.order_by(deliveries.c.no))


async def reword(connection: AsyncConnection, written: Sequence[Delivery]) -> None:
    """They say what they say now; what was tried, folded or withdrawn since stays as it is."""
    for one in written:
        said = codec.dump(one.message, without=_NO_VECTORS)
        new = codec.row("deliveries", message=said, severity=int(one.severity), rung=one.rung)
        await connection.execute(update(deliveries).where(deliveries.c.key == one.key, _UNTRIED).values(new))


async def spoken_of(connection: AsyncConnection, incident_id: str) -> Sequence[Delivery]:
    """Every delivery of that incident."""
    query = select(deliveries).where(deliveries.c.incident_id == incident_id)
    return await readable(connection, query.order_by(deliveries.c.no))


async def readable(connection: AsyncConnection, query: Select[Any]) -> Sequence[Delivery]:
    """Those that can be read, in the order that the query asks for."""
    found = []
    for row in (await connection.execute(query)).all():
        try:
            found.append(delivery_of(row))
        except ValueError:
            _log.error("delivery %s cannot be read", row.key)  # it is buried when its turn comes
    return found


async def withdraw(connection: AsyncConnection, keys: Sequence[str]) -> None:
    """Nobody shall get these. Raises ConflictError for one that was sent meanwhile, or may have been."""
    for key in keys:
        waits = deliveries.c.state.in_(UNSENT)
        gone = update(deliveries).where(deliveries.c.key == key, waits).returning(deliveries.c.no)
        state = {"state": DeliveryState.SUPERSEDED, "last_detail": "withdrawn before it was sent"}
        if await connection.scalar(gone.values(state)) is None:
            raise ConflictError(f"delivery {key} cannot be withdrawn any more")


async def go_with(connection: AsyncConnection, gone: Mapping[str, str]) -> None:
    """The deliveries of incidents that went into others go with them, whatever their state."""
    for incident_id, into in gone.items():
        moved = update(deliveries).where(deliveries.c.incident_id == incident_id)
        await connection.execute(moved.values(incident_id=into))


def delivery_of(row: Row[Any]) -> Delivery:
    """The delivery that a row of `deliveries` holds."""
    return Delivery(
        key=row.key,
        alert_id=row.alert_id,
        incident_id=row.incident_id,
        seller_id=row.seller_id,
        target=row.target,
        channel=row.channel,
        severity=Severity(row.severity),
        rung=Status(row.rung),
        reason=Reason(row.reason),
        message=_message(row.message, row.incident_id, row.reason),
        not_before=row.not_before,
        give_up_at=row.give_up_at,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        repeat=row.repeat,
        last_detail=row.last_detail,
        created_at=row.created_at,
        sent_at=row.sent_at,
        language=row.language,
        zone=row.zone,
        waits_for=row.waits_for,
        fallback_of=row.fallback_of,
        instead_of=row.instead_of,
        into=row.into,
    )


_CARRIED: Mapping[str, type[Message] | type[Notice] | type[Digest] | type[Roundup]] = {
    Reason.BLIND: Notice,
    Reason.DIGEST: Digest,
    Reason.MORE: Roundup,
}


def _message(text: str, incident_id: str, reason: str) -> Said:
    if incident_id == OUR_SIGHT:
        return codec.load(Notice, text)
    said: Said = codec.load(_CARRIED.get(reason, Message), text)
    return said


def row_of(delivery: Delivery) -> dict[str, Any]:
    """The columns of a new row."""
    return codec.row(
        "deliveries",
        key=delivery.key,
        alert_id=delivery.alert_id,
        incident_id=delivery.incident_id,
        seller_id=delivery.seller_id,
        target=delivery.target,
        channel=delivery.channel,
        severity=int(delivery.severity),
        rung=delivery.rung,
        reason=delivery.reason,
        state=delivery.state,
        not_before=delivery.not_before,
        give_up_at=delivery.give_up_at,
        attempts=delivery.attempts,
        repeat=delivery.repeat,
        last_detail=delivery.last_detail,
        created_at=delivery.created_at,
        sent_at=delivery.sent_at,
        message=codec.dump(delivery.message),
        language=delivery.language,
        zone=delivery.zone,
        waits_for=delivery.waits_for,
        fallback_of=delivery.fallback_of,
        instead_of=delivery.instead_of,
        into=delivery.into,
    )


async def bury(connection: AsyncConnection, row: Row[Any], detail: str) -> None:
    """It cannot be sent; it stays where people see it."""
    _log.error("delivery %s to %s is dead: %s", row.key, row.target, detail)
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.no == row.no)
        .values(state=DeliveryState.DEAD, lease_until=None, last_detail=detail)
    )
