"""Structured logs: JSON lines for machines, colours on a terminal, and no secret in either."""

import base64
import html
import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from types import TracebackType
from typing import Any
from urllib.parse import quote

import structlog

_URL_USER = re.compile(r"(?<=://)[^/@\s:]*:[^/@\s]+(?=@)")
_WEBHOOK = re.compile(r"(hooks\.slack\.com/services/)[\w/]+")
HIDDEN = "[hidden]"
_SHORTEST = 4  # characters of a secret; what is shorter would hide ordinary words
_BASE64 = 6  # characters of one that is spelled in base64 which no neighbour changes; fewer may be anything
_ERROR = "_error"  # on its way from a call of ours to the record, which carries it to Sentry
_OF_STRUCTLOG = {"_record", "_from_structlog", "_logger", _ERROR}  # objects on their way to the renderer


class Redactor:
    """Removes configured secrets and addresses, passwords in URLs and webhook paths from any text: as they are written,
    and as they are spelled in a URL, in JSON, in HTML, in `repr` or, whatever stands around them, in base64."""

    def __init__(self, secrets: Iterable[str | bytes] = ()) -> None:
        self._known: Mapping[str, tuple[str, ...]] = {}  # by their beginnings
        self.configure(secrets)

    def configure(self, secrets: Iterable[str | bytes]) -> None:
        """Hide these from now on. What was hidden stays so: after a reload, a line may still quote an old password."""
        known = dict(self._known)  # and not that one itself: threads may be reading it
        for form in {form for s in secrets if len(s) >= _SHORTEST for form in _spelled(s)}:
            alike = {*known.get(form[:_SHORTEST], ()), form}
            # longest first, so that a secret that holds another is hidden whole
            known[form[:_SHORTEST]] = tuple(sorted(alike, key=len, reverse=True))
        self._known = known

    def forget(self) -> None:
        """Know no secret."""
        self._known = {}

    def text(self, text: str) -> str:
        return _WEBHOOK.sub(rf"\1{HIDDEN}", _URL_USER.sub(HIDDEN, self._without_known(text)))

    def _without_known(self, text: str) -> str:
        known = self._known
        if not any(beginning in text for beginning in known):
            return text
        kept, begin, at = "", 0, 0
        while at <= len(text) - _SHORTEST:
            alike = known.get(text[at : at + _SHORTEST], ())
            form = next((form for form in alike if text.startswith(form, at)), "")
            if form:
                kept, begin = kept + text[begin:at] + HIDDEN, at + len(form)
            at += len(form) or 1
        return kept + text[begin:]

    def value(self, value: Any) -> Any:
        """The same value with every text in it made safe; what is neither text, number nor container becomes text."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.value(k): self.value(v) for k, v in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(v) for v in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, BaseException):
            return self.text(f"{type(value).__name__}: {value}")
        return self.text(str(value))

    def __call__(self, _: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {k: v if k in _OF_STRUCTLOG else self.value(v) for k, v in event.items()}


REDACT = Redactor()


def _spelled(secret: str | bytes) -> Iterator[str]:
    """Every way in which a library may write it down."""
    if isinstance(secret, bytes):
        yield from (secret.hex(), secret.hex().upper(), repr(secret)[2:-1], *_in_base64(secret))
        return
    percent = quote(secret, safe="", errors="surrogatepass")
    yield from (secret, percent, quote(secret, errors="surrogatepass"), percent.replace("%20", "+"))
    yield re.sub("%[0-9A-F]{2}", lambda code: code[0].lower(), percent)
    yield from (repr(secret)[1:-1], ascii(secret)[1:-1], json.dumps(secret)[1:-1], html.escape(secret))
    yield from _in_base64(secret.encode("utf-8", "surrogatepass"))


def _in_base64(raw: bytes) -> Iterator[str]:
    """What of it no neighbour changes, wherever among them it begins."""
    for before in range(3):  # bytes in front of it: "user:" of a basic login, the NUL of SMTP's
        first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
            core = alphabet(bytes(before) + raw).decode()[first:last]
            if len(core) >= _BASE64:
                yield core


def _with_its_error(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Set the error of a line aside, before it becomes text: Sentry takes it apart by itself."""
    error = event.get("exc_info") or event.get("error")
    if isinstance(error, BaseException):
        event[_ERROR] = (type(error), error, error.__traceback__)
    elif event.get("exc_info"):
        event[_ERROR] = error if isinstance(error, tuple) else sys.exc_info()
    return event


def _to_the_record(logger: Any, name: str, event: MutableMapping[str, Any]) -> tuple[tuple[Any], dict[str, Any]]:
    """As `wrap_for_formatter`, and the record has its error again; the formatter writes it no second time."""
    error = event.pop(_ERROR, None)
    positional, keywords = structlog.stdlib.ProcessorFormatter.wrap_for_formatter(logger, name, event)
    return positional, keywords | {"exc_info": error}


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Python's own last words quote whatever the error holds."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        log("crash").critical("crashed", exc_info=(kind, error, trace))


def setup(level: str = "info", style: str = "auto") -> None:
    """Send our own logs and every library's through one door to standard error. `style`: auto, json or console."""
    pretty = style == "console" or (style == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.format_exc_info,
        REDACT,
    ]
    structlog.configure(
        processors=[_with_its_error, *shared, _to_the_record],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if pretty
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("scrapy", "twisted", "alembic", "asyncio", "trafilatura", "htmldate", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)  # it mourns each span that finds no room
    sys.excepthook = _crashed


def log(name: str) -> Any:
    """A logger of ours: `log("fetch").info("looked", source="...")`."""
    return structlog.stdlib.get_logger(name)
