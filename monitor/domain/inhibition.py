"""What is not worth a word beside something larger: who loses a platform need not hear of its fees."""

from collections.abc import Iterable, Mapping

from monitor.domain.alerts import Told
from monitor.domain.impact import Impact, Kin
from monitor.domain.incidents import Incident
from monitor.domain.ladder import DECIDED
from monitor.domain.localities import called_off
from monitor.domain.places import WORLD, covers
from monitor.domain.signals import EventType

RANK: Mapping[EventType, int] = {
    EventType.SHUTDOWN: 2,
    EventType.MARKET_EXIT: 2,
    EventType.BAN: 2,
    EventType.INSOLVENCY: 2,
    EventType.ENFORCEMENT: 1,
    EventType.TRADE_RULE: 1,
    EventType.POLICY: 1,
}
"""What is left of a platform after it: the higher, the less."""


def outranked(incident: Incident) -> bool:
    """Whether there is anything larger than it."""
    return RANK[incident.event_type] < max(RANK.values())


def made_moot(incident: Incident, impact: Impact, known: Iterable[tuple[Incident, Told]], kin: Kin) -> Incident | None:
    """Which of the incidents that the seller knows, each with what was told of it, makes this one not worth a word.

    It is of a higher rank, decided (a rumour makes nothing moot), neither reversed nor closed, was told no less loud,
    and takes every platform in every place that this one is about.
    """
    for larger, told in known:
        if (
            RANK[larger.event_type] > RANK[incident.event_type]
            and larger.closed is None
            and not larger.merged_into
            and larger.status in DECIDED
            and told.rung in DECIDED
            and told.severity >= impact.severity
            and _takes_all(larger, incident, impact, kin)
        ):
            return larger
    return None


def _takes_all(larger: Incident, smaller: Incident, impact: Impact, kin: Kin) -> bool:
    taken = {name.casefold() for name in larger.platforms}
    about = [(hit.platform, hit.country) for hit in impact.hits]
    if not impact.hits:
        about = [(name, place) for name in smaller.platforms for place in smaller.regions or (WORLD,)]

    def takes(platform: str, place: str) -> bool:
        name = platform.casefold()
        there = covers(larger.regions, place) and not called_off(larger, place)
        return there and not taken.isdisjoint({name, *kin.get(name, ())})

    return bool(about) and all(takes(*one) for one in about)
