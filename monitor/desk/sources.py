"""The sources as the desk shows them: how each stands, what is wrong with it, and what came of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from urllib.parse import urlsplit

from monitor.config import Config
from monitor.desk.causes import cause_of, cause_words, to_do
from monitor.domain.coverage import ANY, platform_in, shown_first, told_of
from monitor.domain.exposure import Seller
from monitor.domain.health import Health, Standing
from monitor.domain.incidents import Incident
from monitor.domain.places import covers
from monitor.domain.rhythm import tempo
from monitor.domain.sources import Look, Source, SourceKind, SourceState
from monitor.domain.vigils import Vigil
from monitor.notify.headline import headline
from monitor.notify.tongue import Tongue, tongue
from monitor.notify.wording import clean, link
from monitor.opened import Store
from monitor.store.source_desk import SqlSourceDesk
from monitor.vigilance import healths_of
from monitor.web.paper import Reader
from monitor.web.sections.source_views import (
    Asked,
    Led,
    Listing,
    LookedAt,
    MapPlace,
    SourceDay,
    SourceFind,
    SourceItem,
    SourceLine,
    Survey,
    Unread,
    Whole,
    Wrong,
)

FRESH = 5.0  # seconds for which what was asked of the store holds: a page and its filters ask again and again
MOST_PLATFORMS, MOST_COUNTRIES = 14, 12  # of the map
MOST_NAMED = 6  # sources of one cause
MOST_UNCOVERED = 20
MOST_READ = 20
MOST_LED = 10  # incidents
SHOWN_DAYS = 30
_ORDER = (
    Standing.RETIRED, Standing.BLOCKED, Standing.FAILING, Standing.SILENT, Standing.UNKNOWN, Standing.LIVE,
    Standing.OFF,
)  # fmt: skip
_RANK = {standing: rank for rank, standing in enumerate(_ORDER)}


@dataclass(frozen=True, slots=True)
class _Sight:
    """Everything that is known of all sources at one moment."""

    settings: Config
    at: float  # of the monotonic clock
    sources: Mapping[str, Source]
    healths: Mapping[str, Health]
    states: Mapping[str, SourceState]
    vigils: Mapping[str, Vigil]


class SourcesHere:
    """A `monitor.web.sections.sources.Sources`. `settings` is asked at each request, so that a reload counts."""

    def __init__(self, store: Store, settings: Callable[[], Config], now: Callable[[], datetime]) -> None:
        self._store, self._settings, self._now = store, settings, now
        self._desk = SqlSourceDesk(store.database)
        self._seen: _Sight | None = None

    async def survey(self, reader: Reader) -> Survey:
        """The whole of it, for the sellers that the reader looks at."""
        sight, t = await self._sight(), tongue(reader.t.language, reader.t.zone)
        sellers = [seller for seller in sight.settings.sellers if reader.seller in ("", seller.id)]
        counted = Counter(one.standing for one in sight.healths.values())
        countries, places = _map(sight, sellers)
        return Survey(
            watched=sum(source.enabled for source in sight.sources.values()),
            standings={standing: counted[standing] for standing in Standing if counted[standing]},
            wrong=[_wrong(sight, cause, still, ids, t) for (cause, still), ids in _causes(sight.healths).items()],
            countries=countries,
            places=places,
            uncovered=_uncovered(sight, sellers),
        )

    async def listing(self, reader: Reader, asked: Asked, offset: int, limit: int) -> Listing:
        """Those that were asked for, the blind first."""
        sight, t = await self._sight(), tongue(reader.t.language, reader.t.zone)
        wanted = [source for source in sight.sources.values() if _fits(source, sight.healths[source.id], asked)]
        wanted.sort(key=lambda one: (_RANK[sight.healths[one.id].standing], one.name.casefold(), one.id))
        causes = sorted({cause for one in sight.healths.values() if (cause := cause_of(one))})
        named = sight.sources.values()
        return Listing(
            total=len(wanted),
            offset=offset,
            lines=[_line(sight, source) for source in wanted[offset : offset + limit]],
            next=str(offset + limit) if offset + limit < len(wanted) else "",
            causes=sorted(((cause, cause_words(cause, t)) for cause in causes), key=lambda one: one[1]),
            platforms=sorted({name for source in named for name in told_of(source)}, key=str.casefold),
            countries=sorted({code for source in named for code in source.countries}),
            languages=sorted({code for source in named for code in source.languages}),
        )

    async def whole(self, reader: Reader, id: str) -> Whole | None:
        """One of them, with what was read of it."""
        sight, t = await self._sight(), tongue(reader.t.language, reader.t.zone)
        source = sight.sources.get(id)
        if source is None:
            return None
        health, vigil = sight.healths[id], sight.vigils.get(id)
        last, harvest = await self._desk.last(id), await self._store.ledger.harvest(id)
        led, in_all = await self._desk.led_to(id, MOST_LED)
        state = last[0] if last else None
        known = tempo(harvest)
        return Whole(
            line=_line(sight, source),
            cause_words=cause_words(cause_of(health), t) if cause_of(health) else "",
            to_do=to_do(cause_of(health), t),
            provenance=source.provenance,
            off_reason=source.off_reason,
            asks=bool(source.asks),
            rendered=source.rendered,
            every=source.every,
            pace=state.every if state else None,
            pace_why=state.why if state else "",
            gap=known.gap,
            items=known.items,
            look=_looked(*last) if last else None,
            find=_find(vigil),
            days=await self.days(id, SHOWN_DAYS) or (),
            read=[
                SourceItem(
                    one.id, clean(one.title) or clean(one.text, 120), link(one.url), clean(one.lang or "", 12),
                    one.published, one.fetched_at,
                )
                for one in await self._desk.documents(id, MOST_READ)
            ],
            unread=await self._unread(id, t),
            led=[_led(one, source, t) for one in led],
            led_in_all=in_all,
            spec=source.spec,
        )  # fmt: skip

    async def days(self, id: str, most: int) -> Sequence[SourceDay] | None:
        """The last ones; None when no such source is configured."""
        if all(source.id != id for source in self._settings().sources):
            return None
        found = await self._desk.days(id, self._now().astimezone(UTC).date(), most)
        return [
            SourceDay(one.day, one.looks, one.ok, one.unchanged, one.failures, one.unread, one.items, one.new)
            for one in found
        ]

    async def _unread(self, id: str, t: Tongue) -> Sequence[Unread]:
        whole = [
            Unread(one.capture_id, "", one.at, one.reason, cause_words(one.reason.value, t), clean(one.detail))
            for one in await self._desk.unread(id, MOST_READ)
        ]
        entries = [
            Unread(
                one.capture_id, clean(one.key, 120), one.at, one.reason, cause_words(one.reason.value, t),
                clean(one.detail),
            )
            for one in await self._desk.rejected(id, MOST_READ)
        ]  # fmt: skip
        return sorted([*whole, *entries], key=lambda one: one.at, reverse=True)[:MOST_READ]

    async def _sight(self) -> _Sight:
        settings, at, seen = self._settings(), monotonic(), self._seen
        if seen is None or seen.settings is not settings or at - seen.at > FRESH:
            sources = {source.id: source for source in settings.sources}
            healths = await healths_of(sources, self._store.inbox, self._store.ledger, self._now())
            states, vigils = await self._store.inbox.sources(), await self._store.vigils.vigils()
            self._seen = seen = _Sight(settings, at, sources, healths, states, vigils)
        return seen


def _line(sight: _Sight, source: Source) -> SourceLine:
    health, state, vigil = sight.healths[source.id], sight.states.get(source.id), sight.vigils.get(source.id)
    looked = state is not None and state.last_look_at is not None and source.enabled and not state.retired
    return SourceLine(
        id=source.id,
        name=clean(source.name, 120),
        url=source.url,
        link=link(source.url),
        kind=source.kind,
        authority=source.authority,
        publisher=clean(source.publisher, 80),
        platforms=told_of(source),
        countries=source.countries,
        languages=source.languages,
        standing=health.standing,
        blind=health.blind,
        cause=cause_of(health),
        words=clean(health.words),
        since=health.since,
        last_success=health.last_success,
        last_new=health.last_new,
        next_look=state.next_look_at if state and looked else None,
        find=link(vigil.find.url) if vigil and vigil.find else None,
    )


def _looked(state: SourceState, look: Look) -> LookedAt:
    return LookedAt(
        at=look.at,
        outcome=look.outcome,
        status=look.status,
        reason=look.reason,
        detail=clean(look.detail),
        seconds=look.seconds,
        body_bytes=look.body_bytes,
        etag=clean(state.etag, 120) if state.etag else None,
        last_modified=clean(state.last_modified, 60) if state.last_modified else None,
        max_age=state.max_age,
        moved_to=clean(state.moved_to or state.leads_to, 400),
        failures=state.failures,
        same=state.same,
    )


def _find(vigil: Vigil | None) -> SourceFind | None:
    if vigil is None or vigil.find is None:
        return None
    one = vigil.find
    return SourceFind(clean(one.url, 400), link(one.url), one.kind, one.items, one.newest, clean(one.title))


def _led(incident: Incident, source: Source, t: Tongue) -> Led:
    """A probe's own words stand for what nobody has explained."""
    said = clean(incident.headline) if source.kind is SourceKind.PROBE else headline(incident, t)
    return Led(incident.id, said, incident.event_type, incident.status, incident.updated_at)


