"""The words that decided, and where they stand."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from monitor.domain.signals import Span
from monitor.highlight import harmless


def show_spans(out: Console, spans: Sequence[Span]) -> None:
    """A line for each: what it says, where it stands, and its words."""
    for span in spans:
        out.print(
            Text.assemble(
                "    ",
                (span.says, "cyan"),
                f"  {span.field}[{span.start}:{span.end}]  ",
                (harmless(span.quote), "italic"),
            )
        )
