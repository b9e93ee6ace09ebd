"""What evidence is found by: keys, such that what shares none is never compared (blocking, in the words of record
linkage). So a signal costs what its neighbours cost.
"""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

from monitor.domain.faint import faces
from monitor.domain.incidents import Evidence, drilled
from monitor.domain.naming import stems, strange
from monitor.domain.places import EU, EU_MEMBERS, everywhere
from monitor.domain.platforms import Lineages, Platform, platform_keys
from monitor.domain.signals import EventType

Kinship = Mapping[str, Collection[str]]
"""Case-folded platform name -> the case-folded names of all platforms that it is part of."""


class Family(StrEnum):
    """Event types that careful readers give to one and the same event."""

    CLOSING = "closing"
    BAN = "ban"
    MEASURE = "measure"
    TRADE_RULE = "trade_rule"


FAMILY: Mapping[EventType, Family] = {
    EventType.SHUTDOWN: Family.CLOSING,
    EventType.MARKET_EXIT: Family.CLOSING,
    EventType.INSOLVENCY: Family.CLOSING,
    EventType.BAN: Family.BAN,
    EventType.ENFORCEMENT: Family.MEASURE,
    EventType.POLICY: Family.MEASURE,
    EventType.TRADE_RULE: Family.TRADE_RULE,
}


def kinship(platforms: Iterable[Platform]) -> Kinship:
    """Who is part of whom, from the catalogue."""
    return Lineages(platforms)


def dated(evidence: Evidence) -> bool:
    """Whether anybody knows when it was published: the epoch stands for never."""
    return evidence.published.year > 1970


KEYS = 6  # of what kind the keys are: to be raised with every change of `keys`, so that stores make theirs anew


def keys(evidence: Evidence, kin: Kinship) -> frozenset[str]:
    """What it is found by: the platforms named, and those that they are part of; of a trade rule, which binds all, and
    of a text that names no platform, its places; and its places in the month, for texts of the other kind; and the
    month itself, for texts that name no place; and where the catalogue knows no platform of it, the name that it gives
    and the words of its title. A drill is found by nothing else, a faint text by all that it may be."""
    if drilled((evidence,)):
        return frozenset({f"drill {evidence.document_id}"})
    if evidence.signal.faint:
        return frozenset(key for face, _ in faces(evidence) for key in keys(face, kin))
    named = "named" if evidence.signal.platforms else "unnamed"
    passing = {f"{named} {place}" for place in (*_passing(evidence), *_anywhere(evidence))}
    return _lasting(evidence, kin) | passing | _worded(evidence, kin, "called", "titled")


def asks(evidence: Evidence, kin: Kinship) -> frozenset[str]:
    """The keys of all that it may link with. What one asks for is what the other is found by, and the other way round;
    of two that name platforms a place in common is nothing to ask for."""
    if drilled((evidence,)):
        return keys(evidence, kin)
    if evidence.signal.faint:
        return frozenset(key for face, _ in faces(evidence) for key in asks(face, kin))
    kinds = ("unnamed",) if evidence.signal.platforms else ("named", "unnamed")
    passing = _passing(evidence)
    if FAMILY[evidence.signal.event_type] is Family.TRADE_RULE:  # it binds all: whom a text names makes no difference
        kinds = ("named", "unnamed")
        passing += _anywhere(evidence) if everywhere(evidence.signal.regions) else _nowhere(evidence)
    found = {f"{kind} {place}" for place in passing for kind in kinds}
    return _lasting(evidence, kin) | found | _worded(evidence, kin, "titled", "called")


def _lasting(evidence: Evidence, kin: Kinship) -> frozenset[str]:
    said = evidence.signal
    family = FAMILY[said.event_type]
    names = said.platforms
    found = set(platform_keys(names, kin))
    if family is Family.TRADE_RULE or not names:
        found |= {f"{family.value} in {place}" for place in _places(said.regions)}
    return frozenset(found)


def entitled(evidence: Evidence, kin: Kinship) -> str:
    """Its title, where that may have the name of a platform that the catalogue does not know; of a rule, which binds
    all, none does."""
    said = evidence.signal
    bound = FAMILY[said.event_type] is Family.TRADE_RULE
    return "" if bound or not strange(said.platforms, kin) else evidence.title


def _worded(evidence: Evidence, kin: Kinship, name: str, title: str) -> frozenset[str]:
    """By the name that it gives, and by the words of its title."""
    if not (above := entitled(evidence, kin)):
        return frozenset()
    names = stems(evidence.signal.platforms[0]) if evidence.signal.platforms else ()
    return frozenset((*(f"{name} {stem}" for stem in names), *(f"{title} {stem}" for stem in stems(above))))


def _passing(evidence: Evidence) -> list[str]:
    """Of a month; the next stands beside it, so that neighbours share one."""
    said = evidence.signal
    places = _places(said.regions) or {"no place"}
    return [f"{FAMILY[said.event_type].value} in {place}, {month}" for place in places for month in _months(evidence)]


def _anywhere(evidence: Evidence) -> list[str]:
    family = FAMILY[evidence.signal.event_type]
    return [f"{family.value}, {month}" for month in _months(evidence)] if family is Family.TRADE_RULE else []


def _nowhere(evidence: Evidence) -> list[str]:
    family = FAMILY[evidence.signal.event_type].value
    return [f"{family} in {place}, {month}" for place in ("no place", "WORLD") for month in _months(evidence)]


def _places(regions: Collection[str]) -> set[str]:
    """With the union for its members, as either may be named."""
    return {EU if place in EU_MEMBERS else place for place in regions} | set(regions)


def _months(evidence: Evidence) -> tuple[str, ...]:
    if not dated(evidence):
        return ("at some time",)
    month = evidence.published.year * 12 + evidence.published.month
    return str(month), str(month + 1)
