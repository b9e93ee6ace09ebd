"""What went where: deliveries by what a reader asks for, read without what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select

from monitor.domain.alerts import DeliveryState, Reason
from monitor.domain.documents import digest
from monitor.domain.exposure import Severity
from monitor.domain.signals import Status
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.incident_rows import batches
from monitor.store.telling_tables import deliveries


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery without its message. `instead` is the target that hears it in the place of a dead one."""

    no: int
    key: str
    incident_id: str
    seller_id: str
    target: str
    channel: str
    severity: Severity
    rung: Status
    reason: Reason
    state: DeliveryState
    created_at: datetime
    not_before: datetime
    sent_at: datetime | None
    attempts: int
    repeat: bool
    waits_for: str
    last_detail: str
    instead_of: str
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which deliveries; empty fields let all through."""

    target: str = ""
    state: DeliveryState | None = None
    seller: str = ""
    incident: str = ""


async def letters(
    database: Database, chosen: Chosen, before: int, after: int, limit: int, targets: Sequence[str]
) -> tuple[Sequence[Letter], bool]:
    """The newest first: those before a number, or the next ones after it; and whether there are more that way.

    Who hears what was given up is looked for among `targets`, by the key that it has then: a look at every row for the
    one that it takes the place of would read whole messages.
    """
    row = deliveries.c
    columns = (
        row.no, row.key, row.incident_id, row.seller_id, row.target, row.channel, row.severity, row.rung, row.reason,
        row.state, row.created_at, row.not_before, row.sent_at, row.attempts, row.repeat, row.waits_for,
        row.last_detail, row.instead_of,
    )  # fmt: skip
    query = select(*columns).limit(limit + 1)
    query = query.order_by(row.no) if after else query.order_by(row.no.desc())
    for column, value in (
        (row.target, chosen.target),
        (row.state, chosen.state),
        (row.seller_id, chosen.seller),
        (row.incident_id, chosen.incident),
    ):
        if value:
            query = query.where(column == value)
    if after:
        query = query.where(row.no > after)
    elif before:
        query = query.where(row.no < before)

    async def work(connection: AsyncConnection) -> tuple[Sequence[Letter], bool]:
        found = (await connection.execute(query)).all()
        shown = [
            Letter(**(one._asdict() | {
                "severity": Severity(one.severity), "rung": Status(one.rung), "reason": Reason(one.reason),
                "state": DeliveryState(one.state),
            }))
            for one in found[:limit]
        ]  # fmt: skip
        dead = [one.key for one in shown if one.state is DeliveryState.DEAD]
        places = {digest(key, target): (key, target) for key in dead for target in targets}
        others: dict[str, str] = {}
        for some in batches(list(places)):
            named = await connection.scalars(select(row.key).where(row.key.in_(some)))
            others |= dict(places[key] for key in named)
        shown = [replace(one, instead=others.get(one.key, "")) for one in shown]
        return (shown[::-1] if after else shown), len(found) > limit

    return await database.read(work)


async def by_state(database: Database) -> Mapping[DeliveryState, int]:
    """How many deliveries there are in each."""
    query = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)

    async def work(connection: AsyncConnection) -> Mapping[DeliveryState, int]:
        return {DeliveryState(state): number for state, number in await connection.execute(query)}

    return await database.read(work)
