"""What sources contradict each other about: each side with those who hold it, until one gives way (docs/ladder.md)."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from monitor.domain.deadlines import PartialDate
from monitor.domain.incidents import WEIGHT, Claimed, Conflict, Evidence, PlaceDate, hearsay, sovereign
from monitor.domain.ladder import DECIDED, RUNGS, Standing
from monitor.domain.localities import meant
from monitor.domain.origins import origins
from monitor.domain.places import overlap
from monitor.domain.signals import Status
from monitor.domain.testimony import STRAY

Side = tuple[str, list[Evidence]]
"""What is said, and by whom."""


def conflicts(
    stands: Standing, effective: PartialDate | None, regions: Sequence[str], dates: Sequence[PlaceDate] = ()
) -> tuple[Conflict, ...]:
    """Contradictions about the date, the place and the status, in this order; of each the side that stands first.

    Hearsay contradicts nobody, and neither does a slip: what fewer than a fifth of the independent origins say. Where
    the places have `dates` of their own, who names that of each place that he speaks of contradicts nobody either.
    """
    words = [word for word in stands.words if not hearsay(word)]
    apart = [word for word in words if not _of_its_places(word, effective, dates)] if dates else words
    found = (
        ("date", _dates(apart, effective)),
        ("place", _places(words, regions)),
        ("status", _status(stands)),
    )
    return tuple(
        Conflict(about, tuple(Claimed(value, _weightiest(by)) for value, by in sides))
        for about, sides in found
        if len(sides) > 1
    )


def _weightiest(words: Iterable[Evidence]) -> tuple[tuple[str, int], ...]:
    ordered = sorted(words, key=lambda word: (-WEIGHT[word.authority], word.published, word.key))
    return tuple(word.key for word in ordered)


def _dates(words: Sequence[Evidence], effective: PartialDate | None) -> list[Side]:
    """Days that cannot both be meant. A sovereign's date settles what was said before it, the newest word of a
    publisher replaces its older ones, and a plan's or a rumor's date is none against that of what was decided."""
    dated = [word for word in words if word.signal.effective_date is not None]
    dated = [word for word in dated if word.signal.status in DECIDED] or dated
    settled = max((word.published for word in dated if sovereign(word)), default=None)
    newest = {word.publisher.casefold(): word for word in dated if settled is None or word.published >= settled}
    said: dict[PartialDate, list[Evidence]] = {}
    for word in newest.values():
        if word.signal.effective_date is not None:
            said.setdefault(word.signal.effective_date, []).append(word)
    sides: dict[PartialDate, list[Evidence]] = {}
    for day in sorted(said, key=lambda day: (-len(day.parts), effective is None or not _one(day, effective), day)):
        side = next((known for known in sides if _one(known, day)), day)
        sides.setdefault(side, []).extend(said[day])
    first = sorted(sides.items(), key=lambda side: (effective is None or not _one(side[0], effective), side[0]))
    return _without_slips([(day.text, by) for day, by in first])


def _of_its_places(word: Evidence, effective: PartialDate | None, dates: Sequence[PlaceDate]) -> bool:
    """Whether it names a date that is not the main one, and is that of all the places that it speaks of."""
    said, places = word.signal.effective_date, meant(word.signal.regions, [one.place for one in dates])
    if said is None or (effective is not None and said.agrees(effective)):
        return False
    return all(one.date is not None and one.date.agrees(said) for one in dates if one.place in places)


def _one(day: PartialDate, other: PartialDate) -> bool:
    """Whether both mean one date, told more or less precisely, or as the last day with and the first without it."""
    whole = len(day.parts) == len(other.parts) == 3
    return day.agrees(other) or (whole and abs(day.first_day - other.first_day) <= timedelta(days=1))


def _places(words: Sequence[Evidence], regions: Sequence[str]) -> list[Side]:
    """Places that no word joins: papers that each name their own country agree with whoever names them all."""
    held = {place.casefold() for place in regions}
    told: dict[Sequence[str], list[Evidence]] = {}
    for word in words:
        told.setdefault(word.signal.regions, []).append(word)
    said: dict[frozenset[str], list[Evidence]] = {}
    for named, by in told.items():
        if places := frozenset(place for place in named if place.casefold() in held):
            said.setdefault(places, []).extend(by)
    groups: list[tuple[frozenset[str], list[Evidence]]] = []
    for places, by in said.items():
        near = [group for group in groups if overlap(places, group[0])]
        groups = [group for group in groups if group not in near]
        groups.append((places.union(*(some for some, _ in near)), by + [one for _, others in near for one in others]))
    groups.sort(
        key=lambda group: (-max(WEIGHT[one.authority] for one in group[1]), -origins(group[1]), sorted(group[0]))
    )
    return _without_slips([(", ".join(sorted(places)), by) for places, by in groups])


def _status(stands: Standing) -> list[Side]:
    """A denial that is not believed yet, or words against one that do not lift it yet."""
    if stands.reversed:
        against: dict[str, list[Evidence]] = {}
        for word in stands.contrary:
            against.setdefault(word.signal.status.value, []).append(word)
        return [(Status.REVERSED.value, list(stands.words)), *against.items()]
    if not stands.doubts:
        return []
    upheld = [word for word in stands.words if not hearsay(word)]
    highest = max((word.signal.status for word in upheld), key=RUNGS.index)
    return [(highest.value, upheld), (Status.REVERSED.value, list(stands.doubts))]


def _without_slips(sides: list[Side]) -> list[Side]:
    enough = STRAY * origins(word for _, by in sides for word in by)
    return [(value, by) for number, (value, by) in enumerate(sides) if number == 0 or origins(by) >= enough]
