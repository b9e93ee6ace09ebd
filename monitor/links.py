"""Links by which a message is answered: each is one act on one incident for one seller's target, signed and for a time.

A link is its own authority: whoever has the message may act. Nothing is asked of the store to make or to read one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from monitor.domain.alerts import Delivery, Message, Reason
from monitor.domain.documents import digest
from monitor.domain.rulings import ActKind

VALID = timedelta(days=30)
KEY_FILE = "links.key"  # in the state directory; remove it, and every link is void
UNSUBSCRIBE = "unsubscribe"
KINDS = (ActKind.ACK, ActKind.TAKE, ActKind.DONE, ActKind.FALSE_ALARM, ActKind.NOT_FOR_US)
_LONGEST = 1_000  # characters of a token; ours have some 250
_SILENT = (Reason.TEST, Reason.DRILL)  # there is nothing to act on


class BadLinkError(ValueError):
    """It was not made here, or was changed since."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a link offers to do. `kind` is an ActKind's value, or UNSUBSCRIBE; `alert_id` is the message it stood in."""

    kind: str
    incident_id: str
    seller_id: str
    target: str
    alert_id: str
    until: datetime
    language: str = "en"
    zone: str = "UTC"

    @property
    def name(self) -> str:
        """What makes it one: the same offer in a second copy of the message is the same."""
        return digest(self.kind, self.incident_id, self.seller_id, self.target, self.alert_id)


class Links:
    """Makes and reads the links of one installation; none without a `public_url`, as nobody could follow them."""

    def __init__(self, public_url: str, key: bytes) -> None:
        self._url = public_url.rstrip("/")
        self._serializer = URLSafeSerializer(key, salt="sellerwatch.links")

    def of(self, delivery: Delivery) -> tuple[tuple[str, str], ...]:
        """By kind, the links of a message; a function of the delivery alone, so that every copy bears the same."""
        if not self._url or delivery.created_at is None:
            return ()
        acts = [kind.value for kind in KINDS if _asks(delivery, kind)]
        return tuple(
            (kind, f"{self._url}/{_path(kind)}/{self._token(kind, delivery)}") for kind in (*acts, UNSUBSCRIBE)
        )

    def _token(self, kind: str, delivery: Delivery) -> str:
        assert delivery.created_at is not None
        until = int((delivery.created_at + VALID).timestamp())
        said = (delivery.incident_id, delivery.seller_id, delivery.target, delivery.alert_id)
        token = self._serializer.dumps([kind, *said, until, delivery.language, delivery.zone])
        return token if isinstance(token, str) else token.decode()

    def read(self, token: str) -> Offer:
        """What it offers, whether it is still valid or not. Raises BadLinkError."""
        try:
            kind, incident, seller, target, alert, until, language, zone = self._loaded(token)
            return Offer(kind, incident, seller, target, alert, datetime.fromtimestamp(until, UTC), language, zone)
        except (BadSignature, ValueError, TypeError, OverflowError) as error:
            raise BadLinkError("this link was not made here, or not all of it arrived") from error

    def _loaded(self, token: str) -> list[Any]:
        if len(token) > _LONGEST:
            raise BadLinkError("too long")
        loaded: list[Any] = self._serializer.loads(token)
        return loaded


def _asks(delivery: Delivery, kind: ActKind) -> bool:
    """Whether there is something to act on: an incident that stands, and something to do where that is to be marked."""
    message = delivery.message
    if not isinstance(message, Message) or delivery.reason in (*_SILENT, Reason.ALL_CLEAR):
        return False
    return kind is not ActKind.DONE or bool(message.incident.deadlines or message.tasks)


def _path(kind: str) -> str:
    return UNSUBSCRIBE if kind == UNSUBSCRIBE else "act"
