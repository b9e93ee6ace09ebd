"""Status pages, by their machine-readable twins: each incident, maintenance too, is one document that grows.

Known are the answers of Statuspage (incidents, summary, status), Instatus (summary), Google Cloud (incidents) and
AWS Health (current events).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from monitor.domain.documents import Capture, Document, ReadResult, digest
from monitor.domain.errors import FailureReason
from monitor.read.answer import answered, failed, refused, words
from monitor.read.asked import Asked
from monitor.read.dates import published_at
from monitor.read.declared import web_url
from monitor.read.text import clean, clean_title, cut_short

MOST = 500  # events read at once, and updates of one event
_NUMERIC = re.compile(r"[\dTZ:.+\- ]{8,40}")
_LISTS = ("incidents", "scheduled_maintenances", "activeIncidents", "activeMaintenances", "current", "archive")
_WRITTEN_TOGETHER = {
    "partialoutage": "partial outage", "majoroutage": "major outage", "minoroutage": "minor outage",
    "degradedperformance": "degraded performance", "undermaintenance": "under maintenance",
    "notstartedyet": "not started yet", "inprogress": "in progress",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Event:
    """One incident: `facts` are labelled lines, `updates` (when, state, words) in any order."""

    id: str
    title: str
    began: str
    url: str
    facts: tuple[tuple[str, str], ...]
    updates: tuple[tuple[str, str, str], ...]


def read_statuspage(asked: Asked) -> ReadResult:
    """The incidents that are new or were updated. None at all is a good day. Raises nothing but MemoryError."""
    value = answered(asked.capture)
    if isinstance(value, ReadResult):
        return value
    events = _events(value)
    if events is None:
        return refused(value) or failed(FailureReason.SELECTOR_BROKEN, "no status page that we know answers like this")
    documents: dict[str, Document] = {}
    for event in events:
        key = digest(event.id, event.title, repr(event.facts), repr(event.updates))
        documents.setdefault(key, _document(event, asked))
    components = value.get("components") if isinstance(value, dict) else None
    return ReadResult(
        documents=tuple(document for key, document in documents.items() if key not in asked.known),
        seen=tuple(documents),
        items=len(events) + (len(components) if isinstance(components, list) else 0),
    )


def _document(event: _Event, asked: Asked) -> Document:
    capture = asked.capture
    updates = [(_at(when, capture), state, text) for when, state, text in event.updates]
    updates.sort(key=lambda update: update[0].timestamp() if update[0] else 0.0, reverse=True)
    began = _at(event.began, capture) or (updates[-1][0] if updates else None)
    head = [f"{label}: {text}." for label, text in event.facts if text]
    raw = "\n\n".join([" ".join(head), *(_told(*update) for update in updates)])
    doubts = ("date_unknown",) if began is None else ()
    return Document(
        id=digest(asked.source.id, event.id),
        source_id=asked.source.id,
        capture_id=capture.id,
        url=event.url or asked.source.url,
        title=event.title,
        text=clean(raw),
        published=began,
        fetched_at=capture.fetched_at,
        doubts=(*doubts, "text_cut") if cut_short(raw) else doubts,
    )


def _at(written: str, capture: Capture) -> datetime | None:
    """Programs write digits; the names of months, in which other dates are looked for, take a thousand times longer."""
    return published_at(written, capture.fetched_at) if _NUMERIC.fullmatch(written) else None


def _told(when: datetime | None, state: str, text: str) -> str:
    head = ", ".join(part for part in (f"{when:%Y-%m-%d %H:%M} UTC" if when else "", state) if part)
    return f"{head}: {text}" if head and text else head or text


def _events(value: Any) -> list[_Event] | None:
    """In the order of the answer; None when it is no status page's."""
    if isinstance(value, list):
        records = _records(value)
        if value and not records:
            return None
        read = _of_google if any("external_desc" in record for record in records) else _of_aws
        known = all(
            "external_desc" in record or "event_log" in record or "service_name" in record for record in records
        )
        return list(_all(read, records)) if known else None
    if not isinstance(value, dict):
        return None
    lists = {name: _records(value.get(name)) for name in _LISTS if isinstance(value.get(name), list)}
    if "current" in lists:
        return [*_all(_of_aws, lists["current"]), *_all(_of_aws, lists.get("archive", []))]
    page = value.get("page")
    if not isinstance(page, dict):
        return None
    if "incidents" in lists or "scheduled_maintenances" in lists:
        found = [*lists.get("incidents", []), *lists.get("scheduled_maintenances", [])]
        return list(_all(_of_statuspage, found))
    if isinstance(value.get("status"), dict):  # Statuspage's shortest answer
        return _overall(value["status"], page)
    if "activeIncidents" in lists or "activeMaintenances" in lists or isinstance(page.get("status"), str):
        found = [*lists.get("activeIncidents", []), *lists.get("activeMaintenances", [])]
        return list(_all(_of_instatus, found))
    return None


def _all(read: Callable[[dict[str, Any]], _Event], records: list[dict[str, Any]]) -> Iterator[_Event]:
    yield from (event for event in map(read, records[:MOST]) if event.title)


