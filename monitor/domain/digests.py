"""What is told of many incidents at once: the digest of a day or a week, and what a full hour left over."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from monitor.domain.deadlines import Deadline, PartialDate
from monitor.domain.exposure import Severity
from monitor.domain.incidents import ChangeKind, Incident, unexplained
from monitor.domain.signals import EventType, Status
from monitor.domain.vigils import Blind


class End(StrEnum):
    """How an incident ended, for a seller."""

    CALLED_OFF = "called_off"
    CLOSED = "closed"
    FALSE_ALARM = "false_alarm"
    NOT_FOR_US = "not_for_us"


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved in one respect, from what to what, as an incident's history writes it."""

    kind: ChangeKind
    before: str
    after: str


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
    changes: tuple[Moved, ...] = ()  # what moved since the last digest
    acknowledged_by: str = ""
    question: str = ""  # what somebody must find out
    seen: bool = False  # by probes alone, and nobody said what it means
    fresh: bool = False  # there was none of it in the last digest
    end: End | None = None
    ended_by: str = ""  # the person who said so

    @property
    def effective_date(self) -> PartialDate | None:
        """`effective`, as an incident has it."""
        return PartialDate(self.effective) if self.effective else None


def standing(incident: Incident, severity: Severity, at_risk: float) -> Standing:
    """An incident without its evidence and its history."""
    return Standing(
        incident.id,
        incident.headline,
        incident.event_type,
        incident.status,
        severity,
        incident.platforms,
        incident.regions,
        str(incident.effective_date or ""),
        at_risk,
        question=incident.question,
        seen=unexplained(incident.evidence),
    )


@dataclass(frozen=True, slots=True)
class DueItem:
    """Something that somebody must do: a deadline that sources name, or a step of a playbook."""

    incident_id: str
    headline: str
    due: date
    what: str  # the role's name, or the step's words
    owner: str = ""
    deadline: Deadline | None = None
    left: int | None = None  # days, counted where the deadline is; negative when it is overdue
    others: tuple[str, ...] = ()  # further incidents that ask for the very same step on that day


@dataclass(frozen=True, slots=True)
class Digest:
    """What a seller is told of a day or a week: an incident is in it once."""

    alert_id: str
    seller_name: str
    made_at: datetime
    since: datetime
    period: str  # "daily" or "weekly"
    currency: str = ""
    open: tuple[Standing, ...] = ()  # the most money first
    ended: tuple[Standing, ...] = ()  # since the last digest
    due: tuple[DueItem, ...] = ()  # what is overdue first
    blind: tuple[Blind, ...] = ()  # sources that would tell of the seller's platforms first
    watched: int = 0  # sources that are on
    seeing: int = 0  # of them, those that are known to see
    more_open: int = 0  # beyond those named
    more_ended: int = 0
    more_due: int = 0
    more_blind: int = 0
    at_risk: float = 0.0  # by all that is open, with nothing counted twice

    @property
    def blind_sources(self) -> int:
        """Of those watched, how many are known to see nothing."""
        return len(self.blind) + self.more_blind

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
