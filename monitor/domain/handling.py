"""What people do to incidents and what follows from it; and what was told of incidents that become one, or two."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from monitor.domain.alerts import Delivery, DeliveryState, Message, Reason, Told
from monitor.domain.deadlines import Deadline
from monitor.domain.doubts import unasked
from monitor.domain.exposure import Severity
from monitor.domain.impact import Impact
from monitor.domain.incidents import Change, ChangeKind, Closure, Incident
from monitor.domain.ladder import RUNGS
from monitor.domain.rulings import Act, ActKind
from monitor.domain.signals import Status

Whose = tuple[str, str]
"""Incident and seller."""

UNSENT = frozenset({DeliveryState.PENDING, DeliveryState.RETRY})
"""What can still be taken back: nobody sends it at the moment, and the last try, if there was one, was refused."""
NEWS = frozenset(
    {
        Reason.FIRST,
        Reason.NEW_RUNG,
        Reason.NEW_PLACE,
        Reason.DATE_MOVED,
        Reason.NEW_DEADLINE,
        Reason.WORSE,
        Reason.QUESTION,
    }
)
"""Reasons for which something is said that was not said before, and that ask somebody to answer."""
MACHINES = frozenset({"alertmanager", "webhook"})
"""Channels whose other side remembers what is open: they are told when it is so no more, where people need no word."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Word:
    """What is remembered of a delivery without what it says; as a sequence, in the order in which they were made."""

    key: str
    alert_id: str
    incident_id: str
    seller_id: str
    target: str
    severity: Severity
    reason: Reason
    state: DeliveryState
    created_at: datetime
    not_before: datetime
    give_up_at: datetime
    attempts: int = 0
    sent_at: datetime | None = None
    into: str = ""  # key of the one that it was folded into
    fallback_of: str = ""

    @property
    def arrived(self) -> bool:
        """Whether it was heard, or may have been."""
        return self.sent_at is not None or self.state is DeliveryState.UNKNOWN

    @property
    def withdrawn(self) -> bool:
        """Taken back before anybody heard it; what it says was not said by another either."""
        return self.state is DeliveryState.SUPERSEDED and not self.into


def heard_of(delivery: Delivery) -> bool:
    """Whether it was heard, or may be: what is under way cannot be taken back."""
    return delivery.sent_at is not None or delivery.state in {DeliveryState.UNKNOWN, DeliveryState.SENDING}


def answered(acts: Iterable[Act], alert_id: str, seller_id: str) -> Act | None:
    """The act by which somebody said that they have heard it, or see to it: TAKE before ACK.

    An answer names the words that it answers, as clocks may jump; a new word asks anew.
    """
    answers = [
        act
        for act in acts
        if act.kind in {ActKind.ACK, ActKind.TAKE}
        and act.seller_id in {"", seller_id}
        and alert_id in act.subject.split()
    ]
    return min(answers, key=lambda act: act.kind is ActKind.ACK, default=None)


def closed(incident: Incident, who: str, note: str, now: datetime, false_alarm: bool = False) -> Incident:
    """Closed by a person, which answers its question: kept, watched, and told to nobody, until one opens it again."""
    shut = replace(incident, closed=Closure(now, who, note, false_alarm), question="")
    return _moved(shut, "open", f"closed by {who}{' as a false alarm' if false_alarm else ''}", note, now)


def reopened(incident: Incident, who: str, note: str, now: datetime) -> Incident:
    """Opened again by a person."""
    return _moved(replace(incident, closed=None), "closed", f"opened by {who}", note, now)


def _moved(incident: Incident, before: str, after: str, note: str, now: datetime) -> Incident:
    change = Change(ChangeKind.CLOSED, now, before, after, None, note or "a person decided it")
    return replace(incident, revision=incident.revision + 1, updated_at=now, history=(*incident.history, change))


def still_talked_of(incident: Incident) -> bool:
    """Whether a closed incident got more evidence since."""
    closure = incident.closed
    return closure is not None and any(
        change.kind is ChangeKind.EVIDENCE and change.at > closure.at for change in incident.history
    )


def gone_into(incidents: Iterable[Incident]) -> Mapping[str, str]:
    """Of those that were just merged, where they went, by id."""
    return {incident.id: incident.merged_into for incident in incidents if incident.merged_into}


def united(one: Told, other: Told) -> Told:
    """What the seller of `one` knows who was told of both, as told of the incident of `one`.

    The higher rung, the louder severity, all places and deadlines; the date is that of the later word. An all clear
    stands only if it was the last word.
    """
    earlier, later = sorted((one, other), key=lambda told: told.at)
    reversed_last = later.rung is Status.REVERSED
    rungs = [told.rung for told in (one, other) if told.rung in RUNGS]
    return replace(
        one,
        at=later.at,
        rung=Status.REVERSED if reversed_last or not rungs else max(rungs, key=RUNGS.index),
        severity=max(one.severity, other.severity),
        platforms=_union(one.platforms, other.platforms),
        regions=_union(one.regions, other.regions),
        effective_date=later.effective_date or earlier.effective_date,
        question=later.question or earlier.question,
        deadlines=_all_deadlines(one.deadlines, other.deadlines),
        dates=later.dates,
        asked=tuple(dict.fromkeys((*one.asked, *other.asked))),
    )


