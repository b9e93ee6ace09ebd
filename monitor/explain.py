"""From an alert, an incident or a document back to the words that decided it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from monitor import tables
from monitor.config import Config
from monitor.domain.alerts import Delivery
from monitor.domain.documents import Document
from monitor.domain.exposure import Impact, impact
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.resolution import kinship
from monitor.domain.signals import Assessment, Span
from monitor.ports import HeldAlert
from monitor.store.desk import AttemptRow, SqlDesk


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
    """A document with how it was understood."""

    document: Document
    assessment: Assessment | None

    @property
    def value(self) -> Any:
        shown = tables.as_json(self.assessment) if self.assessment else None
        if shown:
            shown.pop("meaning", None)
        return {"document": self.document, "assessment": shown}

    def show(self, out: Console) -> None:
        out.print(Text(self.document.title, style="bold"))
        out.print(
            f"{escape(self.document.url)} ({tables.day(self.document.published) or 'no date'}), {self.document.id}"
        )
        if self.assessment is None:
            out.print("not understood yet: it waits for its page")
            return
        out.print(f"language {self.assessment.lang}, score {self.assessment.score:.2f}, model {self.assessment.model}")
        if not self.assessment.signals:
            out.print("no signal: it reports no risk event")
        for signal in self.assessment.signals:
            out.print(f"\n{signal.event_type.value}, {signal.status.value}, {signal.score:.2f}: "
                      f"{escape(', '.join(signal.platforms))} in {', '.join(signal.regions)} from "
                      f"{signal.effective_date or 'no date'}")  # fmt: skip
            _show_spans(out, signal.spans)


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
                "    ", (span.says, "cyan"), f"  {span.field}[{span.start}:{span.end}]  ", (span.quote, "italic")
            )
        )


async def explain(
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
    return DocumentExplained(document, await desk.assessment(document.id)) if document else None
