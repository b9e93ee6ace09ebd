"""What a message says, as plain data for programs: bounded, clean, and stable within a version (docs/webhooks.md)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from monitor.domain.alerts import Delivery, Message, Reason, Said, Told
from monitor.domain.deadlines import Deadline, PartialDate
from monitor.domain.digests import Digest, DueItem, Moved, Roundup, Standing
from monitor.domain.doubts import asks, faint_denials
from monitor.domain.impact import Impact, Term
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.playbooks import Task
from monitor.domain.signals import Status
from monitor.domain.vigils import Blind, Notice
from monitor.notify.citations import documents
from monitor.notify.wording import clean, link

VERSION = 1
MOST = 50  # of anything listed; an incident has more only when somebody means harm
_LONGEST = 500  # characters of anybody else's sentence

KINDS = {Message: "incident", Notice: "sources", Digest: "digest", Roundup: "roundup"}


def facts(delivery: Delivery) -> dict[str, Any]:
    """The data of one message. Times are RFC 3339 in UTC, dates ISO 8601 and perhaps partial (`2024-11`), amounts are
    decimal strings in the seller's currency."""
    said = delivery.message
    common = {
        "version": VERSION,
        "kind": KINDS[type(said)],
        "reason": delivery.reason.value,
        "alert": said.alert_id,
        "severity": delivery.severity.name.lower(),
        "test": delivery.reason is Reason.TEST,
        "drill": delivery.reason is Reason.DRILL,
        "repeat": delivery.repeat,
        "made_at": moment(said.made_at),
    }
    match said:
        case Message():
            return common | _message(said)
        case Notice():
            return common | _notice(said)
        case Digest():
            return common | _digest(said)
        case Roundup():
            return common | {"messages": [_standing(one) for one in said.items], "more": said.more}


def resolved(said: Said) -> bool:
    """Whether nothing is the matter any more: called off, closed by a person, gone into another one, seen again."""
    if isinstance(said, Notice):
        return said.well
    if not isinstance(said, Message):
        return False
    incident = said.incident
    gone = incident.closed is not None or bool(incident.merged_into)
    return gone or incident.status is Status.REVERSED or said.reason is Reason.ALL_CLEAR


