"""What the page of an incident shows, as values: the same for people and for programs.

Words of ours are in the reader's language, where the note does not say otherwise; words of sources are in their own.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from monitor.domain.alerts import DeliveryState, HoldReason, Reason, Verdict
from monitor.domain.deadlines import PartialDate
from monitor.domain.exposure import Severity
from monitor.domain.incidents import ChangeKind, Closure
from monitor.domain.rulings import ActKind
from monitor.domain.signals import EventType, Status
from monitor.web.sections.witnesses import Dispute, Move, Place, Witnesses

# --- what it costs


@dataclass(frozen=True, slots=True)
class Summand:
    """A line of the sum."""

    label: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Rescue:
    """What can be got out of harm's way, and by when."""

    what: str
    amount: Decimal | None  # None for what has no price
    by: PartialDate | None
    days_left: int | None
    late: bool


@dataclass(frozen=True, slots=True)
class Stake:
    """What it means for one seller: `tied` sum to `at_once`, with `sales` to `worst`, times `odds` to `expected`. The
    amounts of the sum have `digits` decimals."""

    seller_id: str
    seller_name: str
    exposed: bool
    severity: Severity
    why: str  # it is as loud as it is
    currency: str
    tied: tuple[Summand, ...]
    at_once: Decimal
    sales: tuple[Summand, ...]
    worst: Decimal
    odds: Decimal
    odds_why: str
    expected: Decimal
    over: bool  # it is called off: the sum is of what was at stake
    digits: int
    savings: tuple[Rescue, ...]
    savable: Decimal
    per_day: Decimal
    share_of_sales: float
    days_left: int | None
    horizon: int


# --- what is to be done


@dataclass(frozen=True, slots=True)
class Finished:
    """Who did it, and when."""

    who: str
    at: datetime
    note: str
    seller_id: str


@dataclass(frozen=True, slots=True)
class Item:
    """Something to do. `subject` names it in acts: "deadline:ROLE:DATE" or "step:ID"."""

    subject: str
    what: str
    owner: str
    by: PartialDate | date | None
    zone: str
    days_left: int | None
    quote: str
    lang: str  # of the quote
    waits: str  # for what; "" when somebody should do it now
    done: Finished | None


@dataclass(frozen=True, slots=True)
class Agenda:
    """What it asks of one seller."""

    seller_id: str
    seller_name: str
    items: tuple[Item, ...]
    finished: int
    not_for_us: bool


# --- what was told, and what people did


@dataclass(frozen=True, slots=True)
class Try:
    """A try at a delivery."""

    at: datetime
    result: str
    detail: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery, and how it went."""

    key: str
    target: str
    channel: str
    state: DeliveryState
    state_said: str
    created_at: datetime
    sent_at: datetime | None
    not_before: datetime
    waits_for: str
    detail: str
    tries: tuple[Try, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A decision to speak, with the word of every stage."""

    alert_id: str
    seller_id: str
    at: datetime
    reason: Reason
    reason_said: str
    detail: str  # in English, as it was kept
    trail: tuple[Verdict, ...]
    sent: tuple[Sent, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A decision not to speak: the last of its kind."""

    seller_id: str
    at: datetime
    reason: HoldReason
    reason_said: str
    detail: str
    times: int
    trail: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """An entry of the history. `before`, `after` and `why` are as they were kept: pages say them anew."""

    at: datetime
    kind: ChangeKind
    what: str
    before: str
    after: str
    why: str  # in English
    document_id: str | None


@dataclass(frozen=True, slots=True)
class Did:
    """Something that somebody did."""

    at: datetime
    who: str
    kind: ActKind
    what: str
    subject: str
    note: str
    seller_id: str


@dataclass(frozen=True, slots=True)
class Hush:
    """A silence that holds back what is said of it."""

    id: str
    what: str
    who: str
    until: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Off:
    """How it was called off."""

    since: date | None
    who: tuple[str, ...]
    gone: PartialDate | None  # the date that no longer holds
    instead: PartialDate | None


@dataclass(frozen=True, slots=True)
class Case:
    """All that the page of an incident shows, in the reader's language."""

    id: str
    revision: int
    headline: str
    event_type: EventType
    event_said: str
    status: Status
    rung_said: str
    how_sure: str
    status_why: str  # in English
    platforms: tuple[str, ...]
    regions: tuple[str, ...]
    date: PartialDate | None
    date_left: int | None  # days until it takes effect
    next_date: PartialDate | None  # of the deadlines ahead the first
    next_left: int | None
    days_left: int | None  # to the first of them all, where it hits a seller
    off: Off | None  # while it is called off
    severity: Severity | None  # the loudest of the sellers' whom it hits; None when it hits nobody
    question: str
    over: bool  # closed or called off: it asks for nothing
    closed: Closure | None
    new: bool  # since the reader looked
    opened_at: datetime
    updated_at: datetime
    moves: tuple[Move, ...]
    witnesses: Witnesses
    disputes: tuple[Dispute, ...]
    places: tuple[Place, ...]
    stakes: tuple[Stake, ...]
    agendas: tuple[Agenda, ...]
    told: tuple[Told, ...]
    more_told: int
    held: tuple[Held, ...]
    history: tuple[Changed, ...]
    acts: tuple[Did, ...]
    seen_to: tuple[Did, ...]
    silences: tuple[Hush, ...]
    sellers: tuple[tuple[str, str], ...]  # id and name of whom it hits
    key: str  # SHA-256 of the public key whose signature its evidence pack bears; "" while there is none
