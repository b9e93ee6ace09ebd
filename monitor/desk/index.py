"""All incidents in mind, weighed for every seller: renewed by what moved, so that no page weighs thousands."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from time import monotonic

from monitor.asides import aside
from monitor.config import Config
from monitor.desk.weighing import Kept, again, exposed_to, kept
from monitor.domain.alerts import Told
from monitor.domain.exposure import Seller
from monitor.domain.handling import Whose
from monitor.domain.health import Health
from monitor.domain.overview import Sight, seen_to
from monitor.domain.playbooks import Playbook
from monitor.domain.portfolio import Portfolio, at_risk
from monitor.domain.resolution import Kinship, kinship
from monitor.domain.rulings import Act, ActKind
from monitor.logs import log
from monitor.opened import Store
from monitor.store.glance import Stamp, answers, stamps
from monitor.vigilance import healths_of

AT_ONCE = 50  # incidents that are read, or weighed, before others get their turn
PATIENCE = 3.0  # seconds for which a page waits for what is not in mind yet; then it shows what is
SEEING = 5.0  # seconds for which it holds which sources see
FRESH = 60.0  # seconds after which somebody who looks has all of it looked through, and
EVERY = 300.0  # after which that is done though nobody looks
CHEAP = 0.02  # seconds: sums that take longer are made once in a while, not whenever something moved
_BACK = timedelta(minutes=5)  # clocks differ, and transactions end out of order
_NEVER = datetime.min.replace(tzinfo=UTC)

_log = log("desk")


class Index:
    """`settings` is asked at each step, so that a reload counts. `version` grows with everything that changes."""

    def __init__(
        self,
        store: Store,
        settings: Callable[[], Config],
        now: Callable[[], datetime],
        patience: float = PATIENCE,
    ) -> None:
        self._store, self._settings, self._now, self._patience = store, settings, now, patience
        self.kept: dict[str, Kept] = {}  # by incident
        self.acts: Mapping[str, Sequence[Act]] = {}  # by incident, oldest first
        self.portfolios: Mapping[str, Portfolio] = {}  # by seller
        self.healths: Mapping[str, Health] = {}
        self.sight = Sight()
        self.version, self.missing = 0, 0  # missing: incidents that are not in mind yet
        self._known: dict[str, Stamp] = {}
        self._did: dict[str, Act] = {}  # by its id
        self._homes: dict[str, str] = {}  # of what went into another: into which
        self._told: Mapping[Whose, Told] = {}
        self._latest = self._answered = _NEVER
        self._config: Config | None = None  # by which all is weighed
        self._sellers: Mapping[str, Seller] = {}
        self._kin: Kinship = {}
        self._day = date.min
        self._complete = False  # all was read once
        self._whole_at, self._watched_at, self._sum_took = -FRESH, -SEEING, 0.0
        self._summed = self._heard = -1  # versions
        self._found: tuple[int, Sequence[Kept]] = -1, ()
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    # --- asked for

    async def refresh(self, now: datetime) -> None:
        """Look through all of it, and wait until that is done. Raises UnavailableError."""
        async with self._lock:
            await self._renew(now)

    def begin(self) -> "asyncio.Task[None]":
        """The same in the background, once at a time; what goes wrong there is logged."""
        if self._task is None or self._task.done():
            self._task = aside(self._quietly(), "desk")
        return self._task

    def due(self, now: datetime) -> bool:
        """Whether it is time to, though nobody looks: at the start, on another day, by other settings, or by and by."""
        known = self._complete and self._config is self._settings() and self._day == now.date()
        return not known or monotonic() - self._whole_at >= EVERY

    async def current(self) -> "Index":
        """As it is now; or, where there is much to read first, as far as it is known."""
        ready = self._complete and self._config is self._settings() and await self._quick()
        if not ready:
            await asyncio.wait((self.begin(),), timeout=self._patience)
        else:
            await self._watch()
            if monotonic() - self._whole_at >= FRESH:
                self.begin()
        await self._hear()
        return self

    @property
    def hitting(self) -> Sequence[Kept]:
        """Those that are open and hit somebody."""
        if self._found[0] != self.version:
            self._found = self.version, [one for one in self.kept.values() if one.views and not one.over]
        return self._found[1]

    def seen_to(self, id: str, seller_id: str) -> str:
        """Who takes care of it for that seller, or has heard the last word of it; "" for nobody."""
        acts = self.acts.get(id)
        return seen_to(acts, seller_id, self._told.get((id, seller_id))) if acts else ""

    @property
    def _playbooks(self) -> Sequence[Playbook]:
        return self._config.playbooks if self._config else ()

    async def _quietly(self) -> None:
        try:
            await self.refresh(self._now())
        except Exception as error:  # the page that asked shows what was known, and the next one tries again
            _log.error("desk_not_renewed", exc_info=error)

    async def _quick(self) -> bool:
        """Take what came since the last look, unless that is much."""
        since = None if self._latest == _NEVER else self._latest - _BACK
        moved = self._fresh(await stamps(self._store.database, since))
        if len(moved) > AT_ONCE:
            return False
        await self._take(moved)
        await self._listen(None if self._answered == _NEVER else self._answered - _BACK)
        if self._sum_took < CHEAP:
            self._sum()
        return True

    # --- renewed

    async def _renew(self, now: datetime) -> None:
        config, today = self._settings(), now.date()
        if self._config is None or _weighs_by(self._config) != _weighs_by(config):
            self._kin = kinship(config.platforms)
            self._known.clear()  # all is weighed anew
        self._sellers = {seller.id: seller for seller in config.sellers}
        self._config = config
        if self._day != today:
            self._day = today
            await self._another_day()
        everything = await stamps(self._store.database)
        self._forget(everything)
        moved = self._fresh(everything)
        for first in range(0, len(moved), AT_ONCE):
            self.missing = 0 if self._complete else len(moved) - first
            await self._take(moved[first : first + AT_ONCE])
            await asyncio.sleep(0)
        self.missing, self._complete = 0, True
        await self._listen(None)
        self._watched_at = -SEEING
        await self._watch()
        self._whole_at = monotonic()
        self._sum()

    async def _watch(self) -> None:
        """Which sources see."""
        at = monotonic()
        if at - self._watched_at >= SEEING:
            sources = {source.id: source for source in self._settings().sources}
            self.healths = await healths_of(sources, self._store.inbox, self._store.ledger, self._now())
            self.sight = Sight.over(sources, self.healths, await self._store.vigils.vigils())
            self._watched_at = at

    async def _another_day(self) -> None:
        for number, (id, one) in enumerate(list(self.kept.items())):
            if self.kept.get(id) is one and id in self._known:
                self.kept[id] = again(one, self._sellers, self._day, self._kin, self._playbooks)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        self.version += 1

    def _fresh(self, found: Iterable[Stamp]) -> Sequence[Stamp]:
        return [one for one in found if one != self._known.get(one.id)]

    def _forget(self, found: Iterable[Stamp]) -> None:
        there = {one.id for one in found}
        for id in [id for id in self.kept if id not in there]:
            self._known.pop(id, None)
            del self.kept[id]
            self.version += 1

    async def _take(self, moved: Sequence[Stamp]) -> None:
        """Read and weigh these."""
        if not moved:
            return
        whole = {one.id: one for one in await self._store.ledger.incidents([one.id for one in moved if not one.into])}
        for stamp in moved:
            known, incident = self._known.get(stamp.id), whole.get(stamp.id)
            if known is not None and known.revision > stamp.revision:  # somebody else read it meanwhile
                continue
            made = kept(incident, self._sellers.values(), self._day, self._kin, self._playbooks) if incident else None
            if made is not None:
                self.kept[stamp.id] = made
            else:
                self.kept.pop(stamp.id, None)
            if stamp.into:
                self._homes[stamp.id] = stamp.into
            self._known[stamp.id] = stamp
            self._latest = max(self._latest, min(stamp.updated_at, self._now()))
        self.version += 1

    async def _hear(self) -> None:
        """When those who acknowledged something were told of it last: what came later they have not heard."""
        if self._heard == self.version:
            return
        version = self.version
        ids = [id for id, did in self.acts.items() if id in self.kept and any(act.kind is ActKind.ACK for act in did)]
        self._told = {(one.incident_id, one.seller_id): one for one in await self._store.ledger.told(ids)}
        self._heard = version

    async def _listen(self, since: datetime | None) -> None:
        """What people answered."""
        fresh = {act.id: act for act in await answers(self._store.database, since) if act.id not in self._did}
        self._did |= fresh
        self._answered = max([self._answered, *(min(act.at, self._now()) for act in fresh.values())])
        if fresh or self._homes:
            by: dict[str, list[Act]] = {}
            for act in sorted(self._did.values(), key=lambda act: (act.at, act.id)):
                by.setdefault(self._home(act.incident_id), []).append(act)
            if by != self.acts:
                self.acts, self.version = by, self.version + 1

    def _home(self, id: str) -> str:
        while id in self._homes:
            id = self._homes[id]
        return id

    def _sum(self) -> None:
        """What is at risk in all, with nothing counted twice."""
        if self._summed == self.version:
            return
        started = monotonic()
        self.portfolios = {
            id: at_risk(exposed_to(self.hitting, seller), seller, self._day, self._kin, self.acts)
            for id, seller in self._sellers.items()
        }
        self._summed, self._sum_took = self.version, monotonic() - started


def _weighs_by(config: Config) -> tuple[object, ...]:
    """What of the settings makes an incident what it is here: when that changes, all is weighed anew."""
    return config.sellers, config.platforms, config.playbooks
