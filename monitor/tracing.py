"""Spans of the path, for whoever wants to see where time goes: look, read, understand, decide, keep, send.

Off unless somebody is named who takes them (`monitor.otlp`); a span then costs two calls that do nothing. A span holds
ids and counts. What is neither is not let in, so that no document, address or password can leave by one.
"""

import re
from importlib.util import find_spec
from types import TracebackType
from typing import Protocol, Self

Fact = str | int | float | bool

NO_ID = "[no id]"
NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.common")  # the extra `otel`
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}", re.ASCII)


class Span(Protocol):
    """Something under way; spans begun within it are its children. An error that leaves it marks it, by its kind."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def add(self, **facts: Fact) -> None:
        """What is known of it only later."""


class Tracer(Protocol):
    """Takes spans."""

    def begin(self, name: str, facts: dict[str, Fact]) -> Span: ...


class _Nothing:
    """Nobody looks."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def add(self, **facts: Fact) -> None:
        return None


_NOTHING = _Nothing()
_tracer: Tracer | None = None


def take(tracer: Tracer | None) -> None:
    """Hand every span that begins from now on to this one, or to nobody."""
    global _tracer
    _tracer = tracer


def span(name: str, **facts: Fact) -> Span:
    """`with span("read", capture=id) as reading: ...; reading.add(documents=3)`."""
    return _NOTHING if _tracer is None else _tracer.begin(name, facts)


def installed() -> bool:
    """Whether there is what spans leave by."""
    try:
        return all(find_spec(name) is not None for name in NEEDED)
    except ModuleNotFoundError:  # not even their parents
        return False


def safe(fact: Fact) -> Fact:
    """A number, or a text that has the form of an id; any other text is left out."""
    return fact if not isinstance(fact, str) or not fact or _ID.fullmatch(fact) else NO_ID
