"""Silences at the desk: those that stand, another one, and an end before its time."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor.config import Config
from monitor.domain.documents import digest
from monitor.domain.people import Record
from monitor.domain.signals import EventType
from monitor.domain.silences import Silence, ended
from monitor.notify.sentences import EVENT
from monitor.notify.tongue import Tongue, noop
from monitor.notify.wording import clean
from monitor.opened import Store
from monitor.revisit import rearrange
from monitor.steps import Step
from monitor.watching import watch
from monitor.web.access import Visitor
from monitor.web.api import following
from monitor.web.sections.messages import Quiet, Quiets, Wish
from monitor.web.speech import NotDoneError

LONGEST = timedelta(days=366)  # what is silent for longer was meant to be a filter of a target
_SPANS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(days=7)}
_SPAN = re.compile(r"([0-9]{1,4})([mhdw])")
_COUNTRY = re.compile(r"[A-Z]{2}|WORLD")


class Silences:
    """What `sellerwatch silences` does, in the name of whoever came in."""

    def __init__(self, store: Store, settings: Callable[[], Config], now: Callable[[], datetime]) -> None:
        self._store, self._settings, self._now = store, settings, now

    async def standing(self, t: Tongue, start: int, limit: int) -> Quiets:
        """The first made first."""
        some = await self._store.ledger.silences(self._now(), start, limit + 1)
        found = [
            Quiet(
                one.id, what_is_silent(one, t), clean(one.who, 80), clean(one.note, 300),
                one.at, one.until, one.incident_id,
            )
            for one in some[:limit]
        ]  # fmt: skip
        return Quiets(found, start, following(start, limit, some))

    async def add(self, visitor: Visitor, wish: Wish) -> str:
        """Returns its id; the same once more within its first minute is the same. Raises NotDoneError."""
        now, settings = self._now(), self._settings()
        named = {name.casefold(): one.name for one in settings.platforms for name in (one.id, *one.aliases, one.name)}
        platform = named.get(wish.platform.strip().casefold(), "")
        country = wish.country.strip().upper()
        if wish.platform.strip() and not platform:
            raise NotDoneError(noop("No platform is called {name}."), name=clean(wish.platform, 60))
        if country and not _COUNTRY.fullmatch(country):
            raise NotDoneError(noop("{code} is no country code, such as DE."), code=clean(wish.country, 20))
        if wish.event and wish.event not in {one.value for one in EventType}:
            raise NotDoneError(noop("There is no such kind of event."))
        if wish.seller and wish.seller not in {one.id for one in settings.sellers}:
            raise NotDoneError(noop("There is no seller {id}."), id=clean(wish.seller, 40))
        if wish.target and wish.target not in {one.id for one in settings.targets}:
            raise NotDoneError(noop("There is no target {id}."), id=clean(wish.target, 40))
        if not (platform or country or wish.event or wish.seller or wish.target or wish.everything):
            raise NotDoneError(noop("Say what is to be silent."))
        silence = Silence(
            "",
            now,
            lasting(wish.span, wish.until, visitor.zone or "UTC", now),
            visitor.name,
            clean(wish.note, 300),
            wish.seller,
            "",
            wish.target,
            (platform,) if platform else (),
            (country,) if country else (),
            (EventType(wish.event),) if wish.event else (),
        )
        for one in await self._store.ledger.silences(now):
            if _same(one, silence) and now - one.at < timedelta(minutes=1):
                return one.id
        id = digest("silence", visitor.name, now.isoformat(), silence.what)
        await self._keep(silence, id, now)
        detail = clean(f"{silence.what} until {silence.until:%Y-%m-%d %H:%M} UTC {silence.note}", 500)
        await self._record(visitor, "silence.add", id, detail)
        return id

    async def end(self, visitor: Visitor, id: str) -> None:
        """Raises NotDoneError for one that does not stand."""
        now = self._now()
        found = next((one for one in await self._store.ledger.silences(now) if one.id == id), None)
        if found is None:
            raise NotDoneError(noop("That silence is over already."))
        await self._keep(ended(found, visitor.name, now), id, now)
        await self._record(visitor, "silence.end", id, clean(found.what, 300))

    async def _keep(self, silence: Silence, id: str, now: datetime) -> None:
        await self._store.ledger.keep(Step(at=now, silences=[replace(silence, id=id)]))
        await rearrange(self._store.ledger, watch(self._settings()), now)

    async def _record(self, visitor: Visitor, did: str, subject: str, detail: str) -> None:
        record = Record(self._now(), visitor.name, visitor.via, did, subject, detail, visitor.address)
        await self._store.people.record(record)


def _same(one: Silence, other: Silence) -> bool:
    return (one.who, one.what, one.until.date()) == (other.who, other.what, other.until.date())


def what_is_silent(one: Silence, t: Tongue) -> str:
    """What it holds back, in the reader's words."""
    names: Mapping[str, str] = {"seller": clean(one.seller_id, 60), "target": clean(one.target, 60)}
    said = [
        *(t.say(EVENT[event]) for event in one.events),
        *(clean(name, 60) for name in one.platforms),
        *(t.say("worldwide") if code == "WORLD" else t.place(code) for code in one.countries),
        t.say("one incident") if one.incident_id else "",
        t.say("for {seller}", **names) if one.seller_id else "",
        t.say("to {target}", **names) if one.target else "",
    ]
    return ", ".join(filter(None, said)) or t.say("everything")


def lasting(span: str, until: str, zone: str, now: datetime) -> datetime:
    """The end that is asked for: so long from now ("4h", "3d"), or the end of a day (YYYY-MM-DD) where the visitor is,
    which goes before. Raises NotDoneError."""
    named = _SPAN.fullmatch(span.strip())
    if until.strip():
        try:
            day = date.fromisoformat(until.strip()) + timedelta(days=1)
            end = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
        except (ValueError, OverflowError, OSError, KeyError):
            raise NotDoneError(noop("{day} is no day."), day=clean(until, 40)) from None
    elif named:
        end = now + int(named[1]) * _SPANS[named[2]]
    else:
        raise NotDoneError(noop("Say how long it is to be silent."))
    if not now < end <= now + LONGEST:
        raise NotDoneError(noop("It must end after now, and within {days} days."), days=LONGEST.days)
    return end
