"""The list of incidents, out of what is kept in mind."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime

from monitor.config import Config
from monitor.desk.board import places
from monitor.desk.index import Index
from monitor.desk.weighing import Kept, View
from monitor.domain.digests import standing
from monitor.domain.exposure import Seller
from monitor.domain.incidents import unexplained
from monitor.domain.places import covers
from monitor.domain.rulings import not_for_us
from monitor.domain.signals import Status
from monitor.notify.headline import headline
from monitor.notify.headline import rung as rung_of
from monitor.notify.sentences import EVENT
from monitor.notify.tongue import Tongue, tongue
from monitor.notify.wording import SEEN, clean
from monitor.opened import Store
from monitor.web.paper import Reader
from monitor.web.sections.incidents import Listed, Row, Sort, State, Wanted

AT_ONCE = 200  # rows of a file that are made before others get their turn
LONGEST = 200  # characters of a cursor
MOST_REMEMBERED = 4  # questions whose answer is kept while nothing moves
MOST_NAMED = 300  # platforms among which a reader may choose
_OPEN = frozenset({State.OPEN, State.SEEN})
_UNDATED, _RESTING = 10**7, 100

Key = tuple[float, float, str]
Found = tuple[Kept, View | None, State]
Fitting = tuple[Sequence[Key], Mapping[str, Found]]
"""What fits, by its sorting key in order, and by its id."""


class Incidents:
    """A `monitor.web.sections.incidents.Listing`."""

    def __init__(self, store: Store, settings: Callable[[], Config], now: Callable[[], datetime], index: Index) -> None:
        self._store, self._settings, self._now, self._index = store, settings, now, index
        self._remembered: dict[tuple[int, Wanted, date], Fitting] = {}
        self._choices: tuple[int, Sequence[str], Sequence[str]] = (-1, (), ())

    async def listed(self, reader: Reader, wanted: Wanted, after: str, before: str, limit: int) -> Listed:
        """A page, beginning after a cursor or ending before one."""
        index, settings, t = await self._index.current(), self._settings(), tongue(reader.t.language, reader.t.zone)
        sellers, today = {one.id: one for one in settings.sellers}, t.today(self._now())
        keys, found = self._fitting(index, wanted, today)
        start = bisect_right(keys, cursor) if (cursor := _cursor(after)) else 0
        if not cursor and (cursor := _cursor(before)):
            start = max(0, bisect_left(keys, cursor) - limit)
        shown = keys[start : start + limit]
        seen = await self._store.people.seen_by(reader.visitor.name, [id for _, _, id in shown])
        countries, platforms = self._chosen_among()
        return Listed(
            rows=[_row(index, *found[id], sellers, seen, wanted, today, t) for _, _, id in shown],
            number=len(keys),
            before=_said(shown[0]) if start and shown else "",
            after=_said(shown[-1]) if start + limit < len(keys) and shown else "",
            missing=index.missing,
            countries=countries,
            platforms=platforms,
            sellers=[(one.id, one.name) for one in settings.sellers],
        )

    async def every(self, reader: Reader, wanted: Wanted) -> AsyncIterator[Sequence[Row]]:
        """All of them, as they were when it began."""
        index, settings, t = await self._index.current(), self._settings(), tongue(reader.t.language, reader.t.zone)
        sellers, today = {one.id: one for one in settings.sellers}, t.today(self._now())
        keys, found = self._fitting(index, wanted, today)
        for first in range(0, len(keys), AT_ONCE):
            ids = [id for _, _, id in keys[first : first + AT_ONCE]]
            seen = await self._store.people.seen_by(reader.visitor.name, ids)
            yield [_row(index, *found[id], sellers, seen, wanted, today, t) for id in ids]

    def _fitting(self, index: Index, wanted: Wanted, today: date) -> Fitting:
        """What fits, remembered for those who turn the pages."""
        asked = (index.version, wanted, today)
        if asked not in self._remembered:
            while len(self._remembered) >= MOST_REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[asked] = _found(index, wanted, today)
        return self._remembered[asked]

    def _chosen_among(self) -> tuple[Sequence[str], Sequence[str]]:
        """The countries and platforms that incidents name, those named most first."""
        if self._choices[0] != self._index.version:
            countries: Counter[str] = Counter()
            platforms: Counter[str] = Counter()
            for one in self._index.kept.values():
                countries.update(code for code in one.whole.regions if len(code) == 2)
                platforms.update(one.whole.platforms)
            named = sorted(name for name, _ in platforms.most_common(MOST_NAMED))
            self._choices = self._index.version, sorted(countries), named
        return self._choices[1:]


def _found(index: Index, wanted: Wanted, today: date) -> Fitting:
    words = wanted.q.casefold().split()
    found: dict[str, Found] = {}
    keys: list[Key] = []
    for id, one in index.kept.items():
        if not _fits(one, wanted, words):
            continue
        view = one.views.get(wanted.seller) if wanted.seller else _worst(one)
        if (wanted.seller and view is None) or (wanted.severity is not None and not view):
            continue
        if view is not None and wanted.severity is not None and view.severity < wanted.severity:
            continue
        state = _state(index, one, wanted.seller)
        if state not in _OPEN if wanted.state is None else wanted.state not in (State.ALL, state):
            continue
        found[id] = (one, view, state)
        aside = state is State.SEEN and _who(index, one, wanted.seller)[1]
        keys.append((*_key(one, view, wanted.sort, today, aside), id))
    keys.sort()
    return keys, found


def _fits(one: Kept, wanted: Wanted, words: Iterable[str]) -> bool:
    """By what it is; what it means for somebody is asked later."""
    whole = one.whole
    if wanted.event not in (None, whole.event_type) or wanted.rung not in (None, whole.status):
        return False
    if wanted.platform and not _names(one, wanted.platform.casefold()):
        return False
    if wanted.country and not covers(whole.regions, wanted.country):
        return False
    return all(word in one.words or whole.id.startswith(word) for word in words)


def _names(one: Kept, platform: str) -> bool:
    """The incident itself, or what it hits: a seller's shop may be on a part of what it names."""
    return any(name.casefold() == platform for name in one.whole.platforms) or any(
        name.casefold() == platform for view in one.views.values() for name, _ in view.hits
    )