def _union(one: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    spelled = {name.casefold(): name for name in (*other, *one)}
    return tuple(dict.fromkeys(spelled[name.casefold()] for name in (*one, *other)))


def _all_deadlines(one: Sequence[Deadline], other: Sequence[Deadline]) -> tuple[Deadline, ...]:
    return tuple(sorted({*one, *other}))


def heard(told: Mapping[Whose, Told], unheard: Iterable[Delivery]) -> dict[Whose, Told]:
    """What was told, without what nobody heard: `unheard` are the deliveries of alerts of which none was tried yet."""
    known = dict(told)
    for one in unheard:
        whose = (one.incident_id, one.seller_id)
        known.pop(whose, None)
        if isinstance(one.message, Message) and one.message.before is not None:
            known[whose] = replace(one.message.before, incident_id=one.incident_id)
    return known


def taken_back(told: Mapping[Whose, Told], deliveries: Sequence[Delivery]) -> dict[Whose, Told]:
    """What was told, without the words that nobody can have heard once all that is unsent of these `deliveries`, which
    are all of their incidents, is withdrawn. A word that one target got, or may have got, stays told."""
    out = {one.alert_id for one in deliveries if one.repeat or one.state not in {*UNSENT, DeliveryState.SUPERSEDED}}
    unheard = [
        ((one.incident_id, one.seller_id), one.message)
        for one in deliveries
        if one.state in UNSENT and one.alert_id not in out and isinstance(one.message, Message)
    ]
    known = dict(told)
    # Back from the last word to the one before, as long as nobody heard it.
    for whose, message in sorted(unheard, key=lambda one: (one[1].made_at, _told_at(one[1].before)), reverse=True):
        if whose in known and known[whose].at == message.made_at:
            del known[whose]
            if message.before is not None:
                known[whose] = replace(message.before, incident_id=whose[0])
    return known


def settled(deliveries: Iterable[Delivery], incident: Incident, impact: Impact) -> tuple[Delivery, ...]:
    """The questions among the unsent `deliveries` to one seller that ask nothing any more, as the incident stands."""
    places = {hit.country for hit in impact.hits}
    return tuple(
        one
        for one in deliveries
        if one.state in UNSENT
        and one.reason is Reason.QUESTION
        and isinstance(one.message, Message)
        and not _asks(incident, places, one.message.before)
    )


def _asks(incident: Incident, places: Collection[str], told: Told | None) -> bool:
    """Whether there is a question for who was `told` so much."""
    put, asked = (told.question, told.asked) if told else ("", ())
    return incident.question not in ("", put) or bool(unasked(incident, places, asked))


def _told_at(told: Told | None) -> datetime:
    return told.at if told else _NEVER


def adds(told: Told, known: Told | None) -> bool:
    """Whether it says anything to a seller who knows the other."""
    return known is None or replace(united(known, told), at=known.at, severity=known.severity) != known


def carried(told: Mapping[Whose, Told], gone: Mapping[str, str], split: Mapping[str, str]) -> dict[Whose, Told]:
    """What was told, by the names that incidents have now: what is `gone` into another is told of that one too, what
    was `split` off knows all that its parent was told of."""
    carried = dict(told)
    for (incident_id, seller_id), one in sorted(told.items()):
        if incident_id in gone:
            into = gone[incident_id]
            theirs = carried.get((into, seller_id))
            mine = replace(one, incident_id=into)
            carried[into, seller_id] = mine if theirs is None else united(theirs, mine)
    for child, parent in split.items():
        for (incident_id, seller_id), one in sorted(told.items()):
            if incident_id == parent:
                carried[child, seller_id] = replace(one, incident_id=child)
    return carried


def of_part(told: Told, part: Incident, rest: Sequence[Incident]) -> Told:
    """What was told of the whole, as told of a part of it: the date and the deadlines that the `rest` has, and the part
    has not, live on there and are not withdrawn here."""
    theirs = {deadline for one in rest for deadline in one.deadlines} - set(part.deadlines)
    day = told.effective_date
    left = day != part.effective_date and day in {one.effective_date for one in rest}
    deadlines = tuple(one for one in told.deadlines if one not in theirs)
    return replace(told, effective_date=None if left else day, deadlines=deadlines)


def rests(changed: Iterable[Incident], split: Mapping[str, str]) -> Mapping[str, Sequence[Incident]]:
    """Of each part of what was `split`, by its id, the other parts."""
    whole = {**split, **{parent: parent for parent in split.values()}}
    parts = [one for one in changed if one.id in whole]
    return {one.id: [other for other in parts if other != one and whole[other.id] == whole[one.id]] for one in parts}


def beside(delivery: Delivery, others: Sequence[Incident]) -> Delivery:
    """It says too where the rest of what was told goes on, lest that seem to be taken back."""
    if not isinstance(delivery.message, Message) or not others:
        return delivery
    names = "; ".join(f"{one.headline} ({one.id[:10]})" for one in others)
    why = f"{delivery.message.why} What else was told of it goes on as an incident of its own: {names}."
    going_on = tuple((one.headline, one.id) for one in others)
    return replace(delivery, message=replace(delivery.message, why=why, beside=going_on))
