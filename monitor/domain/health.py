"""How each source stands: whether it still sees, since when not, and why. A hiccup is no blindness."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from monitor.domain.errors import FailureReason
from monitor.domain.harvests import Harvest
from monitor.domain.sources import Source, SourceKind, SourceState


class Standing(StrEnum):
    """How a source stands, the best first."""

    LIVE = "live"
    SILENT = "silent"  # it is read, and has been still for far longer than it ever is
    UNKNOWN = "unknown"  # nobody has looked, or nobody looks any more, or too little to say and nothing good yet
    FAILING = "failing"
    BLOCKED = "blocked"  # it is there, and does not want us or stands elsewhere now
    RETIRED = "retired"  # its server says that it is gone for good
    OFF = "off"


BLIND = frozenset({Standing.SILENT, Standing.FAILING, Standing.BLOCKED, Standing.RETIRED})

HICCUP = timedelta(hours=6)  # of failing is none any more
LOOKS = 2  # that failed in a row make a failure of it, if there ever was a success; one more if there was none
STILL = timedelta(days=3)  # without anything new is silence at the earliest
FAR = 4  # times the gap that nine in ten of a source's gaps stay below
ENOUGH = 5  # publications from which a rhythm can be told
LATE = timedelta(hours=6)  # after it was due, a look that was not made says that nobody looks
_BURST = timedelta(minutes=1)  # what is published within it is one publication
_REFUSED = ("401", "403", "407", "451")  # the server knows what we want and will not give it
_SHUT = frozenset({FailureReason.BOT_WALL, FailureReason.LOGIN_WALL, FailureReason.ROBOTS, FailureReason.MOVED})
_SPEAKS = frozenset({SourceKind.FEED, SourceKind.LIST, SourceKind.SITEMAP, SourceKind.JSON})  # by itself, regularly


@dataclass(frozen=True, slots=True)
class Health:
    """One source's. `reason` and `since` are those of what is wrong; `since` is None when it never saw anything."""

    source_id: str
    standing: Standing
    words: str = ""
    reason: FailureReason | None = None
    since: datetime | None = None
    last_success: datetime | None = None
    last_new: datetime | None = None

    @property
    def blind(self) -> bool:
        return self.standing in BLIND


def health(source: Source, state: SourceState | None, harvest: Harvest | None, now: datetime) -> Health:
    """How the source stands at `now`, by what its looks and readings left.

    Everything is measured from look to look, never up to `now`: that a daemon was off for a week says nothing of the
    sources. A daemon that does not look makes them unknown, six hours or three intervals after the look was due.
    """
    known = harvest or Harvest(source.id)
    success = state.last_success_at if state else None
    new = max((moment for moment in (known.last_new_at, *known.arrivals[-1:]) if moment is not None), default=None)

    def stands(
        standing: Standing, words: str = "", reason: FailureReason | None = None, since: datetime | None = None
    ) -> Health:
        return Health(source.id, standing, words, reason, since, success, new)

    if not source.enabled:
        return stands(Standing.OFF, source.off_reason)
    if state is None or state.last_look_at is None:
        return stands(Standing.UNKNOWN, "nobody has looked yet")
    if state.retired:
        return stands(Standing.RETIRED, "its server says that it is gone for good (410)", FailureReason.GONE, success)
    if state.next_look_at + max(3 * source.every, LATE) < now:
        return stands(Standing.UNKNOWN, "nobody looks any more: does the daemon run?", since=state.last_look_at)
    if _fails(source, state):
        reason = state.last_reason or FailureReason.CONNECTION
        looks = "the first look" if state.failures == 1 else f"{state.failures} looks in a row"
        words = f"{looks} failed: {state.last_detail or reason.value}"
        return stands(_shut_or_failing(reason, state.last_detail), words, reason, success)
    if trouble := _unread(source, state, known):
        reason, detail = trouble
        bad = "comes damaged" if reason is FailureReason.DAMAGED else "cannot be read"
        words = f"it is fetched and {bad}: {detail or reason.value}"
        return stands(_shut_or_failing(reason, detail), words, reason, known.last_new_at or known.last_read_at)
    if success is None and state.failures:
        reason = state.last_reason or FailureReason.CONNECTION
        return stands(Standing.UNKNOWN, f"it has not answered yet: {state.last_detail or reason.value}", reason)
    if known.failures and not (known.usual or known.memory or new):
        reason = known.reason or FailureReason.EMPTY
        return stands(Standing.UNKNOWN, f"it was never read yet: {known.detail or reason.value}", reason)
    if _hollow(source, known):
        return stands(Standing.UNKNOWN, "it is read, and never held an entry", FailureReason.EMPTY)
    if (still := _silence(source, state, known)) is not None:
        usual, last = still
        return stands(Standing.SILENT, f"nothing new, though nine in ten of its gaps are below {usual}", since=last)
    if state.moved_to:
        return stands(Standing.LIVE, f"it moved for good to {state.moved_to}", FailureReason.MOVED)
    return stands(Standing.LIVE)


def _fails(source: Source, state: SourceState) -> bool:
    """Looks fail again and again, and have for a while. What never gave anything needs three looks and no while."""
    if state.last_success_at is None or state.last_look_at is None:
        return state.failures > LOOKS
    quiet = state.last_look_at - state.last_success_at
    return state.failures >= LOOKS and quiet >= max(HICCUP, 2 * source.every)


def _unread(source: Source, state: SourceState, known: Harvest) -> tuple[FailureReason, str] | None:
    """What came was not readable, or empty, twice in a row, if only because the very same came again; or once, and
    nothing else has come for a while."""
    bad = max(known.failures, 0 if source.asks else known.barren)  # a search may find nothing
    if not bad or known.last_read_at is None:
        return None
    bad += state.same  # what does not change is not read again
    lasting = state.last_look_at is not None and state.last_look_at - known.last_read_at >= max(
        HICCUP, 2 * source.every
    )
    if bad < LOOKS and not lasting:
        return None
    if known.reason is None:
        return FailureReason.WENT_EMPTY, "it holds no entries any more"
    return known.reason, known.detail


def _hollow(source: Source, known: Harvest) -> bool:
    """It is well formed, and nobody has seen an entry in it yet: whether it sees anything, nobody knows."""
    held = known.usual or known.arrivals or known.last_new_at
    return source.kind in _SPEAKS and not source.asks and known.last_read_at is not None and not held


def _silence(source: Source, state: SourceState, known: Harvest) -> tuple[str, datetime] | None:
    """The usual gap in words and the last arrival, when the last good look came far later than that."""
    moments: list[datetime] = []
    for arrival in sorted(known.arrivals):
        if not moments or arrival - moments[-1] > _BURST:
            moments.append(arrival)
    if source.kind not in _SPEAKS or len(moments) < ENOUGH or state.last_success_at is None:
        return None
    gaps = sorted(later - earlier for earlier, later in pairwise(moments))
    usual = gaps[(9 * len(gaps) + 9) // 10 - 1]
    if state.last_success_at - moments[-1] <= max(FAR * usual, 3 * source.every, STILL):
        return None
    return in_words(usual), moments[-1]


def _shut_or_failing(reason: FailureReason, detail: str) -> Standing:
    refused = reason is FailureReason.HTTP_4XX and detail.startswith(_REFUSED)
    return Standing.BLOCKED if refused or reason in _SHUT else Standing.FAILING


def in_words(time: timedelta) -> str:
    """A span of time to its largest unit: `3 days`, `5 hours`, `12 minutes`."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if (count := round(time.total_seconds() / size)) and time.total_seconds() >= size:
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return "a minute"