def moment(at: datetime) -> str:
    """`2024-10-02T09:30:00Z`."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _message(said: Message) -> dict[str, Any]:
    return {
        "why": clean(said.why, _LONGEST),
        "level": said.level,
        "resolved": resolved(said),
        "seller": {"id": clean(said.impact.seller_id, 64), "name": clean(said.seller_name, 100)},
        "incident": _incident(said.incident),
        "impact": _impact(said.impact),
        "tasks": [_task(one) for one in said.tasks[:MOST]],
        "due": [_due(one) for one in said.due[:MOST]],
        "before": None if said.before is None else _told(said.before),
    }


def _incident(one: Incident) -> dict[str, Any]:
    return {
        "id": clean(one.id, 64),
        "revision": one.revision,
        "event": one.event_type.value,
        "status": one.status.value,
        "status_why": clean(one.status_why, _LONGEST),
        "headline": clean(one.headline, _LONGEST),
        "platforms": _names(one.platforms),
        "regions": _names(one.regions),
        "effective": _date(one.effective_date),
        "deadlines": [_deadline(deadline) for deadline in one.deadlines[:MOST]],
        "question": clean("; ".join(filter(None, (one.question, *map(asks, faint_denials(one))))), _LONGEST),
        "opened_at": moment(one.opened_at),
        "updated_at": moment(one.updated_at),
        "closed_at": moment(one.closed.at) if one.closed else None,
        "merged_into": clean(one.merged_into, 64) or None,
        "sources": [_source(evidence) for evidence in documents(one)[:MOST]],
    }


def _deadline(one: Deadline) -> dict[str, Any]:
    return {
        "date": str(one.date),
        "role": one.role.value,
        "zone": clean(one.zone, 40),
        "actor": clean(one.actor, 60),
        "certainty": clean(one.certainty, 20),
        "quote": clean(one.quote, _LONGEST),
    }


def _source(one: Evidence) -> dict[str, Any]:
    return {
        "title": clean(one.title, _LONGEST),
        "url": link(one.url),
        "publisher": clean(one.publisher, 100),
        "authority": one.authority.value,
        "language": clean(one.lang, 12),
        "published_at": moment(one.published),
    }


def _impact(one: Impact) -> dict[str, Any]:
    return {
        "exposed": one.exposed,
        "currency": clean(one.currency, 3),
        "at_once": str(one.at_once),
        "per_day": str(one.per_day),
        "worst": str(one.worst),
        "savable": str(one.savable),
        "share_of_sales": round(one.share_of_sales, 4),
        "terms": [_term(term) for term in one.terms[:MOST]],
        "days_left": one.days_left,
    }


def _term(one: Term) -> dict[str, Any]:
    return {
        "what": clean(one.label, 100),
        "part": one.part.value if one.part else None,
        "platform": clean(one.platform, 100),
        "country": clean(one.country, 100),
        "amount": str(one.amount),
    }


def _task(one: Task) -> dict[str, Any]:
    return {
        "playbook": clean(one.playbook, 64),
        "step": clean(one.step.id, 64),
        "do": clean(one.step.do, _LONGEST),
        "owner": clean(one.step.owner, 60),
        "due": _date(one.due),
    }


def _told(one: Told) -> dict[str, Any]:
    return {
        "at": moment(one.at),
        "status": one.rung.value,
        "severity": one.severity.name.lower(),
        "platforms": _names(one.platforms),
        "regions": _names(one.regions),
        "effective": _date(one.effective_date),
    }


def _notice(said: Notice) -> dict[str, Any]:
    return {
        "resolved": said.well,
        "watched": said.watched,
        "newly_blind": [_blind(one) for one in said.fresh[:MOST]],
        "still_blind": [_blind(one) for one in said.known[:MOST]],
        "more_blind": max(0, len(said.fresh) - MOST) + max(0, len(said.known) - MOST),
        "seeing_again": [clean(name, 100) for name in said.recovered[:MOST]],
    }


def _blind(one: Blind) -> dict[str, Any]:
    return {
        "source": clean(one.source_id, 100),
        "name": clean(one.name, 100),
        "url": link(one.url),
        "standing": one.standing.value,
        "failure": one.reason.value if one.reason else None,
        "since": moment(one.since) if one.since else None,
    }


def _digest(said: Digest) -> dict[str, Any]:
    return {
        "seller": {"name": clean(said.seller_name, 100)},
        "period": said.period,
        "since": moment(said.since),
        "currency": clean(said.currency, 3),
        "open": [_standing(one) for one in said.open[:MOST]],
        "more_open": said.more_open + max(0, len(said.open) - MOST),
        "ended": [_standing(one) for one in said.ended[:MOST]],
        "due": [_due(one) for one in said.due[:MOST]],
        "blind": [_blind(one) for one in said.blind[:MOST]],
        "more_blind": said.more_blind + max(0, len(said.blind) - MOST),
        "watched": said.watched,
        "seeing": said.seeing,
        "at_risk": str(round(said.at_risk, 2)),
    }


def _standing(one: Standing) -> dict[str, Any]:
    return {
        "incident": clean(one.incident_id, 64),
        "headline": clean(one.headline, _LONGEST),
        "event": one.event_type.value,
        "status": one.status.value,
        "severity": one.severity.name.lower(),
        "platforms": _names(one.platforms),
        "regions": _names(one.regions),
        "effective": one.effective or None,
        "at_risk": str(round(one.at_risk, 2)),
        "changes": [_moved(one) for one in one.changes[:MOST]],
        "new": one.fresh,
        "ended": one.end.value if one.end else None,
    }


def _moved(one: Moved) -> dict[str, str]:
    return {"what": one.kind.value, "before": clean(one.before, _LONGEST), "after": clean(one.after, _LONGEST)}


def _due(one: DueItem) -> dict[str, Any]:
    return {
        "incident": clean(one.incident_id, 64),
        "headline": clean(one.headline, _LONGEST),
        "due": one.due.isoformat(),
        "days_left": one.left,
        "what": clean(one.what, _LONGEST),
        "owner": clean(one.owner, 60),
    }


def _names(names: Sequence[str]) -> list[str]:
    return [clean(name, 100) for name in names[:MOST]]


def _date(day: PartialDate | date | None) -> str | None:
    return None if day is None else str(day)