def _fits(source: Source, health: Health, asked: Asked) -> bool:
    """Whether it is among those that were asked for."""
    words = f"{source.id} {source.name} {source.publisher} {urlsplit(source.url).netloc} {source.url}".casefold()
    told = told_of(source)
    return (
        all(word in words for word in asked.q.casefold().split())
        and asked.standing in ("", health.standing.value)
        and asked.cause in ("", cause_of(health))
        and asked.kind in ("", source.kind.value)
        and asked.authority in ("", source.authority.value)
        and (not asked.platform or (not told if asked.platform == "*" else asked.platform in told))
        and (not asked.country or covers(source.countries, asked.country))
        and (not asked.language or asked.language in source.languages)
    )


def _causes(healths: Mapping[str, Health]) -> Mapping[tuple[str, str], Sequence[str]]:
    """What is wrong, the largest group first; silence, which may mean nothing, and mere advice at the end."""
    groups: dict[tuple[str, str], list[str]] = {}
    for id, one in healths.items():
        if cause := cause_of(one):
            still = "blind" if one.blind else "unknown" if one.standing is Standing.UNKNOWN else "live"
            groups.setdefault((cause, still), []).append(id)
    mild = {group for group in groups if group[0] == "silent" or group[1] != "blind"}
    return dict(sorted(groups.items(), key=lambda group: (group[0] in mild, -len(group[1]), group[0])))


