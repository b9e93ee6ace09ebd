"""Where we look, what a look gave, and when to look again."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.domain.errors import FailureReason


class SourceKind(StrEnum):
    """What a look at a source gives."""

    FEED = "feed"  # RSS, Atom, RDF: entries
    PAGE = "page"  # one page that is one announcement


class Authority(StrEnum):
    """Who speaks. The ladder trusts the first three on their own word."""

    OFFICIAL = "official"  # the platform itself
    REGULATOR = "regulator"
    COURT = "court"
    TRADE = "trade"  # trade press
    NEWS = "news"
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
    url: str = ""  # what all this was learned of; "" in rows older than this field


LONGEST_BACKOFF = timedelta(hours=24)


def remembered(source: Source, state: SourceState | None, now: datetime) -> SourceState:
    """What is known of the source as it is configured now: nothing, and so due at once, when its address is another.

    Validators and the body's hash of the old address would let the new one look unchanged; 410 was said by the old one.
    """
    if state is None or state.url not in {"", source.url}:
        return SourceState(source.id, next_look_at=now, url=source.url)
    return replace(state, url=source.url)


def after(state: SourceState, look: Look, every: timedelta, jitter: float) -> SourceState:
    """The state after a look. `jitter` is a number in [0, 1) that spreads the next look by up to 10 % of its interval.

    Success: next look one interval later. Failure: the interval doubles with each failure in a row, up to 24 h. A
    server's Retry-After is a floor for the wait, capped at 24 h too. 410 Gone retires the source.
    """
    failed = look.outcome is Outcome.FAILED
    failures = state.failures + 1 if failed else 0
    wait = min(every * (2 ** min(failures, 17)), LONGEST_BACKOFF) if failed and every < LONGEST_BACKOFF else every
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
    return replace(
        seen,
        last_success_at=look.at,
        etag=look.etag,
        last_modified=look.last_modified,
        body_hash=look.body_hash or state.body_hash,
    )


def is_due(state: SourceState, every: timedelta, now: datetime) -> bool:
    """Whether to look now. What no wait could have set, or was set in the future, comes from a clock that was wrong."""
    furthest = now + 1.1 * max(every, LONGEST_BACKOFF)
    wrong = state.next_look_at > furthest or (state.last_look_at is not None and state.last_look_at > now)
    return not state.retired and (state.next_look_at <= now or wrong)
