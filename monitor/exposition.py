"""Metrics that keep the lines of a scrape ready, and the registry that shows them beside all others.

The client library makes every line anew at each scrape, and nothing else runs in the event loop meanwhile. 550 sources
have 3,300 lines, of which a few change from one scrape to the next: a `Family` makes a line when its value changes.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

_ESCAPED = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_ESCAPED_IN_HELP = str.maketrans({"\\": r"\\", "\n": r"\n"})


class Line:
    """One series, with its value and the text that shows it."""

    __slots__ = ("_name", "labels", "text", "value")

    def __init__(self, name: str, labels: dict[str, str]) -> None:
        escaped = ",".join(f'{label}="{value.translate(_ESCAPED)}"' for label, value in sorted(labels.items()))
        self._name, self.labels = f"{name}{{{escaped}}}", labels
        self.set(0)

    def set(self, value: float) -> None:
        self.value = float(value)
        self.text = f"{self._name} {floatToGoString(self.value)}\n"  # type: ignore[no-untyped-call]

    def inc(self, by: float = 1) -> None:
        if by:
            self.set(self.value + by)


class Family(Collector):
    """A metric with labels, of type "gauge" or "counter", for the thread that scrapes; its methods are those of the
    client library's."""

    def __init__(self, type: str, name: str, text: str, labels: tuple[str, ...], registry: "Registry") -> None:
        self._described, self._labels = (name, text, type), labels
        self._name = f"{name}_total" if type == "counter" else name
        self._head = f"# HELP {self._name} {text.translate(_ESCAPED_IN_HELP)}\n# TYPE {self._name} {type}\n"
        self._lines: dict[tuple[str, ...], Line] = {}
        registry.register(self)

    def labels(self, *values: str) -> Line:
        line = self._lines.get(values)
        if line is None:
            line = self._lines[values] = Line(self._name, dict(zip(self._labels, values, strict=True)))
        return line

    def remove(self, *values: str) -> None:
        self._lines.pop(values, None)

    def clear(self) -> None:
        self._lines.clear()

    def text(self) -> Iterator[str]:
        return chain([self._head], (line.text for line in self._lines.values()))

    def describe(self) -> Iterable[Metric]:
        return [Metric(*self._described)]

    def collect(self) -> Iterable[Metric]:
        metric = Metric(*self._described)
        for line in self._lines.values():
            metric.add_sample(self._name, line.labels, line.value)
        return [metric]


class Registry(CollectorRegistry):
    """All metrics. `text` is what `generate_latest` makes of them, sooner."""

    def __init__(self) -> None:
        super().__init__()
        self._ready: list[Family] = []
        self._others = CollectorRegistry()

    def register(self, collector: Collector) -> None:
        super().register(collector)
        if isinstance(collector, Family):
            self._ready.append(collector)
        else:
            self._others.register(collector)

    def text(self) -> bytes:
        ready = "".join(chain.from_iterable(family.text() for family in self._ready))
        return generate_latest(self._others) + ready.encode()
