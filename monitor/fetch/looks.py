"""What an answer means: looks and captures as functions of values."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http import HTTPStatus

from monitor.domain.documents import Capture, digest
from monitor.domain.errors import FailureReason
from monitor.domain.sources import Look, Outcome, Source, SourceKind, SourceState
from monitor.domain.walls import REFUSALS, challenge_told, challenged_by
from monitor.fetch.failures import FetchError
from monitor.fetch.handover import Answer

_KEPT_HEADERS = (
    "content-type",
    "content-location",
    "content-language",
    "last-modified",
    "etag",
    "date",
    "cache-control",
    "link",
    "cf-mitigated",
)
_COUNTED = frozenset({SourceKind.PROBE, SourceKind.WATCHED})
_MARKED = 262_144  # bytes of a refusal in which a wall's mark is sought
_LONGEST_WISH = timedelta(days=366)
_LONGEST_AGE = timedelta(days=7)  # what holds for longer says "never", which is no plan for a watcher
_MAX_AGE = re.compile(r'(?:^|,)\s*max-age\s*=\s*"?(\d{1,9})"?\s*(?=,|$)', re.IGNORECASE)


def asked_headers(languages: tuple[str, ...], identity: str) -> dict[str, str]:
    """The headers of every request. Languages are the source's own: a site that can choose shall not choose for us."""
    return {"User-Agent": identity, "Accept-Language": ", ".join((*languages, "*;q=0.5"))}


def validators(state: SourceState) -> dict[str, str]:
    """Both conditional headers: servers differ in which of the two they honour (RFC 9110, 13.1)."""
    asked = {"If-None-Match": _printable(state.etag), "If-Modified-Since": _printable(state.last_modified)}
    return {name: value for name, value in asked.items() if value}


def look_at(answer: Answer, source: Source, state: SourceState, at: datetime, seconds: float) -> Look:
    """The answer as a look: OK with new bytes, UNCHANGED by a 304 or by the same bytes as before, else FAILED."""
    absent = answer.status == HTTPStatus.NOT_FOUND and source.told("sees") == "google_play"  # that it is not there
    refused = None if absent else refusal(answer, at, conditional=bool(validators(state)))
    if refused is not None:
        return failed_look(source, refused, at, seconds, answer.status, retry_after(answer, at))
    not_modified = answer.status == HTTPStatus.NOT_MODIFIED
    body_hash = state.body_hash if not_modified else sha256(answer.body).hexdigest()
    # That the same is seen again is one more look at the fact: a probe counts it, and a watched page believes it then.
    unchanged = not_modified or (body_hash == state.body_hash and source.kind not in _COUNTED)
    etag, last_modified = _printable(answer.header("etag")), _printable(answer.header("last-modified"))
    return Look(
        source_id=source.id,
        at=at,
        outcome=Outcome.UNCHANGED if unchanged else Outcome.OK,
        status=answer.status,
        etag=etag or (state.etag if not_modified else None),
        last_modified=last_modified or (state.last_modified if not_modified else None),
        body_hash=body_hash,
        seconds=seconds,
        body_bytes=len(answer.body),
        max_age=max_age(answer) or (state.max_age if not_modified else None),
        moved_to=answer.moved_to,
    )


def failed_look(
    source: Source,
    error: FetchError,
    at: datetime,
    seconds: float,
    status: int | None = None,
    wait: timedelta | None = None,
) -> Look:
    """A look that gave nothing, and how long the server asks us to stay away."""
    return Look(
        source_id=source.id,
        at=at,
        outcome=Outcome.FAILED,
        status=status,
        reason=error.reason,
        detail=error.detail,
        retry_after=wait,
        seconds=seconds,
    )


