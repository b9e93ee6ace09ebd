"""What a seller has at stake, platform by country, and how much of it hangs on one thing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import IntEnum, StrEnum

from monitor.domain.peaks import Peak

HORIZON = 30  # days of lost sales that are reckoned with, unless the seller says otherwise
LONE_SHARE = 0.10  # of all sales, from which on the only platform in a country is named, unless the seller says so


class Severity(IntEnum):
    """How loud an incident gets for one seller. Compare with < and >."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class Part(StrEnum):
    """The parts of a position, by the names of its fields."""

    STOCK = "stock"
    PAYOUTS = "unsettled_payouts"
    ADS = "prepaid_ads"
    SALES = "sales_per_day"

    @property
    def words(self) -> str:
        return self.value.replace("_", " ")


TIED_UP = (Part.STOCK, Part.PAYOUTS, Part.ADS)  # what is there to be lost at once; sales are lost day by day


@dataclass(frozen=True, slots=True)
class Position:
    """The stake on one platform in one country. Amounts are in the seller's currency."""

    platform: str
    country: str
    sales_per_day: Decimal = Decimal(0)
    stock: Decimal = Decimal(0)
    unsettled_payouts: Decimal = Decimal(0)
    prepaid_ads: Decimal = Decimal(0)

    def amount(self, part: Part) -> Decimal:
        amount: Decimal = getattr(self, part.value)
        return amount

    @property
    def tied_up(self) -> Decimal:
        """All that could be lost at once."""
        return sum(map(self.amount, TIED_UP), Decimal(0))


@dataclass(frozen=True, slots=True)
class Seller:
    """Whose stake it is. No positions means: tell me of everything, weigh by event and certainty alone."""

    id: str
    name: str
    currency: str
    positions: tuple[Position, ...] = ()
    elsewhere: Decimal = Decimal(0)  # sales per day on what is no position: an own shop, a platform not watched
    horizon: int = HORIZON
    peaks: tuple[Peak, ...] = ()  # that reach any of the positions, the earliest first
    lone_share: float = LONE_SHARE  # 0..1 of all sales: the only platform in a country that sells less is no point

    @property
    def sales(self) -> Decimal:
        """All sales per day."""
        return sum((position.sales_per_day for position in self.positions), self.elsewhere)

    @property
    def tied_up(self) -> Decimal:
        return sum((position.tied_up for position in self.positions), Decimal(0))


def in_season(seller: Seller, peaks: Iterable[Peak]) -> Seller:
    """The seller with those peaks that reach any of its positions, the earliest first."""
    places = [(position.platform, position.country) for position in seller.positions]
    reaching = [peak for peak in peaks if any(peak.reaches(*place) for place in places)]
    return replace(seller, peaks=tuple(sorted(reaching, key=lambda peak: (peak.first, peak.name))))


class Axis(StrEnum):
    """By what a stake is summed."""

    PLATFORM = "platform"
    COMPANY = "company"  # that owns the platforms
    COUNTRY = "country"


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of a seller's stake that lies on one platform, with one company, or in one country; shares are 0..1."""

    name: str
    sales_per_day: Decimal
    tied_up: Decimal
    share_of_sales: float
    share_of_tied_up: float
    positions: int


def slices(seller: Seller, axis: Axis, owners: Mapping[str, str]) -> tuple[Slice, ...]:
    """The stake by platform, company or country, the largest first. `owners`: case-folded platform -> its company."""
    names: Mapping[Axis, Callable[[Position], str]] = {
        Axis.PLATFORM: lambda position: position.platform,
        Axis.COMPANY: lambda position: owners.get(position.platform.casefold(), position.platform),
        Axis.COUNTRY: lambda position: position.country,
    }
    groups: dict[str, list[Position]] = {}
    for position in seller.positions:
        groups.setdefault(names[axis](position), []).append(position)
    found, all_sales, all_tied_up = [], seller.sales, seller.tied_up
    for name, group in groups.items():
        sales = sum((position.sales_per_day for position in group), Decimal(0))
        tied_up = sum((position.tied_up for position in group), Decimal(0))
        shares = _share(sales, all_sales), _share(tied_up, all_tied_up)
        found.append(Slice(name, sales, tied_up, *shares, len(group)))
    return tuple(sorted(found, key=lambda one: (-one.sales_per_day, -one.tied_up, one.name)))


def _share(part: Decimal, whole: Decimal) -> float:
    return float(part / whole) if whole else 0.0


