"""Machines that remember what is open, and incidents that become one, or two: what is gone ends there, what goes on by
itself is open there. People need no word of it: they were told of all that it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.domain.addressing import route, tell
from monitor.domain.alerts import Delivery, Message, Told
from monitor.domain.endings import gone_into, held_open, machines, not_here, on_its_own
from monitor.domain.exposure import Seller
from monitor.domain.handling import Whose
from monitor.domain.impact import as_seen_by, impact
from monitor.domain.incidents import drilled
from monitor.domain.resolution import Resolved
from monitor.domain.signals import Status
from monitor.ports import Ledger
from monitor.steps import SentAlert

if TYPE_CHECKING:
    from monitor.deciding import Watch


@dataclass(slots=True)
class Handed:
    """What machines hear of it, as parts of a step."""

    deliveries: list[Delivery] = field(default_factory=list)
    alerts: list[SentAlert] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)


async def handed_on(
    ledger: Ledger,
    watch: "Watch",
    resolved: Resolved,
    known: Mapping[Whose, Told],
    said: Sequence[Delivery],
    now: datetime,
) -> Handed:
    """What the machines of the `watch` hear of incidents that went into others or were split, beside what is `said` of
    them anyway; `known` is what sellers were told. Rows are asked for only where there are such incidents."""
    handed, gone, split = Handed(), resolved.merged, resolved.parted
    ears = machines(watch.targets)
    if not ears or not (gone or split):
        return handed
    ids = {*gone, *gone.values(), *split.values()}
    spoken = {id: await ledger.spoken(id) for id in sorted(ids)}
    saying = {(one.incident_id, one.seller_id, one.target) for one in said}
    went = {one.id: one for one in resolved.incidents}
    for seller in watch.sellers:
        held = {id: held_open(rows, seller.id, ears) for id, rows in spoken.items()}
        for id, into in gone.items():
            over = [
                gone_into(held[id][ear.id], ear, went[into], watch.policy, now) for ear in ears if ear.id in held[id]
            ]
            _note(handed, over, went[id].revision)
            if over:
                handed.told.append(_as_heard(over[0], seller, now))
        for id in dict.fromkeys((*gone.values(), *split, *split.values())):
            whole = went.get(id)
            told = known.get((id, seller.id))
            if whole is None or told is None or not whole.evidence or drilled(whole.evidence):
                continue
            if whole.closed is not None or whole.status is Status.REVERSED:
                continue  # whoever hears that hears it by the laws that hold for all
            here = set(held.get(id, ()))
            there = {ear for other, its in gone.items() if its == id for ear in held[other]}
            there |= set(held[split[id]]) if id in split else set()
            silent = [ear for ear in ears if (id, seller.id, ear.id) not in saying]
            seen = as_seen_by(whole, seller, watch.kin)
            weighed = impact(seen, seller, now.date(), watch.kin)
            if weighed.exposed:
                wanting = route(weighed, seen, [ear for ear in silent if ear.id in there - here])
                made = on_its_own(whole, seller, told, wanting, watch.policy, watch.kin, now)
            else:
                made = not_here(whole, seller, told, [e for e in silent if e.id in here], watch.policy, watch.kin, now)
            _note(handed, made, whole.revision)
    return handed


def _note(handed: Handed, made: Sequence[Delivery], revision: int) -> None:
    """They are to be sent, by one decision."""
    if not made:
        return
    one, targets = made[0], tuple(delivery.target for delivery in made)
    assert isinstance(one.message, Message), "each is about an incident"
    why, at = one.message.why, one.message.made_at
    handed.deliveries += made
    handed.alerts.append(
        SentAlert(one.alert_id, one.incident_id, revision, one.seller_id, at, one.reason, why, targets)
    )


def _as_heard(over: Delivery, seller: Seller, now: datetime) -> Told:
    """What was told of what is gone, the end included."""
    message = over.message
    assert isinstance(message, Message), "each is about an incident"
    return tell(message.incident, seller, message.impact, now, message.before)
