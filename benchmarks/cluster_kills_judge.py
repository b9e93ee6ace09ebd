"""What came of `cluster_kills.py`: the ledger, the sinks' logs and what was published, joined."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from cluster_kills_world import TARGETS, World

from monitor.domain.alerts import DeliveryState, Reason
from monitor.domain.signals import Status
from monitor.ledger_check import Receipt, check
from monitor.store.audit import books
from monitor.store.database import Database
from monitor.store.desk import SqlDesk

ONCE = frozenset({Reason.FIRST, Reason.NEW_RUNG, Reason.ALL_CLEAR})
"""Reasons that say that an incident stands on another rung than the seller knew."""


@dataclass
class Verdict:
    """Figures, and what is wrong in words."""

    incidents: int = 0
    decisions: int = 0
    deliveries: int = 0
    received: int = 0
    lost: int = 0
    unmarked: int = 0
    marked: int = 0
    quarantined: int = 0
    late: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


async def judge(
    url: str, world: World, received: Sequence[Receipt], late: list[float], undrained: Sequence[str]
) -> Verdict:
    """`late` is by how much looks were late, `undrained` what was still to do at the end."""
    verdict = Verdict(late=late, wrong=list(undrained))
    database = await Database.open(url, migrate=False)
    try:
        desk, found = SqlDesk(database), await books(database)
        counts, incidents = await desk.counts(), await desk.incidents(10_000, include_closed=True)
        report = check(found, received)
        verdict.incidents, verdict.quarantined = len(incidents), counts.quarantined
        verdict.decisions, verdict.deliveries, verdict.received = report.decisions, report.deliveries, len(received)
        verdict.lost, verdict.unmarked, verdict.marked = report.lost, report.unmarked, report.marked
        verdict.wrong += [f"{one.fault.value} {one.key}: {one.detail}" for one in report.findings]
        verdict.wrong += [f"{one.key} is dead: {one.detail}" for one in report.dead]
        if counts.quarantined:
            verdict.wrong.append(f"{counts.quarantined} captures are set aside")
        of_event: dict[tuple[str, str], list[str]] = {(one.platform, one.country): [] for one in world.events}
        status = {incident.id: incident.status for incident in incidents}
        for incident in incidents:
            for platform in incident.platforms:
                for country in incident.regions:
                    of_event.setdefault((platform, country), []).append(incident.id)
        said: dict[tuple[str, str], list[str]] = defaultdict(list)  # rungs in their order, by incident and target
        heard: set[tuple[str, str]] = set()
        arrived = {receipt.key for receipt in received}
        for delivery in reversed(await desk.deliveries(limit=1_000_000)):
            if delivery.key in arrived:
                heard.add((delivery.incident_id, delivery.target))
            if delivery.reason in ONCE and delivery.state is not DeliveryState.SUPERSEDED:  # that was taken back
                said[delivery.incident_id, delivery.target].append(delivery.rung.value)
        for (id, who), rungs in said.items():
            if any(rung == again for rung, again in pairwise(rungs)):
                verdict.wrong.append(f"{id}: decided twice for {who}: {', '.join(rungs)}")
        for event in world.events:
            ids = of_event[event.platform, event.country]
            name = f"{event.platform} in {event.country} ({', '.join(event.said)})"
            if len(ids) != 1 and event.official:
                verdict.wrong.append(f"{name} has {len(ids)} incidents")
                continue
            for id in ids:
                if event.taken_back != (status[id] is Status.REVERSED):
                    verdict.wrong.append(f"{name} stands at {status[id].value}")
                if event.official and not event.taken_back:
                    verdict.wrong += [f"{name}: {who} never heard" for who in TARGETS if (id, who) not in heard]
    finally:
        await database.close()
    return verdict
