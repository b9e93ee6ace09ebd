"""What is told of many incidents at once: the digest of a day or a week, and what a full hour left over."""

from dataclasses import dataclass
from datetime import date, datetime

from monitor.domain.deadlines import Deadline
from monitor.domain.exposure import Severity
from monitor.domain.signals import EventType, Status
from monitor.domain.vigils import Blind


@dataclass(frozen=True, slots=True)
class Standing:
    """One incident, as a digest or a roundup names it. Amounts are in the seller's currency."""

    incident_id: str
    headline: str
    event_type: EventType
    status: Status
    severity: Severity
    platforms: tuple[str, ...]
    regions: tuple[str, ...]
    effective: str = ""  # a PartialDate's text
    at_risk: float = 0.0
    changes: tuple[str, ...] = ()  # what moved since the last digest
    acknowledged_by: str = ""


@dataclass(frozen=True, slots=True)
class DueItem:
    """Something that somebody must do: a deadline that sources name, or a step of a playbook."""

    incident_id: str
    headline: str
    due: date
    what: str  # the role's name, or the step's words
    owner: str = ""
    deadline: Deadline | None = None


@dataclass(frozen=True, slots=True)
class Digest:
    """What a seller is told of a day or a week: nothing in it twice."""

    alert_id: str
    seller_name: str
    made_at: datetime
    since: datetime
    period: str  # "daily" or "weekly"
    currency: str = ""
    open: tuple[Standing, ...] = ()  # the most money first
    changed: tuple[Standing, ...] = ()  # of those open, and what ended since
    due: tuple[DueItem, ...] = ()
    blind: tuple[Blind, ...] = ()
    watched: int = 0
    more_open: int = 0

    @property
    def about(self) -> str:
        """What it is about, in a line."""
        return f"{self.period} digest for {self.seller_name}"


@dataclass(frozen=True, slots=True)
class Roundup:
    """What a full hour of one target left over: every message by its incident, so that nothing is lost unseen."""

    alert_id: str
    made_at: datetime
    items: tuple[Standing, ...] = ()
    more: int = 0  # messages beyond those listed by name
    keys: tuple[str, ...] = ()  # of every delivery that it stands for

    @property
    def about(self) -> str:
        """What it is about, in a line."""
        return f"{len(self.keys)} more messages"
