"""Values as tables for people and as JSON for machines."""

import json
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from monitor.domain.alerts import Delivery, DeliveryState
from monitor.domain.deadlines import PartialDate
from monitor.domain.errors import FailureReason
from monitor.domain.exposure import Severity
from monitor.domain.handling import still_talked_of
from monitor.domain.harvests import Harvest
from monitor.domain.incidents import Incident
from monitor.domain.origins import origins
from monitor.domain.reversal import reversal
from monitor.domain.rounding import digits_for
from monitor.domain.rulings import Act, ActKind
from monitor.domain.signals import Status
from monitor.domain.sources import Source, SourceState
from monitor.notify.tongue import decimals

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
        shown = Table(title=Text(title, "table.title"), title_justify="left", header_style="bold")
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


def delivery_state(state: DeliveryState) -> Text:
    """The state in its colour."""
    return Text(state.value, style=_STATE.get(state, ""))


def incident_rows(
    incidents: Iterable[Incident], seen_to: Mapping[str, Collection[Act]] = MappingProxyType({})
) -> list[list[Any]]:
    """id, what, platforms, where, rung, from, independent voices, headline, note; with who answered, by incident."""
    return [
        [
            incident.id[:10],
            incident.event_type.value,
            ", ".join(incident.platforms) or "not named",
            ", ".join(incident.regions) or "not named",
            rung(incident.status),
            _date(incident),
            origins(incident.evidence),
            incident.headline,
            "; ".join(filter(None, (*map(_answer, seen_to.get(incident.id, ())), incident_note(incident)))),
        ]
        for incident in incidents
    ]


def _answer(act: Act) -> str:
    desk = f" for {act.seller_id}" if act.seller_id else ""
    return f"{'taken on' if act.kind is ActKind.TAKE else 'acknowledged'} by {act.who}{desk}"


def _date(incident: Incident) -> str:
    """When it takes effect; a date that was called off only as one that no longer holds."""
    off = reversal(incident)
    if off is None:
        return str(incident.effective_date or "")
    return " ".join(filter(None, (f"not {off.gone}" if off.gone else "", f"but {off.instead}" if off.instead else "")))


def incident_note(incident: Incident) -> str:
    """What people should know of it before they look: closed by whom, what it asks them, what sources differ on."""
    closure = incident.closed
    talk = ", and still talked of" if still_talked_of(incident) else ""
    notes = [
        f"closed by {closure.who}{talk}" if closure else "",
        incident.question,
        f"sources differ on the {', '.join(conflict.about for conflict in incident.conflicts)}"
        if incident.conflicts
        else "",
    ]
    return "; ".join(filter(None, notes))


def deadline_rows(
    incidents: Iterable[Incident], today: date, done: Mapping[str, Collection[Act]] = MappingProxyType({})
) -> list[dict[str, Any]]:
    """Every deadline of every incident, soonest first: incident_id, date, zone, days_left, role, actor, certainty,
    platforms, quote, done (by whom and when; for which seller, if not for all)."""
    rows = [
        {
            "incident_id": incident.id,
            "date": deadline.date.text,
            "zone": deadline.zone,
            "days_left": (deadline.date.last_day - today).days,
            "role": deadline.role.value,
            "actor": deadline.actor,
            "certainty": deadline.certainty,
            "platforms": list(incident.platforms),
            "quote": deadline.quote,
            "done": [
                {"by": act.who, "at": act.at, "seller_id": act.seller_id, "note": act.note}
                for act in done.get(incident.id, ())
                if act.subject == f"deadline:{deadline.role.value}:{deadline.date}"
            ],
        }
        for incident in incidents
        if incident.status is not Status.REVERSED and incident.closed is None
        for deadline in incident.deadlines
    ]
    return sorted(rows, key=by_last_day)


def by_last_day(row: Mapping[str, Any]) -> date:
    """The order of what is due: a month or a year ends with its last day; what has no date comes last."""
    return PartialDate(row["date"]).last_day if row["date"] else date.max


def waits(delivery: Delivery) -> str:
    """What holds it back, and until when; "" for what is not held, or was."""
    if delivery.state is not DeliveryState.PENDING or not delivery.waits_for:
        return ""
    return f"waits for {delivery.waits_for} until {day(delivery.not_before)}"


def delivery_rows(deliveries: Iterable[Delivery]) -> list[list[Any]]:
    """when, target, seller, severity, reason, rung, state, tries, note, about. What was sent notes a repeat alone."""
    rows = []
    for d in deliveries:
        place = f"in the place of {d.instead_of}" if d.instead_of else ""
        detail = "" if d.state is DeliveryState.SENT else d.last_detail
        notes = [place, "a repeat" if d.repeat else "", waits(d), detail]
        rows.append(
            [
                day(d.sent_at or d.created_at),
                d.target,
                d.seller_id,
                d.severity.name.lower(),
                d.reason.value,
                rung(d.rung),
                delivery_state(d.state),
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
            standing = "damaged" if harvest.reason is FailureReason.DAMAGED else "unreadable"
            why = f"{harvest.reason}: {harvest.detail}"
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


def percent(part: Decimal) -> str:
    """As exact as it is, so that whoever multiplies by it comes to the same sum: 90%, 4.5%."""
    return f"{(part * 100).normalize():f}%"


def figure(value: Decimal, currency: str, digits: int | None = None) -> str:
    """`1,234`; below 100 with the decimals of the currency, where it has any. `currency` is its code, which more words
    may follow."""
    shown = digits_for([value], decimals(currency[:3])) if digits is None else digits
    return f"{value:,.{shown}f}"


def amount(value: Decimal, currency: str, digits: int | None = None) -> str:
    """The same with the currency: `1,234 EUR`."""
    return f"{figure(value, currency, digits)} {currency}"


def aligned(rows: Iterable[tuple[str, Decimal | None]], currency: str) -> list[str]:
    """Labels and amounts, the amounts under each other with equal decimals; None is left blank."""
    given = list(rows)
    digits = digits_for((value for _, value in given if value is not None), decimals(currency[:3]))
    cells = [(label, "" if value is None else amount(value, currency, digits)) for label, value in given]
    wide, long = (max((len(cell[n]) for cell in cells), default=0) for n in (0, 1))
    return [f"{label:<{wide}}  {shown:>{long}}".rstrip() for label, shown in cells]
