"""Spans to an OpenTelemetry collector, over OTLP/HTTP, when one is named (extra `otel`).

The batches go out by our own door and not by the exporter's: certificates verified, no redirect, no proxy, bounded in
time. A collector that does not answer costs its spans and nothing else: the queue is bounded, and nobody waits for it.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from monitor import __version__, tracing
from monitor.logs import REDACT, log
from monitor.notify.egress import Answer, Egress
from monitor.tracing import Fact

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

QUEUE, BATCH = 2048, 256  # spans that wait at most, and that go out together
EVERY = 5.0  # seconds between batches
TIMEOUT = 2.0  # seconds of one try, which is also all that a stop may cost
REST = 60.0  # seconds after a failed one in which none is made

_log = log("traces")


@contextmanager
def traced(endpoint: str, every: float = EVERY) -> Iterator[None]:
    """Spans go to this collector meanwhile, `https://host` or one on this machine; nowhere when it is empty."""
    if not endpoint:
        yield
        return
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    # All is said here: the SDK would also listen to a score of OTEL_ variables, and name this machine.
    resource = Resource({"service.name": "sellerwatch", "service.version": __version__})
    provider = TracerProvider(ALWAYS_ON, resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_exporter(endpoint), QUEUE, every * 1000, BATCH, TIMEOUT * 1000))
    _log.info("traces_go_out", to=urlsplit(endpoint).hostname)
    tracing.take(_Tracer(provider.get_tracer("sellerwatch", __version__)))
    try:
        yield
    finally:
        tracing.take(None)
        provider.shutdown()


class _Tracer:
    """Implements `tracing.Tracer`."""

    def __init__(self, tracer: "Tracer") -> None:
        self._tracer = tracer

    def begin(self, name: str, facts: dict[str, Fact]) -> "_Span":
        return _Span(self._tracer, name, facts)


class _Span:
    """Implements `tracing.Span`. Of an error its kind is kept: its words may hold anything."""

    def __init__(self, tracer: "Tracer", name: str, facts: dict[str, Fact]) -> None:
        self._tracer, self._name, self._facts = tracer, name, facts

    def __enter__(self) -> Self:
        from opentelemetry import context, trace

        self._span = self._tracer.start_span(self._name, attributes=_attributes(self._facts))
        self._token = context.attach(trace.set_span_in_context(self._span))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from opentelemetry import context
        from opentelemetry.trace import StatusCode

        if kind is not None:
            self._span.set_status(StatusCode.ERROR, kind.__name__)
        self._span.end()
        context.detach(self._token)

    def add(self, **facts: Fact) -> None:
        self._span.set_attributes(_attributes(facts))


def _attributes(facts: dict[str, Fact]) -> dict[str, Fact]:
    safe = {f"sellerwatch.{name}": tracing.safe(fact) for name, fact in facts.items()}
    return {name: REDACT.text(fact) if isinstance(fact, str) else fact for name, fact in safe.items()}


def _exporter(endpoint: str) -> "SpanExporter":
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class Exporter(SpanExporter):
        """Called by a thread of the SDK's own, one batch after the other."""

        def __init__(self) -> None:
            self._url = endpoint.rstrip("/") + "/v1/traces"
            self._egress = Egress(TIMEOUT, allow_private=True, longest=256)
            self._rests_until = 0.0

        def export(self, spans: Sequence["ReadableSpan"]) -> SpanExportResult:
            if monotonic() < self._rests_until:
                return SpanExportResult.FAILURE
            body = encode_spans(spans).SerializeToString()
            headers = {"Content-Type": "application/x-protobuf", "User-Agent": "Sellerwatch"}
            end = asyncio.run(self._egress.post(self._url, body, headers))
            if isinstance(end, Answer) and 200 <= end.status < 300:
                return SpanExportResult.SUCCESS
            _log.warning("traces_not_taken", code=str(end.status) if isinstance(end, Answer) else end.code)
            self._rests_until = monotonic() + REST
            return SpanExportResult.FAILURE

    return Exporter()
