"""What people do not want to hear for a while, with its end and its author."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.domain.impact import Impact, Kin
from monitor.domain.incidents import Incident
from monitor.domain.places import covers, everywhere
from monitor.domain.signals import EventType


@dataclass(frozen=True, slots=True)
class Silence:
    """Empty fields match everything. What it holds back waits, and is said at its end if it is still true."""

    id: str
    at: datetime
    until: datetime
    who: str
    note: str = ""
    seller_id: str = ""
    incident_id: str = ""
    target: str = ""
    platforms: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    events: tuple[EventType, ...] = ()
    ended_by: str = ""  # who ended it before its time; `until` is that moment then

    @property
    def what(self) -> str:
        """What it holds back, in words."""
        named = [
            *(event.value.replace("_", " ") for event in self.events),
            *self.platforms,
            *(f"in {country}" for country in self.countries),
            f"incident {self.incident_id[:10]}" if self.incident_id else "",
            f"for {self.seller_id}" if self.seller_id else "",
            f"to {self.target}" if self.target else "",
        ]
        return ", ".join(filter(None, named)) or "everything"

    @property
    def of_a_person(self) -> bool:
        """Whether it is about somebody who wants to hear nothing, and not about a matter."""
        matter = (self.incident_id, self.platforms, self.countries, self.events)
        return bool(self.target) and not any(matter)


def ended(silence: Silence, who: str, now: datetime) -> Silence:
    """The same, over before its time."""
    return replace(silence, until=now, ended_by=who)


def silencing(
    silences: Iterable[Silence], incident: Incident, impact: Impact, all_clear: bool, kin: Kin, now: datetime
) -> Sequence[Silence]:
    """Those that hold back what is said of the incident to that seller, by whichever target.

    A silence holds back what it covers whole: with a shop that it does not name, or a country, the news is other news.
    An all clear passes what silences a matter, for whoever was told must not go on acting on what is over; it does not
    pass what silences a person.
    """
    return [
        one
        for one in silences
        if now < one.until
        and (not all_clear or one.of_a_person)
        and one.seller_id in {"", impact.seller_id}
        and one.incident_id in {"", incident.id}
        and (not one.events or incident.event_type in one.events)
        and _covers(one, incident, impact, kin)
    ]


def _covers(silence: Silence, incident: Incident, impact: Impact, kin: Kin) -> bool:
    names = {name.casefold() for name in silence.platforms}

    def silent(*platforms: str) -> bool:
        own = {name.casefold() for name in platforms if name}
        return not names or not names.isdisjoint(own.union(*(kin.get(name, ()) for name in own)))

    def quiet(place: str) -> bool:
        return not silence.countries or covers(silence.countries, place)

    if impact.hits:
        return all(silent(hit.platform, hit.via) and quiet(hit.country) for hit in impact.hits)
    if silence.countries and everywhere(incident.regions):
        return everywhere(silence.countries)
    platforms = bool(incident.platforms) and all(map(silent, incident.platforms))
    return (not names or platforms) and all(map(quiet, incident.regions))
