"""How often to look at a source: what the record says, bent by the source's own rhythm and by what goes on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from monitor.domain.harvests import Harvest
from monitor.domain.incidents import WEIGHT, Incident
from monitor.domain.signals import Status
from monitor.domain.sources import Source

SLACK = 4  # times the record's interval: no calm source is looked at less often, nor less often than daily
HASTE = 4  # times as often, while an incident on one of its platforms moves
STIR = timedelta(days=7)  # after its last move an incident makes nobody hurry any more
ENOUGH = 5  # publications from which a rhythm can be told
_BURST = timedelta(minutes=1)  # what is published within it is one publication
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tempo:
    """What reading a source taught of its rhythm; None is not known."""

    gap: timedelta | None = None  # usual time from one publication to the next
    items: int = 0  # how many entries it shows
    declared: timedelta | None = None  # between two looks, as the publisher wishes it

    @property
    def turnover(self) -> timedelta | None:
        """In which every entry that it shows has been replaced by another."""
        return self.gap * self.items if self.gap and self.items else None


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How long to wait after a good look, and why, in words."""

    every: timedelta
    why: str


def tempo(harvest: Harvest | None) -> Tempo:
    """The rhythm of the source's own arrivals: the median gap, which neither a burst nor a holiday moves much."""
    if harvest is None:
        return Tempo()
    moments: list[datetime] = []
    for arrival in sorted(harvest.arrivals):
        if not moments or arrival - moments[-1] > _BURST:
            moments.append(arrival)
    gaps = sorted(later - earlier for earlier, later in pairwise(moments))
    return Tempo(gaps[len(gaps) // 2] if len(moments) >= ENOUGH else None, harvest.items, harvest.every)


def rhythm(source: Source, known: Tempo, max_age: timedelta | None, stirred: bool, least: timedelta) -> Rhythm:
    """The wait after a good look: within [`least`, 4 x the record's interval], and at most a day if that is longer.

    A source that publishes seldom is looked at less often (half its usual gap), unless it speaks with authority: that a
    platform announces twice a year is why it is watched. What the publisher declares (ttl, sy:updatePeriod) and what
    its server holds good (`max_age`) are floors. Faster than the record it goes for two reasons only: its entries
    would be replaced between two looks, or an incident on one of its platforms moves (`stirred`).
    """
    ceiling = max(source.every, min(SLACK * source.every, _DAY))
    every, why = source.every, "as configured"
    sovereign = WEIGHT[source.authority] == 3
    for wish, words in (
        (None if sovereign or known.gap is None else known.gap / 2, f"it publishes about every {span(known.gap)}"),
        (known.declared, f"its publisher asks for {span(known.declared)} between looks"),
        (max_age, f"its answers hold for {span(max_age)}"),
    ):
        if wish is not None and min(wish, ceiling) > every:
            every, why = min(wish, ceiling), words
    if known.turnover is not None and known.turnover / 2 < every:
        every, why = known.turnover / 2, f"its {known.items} entries are replaced within {span(known.turnover)}"
    hurried = min(every, source.every / HASTE)
    if stirred and hurried < every:
        every, why = hurried, "an incident on one of its platforms is moving"
    if every < least:
        every, why = least, f"{why}; no source is asked more often"
    return Rhythm(every, why)


def stirring(incidents: Iterable[Incident], now: datetime) -> frozenset[str]:
    """Platforms, case-folded, on which an incident moved within the last week and was not called off."""
    return frozenset(
        platform.casefold()
        for incident in incidents
        if incident.status is not Status.REVERSED and incident.updated_at > now - STIR
        for platform in incident.platforms
    )


def is_stirred(source: Source, platforms: frozenset[str]) -> bool:
    """Whether the source speaks of one of those platforms; one that speaks of all of them is in no hurry."""
    return not platforms.isdisjoint(platform.casefold() for platform in source.platforms)


def span(time: timedelta | None) -> str:
    """A span of time in its largest fitting unit, as people say it."""
    seconds = time.total_seconds() if time else 0.0
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds:.0f} s"
