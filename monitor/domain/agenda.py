"""The dates of an incident as calendar entries that keep their names while they move and say when they fall away."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.domain.assembly import dates_said, deadlines_said
from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.documents import digest
from monitor.domain.incidents import Change, ChangeKind, Incident
from monitor.domain.localities import here, starts
from monitor.domain.places import WORLD, countries, covers
from monitor.domain.signals import Status

KEEP_CANCELLED = timedelta(days=30)  # a calendar that is fetched once a week must still hear of it
KEEP_PAST = timedelta(days=60)
_NONE = ("none", "unknown", "")


@dataclass(frozen=True, slots=True)
class Entry:
    """One date that concerns somebody. `role` is None for the day on which the event itself takes effect.

    `uid` stays when the day moves; `sequence` grows with every move, withdrawal and return (RFC 5545, 3.8.7.4).
    """

    uid: str
    incident: Incident = field(repr=False)
    role: DeadlineRole | None
    day: PartialDate
    sequence: int
    changed_at: datetime
    cancelled: bool = False
    deadline: Deadline | None = None  # as it stands; None for the event's own day, and when it was withdrawn
    places: tuple[str, ...] = ()  # where it is that day, when it is not in all of the incident's places


def agenda(incident: Incident, places: Collection[str] = ()) -> tuple[Entry, ...]:
    """All dates that the incident names or has ever named in these places (countries; none: in all of its own); a
    function of the incident alone, its history included."""
    seen = here(incident, places) if places else incident
    off = bool(incident.merged_into) or seen.status is Status.REVERSED or incident.closed is not None
    turns = _turns(incident, places)
    alive = (one for one in seen.dates if one.status is not Status.REVERSED)
    due = dict.fromkeys((*seen.deadlines, *(deadline for one in alive for deadline in one.deadlines)))
    stand = {(None, day) for day in starts(seen)} | {(one.role, one.date) for one in due}
    entries = []
    for name, role, slot in (*_event_slots(incident, places), *_deadline_slots(incident)):
        apart = bool(incident.dates) and (role, slot.day) not in stand  # of a place that goes another way
        if apart and role is not None and not slot.gone:
            continue
        last = max([slot.at, *(turn.at for turn in turns if turn.at > slot.at)])
        entries.append(
            Entry(
                uid=digest(incident.id, name),
                incident=seen,
                role=role,
                day=slot.day,
                sequence=slot.moves + len(turns),
                changed_at=last,
                cancelled=off or slot.gone or apart,
                deadline=next((one for one in due if one.role is role and one.date == slot.day), None),
                places=_places(seen, role, slot.day),
            )
        )
    return tuple(entries)


def _places(seen: Incident, role: DeadlineRole | None, day: PartialDate) -> tuple[str, ...]:
    """Where it is that day; empty when it is so in all of the incident's places, or in none any more."""
    there = [
        one.place
        for one in seen.dates
        if one.status is not Status.REVERSED
        and (one.date == day if role is None else any((due.role, due.date) == (role, day) for due in one.deadlines))
    ]
    return tuple(there) if len(there) < len(seen.dates) else ()


def current(entries: Iterable[Entry], now: datetime) -> tuple[Entry, ...]:
    """Those that a calendar still shows, by day: neither long past nor cancelled long ago."""
    kept = [
        one
        for one in entries
        if one.day.last_day >= (now - KEEP_PAST).date()
        and not (one.cancelled and one.changed_at < now - KEEP_CANCELLED)
    ]
    return tuple(sorted(kept, key=lambda one: (one.day.last_day, one.uid)))


@dataclass(frozen=True, slots=True)
class _Slot:
    """One date through the history: where it is now, how often it moved, fell away or came back, and when last."""

    day: PartialDate
    at: datetime
    moves: int = 0
    gone: bool = False


def _turns(incident: Incident, places: Collection[str]) -> Sequence[Change]:
    """The changes that switched the incident off or on again in all of these places."""

    def off(rungs: str) -> bool:
        there = _there(rungs, places, incident.regions) if places else rungs.split("; ")[:1]
        return set(there) == {Status.REVERSED.value}

    return [
        change
        for change in incident.history
        if change.kind in (ChangeKind.CLOSED, ChangeKind.MERGED)
        or (change.kind is ChangeKind.RUNG and off(change.before) is not off(change.after))
    ]


def _there(text: str, places: Collection[str], regions: Sequence[str]) -> Sequence[str]:
    """Of `2024-11-28; ID 2024-12-31` what holds in these places (none: all that is said), each once. A place of the
    incident that is not named goes with the whole."""
    whole, *parts = text.split("; ")
    own: Mapping[str, str] = dict(part.split(" ", 1) for part in parts)
    if not places:
        return list(dict.fromkeys((whole, *own.values())))
    return list(dict.fromkeys(own.get(_around({*own, *regions}, place), whole) for place in places))


def _around(named: Collection[str], place: str) -> str:
    """The place itself, else the smallest that it lies in; "" when none is."""
    around = [one for one in named if covers((one,), place)]
    return min(around, key=lambda one: (one == WORLD, len(countries((one,))), one), default="")


def _event_slots(incident: Incident, places: Collection[str]) -> Iterator[tuple[str, None, _Slot]]:
    states = _states(incident, ChangeKind.DATE, dates_said(incident))
    there = ((at, ", ".join(_there(text, places, incident.regions))) for at, text in states)
    for number, slot in enumerate(_through(there)):
        yield f"effective {number}", None, slot


def _deadline_slots(incident: Incident) -> Iterator[tuple[str, DeadlineRole, _Slot]]:
    states = _states(incident, ChangeKind.DEADLINE, deadlines_said(incident))
    for role in DeadlineRole:
        of_role = [(at, _named(text, role)) for at, text in states]
        for number, slot in enumerate(_through(of_role)):
            yield f"{role.value} {number}", role, slot


def _states(incident: Incident, kind: ChangeKind, now: str) -> list[tuple[datetime, str]]:
    """What stood, from when on: the first state is what the first change of that kind found."""
    moved = [change for change in incident.history if change.kind is kind]
    first = moved[0].before if moved else now
    return [(incident.opened_at, first), *((change.at, change.after) for change in moved)]


def _named(text: str, role: DeadlineRole) -> str:
    """Of `data_export 2024-11-28, refund 2024-12-01` the days of one role."""
    pairs = (part.rpartition(" ") for part in text.split(", "))
    return ", ".join(day for name, _, day in pairs if name == role.value)


def _through(states: Iterable[tuple[datetime, str]]) -> list[_Slot]:
    """Slots through the states, each a list of days. A day that goes while another comes has moved there."""
    slots: list[_Slot] = []
    for at, text in states:
        days = [PartialDate(day) for day in dict.fromkeys(text.split(", ")) if day not in _NONE]
        here = {slot.day for slot in slots if not slot.gone}
        left = [n for n, slot in enumerate(slots) if not slot.gone and slot.day not in days]
        for day in days:
            if day in here:
                continue
            back = next((n for n, slot in enumerate(slots) if slot.gone and slot.day == day), None)
            if left:
                n = left.pop(0)
                slots[n] = replace(slots[n], day=day, at=at, moves=slots[n].moves + 1)
            elif back is not None:
                slots[back] = _Slot(day, at, slots[back].moves + 1)
            else:
                slots.append(_Slot(day, at))
        for n in left:
            slots[n] = replace(slots[n], at=at, moves=slots[n].moves + 1, gone=True)
    return slots
