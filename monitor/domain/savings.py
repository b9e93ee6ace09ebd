"""What of a stake can still be got out of harm's way, and by when."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.exposure import Part, Position
from monitor.domain.incidents import Incident
from monitor.domain.localities import at, starts
from monitor.domain.signals import EventType, Status
from monitor.domain.stakes import STAKES


@dataclass(frozen=True, slots=True)
class Saving:
    """What can be got out of harm's way, and by when."""

    what: str
    amount: Decimal | None  # None for what has no price, such as customer data
    by: PartialDate | None  # None when no date is known
    days_left: int | None  # negative: too late
    why: str  # whose date it is
    places: tuple[str, ...] = ()  # where, when the same thing has another date elsewhere; empty when in all places hit

    @property
    def late(self) -> bool:
        return self.days_left is not None and self.days_left < 0


SAVED_BY: Mapping[Part, DeadlineRole | None] = {
    Part.STOCK: DeadlineRole.INVENTORY,
    Part.PAYOUTS: DeadlineRole.PAYOUT,
    Part.ADS: None,
}
DATA = "customer data"
_GOING = frozenset({EventType.SHUTDOWN, EventType.MARKET_EXIT, EventType.BAN, EventType.INSOLVENCY})
_Until = tuple[PartialDate | None, str]


def savings(incident: Incident, positions: Sequence[Position], today: date) -> tuple[Saving, ...]:
    """What can be saved of these positions by which date, what is too late last: each part by the deadline for it, else
    before it takes effect. Where places go different ways, each position has the dates of its own place."""
    if incident.status is Status.REVERSED:
        return ()
    stake, amounts = STAKES[incident.event_type], dict[tuple[str, _Until], Decimal | None]()
    places: dict[tuple[str, _Until], dict[str, None]] = {}
    for part, role in SAVED_BY.items():
        for position in positions:
            if amount := stake.of(position, part):
                key = part.words, _until(incident, position.country, role, today)
                amounts[key] = (amounts.get(key) or Decimal(0)) + amount
                places.setdefault(key, {})[position.country] = None
    if incident.event_type in _GOING:
        for position in positions:
            key = DATA, _until(incident, position.country, DeadlineRole.DATA_EXPORT, today)
            amounts[key] = None
            places.setdefault(key, {})[position.country] = None
    dates = Counter(what for what, _ in amounts)
    found = [
        Saving(
            what,
            amount,
            by,
            None if by is None else days_to(by, today),
            why,
            tuple(places[what, (by, why)]) if dates[what] > 1 else (),
        )
        for (what, (by, why)), amount in amounts.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.late, one.by.first_day if one.by else date.max)))


def _until(incident: Incident, place: str, role: DeadlineRole | None, today: date) -> _Until:
    """The next deadline of a role in a place, else its last, else the day itself; and what it is."""
    there = at(incident.dates, place)
    deadlines: Iterable[Deadline] = there.deadlines if there else incident.deadlines
    due = sorted(deadline.date for deadline in deadlines if deadline.role is role)
    if role is not None and due:
        ahead = [day for day in due if day.last_day >= today]
        return (ahead[0] if ahead else due[-1]), f"{role.value.replace('_', ' ')} deadline"
    first = there.date if there else next(iter(starts(incident)), None)
    return first, "no date is known" if first is None else "it takes effect"


def days_to(day: PartialDate, today: date) -> int:
    """A month or a year that has not begun counts from its first day, one that runs to its last; negative when past."""
    return ((day.first_day if day.first_day >= today else day.last_day) - today).days
