"""What a seller has at stake, and what an incident would cost: incident x exposure -> impact."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum

from monitor.domain.deadlines import PartialDate
from monitor.domain.incidents import Incident, unexplained
from monitor.domain.places import covers
from monitor.domain.signals import EventType, Status


class Severity(IntEnum):
    """How loud an incident gets for one seller. Compare with < and >."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


@dataclass(frozen=True, slots=True)
class Position:
    """The stake on one platform in one country. Amounts are in the seller's currency."""

    platform: str
    country: str
    sales_per_day: Decimal = Decimal(0)
    stock: Decimal = Decimal(0)
    unsettled_payouts: Decimal = Decimal(0)
    prepaid_ads: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Seller:
    """Whose stake it is. No positions means: tell me of everything, weigh by event and certainty alone."""

    id: str
    name: str
    currency: str
    positions: tuple[Position, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """One summand of a sum, shown as it stands."""

    label: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Hit:
    """A position that the incident touches, and through which platform of the incident ("" when it binds all)."""

    platform: str
    country: str
    via: str


@dataclass(frozen=True, slots=True)
class Impact:
    """What one incident means for one seller, with the sum and the reasons that made it."""

    seller_id: str
    exposed: bool
    severity: Severity
    at_once: Decimal  # lost if it happened now: stock, payouts, ads
    per_day: Decimal  # lost for every day after
    currency: str
    share_of_sales: float  # 0..1 of the seller's daily sales
    terms: tuple[Term, ...]
    reasons: tuple[str, ...]
    days_left: int | None  # to the effective date or the first deadline, whichever comes first; None when undated
    hits: tuple[Hit, ...] = ()  # the positions touched; empty for a seller who gave none


@dataclass(frozen=True, slots=True)
class Stake:
    """How loud an event is by itself, and which parts of a position it puts at stake (0..1 of each)."""

    severity: Severity
    stock: Decimal = Decimal(0)
    unsettled_payouts: Decimal = Decimal(0)
    prepaid_ads: Decimal = Decimal(0)
    sales_per_day: Decimal = Decimal(1)


_ALL = Decimal(1)
STAKES: Mapping[EventType, Stake] = {
    EventType.SHUTDOWN: Stake(Severity.HIGH, _ALL, _ALL, _ALL),
    EventType.MARKET_EXIT: Stake(Severity.HIGH, _ALL, _ALL, _ALL),
    EventType.BAN: Stake(Severity.HIGH, _ALL, _ALL, _ALL),
    EventType.INSOLVENCY: Stake(Severity.HIGH, _ALL, _ALL, _ALL),
    EventType.ENFORCEMENT: Stake(Severity.MEDIUM, unsettled_payouts=_ALL),
    EventType.TRADE_RULE: Stake(Severity.MEDIUM, stock=_ALL),
    EventType.POLICY: Stake(Severity.LOW),
}
"""What is at stake if the worst reading holds: a bound to decide by, not a forecast."""

CEILINGS: Mapping[Status, Severity] = {
    Status.RUMOR: Severity.MEDIUM,
    Status.PROPOSED: Severity.HIGH,
    Status.CONFIRMED: Severity.CRITICAL,
    Status.EFFECTIVE: Severity.CRITICAL,
    Status.REVERSED: Severity.LOW,
}
SOON, FAR = 7, 180  # days: nearer is one step louder, farther one step quieter
LARGE, SMALL = 0.25, 0.02  # shares of daily sales: the same


def impact(incident: Incident, seller: Seller, today: date, kin: Mapping[str, Collection[str]]) -> Impact:
    """What the incident means for the seller on that day, with the sum term by term and the reasons for its severity.

    A position is hit when the incident names its platform or one that it is part of (`kin`: case-folded name to
    ancestors), in its country; a trade rule hits every platform of its places. Each position counts once.
    """
    days = days_left(incident, today)
    if not seller.positions:
        severity, reasons = _severity(incident, None)
        return Impact(seller.id, True, severity, Decimal(0), Decimal(0), seller.currency, 0.0, (), reasons, days)
    touched = [(position, hit) for position in seller.positions if (hit := _hit(incident, position, kin)) is not None]
    if not touched:
        reasons = ("none of the positions is on its platforms in its places",)
        return Impact(seller.id, False, Severity.INFO, Decimal(0), Decimal(0), seller.currency, 0.0, (), reasons, days)
    positions = [position for position, _ in touched]
    stake = STAKES[incident.event_type]
    lost = [term for position in positions for term in _at_once(position, stake)]
    daily = [
        Term(f"{_where(position)}: sales per day", position.sales_per_day * stake.sales_per_day)
        for position in positions
        if position.sales_per_day * stake.sales_per_day
    ]
    sales = sum((position.sales_per_day for position in seller.positions), Decimal(0))
    share = float(sum((position.sales_per_day for position in positions), Decimal(0)) / sales) if sales else 0.0
    at_once = sum((term.amount for term in lost), Decimal(0))
    small = at_once < sales and share < SMALL  # stock worth more than a day of all sales is no small matter
    severity, reasons = _severity(incident, days, share, small)
    return Impact(
        seller.id,
        True,
        severity,
        at_once,
        sum((term.amount for term in daily), Decimal(0)),
        seller.currency,
        share,
        (*lost, *daily),
        reasons,
        days,
        tuple(hit for _, hit in touched),
    )


def days_left(incident: Incident, today: date) -> int | None:
    """Days to the effective date or the first deadline ahead, whichever is first; negative when all have passed.

    A month or a year that has not begun counts from its first day, one that runs to its last.
    """
    dates = [deadline.date for deadline in incident.deadlines]
    if incident.effective_date is not None:
        dates.append(incident.effective_date)
    days = [(_next_day(day, today) - today).days for day in dates]
    ahead = [count for count in days if count >= 0]
    return min(ahead) if ahead else max(days, default=None)


def _next_day(day: PartialDate, today: date) -> date:
    return day.first_day if day.first_day >= today else day.last_day


def _hit(incident: Incident, position: Position, kin: Mapping[str, Collection[str]]) -> Hit | None:
    if not covers(incident.regions, position.country):
        return None
    if incident.event_type is EventType.TRADE_RULE:
        return Hit(position.platform, position.country, "")
    name = position.platform.casefold()
    lineage = {name, *kin.get(name, ())}
    via = next((platform for platform in incident.platforms if platform.casefold() in lineage), None)
    return None if via is None else Hit(position.platform, position.country, via)


def _at_once(position: Position, stake: Stake) -> Sequence[Term]:
    parts = (
        ("stock", position.stock * stake.stock),
        ("unsettled payouts", position.unsettled_payouts * stake.unsettled_payouts),
        ("prepaid ads", position.prepaid_ads * stake.prepaid_ads),
    )
    return [Term(f"{_where(position)}: {label}", amount) for label, amount in parts if amount]


def _where(position: Position) -> str:
    return f"{position.platform} {position.country}"


def _severity(
    incident: Incident, days: int | None, share: float = 0.0, small: bool = False
) -> tuple[Severity, tuple[str, ...]]:
    """The event's own loudness, a step for time left and one for money, under the ceiling of its rung."""
    base = STAKES[incident.event_type].severity
    seen = unexplained(incident.evidence)  # gone from sight, and nobody said what it is: no reason to wake anybody
    steps = [(0, f"{'out of sight' if seen else incident.event_type.value} is {base.name.lower()}")]
    if days is not None and 0 <= days <= SOON:
        steps.append((1, f"{days} days left (at most {SOON})"))
    elif days is not None and days > FAR:
        steps.append((-1, f"{days} days left (more than {FAR})"))
    if share >= LARGE:
        steps.append((1, f"{share:.0%} of daily sales (at least {LARGE:.0%})"))
    elif small:
        steps.append((-1, f"{share:.1%} of daily sales (less than {SMALL:.0%})"))
    wanted = base + sum(step for step, _ in steps)
    ceiling = min(CEILINGS[incident.status], Severity.HIGH) if seen else CEILINGS[incident.status]
    if wanted > ceiling:
        steps.append((0, f"at most {ceiling.name.lower()} while {'only seen' if seen else incident.status.value}"))
    severity = Severity(max(Severity.INFO, min(wanted, ceiling, Severity.CRITICAL)))
    return severity, tuple(f"{says}{f' {step:+d}' if step else ''}" for step, says in steps)
