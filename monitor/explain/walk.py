"""From an id to what it names, with all that is asked of the store for it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from monitor.checklist import Checklist, checklists
from monitor.config import Config
from monitor.domain.alerts import Delivery, Message
from monitor.domain.impact import impact
from monitor.domain.incidents import Incident
from monitor.domain.resolution import kinship
from monitor.domain.rulings import standing_acts
from monitor.explain.alert import AlertExplained
from monitor.explain.document import DocumentExplained
from monitor.explain.evidence import explained, origins_of
from monitor.explain.incident import IncidentExplained
from monitor.store.desk import AttemptRow, SqlDesk

Explained = IncidentExplained | AlertExplained | DocumentExplained


async def walk(which: str, settings: Config, desk: SqlDesk, now: datetime) -> Explained | None:
    """What `which` (the start of an id) names; None when that is nothing, or more than one."""
    if not which:
        return None
    if (incident := await desk.incident(which)) is not None:
        return await _incident(incident, settings, desk, now)
    if (delivery := await desk.told_by(which)) is not None:
        return await _alert(delivery, settings, desk)
    document = await desk.document(which)
    if document is None:
        return None
    source = next((one for one in settings.sources if one.id == document.source_id), None)
    return DocumentExplained(document, await desk.assessment(document.id), source)


async def _incident(incident: Incident, settings: Config, desk: SqlDesk, now: datetime) -> IncidentExplained:
    kin, today, acts = kinship(settings.platforms), now.date(), await desk.acts(incident.id)
    told = await desk.deliveries(incident.id, limit=1000)
    return IncidentExplained(
        incident,
        await desk.documents_of(incident.id),
        explained(incident, await desk.rulings(incident), kin, today),
        origins_of(incident),
        [impact(incident, seller, today, kin) for seller in settings.sellers],
        checklists(incident, settings.sellers, settings.playbooks, standing_acts(acts), kin, today),
        today,
        acts,
        told,
        await _tries(told, desk),
        await desk.held(incident.id),
        await desk.alerts([one.alert_id for one in told]),
    )


async def _alert(delivery: Delivery, settings: Config, desk: SqlDesk) -> AlertExplained:
    """With the incident as the message has it, and what is left of its vectors, which are kept once, with the rows."""
    told = [one for one in await desk.deliveries(delivery.incident_id, 1000) if one.alert_id == delivery.alert_id]
    tries, message = await _tries(told, desk), delivery.message
    incident = await desk.incident(delivery.incident_id)
    if not isinstance(message, Message):
        return AlertExplained(told, tries, None, None)
    decisions = await desk.alerts([delivery.alert_id])
    kept = {item.key: item for item in incident.evidence} if incident else {}
    evidence = tuple(
        replace(item, gist=same.gist, sketch=same.sketch)
        if (same := kept.get(item.key)) and same.content_hash == item.content_hash
        else item
        for item in message.incident.evidence
    )
    then = replace(message.incident, evidence=evidence)
    today = message.made_at.date()
    explanation = IncidentExplained(
        then,
        await desk.documents_of(incident.id) if incident else [],
        explained(then, await desk.rulings(then), kinship(settings.platforms), today),
        origins_of(then),
        [message.impact],
        [Checklist((delivery.seller_id,), message.tasks)] if message.tasks else [],
        today,
    )
    return AlertExplained(told, tries, explanation, incident, decisions)


async def _tries(told: Sequence[Delivery], desk: SqlDesk) -> dict[str, list[AttemptRow]]:
    return {one.key: await desk.attempts(one.key) for one in told if one.attempts}
