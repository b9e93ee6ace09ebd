"""Deliveries not yet sent, and every attempt at them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType

from sqlalchemy import ColumnElement, Update, and_, bindparam, case, exists, func, literal, or_, select, update

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState
from monitor.domain.delivery import ASKEW
from monitor.domain.errors import ConflictError
from monitor.domain.waits import UNREACHED
from monitor.ports import Hour, Outbox
from monitor.steps import Claim
from monitor.store import codec
from monitor.store.columns import Instant
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.outbox_ends import forget, moot, stand_in, thread_of
from monitor.store.outbox_hours import hour_of, in_hand, rounded_up, to_come
from monitor.store.outbox_rows import UNFINISHED, WAITING, bury, delivery_of
from monitor.store.telling_tables import attempts, deliveries

LEASE_RAN_OUT = Attempt(AttemptClass.AMBIGUOUS, "lease_ran_out", "the sender ended before it said how the attempt went")
NOBODY_RESTS: Mapping[str, datetime] = MappingProxyType({})
_FURTHEST = timedelta(hours=2)  # longer than any wait between two tries
_CLAIMING = 7_310_045_002  # any constant: names our advisory lock on PostgreSQL

_log = logging.getLogger(__name__)


class SqlOutbox(Outbox):
    """The outbox of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim_delivery(
        self, now: datetime, lease: timedelta, resting: Mapping[str, datetime] = NOBODY_RESTS
    ) -> Claim[Delivery] | None:
        """The most urgent due delivery, leased and counted as an attempt: `attempts` includes the one that follows.

        A target gets one message at a time, so that a slow one holds up only its own line. A date that a clock set
        which has gone back since holds nothing up. A row that cannot be read is DEAD, and the next one is claimed.
        """
        claimed = _claim(len(resting))
        given: dict[str, object] = {
            "by_now": now,
            "further": now + _FURTHEST,
            "askew": now + ASKEW,
            "until": now + lease,
            "claim": self._database.token(),
        }
        for number, (id, until) in enumerate(resting.items()):
            given |= {f"resting_{number}": id, f"rests_{number}": until}

        async def work(connection: AsyncConnection) -> Claim[Delivery] | None:
            if self._database.dialect == "postgresql":
                # Two claims at once could each find the same target free: they go one after the other.
                await connection.execute(select(func.pg_advisory_xact_lock(_CLAIMING)))
            while row := (await connection.execute(claimed, given)).one_or_none():
                try:
                    delivery = delivery_of(row)
                except ValueError as error:  # what other hands wrote there must not stop what lies behind it
                    await bury(connection, row, f"the row cannot be read: {type(error).__name__}")
                    continue
                delivery = replace(delivery, thread=await thread_of(connection, delivery))
                return Claim(delivery, row.token, row.attempts)
            return None

        return await self._database.write(work)

    async def settle(
        self,
        delivery: Claim[Delivery],
        attempt: Attempt,
        state: DeliveryState,
        not_before: datetime,
        now: datetime,
        instead: Delivery | None = None,
    ) -> DeliveryState:
        """Keep how the attempt went. The same claim settled again changes nothing.

        Raises ConflictError when the lease went to another (`recover`): the message may be sent once more.
        """
        doubtful = state is DeliveryState.UNKNOWN or attempt.result is AttemptClass.AMBIGUOUS
        arrived = {"sent_at": now, "provider_id": attempt.provider_id} if state is DeliveryState.SENT else {}
        settled = (
            update(deliveries)
            .where(*in_hand(delivery))
            .values(
                codec.row(
                    "deliveries", state=state, not_before=not_before, lease_until=None, last_detail=attempt.detail
                )
                | ({"repeat": True} if doubtful else {})
                | codec.row("deliveries", **arrived)
            )
            .returning(*deliveries.c)
        )
        told = {"attempt_no": delivery.tries, "at": now, "value": codec.dump(attempt)}

        async def work(connection: AsyncConnection) -> DeliveryState:
            row = (await connection.execute(settled)).one_or_none()
            if row is None:
                return await self._was_settled(connection, delivery)
            await connection.execute(attempts.insert().values(delivery_no=row.no, **told))
            if state is DeliveryState.SENT:
                return state
            refused = attempt.result is not AttemptClass.AMBIGUOUS  # what may have arrived goes on, to be certain
            if refused and (late := await moot(connection, delivery_of(row))):
                await forget(connection, self._database, delivery_of(row), *late, now)
                return DeliveryState.SUPERSEDED
            if state is DeliveryState.DEAD and instead is not None:
                await stand_in(connection, row, instead, now)
            return state

        return await self._database.write(work)

    async def _was_settled(self, connection: AsyncConnection, delivery: Claim[Delivery]) -> DeliveryState:
        """The state that an earlier go at the same claim left. Raises ConflictError when it is another's now."""
        known = select(deliveries.c.token, deliveries.c.state).where(deliveries.c.key == delivery.item.key)
        row = (await connection.execute(known)).one_or_none()
        if row is None or row.token != delivery.token:
            raise ConflictError(f"the lease of delivery {delivery.item.key} was lost")
        return DeliveryState(row.state)

    async def hold(
        self, delivery: Claim[Delivery], until: datetime, now: datetime, why: str = "", others: bool = False
    ) -> None:
        """Give it back as it was, to be claimed again at `until`. Raises ConflictError when it is another's now."""
        told = codec.row("deliveries", waits_for=why) if why else {}
        back = DeliveryState.PENDING if delivery.tries == 1 else DeliveryState.RETRY
        # What the clock of today put off was not made in its future: else a clock that went back would find it due.
        made = case((deliveries.c.created_at > now, literal(now, Instant)), else_=deliveries.c.created_at)
        given_back = (
            update(deliveries)
            .where(*in_hand(delivery))
            .values(
                state=back,
                attempts=deliveries.c.attempts - 1,
                lease_until=None,
                not_before=until,
                created_at=made,
                **told,
            )
            .returning(deliveries.c.no)
        )
        waiting = update(deliveries).where(*to_come(delivery.item.target, now)).values(not_before=until, **told)

        async def work(connection: AsyncConnection) -> None:
            if await connection.scalar(given_back) is None:
                await self._was_settled(connection, delivery)
            elif others:
                await connection.execute(waiting)

        await self._database.write(work)

    async def hour(self, target: str, now: datetime) -> Hour:
        """When a cap counts: what it got within the past hour, and how much waits to go now."""
        return await self._database.read(lambda connection: hour_of(connection, target, now))

    async def round_up(self, delivery: Claim[Delivery], now: datetime, lease: timedelta) -> Claim[Delivery]:
        """One message in the place of many, leased. Raises ConflictError when the claim is another's now."""
        return await self._database.write(lambda connection: rounded_up(connection, delivery, now, now + lease))

    async def wake(self, target: str, now: datetime) -> None:
        """Backoffs of a target that did not answer mean nothing when it does."""
        asleep = (
            deliveries.c.target == target,
            deliveries.c.state.in_((DeliveryState.RETRY, DeliveryState.UNKNOWN)),
            deliveries.c.not_before > now,
        )
        await self._database.write(
            lambda connection: connection.execute(update(deliveries).where(*asleep).values(not_before=now))
        )

    async def again(self, keys: Sequence[str], now: datetime, until: datetime, who: str) -> list[str]:
        """Dead ones are tried again, until then, since a person asks for it; returns the keys of those that were."""
        revived = (
            update(deliveries)
            .where(deliveries.c.key.in_(keys), deliveries.c.state == DeliveryState.DEAD)
            .values(
                codec.row(
                    "deliveries",
                    state=DeliveryState.RETRY,
                    not_before=now,
                    give_up_at=until,
                    token=None,
                    last_detail=f"asked for again by {who}",
                    waits_for=UNREACHED,  # so that it says of when it is
                )
            )
            .returning(deliveries.c.key)
        )

        async def work(connection: AsyncConnection) -> list[str]:
            return list(await connection.scalars(revived))

        return await self._database.write(work)

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


