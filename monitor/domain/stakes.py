"""What each kind of event puts at stake, how loud it may get on each rung, and how often it comes true."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import floor

from monitor.domain.deadlines import PartialDate
from monitor.domain.exposure import Part, Position, Severity
from monitor.domain.signals import EventType, Status


@dataclass(frozen=True, slots=True)
class Stake:
    """How loud an event is by itself, and which parts of a position it puts at stake (0..1 of each)."""

    severity: Severity
    stock: Decimal = Decimal(0)
    unsettled_payouts: Decimal = Decimal(0)
    prepaid_ads: Decimal = Decimal(0)
    sales_per_day: Decimal = Decimal(1)
    usual: Decimal = Decimal(1)  # what of all that such an event takes when it ends as most do

    def of(self, position: Position, part: Part) -> Decimal:
        """What of a part of a position is at stake."""
        fraction: Decimal = getattr(self, part.value)
        return position.amount(part) * fraction


_ALL = Decimal(1)
STAKES: Mapping[EventType, Stake] = {
    EventType.SHUTDOWN: Stake(Severity.HIGH, _ALL, _ALL, _ALL),
    EventType.MARKET_EXIT: Stake(Severity.HIGH, _ALL, _ALL, _ALL),
    EventType.BAN: Stake(Severity.HIGH, _ALL, _ALL, _ALL),
    EventType.INSOLVENCY: Stake(Severity.HIGH, _ALL, _ALL, _ALL, usual=Decimal("0.75")),
    EventType.ENFORCEMENT: Stake(Severity.MEDIUM, unsettled_payouts=_ALL, usual=Decimal("0.25")),
    EventType.TRADE_RULE: Stake(Severity.MEDIUM, stock=_ALL, usual=Decimal("0.25")),
    EventType.POLICY: Stake(Severity.LOW, usual=Decimal("0.05")),
}
"""What is at stake if the worst reading holds: a bound to decide by, not a forecast; `usual` is our estimate of one."""

CEILINGS: Mapping[Status, Severity] = {
    Status.RUMOR: Severity.MEDIUM,
    Status.PROPOSED: Severity.HIGH,
    Status.CONFIRMED: Severity.CRITICAL,
    Status.EFFECTIVE: Severity.CRITICAL,
    Status.REVERSED: Severity.LOW,
}
CERTAINTY: Mapping[Status, Decimal] = {
    Status.RUMOR: Decimal("0.2"),
    Status.PROPOSED: Decimal("0.5"),
    Status.CONFIRMED: Decimal("0.9"),
    Status.EFFECTIVE: Decimal(1),
    Status.REVERSED: Decimal(0),
}
"""How often what stands on a rung comes true: our estimate, for `Impact.expected` alone. No severity depends on it."""


class Weighs(StrEnum):
    """What makes an incident as loud as it is for a seller."""

    EVENT = "event"  # what it is
    OUT_OF_SIGHT = "out_of_sight"
    SOON = "soon"
    FAR = "far"
    LARGE = "large"  # the share of sales
    HEAVY = "heavy"  # the loss at once, in days of all sales
    SMALL = "small"
    PEAK = "peak"  # a date falls into one
    NEAR_PEAK = "near_peak"
    UNSURE = "unsure"  # no louder on its rung
    ONLY_SEEN = "only_seen"


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason for a severity, with what it rests on: days, a share, a factor; a peak and the date near it."""

    kind: Weighs
    step: int = 0
    number: float = 0.0
    severity: Severity = Severity.INFO  # of the event, or of the ceiling
    peak: str = ""
    day: PartialDate | None = None


Step = tuple[Ground, str]
"""A ground, and its words."""

LARGE, SMALL = 0.25, 0.02  # shares of daily sales: one step louder, one step quieter
HEAVY = 30  # days of all sales: who loses as much at once loses as heavily as who loses a large share


def by_money(share: float, at_once: Decimal, sales: Decimal) -> Iterable[Step]:
    """One step louder for a large share of the sales or a heavy loss at once, one quieter for little of either."""
    if share >= LARGE:
        yield Ground(Weighs.LARGE, 1, share), f"{share:.0%} of daily sales (at least {LARGE:.0%})"
    elif sales and at_once >= HEAVY * sales:
        days = int(at_once / sales)
        yield Ground(Weighs.HEAVY, 1, days), f"{days} days of all sales lost at once (at least {HEAVY})"
    elif at_once < sales and share < SMALL:  # stock worth more than a day of all sales is no small matter
        below = floor(share * 1000) / 1000  # 1.96 % is not 2.0 % where less than 2 % is told
        yield Ground(Weighs.SMALL, -1, below), f"{below:.1%} of daily sales (less than {SMALL:.0%})"
