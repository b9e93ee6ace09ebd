"""What people do to incidents: each act is decided on fresh rows, and kept with all that follows from it.

A daemon may work at the same time: whoever comes second finds other rows (`ConflictError`) and decides again.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from monitor.answers import ActRefusedError, Answers, Hand, Outcome, decisions, link_act
from monitor.deciding import Decided
from monitor.domain.deadlines import Deadline
from monitor.domain.impact import as_seen_by, places_hit
from monitor.domain.incidents import Evidence, Incident, drilled
from monitor.domain.playbooks import Task, plan, steps_for
from monitor.domain.reminders import to_do
from monitor.domain.rulings import Act, ActKind, Ruling, RulingKind, standing_acts
from monitor.domain.signals import Status
from monitor.steps import Step

__all__ = ["ActRefusedError", "Acts", "Hand", "Outcome", "decisions", "link_act"]


class Acts(Answers):
    """Does to the incidents of one ledger what people ask for. Incidents are named by their whole ids.

    Every act raises ActRefusedError, ConflictError when others are quicker again and again, StoreUnavailableError.
    """

    async def merge(self, one: str, other: str, hand: Hand) -> Incident:
        """Both report one event, whatever the machine makes of them now and later. Returns the one that goes on."""

        async def decide() -> tuple[Step, str]:
            first, second = await self._standing(one), await self._standing(other)
            if first.id == second.id:
                raise ActRefusedError("{one} and {other} are one incident already", one=one[:10], other=other[:10])
            ruling = hand.ruling(RulingKind.SAME, first.evidence, second.evidence)
            decided = await self._deciding.resolve((), hand.at, [ruling], [first, second])
            holder = _holder(decided, first.evidence[0]) or first.id
            gone = second.id if holder == first.id else first.id
            return self._step(decided, [ruling], [hand.act(ActKind.MERGE, holder, gone)], hand), holder

        return await self._done(decide)

    async def split(self, id: str, documents: Collection[str], hand: Hand) -> Incident:
        """What these documents (ids, or how they begin) say is of another event. Returns the one that has it now."""

        async def decide() -> tuple[Step, str]:
            incident = await self._standing(id)
            leaving, staying = _sorted_out(incident, documents)
            ruling = hand.ruling(RulingKind.APART, leaving, staying)
            decided = await self._deciding.resolve((), hand.at, [ruling], [incident])
            holder = _holder(decided, leaving[0])
            if holder is None or holder == incident.id:
                stays = _holder(decided, staying[0])
                if stays is None or stays == holder:
                    raise ActRefusedError(
                        "{id} cannot be split so: a newer ruling keeps it together", id=incident.id[:10]
                    )
                holder = holder or incident.id
            return self._step(decided, [ruling], [hand.act(ActKind.SPLIT, incident.id, holder)], hand), holder

        return await self._done(decide)

    async def done(self, id: str, subject: str, hand: Hand) -> Incident:
        """A deadline ("deadline:ROLE:DATE") or a step of a playbook ("step:ID") is taken care of."""

        async def decide() -> tuple[Step, str]:
            incident = await self._standing(id, empty=True)
            self._check_hit(hand.seller_id, incident)
            known = standing_acts(await self._ledger.acts(incident.id))
            if before := known.get((hand.seller_id, subject)):
                raise ActRefusedError(
                    "{what} was done on {at} by {who}",
                    what=subject,
                    at=f"{before.at:%Y-%m-%d %H:%M}",
                    who=before.who,
                )
            self._check(subject, incident)
            return Step(hand.at, acts=[hand.act(ActKind.DONE, incident.id, subject)]), incident.id

        return await self._done(decide)

    async def undone(self, id: str, subject: str, hand: Hand) -> Incident:
        """It is to be done after all."""

        async def decide() -> tuple[Step, str]:
            incident = await self._standing(id, empty=True)
            done = standing_acts(await self._ledger.acts(incident.id))
            if (hand.seller_id, subject) not in done:
                names = ", ".join(subject for _, subject in done)
                if not names:
                    raise ActRefusedError(
                        "{what} is not done, and nothing else of {id} is", what=subject, id=incident.id[:10]
                    )
                raise ActRefusedError(
                    "{what} is not done; of {id} that is: {names}",
                    what=subject,
                    id=incident.id[:10],
                    names=names,
                )
            return Step(hand.at, acts=[hand.act(ActKind.UNDONE, incident.id, subject)]), incident.id

        return await self._done(decide)

    async def to_do(self, id: str, seller_id: str) -> tuple[Sequence[Deadline], Sequence[Task]]:
        """What it asks of that seller and nobody did yet: deadlines, and steps of the playbook."""
        incident = await self._standing(id, empty=True)
        if incident.closed is not None or incident.status is Status.REVERSED:
            return (), ()
        seller = next((one for one in self._watch.sellers if one.id == seller_id), None)
        seen = as_seen_by(incident, seller, self._watch.kin) if seller else incident
        done = standing_acts(await self._ledger.acts(incident.id))
        tasks = plan(seen, self._watch.playbooks, done, seller_id)
        return tuple(to_do(seen, seller_id, done)), [task for task in tasks if task.open]

    def _check_hit(self, seller_id: str, incident: Incident) -> None:
        """What is done at one desk is done for a seller whom it hits; an invented event is at every desk."""
        if not seller_id or drilled(incident.evidence):
            return
        hit = [one.id for one in self._watch.sellers if not one.positions or places_hit(incident, one, self._watch.kin)]
        if seller_id in hit:
            return
        values = {"id": incident.id[:10], "seller": seller_id}
        if not hit:
            raise ActRefusedError("{id} does not hit {seller}, nor anybody else", **values)
        raise ActRefusedError("{id} does not hit {seller}; it hits {names}", **values, names=", ".join(hit))

    def _check(self, named: str, incident: Incident) -> None:
        deadlines = [f"deadline:{deadline.role.value}:{deadline.date}" for deadline in incident.deadlines]
        steps = [step.subject for _, step in steps_for(incident.event_type, self._watch.playbooks)]
        if named not in (*deadlines, *steps):
            if not deadlines and not steps:
                raise ActRefusedError(
                    "{what} is neither a deadline nor a step of {id}; it has nothing to do",
                    what=named,
                    id=incident.id[:10],
                )
            raise ActRefusedError(
                "{what} is neither a deadline nor a step of {id}; it has {names}",
                what=named,
                id=incident.id[:10],
                names=", ".join((*deadlines, *steps)),
            )

    @staticmethod
    def _step(decided: Decided, rulings: Sequence[Ruling], acts: Sequence[Act], hand: Hand) -> Step:
        return replace(decided.step(hand.at), rulings=rulings, acts=[*decided.acts, *acts])


def _holder(decided: Decided, item: Evidence) -> str | None:
    """Which of the changed incidents has it."""
    return next((one.id for one in decided.incidents if any(held.key == item.key for held in one.evidence)), None)


def _sorted_out(incident: Incident, documents: Collection[str]) -> tuple[list[Evidence], list[Evidence]]:
    """The evidence of those documents, and the rest; both there."""
    known = sorted({item.document_id for item in incident.evidence})
    chosen: set[str] = set()
    for named in documents:
        meant = [id for id in known if id.startswith(named)]
        if named in known:
            meant = [named]
        if len(meant) != 1:
            has = {"what": named, "id": incident.id[:10], "names": ", ".join(id[:10] for id in known[:20])}
            if meant:
                raise ActRefusedError("{what} is the start of several documents of {id}; it has {names}", **has)
            raise ActRefusedError("{what} is no document of {id}; it has {names}", **has)
        chosen.update(meant)
    leaving = [item for item in incident.evidence if item.document_id in chosen]
    staying = [item for item in incident.evidence if item.document_id not in chosen]
    if not staying:
        raise ActRefusedError("these are all its documents: nothing would be left to split from")
    if not leaving:
        raise ActRefusedError("name the documents that report another event")
    return leaving, staying
