"""What people answered: questions in the outbox that nobody need look into any more, acts that hold for a part too."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import replace

from monitor.domain.addressing import folded
from monitor.domain.alerts import Delivery, DeliveryState, Told
from monitor.domain.documents import digest
from monitor.domain.handling import settled, taken_back
from monitor.domain.impact import Impact
from monitor.domain.incidents import Incident
from monitor.domain.rulings import Act, standing_acts
from monitor.ports import Ledger


async def answered(ledger: Ledger, incident: Incident, impact: Impact, told: Told) -> tuple[Sequence[Delivery], Told]:
    """Those of the seller who was `told`, and what that seller knows without them: all of it if they arrived anywhere,
    else what was known before. Rows are asked for only where there was ever a question. Raises UnavailableError."""
    if not told.question and not told.asked:
        return (), told
    rows = [one for one in await ledger.spoken(incident.id) if one.seller_id == told.seller_id]
    moot = settled(rows, incident, impact)
    if not moot:
        return (), told
    keys, gone = {one.key for one in rows}, {one.key for one in moot}
    whose = told.incident_id, told.seller_id
    known = taken_back({whose: told}, [one if one.key in gone else _as_heard(one, keys) for one in rows])
    return moot, known.get(whose, told)


async def done_as_well(ledger: Ledger, parent: str, child: str) -> Sequence[Act]:
    """What was done of an incident is done of the one that came out of it."""
    done = standing_acts(await ledger.acts(parent)).values()
    return [replace(act, id=digest(child, act.id), incident_id=child) for act in done]


def _as_heard(row: Delivery, keys: Collection[str]) -> Delivery:
    """What stays in the outbox is on its way, and what went into a roundup is too."""
    rolled_up = row.state is DeliveryState.SUPERSEDED and row.into and row.into not in keys
    waits = row.state in (DeliveryState.PENDING, DeliveryState.RETRY)
    return replace(row, state=DeliveryState.SENDING) if waits or rolled_up else row


async def withdrawn(
    moot: Iterable[Delivery],
    made: list[Delivery],
    again: Callable[[Delivery], Awaitable[Sequence[Delivery]]],
) -> Sequence[str]:
    """The keys of these answered questions that are withdrawn. What is `made` for the same target says what else such a
    message was to tell; where nothing is, `again` says what its target does not know without it. Both may grow `made`.

    One that was never tried is left to the outbox, which folds it into what is made.
    """
    keys = []
    for row in moot:
        line = row.incident_id, row.seller_id, row.target
        if all((one.incident_id, one.seller_id, one.target) != line for one in made):
            made += await again(row)
        instead = [n for n, one in enumerate(made) if (one.incident_id, one.seller_id, one.target) == line]
        if instead and row.state is DeliveryState.PENDING and not row.attempts:
            continue
        for number in instead:
            made[number] = folded(made[number], row)
        keys.append(row.key)
    return keys
