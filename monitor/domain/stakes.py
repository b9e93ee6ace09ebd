"""What each kind of event puts at stake, how loud it may get on each rung, and how often it comes true."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

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
