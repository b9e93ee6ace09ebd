"""Deliveries not yet sent, and every attempt at them."""

import logging
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import and_, exists, func, or_, select, update

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState
from monitor.domain.errors import ConflictError
from monitor.ports import Claim, Outbox
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.outbox_rows import UNFINISHED, WAITING, bury, delivery_of
from monitor.store.telling_tables import attempts, deliveries

LEASE_RAN_OUT = Attempt(AttemptClass.AMBIGUOUS, "lease_ran_out", "the sender ended before it said how the attempt went")
_FURTHEST = timedelta(hours=2)  # longer than any wait between two tries
_CLAIMING = 7_310_045_002  # any constant: names our advisory lock on PostgreSQL

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
                    await bury(connection, row, f"the row cannot be read: {type(error).__name__}")
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