def herfindahl(shares: Iterable[float]) -> float:
    """The Herfindahl-Hirschman index, 0..1: the sum of the squared shares. 1 is all in one; 0 when there is nothing.

    Shares that sum to less than 1 leave a rest, which counts as spread over very many.
    """
    return sum(share * share for share in shares)


CONCENTRATED, SPREAD = 0.18, 0.10
"""The bounds of the US merger guidelines of 2023, section 2.1: above 0.18 a market is highly concentrated, and below
0.10 (as in those of 1992) it is not."""


class Concentration(StrEnum):
    """What an index amounts to."""

    NOTHING = "nothing to weigh"
    SPREAD = "spread"
    MODERATE = "moderately concentrated"
    HIGH = "highly concentrated"
    ALL = "all in one"


def concentration(index: float) -> Concentration:
    """By the bounds above."""
    if not index:
        return Concentration.NOTHING
    if index > CONCENTRATED:
        return Concentration.ALL if index > 0.99 else Concentration.HIGH
    return Concentration.SPREAD if index < SPREAD else Concentration.MODERATE


def reading(index: float, what: str) -> str:
    """The index in plain words; `what` is the plural of the axis."""
    how = concentration(index)
    if how in (Concentration.NOTHING, Concentration.ALL):
        return how.value
    return f"{how.value}: as if spread evenly over {1 / index:.1f} {what}"


BOUND = 0.25  # of all sales, or of all that is tied up: what holds more is a single point of failure


@dataclass(frozen=True, slots=True)
class Lone:
    """A platform that is the only one in a country; `share_of_sales` is 0..1, the country's part of all sales."""

    platform: str
    country: str
    share_of_sales: float


@dataclass(frozen=True, slots=True)
class SinglePoint:
    """Something whose loss alone would hurt badly, and why it counts as that."""

    axis: Axis
    name: str
    share_of_sales: float
    share_of_tied_up: float
    why: str
    only_in: tuple[Lone, ...] = ()  # the countries in which it is the only platform, where that is why


def lone(seller: Seller) -> Sequence[Lone]:
    """The platforms that are the only one in a country where something is sold, the largest country first. Empty for
    who has one platform alone: it is the only one everywhere."""
    if len({position.platform for position in seller.positions}) < 2:
        return []
    platforms: dict[str, set[str]] = {}
    for position in seller.positions:
        platforms.setdefault(position.country, set()).add(position.platform)
    return [
        Lone(min(platforms[place.name]), place.name, place.share_of_sales)
        for place in slices(seller, Axis.COUNTRY, {})
        if len(platforms[place.name]) == 1 and place.sales_per_day
    ]


def single_points(seller: Seller, owners: Mapping[str, str], bound: float = BOUND) -> Sequence[SinglePoint]:
    """Platforms, companies and countries that hold at least `bound`, and platforms that are the only one in a country
    of the seller's `lone_share` or more; each once, by what it holds of all sales or of all that is tied up, the worst
    first. A company of one platform, and that alone, is not named beside it."""
    found: list[SinglePoint] = []
    alone: dict[str, list[Lone]] = {}
    for only in lone(seller):
        if only.share_of_sales >= seller.lone_share:
            alone.setdefault(only.platform, []).append(only)
    for axis in Axis:
        for one in slices(seller, axis, owners):
            if axis is Axis.COMPANY and len(_platforms_of(seller, one.name, owners)) < 2:
                continue
            held = ((one.share_of_sales, "all sales"), (one.share_of_tied_up, "all that is tied up"))
            only_in = tuple(alone.get(one.name, ())) if axis is Axis.PLATFORM else ()
            reasons = [" and ".join(f"{share:.0%} of {what}" for share, what in held if share >= bound)]
            reasons += [f"the only platform in {at.country} ({at.share_of_sales:.0%} of all sales)" for at in only_in]
            if why := ", ".join(filter(None, reasons)):
                found.append(SinglePoint(axis, one.name, one.share_of_sales, one.share_of_tied_up, why, only_in))
    return sorted(found, key=lambda one: -max(one.share_of_sales, one.share_of_tied_up))


def small_alone(seller: Seller) -> Sequence[Lone]:
    """The platforms that are the only one in a country too small to be a single point, the largest first."""
    return [one for one in lone(seller) if one.share_of_sales < seller.lone_share]


def _platforms_of(seller: Seller, company: str, owners: Mapping[str, str]) -> set[str]:
    return {one.platform for one in seller.positions if owners.get(one.platform.casefold(), one.platform) == company}
