"""The incidents that a replay opened, each with what was said of it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from monitor.backtest.history import Dated
from monitor.backtest.replay import Heard, Replay
from monitor.domain.incidents import Incident


@dataclass(frozen=True, slots=True)
class Said:
    """One message."""

    at: datetime
    seller: str
    reason: str
    rung: str
    severity: str
    about: str


@dataclass(frozen=True, slots=True)
class Opened:
    """One incident of ours as it stood at the end."""

    event_type: str
    platforms: tuple[str, ...]
    regions: tuple[str, ...]
    status: str
    effective: str | None  # YYYY, YYYY-MM or YYYY-MM-DD
    first_signal: date
    first_alert: date | None
    documents: tuple[str, ...]  # ids of the history's documents
    headline: str
    said: tuple[Said, ...]


def opened(rows: Mapping[str, Dated], replayed: Replay) -> tuple[Opened, ...]:
    """The first seen first; `rows` are the history's documents by the ids that the replay has for them."""
    kept = [one for one in replayed.incidents if one.evidence]
    ids = {one.id for one in kept}
    homes = {item.document_id: one.id for one in kept for item in one.evidence}
    said: dict[str, list[Heard]] = {id: [] for id in ids}
    for heard in replayed.heard:
        # What went into another incident was told of under its own id.
        if home := heard.incident_id if heard.incident_id in ids else _first(homes, heard.documents):
            said[home].append(heard)
    found = [_opened(one, rows, said[one.id]) for one in kept]
    return tuple(sorted(found, key=lambda one: (one.first_signal, one.headline)))


def _opened(incident: Incident, rows: Mapping[str, Dated], heard: Iterable[Heard]) -> Opened:
    own = [rows[id] for id in dict.fromkeys(item.document_id for item in incident.evidence)]
    told = sorted(heard, key=lambda one: one.at)
    return Opened(
        event_type=incident.event_type.value,
        platforms=incident.platforms,
        regions=incident.regions,
        status=incident.status.value,
        effective=str(incident.effective_date) if incident.effective_date else None,
        first_signal=min(date.fromisoformat(str(row.published)) for row in own),
        first_alert=told[0].at.date() if told else None,
        documents=tuple(row.id for row in own),
        headline=incident.headline,
        said=tuple(Said(one.at, one.seller_id, one.reason, one.rung, one.severity, one.text) for one in told),
    )


def _first(homes: Mapping[str, str], documents: Iterable[str]) -> str | None:
    return next((homes[id] for id in documents if id in homes), None)
