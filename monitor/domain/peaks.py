"""The seller's year: days on which more is sold than usual, and by how much."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from monitor.domain.places import covers


@dataclass(frozen=True, slots=True)
class Peak:
    """Days, both ends included, on which sales are `factor` times the usual. No countries or platforms: all of them."""

    name: str
    first: date
    last: date
    factor: Decimal
    countries: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()

    def reaches(self, platform: str, country: str) -> bool:
        """Whether it is a peak there."""
        named = {name.casefold() for name in self.platforms}
        return covers(self.countries, country) and (not named or platform.casefold() in named)

    def meets(self, first: date, last: date) -> bool:
        """Whether any of its days lies in between, both ends included."""
        return self.first <= last and first <= self.last


@dataclass(frozen=True, slots=True)
class Stretch:
    """So many days on which sales are `factor` times the usual; `peak` is "" on usual days."""

    days: int
    factor: Decimal
    peak: str


def stretches(peaks: Iterable[Peak], first: date, days: int) -> tuple[Stretch, ...]:
    """So many days from the first one on, by peak, the usual days first. Where peaks overlap, the highest holds."""
    last = first + timedelta(days=days - 1)
    near = sorted(
        (peak for peak in peaks if peak.meets(first, last)), key=lambda peak: (-peak.factor, peak.first, peak.name)
    )
    if not near:
        return (Stretch(days, Decimal(1), ""),)
    number: dict[tuple[str, Decimal], int] = {("", Decimal(1)): 0}
    for day in (first + timedelta(days=n) for n in range(days)):
        highest = next(((peak.name, peak.factor) for peak in near if peak.meets(day, day)), ("", Decimal(1)))
        number[highest] = number.get(highest, 0) + 1
    return tuple(Stretch(count, factor, name) for (name, factor), count in number.items() if count)
