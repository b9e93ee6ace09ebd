"""Do two pieces of evidence report one event? A symmetric sum of a few fitted weights, each said in words.

The weights are logarithms of odds, fitted on labelled pairs by `monitor.training.incidents`; how, and how good they
are, is told in docs/decisions/0012-resolution.md. What shares no key (`blocking`) is never compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from math import log1p

from monitor.domain.blocking import FAMILY, Family, Kinship, asks, dated, entitled, keys
from monitor.domain.deadlines import PartialDate
from monitor.domain.incidents import Evidence, observed
from monitor.domain.naming import called
from monitor.domain.places import countries, everywhere, overlap
from monitor.domain.signals import EventType, Status

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
    "base": 0.50,
    "same type": 1.65,
    "type in doubt": 0.30,
    "other family": -0.40,
    "same family": -0.18,
    "many": -1.54,
    "same platform": 0.98,
    "platform beside": -0.62,
    "part": -0.60,
    "called so": 0.35,
    "one unnamed": -1.88,
    "none named": 0.87,
    "binds all": 1.00,
    "same place": 1.26,
    "place within": 0.40,
    "one place open": 0.49,
    "both places open": 1.34,
    "place supposed": -2.00,
    "other place": -5.00,
    "same day": 1.81,
    "same time": 1.34,
    "near dates": -0.56,
    "apart": -1.45,
    "moved": 0.15,
    "no dates": 0.01,
    "gap": -1.62,
    "undated": -2.85,
    "meaning": 1.86,
}


@dataclass(frozen=True, slots=True)
class Profile:
    """What makes a signal comparable, but for its time and meaning. Titles differ in texts that say the same."""

    event: EventType
    platforms: tuple[str, ...]  # case-folded
    regions: tuple[str, ...]
    date: PartialDate | None
    reversed: bool
    seen: bool  # by a probe
    doubt: EventType | None  # what else it may be
    supposed: bool  # whether the text names none of its places
    title: str = field(compare=False)  # where it may have a name that no catalogue knows (`blocking.entitled`)

    @property
    def family(self) -> Family:
        return FAMILY[self.event]


def profile(evidence: Evidence, kin: Kinship) -> Profile:
    """That of a piece of evidence."""
    said = evidence.signal
    return Profile(
        said.event_type,
        tuple(name.casefold() for name in said.platforms),
        said.regions,
        said.effective_date,
        said.status is Status.REVERSED,
        observed(evidence),
        said.doubt,
        said.supposed,
        entitled(evidence, kin),
    )


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
    a, b = profile(one, kin), profile(other, kin)
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


_TYPES = ("same type", "type in doubt", "same family", "other family")
_NAMES = ("none named", "binds all", "same platform", "called so", "one unnamed", "platform beside", "part")


def at_most(a: Profile, b: Profile, weights: Mapping[str, float]) -> float:
    """What `alike` can come to, whatever type of event either tells of: known from places and dates alone."""
    known = sum(weights[one[0]] * one[1] for one in (_where(a, b), _date(a, b)) if one is not None)
    names = max(weights[name] for name in _NAMES)
    return weights["base"] + known + names + max(weights[name] for name in _TYPES) + max(0.0, weights["many"])


_ELSEWHERE: Said = ("elsewhere", 0.0, "")
_ANOTHER: Said = ("another", 0.0, "")


def _event(a: Profile, b: Profile) -> Said:
    if a.event is b.event:
        return "same type", 1.0, f"both {a.event.value}"
    if _one_type(a.event, b.event):
        return "same type", 1.0, "both the end of it, here or everywhere"
    first, second = sorted((a.event.value, b.event.value))
    if {a.family, b.family} == _OUT_OF_SIGHT and (a.seen or b.seen):
        return "same type", 1.0, f"{first} or {second}, a probe cannot tell"
    if _one_type(a.doubt, b.event) or _one_type(a.event, b.doubt):
        return "type in doubt", 1.0, f"{first} or {second}, a reader was in doubt"
    if a.family is b.family:
        return "same family", 1.0, f"{first} and {second}, both {a.family.value}"
    if Family.MEASURE in (a.family, b.family) or a.seen or b.seen:
        return _ANOTHER  # dearer, and then gone, are two events, whatever else is alike
    return "other family", 1.0, f"{first} is not {second}"


def _one_type(one: EventType | None, other: EventType | None) -> bool:
    return one is other or _ENDS.issuperset((one, other))


def _several(a: Profile, b: Profile) -> Said:
    if _MANY.isdisjoint((a.family, b.family)):
        return None
    return "many", 1.0, "there are many such"


def _platform(a: Profile, b: Profile, kin: Kinship) -> Said:
    if not a.platforms and not b.platforms:
        return "none named", 1.0, "no platform named"
    if a.family is b.family is Family.TRADE_RULE:
        return "binds all", 1.0, "it binds all, those named are examples"
    if a.platforms[:1] == b.platforms[:1]:
        return "same platform", 1.0, f"both {a.platforms[0]}"
    if names := [name for name in (_called(a, b), _called(b, a)) if name]:
        return "called so", 1.0, f"{min(names)} in the title of the other"
    if not a.platforms or not b.platforms:
        return "one unnamed", 1.0, "one names no platform"
    common = set(a.platforms) & set(b.platforms)
    if common:
        return "platform beside", 1.0, f"{min(common)} beside others"
    part = next(((x, y) for x in a.platforms for y in b.platforms if _related(x, y, kin)), None)
    return ("part", 1.0, f"{min(part)} and {max(part)} are parts of one another") if part else _ELSEWHERE


def _called(one: Profile, other: Profile) -> str:
    """The name that one gives, which no catalogue knows, where the other's title has it."""
    told = one.title and other.title and one.platforms and called(one.platforms[0], other.title)
    return one.platforms[0] if told else ""


