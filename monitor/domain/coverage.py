"""What we see of the world: for each platform, country and language the best source that covers it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.domain.exposure import Seller
from monitor.domain.health import Health, Standing
from monitor.domain.places import covers
from monitor.domain.sources import Source

RANK = {standing: rank for rank, standing in enumerate(Standing)}
ANY = ""  # a source that names no platform, country or language speaks of them all


def told_of(source: Source) -> tuple[str, ...]:
    """The platforms that the source would tell us of: those that it speaks of, or that it searches for."""
    return source.platforms or source.asks


@dataclass(frozen=True, slots=True)
class Cell:
    """One place in the map: its sources by standing. No source at all is no cell."""

    standings: tuple[tuple[Standing, int], ...]  # the best first, none of them zero

    @property
    def best(self) -> Standing:
        return self.standings[0][0]

    @property
    def sources(self) -> int:
        return sum(number for _, number in self.standings)

    @property
    def live(self) -> int:
        return dict(self.standings).get(Standing.LIVE, 0)


def cell(standings: Iterable[Standing]) -> Cell | None:
    """The cell of these sources; None when there are none."""
    found = Counter(standings)
    ordered = tuple((standing, found[standing]) for standing in sorted(found, key=RANK.__getitem__))
    return Cell(ordered) if ordered else None


def coverage(sources: Iterable[Source], healths: Mapping[str, Health]) -> Mapping[tuple[str, str, str], Cell]:
    """(platform, country, language), each as the sources name it or ANY, to the cell of those that name it so."""
    found: dict[tuple[str, str, str], list[Standing]] = {}
    for source in sources:
        if source.id in healths:
            for platform in told_of(source) or (ANY,):
                for country in source.countries or (ANY,):
                    for language in source.languages or (ANY,):
                        found.setdefault((platform, country, language), []).append(healths[source.id].standing)
    return {key: made for key, standings in sorted(found.items()) if (made := cell(standings)) is not None}


def platform_in(
    sources: Iterable[Source], healths: Mapping[str, Health], platform: str, country: str, language: str = ANY
) -> Cell | None:
    """Who would tell us of this platform in this country (in this language; ANY is all): the sources that tell of
    the platform (ANY: those that name none) and do not leave out the country. A bloc's source covers its members."""
    return cell(
        healths[source.id].standing
        for source in sources
        if source.id in healths
        and (platform in told_of(source) if platform else not told_of(source))
        and (not country or covers(source.countries, country))
        and (not language or not source.languages or language in source.languages)
    )


def shown_first(
    sources: Sequence[Source], sellers: Iterable[Seller], most_platforms: int, most_countries: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Platforms and countries to show: those that the sellers' exposure names, then those with most sources."""
    stakes: Counter[str] = Counter()
    places: Counter[str] = Counter()
    for seller in sellers:
        for position in seller.positions:
            stakes[position.platform] += 1
            places[position.country] += 1
    named = Counter(platform for source in sources for platform in told_of(source))
    spoken = Counter(country for source in sources for country in source.countries if len(country) == 2)
    platforms = dict.fromkeys([*_ordered(stakes), *_ordered(named)])
    countries = dict.fromkeys([*_ordered(places), *_ordered(spoken)])
    return tuple(platforms)[:most_platforms], tuple(countries)[:most_countries]


def _ordered(counted: Counter[str]) -> list[str]:
    return sorted(counted, key=lambda name: (-counted[name], name))
