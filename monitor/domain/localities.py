"""One event in several places: where its places go different ways, each is weighed by itself.

A delay in one country is no delay in the next. So as soon as the words on some place give it another date, or call it
off there alone, each place has the date, the rung and the deadlines of the words that speak of it: those that name it,
and those that name no place. While all go the same way, there is one of each for all.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import Protocol

from monitor.domain import testimony
from monitor.domain.deadlines import PartialDate
from monitor.domain.incidents import Evidence, Incident, PlaceDate, hearsay, in_order
from monitor.domain.ladder import DECIDED, RUNGS, Standing, rung, standing
from monitor.domain.origins import backed
from monitor.domain.places import WORLD, countries, covers, everywhere
from monitor.domain.signals import Status

Ways = Mapping[str, Standing]
"""By place how the words on it stand; empty when all that matters is said of all of them."""


def meant(named: Sequence[str], regions: Sequence[str]) -> frozenset[str]:
    """The places of an incident that a text speaks of. One that names none of them is taken to mean them all."""
    return frozenset(place for place in regions if covers(named, place)) or frozenset(regions)


def ways(voices: Sequence[Evidence], regions: Sequence[str]) -> Ways:
    """How the words stand by place, where those may go different ways: where some words speak of some places only, and
    dates differ or somebody denies it. Wants ordered evidence."""
    if len(regions) < 2:
        return {}
    said = {named: meant(named, regions) for named in {item.signal.regions for item in voices}}
    if all(len(places) == len(regions) for places in said.values()):
        return {}
    days = {item.signal.effective_date for item in voices if item.signal.effective_date}
    if _one(days) and not any(item.signal.status is Status.REVERSED for item in voices):
        return {}
    found: dict[frozenset[Sequence[str]], Standing] = {}  # places of which the same is said are weighed once
    by: dict[str, Standing] = {}
    for place in regions:
        speaking = frozenset(named for named, places in said.items() if place in places)
        if speaking not in found:
            found[speaking] = standing([item for item in voices if item.signal.regions in speaking])
        by[place] = found[speaking]
    return by


def together(voices: Sequence[Evidence], by: Ways) -> Standing:
    """How the words stand for the incident as a whole, which is called off only when it is in all its places: those
    that a sovereign word or two independent voices name, for a place is soon misread. Of one who says so and one who
    denies it no two say where: a lone denial in one country calls off no more than that."""
    if not by:
        return standing(voices)
    denials = [item for item in voices if item.signal.status is Status.REVERSED]
    words = [item for item in voices if item.signal.status is not Status.REVERSED]
    named = [place for place in by if any(backed(i for i in some if _names(i, place)) for some in (words, denials))]
    named = named or list(by)
    over = all(by[place].reversed for place in named)
    rest = [stands for stands in by.values() if stands.reversed is over]
    return Standing(
        over,
        _union(stands.words for stands in rest),
        _union(stands.earlier for stands in rest),
        _union(stands.doubts for stands in rest),
        _union(stands.contrary for stands in rest),
    )


def _names(item: Evidence, place: str) -> bool:
    return not everywhere(item.signal.regions) and covers(item.signal.regions, place)


def _union(parts: Iterable[Sequence[Evidence]]) -> tuple[Evidence, ...]:
    return in_order({item.key: item for part in parts for item in part}.values())


def dates(voices: Sequence[Evidence], by: Ways, today: date) -> tuple[PlaceDate, ...]:
    """How it stands place by place; empty when no date contradicts another and it is called off in all or in none.

    A place of which nobody says a date takes that of the others, but for what they deny. It is as sure as the event is
    anywhere, but takes effect by its own words and its own date.
    """
    found = {place: _dated(voices, stands) for place, stands in by.items()}
    differ = len({stands.reversed for stands in by.values()}) > 1
    if not differ and _one({day for day, _ in found.values() if day}):
        return ()
    sure = max((_sure(stands, today) for stands in by.values()), key=lambda one: RUNGS.index(one[0]))
    return tuple(
        PlaceDate(place, day, *_rung(by[place], sure, day, today), testimony.deadlines(words, day))
        for place, (day, words) in found.items()
    )


def _one(days: Collection[PartialDate]) -> bool:
    return all(one.agrees(other) for one, other in combinations(days, 2))


def _dated(voices: Sequence[Evidence], stands: Standing) -> tuple[PartialDate | None, Sequence[Evidence]]:
    """The date of a place, and the words that have a say in it."""
    own, earlier = (_firm(words) for words in (stands.words, stands.earlier))
    day = testimony.effective_date(own) or testimony.effective_date(earlier)
    if day or stands.reversed:
        return day, stands.words
    others = [item for item in voices if item.signal.status is not Status.REVERSED]
    return testimony.effective_date(others), others


def _firm(words: Sequence[Evidence]) -> Sequence[Evidence]:
    return [word for word in words if not hearsay(word)]


def _sure(stands: Standing, today: date) -> tuple[Status, str]:
    """How sure it is there, whether or not it has begun; of a place where it is called off it says nothing."""
    status, why = rung(stands, today, None)
    if status is Status.REVERSED:
        return Status.RUMOR, why
    return (Status.CONFIRMED if status in DECIDED else status), why


def _rung(stands: Standing, sure: tuple[Status, str], day: PartialDate | None, today: date) -> tuple[Status, str]:
    status, why = rung(stands, today, day)
    if status is Status.REVERSED or RUNGS.index(status) >= RUNGS.index(sure[0]):
        return status, why
    if sure[0] is Status.CONFIRMED and day is not None and day.last_day <= today:
        return Status.EFFECTIVE, f"its date, {day}, has come; {sure[1]}"
    return sure


def main_date(some: Iterable[PlaceDate]) -> PartialDate | None:
    """The date that most places have, of equals the earliest; those where it is called off count when it is in all."""
    known = list(some)
    alive = [one for one in known if one.status is not Status.REVERSED] or known
    days = [one.date for one in alive if one.date is not None]
    return min(days, key=lambda day: (-sum(map(day.agrees, days)), -len(day.text), day.first_day), default=None)


def foremost(some: Sequence[PlaceDate]) -> PlaceDate:
    """The place where it has come farthest; one where it is called off only when it is in all."""
    alive = [one for one in some if one.status is not Status.REVERSED]
    return max(alive, key=lambda one: RUNGS.index(one.status), default=some[0])


def at(some: Iterable[PlaceDate], place: str) -> PlaceDate | None:
    """The one of a place: its own, else that of the smallest that it lies in."""
    around = [one for one in some if covers((one.place,), place)]
    return min(around, key=lambda one: (one.place == WORLD, len(countries((one.place,)))), default=None)


class Dated(Protocol):
    """An incident, or what was told of one."""

    @property
    def effective_date(self) -> PartialDate | None: ...
    @property
    def dates(self) -> tuple[PlaceDate, ...]: ...


def date_at(known: Dated, place: str) -> PartialDate | None:
    """When it takes effect there."""
    there = at(known.dates, place)
    return there.date if there else known.effective_date


def called_off(incident: Incident, place: str) -> bool:
    """Whether it is called off there."""
    there = at(incident.dates, place)
    return (there.status if there else incident.status) is Status.REVERSED


def starts(incident: Incident) -> list[PartialDate]:
    """When it takes effect, wherever it does: soonest first."""
    there = [one.date for one in incident.dates if one.status is not Status.REVERSED] or [incident.effective_date]
    return sorted({day for day in there if day is not None})


def here(incident: Incident, places: Collection[str]) -> Incident:
    """The incident as it is for those who sell in these places, by the words on them; itself where all go one way."""
    mine = tuple(one for one in incident.dates if any(at(incident.dates, place) is one for place in places))
    if not mine or mine == incident.dates:
        return incident
    alive = [one for one in mine if one.status is not Status.REVERSED]
    top, day = foremost(mine), main_date(mine)
    named = {one.place for one in mine}
    heard = tuple(w for w in incident.evidence if not named.isdisjoint(meant(w.signal.regions, incident.regions)))
    return replace(
        incident,
        status=top.status,
        status_why=top.why,
        effective_date=day,
        deadlines=tuple(sorted({deadline for one in alive or mine for deadline in one.deadlines})),
        headline=testimony.headline(standing(heard).words, day),
        evidence=heard,
        regions=_alike(incident, alive or mine) or tuple(one.place for one in mine),
        question=incident.question if alive and day == incident.effective_date else "",
        dates=mine if len(mine) > 1 else (),
    )


def _alike(incident: Incident, some: Sequence[PlaceDate]) -> tuple[str, ...]:
    """The places of which the same is true as of some, or nothing else is known."""
    ways = {(one.date, one.status is Status.REVERSED) for one in some}
    there = ((place, at(incident.dates, place)) for place in incident.regions)
    return tuple(place for place, one in there if one is None or (one.date, one.status is Status.REVERSED) in ways)
