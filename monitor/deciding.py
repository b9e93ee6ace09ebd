"""What evidence changes, and who hears of it: from the incidents near by to a step that is ready to be kept.

Nothing is kept here and no rule lives here: rows are asked for, and every decision is a function of the domain.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from monitor.domain.addressing import deliveries, tell
from monitor.domain.alerts import Delivery, Hold, HoldReason, Message, Policy, Reason, Send, Target, Told
from monitor.domain.exposure import Seller
from monitor.domain.faint import times
from monitor.domain.handling import Whose, adds, beside, carried, heard, of_part, rests
from monitor.domain.impact import as_seen_by, impact
from monitor.domain.incidents import Evidence, Incident, drilled
from monitor.domain.inhibition import RANK
from monitor.domain.platforms import Platform, platform_keys
from monitor.domain.playbooks import Playbook, Task, plan
from monitor.domain.policy import Ears, Judgement, Situation, Spoken, addressed, judge, mutable, stopped, waiting
from monitor.domain.resolution import Kinship, Resolution, Resolved, kinship
from monitor.domain.rulings import Act, Ruling, standing_acts
from monitor.domain.sources import Source
from monitor.domain.waits import Calm
from monitor.handing_on import handed_on
from monitor.ports import Ledger
from monitor.rewording import reworded
from monitor.settling import answered, done_as_well, withdrawn
from monitor.steps import HeldAlert, SentAlert, Step


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
        ids = {seller.id for seller in sellers}
        ears = [replace(one, shared=len(ids.intersection(one.sellers or ids)) > 1) for one in targets]
        return cls(known, sellers, ears, policy, kinship(platforms), playbooks)


@dataclass(slots=True)
class Decided:
    """What is to be kept of a decision: parts of a `Step`, by its names."""

    incidents: Sequence[Incident] = ()
    told: list[Told] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    alerts: list[SentAlert] = field(default_factory=list)
    held: list[HeldAlert] = field(default_factory=list)
    withdrawn: Sequence[str] = ()
    untold: Sequence[Whose] = ()
    acts: Sequence[Act] = ()
    reworded: Sequence[Delivery] = ()

    def step(self, now: datetime) -> Step:
        """As a step of its own, to which others may add."""
        return Step(
            at=now,
            incidents=self.incidents,
            told=self.told,
            deliveries=self.deliveries,
            alerts=self.alerts,
            held=self.held,
            withdrawn=self.withdrawn,
            untold=self.untold,
            acts=self.acts,
            reworded=self.reworded,
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
        """Let `known` grow to all incidents within reach, with the rulings on all their evidence; and see which faint
        texts wait there."""
        documents, keys, asked = {item.document_id for item in evidence}, frozenset[str](), set[str]()
        spells, faint, sought = times(evidence), list[Evidence](), frozenset[str]()
        stands = any(not item.signal.faint for item in evidence)  # faint texts follow no faint text
        while True:
            here = {item.key for incident in known.values() for item in incident.evidence}
            rulings = [*await self._ledger.rulings(here | {item.key for item in (*evidence, *faint)}), *ruled]
            resolution = Resolution(evidence, known, rulings, self._watch.kin, faint)
            reached = resolution.reach
            documents |= {document_id for ruling in rulings for document_id, _ in ruling.keys}
            if reached <= keys and documents <= asked:
                if reached <= sought or not spells or not (stands or rulings):
                    return resolution
                waiting = await self._ledger.faint_near(reached - sought, spells)
                if not waiting:
                    return resolution
                faint, sought = [*faint, *waiting], sought | reached
                continue
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
        parts, rest = {one.id: one for one in changed}, rests(changed, split)
        for of in (known, whole):
            of |= {
                whose: of_part(one, parts[whose[0]], rest[whose[0]]) for whose, one in of.items() if whose[0] in rest
            }
        before = {into: [one for one in gone if gone[one] == into] for into in gone.values()}
        before |= {child: [parent] for child, parent in split.items()}
        going_on = [incident for incident in changed if not incident.merged_into]
        said = await self.say(going_on, now, known, before)
        said.deliveries = [beside(one, rest.get(one.incident_id, ())) for one in said.deliveries]
        spoken = {(told.incident_id, told.seller_id) for told in said.told}
        # What nobody heard is taken back where something is said now, or all of it is known; else it goes on its way.
        going = {whose for whose, told in whole.items() if whose not in spoken and adds(told, known.get(whose))}
        known |= {whose: whole[whose] for whose in going}
        now_of = {one.key: (gone.get(one.incident_id, one.incident_id), one.seller_id) for one in unheard}
        silent = [key for key, whose in now_of.items() if whose not in going]
        said.withdrawn = list(dict.fromkeys((*said.withdrawn, *silent)))
        said.told += [
            told
            for whose, told in known.items()
            if whose not in spoken and whose[0] not in gone and kept.get(whose) != told
        ]
        lost = [whose for whose in kept if whose[0] in gone or (whose not in known and whose not in spoken)]
        said.untold = list(dict.fromkeys((*said.untold, *lost)))
        said.incidents = changed
        said.reworded, learnt = await reworded(
            self._ledger, self._watch, going_on, known, said.deliveries, self._tasks, now
        )
        said.told += [one for one in learnt if (one.incident_id, one.seller_id) not in spoken]
        handed = await handed_on(self._ledger, self._watch, resolved, whole, said.deliveries, now)
        said.deliveries, said.alerts = [*said.deliveries, *handed.deliveries], [*said.alerts, *handed.alerts]
        said.told += handed.told
        said.acts = [act for child, parent in split.items() for act in await done_as_well(self._ledger, parent, child)]
        return said

    async def _tasks(self, incident: Incident, seller: Seller, was: Sequence[str] = ()) -> Sequence[Task]:
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
        for whole in sorted(incidents, key=lambda one: -RANK[one.event_type]):  # what is larger holds what is smaller
            if drilled(whole.evidence):
                continue  # invented: it is told to those who hear drills, and weighs nothing for anybody
            for seller in watch.sellers:
                incident = as_seen_by(whole, seller, watch.kin)
                weighed, before = impact(incident, seller, now.date(), watch.kin), told.get((whole.id, seller.id))
                was: Sequence[str] = became.get(whole.id, ())
                moot: Sequence[Delivery] = ()
                if before and not was:  # else it is seen to when the rows have gone with it: within the hour
                    moot, before = await answered(self._ledger, incident, weighed, before)
                situation = Situation(incident, weighed, before, watch.policy, now, kin=watch.kin)
                judged = judge(situation)
                if isinstance(judged.verdict, Send):
                    if (
                        situation.all_clear or addressed(situation, watch.targets)[0]
                    ):  # else nobody is to hear it anyway
                        situation = await self._looked_into(situation, seller, was, incidents, said)
                        judged = judge(situation)
                    judged = await self._speak(situation, judged, seller, was, said)
                if isinstance(judged.verdict, Hold):
                    held = HeldAlert(whole.id, whole.revision, seller.id, now, judged.verdict, judged.trail)
                    said.held.append(held)
                if moot:
                    await self._take_back(moot, situation, seller, told[whole.id, seller.id], said)
        return said

    async def _take_back(
        self, moot: Sequence[Delivery], situation: Situation, seller: Seller, told: Told, said: Decided
    ) -> None:
        """Answered questions, and what the seller knows without them."""

        async def again(row: Delivery) -> Sequence[Delivery]:
            """What else it was to tell its target, who may know less than others of the same seller."""
            before = row.message.before if isinstance(row.message, Message) else None
            here = await self._looked_into(replace(situation, told=before), seller, (), (), said)
            judged, ear = judge(here), [one for one in self._watch.targets if one.id == row.target]
            if not isinstance(judged.verdict, Send) or here.all_clear or not ear:  # that goes to whom the alarm went
                return ()
            return await self._made(here, judged, judged.verdict, seller, ear, (), said)

        keys = await withdrawn(moot, said.deliveries, again)
        said.withdrawn = list(dict.fromkeys((*said.withdrawn, *keys)))
        whose = told.incident_id, told.seller_id
        spoken = {(one.incident_id, one.seller_id) for one in said.told}
        if situation.told is not None and situation.told != told and whose not in spoken and whose not in said.untold:
            said.told.append(situation.told)

    async def _looked_into(
        self, situation: Situation, seller: Seller, was: Sequence[str], changed: Sequence[Incident], said: Decided
    ) -> Situation:
        """With what matters only to who would speak: what people did, what was said before, what is larger."""
        ids = (situation.incident.id, *was)
        done = await self._ledger.acts_on(ids)
        spoken = [
            Spoken(one.at, one.reason, one.targets)
            for one in await self._ledger.alerts(ids)
            if one.seller_id == seller.id
        ]
        acts = sorted((act for some in done.values() for act in some), key=lambda act: (act.at, act.id))
        larger = await self._larger(situation, seller, changed, said) if mutable(situation) else ()
        return replace(situation, acts=acts, spoken=spoken, larger=larger)

    async def _larger(
        self, situation: Situation, seller: Seller, changed: Sequence[Incident], said: Decided
    ) -> Sequence[tuple[Incident, Told]]:
        """What may hold it: incidents of a higher rank on the same platforms of which the seller was told, until now or
        by this very step."""
        kin, rank = self._watch.kin, RANK[situation.incident.event_type]
        names = {*situation.incident.platforms, *(hit.platform for hit in situation.impact.hits)}
        near = await self._ledger.incidents_near(platform_keys(names, kin), (), situation.now)
        known = {one.id: one for one in (*near, *changed) if RANK[one.event_type] > rank}
        told = {one.incident_id: one for one in await self._ledger.told(sorted(known)) if one.seller_id == seller.id}
        told |= {one.incident_id: one for one in said.told if one.seller_id == seller.id}
        return [(as_seen_by(one, seller, kin), told[one.id]) for one in known.values() if one.id in told]

    async def _speak(
        self, situation: Situation, judged: Judgement, seller: Seller, was: Sequence[str], said: Decided
    ) -> Judgement:
        """Address it and note it down; what nobody is to hear comes back held."""
        watch, send, incident = self._watch, judged.verdict, situation.incident
        if isinstance(send, Hold):
            return judged
        ears: Ears | None = None
        if send.reason is Reason.ALL_CLEAR:
            rows = [one for id in (incident.id, *was) for one in await self._ledger.spoken(id)]
            rows = [one for one in rows if one.seller_id == seller.id]
            if any(one.reason is not Reason.REPEAT for one in rows):  # else it is a part of what people heard of
                ears = Ears.of(rows)
                said.withdrawn = [*said.withdrawn, *(one.key for one in ears.moot if one.incident_id == incident.id)]
            if ears and not ears.heard:
                said.untold = [*said.untold, (incident.id, seller.id)]
                return stopped(judged, "heard", Hold(HoldReason.NOTHING_NEW, "reversed before anybody heard of it"))
        targets, words = addressed(situation, watch.targets, ears.heard if ears else None)
        judged = replace(judged, trail=(*judged.trail, *words))
        if not targets:
            return stopped(
                judged, "targets", Hold(HoldReason.NO_TARGET, f"{send.reason.value}, but no target wants it")
            )
        said.deliveries += await self._made(situation, judged, send, seller, targets, was, said)
        said.told.append(tell(incident, seller, situation.impact, situation.now, situation.told))
        return judged

    async def _made(
        self,
        situation: Situation,
        judged: Judgement,
        send: Send,
        seller: Seller,
        targets: Sequence[Target],
        was: Sequence[str],
        said: Decided,
    ) -> Sequence[Delivery]:
        """One for each target, the decision noted down."""
        incident, now, policy = situation.incident, situation.now, self._watch.policy
        last = {target: one.at for one in situation.spoken for target in one.targets}
        calm = Calm(await self._ledger.silences(now), last, self._watch.kin)
        tasks = await self._tasks(incident, seller, was)
        made = deliveries(incident, seller, situation.impact, send, situation.told, targets, policy, now, tasks, calm)
        trail = (*judged.trail, *map(waiting, filter(lambda one: one.waits_for, made)))
        heard_by, revision = tuple(target.id for target in targets), incident.revision
        said.alerts.append(
            SentAlert(
                made[0].alert_id, incident.id, revision, seller.id, now, send.reason, send.detail, heard_by, trail
            )
        )
        return made
