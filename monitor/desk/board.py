"""The desk at a glance, out of what is kept in mind."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from heapq import nsmallest

from monitor.config import Config
from monitor.desk.blindness import sight
from monitor.desk.due import due, steps_due
from monitor.desk.first_steps import first_steps
from monitor.desk.heat import heat, risk
from monitor.desk.index import Index
from monitor.desk.weighing import Kept, View
from monitor.domain.digests import standing
from monitor.domain.doubts import faint_denials
from monitor.domain.exposure import Seller
from monitor.domain.rulings import not_for_us
from monitor.domain.signals import Status
from monitor.drill import BEGUN, OVER
from monitor.notify.headline import headline
from monitor.notify.headline import rung as rung_of
from monitor.notify.tongue import Tongue, tongue
from monitor.notify.wording import SEEN, clean
from monitor.opened import Store
from monitor.store.glance import last_sent
from monitor.web.paper import Reader
from monitor.web.sections.overview import Board, Group, Line, Share, Told

MOST, MOST_APART = 25, 10  # lines that need somebody, and of each other kind
MOST_SEEN = 500  # that are marked as seen at once

Hit = tuple[View, Seller]
Found = tuple[Kept, Sequence[Hit]]
"""An incident, and those whom it hits, the worst first."""


@dataclass(slots=True)
class _Sorted:
    """What is open for some sellers, by what it asks of people."""

    needs: list[Found] = field(default_factory=list)
    seen_to: list[Found] = field(default_factory=list)
    weak: list[Found] = field(default_factory=list)
    resting: int = 0


class Boards:
    """A `monitor.web.sections.overview.Desk`. `settings` is asked at each request, so that a reload counts at once."""

    def __init__(
        self, store: Store, settings: Callable[[], Config], now: Callable[[], datetime], index: Index | None = None
    ) -> None:
        self._store, self._settings, self._now = store, settings, now
        self.index = index or Index(store, settings, now)

    async def refresh(self, now: datetime) -> bool:
        """A step of the daemon's rounds, which has no mail: what is due is begun, so that nobody waits who looks."""
        if self.index.due(now):
            self.index.begin()
        return False

    async def board(self, reader: Reader) -> Board:
        """What is open, the most money and the least time first, and all that stands around it."""
        index, settings, now = await self.index.current(), self._settings(), self._now()
        t = tongue(reader.t.language, reader.t.zone)
        chosen = [one for one in settings.sellers if one.id == reader.seller]
        sellers = chosen or settings.sellers  # an old address must not look as if all were well
        found, today = _sorted(index, sellers), t.today(now)
        most = ((found.needs, MOST), (found.seen_to, MOST_APART), (found.weak, MOST_APART))
        groups = [nsmallest(number, some, key=_pressing) for some, number in most]
        ids = {one.whole.id for group in groups for one, _ in group}
        seen = await self._store.people.seen_by(reader.visitor.name, sorted(ids))
        needs, seen_to, weak = (
            Group([_line(index, one, seen, today, t) for one in group], len(some) - len(group))
            for (some, _), group in zip(most, groups, strict=True)
        )
        dated, more_due = due(index, sellers, today, t)
        portfolios = [(one, index.portfolios[one.id]) for one in sellers if one.id in index.portfolios]
        return Board(
            at=now,
            needs=needs,
            seen_to=seen_to,
            weak=weak,
            resting=found.resting,
            risks=[risk(*one) for one in portfolios if one[0].positions],
            due=dated,
            more_due=more_due,
            steps=steps_due(index, sellers, today, t),
            heat=[made for one in portfolios if (made := heat(*one)) is not None],
            sight=sight(index, settings, sellers, t),
            told=await self._told(settings, now),
            first=await first_steps(self._store, settings, index, t),
            sellers=[(one.id, one.name) for one in settings.sellers],
            sources=sum(source.enabled for source in settings.sources),
            missing=index.missing,
        )

    async def saw(self, who: str, seen: Mapping[str, int]) -> None:
        """Those of them that there are, and not beyond where they are."""
        kept = self.index.kept
        known = {id: min(revision, kept[id].whole.revision) for id, revision in seen.items() if id in kept}
        await self._store.people.saw(who, dict(list(known.items())[:MOST_SEEN]), self._now())

    async def _told(self, settings: Config, now: datetime) -> Told:
        depths = (await self._store.gauges.outbox(now)).values()
        known, marks = settings.settings, await self._store.ledger.marks()
        begun = marks.get(BEGUN)
        return Told(
            waiting=sum(depth.pending - depth.held for depth in depths),
            held=sum(depth.held for depth in depths),
            dead=sum(depth.dead for depth in depths),
            oldest=min((depth.oldest for depth in depths if depth.oldest), default=None),
            last_sent=await last_sent(self._store.database),
            targets=sum(target.channel != "journal" for target in settings.targets),
            heartbeat=bool(known.heartbeat.url.get_secret_value()),
            drill=known.drill.value,
            drilled=begun if begun != marks.get(OVER) else None,  # the first start writes both, and tries nothing
        )


def _sorted(index: Index, sellers: Collection[Seller]) -> _Sorted:
    """An incident stands where the seller has it for whom it asks most."""
    found = _Sorted()
    for one in index.hitting:
        id = one.whole.id
        acts, hit, asked, seen = index.acts.get(id, ()), list[Hit](), list[Hit](), list[Hit]()
        for seller in sellers:
            view = one.views.get(seller.id)
            if view is None or view.seen.status is Status.REVERSED or (acts and not_for_us(acts, seller.id)):
                continue
            hit.append((view, seller))
            if view.alive or view.seen.question:
                (seen if acts and index.seen_to(id, seller.id) else asked).append((view, seller))
        if not asked and not seen:
            found.resting += bool(hit)
            continue
        shown = sorted(asked or seen, key=lambda pair: pair[0].rank)
        weak = all(view.weak and not view.seen.question for view, _ in shown)
        (found.seen_to if not asked else found.weak if weak else found.needs).append((one, shown))
    return found


def _pressing(found: Found) -> tuple[object, ...]:
    one, shown = found
    return (*shown[0][0].rank, one.whole.id)


def _line(index: Index, found: Found, seen: Mapping[str, int], today: date, t: Tongue) -> Line:
    one, hit = found
    view, seller = hit[0]
    incident, shown = view.seen, standing(view.seen, view.severity, 0.0)
    return Line(
        id=incident.id,
        revision=one.whole.revision,
        headline=headline(shown, t),
        lang=incident.evidence[-1].lang if shown.seen else "",
        event_type=incident.event_type,
        status=incident.status,
        rung=t.say(SEEN if shown.seen else rung_of(incident)),
        place=places(incident.regions, t),
        platforms=incident.platforms,
        regions=incident.regions,
        severity=view.severity,
        shares=[Share(its.id, its.name, see.worst, see.expected, its.currency) for see, its in hit],
        when=incident.effective_date,
        days_left=view.days_left(today),
        seen_to=clean(index.seen_to(incident.id, seller.id), 60),
        new=seen.get(incident.id, -1) < one.whole.revision,
        question=bool(incident.question or faint_denials(incident)),
        voices=one.voices,
    )


def places(regions: Iterable[str], t: Tongue) -> str:
    """Their names, in a line."""
    named: Sequence[str] = [t.place(clean(code, 40)) for code in regions]
    return t.listed(named, 4) if named else ""
