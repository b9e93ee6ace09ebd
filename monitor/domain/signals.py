"""What a document says: event, status, platforms, places, dates, and the words that say so."""

from dataclasses import dataclass
from enum import StrEnum

from monitor.domain.deadlines import Deadline, PartialDate


class EventType(StrEnum):
    """What happens to a platform or to those who sell on it."""

    SHUTDOWN = "shutdown"
    MARKET_EXIT = "market_exit"
    BAN = "ban"
    ENFORCEMENT = "enforcement"
    POLICY = "policy"
    TRADE_RULE = "trade_rule"
    INSOLVENCY = "insolvency"


class Status(StrEnum):
    """The certainty ladder, lowest rung first; REVERSED is not above the others but beside them."""

    RUMOR = "rumor"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    EFFECTIVE = "effective"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True)
class Span:
    """The words that decided something. `field` is title or text; offsets count code points in that field."""

    field: str
    start: int
    end: int
    quote: str
    says: str  # e.g. "event:shutdown", "status:confirmed", "platform:Temu", "date:2024-11-28", "opinion:gpt-4o"


@dataclass(frozen=True, slots=True)
class Signal:
    """What a document says of one event.

    `doubt` is the type that it may be instead, where the reader was not sure; `supposed` tells that the document names
    none of its regions: they are where the language is at home, or what its source is for. `leanings` make it *faint*:
    below the threshold, an event only beside one that stands (`monitor.domain.faint`). They are what the reader holds
    of each type, the surest 1.
    """

    event_type: EventType
    status: Status
    platforms: tuple[str, ...]
    regions: tuple[str, ...]  # ISO 3166-1 alpha-2, EU, WORLD
    effective_date: PartialDate | None
    deadlines: tuple[Deadline, ...]
    score: float  # 0..1, calibrated: how sure that the document reports this event
    spans: tuple[Span, ...]
    doubt: EventType | None = None
    supposed: bool = False
    leanings: tuple[tuple[EventType, float], ...] = ()

    @property
    def faint(self) -> bool:
        """Whether it is too weak to stand alone."""
        return bool(self.leanings)


@dataclass(frozen=True, slots=True)
class Vote:
    """What somebody else holds of a document, by name: a weight on what we hold.

    `score` (0..1) is how sure the voter is that the document reports an event; `event` and `status` are None when it
    sees none. `why` is in our words, what the vote did; `spans` are the document's own words that the voter pointed at.
    `withdrew` are events of ours that it took back; `made` tells that the main signal is there because of it.
    """

    who: str
    score: float
    event: EventType | None
    status: Status | None
    why: str
    spans: tuple[Span, ...] = ()
    withdrew: tuple[EventType, ...] = ()
    made: bool = False


@dataclass(frozen=True, slots=True)
class Assessment:
    """How a document was understood. `signals` is ordered, the main topic first; empty when nothing passed.

    `score` is the document's highest score, below the threshold too; `meaning` is the sentence vector of its lead
    (unit length, or empty when no encoder ran). `votes` are already weighed into the scores. `faint` is what a document
    without signals may yet report, for whoever knows what is open.
    """

    document_id: str
    lang: str
    score: float
    signals: tuple[Signal, ...]
    meaning: tuple[float, ...] = ()
    model: str = ""
    votes: tuple[Vote, ...] = ()
    faint: Signal | None = None

    @property
    def heard(self) -> tuple[Signal, ...]:
        """The signals, or the faint one where there is none."""
        return self.signals or ((self.faint,) if self.faint else ())
