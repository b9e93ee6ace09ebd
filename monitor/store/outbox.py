"""Deliveries not yet sent, and every attempt at them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, Select, and_, delete, exists, func, or_, select, update

from monitor.domain.alerts import (
    Attempt,
    AttemptClass,
    Delivery,
    DeliveryState,
    Message,
    Reason,
    folded,
    same_word,
)
from monitor.domain.errors import ConflictError
from monitor.domain.exposure import Severity
from monitor.domain.handling import UNSENT
from monitor.domain.operations import OUR_SIGHT
from monitor.domain.signals import Status
from monitor.domain.vigils import Notice
from monitor.ports import Claim, Outbox
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.tables import attempts, deliveries

WAITING = (DeliveryState.PENDING, DeliveryState.RETRY, DeliveryState.UNKNOWN)
UNFINISHED = (*WAITING, DeliveryState.SENDING)
LEASE_RAN_OUT = Attempt(AttemptClass.AMBIGUOUS, "lease_ran_out", "the sender ended before it said how the attempt went")
_FURTHEST = timedelta(hours=2)  # longer than any wait between two tries
_CLAIMING = 7_310_045_002  # any constant: names our advisory lock on PostgreSQL
_NO_VECTORS = frozenset({"gist", "sketch"})  # nobody is told those, and one incident may carry hundreds

_log = logging.getLogger(__name__)


class SqlOutbox(Outbox):
    """The outbox of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim_delivery(self, now: datetime, lease: timedelta) -> Claim[Delivery] | None:
        """The most urgent due delivery, leased and counted as an attempt: `attempts` includes the one that follows.

        A target gets one message at a time, so that a slow one holds up only its own line. A date that a clock set
        which has gone back since holds nothing up. A row that cannot be read is DEAD, and the next one is claimed.
        """
        earlier, busy = deliveries.alias("earlier"), deliveries.alias("busy")
        urgent = (
            select(deliveries.c.no)
            .where(
                deliveries.c.state.in_(WAITING),
                or_(
                    deliveries.c.not_before <= now,
                    and_(deliveries.c.state == DeliveryState.PENDING, deliveries.c.created_at > now),
                    and_(deliveries.c.state != DeliveryState.PENDING, deliveries.c.not_before > now + _FURTHEST),
                ),
                ~exists().where(
                    earlier.c.incident_id == deliveries.c.incident_id,
                    earlier.c.target == deliveries.c.target,
                    earlier.c.no < deliveries.c.no,
                    earlier.c.state.in_(UNFINISHED),
                ),
                ~exists().where(busy.c.target == deliveries.c.target, busy.c.state == DeliveryState.SENDING),
            )
            .order_by(deliveries.c.severity.desc(), deliveries.c.created_at, deliveries.c.no)
            .limit(1)
            .with_for_update(skip_locked=True, of=deliveries)
        )
        claimed = (
            update(deliveries)
            .where(deliveries.c.no == urgent.scalar_subquery())
            .values(
                state=DeliveryState.SENDING,
                token=uuid4().hex,
                lease_until=now + lease,
                attempts=deliveries.c.attempts + 1,
            )
            .returning(*deliveries.c)
        )

        async def work(connection: AsyncConnection) -> Claim[Delivery] | None:
            if self._database.dialect == "postgresql":
                # Two claims at once could each find the same target free: they go one after the other.
                await connection.execute(select(func.pg_advisory_xact_lock(_CLAIMING)))
            while row := (await connection.execute(claimed)).one_or_none():
                try:
                    return Claim(delivery_of(row), row.token, row.attempts)
                except ValueError as error:  # what other hands wrote there must not stop what lies behind it
                    await _bury(connection, row, f"the row cannot be read: {type(error).__name__}")
            return None

        return await self._database.write(work)

    async def settle(
        self, delivery: Claim[Delivery], attempt: Attempt, state: DeliveryState, not_before: datetime, now: datetime
    ) -> None:
        """Keep how the attempt went. The same claim settled again changes nothing.

        Raises ConflictError when the lease went to another (`recover`): the message may be sent once more.
        """
        doubtful = state is DeliveryState.UNKNOWN or attempt.result is AttemptClass.AMBIGUOUS
        settled = (
            update(deliveries)
            .where(
                deliveries.c.key == delivery.item.key,
                deliveries.c.token == delivery.token,
                deliveries.c.state == DeliveryState.SENDING,
            )
            .values(
                codec.row(
                    "deliveries", state=state, not_before=not_before, lease_until=None, last_detail=attempt.detail
                )
                | ({"repeat": True} if doubtful else {})
                | ({"sent_at": now} if state is DeliveryState.SENT else {})
            )
            .returning(deliveries.c.no)
        )
        told = {"attempt_no": delivery.tries, "at": now, "value": codec.dump(attempt)}

        async def work(connection: AsyncConnection) -> None:
            number = await connection.scalar(settled)
            if number is not None:
                await connection.execute(attempts.insert().values(delivery_no=number, **told))
                return
            token = select(deliveries.c.token).where(deliveries.c.key == delivery.item.key)
            if await connection.scalar(token) != delivery.token:
                raise ConflictError(f"the lease of delivery {delivery.item.key} was lost")

        await self._database.write(work)

    async def recover(self, now: datetime) -> int:
        """Expired leases become UNKNOWN, each with an ambiguous attempt on record; returns how many."""
        expired = (
            update(deliveries)
            .where(deliveries.c.state == DeliveryState.SENDING, deliveries.c.lease_until <= now)
            .values(
                state=DeliveryState.UNKNOWN,
                repeat=True,
                token=None,
                lease_until=None,
                last_detail=LEASE_RAN_OUT.detail,
            )
            .returning(deliveries.c.no, deliveries.c.attempts)
        )
        value = codec.dump(LEASE_RAN_OUT)

        async def work(connection: AsyncConnection) -> int:
            lost = (await connection.execute(expired)).all()
            if lost:
                rows = [{"delivery_no": row.no, "attempt_no": row.attempts, "at": now, "value": value} for row in lost]
                await connection.execute(attempts.insert(), rows)
            return len(lost)

        return await self._database.write(work)


