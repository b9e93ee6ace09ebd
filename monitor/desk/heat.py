"""Where a seller's money stands, platform by country, and how much of it is at risk there."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from monitor.domain.exposure import Seller
from monitor.domain.portfolio import AtRisk, Portfolio
from monitor.web.sections.overview import Cell, Heat, Risk

MOST_PLATFORMS, MOST_COUNTRIES = 15, 10
BOUNDS = (0.0, 0.1, 0.25, 0.5, 0.75)  # shares above which a cell is one level hotter
Place = tuple[str, str]
"""A platform and a country; "" for all of them."""


def heat(seller: Seller, portfolio: Portfolio) -> Heat | None:
    """Where most is at risk comes first, then where most is exposed; None for a seller without positions."""
    if not seller.positions:
        return None
    at_risk = _by_place(portfolio)
    places = _exposed(seller, at_risk)
    exposed, threatened = defaultdict[Place, Decimal](Decimal, places), defaultdict[Place, Decimal](Decimal)
    for (platform, country), stake in places.items():
        for place in ((platform, ""), ("", country)):
            exposed[place] += stake
    for (platform, country), lines in at_risk.items():
        for place in ((platform, ""), ("", country)):
            threatened[place] += sum((line.worst for line in lines), Decimal(0))

    def first(some: Iterable[Place], most: int) -> list[Place]:
        return sorted(set(some), key=lambda place: (-threatened[place], -exposed[place], place))[:most]

    rows = [name for name, _ in first(((name, "") for name, _ in places), MOST_PLATFORMS)]
    columns = [code for _, code in first((("", code) for _, code in places), MOST_COUNTRIES)]
    rows = [row for row in rows if any((row, column) in places for column in columns)]
    columns = [column for column in columns if any((row, column) in places for row in rows)]
    hidden = sum(row not in rows or column not in columns for row, column in places)

    def cell(platform: str, country: str) -> Cell | None:
        if (platform, country) not in places:
            return None
        stake, lines = exposed[platform, country], at_risk.get((platform, country), ())
        worst = sum((line.worst for line in lines), Decimal(0))
        incidents = {id for line in lines for id in line.incidents}
        return Cell(country, stake, worst, level(worst, stake, bool(incidents)), len(incidents))

    table = [(row, [cell(row, column) for column in columns]) for row in rows]
    return Heat(seller.id, seller.name, seller.currency, columns, table, hidden)


def risk(seller: Seller, portfolio: Portfolio) -> Risk:
    """In all."""
    stake = sum(_exposed(seller, _by_place(portfolio)).values(), Decimal(0))
    worst = portfolio.worst
    return Risk(
        seller.id,
        seller.name,
        seller.currency,
        worst,
        portfolio.expected,
        portfolio.at_once,
        portfolio.per_day,
        len(portfolio.incidents),
        min(1.0, float(worst / stake)) if stake else 0.0,
    )


def level(worst: Decimal, stake: Decimal, threatened: bool) -> int:
    """0 when nothing threatens it, else 1 to 5 by the share that is at risk."""
    if not threatened:
        return 0
    share = float(worst / stake) if stake else 0.0
    return max(1, sum(share > bound for bound in BOUNDS))


def _exposed(seller: Seller, at_risk: Mapping[Place, list[AtRisk]]) -> Mapping[Place, Decimal]:
    """What lies at each place: what is tied up, and usual sales of the horizon. An event that falls into a peak takes
    more than those, and no more can be at risk than is exposed."""
    found = defaultdict[Place, Decimal](Decimal)
    for one in seller.positions:
        found[one.platform, one.country] += one.tied_up + one.sales_per_day * seller.horizon
    for place in found.keys() & at_risk.keys():
        found[place] = max(found[place], sum((line.worst for line in at_risk[place]), Decimal(0)))
    return found


def _by_place(portfolio: Portfolio) -> Mapping[Place, list[AtRisk]]:
    found: dict[Place, list[AtRisk]] = {}
    for line in portfolio.lines:
        found.setdefault((line.platform, line.country), []).append(line)
    return found
