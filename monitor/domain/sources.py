"""Where we look, what a look gave, and when to look again."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.domain.errors import FailureReason


class SourceKind(StrEnum):
    """What a look at a source gives."""

    FEED = "feed"  # RSS, Atom, RDF, JSON Feed: entries
    PAGE = "page"  # one page that is one announcement
    LIST = "list"  # a page of links to announcements
    WATCHED = "watched"  # one page whose changes are the announcements: terms, fee tables, country selectors
    SITEMAP = "sitemap"  # a sitemap or an index of them
    JSON = "json"  # an endpoint that answers with records
    STATUS = "status"  # a service's status page, by its machine-readable twin
    PROBE = "probe"  # a fact looked at: an app in a store, a domain's reachability


class Authority(StrEnum):
    """Who speaks. The ladder trusts the first three on their own word."""

    OFFICIAL = "official"  # the platform itself
    REGULATOR = "regulator"
    COURT = "court"
    TRADE = "trade"  # trade press
    NEWS = "news"
    OBSERVED = "observed"  # nobody: a probe of ours saw it
    COMMUNITY = "community"  # forums, social posts


@dataclass(frozen=True, slots=True)
class Source:
    """A configured place to watch."""

    id: str
    name: str
    url: str
    kind: SourceKind
    authority: Authority
    publisher: str
    every: timedelta
    platforms: tuple[str, ...] = ()  # canonical names that this source speaks of
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    enabled: bool = True
    off_reason: str = ""
    provenance: str = ""
    spec: tuple[tuple[str, str], ...] = ()  # how its family reads it: selectors, paths of fields, what a probe asks
    asks: tuple[str, ...] = ()  # canonical names of the platforms that it is a search for
    rendered: bool = False  # the page is made by its own scripts, so a browser must open it

    def told(self, key: str, default: str = "") -> str:
        """What the spec says under that key."""
        return next((value for name, value in self.spec if name == key), default)


class Outcome(StrEnum):
    """How a look ended."""

    OK = "ok"
    UNCHANGED = "unchanged"  # 304, or the same bytes as before
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a source gave, without the bytes (those are the Capture)."""

    source_id: str
    at: datetime
    outcome: Outcome
    status: int | None = None
    reason: FailureReason | None = None
    detail: str = ""
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    retry_after: timedelta | None = None  # the server's own wish
    seconds: float = 0.0
    body_bytes: int = 0
    max_age: timedelta | None = None  # how long the server holds its answer good
    moved_to: str = ""  # where permanent redirects alone led


@dataclass(frozen=True, slots=True)
class SourceState:
    """What we remember of a source between looks."""

    source_id: str
    next_look_at: datetime
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    last_look_at: datetime | None = None
    last_success_at: datetime | None = None
    failures: int = 0  # in a row
    last_reason: FailureReason | None = None
    last_detail: str = ""
    retired: bool = False  # 410 Gone: never polled again until the record names another address
    same: int = 0  # good looks in a row that gave the same bytes as the one before
    url: str = ""  # what all this was learned of; "" in rows older than this field
    max_age: timedelta | None = None
    moved_to: str = ""  # its new address, once MOVED_AFTER looks in a row were led there for good
    leads_to: str = ""  # where the last good look was led for good
    led: int = 0  # good looks in a row that were led there
    every: timedelta | None = None  # the interval that the last look was given, and why
    why: str = ""


DRILL = "sellerwatch-drill"  # the id of the source that nobody watches: an invented document comes from it now and then
LONGEST_BACKOFF = timedelta(hours=24)
FIRST_BACKOFF = timedelta(hours=2)  # at most: what is looked at twice a day is to be known as blind the same day
MOVED_AFTER = 3


def remembered(source: Source, state: SourceState | None, now: datetime) -> SourceState:
    """What is known of the source as it is configured now: nothing, and so due at once, when its address is another.

    Validators and the body's hash of the old address would let the new one look unchanged; 410 was said by the old one.
    """
    if state is None or state.url not in {"", source.url}:
        return SourceState(source.id, next_look_at=now, url=source.url)
    return replace(state, url=source.url)


def after(state: SourceState, look: Look, every: timedelta, jitter: float) -> SourceState:
    """The state after a look. `jitter` is a number in [0, 1) that spreads the next look by up to 10 % of its interval.

    Success: next look one interval later. Failure: two intervals later or in two hours, whichever is sooner, and that
    doubles with each further failure in a row, up to 24 h. A server's Retry-After is a floor for the wait, capped at
    24 h too. 410 Gone retires the source. An address counts as the new one when three good looks in a row were led to
    it for good: one such answer may be a slip of the server.
    """
    failed = look.outcome is Outcome.FAILED
    failures = state.failures + 1 if failed else 0
    wait = every
    if failed and every < LONGEST_BACKOFF:
        wait = min(min(2 * every, FIRST_BACKOFF) * 2 ** min(failures - 1, 17), LONGEST_BACKOFF)
    if look.retry_after is not None:
        wait = max(wait, min(look.retry_after, LONGEST_BACKOFF))
    seen = replace(
        state,
        next_look_at=look.at + wait * (1 + 0.1 * jitter),
        last_look_at=look.at,
        failures=failures,
        last_reason=look.reason,
        last_detail=look.detail,
        retired=look.reason is FailureReason.GONE,
    )
    if failed:
        return seen
    led = (state.led if look.moved_to == state.leads_to else 0) + 1 if look.moved_to else 0
    return replace(
        seen,
        last_success_at=look.at,
        same=state.same + 1 if look.outcome is Outcome.UNCHANGED else 0,
        max_age=look.max_age,
        moved_to=look.moved_to if led >= MOVED_AFTER else "",
        leads_to=look.moved_to,
        led=led,
        etag=look.etag,
        last_modified=look.last_modified,
        body_hash=look.body_hash or state.body_hash,
    )


def is_due(state: SourceState, every: timedelta, now: datetime) -> bool:
    """Whether to look now. What no wait could have set, or was set in the future, comes from a clock that was wrong."""
    furthest = now + 1.1 * max(every, LONGEST_BACKOFF)
    wrong = state.next_look_at > furthest or (state.last_look_at is not None and state.last_look_at > now)
    return not state.retired and (state.next_look_at <= now or wrong)
