"""What evidence changes, and who hears of it: from the incidents near by to a step that is ready to be kept.

Nothing is kept here and no rule lives here: rows are asked for, and every decision is a function of the domain.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from monitor.domain.addressing import deliveries, route, tell
from monitor.domain.alerts import Delivery, Hold, HoldReason, Message, Policy, Send, Target, Told
from monitor.domain.decisions import decide
from monitor.domain.documents import digest
from monitor.domain.exposure import Seller
from monitor.domain.handling import Whose, adds, carried, heard, of_part
from monitor.domain.impact import impact
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.platforms import Platform
from monitor.domain.playbooks import Playbook, Task, plan
from monitor.domain.resolution import Kinship, Resolution, Resolved, kinship
from monitor.domain.rulings import Act, Ruling, standing_acts
from monitor.domain.sources import Source
from monitor.ports import HeldAlert, Ledger, Step


@dataclass(frozen=True, slots=True)
class Watch:
    """What is watched and for whom: the part of the configuration that a reload swaps."""

    sources: Mapping[str, Source] = field(default_factory=lambda: MappingProxyType({}))
    sellers: Sequence[Seller] = ()
    targets: Sequence[Target] = ()
    policy: Policy = field(default_factory=Policy)
    kin: Kinship = field(default_factory=lambda: MappingProxyType({}))
    playbooks: Sequence[Playbook] = ()

    @classmethod
    def over(
        cls,
        sources: Iterable[Source],
        sellers: Sequence[Seller],
        targets: Sequence[Target],
        policy: Policy,
        platforms: Iterable[Platform],
        playbooks: Sequence[Playbook] = (),
    ) -> "Watch":
        """From the records of the configuration."""
        known = {source.id: source for source in sources}
        return cls(known, sellers, targets, policy, kinship(platforms), playbooks)


@dataclass(slots=True)
class Decided:
    """What is to be kept of a decision: parts of a `Step`, by its names."""

    incidents: Sequence[Incident] = ()
    told: list[Told] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    held: list[HeldAlert] = field(default_factory=list)
    withdrawn: Sequence[str] = ()
    untold: Sequence[Whose] = ()
    acts: Sequence[Act] = ()

    def step(self, now: datetime) -> Step:
        """As a step of its own, to which others may add."""
        return Step(
            at=now,
            incidents=self.incidents,
            told=self.told,
            deliveries=self.deliveries,
            held=self.held,
            withdrawn=self.withdrawn,
            untold=self.untold,
            acts=self.acts,
        )


class Deciding:
    """Decides from the rows as they are, for those whom `watch` names."""

    def __init__(self, ledger: Ledger, watch: Watch) -> None:
        self._ledger, self._watch = ledger, watch

    async def resolve(
        self, evidence: Sequence[Evidence], now: datetime, ruled: Sequence[Ruling] = (), around: Sequence[Incident] = ()
    ) -> Decided:
        """What new evidence, or a new ruling on the incidents `around`, changes and whom it concerns."""
        if not evidence and not ruled:
            return Decided()
        known = {incident.id: incident for incident in around}
        resolution = await self._look_around(evidence, known, ruled, now)
        return await self._carry(resolution.resolved(now), now)

    async def _look_around(
        self, evidence: Sequence[Evidence], known: dict[str, Incident], ruled: Sequence[Ruling], now: datetime
    ) -> Resolution:
        """Let `known` grow to all incidents within reach, with the rulings on all their evidence."""
        documents, keys, asked = {item.document_id for item in evidence}, frozenset[str](), set[str]()
        while True:
            here = {item.key for incident in known.values() for item in incident.evidence}
            rulings = [*await self._ledger.rulings(here | {item.key for item in evidence}), *ruled]
            resolution = Resolution(evidence, known, rulings, self._watch.kin)
            reached = resolution.reach
            documents |= {document_id for ruling in rulings for document_id, _ in ruling.keys}
            if reached <= keys and documents <= asked:
                return resolution
            near = await self._ledger.incidents_near(reached - keys, documents - asked, now)
            known.update((incident.id, incident) for incident in near if incident.id not in known)
            keys, asked = keys | reached, asked | documents

    async def _carry(self, resolved: Resolved, now: datetime) -> Decided:
        """Decide for what changed, with what was told of incidents that became one, or two."""
        changed, gone, split = resolved.incidents, resolved.merged, resolved.parted
        ids = {*(incident.id for incident in changed), *gone.values(), *split.values()}
        kept = {(told.incident_id, told.seller_id): told for told in await self._ledger.told(sorted(ids))}
        unheard = await self._ledger.unheard(sorted({*gone, *gone.values()})) if gone else ()
        known, whole = carried(heard(kept, unheard), gone, split), carried(kept, gone, split)
        parts, rest = {one.id: one for one in changed}, _rest(changed, split)
        for of in (known, whole):
            of |= {
                whose: of_part(one, parts[whose[0]], rest[whose[0]]) for whose, one in of.items() if whose[0] in rest
            }
        before = {into: [one for one in gone if gone[one] == into] for into in gone.values()}
        before |= {child: [parent] for child, parent in split.items()}
        said = await self.say([incident for incident in changed if not incident.merged_into], now, known, before)
        said.deliveries = [_beside(one, rest.get(one.incident_id, ())) for one in said.deliveries]
        spoken = {(told.incident_id, told.seller_id) for told in said.told}
        # What nobody heard is taken back where something is said now, or all of it is known; else it goes on its way.
        going = {whose for whose, told in whole.items() if whose not in spoken and adds(told, known.get(whose))}
        known |= {whose: whole[whose] for whose in going}
        now_of = {one.key: (gone.get(one.incident_id, one.incident_id), one.seller_id) for one in unheard}
        said.withdrawn = [key for key, whose in now_of.items() if whose not in going]
        said.told += [
            told
            for whose, told in known.items()
            if whose not in spoken and whose[0] not in gone and kept.get(whose) != told
        ]
        said.untold = [whose for whose in kept if whose[0] in gone or (whose not in known and whose not in spoken)]
        said.incidents = changed
        said.acts = [act for child, parent in split.items() for act in await self._done(parent, child)]
        return said

    async def _done(self, parent: str, child: str) -> Sequence[Act]:
        """What was done of an incident is done of the one that came out of it."""
        done = standing_acts(await self._ledger.acts(parent)).values()
        return [replace(act, id=digest(child, act.id), incident_id=child) for act in done]

    async def _tasks(self, incident: Incident, seller: Seller, was: Sequence[str]) -> Sequence[Task]:
        """What the playbooks ask of the seller, with what is done of it, and of what it was before."""
        if not self._watch.playbooks:
            return ()
        acts = [act for id in (incident.id, *was) for act in await self._ledger.acts(id)]
        return plan(incident, self._watch.playbooks, standing_acts(acts), seller.id)

    async def say(
        self,
        incidents: Sequence[Incident],
        now: datetime,
        told: Mapping[Whose, Told] | None = None,
        became: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> Decided:
        """Weigh each incident for each seller, decide, and address what is to be said; `told` if the caller knows it
        better than the ledger, `became` which other incidents one was until now, by its id."""
        watch, said = self._watch, Decided()
        if told is None:
            kept = await self._ledger.told([incident.id for incident in incidents])
            told = {(one.incident_id, one.seller_id): one for one in kept}
        for incident in incidents:
            for seller in watch.sellers:
                before = told.get((incident.id, seller.id))
                weighed = impact(incident, seller, now.date(), watch.kin)
                verdict = decide(incident, weighed, before, watch.policy, now)
                targets = route(weighed, incident, watch.targets, before) if isinstance(verdict, Send) else ()
                if isinstance(verdict, Send) and targets:
                    said.told.append(tell(incident, seller, weighed, now))
                    tasks = await self._tasks(incident, seller, became.get(incident.id, ()))
                    said.deliveries += deliveries(
                        incident, seller, weighed, verdict, before, targets, watch.policy, now, tasks
                    )
                    continue
                if isinstance(verdict, Send):
                    verdict = Hold(HoldReason.NO_TARGET, f"{verdict.reason.value}, but no target wants it")
                said.held.append(HeldAlert(incident.id, incident.revision, seller.id, now, verdict))
        return said


def _rest(changed: Iterable[Incident], split: Mapping[str, str]) -> Mapping[str, Sequence[Incident]]:
    """Of each part of what was `split`, by its id, the other parts."""
    whole = {**split, **{parent: parent for parent in split.values()}}
    parts = [one for one in changed if one.id in whole]
    return {one.id: [other for other in parts if other != one and whole[other.id] == whole[one.id]] for one in parts}


def _beside(delivery: Delivery, others: Sequence[Incident]) -> Delivery:
    """It says too where the rest of what was told goes on, lest that seem to be taken back."""
    if not isinstance(delivery.message, Message) or not others:
        return delivery
    names = "; ".join(f"{one.headline} ({one.id[:10]})" for one in others)
    why = f"{delivery.message.why} What else was told of it goes on as an incident of its own: {names}."
    return replace(delivery, message=replace(delivery.message, why=why))
