"""How people answer what they are told: heard, taken on, false, not for us; and how they end it and begin it again.

Each act is decided on fresh rows and kept with all that follows from it. A daemon may work at the same time: whoever
comes second finds other rows (`ConflictError`) and decides again.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.deciding import Deciding, Watch
from monitor.domain.alerts import Delivery, Message, Reason, Told
from monitor.domain.documents import digest
from monitor.domain.endings import ended, machines, open_again
from monitor.domain.errors import ConflictError, SellerwatchError
from monitor.domain.handling import NEWS, UNSENT, Whose, answered, closed, reopened, taken_back
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.rulings import Act, ActKind, Ruling, RulingKind, not_for_us
from monitor.domain.signals import Status
from monitor.ports import Ledger
from monitor.steps import SentAlert, Step

TRIES = 5  # against rows that others change
AGAIN = frozenset({Reason.REPEAT, Reason.ESCALATED})
_OVER = {
    ActKind.CLOSE: "closed by {who}",
    ActKind.FALSE_ALARM: "a false alarm, says {who}",
    ActKind.NOT_FOR_US: "not for you, says {who}",
}


class ActRefusedError(SellerwatchError):
    """What was asked cannot be done; `words`, a sentence of the catalogues, say why, and what can."""

    def __init__(self, words: str, /, **values: object) -> None:
        super().__init__(words.format_map(values))
        self.words, self.values = words, values


def link_act(token: str) -> str:
    """The id of the act that a link does."""
    return digest("link", token)


@dataclass(frozen=True, slots=True)
class Hand:
    """Who does it, when, and why in their words."""

    who: str
    at: datetime
    note: str = ""
    seller_id: str = ""  # whose desk it was; "" when it holds for all
    token: str = ""  # of the link that did it: its act is named by it, and so there is one at most

    def act(self, kind: ActKind, incident_id: str, subject: str = "") -> Act:
        """One row of what was done."""
        id = digest(kind, incident_id, subject, self.who, self.seller_id, self.at.isoformat())
        if self.token:
            id = link_act(self.token)
        return Act(id, incident_id, kind, self.at, self.who, subject, self.note, self.seller_id)

    def ruling(self, kind: RulingKind, one: Sequence[Evidence], other: Sequence[Evidence]) -> Ruling:
        """Their word on two groups of evidence."""
        left, right = (tuple(sorted(item.key for item in side)) for side in (one, other))
        id = digest(kind, self.who, self.at.isoformat(), *(f"{document}#{number}" for document, number in left))
        return Ruling(id, kind, self.at, self.who, left, right)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: the act that stands, and whether it stood already."""

    incident: Incident
    act: Act
    again: bool = False


