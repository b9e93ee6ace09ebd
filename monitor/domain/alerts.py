"""Whether to speak, to whom, and how often to try: decisions with their reasons."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.domain.deadlines import Deadline, PartialDate
from monitor.domain.exposure import Impact, Severity
from monitor.domain.incidents import Incident
from monitor.domain.signals import EventType, Status


class Reason(StrEnum):
    """Why an alert goes out."""

    FIRST = "first"
    NEW_RUNG = "new_rung"
    NEW_PLACE = "new_place"
    DATE_MOVED = "date_moved"
    NEW_DEADLINE = "new_deadline"
    WORSE = "worse"  # the severity rose
    ALL_CLEAR = "all_clear"  # reversed
    TEST = "test"  # asked for by test-channel


class HoldReason(StrEnum):
    """Why none does."""

    NOTHING_NEW = "nothing_new"
    NOT_EXPOSED = "not_exposed"
    BELOW_SEVERITY = "below_severity"
    WEAK_SOURCE = "weak_source"
    OLD_NEWS = "old_news"
    NO_TARGET = "no_target"


@dataclass(frozen=True, slots=True)
class Send:
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Hold:
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


@dataclass(frozen=True, slots=True)
class Policy:
    """The seller desk's wishes that `decide` needs."""

    min_severity: Severity = Severity.LOW
    group_wait: timedelta = timedelta(seconds=30)  # the first message waits for what arrives with it; critical does not
    old_news: timedelta = timedelta(days=45)  # an event that took effect longer ago is history, not news
    page_for: timedelta = timedelta(hours=24)  # how long a delivery of high severity is tried
    info_for: timedelta = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody to tell. Empty filters match everything; `channel` names the adapter, `address` is for it alone."""

    id: str
    channel: str
    address: str
    sellers: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    events: tuple[EventType, ...] = ()
    min_severity: Severity = Severity.LOW


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


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"  # leased
    SENT = "sent"
    RETRY = "retry"
    UNKNOWN = "unknown"  # it may have arrived: sent once more, marked as a repeat
    DEAD = "dead"
    SUPERSEDED = "superseded"  # folded into a newer one before its first attempt


class AttemptClass(StrEnum):
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
    provider_id: str | None = None


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
    message: Message
    not_before: datetime
    give_up_at: datetime
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    repeat: bool = False  # the next send may be a second copy, and says so
    last_detail: str = ""
    created_at: datetime | None = None
    sent_at: datetime | None = None
