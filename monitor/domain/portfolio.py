"""What is at risk for a seller in all, over every open incident, with nothing counted twice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

from monitor.domain.exposure import TIED_UP, Part, Position, Seller
from monitor.domain.impact import FAR, Kin, as_seen_by, lost_sales, odds, touched
from monitor.domain.incidents import Incident, drilled
from monitor.domain.localities import starts
from monitor.domain.platforms import unlisted
from monitor.domain.rulings import Act, not_for_us
from monitor.domain.signals import EventType, Status
from monitor.domain.stakes import STAKES

Acts = Mapping[str, Sequence[Act]]
"""What people did, oldest first, by incident."""
NONE: Acts = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class AtRisk:
    """What is at risk of one position, in the seller's currency, and by which incidents."""

    platform: str
    country: str
    at_once: Decimal = Decimal(0)
    per_day: Decimal = Decimal(0)
    lost_sales: Decimal = Decimal(0)  # over the seller's horizon
    expected: Decimal = Decimal(0)
    incidents: tuple[str, ...] = ()

    @property
    def worst(self) -> Decimal:
        """The worst case: all that is lost at once, and the sales of the horizon."""
        return self.at_once + self.lost_sales


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What is at risk for a seller: a line for each position, at zero too."""

    seller_id: str
    currency: str
    lines: tuple[AtRisk, ...]

    @property
    def at_once(self) -> Decimal:
        return sum((line.at_once for line in self.lines), Decimal(0))

    @property
    def per_day(self) -> Decimal:
        return sum((line.per_day for line in self.lines), Decimal(0))

    @property
    def worst(self) -> Decimal:
        return sum((line.worst for line in self.lines), Decimal(0))

    @property
    def expected(self) -> Decimal:
        return sum((line.expected for line in self.lines), Decimal(0))

    @property
    def incidents(self) -> tuple[str, ...]:
        """Those that put anything at risk, each once."""
        return tuple(dict.fromkeys(id for line in self.lines for id in line.incidents))


def threatens(incident: Incident, today: date, horizon: int) -> bool:
    """Whether an incident puts anything at risk still: not called off, closed or merged away, and not history.

    What took effect longer ago than the horizon has done what it does, unless a deadline of it lies ahead; and an
    undated word that nobody has repeated for FAR days threatens nobody.
    """
    if incident.status is Status.REVERSED or incident.closed is not None or incident.merged_into:
        return False
    if not incident.evidence:
        return False
    if any(deadline.date.last_day >= today for deadline in incident.deadlines):
        return True
    if days := starts(incident):
        return any(day.last_day + timedelta(days=horizon) >= today for day in days)
    return max(word.published for word in incident.evidence).date() + timedelta(days=FAR) >= today


def concerning(incidents: Iterable[Incident], sellers: Iterable[Seller], kin: Kin) -> list[Incident]:
    """Those that may touch any position of theirs: a quick look at the platforms alone, for there may be thousands."""
    own = {position.platform.casefold() for seller in sellers for position in seller.positions}
    lineage = own.union(*(kin.get(name, ()) for name in own))

    def reaches(platform: str) -> bool:
        return platform in lineage or unlisted(platform, kin) in own

    return [
        incident
        for incident in incidents
        if not drilled(incident.evidence)
        and (
            incident.event_type is EventType.TRADE_RULE or any(reaches(name.casefold()) for name in incident.platforms)
        )
    ]


def at_risk(incidents: Iterable[Incident], seller: Seller, today: date, kin: Kin, acts: Acts = NONE) -> Portfolio:
    """Over all incidents: of each part of each position the most that any one puts at stake, once.

    So two incidents that threaten the same stock put it at risk once, and the total never exceeds what is there. What
    the seller's own people said is not for them, by `acts`, puts nothing at risk. Each incident counts as it stands in
    the seller's own places, so that one alone comes to what its impact says.
    """
    seen = (as_seen_by(one, seller, kin) for one in concerning(incidents, (seller,), kin))
    alive = [
        one for one in seen if threatens(one, today, seller.horizon) and not not_for_us(acts.get(one.id, ()), seller.id)
    ]
    lines = tuple(_line(alive, seller, position, today, kin) for position in seller.positions)
    return Portfolio(seller.id, seller.currency, lines)


def _line(incidents: Iterable[Incident], seller: Seller, position: Position, today: date, kin: Kin) -> AtRisk:
    most: dict[Part, Decimal] = {}
    expected: dict[Part, Decimal] = {}
    per_day, by = Decimal(0), []
    for incident in incidents:
        if not touched(incident, (position,), kin):
            continue
        stake = STAKES[incident.event_type]
        lost = {part: stake.of(position, part) for part in TIED_UP}
        lost[Part.SALES] = sum((term.amount for term in lost_sales(incident, seller, position, today)), Decimal(0))
        for part, amount in lost.items():
            most[part] = max(most.get(part, amount), amount)
            expected[part] = max(expected.get(part, Decimal(0)), amount * odds(incident))
        per_day = max(per_day, stake.of(position, Part.SALES))
        by.append(incident.id)
    return AtRisk(
        position.platform,
        position.country,
        sum((most.get(part, Decimal(0)) for part in TIED_UP), Decimal(0)),
        per_day,
        most.get(Part.SALES, Decimal(0)),
        sum(expected.values(), Decimal(0)),
        tuple(by),
    )