def _worst(one: Kept) -> View | None:
    return min(one.views.values(), key=lambda view: view.rank) if one.views else None


def _state(index: Index, one: Kept, seller: str) -> State:
    if one.whole.closed is not None:
        return State.CLOSED
    if one.whole.status is Status.REVERSED:
        return State.REVERSED
    acts = index.acts.get(one.whole.id)
    return State.SEEN if acts and _who(index, one, seller)[0] else State.OPEN


def _who(index: Index, one: Kept, seller: str) -> tuple[str, bool]:
    """Who sees to it, for that seller or for any whom it hits; else, and True, who said that it is not for them, if all
    of these said so."""
    acts, whom = index.acts.get(one.whole.id, ()), (seller,) if seller else tuple(one.views) or ("",)
    for whose in whom if seller else (*whom, ""):
        if who := index.seen_to(one.whole.id, whose):
            return who, False
    said = [act.who for whose in whom if (act := not_for_us(acts, whose)) is not None]
    return (said[0], True) if len(said) == len(whom) else ("", False)


def _key(one: Kept, view: View | None, sort: Sort, today: date, aside: bool) -> tuple[float, float]:
    resting = 0 if view and view.alive and not aside else _RESTING  # what has done what it does comes later
    match sort:
        case Sort.PRESSING:
            return (view.rank[0] + resting, view.rank[1]) if view else (2.0 * _RESTING, 0.0)
        case Sort.MONEY:
            return (resting, view.rank[1]) if view else (2.0 * _RESTING, 0.0)
        case Sort.DATE:
            day = one.next_day(today)
            return (day.toordinal() if day else _UNDATED), -one.whole.updated_at.timestamp()
        case Sort.MOVED:
            return -one.whole.updated_at.timestamp(), 0.0
        case Sort.OPENED:
            return -one.whole.opened_at.timestamp(), 0.0


def _row(
    index: Index,
    one: Kept,
    view: View | None,
    state: State,
    sellers: Mapping[str, Seller],
    seen: Mapping[str, int],
    wanted: Wanted,
    today: date,
    t: Tongue,
) -> Row:
    incident = view.seen if view and wanted.seller else one.whole
    whose = next((sellers[id] for id, its in one.views.items() if its is view and id in sellers), None)
    day, closure = one.next_day(today), one.whole.closed
    shown = standing(incident, view.severity if view else one.severity, 0.0)
    unsaid = unexplained(incident.evidence)
    who, aside = (closure.who, False) if closure else _who(index, one, wanted.seller)
    return Row(
        id=incident.id,
        revision=one.whole.revision,
        headline=headline(shown, t) if unsaid or closure is None else headline(incident, t),
        lang=incident.evidence[-1].lang if unsaid else "",
        event_type=incident.event_type,
        event=t.say(EVENT[incident.event_type]),
        status=incident.status,
        rung=t.say(SEEN if unsaid else rung_of(incident)),
        state=state,
        platforms=incident.platforms,
        regions=incident.regions,
        place=places(incident.regions, t),
        severity=view.severity if view else None,
        worst=view.worst if view else None,
        expected=view.expected if view else None,
        currency=whose.currency if whose else "",
        sellers=tuple(sellers[id].name for id in one.views if id in sellers),
        when=incident.effective_date,
        next_day=day,
        days_left=(day - today).days if day else None,
        who=clean(who, 60),
        not_for_us=aside,
        voices=one.voices,
        opened_at=incident.opened_at,
        updated_at=incident.updated_at,
        new=seen.get(incident.id, -1) < one.whole.revision,
    )


def _said(key: Key) -> str:
    return urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _cursor(text: str) -> Key | None:
    if len(text) > LONGEST:
        return None
    try:
        first, second, id = json.loads(urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
        return float(first), float(second), str(id)
    except (ValueError, TypeError, OverflowError):
        return None
