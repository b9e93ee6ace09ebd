"""What stands now and waits for people, in numbers: deadlines that are not done, alerts that nobody answered, silences.

Counters tell what happened; this tells what is the case, also after a restart.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from time import perf_counter
from typing import Protocol

from monitor.cadence import Cadence
from monitor.domain.deadlines import DeadlineRole
from monitor.domain.exposure import Seller, Severity
from monitor.domain.handling import Word, answered
from monitor.domain.impact import Kin, touched
from monitor.domain.incidents import Incident
from monitor.domain.localities import here
from monitor.domain.nagging import LOUD, asks, last_word
from monitor.domain.portfolio import concerning
from monitor.domain.rulings import Act, not_for_us
from monitor.domain.signals import Status
from monitor.ports import Ledger, Words

BANDS = ("overdue", "1d", "7d", "30d", "later")
KEPT = 30  # days for which a deadline that is past and was not done counts as overdue
AWAITED = timedelta(days=7)  # for which an alert counts as unanswered; nobody answers older ones any more


class Desk(Protocol):
    """Who knows what is done."""

    async def done(self) -> Mapping[str, Collection[Act]]: ...


@dataclass(frozen=True, slots=True)
class Census:
    """`deadlines` by role and band; `unanswered` holds when each arrived, by severity; `at_positions` are the deadlines
    by seller, platform, country and band."""

    deadlines: Mapping[tuple[DeadlineRole, str], int]
    unanswered: Mapping[Severity, Sequence[datetime]]
    silences: int
    at_positions: Mapping[tuple[str, str, str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Depth:
    """The outbox of one channel. `held` are those of the `pending` that wait for a later hour (quiet hours, a cap, a
    group); `oldest` is since when one of the others has been due."""

    pending: int = 0
    held: int = 0
    oldest: datetime | None = None
    dead: int = 0


@dataclass(frozen=True, slots=True)
class Room:
    """What the database takes and has, in bytes. `wal` is SQLite's write-ahead log."""

    size: int
    wal: int
    free: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Captures that are to be read, and those in quarantine. `mark` differs whenever an incident, what people did, a
    message or a silence moved: cheap to ask for, and what a dearer look goes by."""

    inbox: int
    quarantined: int
    mark: object


def band(days: int) -> str:
    """How soon that is, from days left."""
    if days < 0:
        return "overdue"
    return next((f"{most}d" for most in (1, 7, 30) if days <= most), "later")


def open_deadlines(
    incidents: Iterable[Incident], done: Mapping[str, Collection[Act]], sellers: Collection[str], today: date
) -> Counter[tuple[DeadlineRole, str]]:
    """Those that are not done by all sellers, each once."""
    return Counter(
        one for incident in incidents for one in _undone(incident, done.get(incident.id, ()), sellers, today)
    )


def deadlines_at_positions(
    incidents: Collection[Incident],
    done: Mapping[str, Collection[Act]],
    acts: Mapping[str, Sequence[Act]],
    sellers: Iterable[Seller],
    today: date,
    kin: Kin,
) -> Counter[tuple[str, str, str, str]]:
    """By seller, platform, country and band: those that a seller has not done, at each position that they are for; none
    of an incident that its people called not for them, by `acts`."""
    found: Counter[tuple[str, str, str, str]] = Counter()
    for seller in sellers:
        for incident in concerning(incidents, (seller,), kin):
            if not_for_us(acts.get(incident.id, ()), seller.id):
                continue
            did = done.get(incident.id, ())
            for position, _ in touched(incident, seller.positions, kin):
                for _, left in _undone(here(incident, (position.country,)), did, (seller.id,), today):
                    found[seller.id, position.platform, position.country, left] += 1
    return found


def _undone(
    incident: Incident, acts: Collection[Act], sellers: Collection[str], today: date
) -> Iterator[tuple[DeadlineRole, str]]:
    """The role and the band of each of its deadlines that not all of these sellers have done."""
    if incident.status is Status.REVERSED or incident.closed is not None:
        return
    for role, day in dict.fromkeys((one.role, one.date) for one in incident.deadlines):
        by = {act.seller_id for act in acts if act.subject == f"deadline:{role.value}:{day}"}
        left = (day.last_day - today).days
        if left >= -KEPT and "" not in by and not (by and by.issuperset(sellers)):
            yield role, band(left)


def unanswered(
    incidents: Iterable[Incident],
    words: Mapping[str, Sequence[Word]],
    acts: Mapping[str, Sequence[Act]],
    today: date,
) -> Mapping[Severity, Sequence[datetime]]:
    """When each loud word arrived that is the last news to a seller and that nobody there has answered."""
    found: dict[Severity, list[datetime]] = {}
    for incident in incidents:
        if not asks(incident, today):
            continue
        said, did = words.get(incident.id, ()), acts.get(incident.id, ())
        for seller in dict.fromkeys(word.seller_id for word in said):
            news = last_word(word for word in said if word.seller_id == seller)
            arrived = [word.sent_at for word in news if word.sent_at is not None]
            if not arrived or news[0].severity < LOUD:
                continue
            if not answered(did, news[0].alert_id, seller) and not not_for_us(did, seller):
                found.setdefault(news[0].severity, []).append(min(arrived))
    return found


async def taken(ledger: Ledger, words: Words, desk: Desk, sellers: Sequence[Seller], now: datetime, kin: Kin) -> Census:
    """The census of this moment. Raises StoreUnavailableError."""
    today = now.date()
    told = await words.told_until(today - timedelta(days=KEPT))
    loud = await words.loud_since(now - AWAITED, LOUD)
    dated, asking = await ledger.incidents(told), await ledger.incidents(loud)
    done, acts = await desk.done(), await ledger.acts_on(list({*told, *loud}))
    at_positions: Counter[tuple[str, str, str, str]] = Counter()
    for one in dated:  # hundreds of them meet hundreds of positions: others have their turn between
        at_positions.update(deadlines_at_positions([one], done, acts, sellers, today, kin))
        await asyncio.sleep(0)
    return Census(
        open_deadlines(dated, done, {seller.id for seller in sellers}, today),
        unanswered(asking, await words.words(loud), acts, today),
        len(await ledger.silences(now)),
        at_positions,
    )


class Enumerator:
    """Takes the census and shows it."""

    def __init__(self, ledger: Ledger, words: Words, desk: Desk, show: Callable[[Census], None]) -> None:
        self._ledger, self._words, self._desk, self._show = ledger, words, desk, show
        self._cadence = Cadence()

    async def step(self, sellers: Sequence[Seller], now: datetime, kin: Kin, mark: object) -> None:
        """Take it again if it is time to; see `Waiting` for the `mark`."""
        if self._cadence.comes(mark):
            began = perf_counter()
            self._show(await taken(self._ledger, self._words, self._desk, sellers, now, kin))
            self._cadence.done(mark, began)
