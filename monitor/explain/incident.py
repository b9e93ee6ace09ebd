"""An incident back to all that made it so: words, rules, numbers, what people did, and what was told."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from monitor import checklist, tables
from monitor.bills import impact_lines, impact_row
from monitor.checklist import Checklist
from monitor.domain.alerts import Delivery
from monitor.domain.deadlines import Deadline
from monitor.domain.documents import Document
from monitor.domain.doubts import asks, faint_denials
from monitor.domain.impact import Impact
from monitor.domain.incidents import Incident, unexplained
from monitor.domain.localities import here
from monitor.domain.reversal import reversal
from monitor.domain.rulings import Act, ActKind, EvidenceKey
from monitor.domain.stakes import CERTAINTY, STAKES
from monitor.explain.evidence import EvidenceExplained, Origin, show_conflicts, show_evidence, show_origins
from monitor.explain.told import show_alerts, show_trail, without_message
from monitor.highlight import harmless
from monitor.steps import HeldAlert, SentAlert
from monitor.store.desk import AttemptRow


@dataclass(frozen=True, slots=True)
class IncidentExplained:
    """An incident with all that stands behind it."""

    incident: Incident
    documents: Sequence[Document]
    evidence: Mapping[EvidenceKey, EvidenceExplained]
    origins: Sequence[Origin]
    impacts: Sequence[Impact]
    checklists: Sequence[Checklist]
    today: date
    acts: Sequence[Act] = ()
    deliveries: Sequence[Delivery] = ()
    tries: Mapping[str, Sequence[AttemptRow]] = field(default_factory=dict)  # by delivery key
    held: Sequence[HeldAlert] = ()
    alerts: Sequence[SentAlert] = ()

    @property
    def value(self) -> Any:
        return {
            "incident": self.incident,
            "why_here": list(self.evidence.values()),
            "origins": self.origins,
            "impacts": [impact_row(weighed) for weighed in self.impacts],
            "steps": [
                checklist.task_row(task, one.sellers, self.today) for one in self.checklists for task in one.tasks
            ],
            "acts": self.acts,
            "deliveries": [without_message(one) | {"tries": self.tries.get(one.key, ())} for one in self.deliveries],
            "alerts": self.alerts,
            "held": self.held,
        }

    def show(self, out: Console) -> None:
        self._show_standing(out)
        show_origins(out, self.incident, self.origins)
        show_evidence(out, self.incident, self.evidence, {document.id: document for document in self.documents})
        self._show_history(out)
        for weighed in self.impacts:
            _show_impact(out, weighed, self.incident)
        checklist.show(out, self.checklists, self.today)
        if self.acts:
            out.print("\n[bold]Done by people[/]")
        for act in self.acts:
            note = f" ({act.note})" if act.note else ""
            desk = f" for {act.seller_id}" if act.seller_id else ""
            answers = act.kind in {ActKind.ACK, ActKind.TAKE}
            what = ", ".join(f"alert {id[:10]}" for id in act.subject.split()) if answers else act.subject
            did = " ".join(filter(None, (f"  {tables.day(act.at)} {act.who}:", act.kind.value, what)))
            out.print(Text(f"{did}{desk}{note}"), soft_wrap=True)
        if self.deliveries or self.held:
            out.print("\n[bold]Told[/]")
        show_alerts(out, self.deliveries, self.tries, self.alerts)
        _show_held(out, self.held)

    def _show_standing(self, out: Console) -> None:
        incident = self.incident
        out.print(Text(incident.headline, style="bold"))
        platforms = escape(", ".join(incident.platforms) or "no named platform")
        places = ", ".join(incident.regions) or "places not named"
        out.print(f"{incident.event_type.value} of {platforms} in {places}")
        out.print(f"incident {incident.id}, revision {incident.revision}")
        if incident.closed:
            note = f" ({incident.closed.note})" if incident.closed.note else ""
            out.print(Text(f"closed by {incident.closed.who}, {tables.day(incident.closed.at)}{note}", "bold"))
        out.print(Text(incident.status_why, tables.rung(incident.status).style))
        out.print(Text(_when_and_who(incident)), soft_wrap=True)
        for deadline in incident.deadlines:
            _show_deadline(out, deadline)
        show_conflicts(out, incident)
        if incident.question:
            out.print(Text(f"to find out: {incident.question}", "bold yellow"), soft_wrap=True)
        for denial in faint_denials(incident):
            out.print(Text(f"to find out: {asks(denial)}", "bold yellow"), soft_wrap=True)

    def _show_history(self, out: Console) -> None:
        out.print("\n[bold]History[/]")
        for change in self.incident.history:
            moved = f"{change.before or '-'} -> {change.after or '-'} ({change.why})"
            by = f", document {change.document_id[:10]}" if change.document_id else ""
            out.print(Text(f"  {tables.day(change.at)} {change.kind.value}: {moved}{by}"), soft_wrap=True)


def _when_and_who(incident: Incident) -> str:
    if off := reversal(incident):
        by = f" since {off.since}, by {', '.join(off.who)}" if off.since else ""
        gone = f"; the old date, {off.gone}, no longer holds" if off.gone else ""
        over = "no longer so" if unexplained(incident.evidence) else "called off"
        return f"{over}{by}{gone}{f'; named instead: {off.instead}' if off.instead else ''}"
    day = incident.effective_date
    if day is None:
        return "takes effect: no date known"
    said = [item for item in incident.evidence if item.signal.effective_date and item.signal.effective_date.agrees(day)]
    who = ", ".join(dict.fromkeys(item.publisher for item in said)) or "words that are kept no more"
    return f"takes effect: {day}, by {who}"


def _show_deadline(out: Console, deadline: Deadline) -> None:
    by = " ".join(filter(None, (str(deadline.date), deadline.zone)))
    told = ", ".join(filter(None, (deadline.actor and f"for {deadline.actor}", deadline.certainty)))
    what = f"  by {by} {deadline.role.value}" + (f" ({told})" if told else "")
    out.print(Text(f"{what}: {harmless(deadline.quote)}"), soft_wrap=True)
    if deadline.document_id:
        at = f" text[{deadline.start}]" if deadline.start >= 0 else ""
        out.print(Text(f"    document {deadline.document_id[:10]}{at}", "dim"))


def _show_impact(out: Console, weighed: Impact, incident: Incident) -> None:
    how = weighed.severity.name.lower() if weighed.exposed else "not hit"
    out.print(f"\n[bold]What it means for {escape(weighed.seller_id)}[/] {how}")
    if not weighed.exposed:
        out.print(Text(f"  {'; '.join(weighed.reasons)}"), soft_wrap=True)
        return
    for hit in weighed.hits:
        via = f", through {hit.via}" if hit.via and hit.via != hit.platform else ""
        out.print(Text(f"  hits {hit.platform} in {hit.country}{via}"), soft_wrap=True)
    for line in (*impact_lines(weighed), *weighed.reasons):
        out.print(Text(f"  {line}"), soft_wrap=True)
    if weighed.worst and not weighed.over:
        there = here(incident, {hit.country for hit in weighed.hits})
        sure, usual = CERTAINTY[there.status], STAKES[there.event_type].usual
        took = f"{there.event_type.value} takes {usual:.0%} as a rule"
        expected = f"{tables.percent(weighed.odds)} to be expected"
        out.print(f"  {expected}: {there.status.value} counts {sure:.0%}, {took}{_doubt(there)}", soft_wrap=True)


def _doubt(incident: Incident) -> str:
    """Why half of it is taken off, as `impact.odds` does."""
    if unexplained(incident.evidence):
        return ", half as it was only seen"
    return ", half as its date has passed and nobody has said that it happened" if incident.question else ""


def _show_held(out: Console, held: Sequence[HeldAlert]) -> None:
    """The last decision not to speak for each seller and reason, and how often it was taken; of the last one of each
    seller the stages too."""
    newest = {one.seller_id: one for one in sorted(held, key=lambda one: one.at)}
    last = {(one.seller_id, one.hold): one for one in sorted(held, key=lambda one: one.at)}
    times = Counter((one.seller_id, one.hold) for one in held)
    for same, one in last.items():
        often = f" ({times[same]} times)" if times[same] > 1 else ""
        what = f"{one.hold.reason.value}, {one.hold.detail}{often}"
        out.print(Text(f"  {tables.day(one.at)} held for {one.seller_id}: {what}"), soft_wrap=True)
        if newest[one.seller_id] is one:
            show_trail(out, one.trail)
