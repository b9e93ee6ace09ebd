"""One more try at what was given up, since a person asks for it: in its own words while they hold, else as it stands
now. Rows are asked for and kept here; every decision is a function of the domain (`restating`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from monitor.deciding import Watch
from monitor.domain.alerts import Delivery, DeliveryState, Message
from monitor.domain.impact import as_seen_by, impact
from monitor.domain.incidents import Incident
from monitor.domain.playbooks import plan
from monitor.domain.restating import over, overtaken, restated, told_since
from monitor.domain.rulings import standing_acts
from monitor.opened import Store
from monitor.store.restated import replace_dead


@dataclass(slots=True)
class Tried:
    """What became of those that were asked for, by their keys."""

    again: list[str] = field(default_factory=list)  # in the words that they have
    fresh: dict[str, str] = field(default_factory=dict)  # the key of what says it now, as it stands
    over: list[str] = field(default_factory=list)  # nobody need hear of it any more


async def once_more(
    store: Store, watch: Watch, asked: Sequence[Delivery], now: datetime, who: str, old_words: bool = False
) -> Tried:
    """Dead ones go out again, for a day at most. What one target was to hear of one incident is told once: as it stands
    now, if that is otherwise than was written. With `old_words` each goes as it is, and says of when it is."""
    dead = [one for one in asked if one.state is DeliveryState.DEAD]
    tried = Tried()
    same: list[str] = []
    if old_words:
        same = [one.key for one in dead]
    else:
        dead.sort(key=_whose)
        for _, some in groupby(dead, _whose):
            same += await _stands(store, watch, list(some), now, who, tried)
    if same:
        tried.again = await store.outbox.again(list(dict.fromkeys(same)), now, now + watch.policy.page_for, who)
    return tried


async def _stands(
    store: Store, watch: Watch, dead: Sequence[Delivery], now: datetime, who: str, tried: Tried
) -> Sequence[str]:
    """Of what one target was to hear of one incident, the keys that go out as they are."""
    first = dead[0]
    seller = next((one for one in watch.sellers if one.id == first.seller_id), None)
    target = next((one for one in watch.targets if one.id == first.target), None)
    found = await store.ledger.incidents([first.incident_id])
    if seller is None or target is None or not found:
        return [one.key for one in dead]
    incident = as_seen_by(found[0], seller, watch.kin)
    moved = [one for one in dead if _moved(one, incident)]
    still = [one.key for one in dead if one not in moved]
    if not moved:
        return still
    keys, new = [one.key for one in moved], None
    spoken = await store.ledger.spoken(incident.id)
    waits = [one for one in spoken if _whose(one) == _whose(first) and one.state is DeliveryState.DEAD]
    into = told_since(moved[-1], spoken) or next((one for one in reversed(waits) if not _moved(one, incident)), None)
    if into is None and not over(incident):
        tasks = plan(incident, watch.playbooks, standing_acts(await store.ledger.acts(incident.id)), seller.id)
        weighed = impact(incident, seller, now.date(), watch.kin)
        into = new = restated(moved[0], incident, weighed, target, watch.policy, watch.kin, tasks, now)
    if into is None:
        tried.over += keys
    elif await replace_dead(store.database, keys, into.key, f"as it stands now, for {who}", [new] if new else [], now):
        tried.fresh |= dict.fromkeys(keys, into.key)
    return still or ([into.key] if into is not None and into.state is DeliveryState.DEAD else [])


def _whose(one: Delivery) -> tuple[str, str, str, str]:
    return one.incident_id, one.seller_id, one.target, one.channel


def _moved(one: Delivery, incident: Incident) -> bool:
    return isinstance(one.message, Message) and overtaken(one.message, incident)
