"""Prometheus Alertmanager (API v2): one alert for each incident, seller and target, firing until told otherwise.

Alertmanager knows an alert by its labels. So only what never changes while an incident lives is a label; severity,
rung, platforms and dates move, and are annotations. To route by them there, give the targets filters and route by the
label `target`.

Alertmanager has no memory of alerts beyond its process, and resolves each at its `endsAt`. Every message renews it for
`_FIRES`, and the word that it is called off or closed ends it (`monitor.domain.endings`). A word of an incident that
took others in ends theirs.
"""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, Message, Reason, Target
from monitor.domain.incidents import ChangeKind
from monitor.domain.vigils import Notice
from monitor.notify.egress import Egress, classed
from monitor.notify.facts import moment, resolved
from monitor.notify.note import cut, inert, note
from monitor.notify.wording import clean, link
from monitor.notify.written import Links, no_links, written

_FIRES = timedelta(days=30)
_SHOWN = timedelta(days=1)  # what is no state, but news: a digest
_TRIED = timedelta(minutes=5)  # a test, a drill
_LONGEST_NOTE = 4000
_MOST_TAKEN = 50
_PASSING = {Reason.TEST: "SellerwatchTest", Reason.DRILL: "SellerwatchDrill"}


class AlertmanagerChannel:
    """Posts to `/api/v2/alerts` below the target's address. Its secret is `user:password`, or a bearer token."""

    name = "alertmanager"

    def __init__(self, timeout: float = 15.0, allow_private: bool = False, links: Links = no_links) -> None:
        self._egress, self._links = Egress(timeout, allow_private), links

    async def send(self, target: Target, delivery: Delivery) -> Attempt:
        """One try. A second copy is the same alert once more, so a try without an answer is simply tried again."""
        body = json.dumps(alerts(delivery, self._links), allow_nan=False).encode()
        url = target.address.rstrip("/") + "/api/v2/alerts"
        try:
            headers = {"Content-Type": "application/json"} | _authorization(target.secret)
        except UnicodeError:
            return Attempt(AttemptClass.PERMANENT, "bad_secret", "the target's secret fits in no header")
        end = await self._egress.post(url, body, headers)
        if not isinstance(end, Attempt):
            return classed(end, "Alertmanager")
        return replace(end, result=AttemptClass.TRANSIENT) if end.result is AttemptClass.AMBIGUOUS else end


def alerts(delivery: Delivery, links: Links = no_links) -> list[dict[str, Any]]:
    """That of the message, and an end to those of the incidents that went into its own. One that never fired does no
    harm: Alertmanager tells nobody that what it did not know is over."""
    one, said = alert(delivery, links), delivery.message
    if not isinstance(said, Message):
        return [one]
    taken = [change for change in said.incident.history if change.kind is ChangeKind.MERGED]
    gone = {change.before: None for change in taken if change.after == said.incident.id}
    over = {"startsAt": one["startsAt"], "endsAt": moment(said.made_at)}
    return [one, *({"labels": one["labels"] | {"incident": clean(id, 64)}, **over} for id in list(gone)[-_MOST_TAKEN:])]


def alert(delivery: Delivery, links: Links = no_links) -> dict[str, Any]:
    """The alert of a message, as the API takes it."""
    said, letter = delivery.message, written(delivery, links(delivery))
    name, starts, lasts = "SellerwatchNews", said.made_at, _SHOWN
    incident, source = "", None
    if isinstance(said, Message):
        name, lasts = "SellerwatchIncident", _FIRES
        if delivery.reason in _PASSING:
            name, lasts = _PASSING[delivery.reason], _TRIED
        incident, starts = said.incident.id, min(said.incident.opened_at, said.made_at)
        source = next(filter(None, (link(one.url) for one in said.incident.evidence)), None)
    elif isinstance(said, Notice):
        name, lasts = "SellerwatchBlind", _FIRES
        starts = min([one.since for one in (*said.fresh, *said.known) if one.since], default=said.made_at)
    over = resolved(said)
    labels = {
        "alertname": name,
        "incident": clean(incident, 64),
        "seller": clean(delivery.seller_id, 64),
        "target": clean(delivery.target, 64),
    }
    text = note(letter, _LONGEST_NOTE)
    annotations = {
        "summary": cut(letter.subject, 300),
        "description": text,
        "severity": delivery.severity.name.lower(),
        "reason": delivery.reason.value,
        "alert": said.alert_id,
        "delivery": delivery.key,
    }
    if isinstance(said, Message):
        annotations |= {
            "status": said.incident.status.value,
            "event": said.incident.event_type.value,
            "platforms": ", ".join(clean(one, 60) for one in said.incident.platforms[:12]),
            "regions": ", ".join(clean(one, 60) for one in said.incident.regions[:20]),
        }
    return {
        "labels": {key: value for key, value in labels.items() if value},
        "annotations": {key: inert(value) for key, value in annotations.items() if value},
        "startsAt": moment(starts),
        "endsAt": moment(said.made_at if over else said.made_at + lasts),
        **({"generatorURL": source} if source else {}),
    }


def _authorization(secret: str) -> dict[str, str]:
    if not secret:
        return {}
    if not secret.isprintable():
        raise UnicodeError("a header is one line")
    if ":" in secret:
        return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
    secret.encode("ascii")
    return {"Authorization": f"Bearer {secret}"}