def refusal(answer: Answer, at: datetime, conditional: bool) -> FetchError | None:
    """Why the answer is no success; None for 2xx with a body, and for a 304 to a conditional request."""
    status = answer.status
    if status == HTTPStatus.NOT_MODIFIED:
        return None if conditional else FetchError(FailureReason.EMPTY, "304 to an unconditional request")
    if 200 <= status < 300:
        return None if answer.body else FetchError(FailureReason.EMPTY, f"{status} without a body")
    if status == HTTPStatus.GONE:
        reason = FailureReason.GONE
    elif status in REFUSALS and (
        whose := challenge_told(answer.headers) or challenged_by(answer.body[:_MARKED].decode("latin-1"), refused=True)
    ):
        return FetchError(FailureReason.BOT_WALL, f"{_status_line(status)}, with the challenge of {whose}")
    elif status == HTTPStatus.TOO_MANY_REQUESTS:
        reason = FailureReason.RATE_LIMITED
    elif status >= 500:
        reason = FailureReason.HTTP_5XX
    elif status >= 400:
        reason = FailureReason.HTTP_4XX
    else:
        return FetchError(FailureReason.BAD_URL, f"{status}: a redirect to nowhere we go")
    wait = retry_after(answer, at)
    asked = f", asks us to wait {wait}" if wait else ""
    return FetchError(reason, f"{_status_line(status)}{asked}")


def retry_after(answer: Answer, at: datetime) -> timedelta | None:
    """The wait that a 429 or 503 asks for, in seconds or until an HTTP date (RFC 9110, 10.2.3), at most a year."""
    value = answer.header("retry-after")
    if value is None or answer.status not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return None
    if value.isascii() and value.isdigit():
        seconds = int(value[:9])
        return min(timedelta(seconds=seconds), _LONGEST_WISH)
    try:
        until = parsedate_to_datetime(value)
        wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - at  # HTTP's dates are GMT (RFC 9110, 5.6.7)
    except (ValueError, OverflowError):
        return None
    return max(timedelta(0), min(wait, _LONGEST_WISH))


def max_age(answer: Answer) -> timedelta | None:
    """For how much longer the server holds its answer good: Cache-Control's max-age less the Age that the answer has
    already (RFC 9111, 4.2), at most a week. None when it does not say, or says that it may change at any time."""
    control = answer.header("cache-control") or ""
    found = _MAX_AGE.search(control)
    if found is None or "no-cache" in control.lower() or "no-store" in control.lower():
        return None
    age = answer.header("age") or ""
    spent = int(age[:9]) if age.isascii() and age.isdigit() else 0
    left = timedelta(seconds=int(found[1]) - spent)
    return min(left, _LONGEST_AGE) if left > timedelta(0) else None


def capture_of(answer: Answer, source_id: str, at: datetime, document_id: str | None = None) -> Capture:
    """The answer's bytes as evidence; headers that readers have no use for (cookies above all) are dropped."""
    body_hash = sha256(answer.body).hexdigest()
    return Capture(
        id=capture_id(source_id, at, body_hash, document_id),
        source_id=source_id,
        url=answer.url,
        fetched_at=at,
        status=answer.status,
        content_type=_printable(answer.header("content-type")) or "",
        body=answer.body,
        body_hash=body_hash,
        headers=tuple((name, kept) for name in _KEPT_HEADERS if (kept := _printable(answer.header(name)))),
        document_id=document_id,
    )


def missing_page(url: str, source_id: str, document_id: str, at: datetime, why: FailureReason, status: int) -> Capture:
    """The capture of a page that could not be had; `status` is 0 when no server answered."""
    nothing = sha256(b"").hexdigest()
    return Capture(
        id=capture_id(source_id, at, nothing, document_id),
        source_id=source_id,
        url=url,
        fetched_at=at,
        status=status,
        content_type="",
        body=b"",
        body_hash=nothing,
        document_id=document_id,
        failure=why,
    )


def capture_id(source_id: str, at: datetime, body_hash: str, document_id: str | None) -> str:
    """Pages add their document, since two empty ones of one source may end at the same instant."""
    wanted_by = () if document_id is None else (document_id,)
    return digest(source_id, at.isoformat(), body_hash, *wanted_by)


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _printable(value: str | None) -> str | None:
    """A header's value fit for rows and requests: printable ASCII, else nothing."""
    return value if value and value.isascii() and value.isprintable() else None
