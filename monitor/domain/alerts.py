"""What can be said to whom, and the messages that say it; `decisions` says whether and why."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum

from monitor.domain.deadlines import Deadline, PartialDate
from monitor.domain.digests import Digest, DueItem, Roundup
from monitor.domain.exposure import Severity
from monitor.domain.hours import Hours, Quiet
from monitor.domain.impact import Impact
from monitor.domain.incidents import Incident, PlaceDate
from monitor.domain.playbooks import Task
from monitor.domain.signals import EventType, Status
from monitor.domain.vigils import HOLD, Notice


class Reason(StrEnum):
    """Why an alert goes out."""

    FIRST = "first"
    NEW_RUNG = "new_rung"
    NEW_PLACE = "new_place"
    DATE_MOVED = "date_moved"
    NEW_DEADLINE = "new_deadline"
    WORSE = "worse"  # the severity rose
    ALL_CLEAR = "all_clear"  # reversed
    QUESTION = "question"  # a person must look: a promise lapsed, or a faint voice calls it off
    REPEAT = "repeat"  # open, told, and nobody said that they have it
    ESCALATED = "escalated"  # nobody said so in time: the next level hears of it
    DUE = "due"  # a deadline comes near, or is past
    DIGEST = "digest"  # what is open, what moved, what is due, where we are blind
    MORE = "more"  # a target's hour is full: the rest, each named
    TEST = "test"  # asked for by test-channel
    DRILL = "drill"  # the weekly synthetic incident
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
    NOT_FOR_US = "not_for_us"  # the seller's own people said so
    INHIBITED = "inhibited"  # something larger about the same platform was told
    FLAPPING = "flapping"  # it comes back so soon after an all clear that it may go again


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
class Verdict:
    """What one stage of the policy made of an incident for a seller, or for one of the seller's targets."""

    stage: str
    passed: bool
    detail: str  # one sentence; why
    target: str = ""  # "" when it is of the seller


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
    dates: tuple[PlaceDate, ...] = ()  # of the seller's own places, where they differ
    asked: tuple[str, ...] = ()  # the documents of the faint denials that the seller was asked to look at, ever


@dataclass(frozen=True, slots=True)
class Level:
    """Who hears of it when nobody acknowledged for `after`, counted from the first word."""

    after: timedelta
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """The seller desk's wishes that `decide` needs."""

    min_severity: Severity = Severity.LOW
    group_wait: timedelta = timedelta(seconds=30)  # the first message waits for what arrives with it; critical does not
    old_news: timedelta = timedelta(days=45)  # an event that took effect longer ago is history, not news
    page_for: timedelta = timedelta(hours=24)  # how long a delivery of high severity is tried
    info_for: timedelta = timedelta(hours=72)
    blind_wait: timedelta = HOLD  # from the first newly blind source to the notice, so that one cause makes one notice
    group_interval: timedelta = timedelta(minutes=5)  # between two messages of one incident to one target
    repeat: timedelta = timedelta(hours=4)  # while open and unacknowledged, from high severity on; zero: never
    most_repeats: int = 3  # of one word; a new word counts anew
    escalation: tuple[Level, ...] = ()  # from high severity on
    reminders: tuple[int, ...] = (30, 14, 7, 3, 1, 0)  # days before a deadline
    inhibit: bool = True


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
    min_certainty: Status = Status.RUMOR
    languages: tuple[str, ...] = ()  # of the sources that say it
    language: str = "en"  # of the messages
    zone: str = "UTC"  # of the times in them, of quiet and duty hours
    quiet: tuple[Quiet, ...] = ()
    duty: tuple[Hours, ...] = ()  # told only then; empty: always
    fallback: str = ""  # the target that gets what this one refuses for good
    cap: int = 0  # messages an hour, critical ones apart; 0: no limit
    pace: int = 0  # messages a minute; 0: as its channel bears
    digest: str = ""  # "daily", "weekly" or "": what it gets instead of nothing, at `digest_at`
    digest_at: time = time(8)
    alerts: bool = True  # False: digests alone
    secret: str = field(default="", repr=False)  # signs what is sent, where the channel can
    drill: bool = False  # hears the drills
    shared: bool = False  # hears of several sellers, so that a message must say of which


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
    level: int = 0  # of the escalation, 0 being the first to hear
    due: tuple[DueItem, ...] = ()  # of a reminder: every deadline that comes near or is past, the soonest first
    beside: tuple[tuple[str, str], ...] = ()  # headline and id of what was told with it and goes on by itself
    shared: bool = False  # its reader hears of several sellers

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
    provider_id: str = ""  # the other side's name for the message, to thread on and to ask about


Said = Message | Notice | Digest | Roundup
"""What a delivery can carry."""


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
    message: Said
    not_before: datetime
    give_up_at: datetime
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    repeat: bool = False  # the next send may be a second copy, and says so
    last_detail: str = ""
    created_at: datetime | None = None
    sent_at: datetime | None = None
    language: str = "en"
    zone: str = "UTC"
    waits_for: str = ""  # why it is not sent at once: quiet hours, a silence; for people
    fallback_of: str = ""  # key of the delivery that its own target refused
    instead_of: str = ""  # that target, or the first of a chain of them
    into: str = ""  # key of the one that says it now, when this one is SUPERSEDED; "" when it was withdrawn
    thread: str = ""  # provider id of the first message about it to that target
