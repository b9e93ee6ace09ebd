"""What can go wrong, as a closed set of reasons: the same words in errors, rows, logs and metric labels."""

from enum import StrEnum


class FailureReason(StrEnum):
    """Why a look at a source, or the reading of a capture, gave nothing."""

    # fetching
    TIMEOUT = "timeout"
    DNS = "dns"
    CONNECTION = "connection"
    TLS = "tls"
    HTTP_4XX = "http_4xx"
    HTTP_5XX = "http_5xx"
    RATE_LIMITED = "rate_limited"
    GONE = "gone"
    TOO_LARGE = "too_large"
    PRIVATE_ADDRESS = "private_address"
    BAD_URL = "bad_url"
    ROBOTS = "robots"
    TOO_MANY_HEADERS = "too_many_headers"
    MOVED = "moved"  # for good, or to a place that is not what it was
    BOT_WALL = "bot_wall"
    LOGIN_WALL = "login_wall"
    NO_BROWSER = "no_browser"  # the page needs one, and none is installed or was asked for (rendered: true)
    # reading
    NOT_A_FEED = "not_a_feed"
    DAMAGED = "damaged"  # it is cut off or broken, and entries are lost; what could be read of it was
    EMPTY = "empty"
    NO_TEXT = "no_text"
    SELECTOR_BROKEN = "selector_broken"  # what the record's spec points at is not there
    WENT_EMPTY = "went_empty"  # it is well formed, and what used to be in it is gone
    RAISED = "raised"
    CPU_LIMIT = "cpu_limit"
    MEMORY_LIMIT = "memory_limit"
    WALL_LIMIT = "wall_limit"
    CRASHED = "crashed"
    # understanding, resolving, keeping: the step itself failed on this capture again and again
    STEP_FAILED = "step_failed"


class SellerwatchError(Exception):
    """Base of every error that Sellerwatch raises on purpose."""


class ConflictError(SellerwatchError):
    """Somebody else changed the same rows first (or the lease was lost): do the step again from fresh rows."""


class UnavailableError(SellerwatchError):
    """Something that every step needs does not answer at present. No fault of what is in hand: try it again later."""


class StoreUnavailableError(UnavailableError):
    """The database does not answer or has no room; nothing was kept, and the step may be repeated."""
