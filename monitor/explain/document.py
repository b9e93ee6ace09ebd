"""A document: what it says, in which words, and what raised and lowered its score."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.text import Text

from monitor import tables
from monitor.config import Config
from monitor.domain.documents import Document
from monitor.domain.signals import Assessment
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.explain.spans import show_spans
from monitor.highlight import Mark, harmless, highlighted, legend
from monitor.understand.why import Why

_BAR = 24  # characters of the longest bar


@dataclass(frozen=True, slots=True)
class DocumentExplained:
    """A document with how it was understood; `source` is None when it is not configured any more, `why` when nobody
    weighed it (see `weighed`)."""

    document: Document
    assessment: Assessment | None
    source: Source | None = None
    why: Why | None = None

    @property
    def value(self) -> Any:
        shown = tables.as_json(self.assessment) if self.assessment else None
        if shown:
            shown.pop("meaning", None)
        return {"document": self.document, "assessment": shown, "why": self.why}

    def show(self, out: Console) -> None:
        marks = _marks(self.assessment)
        coloured = out.color_system is not None and not out.no_color
        if self.document.title:
            out.print(Text(harmless(self.document.title), style="bold"))
        if self.document.url:
            out.print(
                f"{escape(self.document.url)} ({tables.day(self.document.published) or 'no date'}), {self.document.id}"
            )
        elif self.document.published:
            out.print(f"published {tables.day(self.document.published)}")
        if self.assessment is None:
            out.print("not understood yet: it waits for its page")
            return
        out.print(f"language {self.assessment.lang}, score {self.assessment.score:.2f}, model {self.assessment.model}")
        self._show_verdict(out)
        out.print("\n[bold]Text[/]  ", legend([*marks["title"], *marks["text"]]))
        if marks["title"]:
            out.print(highlighted(self.document.title, marks["title"], coloured))
        out.print(highlighted(self.document.text, marks["text"], coloured))
        if self.why:
            show_why(out, self.why, self.assessment, self.source)

    def _show_verdict(self, out: Console) -> None:
        known = self.assessment
        assert known is not None
        withdrew = [vote for vote in known.votes if vote.withdrew]
        if not known.signals and not withdrew:
            out.print("no signal: it reports no risk event")
            if known.faint:
                about = ", ".join((known.faint.event_type.value, *map(harmless, known.faint.platforms)))
                out.print(Text(f"faint, {known.faint.score:.2f}: it follows what stands on {about}, if anything does"))
        for vote in withdrew:
            gone = ", ".join(event.value for event in vote.withdrew)
            out.print(Text(f"{gone} was seen, and withdrawn by the opinion of {harmless(vote.who)}"), soft_wrap=True)
        for number, signal in enumerate(known.signals, 1):
            label = f"{number}. " if len(known.signals) > 1 else ""
            out.print(f"\n{label}{signal.event_type.value}, {signal.status.value}, {signal.score:.2f}: "
                      f"{escape(', '.join(signal.platforms) or 'no named platform')} in "
                      f"{', '.join(signal.regions) or 'places not named'} from "
                      f"{signal.effective_date or 'no date'}")  # fmt: skip
            for made in (vote for vote in known.votes if vote.made):
                out.print(Text(f"    seen by the opinion of {harmless(made.who)} alone"), soft_wrap=True)
            show_spans(out, signal.spans)
        for vote in known.votes:
            holds = f"{vote.event.value}, {vote.status.value if vote.status else '-'}" if vote.event else "no event"
            out.print(
                Text(f"\nopinion of {harmless(vote.who)}: {holds}, {vote.score:.2f} ({vote.why})"), soft_wrap=True
            )
            if not known.signals:  # else they stand among those of the main signal
                show_spans(out, vote.spans)


def show_why(out: Console, why: Why, known: Assessment, source: Source | None) -> None:
    """What the gate said, what was seen without an encoder, and what raised and lowered the score."""
    out.print("\n[bold]Why[/]")
    if known.model and known.model != why.model:
        out.print(f"  understood by {known.model}; what follows is of {why.model}")
    if source is None:
        out.print("  its source is not configured any more: weighed as if a newspaper spoke")
    gate, where = why.gate, "title and lead" if why.leads else f"text[{why.stretch[0]}:{why.stretch[1]}]"
    held = gate.decision >= gate.admitted
    side = "opened" if held else "opened for who speaks or is named"
    if not gate.opened:
        side = "stayed shut, as so few letters tell nothing" if held else "stayed shut"
    out.print(f"  gate: {side} ({gate.decision:+.2f}, opens from {gate.admitted:+.2f}); "
              f"{why.read} of {why.windows} {'window' if why.windows == 1 else 'windows'} read")  # fmt: skip
    if not gate.opened:
        out.print("  the reader was not asked then; this is what it would have said")
    side = "an event" if why.score >= why.threshold else "no event"
    out.print(f"  decided by {where}: {why.score:.2f} ({side}; from {why.threshold:.2f} on), log odds {why.odds:+.2f}")
    for hint in why.hints:
        quotes = ": " + ", ".join(harmless(quote) for quote in hint.quotes) if hint.quotes else ""
        if quotes or ":" in hint.name:
            out.print(Text(f"  hint {hint.name}{quotes}"))
    most = max((abs(term.change) for term in (*why.raised, *why.lowered)), default=1.0)
    for name, colour, terms in (("raised it", "red", why.raised), ("lowered it", "green", why.lowered)):
        out.print(f"\n[bold]What {name}[/]" + ("" if terms else ": nothing"))
        for term in terms:
            bar = "█" * max(round(_BAR * abs(term.change) / most), 1)
            quote = " ".join(harmless(term.quote).split())
            line = Text.assemble(
                f"  {term.change:+6.2f} ",
                (f"{bar:<{_BAR}}", colour),
                " sentence " if term.sentence else " word     ",
                quote,
            )
            line.truncate(max(out.width, _BAR + 40), overflow="ellipsis")
            out.print(line, no_wrap=True)
    rest = f"; {why.parts - why.tried} more words were not tried" if why.parts > why.tried else ""
    out.print(f"\n  in log odds, each part left out alone; {why.tried} tried{rest}")


def _marks(known: Assessment | None) -> dict[str, list[Mark]]:
    """The spans of each signal, or of the votes where there is none, by field."""
    found: dict[str, list[Mark]] = {"title": [], "text": []}
    signals = known.signals if known else ()
    numbered = [(span, number) for number, signal in enumerate(signals, 1) for span in signal.spans]
    if known and not signals:
        numbered = [(span, 0) for vote in known.votes for span in vote.spans]
    for span, number in numbered:
        mark = Mark(span.start, span.end, span.says.partition(":")[0], number if len(signals) > 1 else 0)
        if mark not in found[span.field]:
            found[span.field].append(mark)
    return found


def weighed(found: DocumentExplained, settings: Config) -> DocumentExplained:
    """With why, which takes a second or two: a progress bar on a terminal."""
    from monitor.understand.analyst import Analyst
    from monitor.understand.why import weigh

    with Progress(console=tables.complaints, transient=True, disable=not tables.complaints.is_terminal) as bar:
        task = bar.add_task("weighing words", total=None)
        analyst = Analyst(settings.platforms)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        source = found.source or _newspaper(found.document)
        known = found.assessment or analyst.assess(found.document, source)
        if source.kind is SourceKind.PROBE:  # our own sentence of what was seen; nothing was read out of it
            return replace(found, assessment=known)
        return replace(found, assessment=known, why=weigh(analyst, found.document, source, progress))


def _newspaper(document: Document) -> Source:
    """Who is taken to speak where it is not known."""
    return Source(document.source_id, "", document.url, SourceKind.PAGE, Authority.NEWS, "", timedelta(days=1))
