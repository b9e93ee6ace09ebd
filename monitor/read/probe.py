"""Probes: what an answer shows of one app in one store, or of one site from one country, as a short closed value."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from monitor.domain.documents import ReadResult
from monitor.domain.errors import FailureReason
from monitor.domain.probing import UNKNOWN
from monitor.read.answer import answered, failed, refused, walled
from monitor.read.asked import Asked

ENOUGH = 20  # measurements that came to an end: below, the share is chance
BLOCKED, REACHED = 0.6, 0.3  # shares of anomalies from which on, and up to which; between them nothing is clear
_HTML_KEPT = 2_000_000  # characters of a store's page that are searched


def read_probe(asked: Asked) -> ReadResult:
    """What was seen, in `sighting`; a failure when the answer shows nothing. Raises nothing but MemoryError."""
    return SEES[asked.source.told("sees")](asked)


def _app_store(asked: Asked) -> ReadResult:
    """Apple's lookup: `resultCount` is 0 for an app that the country's store does not hold."""
    value = answered(asked.capture)
    if isinstance(value, ReadResult):
        return value
    count = value.get("resultCount") if isinstance(value, dict) else None
    if not isinstance(count, int) or isinstance(count, bool) or not isinstance(value.get("results"), list):
        return refused(value) or failed(FailureReason.SELECTOR_BROKEN, "resultCount and results are not there")
    apps = [app for app in value["results"] if isinstance(app, dict)]
    if count == 0 and not apps:
        return _saw("absent")
    wanted = _asked_for(asked, "id", "bundleId")
    named = {str(app.get(key)) for app in apps for key in ("trackId", "bundleId")}
    if wanted and wanted.isdisjoint(named):
        return failed(FailureReason.SELECTOR_BROKEN, "the answer is of another app")
    return _saw("present")


def _google_play(asked: Asked) -> ReadResult:
    """The app's own page: 404 where the country's store does not hold it."""
    capture = asked.capture
    here, there = urlsplit(asked.source.url), urlsplit(capture.url)
    if (here.hostname, here.path) != (there.hostname, there.path):
        return failed(FailureReason.BOT_WALL, f"led away to {there.hostname}")
    if capture.status == 404:
        return _saw("absent")
    page = capture.body[:_HTML_KEPT].decode("utf-8", "replace")
    if any(name and name in page for name in _asked_for(asked, "id")):
        return _saw("present")
    return walled(capture, page) or failed(FailureReason.SELECTOR_BROKEN, "the page does not name the app")


def _ooni(asked: Asked) -> ReadResult:
    """OONI's counts: the share of measurements in which the site did not come as it is, confirmed blocks among them."""
    value = answered(asked.capture)
    if isinstance(value, ReadResult):
        return value
    rows = value.get("result") if isinstance(value, dict) else None
    rows = [rows] if isinstance(rows, dict) else rows
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return refused(value) or failed(FailureReason.SELECTOR_BROKEN, "result is not there")
    counts = [_sum(rows, name) for name in ("measurement_count", "failure_count", "anomaly_count", "confirmed_count")]
    if rows and None in counts:
        return failed(FailureReason.SELECTOR_BROKEN, "a count is not there")
    every, broken, odd, confirmed = (count or 0 for count in counts)
    ended = every - broken
    if ended < ENOUGH:
        return _saw(UNKNOWN, f"{max(ended, 0)} measurements, {ENOUGH} are wanted", items=every)
    share = min((odd + confirmed) / ended, 1.0)
    word = "blocked" if share >= BLOCKED else "reachable" if share <= REACHED else UNKNOWN
    return _saw(word if word == UNKNOWN else f"{word}:{share:.2f}", f"{share:.0%} of {ended} measurements", items=every)


def _sum(rows: list[dict[str, Any]], name: str) -> int | None:
    """None when a row lacks the count."""
    counts = [row.get(name) for row in rows]
    whole = [count for count in counts if isinstance(count, int) and not isinstance(count, bool) and 0 <= count < 2**53]
    return sum(whole) if len(whole) == len(counts) else None


def _asked_for(asked: Asked, *names: str) -> frozenset[str]:
    """What the source's address names under these keys of its query."""
    query = parse_qs(urlsplit(asked.source.url).query)
    return frozenset(value for name in names for value in query.get(name, ()))


def _saw(sighting: str, detail: str = "", items: int = 1) -> ReadResult:
    return ReadResult(sighting=sighting, detail=detail, items=items)


SEES: Mapping[str, Callable[[Asked], ReadResult]] = {
    "app_store": _app_store,
    "google_play": _google_play,
    "ooni": _ooni,
}
