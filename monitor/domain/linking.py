"""Do two pieces of evidence report one event? A symmetric sum of a few fitted weights, each said in words.

The weights are logarithms of odds, fitted on labelled pairs by `monitor.training.incidents`; how, and how good they
are, is told in docs/decisions/0012-resolution.md. What shares no key is never compared, so a signal costs what its
neighbours cost.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from math import log1p

from monitor.domain.deadlines import PartialDate
from monitor.domain.incidents import Evidence, drilled, observed
from monitor.domain.places import EU, EU_MEMBERS, countries, everywhere, overlap
from monitor.domain.platforms import Platform, platform_keys
from monitor.domain.signals import EventType, Status

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
_ENDS = frozenset({EventType.SHUTDOWN, EventType.MARKET_EXIT})  # texts on one event disagree which of these it is
_MANY = frozenset({Family.MEASURE, Family.TRADE_RULE})  # of which one platform, or one country, sees several at once
_OUT_OF_SIGHT = frozenset({Family.CLOSING, Family.BAN})  # what a probe sees may be either

LINK = 0.0  # log odds above which two pieces of evidence link
NEVER = -6.0  # of what shares no key, and the least that any pair scores
NEAR = timedelta(days=45)  # two sources' dates of one event differ by less, but for a delay
BITS = 384  # of a gist (`monitor.understand.gist`)
_ALIKE = 0.6  # the share of equal bits where meaning says neither yes nor no; its weight is for each 0.1 more
_MONTH = 30  # days

WEIGHTS: Mapping[str, float] = {
    "base": 0.65,
    "same type": 2.12,
    "other family": -0.11,
    "same family": -1.87,
    "many": -1.95,
    "same platform": 0.31,
    "platform beside": -0.33,
    "part": -1.60,
    "one unnamed": -2.61,
    "none named": 0.73,
    "same place": 1.91,
    "place within": 0.24,
    "one place open": 0.34,
    "both places open": 0.37,
    "other place": -5.00,
    "same day": 2.19,
    "same time": 1.71,
    "near dates": -0.97,
    "apart": -2.27,
    "moved": 0.75,
    "no dates": -0.05,
    "gap": -1.69,
    "undated": -1.01,
    "meaning": 1.73,
}


def kinship(platforms: Iterable[Platform]) -> Kinship:
    """Who is part of whom, from the catalogue."""
    return {
        platform.name.casefold(): frozenset(
            name.casefold() for name in (*platform.ancestors, platform.parent) if name is not None
        )
        for platform in platforms
    }


def dated(evidence: Evidence) -> bool:
    """Whether anybody knows when it was published: the epoch stands for never."""
    return evidence.published.year > 1970


KEYS = 4  # of what kind the keys are: to be raised with every change of `keys`, so that stores make theirs anew


def keys(evidence: Evidence, kin: Kinship) -> frozenset[str]:
    """What it is found by: the platforms named, and those that they are part of; of a trade rule, which binds all, and
    of a text that names no platform, its places; and its places in the month, for texts of the other kind; and the
    month itself, for texts that name no place. A drill is found by nothing else."""
    if drilled((evidence,)):
        return frozenset({f"drill {evidence.document_id}"})
    named = "named" if evidence.signal.platforms else "unnamed"
    return _lasting(evidence, kin) | {f"{named} {place}" for place in (*_passing(evidence), *_anywhere(evidence))}


def asks(evidence: Evidence, kin: Kinship) -> frozenset[str]:
    """The keys of all that it may link with. What one asks for is what the other is found by, and the other way round;
    of two that name platforms a place in common is nothing to ask for."""
    if drilled((evidence,)):
        return keys(evidence, kin)
    kinds = ("unnamed",) if evidence.signal.platforms else ("named", "unnamed")
    passing = _passing(evidence)
    if FAMILY[evidence.signal.event_type] is Family.TRADE_RULE:  # it binds all: whom a text names makes no difference
        kinds = ("named", "unnamed")
        passing += _anywhere(evidence) if everywhere(evidence.signal.regions) else _nowhere(evidence)
    return _lasting(evidence, kin) | {f"{kind} {place}" for place in passing for kind in kinds}


def _lasting(evidence: Evidence, kin: Kinship) -> frozenset[str]:
    said = evidence.signal
    family = FAMILY[said.event_type]
    names = said.platforms
    found = set(platform_keys(names, kin))
    if family is Family.TRADE_RULE or not names:
        found |= {f"{family.value} in {place}" for place in _places(said.regions)}
    return frozenset(found)


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


@dataclass(frozen=True, slots=True)
class Profile:
    """What makes a signal comparable, but for its time and meaning."""

    event: EventType
    platforms: tuple[str, ...]  # case-folded
    regions: tuple[str, ...]
    date: PartialDate | None
    reversed: bool
    seen: bool  # by a probe

    @property
    def family(self) -> Family:
        return FAMILY[self.event]


def profile(evidence: Evidence) -> Profile:
    """That of a piece of evidence."""
    said = evidence.signal
    names = tuple(name.casefold() for name in said.platforms)
    off = said.status is Status.REVERSED
    return Profile(said.event_type, names, said.regions, said.effective_date, off, observed(evidence))


@dataclass(frozen=True, slots=True)
class Term:
    """One summand of a score, in words."""

    says: str
    points: float

    def __str__(self) -> str:
        return f"{self.says} {self.points:+.2f}"


Said = tuple[str, float, str] | None
"""The name of a weight, how often it counts, and the words for it; None for what says neither yes nor no."""


def features(one: Evidence, other: Evidence, kin: Kinship) -> list[tuple[str, float, str]] | None:
    """All that speaks for or against one event: what `WEIGHTS` weigh. None for two that can never link."""
    a, b = profile(one), profile(other)
    if asks(one, kin).isdisjoint(keys(other, kin)):
        return None
    standing = alike(a, b, kin)
    return None if standing is None else [*standing, *apart(one, other)]


def alike(a: Profile, b: Profile, kin: Kinship) -> list[tuple[str, float, str]] | None:
    """What two profiles say; None when they are on different platforms, one tells of a measure against sellers and the
    other of none, or a probe saw what the other cannot mean."""
    event, platform = _event(a, b), _platform(a, b, kin)
    if platform is _ELSEWHERE or event is _ANOTHER:
        return None
    said = [event, _several(a, b), platform, _where(a, b), _date(a, b)]
    return [("base", 1.0, "before anything is known"), *(one for one in said if one is not None)]


_ELSEWHERE: Said = ("elsewhere", 0.0, "")
_ANOTHER: Said = ("another", 0.0, "")


def _event(a: Profile, b: Profile) -> Said:
    if a.event is b.event:
        return "same type", 1.0, f"both {a.event.value}"
    if _ENDS.issuperset((a.event, b.event)):
        return "same type", 1.0, "both the end of it, here or everywhere"
    first, second = sorted((a.event.value, b.event.value))
    if {a.family, b.family} == _OUT_OF_SIGHT and (a.seen or b.seen):
        return "same type", 1.0, f"{first} or {second}, a probe cannot tell"
    if a.family is b.family:
        return "same family", 1.0, f"{first} and {second}, both {a.family.value}"
    if Family.MEASURE in (a.family, b.family) or a.seen or b.seen:
        return _ANOTHER  # dearer, and then gone, are two events, whatever else is alike
    return "other family", 1.0, f"{first} is not {second}"


def _several(a: Profile, b: Profile) -> Said:
    if _MANY.isdisjoint((a.family, b.family)):
        return None
    return "many", 1.0, "there are many such"


def _platform(a: Profile, b: Profile, kin: Kinship) -> Said:
    if not a.platforms and not b.platforms:
        return "none named", 1.0, "no platform named"
    if a.family is b.family is Family.TRADE_RULE:
        return None  # it binds all; those named are examples
    if not a.platforms or not b.platforms:
        return "one unnamed", 1.0, "one names no platform"
    first, second = a.platforms[0], b.platforms[0]
    if first == second:
        return "same platform", 1.0, f"both {first}"
    common = set(a.platforms) & set(b.platforms)
    if common:
        return "platform beside", 1.0, f"{min(common)} beside others"
    part = next(((x, y) for x in a.platforms for y in b.platforms if _related(x, y, kin)), None)
    return ("part", 1.0, f"{min(part)} and {max(part)} are parts of one another") if part else _ELSEWHERE


def _related(one: str, other: str, kin: Kinship) -> bool:
    return one in kin.get(other, ()) or other in kin.get(one, ())


def _where(a: Profile, b: Profile) -> Said:
    wide = everywhere(a.regions), everywhere(b.regions)
    if all(wide):
        return "both places open", 1.0, "no place named"
    if any(wide):
        return "one place open", 1.0, "one place open"
    if not overlap(a.regions, b.regions):
        return "other place", 1.0, " is not ".join(sorted((",".join(a.regions), ",".join(b.regions))))
    if countries(a.regions) == countries(b.regions):
        return "same place", 1.0, f"both in {','.join(sorted({*a.regions, *b.regions}))}"
    return "place within", 1.0, "places overlap"


def _date(a: Profile, b: Profile) -> Said:
    if a.date is None or b.date is None:
        return ("no dates", 1.0, "no date named") if a.date is b.date else None
    if a.date.agrees(b.date):
        exact = a.date == b.date and len(a.date.parts) == 3
        return "same day" if exact else "same time", 1.0, f"both {min(a.date, b.date)}"
    between = max(a.date.first_day - b.date.last_day, b.date.first_day - a.date.last_day)
    if between <= NEAR:
        return "near dates", 1.0, f"dates {between.days} days apart"
    if a.reversed is not b.reversed:
        return "moved", 1.0, f"called off or delayed by {between.days} days"
    return "apart", 1.0, f"dates {between.days} days apart"


def apart(one: Evidence, other: Evidence) -> list[tuple[str, float, str]]:
    """What publication and meaning say."""
    said = [("undated", 1.0, "nobody knows when published")]
    if dated(one) and dated(other):
        days = abs(one.published.toordinal() - other.published.toordinal())
        said = [("gap", waited(days), f"published {days} day{'' if days == 1 else 's'} apart")]
    if one.gist and other.gist:
        close = closeness(one.gist, other.gist)
        said.append(("meaning", close, f"meaning {_ALIKE + close / 10:.2f}"))
    return said


def waited(days: int) -> float:
    """How often the gap between two publications counts."""
    return log1p(days / _MONTH)


def closeness(one: int, other: int) -> float:
    """How often the meaning counts that two gists have in common."""
    return (1 - (one ^ other).bit_count() / BITS - _ALIKE) * 10


def terms(one: Evidence, other: Evidence, kin: Kinship, weights: Mapping[str, float] = WEIGHTS) -> tuple[Term, ...]:
    """The summands of the score of two, the heaviest first; what can never link has one."""
    said = features(one, other, kin)
    if said is None:
        return (Term("nothing in common", NEVER),)
    summed = [Term(words, weights[name] * times) for name, times, words in said]
    return tuple(sorted(summed, key=lambda term: -abs(term.points)))