class Answers:
    """Answers on the incidents of one ledger, which are named by their whole ids.

    Every act raises ActRefusedError, ConflictError when others are quicker again and again, StoreUnavailableError.
    """

    def __init__(self, ledger: Ledger, watch: Watch) -> None:
        self._ledger, self._watch, self._deciding = ledger, watch, Deciding(ledger, watch)

    async def ack(self, id: str, hand: Hand) -> Outcome:
        """Somebody has heard it: no repeats and no escalation until there is news."""
        return await self._heard(id, ActKind.ACK, hand)

    async def take(self, id: str, hand: Hand) -> Outcome:
        """Somebody has heard it, and sees to it."""
        return await self._heard(id, ActKind.TAKE, hand)

    async def false_alarm(self, id: str, hand: Hand) -> Outcome:
        """Nothing of the kind happens: closed for all, and whoever was told hears that it was false, once."""

        async def decide(incident: Incident) -> Step | Act:
            if incident.closed is not None and incident.closed.false_alarm:
                return await self._last(incident, ActKind.FALSE_ALARM)
            shut = closed(incident, hand.who, hand.note, hand.at, false_alarm=True)
            return await self._end(shut, hand.act(ActKind.FALSE_ALARM, incident.id), [shut])

        return await self._once(id, decide)

    async def not_for_us(self, id: str, hand: Hand) -> Outcome:
        """True, and no concern of that seller's: nothing more is said of it to them."""

        async def decide(incident: Incident) -> Step | Act:
            before = not_for_us(await self._ledger.acts(incident.id), self._desk(hand))
            return before or await self._end(incident, hand.act(ActKind.NOT_FOR_US, incident.id))

        return await self._once(id, decide)

    async def for_us(self, id: str, hand: Hand) -> Outcome:
        """It is of concern, after all: that seller hears what they do not know of it."""

        async def decide(incident: Incident) -> Step | Act:
            if not_for_us(await self._ledger.acts(incident.id), self._desk(hand)) is None:
                return await self._last(incident, ActKind.FOR_US)
            return Step(hand.at, acts=[hand.act(ActKind.FOR_US, incident.id)])

        outcome = await self._once(id, decide)
        if not outcome.again:  # in a step of its own, as the policy reads the acts that are kept; time repairs a crash

            async def speak() -> tuple[Step, str]:
                incident = await self._standing(id, empty=True)
                return await self._begin_again(incident, outcome.act), incident.id

            await self._done(speak)
        return outcome

    async def close(self, id: str, hand: Hand) -> Incident:
        """It concerns nobody here any more: nothing is told of it, and what is not sent yet is taken back."""

        async def decide() -> tuple[Step, str]:
            incident = await self._standing(id, empty=True)
            if incident.closed is not None:
                raise ActRefusedError("{id} is closed already, by {who}", id=incident.id[:10], who=incident.closed.who)
            shut = closed(incident, hand.who, hand.note, hand.at)
            return await self._end(shut, hand.act(ActKind.CLOSE, incident.id), [shut]), incident.id

        return await self._done(decide)

    async def reopen(self, id: str, hand: Hand) -> Incident:
        """A closed one is of concern again: sellers hear what they do not know of it."""

        async def decide() -> tuple[Step, str]:
            incident = await self._standing(id, empty=True)
            if incident.closed is None:
                raise ActRefusedError("{id} is not closed", id=incident.id[:10])
            again = reopened(incident, hand.who, hand.note, hand.at)
            step = await self._begin_again(again, hand.act(ActKind.REOPEN, incident.id))
            return replace(step, incidents=[again]), incident.id

        return await self._done(decide)

    # --- what follows from them

    async def _heard(self, id: str, kind: ActKind, hand: Hand) -> Outcome:
        """An answer to what each seller of the desk was told last; what waits to be said again is taken back."""

        async def decide(incident: Incident) -> Step | Act:
            spoken = [one for one in await self._ledger.spoken(incident.id) if hand.seller_id in {"", one.seller_id}]
            words = {one.seller_id: one.alert_id for one in spoken if one.reason in NEWS}
            acts = await self._ledger.acts(incident.id)
            given = [answered(acts, alert_id, seller_id) for seller_id, alert_id in words.items()]
            if not words:  # nobody was told of it: whoever says so first
                blank = [one for one in acts if one.kind is kind and not one.subject]
                given = [one for one in blank if one.seller_id == hand.seller_id]
            stands = [one for one in given if one is not None and (kind is ActKind.ACK or one.kind is kind)]
            if stands and len(stands) == len(given):
                return stands[-1]
            if incident.closed is not None:
                raise ActRefusedError(
                    "{id} is closed, by {who}: it asks for no answer",
                    id=incident.id[:10],
                    who=incident.closed.who,
                )
            again = [one.key for one in spoken if one.reason in AGAIN and one.state in UNSENT]
            return Step(hand.at, acts=[hand.act(kind, incident.id, " ".join(words.values()))], withdrawn=again)

        return await self._once(id, decide)

    async def _end(self, incident: Incident, act: Act, changed: Sequence[Incident] = ()) -> Step:
        """Nothing more is told of it, to that seller or to all, and what is not sent yet is taken back. An all clear
        goes to machines, which hold it open, and after a false alarm to everybody whom it concerned."""
        false, one_desk = act.kind is ActKind.FALSE_ALARM, act.kind is ActKind.NOT_FOR_US
        spoken, kept = await self._said(incident, act.seller_id if one_desk else "")
        really, watch, made = taken_back(kept, spoken), self._watch, list[Delivery]()
        acts = await self._ledger.acts(incident.id)
        for seller in watch.sellers:
            known = really.get((incident.id, seller.id))
            if known is None or (false and known.rung is Status.REVERSED):
                continue
            why = _OVER[act.kind].format(who=act.who)
            aloud = false and not not_for_us(acts, seller.id)
            ears = watch.targets if aloud else machines(watch.targets)
            made += ended(incident, seller, known, spoken, ears, watch.policy, watch.kin, act.at, why, act.id)
            if aloud:
                really[incident.id, seller.id] = replace(known, at=act.at, rung=Status.REVERSED)
        return Step(
            act.at,
            incidents=changed,
            told=[one for whose, one in really.items() if kept.get(whose) != one],
            untold=[whose for whose in kept if whose not in really],
            withdrawn=[one.key for one in spoken if one.state in UNSENT],
            deliveries=made,
            alerts=decisions(made, incident.revision),
            acts=[act],
        )

    async def _begin_again(self, incident: Incident, act: Act) -> Step:
        """Sellers hear what they do not know, and machines that it is open again."""
        said, watch, again = await self._deciding.say([incident], act.at), self._watch, list[Delivery]()
        spoken, kept = await self._said(incident, act.seller_id)
        speaking = {one.seller_id for one in said.told}
        for seller in watch.sellers:
            if (known := kept.get((incident.id, seller.id))) and seller.id not in speaking:
                why = f"says {act.who}"
                ears = machines(watch.targets)
                again += open_again(incident, seller, known, spoken, ears, watch.policy, watch.kin, act.at, why, act.id)
        step = said.step(act.at)
        return replace(
            step,
            deliveries=[*step.deliveries, *again],
            alerts=[*step.alerts, *decisions(again, incident.revision)],
            acts=[*step.acts, act],
        )

    async def _said(self, incident: Incident, seller_id: str) -> tuple[Sequence[Delivery], dict[Whose, Told]]:
        """The deliveries of it, and what was told of it; to that seller alone unless "" is named."""
        wanted = {"", seller_id} if seller_id else None
        spoken = [one for one in await self._ledger.spoken(incident.id) if not wanted or one.seller_id in wanted]
        told = [one for one in await self._ledger.told([incident.id]) if not wanted or one.seller_id in wanted]
        return spoken, {(one.incident_id, one.seller_id): one for one in told}

    async def _last(self, incident: Incident, kind: ActKind) -> Act:
        acts = [act for act in await self._ledger.acts(incident.id) if act.kind is kind]
        if not acts:
            raise ActRefusedError("nobody said of {id} that it is not for them", id=incident.id[:10])
        return acts[-1]

    def _desk(self, hand: Hand) -> str:
        known = [seller.id for seller in self._watch.sellers]
        if hand.seller_id not in known:
            if not known:
                raise ActRefusedError("say for which seller: there is none")
            raise ActRefusedError("say for which seller: {names}", names=", ".join(known))
        return hand.seller_id

    async def _once(self, id: str, decide: Callable[[Incident], Awaitable[Step | Act]]) -> Outcome:
        """Do what was decided, unless an act stands already that did it."""
        for number in range(1, TRIES + 1):
            incident = await self._standing(id, empty=True)
            found = await decide(incident)
            if isinstance(found, Act):
                return Outcome(incident, found, again=True)
            try:
                await self._ledger.keep(found)
                return Outcome(await self._standing(incident.id, empty=True), found.acts[-1])
            except ConflictError:
                if number == TRIES:
                    raise
        raise AssertionError("the last try returns or raises")

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

    async def _standing(self, id: str, empty: bool = False) -> Incident:
        """The incident, or the one that it went into."""
        found = await self._ledger.incidents([id])
        while found and found[0].merged_into:
            found = await self._ledger.incidents([found[0].merged_into])
        if not found:
            raise ActRefusedError("there is no incident {id}", id=id)
        if not found[0].evidence and not empty:
            raise ActRefusedError("{id} has no evidence any more: its sources took it back", id=found[0].id[:10])
        return found[0]


def decisions(made: Iterable[Delivery], revision: int) -> Sequence[SentAlert]:
    """The ledger's rows of the decisions behind these deliveries."""
    rows: dict[str, SentAlert] = {}
    for one in made:
        assert isinstance(one.message, Message), "each is about an incident"
        named = rows.get(one.alert_id)
        rows[one.alert_id] = SentAlert(
            one.alert_id,
            one.incident_id,
            revision,
            one.seller_id,
            one.message.made_at,
            one.reason,
            one.message.why,
            (*(named.targets if named else ()), one.target),
        )
    return list(rows.values())
