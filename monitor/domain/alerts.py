"""What can be said to whom, and the messages that say it; `decisions` says whether and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.domain.deadlines import Deadline, PartialDate
from monitor.domain.documents import digest
from monitor.domain.exposure import Seller, Severity
from monitor.domain.impact import Impact
from monitor.domain.incidents import Incident
from monitor.domain.places import overlap
from monitor.domain.playbooks import Task
from monitor.domain.signals import EventType, Status
from monitor.domain.vigils import HOLD, Notice, folded_notice


class Reason(StrEnum):
    """Why an alert goes out."""

    FIRST = "first"
    NEW_RUNG = "new_rung"
    NEW_PLACE = "new_place"
    DATE_MOVED = "date_moved"
    NEW_DEADLINE = "new_deadline"
    WORSE = "worse"  # the severity rose
    ALL_CLEAR = "all_clear"  # reversed
    QUESTION = "question"  # a person must look: a promise lapsed
    TEST = "test"  # asked for by test-channel
    BLIND = "blind"  # sources of ours see nothing: for the operators


class HoldReason(StrEnum):
    """Why none does."""

    NOTHING_NEW = "nothing_new"
    NOT_EXPOSED = "not_exposed"
    BELOW_SEVERITY = "below_severity"
    WEAK_SOURCE = "weak_source"
    OLD_NEWS = "old_news"
    NO_TARGET = "no_target"
    CLOSED = "closed"  # a person closed the incident


@dataclass(frozen=True, slots=True)
class Send:
    """Speak, for this reason; `detail` is one sentence for the reader."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Do not speak, for this reason."""

    reason: HoldReason
    detail: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a seller was last told of an incident."""

    incident_id: str
    seller_id: str
    at: datetime
    rung: Status
    severity: Severity
    platforms: tuple[str, ...]
    regions: tuple[str, ...]
    effective_date: PartialDate | None
    deadlines: tuple[Deadline, ...]
    question: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """The seller desk's wishes that `decide` needs."""

    min_severity: Severity = Severity.LOW
    group_wait: timedelta = timedelta(seconds=30)  # the first message waits for what arrives with it; critical does not
    old_news: timedelta = timedelta(days=45)  # an event that took effect longer ago is history, not news
    page_for: timedelta = timedelta(hours=24)  # how long a delivery of high severity is tried
    info_for: timedelta = timedelta(hours=72)
    blind_wait: timedelta = HOLD  # from the first newly blind source to the notice, so that one cause makes one notice


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody to tell. Empty filters match everything; `channel` names the adapter, `address` is for it alone."""

    id: str
    channel: str
    address: str = field(repr=False)  # a webhook's address is a secret
    sellers: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    events: tuple[EventType, ...] = ()
    min_severity: Severity = Severity.LOW
    operations: bool = False  # is told when sources go blind


@dataclass(frozen=True, slots=True)
class Message:
    """All that a channel needs to say it: the incident as it stood, what it means for this seller, and why now."""

    alert_id: str
    incident: Incident
    seller_name: str
    impact: Impact
    reason: Reason
    why: str  # one sentence: why you get this
    made_at: datetime
    before: Told | None = None
    tasks: tuple[Task, ...] = ()  # open steps of its playbook, soonest first

    @property
    def about(self) -> str:
        """What it is about, in a line."""
        return self.incident.headline


class DeliveryState(StrEnum):
    """Where one message to one target stands."""

    PENDING = "pending"
    SENDING = "sending"  # leased
    SENT = "sent"
    RETRY = "retry"
    UNKNOWN = "unknown"  # it may have arrived: sent once more, marked as a repeat
    DEAD = "dead"
    SUPERSEDED = "superseded"  # folded into a newer one before its first attempt, or withdrawn before it was sent


class AttemptClass(StrEnum):
    """What the end of a try means for the next one."""

    OK = "ok"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    AMBIGUOUS = "ambiguous"  # an error after the message was handed over


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one try at one target ended."""

    result: AttemptClass
    code: str  # SMTP or HTTP status, or the error's kind; never free text (it is a metric label)
    detail: str  # for people, free of secrets
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one target, and where it stands. `key` is the idempotency key, stable over every try."""

    key: str
    alert_id: str
    incident_id: str
    seller_id: str
    target: str
    channel: str
    severity: Severity
    rung: Status
    reason: Reason
    message: Message | Notice
    not_before: datetime
    give_up_at: datetime
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    repeat: bool = False  # the next send may be a second copy, and says so
    last_detail: str = ""
    created_at: datetime | None = None
    sent_at: datetime | None = None


def route(
    impact: Impact, incident: Incident, targets: Iterable[Target], told: Told | None = None
) -> tuple[Target, ...]:
    """The targets whose filters let this through. An all clear goes to whom the alarm went, as loud as that was."""
    loudness = impact.severity
    if incident.status is Status.REVERSED and told is not None:
        loudness = max(loudness, told.severity)
    platforms = {name.casefold() for name in (*incident.platforms, *(hit.platform for hit in impact.hits))}
    places = [hit.country for hit in impact.hits] or incident.regions
    return tuple(
        target
        for target in targets
        if loudness >= target.min_severity
        and (not target.sellers or impact.seller_id in target.sellers)
        and (not target.events or incident.event_type in target.events)
        and (not target.platforms or not platforms.isdisjoint(name.casefold() for name in target.platforms))
        and overlap(target.countries, places)
    )


_WHY = {
    Reason.FIRST: "First word of it to you",
    Reason.NEW_RUNG: "It became more certain",
    Reason.NEW_PLACE: "It reaches further",
    Reason.DATE_MOVED: "Its date changed",
    Reason.NEW_DEADLINE: "There is a new deadline",
    Reason.WORSE: "It weighs more for you",
    Reason.ALL_CLEAR: "It was lifted, delayed or denied",
    Reason.QUESTION: "It needs somebody to look",
    Reason.TEST: "You asked for it",
    Reason.BLIND: "We see less than we should",
}


def deliveries(
    incident: Incident,
    seller: Seller,
    impact: Impact,
    send: Send,
    told: Told | None,
    targets: Iterable[Target],
    policy: Policy,
    now: datetime,
    tasks: Sequence[Task] = (),
) -> tuple[Delivery, ...]:
    """One delivery for each target. The same decision, taken again after a crash, has the same ids and keys: they
    are made of what the seller was told before and would be told now, not of the moment.
    """
    after = tell(incident, seller, impact, now)
    alert_id = digest(
        incident.id,
        seller.id,
        send.reason,
        "" if told is None else told.at.isoformat(),
        after.rung,
        after.severity.name,
        "/".join(after.platforms),
        "/".join(after.regions),
        str(after.effective_date),
        "/".join(f"{deadline.role}:{deadline.date}" for deadline in after.deadlines),
        after.question,
    )
    why = f"{_WHY[send.reason]}: {send.detail}."
    still_open = tuple(task for task in tasks if task.open)
    message = Message(alert_id, incident, seller.name, impact, send.reason, why, now, told, still_open)
    patience = policy.page_for if impact.severity >= Severity.HIGH else policy.info_for
    wait = timedelta(0) if impact.severity is Severity.CRITICAL else policy.group_wait
    return tuple(
        Delivery(
            key=digest(alert_id, target.id),
            alert_id=alert_id,
            incident_id=incident.id,
            seller_id=seller.id,
            target=target.id,
            channel=target.channel,
            severity=impact.severity,
            rung=incident.status,
            reason=send.reason,
            message=message,
            not_before=now + wait,
            give_up_at=now + patience,
            created_at=now,
        )
        for target in targets
    )


def folded(new: Delivery, unsent: Delivery) -> Delivery:
    """`new` as it must read when `unsent`, which nobody has received, is folded into it.

    Its changes are counted from what was really told, and it is a first word if nothing was. It keeps the earlier
    `not_before`, lest a stream of changes put off the first word for ever.
    """
    soonest = min(new.not_before, unsent.not_before)
    if isinstance(new.message, Notice):
        assert isinstance(unsent.message, Notice), "notices and messages have incidents of their own"
        return replace(new, message=folded_notice(new.message, unsent.message), not_before=soonest)
    assert isinstance(unsent.message, Message)
    first = unsent.reason is Reason.FIRST and new.reason is not Reason.ALL_CLEAR
    reason = Reason.FIRST if first else new.reason
    message = replace(new.message, before=unsent.message.before, reason=reason)
    return replace(new, reason=reason, message=message, not_before=soonest)


def same_word(one: Message | Notice, other: Message | Notice) -> bool:
    """Whether two messages say the same, whatever was folded into either."""
    if isinstance(one, Notice) or isinstance(other, Notice):
        return one.alert_id == other.alert_id and one.made_at == other.made_at
    return replace(one, before=None, reason=Reason.TEST) == replace(other, before=None, reason=Reason.TEST)


def tell(incident: Incident, seller: Seller, impact: Impact, now: datetime) -> Told:
    """What the seller is told by a message made now, to be remembered for the next decision."""
    return Told(
        incident.id,
        seller.id,
        now,
        incident.status,
        impact.severity,
        incident.platforms,
        incident.regions,
        incident.effective_date,
        incident.deadlines,
        incident.question,
    )
