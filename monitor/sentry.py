"""Errors of our own go to Sentry when a DSN is set: what failed, where and how often; never what was said in it.

Sentry's own scrubber goes by the names of keys: a webhook inside an exception's text would pass, and so would a
document's. So an event is built anew from what is known to be harmless, and all else stays in the log.
"""

import builtins
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from time import monotonic
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.transport import HttpTransport

from monitor import __version__
from monitor.logs import HIDDEN, REDACT
from monitor.reach import guarded
from monitor.tracing import NO_ID, safe

EACH, ALL = 1, 60  # reports an hour: of one fault, and of all together
HOUR = 3600.0
FAULTS = 500  # that are remembered
WORDS = 300  # characters of an error's text

_OF_EVENT = ("event_id", "timestamp", "level", "platform", "logger", "release", "environment")
_OF_ERROR = ("type", "module")
_OF_FRAME = ("filename", "function", "module", "lineno", "in_app")
_OF_RECORD = {"event", "logger", "level", "timestamp", "exception", "error"}


class Limit:
    """How often a fault is reported: one that comes each second must not be 86,400 events a day. `timer` gives seconds
    that never jump."""

    def __init__(self, timer: Callable[[], float] = monotonic) -> None:
        self._timer = timer
        self._faults: OrderedDict[Hashable, tuple[float, int]] = OrderedDict()  # when it was told, how often not since
        self._told: deque[float] = deque(maxlen=ALL)

    def passes(self, fault: Hashable) -> int | None:
        """None when it is not to be told now; else how often it was not told since it last was."""
        now = self._timer()
        at, untold = self._faults.get(fault, (None, 0))
        full = len(self._told) == ALL and now - self._told[0] < HOUR
        if full or (at is not None and now - at < HOUR / EACH):
            if at is not None:
                self._faults[fault] = (at, untold + 1)
            return None
        self._faults[fault] = (now, 0)
        self._faults.move_to_end(fault)
        while len(self._faults) > FAULTS:
            self._faults.popitem(last=False)
        self._told.append(now)
        return untold


class Losses:
    """Events that were not sent: repeated ones, and those for which there was no room or no answer."""

    def __init__(self) -> None:
        self.count = 0
        self._counter: Callable[[float], None] | None = None

    def lost(self) -> None:
        self.count += 1
        if self._counter:
            self._counter(1)

    def shown_by(self, counter: Callable[[float], None]) -> None:
        """Count them there from now on, with those that were lost before it was made."""
        self._counter = counter
        counter(self.count)


LOSSES = Losses()


class _Transport(HttpTransport):
    """Sentry's own, whose queue is bounded; it counts what it loses. It opens sockets of its own: behind our guard."""

    def _request(self, method: str, endpoint_type: Any, body: Any, headers: Mapping[str, str]) -> Any:
        url = self._auth.get_api_url(endpoint_type)
        with guarded(allow_private=True):
            return self._pool.request(method, url, body=body, headers=headers, redirect=False)

    def record_lost_event(self, reason: str, data_category: Any = None, item: Any = None, **how: Any) -> None:
        if "error" in (data_category, getattr(item, "data_category", None)):
            LOSSES.lost()


def report_to(dsn: str, environment: str, limit: Limit | None = None) -> None:
    """Start reporting what is logged as an error, with tracing off; an empty `dsn` means nowhere.

    Of its integrations only the log's is taken: the others add request headers that would name us, our release and our
    DSN to every site we watch, and the command's arguments to every event. A Sentry that does not answer costs a
    second at the end.
    """
    if not dsn:
        return
    allowed = limit or Limit()

    def send(event: Any, hint: Any) -> Any:
        event = cleaned(event, hint.get("log_record"))
        untold = allowed.passes(_fault(event))
        return None if untold is None else event | {"extra": event["extra"] | {"not_told_since": untold}}

    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=f"sellerwatch@{__version__}",
        server_name="sellerwatch",
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=None,
        trace_propagation_targets=[],
        default_integrations=False,
        integrations=[LoggingIntegration(level=None), AtexitIntegration(callback=lambda pending, seconds: None)],
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        send_client_reports=False,
        spotlight=False,  # else a variable of the environment decides it
        before_send=send,
        before_breadcrumb=lambda crumb, hint: None,
        transport=_Transport,
        shutdown_timeout=1,
    )


def cleaned(event: Mapping[str, Any], record: logging.LogRecord | None = None) -> dict[str, Any]:
    """What may leave of an event that was made of this line of the log."""
    kept: dict[str, Any] = {name: event[name] for name in _OF_EVENT if name in event}
    kept |= {"server_name": "sellerwatch", "extra": {}}
    if record is not None:
        kept["logentry"] = {"message": _line(record)}
        if isinstance(record.msg, dict):
            kept["extra"] = dict(_facts(record.msg))
    errors = (event.get("exception") or {}).get("values") or ()
    if errors:
        kept["exception"] = {"values": [_error(one) for one in errors]}
    safe_event: dict[str, Any] = REDACT.value(kept)
    return safe_event | {name: kept[name] for name in ("event_id", "timestamp") if name in kept}


def _line(record: logging.LogRecord) -> str:
    """Our own words; what others' libraries say of the bytes they met is left out."""
    if isinstance(record.msg, dict):
        return str(record.msg.get("event", ""))[:WORDS]
    own = record.name == "monitor" or record.name.startswith("monitor.")
    return str(record.msg)[:WORDS] if own or record.args else HIDDEN


def _facts(said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Numbers and ids of a line, and how many characters any other text has."""
    for name, value in said.items():
        if name in _OF_RECORD or name.startswith("_"):
            continue
        if value is None or isinstance(value, bool | int | float):
            yield name, value
        elif isinstance(value, str):
            yield name, f"{len(value)} characters" if safe(value) == NO_ID else value


def _error(one: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {name: one[name] for name in _OF_ERROR if one.get(name)}
    words = str(one.get("value") or "")
    kept["value"] = words[:WORDS] if _speaks_for_itself(one) else f"{len(words)} characters"
    mechanism = one.get("mechanism") or {}
    kept["mechanism"] = {name: mechanism[name] for name in ("type", "handled") if name in mechanism}
    frames = (one.get("stacktrace") or {}).get("frames") or ()
    if frames:
        kept["stacktrace"] = {"frames": [{name: f[name] for name in _OF_FRAME if name in f} for f in frames]}
    return kept


def _speaks_for_itself(one: Mapping[str, Any]) -> bool:
    """Errors of ours and of the system say what failed; any other may quote what it failed on."""
    module = one.get("module") or "builtins"
    kind = getattr(builtins, str(one.get("type")), None) if module == "builtins" else None
    return module.startswith("monitor.") or (isinstance(kind, type) and issubclass(kind, OSError))


def _fault(event: Mapping[str, Any]) -> Hashable:
    """What makes two events the same: the line, the kinds of errors, and where the last of them was raised."""
    errors = (event.get("exception") or {}).get("values") or ()
    last = [((one.get("stacktrace") or {}).get("frames") or [{}])[-1] for one in errors]
    places = tuple((frame.get("filename"), frame.get("lineno")) for frame in last)
    line = (event.get("logentry") or {}).get("message")
    return (event.get("logger"), line, tuple(one.get("type") for one in errors), places)
