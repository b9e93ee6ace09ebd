"""Values as tables for people and as JSON for machines."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from monitor.domain.alerts import Delivery, DeliveryState
from monitor.domain.exposure import Impact, Severity
from monitor.domain.harvests import Harvest
from monitor.domain.incidents import Incident
from monitor.domain.signals import Status
from monitor.domain.sources import Source, SourceState

#: Colours go away by themselves when the output is piped; then there is no window to fit into either. Colours of ours
#: mean something, so rich's own guesses at numbers and words stay off.
console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
complaints = Console(stderr=True, highlight=False)

_LEGIBLE = 20  # characters to which a column may be squeezed and still be read

_RUNG = {
    Status.RUMOR: "dim",
    Status.PROPOSED: "yellow",
    Status.CONFIRMED: "bold red",
    Status.EFFECTIVE: "red",
    Status.REVERSED: "green",
}
_STATE = {DeliveryState.SENT: "green", DeliveryState.DEAD: "bold red", DeliveryState.UNKNOWN: "yellow"}


def as_json(value: Any) -> Any:
    """Plain JSON values of our frozen dataclasses; a severity is its name, as in the settings."""
    anything: TypeAdapter[Any] = TypeAdapter(Any)
    return anything.dump_python(_named(anything.dump_python(value)), mode="json")


def _named(value: Any) -> Any:
    match value:
        case Severity():
            return value.name.lower()
        case Mapping():
            return {key: _named(one) for key, one in value.items()}
        case list() | tuple():
            return [_named(one) for one in value]
    return value


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    json.dump(as_json(value), sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


def table(title: str, *columns: str, rows: Iterable[Sequence[Any]], empty: str) -> None:
    """A titled table; one paragraph a row where the window is too narrow for it; the sentence `empty` without rows.

    Outside text is never read as markup.
    """
    cells = [[cell if isinstance(cell, Text) else Text(str(cell)) for cell in row] for row in rows]
    if not cells:
        console.print(empty)
        return
    widths = [max(cell.cell_len for cell in column) for column in zip(map(Text, columns), *cells, strict=True)]
    if sum(min(width, _LEGIBLE) + 3 for width in widths) < console.width:
        shown = Table(title=title, title_justify="left", header_style="bold")
        for column in columns:
            shown.add_column(column, overflow="fold")
        for row in cells:
            shown.add_row(*row)
        console.print(shown)
        return
    console.print(Text(title, "bold"))
    for first, *others in cells:
        console.print(first)
        told = [
            Text.assemble((f"{name}: ", "dim"), cell) for name, cell in zip(columns[1:], others, strict=True) if cell
        ]
        console.print(Padding(Text("; ").join(told), (0, 0, 0, 2)))


def rung(status: Status) -> Text:
    """The rung in its colour."""
    return Text(status.value, style=_RUNG[status])


def day(at: datetime | date | None) -> str:
    """A moment to the minute, a date as it is, nothing for None."""
    return at.strftime("%Y-%m-%d %H:%M") if isinstance(at, datetime) else str(at or "")


def span(length: timedelta) -> str:
    """A span of time as the settings write it: 20s, 5m, 4h, 2d."""
    seconds = round(length.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def incident_rows(incidents: Iterable[Incident]) -> list[list[Any]]:
    """id, what, platforms, where, rung, from, publishers, headline."""
    return [
        [
            incident.id[:10],
            incident.event_type.value,
            ", ".join(incident.platforms) or "not named",
            ", ".join(incident.regions) or "not named",
            rung(incident.status),
            str(incident.effective_date or ""),
            len({e.publisher for e in incident.evidence}),
            incident.headline,
        ]
        for incident in incidents
    ]


def deadline_rows(incidents: Iterable[Incident], today: date) -> list[dict[str, Any]]:
    """Every deadline of every incident, soonest first: incident_id, date, days_left, role, platforms, quote."""
    rows = [
        {
            "incident_id": incident.id,
            "date": deadline.date.text,
            "days_left": (deadline.date.last_day - today).days,
            "role": deadline.role.value,
            "platforms": list(incident.platforms),
            "quote": deadline.quote,
        }
        for incident in incidents
        if incident.status is not Status.REVERSED
        for deadline in incident.deadlines
    ]
    return sorted(rows, key=lambda row: str(row["date"]))


def delivery_rows(deliveries: Iterable[Delivery]) -> list[list[Any]]:
    """when, target, severity, reason, rung, state, tries, note, about. What was sent needs no note but a repeat."""
    rows = []
    for d in deliveries:
        notes = ["a repeat" if d.repeat else "", "" if d.state is DeliveryState.SENT else d.last_detail]
        rows.append(
            [
                day(d.sent_at or d.created_at),
                d.target,
                d.severity.name.lower(),
                d.reason.value,
                rung(d.rung),
                Text(d.state.value, style=_STATE.get(d.state, "")),
                d.attempts,
                "; ".join(filter(None, notes)),
                d.message.about,
            ]
        )
    return rows


def source_rows(
    sources: Iterable[Source], states: Mapping[str, SourceState], harvests: Mapping[str, Harvest]
) -> list[dict[str, Any]]:
    """Each source with how it stands: id, authority, every, state, last success, next look, failures, why."""
    rows = []
    for source in sources:
        state = states.get(source.id)
        if not source.enabled:
            standing, why = "off", source.off_reason
        elif state is None or state.last_look_at is None:
            standing, why = "not yet looked", ""
        elif state.retired:
            standing, why = "retired", "the server says it is gone (410)"
        elif state.failures:
            standing, why = "failing", f"{state.last_reason}: {state.last_detail}"
        elif (harvest := harvests.get(source.id)) is not None and harvest.failures:
            standing, why = "unreadable", f"{harvest.reason}: {harvest.detail}"
        else:
            standing, why = "ok", ""
        rows.append(
            {
                "id": source.id,
                "authority": source.authority.value,
                "languages": list(source.languages),
                "every_seconds": source.every.total_seconds(),
                "state": standing,
                "last_success": state.last_success_at if state else None,
                "next_look": state.next_look_at if state and source.enabled else None,
                "failures": state.failures if state else 0,
                "why": why,
            }
        )
    return rows


def impact_lines(impact: Impact) -> list[str]:
    """The sum term by term, then what it adds up to."""
    lines = [f"{term.label}: {term.amount:,.0f} {impact.currency}" for term in impact.terms]
    lines.append(
        f"at once {impact.at_once:,.0f} {impact.currency}, then {impact.per_day:,.0f} {impact.currency} a day "
        f"({impact.share_of_sales:.0%} of sales); {impact.severity.name.lower()}"
    )
    return lines