def _related(one: str, other: str, kin: Kinship) -> bool:
    return one in kin.get(other, ()) or other in kin.get(one, ())


def _where(a: Profile, b: Profile) -> Said:
    wide = everywhere(a.regions), everywhere(b.regions)
    if all(wide):
        return "both places open", 1.0, "no place named"
    if any(wide):
        return "one place open", 1.0, "one place open"
    if not overlap(a.regions, b.regions):
        apart_ = " is not ".join(sorted((",".join(a.regions), ",".join(b.regions))))
        if a.supposed or b.supposed:
            return "place supposed", 1.0, f"{apart_}, which one only supposes"
        return "other place", 1.0, apart_
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
    a, b = moment(one), moment(other)
    if a.day and b.day:
        days = abs(a.day - b.day)
        words = f"published {days} day{'' if days == 1 else 's'} apart"
        if (near := days_apart(a, b)) < days:
            words += f", {near - _MONTH} from the day that one names"
        said = [("gap", waited(near), words)]
    if one.gist and other.gist:
        close = closeness(one.gist, other.gist)
        said.append(("meaning", close, f"meaning {_ALIKE + close / 10:.2f}"))
    return said


@dataclass(frozen=True, slots=True)
class Moment:
    """When a text was published (0 when nobody knows) and the days of which it tells, as ordinals; a year is no day."""

    day: int
    first: int = 0
    last: int = 0


def moment(evidence: Evidence) -> Moment:
    """That of a piece of evidence."""
    day, said = evidence.published.toordinal() if dated(evidence) else 0, evidence.signal.effective_date
    if said is None or len(said.parts) < 2:
        return Moment(day)
    return Moment(day, said.first_day.toordinal(), said.last_day.toordinal())


def days_apart(one: Moment, other: Moment) -> int:
    """Between two texts whose day is known: from publication to publication. A text that comes out about the day that
    the other names is as near as one that follows it within a month: what was announced has come, or is called off."""
    return min(abs(one.day - other.day), _MONTH + until(one.day, other), _MONTH + until(other.day, one))


def until(day: int, other: Moment) -> int:
    """From a day to those that the other text names; to its publication where it names none."""
    return max(other.first - day, day - other.last, 0) if other.first else abs(day - other.day)


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