@lru_cache(maxsize=16)
def _claim(resting: int) -> Update:
    """The statement of `claim_delivery` while so many targets rest. Built once: that costs more than to run it."""
    busy = deliveries.alias("busy")
    now, further, askew = (bindparam(name, type_=Instant) for name in ("by_now", "further", "askew"))
    urgent = (
        select(deliveries.c.no)
        .where(
            deliveries.c.state.in_(WAITING),
            or_(
                deliveries.c.not_before <= now,
                and_(deliveries.c.state == DeliveryState.PENDING, deliveries.c.created_at > askew),
                and_(deliveries.c.state != DeliveryState.PENDING, deliveries.c.not_before > further),
            ),
            *(
                or_(
                    deliveries.c.target != bindparam(f"resting_{number}", type_=deliveries.c.target.type),
                    deliveries.c.give_up_at <= bindparam(f"rests_{number}", type_=Instant),
                )
                for number in range(resting)
            ),
            _next_in_its_line(),
            ~exists().where(busy.c.target == deliveries.c.target, busy.c.state == DeliveryState.SENDING),
        )
        .order_by(deliveries.c.severity.desc(), deliveries.c.created_at, deliveries.c.no)
        .limit(1)
        .with_for_update(skip_locked=True, of=deliveries)
    )
    return (
        update(deliveries)
        .where(deliveries.c.no == urgent.scalar_subquery())
        .values(
            state=DeliveryState.SENDING,
            token=bindparam("claim", type_=deliveries.c.token.type),
            lease_until=bindparam("until", type_=Instant),
            attempts=deliveries.c.attempts + 1,
        )
        .returning(*deliveries.c)
    )


def _next_in_its_line() -> ColumnElement[bool]:
    """No earlier one of the same incident waits for the same target. What one seller's silence holds is no other's."""
    earlier = deliveries.alias("earlier")
    return ~exists().where(
        earlier.c.incident_id == deliveries.c.incident_id,
        earlier.c.target == deliveries.c.target,
        earlier.c.seller_id == deliveries.c.seller_id,
        earlier.c.no < deliveries.c.no,
        earlier.c.state.in_(UNFINISHED),
    )
