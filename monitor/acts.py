"""What people do to incidents: each act is decided on fresh rows, and kept with all that follows from it.

A daemon may work at the same time: whoever comes second finds other rows (`ConflictError`) and decides again.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.deciding import Decided, Deciding, Watch
from monitor.domain.documents import digest
from monitor.domain.errors import ConflictError, SellerwatchError
from monitor.domain.handling import UNSENT, closed, reopened, taken_back
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.playbooks import steps_for
from monitor.domain.rulings import Act, ActKind, Ruling, RulingKind, standing_acts
from monitor.ports import Ledger, Step

TRIES = 5  # against rows that others change


class ActRefusedError(SellerwatchError):
    """What was asked cannot be done; the message says why, and what can."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who does it, when, and why in their words."""

    who: str
    at: datetime
    note: str = ""
    seller_id: str = ""  # whose desk it was; "" when it holds for all

    def act(self, kind: ActKind, incident_id: str, subject: str = "") -> Act:
        """One row of what was done."""
        id = digest(kind, incident_id, subject, self.who, self.seller_id, self.at.isoformat())
        return Act(id, incident_id, kind, self.at, self.who, subject, self.note, self.seller_id)

    def ruling(self, kind: RulingKind, one: Sequence[Evidence], other: Sequence[Evidence]) -> Ruling:
        """Their word on two groups of evidence."""
        left, right = (tuple(sorted(item.key for item in side)) for side in (one, other))
        id = digest(kind, self.who, self.at.isoformat(), *(f"{document}#{number}" for document, number in left))
        return Ruling(id, kind, self.at, self.who, left, right)


class Acts:
    """Does to the incidents of one ledger what people ask for. Incidents are named by their whole ids.

    Every act raises ActRefusedError, ConflictError when others are quicker again and again, StoreUnavailableError.
    """

    def __init__(self, ledger: Ledger, watch: Watch) -> None:
        self._ledger, self._watch, self._deciding = ledger, watch, Deciding(ledger, watch)

    async def merge(self, one: str, other: str, hand: Hand) -> Incident:
        """Both report one event, whatever the machine makes of them now and later. Returns the one that goes on."""

        async def decide() -> tuple[Step, str]:
            first, second = await self._standing(one), await self._standing(other)
            if first.id == second.id:
                raise ActRefusedError(f"{one[:10]} and {other[:10]} are one incident already")
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
                    raise ActRefusedError(f"{incident.id[:10]} cannot be split so: a newer ruling keeps it together")
                holder = holder or incident.id
            return self._step(decided, [ruling], [hand.act(ActKind.SPLIT, incident.id, holder)], hand), holder

        return await self._done(decide)

    async def close(self, id: str, hand: Hand) -> Incident:
        """It concerns nobody here any more: nothing is told of it, and what is not sent yet is taken back."""

        async def decide() -> tuple[Step, str]:
            incident = await self._standing(id, empty=True)
            if incident.closed is not None:
                raise ActRefusedError(f"{incident.id[:10]} is closed already, by {incident.closed.who}")
            kept = {(one.incident_id, one.seller_id): one for one in await self._ledger.told([incident.id])}
            spoken = await self._ledger.spoken(incident.id)
            really = taken_back(kept, spoken)
            decided = Decided(
                incidents=[closed(incident, hand.who, hand.note, hand.at)],
                told=[one for whose, one in really.items() if kept.get(whose) != one],
                withdrawn=[one.key for one in spoken if one.state in UNSENT],
                untold=[whose for whose in kept if whose not in really],
            )
            return self._step(decided, [], [hand.act(ActKind.CLOSE, incident.id)], hand), incident.id

        return await self._done(decide)

    async def reopen(self, id: str, hand: Hand) -> Incident:
        """A closed one is of concern again: sellers hear what they do not know of it."""

        async def decide() -> tuple[Step, str]:
            incident = await self._standing(id, empty=True)
            if incident.closed is None:
                raise ActRefusedError(f"{incident.id[:10]} is not closed")
            again = reopened(incident, hand.who, hand.note, hand.at)
            decided = await self._deciding.say([again], hand.at)
            decided.incidents = [again]
            return self._step(decided, [], [hand.act(ActKind.REOPEN, incident.id)], hand), incident.id

        return await self._done(decide)

    async def done(self, id: str, subject: str, hand: Hand) -> Incident:
        """A deadline ("deadline:ROLE:DATE") or a step of a playbook ("step:ID") is taken care of."""

        async def decide() -> tuple[Step, str]:
            incident = await self._standing(id, empty=True)
            known = standing_acts(await self._ledger.acts(incident.id))
            if before := known.get((hand.seller_id, subject)):
                raise ActRefusedError(f"{subject} was done on {before.at:%Y-%m-%d %H:%M} by {before.who}")
            self._check(subject, incident)
            return Step(hand.at, acts=[hand.act(ActKind.DONE, incident.id, subject)]), incident.id

        return await self._done(decide)

    async def undone(self, id: str, subject: str, hand: Hand) -> Incident:
        """It is to be done after all."""

        async def decide() -> tuple[Step, str]:
            incident = await self._standing(id, empty=True)
            done = standing_acts(await self._ledger.acts(incident.id))
            if (hand.seller_id, subject) not in done:
                what = ", ".join(subject for _, subject in done) or "nothing"
                raise ActRefusedError(f"{subject} is not done; of {incident.id[:10]} that is: {what}")
            return Step(hand.at, acts=[hand.act(ActKind.UNDONE, incident.id, subject)]), incident.id

        return await self._done(decide)

    def _check(self, named: str, incident: Incident) -> None:
        deadlines = [f"deadline:{deadline.role.value}:{deadline.date}" for deadline in incident.deadlines]
        steps = [step.subject for _, step in steps_for(incident.event_type, self._watch.playbooks)]
        if named not in (*deadlines, *steps):
            has = ", ".join((*deadlines, *steps)) or "nothing to do"
            raise ActRefusedError(f"{named!r} is neither a deadline nor a step of {incident.id[:10]}; it has {has}")

    @staticmethod
    def _step(decided: Decided, rulings: Sequence[Ruling], acts: Sequence[Act], hand: Hand) -> Step:
        return replace(decided.step(hand.at), rulings=rulings, acts=[*decided.acts, *acts])

    async def _standing(self, id: str, empty: bool = False) -> Incident:
        """The incident, or the one that it went into."""
        found = await self._ledger.incidents([id])
        while found and found[0].merged_into:
            found = await self._ledger.incidents([found[0].merged_into])
        if not found:
            raise ActRefusedError(f"there is no incident {id!r}")
        if not found[0].evidence and not empty:
            raise ActRefusedError(f"{found[0].id[:10]} has no evidence any more: its sources took it back")
        return found[0]

    async def _done(self, decide: Callable[[], Awaitable[tuple[Step, str]]]) -> Incident:
        for number in range(1, TRIES + 1):
            step, id = await decide()
            try:
                await self._ledger.keep(step)
                break
            except ConflictError:
                if number == TRIES:
                    raise
        return await self._standing(id, empty=True)


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
            what = "is the start of several documents" if meant else "is no document"
            raise ActRefusedError(
                f"{named!r} {what} of {incident.id[:10]}; it has {', '.join(id[:10] for id in known[:20])}"
            )
        chosen.update(meant)
    leaving = [item for item in incident.evidence if item.document_id in chosen]
    staying = [item for item in incident.evidence if item.document_id not in chosen]
    if not staying:
        raise ActRefusedError("these are all its documents: nothing would be left to split from")
    if not leaving:
        raise ActRefusedError("name the documents that report another event")
    return leaving, staying
