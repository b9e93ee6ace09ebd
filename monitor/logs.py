"""Structured logs: JSON lines for machines, colours on a terminal, and no secret in either."""

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any

import structlog

_URL_USER = re.compile(r"(?<=://)[^/@\s:]+:[^/@\s]+(?=@)")
_WEBHOOK = re.compile(r"(hooks\.slack\.com/services/)[\w/]+")
HIDDEN = "[hidden]"
_OF_STRUCTLOG = {"_record", "_from_structlog", "_logger"}  # its own objects on their way to the renderer


class Redactor:
    """Removes configured secrets and addresses, passwords in URLs and webhook paths from any text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self.configure(secrets)

    def configure(self, secrets: Iterable[str]) -> None:
        # longest first, so that a secret that holds another is hidden whole; very short ones would hide ordinary words
        self._secrets = sorted({s for s in secrets if len(s) >= 4}, key=len, reverse=True)

    def text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return _WEBHOOK.sub(rf"\1{HIDDEN}", _URL_USER.sub(HIDDEN, text))

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
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
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


def log(name: str) -> Any:
    """A logger of ours: `log("fetch").info("looked", source="...")`."""
    return structlog.stdlib.get_logger(name)
