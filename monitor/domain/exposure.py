"""What a seller has at stake, and what an incident would cost: incident x exposure -> impact."""

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum


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
