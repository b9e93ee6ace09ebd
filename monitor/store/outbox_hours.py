"""The hours of targets with a cap: what they got, what waits to go, and the one message in the place of the rest."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update

from monitor.domain.alerts import Delivery, DeliveryState, Message, Reason
from monitor.domain.delivery import APART, ASKEW, HOUR, MOST_IN_ONE, roundup
from monitor.domain.errors import ConflictError
from monitor.domain.exposure import Severity
from monitor.domain.operations import OUR_SIGHT
from monitor.ports import Hour
from monitor.steps import Claim
from monitor.store.connection import AsyncConnection
from monitor.store.outbox_rows import UNFINISHED, delivery_of, row_of
from monitor.store.telling_tables import deliveries

_AT_ONCE = 200  # rows that are decoded together

_COUNTED: tuple[ColumnElement[bool], ...] = (  # `domain.delivery.capped`, in columns
    deliveries.c.severity < Severity.CRITICAL,
    deliveries.c.reason.not_in(APART),
    deliveries.c.incident_id != OUR_SIGHT,
)


def in_hand(delivery: Claim[Delivery]) -> tuple[ColumnElement[bool], ...]:
    """The claimed row, as long as it is this claim's."""
    return (
        deliveries.c.key == delivery.item.key,
        deliveries.c.token == delivery.token,
        deliveries.c.state == DeliveryState.SENDING,
    )


def to_come(target: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What the target would get now and a cap counts, but for what goes by itself: roundups, and second copies."""
    return (
        deliveries.c.target == target,
        deliveries.c.state.in_((DeliveryState.PENDING, DeliveryState.RETRY)),
        deliveries.c.not_before <= now,
        deliveries.c.reason != Reason.MORE,
        ~deliveries.c.repeat,
        *_COUNTED,
    )


async def hour_of(connection: AsyncConnection, target: str, now: datetime) -> Hour:
    """What the target got within the past hour, and how much waits to go now."""
    sent = (
        select(deliveries.c.sent_at)
        .where(
            deliveries.c.target == target,
            deliveries.c.sent_at > now - HOUR,
            deliveries.c.sent_at <= now + ASKEW,
            deliveries.c.state == DeliveryState.SENT,
            *_COUNTED,
        )
        .order_by(deliveries.c.sent_at)
    )
    due = select(func.count()).select_from(deliveries).where(*to_come(target, now))
    return Hour(list(await connection.scalars(sent)), await connection.scalar(due) or 0)


async def rounded_up(
    connection: AsyncConnection, delivery: Claim[Delivery], now: datetime, until: datetime
) -> Claim[Delivery]:
    """One message, leased until then, in the place of the claimed one and of all that goes with it; the claim itself
    when nothing does. Raises ConflictError when the claim is another's now.
    """
    mine = await connection.scalar(select(deliveries.c.no).where(*in_hand(delivery)))
    if mine is None:
        raise ConflictError(f"the lease of delivery {delivery.item.key} was lost")
    left = await _left_over(connection, delivery.item.target, mine, now)
    if not left:
        return delivery
    whole = roundup([delivery.item, *left.values()], now)
    gone = {"state": DeliveryState.SUPERSEDED, "into": whole.key, "last_detail": f"told with others: {whole.key}"}
    given_up = update(deliveries).where(deliveries.c.no == mine)
    await connection.execute(given_up.values(**gone, attempts=deliveries.c.attempts - 1, token=None, lease_until=None))
    numbers = list(left)
    for start in range(0, len(numbers), _AT_ONCE):
        some = deliveries.c.no.in_(numbers[start : start + _AT_ONCE])
        await connection.execute(update(deliveries).where(some).values(gone))
    sending, held = replace(whole, state=DeliveryState.SENDING, attempts=1), {"lease_until": until}
    await connection.execute(deliveries.insert().values(row_of(sending) | {"token": delivery.token} | held))
    return Claim(sending, delivery.token, 1)


async def _left_over(connection: AsyncConnection, target: str, mine: int, now: datetime) -> dict[int, Delivery]:
    """All that the target would get now and a cap counts, by the numbers of the rows, in their order; without what
    stands in line behind something else. Decoded in small portions, as there may be much.
    """
    line = (deliveries.c.no, deliveries.c.incident_id, deliveries.c.seller_id)
    due = (
        (await connection.execute(select(*line).where(*to_come(target, now)).order_by(deliveries.c.no))).tuples().all()
    )
    ours = {mine, *(number for number, *_ in due)}
    unfinished = select(*line).where(deliveries.c.target == target, deliveries.c.state.in_(UNFINISHED))
    first: dict[tuple[str, str], int] = {}  # in each line, what is not ours and goes first
    for number, *whose in (await connection.execute(unfinished.order_by(deliveries.c.no))).tuples():
        if number not in ours:
            first.setdefault((whose[0], whose[1]), number)
    numbers = [no for no, incident_id, seller_id in due if no < first.get((incident_id, seller_id), no + 1)]
    numbers = numbers[: MOST_IN_ONE - 1]
    found: dict[int, Delivery] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        some = deliveries.c.no.in_(numbers[start : start + _AT_ONCE])
        for row in (await connection.execute(select(deliveries).where(some).order_by(deliveries.c.no))).all():
            try:
                found[row.no] = delivery_of(row)
            except ValueError:
                continue  # it is buried when its turn comes
    return {number: one for number, one in found.items() if isinstance(one.message, Message)}
