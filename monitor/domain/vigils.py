"""Our own blindness: what was noticed of each blind source, and when the operators are told, all at once and once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.domain.documents import digest
from monitor.domain.errors import FailureReason
from monitor.domain.health import Health, Standing
from monitor.domain.sources import Source, SourceKind

HOLD = timedelta(hours=1)  # of a notice, unless the settings say otherwise
WELL = timedelta(hours=6)  # of seeing again, before a source counts as well; what flaps is told once
SEEK_EVERY = timedelta(days=7)  # a source is looked for again on its own site
MOVED_FOR = timedelta(days=1)  # before one that is led elsewhere is looked for

_SOUGHT = frozenset({FailureReason.GONE, FailureReason.HTTP_4XX, FailureReason.NOT_A_FEED, FailureReason.MOVED})
_SEEKABLE = frozenset({SourceKind.FEED, SourceKind.SITEMAP, SourceKind.LIST})
_NETWORK = frozenset({FailureReason.DNS, FailureReason.CONNECTION, FailureReason.TIMEOUT, FailureReason.TLS})


@dataclass(frozen=True, slots=True)
class Find:
    """Where a source that moved or died may be now: what was read there."""

    url: str
    kind: SourceKind
    items: int
    newest: datetime | None = None  # of its entries
    title: str = ""  # of that entry


@dataclass(frozen=True, slots=True)
class Vigil:
    """What is remembered of a source that was found blind, between looks at its health and over restarts."""

    source_id: str
    noticed_at: datetime | None = None  # blind since then, as we know
    told_at: datetime | None = None
    well_at: datetime | None = None  # it was told, and has seen again since then
    sought_at: datetime | None = None
    find: Find | None = None

    @property
    def empty(self) -> bool:
        """Nothing in it is worth keeping."""
        return self == Vigil(self.source_id)


@dataclass(frozen=True, slots=True)
class Blind:
    """One blind source, as the operators are told of it."""

    source_id: str
    name: str
    url: str
    standing: Standing
    reason: FailureReason | None
    since: datetime | None
    words: str
    find: Find | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """What the operators are told of our own sight: `fresh` went blind and were not told before, `known` were told and
    are blind still; without both, all is well again, and `recovered` are the names of the last that were not."""

    alert_id: str
    made_at: datetime
    watched: int  # sources that are on
    fresh: tuple[Blind, ...] = ()
    known: tuple[Blind, ...] = ()
    recovered: tuple[str, ...] = ()

    @property
    def well(self) -> bool:
        return not self.fresh and not self.known

    @property
    def about(self) -> str:
        """One sentence, without anybody else's words in it."""
        return "All sources see again" if self.well else f"{counted(len(self.fresh))} went blind"

    @property
    def share(self) -> float:
        """How much of our sight is gone, 0 to 1."""
        return min((len(self.fresh) + len(self.known)) / max(self.watched, 1), 1.0)

    @property
    def ours(self) -> bool:
        """Half of all sources cannot be reached: more likely our own network than all of theirs."""
        return _line_is_down((one.reason for one in (*self.fresh, *self.known)), self.watched)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What changes: vigils to keep (an empty one is forgotten), and what is said, if anything."""

    vigils: tuple[Vigil, ...] = ()
    notice: Notice | None = None


@dataclass(slots=True)
class _Round:
    """The vigils after this look, sorted by what they say."""

    after: dict[str, Vigil] = field(default_factory=dict)
    fresh: list[str] = field(default_factory=list)  # blind and untold
    known: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)  # told, and not blind now, yet not counted as well either
    recovered: list[str] = field(default_factory=list)


def attend(
    vigils: Mapping[str, Vigil],
    sources: Mapping[str, Source],
    healths: Mapping[str, Health],
    now: datetime,
    hold: timedelta = HOLD,
) -> Verdict:
    """What a look at everybody's health changes. Told again at once, with its own answer kept, it changes nothing.

    A notice goes out `hold` after the first untold source was noticed, with all that are blind by then; one that saw
    again meanwhile is never spoken of. It goes out only when something new is blind. When all have been well for six
    hours, that is said too, once. A source that nobody looks at is neither blind nor well. Sources that were removed
    or turned off are forgotten without a word.
    """
    found = _Round()
    for id in sorted({*vigils, *(id for id, one in healths.items() if one.blind)}):
        _see(vigils.get(id, Vigil(id)), healths.get(id), now, found)
    notice = None
    if _unreached(found.known, healths):  # those that are still blind when the line is back are told then
        found.fresh = [id for id in found.fresh if healths[id].reason not in _NETWORK]
    if any(_held(found.after[id], now, hold) for id in found.fresh):
        notice = _notice(found, sources, healths, now)
        for id in found.fresh:
            found.after[id] = replace(found.after[id], told_at=now)
    elif found.recovered and not found.known and not found.waiting and not found.fresh:
        notice = _notice(found, sources, healths, now)
    changed = [vigil for id, vigil in found.after.items() if vigil != vigils.get(id, Vigil(id))]
    return Verdict(tuple(changed), notice)


def _unreached(told: Sequence[str], healths: Mapping[str, Health]) -> bool:
    """Whether those that were told make it our own line that is broken (`Notice.ours`)."""
    return _line_is_down((healths[id].reason for id in told), _watched(healths))


def _watched(healths: Mapping[str, Health]) -> int:
    return sum(one.standing is not Standing.OFF for one in healths.values())


def _line_is_down(reasons: Iterable[FailureReason | None], watched: int) -> bool:
    unreached = sum(reason in _NETWORK for reason in reasons)
    return unreached > 2 and 2 * unreached >= watched


def _held(vigil: Vigil, now: datetime, hold: timedelta) -> bool:
    return vigil.noticed_at is not None and vigil.noticed_at + hold <= now


def _see(vigil: Vigil, health: Health | None, now: datetime, found: _Round) -> None:
    id = vigil.source_id
    sought = vigil.sought_at if vigil.sought_at and vigil.sought_at + SEEK_EVERY > now else None
    forgotten = Vigil(id, sought_at=sought)
    if health is None or health.standing is Standing.OFF:
        found.after[id] = forgotten
    elif health.blind:
        found.after[id] = replace(vigil, noticed_at=vigil.noticed_at or now, well_at=None)
        (found.known if vigil.told_at else found.fresh).append(id)
    elif health.standing is Standing.UNKNOWN:
        found.after[id] = vigil
        if vigil.told_at:
            found.waiting.append(id)
    elif vigil.told_at is None:
        found.after[id] = forgotten
    elif vigil.well_at is None or vigil.well_at + WELL > now:
        found.after[id] = replace(vigil, well_at=vigil.well_at or now)
        found.waiting.append(id)
    else:
        found.after[id] = forgotten
        found.recovered.append(id)


def _notice(found: _Round, sources: Mapping[str, Source], healths: Mapping[str, Health], now: datetime) -> Notice:
    def told(ids: Iterable[str]) -> tuple[Blind, ...]:
        return tuple(blind_source(sources[id], healths[id], found.after[id].find) for id in ids)

    return Notice(
        alert_id=digest("blind", now.isoformat(), *found.fresh, *found.recovered),
        made_at=now,
        watched=_watched(healths),
        fresh=told(found.fresh),
        known=told(found.known),
        recovered=tuple(sources[id].name for id in found.recovered),
    )


def blind_source(source: Source, health: Health, find: Find | None) -> Blind:
    """The source and what is wrong with it, side by side."""
    return Blind(source.id, source.name, source.url, health.standing, health.reason, health.since, health.words, find)


def to_seek(
    vigils: Mapping[str, Vigil], sources: Mapping[str, Source], healths: Mapping[str, Health], now: datetime
) -> Sequence[str]:
    """Blind sources to look for again on their own sites, those never sought first: each once a week at most.

    Only what is not there any more is looked for. A site that refuses us, or does not answer, is left in peace.
    """
    due = []
    for id, vigil in vigils.items():
        health, source = healths.get(id), sources.get(id)
        if health is None or source is None or not health.blind or source.kind not in _SEEKABLE:
            continue
        refused = health.reason is FailureReason.HTTP_4XX and health.standing is Standing.BLOCKED
        if health.reason not in _SOUGHT or refused:
            continue
        since = health.since or vigil.noticed_at or now
        if health.reason is FailureReason.MOVED and since + MOVED_FOR > now:
            continue
        if vigil.sought_at is None or vigil.sought_at + SEEK_EVERY <= now:
            due.append((vigil.sought_at is not None, vigil.sought_at or since, id))
    return [id for *_, id in sorted(due)]


def folded_notice(new: Notice, unsent: Notice) -> Notice:
    """`new` as it must read when `unsent` was received by nobody: what that called fresh is so still."""
    untold = {one.source_id for one in unsent.fresh}
    return replace(
        new,
        fresh=(*new.fresh, *(one for one in new.known if one.source_id in untold)),
        known=tuple(one for one in new.known if one.source_id not in untold),
    )


def counted(number: int) -> str:
    """`1 source`, `12 sources`."""
    return f"{number} source{'s' if number != 1 else ''}"