async def enqueue(connection: AsyncConnection, new: Sequence[Delivery], at: datetime) -> None:
    """Put deliveries into the outbox, as part of a step.

    A known key with the same message is skipped; with another one it takes the place of what was withdrawn before
    anybody got it, and else raises ValueError. An unattempted delivery of the same incident, target and seller is
    folded into the new one (`domain.alerts.folded`).
    """
    for delivery in new:
        message = _message(codec.dump(delivery.message, without=_NO_VECTORS), delivery.incident_id)
        known = (await connection.execute(select(deliveries).where(deliveries.c.key == delivery.key))).one_or_none()
        if known is not None:
            if same_word(_message(known.message, delivery.incident_id), message):
                continue
            if known.state != DeliveryState.SUPERSEDED:
                raise ValueError(f"delivery {delivery.key} is kept already, with another message")
            before = deliveries.c.no == known.no
            if known.attempts:  # its tries stay on record
                await connection.execute(update(deliveries).where(before).values(key=f"{known.key}/{known.no}"))
            else:
                await connection.execute(delete(deliveries).where(before))
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
            .values(state=DeliveryState.SUPERSEDED, last_detail=f"folded into {delivery.key}")
            .returning(*deliveries.c)
        )
        created = replace(delivery, message=message, created_at=delivery.created_at or at)
        for row in unsent.all():
            try:
                created = folded(created, delivery_of(row))
            except ValueError:
                _log.exception("delivery %s cannot be read, and %s goes in its place", row.key, created.key)
        await connection.execute(deliveries.insert().values(_row(created)))


async def unheard_of(connection: AsyncConnection, incident_ids: Sequence[str]) -> Sequence[Delivery]:
    """Of those incidents, the deliveries of alerts of which none was tried yet."""
    other = deliveries.alias("other")
    waits = and_(deliveries.c.state == DeliveryState.PENDING, deliveries.c.attempts == 0)
    silent = (DeliveryState.PENDING, DeliveryState.SUPERSEDED)
    tried = exists().where(
        other.c.incident_id == deliveries.c.incident_id,
        other.c.alert_id == deliveries.c.alert_id,
        or_(other.c.attempts > 0, other.c.state.not_in(silent)),
    )
    query = select(deliveries).where(deliveries.c.incident_id.in_(incident_ids), waits, ~tried)
    return await _readable(connection, query)


async def spoken_of(connection: AsyncConnection, incident_id: str) -> Sequence[Delivery]:
    """Every delivery of that incident."""
    return await _readable(connection, select(deliveries).where(deliveries.c.incident_id == incident_id))


async def _readable(connection: AsyncConnection, query: Select[Any]) -> Sequence[Delivery]:
    found = []
    for row in (await connection.execute(query.order_by(deliveries.c.no))).all():
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
        message=_message(row.message, row.incident_id),
        not_before=row.not_before,
        give_up_at=row.give_up_at,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        repeat=row.repeat,
        last_detail=row.last_detail,
        created_at=row.created_at,
        sent_at=row.sent_at,
    )


def _message(text: str, incident_id: str) -> Message | Notice:
    return codec.load(Notice, text) if incident_id == OUR_SIGHT else codec.load(Message, text)


def _row(delivery: Delivery) -> dict[str, Any]:
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
    )


async def _bury(connection: AsyncConnection, row: Row[Any], detail: str) -> None:
    _log.error("delivery %s to %s is dead: %s", row.key, row.target, detail)
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.no == row.no)
        .values(state=DeliveryState.DEAD, lease_until=None, last_detail=detail)
    )
