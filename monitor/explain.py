"""From an alert, an incident or a document back to the words that decided it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.text import Text

from monitor import tables
from monitor.config import Config
from monitor.domain.alerts import Delivery
from monitor.domain.documents import Document, digest
from monitor.domain.exposure import Impact, impact
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.resolution import kinship
from monitor.domain.signals import Assessment, Span
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.highlight import Mark, harmless, highlighted, legend
from monitor.ports import HeldAlert
from monitor.store.desk import AttemptRow, SqlDesk
from monitor.understand.why import Why

_BAR = 24  # characters of the longest bar


@dataclass(frozen=True, slots=True)
class IncidentExplained:
    """An incident with all that stands behind it."""

    incident: Incident
    documents: Sequence[Document]
    impacts: Sequence[Impact]
    deliveries: Sequence[Delivery]
    tries: Mapping[str, Sequence[AttemptRow]]  # by delivery key, of those that needed more than one
    held: Sequence[HeldAlert]

    @property
    def value(self) -> Any:
        return {
            "incident": self.incident,
            "impacts": self.impacts,
            "deliveries": [
                {k: v for k, v in tables.as_json(delivery).items() if k != "message"} for delivery in self.deliveries
            ],
            "held": self.held,
        }

    def show(self, out: Console) -> None:
        incident = self.incident
        out.print(Text(incident.headline, style="bold"))
        platforms = escape(", ".join(incident.platforms) or "no named platform")
        places = ", ".join(incident.regions) or "places not named"
        out.print(f"{incident.event_type.value} of {platforms} in {places}")
        out.print(f"incident {incident.id}, revision {incident.revision}")
        out.print(Text(incident.status_why, tables.rung(incident.status).style))
        out.print(f"takes effect: {incident.effective_date or 'no date known'}")
        for deadline in incident.deadlines:
            out.print(f"  by {deadline.date} {deadline.role.value}: {escape(deadline.quote)}")
        out.print("\n[bold]Evidence[/]")
        documents = {document.id: document for document in self.documents}
        for evidence in sorted(incident.evidence, key=lambda e: e.published):
            _show_evidence(out, evidence, documents.get(evidence.document_id))
        out.print("\n[bold]History[/]")
        for change in incident.history:
            out.print(f"  {tables.day(change.at)} {change.kind.value}: {escape(change.before or '-')} -> "
                      f"{escape(change.after or '-')} ({escape(change.why)})")  # fmt: skip
        for weighed in self.impacts:
            out.print(f"\n[bold]What it means for {escape(weighed.seller_id)}[/]")
            for line in (*tables.impact_lines(weighed), *weighed.reasons):
                out.print(f"  {escape(line)}")
        out.print("\n[bold]Told[/]")
        for row, delivery in zip(tables.delivery_rows(self.deliveries), self.deliveries, strict=True):
            out.print("  " + row[0], *row[1:8])
            for tried in self.tries.get(delivery.key, ()):
                out.print(f"    try {tried.no}, {tables.day(tried.at)}: {tried.attempt.result.value}, "
                          f"{escape(tried.attempt.detail)}")  # fmt: skip
        last = {(held.seller_id, held.hold): held for held in sorted(self.held, key=lambda held: held.at)}
        times = Counter((held.seller_id, held.hold) for held in self.held)
        for same, held in last.items():
            often = f" ({times[same]} times)" if times[same] > 1 else ""
            out.print(f"  {tables.day(held.at)} held for {escape(held.seller_id)}: {held.hold.reason.value}, "
                      f"{escape(held.hold.detail)}{often}")  # fmt: skip


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
            _show_spans(out, signal.spans)
        for vote in known.votes:
            holds = f"{vote.event.value}, {vote.status.value if vote.status else '-'}" if vote.event else "no event"
            out.print(
                Text(f"\nopinion of {harmless(vote.who)}: {holds}, {vote.score:.2f} ({vote.why})"), soft_wrap=True
            )
            if not known.signals:  # else they stand among those of the main signal
                _show_spans(out, vote.spans)


def show_why(out: Console, why: Why, known: Assessment, source: Source | None) -> None:
    """What the gate said, what was seen without an encoder, and what raised and lowered the score."""
    out.print("\n[bold]Why[/]")
    if known.model and known.model != why.model:
        out.print(f"  understood by {known.model}; what follows is of {why.model}")
    if source is None:
        out.print("  its source is not configured any more: weighed as if a newspaper spoke")
    gate, where = why.gate, "title and lead" if why.leads else f"text[{why.stretch[0]}:{why.stretch[1]}]"
    side = "opened" if gate.decision >= gate.admitted else "opened for who speaks" if gate.opened else "stayed shut"
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


def given(text: str) -> DocumentExplained:
    """A text from outside the store, in which nothing was looked for yet."""
    now = datetime.fromtimestamp(0, UTC)
    document = Document(digest(text), "", "", "", "", text, None, now)
    return DocumentExplained(document, None, _newspaper(document))


def _newspaper(document: Document) -> Source:
    """Who is taken to speak where it is not known."""
    return Source(document.source_id, "", document.url, SourceKind.PAGE, Authority.NEWS, "", timedelta(days=1))


def _show_evidence(out: Console, evidence: Evidence, document: Document | None) -> None:
    speaks = f"[{evidence.lang}] {evidence.publisher} ({evidence.authority.value}): {evidence.title}"
    kept = "" if document else " (no longer kept)"
    out.print(Text(f"  {tables.day(evidence.published)} {speaks}"), soft_wrap=True)
    out.print(Text(f"    {evidence.url} document {evidence.document_id[:10]}{kept}"), soft_wrap=True)
    out.print(Text(f"    says {evidence.signal.status.value}, score {evidence.signal.score:.2f}"))
    _show_spans(out, evidence.signal.spans)


def _show_spans(out: Console, spans: Sequence[Span]) -> None:
    for span in spans:
        out.print(
            Text.assemble(
                "    ",
                (span.says, "cyan"),
                f"  {span.field}[{span.start}:{span.end}]  ",
                (harmless(span.quote), "italic"),
            )
        )


async def walk(
    which: str, settings: Config, desk: SqlDesk, now: datetime
) -> IncidentExplained | DocumentExplained | None:
    """What `which` (the start of an id) names; None when that is nothing, or more than one."""
    if not which:
        return None
    incident = await desk.incident(which)
    if incident is None:
        delivery = await desk.told_by(which)
        incident = await desk.incident(delivery.incident_id) if delivery else None
    if incident is not None:
        return IncidentExplained(
            incident,
            await desk.documents_of(incident.id),
            [impact(incident, seller, now.date(), kinship(settings.platforms)) for seller in settings.sellers],
            (told := await desk.deliveries(incident.id, limit=1000)),
            {delivery.key: await desk.attempts(delivery.key) for delivery in told if delivery.attempts > 1},
            await desk.held(incident.id),
        )
    document = await desk.document(which)
    if document is None:
        return None
    source = next((one for one in settings.sources if one.id == document.source_id), None)
    return DocumentExplained(document, await desk.assessment(document.id), source)