def _wrong(sight: _Sight, cause: str, still: str, ids: Sequence[str], t: Tongue) -> Wrong:
    lines = [_line(sight, sight.sources[id]) for id in ids[:MOST_NAMED]]
    return Wrong(cause, still, cause_words(cause, t), to_do(cause, t), len(ids), lines)


def _map(sight: _Sight, sellers: Sequence[Seller]) -> tuple[Sequence[str], Sequence[Sequence[MapPlace]]]:
    """Countries, and a row for each platform; those that the sellers' exposure names come first. The last row are the
    sources that speak of any platform."""
    sources = list(sight.sources.values())
    platforms, countries = shown_first(sources, sellers, MOST_PLATFORMS, MOST_COUNTRIES)
    stakes = {(one.platform, one.country) for seller in sellers for one in seller.positions}
    return countries, [
        [_place(sight, platform, country, telling, stakes) for country in countries or (ANY,)]
        for platform in (*platforms, ANY)
        for telling in (_telling(sources, platform),)
    ]


def _telling(sources: Iterable[Source], platform: str) -> Sequence[Source]:
    """Those that tell of it, or, of ANY, that name none: few, so that a map of many places costs little."""
    return [one for one in sources if (platform in told_of(one) if platform else not told_of(one))]


def _place(
    sight: _Sight, platform: str, country: str, telling: Sequence[Source], stakes: set[tuple[str, str]]
) -> MapPlace:
    cell = platform_in(telling, sight.healths, platform, country)
    ours = (platform, country) in stakes
    if cell is None:
        return MapPlace(platform, country, None, 0, 0, ours)
    return MapPlace(platform, country, cell.best, cell.live, cell.sources, ours)


def _uncovered(sight: _Sight, sellers: Sequence[Seller]) -> Sequence[MapPlace]:
    """The sellers' own places without a live source of their platform there."""
    stakes = {(one.platform, one.country) for seller in sellers for one in seller.positions}
    telling = {platform: _telling(sight.sources.values(), platform) for platform, _ in stakes}
    places = [_place(sight, *stake, telling[stake[0]], stakes) for stake in sorted(stakes)]
    return [place for place in places if not place.live][:MOST_UNCOVERED]
