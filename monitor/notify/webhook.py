"""Any program: one CloudEvent (cloudevents.io 1.0, structured mode), signed as standardwebhooks.com says.

What stands in it is described in docs/webhooks.md.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, Target
from monitor.notify.egress import Egress, classed
from monitor.notify.facts import VERSION, facts, moment
from monitor.notify.note import note
from monitor.notify.written import Links, no_links, written

SOURCE = "urn:sellerwatch"
_LONGEST_NOTE = 4000
_SHORTEST_KEY = 24  # bytes, as Standard Webhooks ask


class WebhookChannel:
    """Posts each message to the target's address, signed with its secret: one `whsec_BASE64`, or several with spaces
    between while they are exchanged. `now` is the clock that stamps a try, which receivers check against replays."""

    name = "webhook"

    def __init__(
        self,
        now: Callable[[], datetime],
        timeout: float = 15.0,
        allow_private: bool = False,
        source: str = SOURCE,
        links: Links = no_links,
    ) -> None:
        self._now, self._source, self._links = now, source, links
        self._egress = Egress(timeout, allow_private)

    async def send(self, target: Target, delivery: Delivery) -> Attempt:
        """One try. The receiver folds copies by `webhook-id`, the same at every try."""
        try:
            keys = signing_keys(target.secret)
        except ValueError:
            return Attempt(AttemptClass.PERMANENT, "bad_secret", "the target's secret is no whsec_ key")
        body = json.dumps(event(delivery, self._source, self._links), allow_nan=False).encode()
        headers = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
        end = await self._egress.post(target.address, body, headers | signed(delivery.key, body, keys, self._now()))
        return end if isinstance(end, Attempt) else classed(end, "the receiver")


def event(delivery: Delivery, source: str = SOURCE, links: Links = no_links) -> dict[str, Any]:
    """The CloudEvent of a message."""
    data, letter = facts(delivery), written(delivery, links(delivery))
    return {
        "specversion": "1.0",
        "id": delivery.key,
        "source": source,
        "type": f"sellerwatch.{data['kind']}.{delivery.reason.value}",
        "subject": delivery.incident_id,
        "time": moment(delivery.message.made_at),
        "dataschema": f"urn:sellerwatch:data:{VERSION}",
        "data": data
        | {
            "target": delivery.target,
            "language": letter.language,
            "subject": letter.subject,
            "text": note(letter, _LONGEST_NOTE),
            "links": {action.kind: action.url for action in letter.actions},
        },
    }


def signing_keys(secret: str) -> tuple[bytes, ...]:
    """The keys of a secret; none of an empty one. Raises ValueError."""
    keys = []
    for written_key in secret.split():
        if not written_key.startswith("whsec_"):
            raise ValueError("a signing key begins with whsec_")
        keys.append(base64.b64decode(written_key.removeprefix("whsec_"), validate=True))
    if any(len(key) < _SHORTEST_KEY for key in keys):
        raise ValueError(f"a signing key has at least {_SHORTEST_KEY} bytes")
    return tuple(keys)


def signed(id: str, body: bytes, keys: Sequence[bytes], now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks 1.0; the signature's is left out without a key."""
    stamp = str(int(now.timestamp()))
    content = b".".join((id.encode(), stamp.encode(), body))
    marks = [f"v1,{base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()}" for key in keys]
    return {"webhook-id": id, "webhook-timestamp": stamp} | ({"webhook-signature": " ".join(marks)} if marks else {})