def _records(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _names(value: Any, *keys: str) -> str:
    """The names of components, products or places, each once."""
    found = [next((name for key in keys if (name := words(item.get(key)))), "") for item in _records(value)[:MOST]]
    return clean_title(", ".join(dict.fromkeys(filter(None, found))))


def _first(record: dict[str, Any], *keys: str) -> str:
    return next((text for key in keys if (text := words(record.get(key)))), "")


def _plain(word: str) -> str:
    """`in_progress`, `PARTIALOUTAGE` as people write them."""
    plain = clean_title(word.replace("_", " ").lower())
    return _WRITTEN_TOGETHER.get(plain, plain)


def _planned(record: dict[str, Any], start: str, end: str) -> str:
    return " to ".join(moment for key in (start, end) if (moment := _moment(words(record.get(key)))))


def _moment(text: str) -> str:
    """A time ahead, which the rules for dates of publication would refuse; as it is written when it is no ISO 8601."""
    try:
        moment = datetime.fromisoformat(text)
        return f"{moment.astimezone(UTC) if moment.tzinfo else moment:%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError):
        return clean_title(text)


def _of_statuspage(record: dict[str, Any]) -> _Event:
    updates = _records(record.get("incident_updates"))[:MOST]
    affected = [item for update in updates for item in _records(update.get("affected_components"))]
    title = clean_title(_first(record, "name"))
    return _Event(
        id=_first(record, "id", "shortlink", "created_at") or title,
        title=title,
        began=_first(record, "created_at", "started_at"),
        url=web_url(_first(record, "shortlink")) or "",
        facts=(
            ("Status", _plain(_first(record, "status"))),
            ("Impact", _plain(_first(record, "impact"))),
            ("Affects", _names([*_records(record.get("components")), *affected], "name")),
            ("Planned for", _planned(record, "scheduled_for", "scheduled_until")),
        ),
        updates=tuple(
            (_first(update, "display_at", "created_at"), _plain(_first(update, "status")), _first(update, "body"))
            for update in updates
        ),
    )


def _overall(status: dict[str, Any], page: dict[str, Any]) -> list[_Event] | None:
    """The whole page's state, told while it is not well; each state is a story of its own."""
    indicator = _first(status, "indicator")
    if not indicator:
        return None
    if indicator == "none":
        return []
    said, name = clean_title(_first(status, "description")), clean_title(_first(page, "name"))
    title = ": ".join(part for part in (name, said or _plain(indicator)) if part)
    url = web_url(_first(page, "url")) or ""
    changed = _first(page, "updated_at")
    return [_Event(digest(indicator, said), title, changed, url, (("Impact", _plain(indicator)),), ())]


def _of_instatus(record: dict[str, Any]) -> _Event:
    title = clean_title(_first(record, "name"))
    began = _first(record, "started", "start")
    updates = _records(record.get("updates"))[:MOST]
    return _Event(
        id=_first(record, "id", "url") or digest(title, began),
        title=title,
        began=began,
        url=web_url(_first(record, "url")) or "",
        facts=(
            ("Status", _plain(_first(record, "status"))),
            ("Impact", _plain(_first(record, "impact"))),
            ("Affects", _names(record.get("components"), "name")),
            ("Planned for", _planned(record, "start", "end")),
            ("Minutes", clean_title(_first(record, "duration"))),
        ),
        updates=tuple(
            (
                _first(update, "started", "createdAt"),
                _plain(_first(update, "status")),
                _first(update, "message", "messageHtml"),
            )
            for update in updates
        ),
    )


def _of_google(record: dict[str, Any]) -> _Event:
    updates = _records(record.get("updates"))[:MOST]
    title = clean_title(_first(record, "external_desc").split("\n", 1)[0])
    try:
        url = web_url(urljoin("https://status.cloud.google.com/", _first(record, "uri"))) or ""
    except ValueError:
        url = ""
    return _Event(
        id=_first(record, "id", "number") or title,
        title=title,
        began=_first(record, "begin", "created"),
        url=url if _first(record, "uri") else "",
        facts=(
            ("Status", "resolved" if _first(record, "end") else "ongoing"),
            ("Impact", _plain(_first(record, "status_impact", "severity"))),
            (
                "Affects",
                _names(record.get("affected_products"), "title") or clean_title(_first(record, "service_name")),
            ),
        ),
        updates=tuple(
            (_first(update, "when", "created"), _plain(_first(update, "status")), _first(update, "text"))
            for update in updates
        ),
    )


def _of_aws(record: dict[str, Any]) -> _Event:
    service = clean_title(_first(record, "service_name", "service"))
    said = clean_title(_first(record, "summary"))
    began = _first(record, "date")
    log = _records(record.get("event_log"))[:MOST]
    updates = [
        (_first(update, "timestamp"), _plain(_first(update, "summary")), _first(update, "message")) for update in log
    ]
    if not updates and _first(record, "description"):
        updates = [(began, "", _first(record, "description"))]
    return _Event(
        id=_first(record, "arn") or digest(service, began),
        title=f"{service}: {said}" if service and said else service or said,
        began=began,
        url="",
        facts=(("Affects", service), ("In", clean_title(_first(record, "region_name")))),
        updates=tuple(updates),
    )
