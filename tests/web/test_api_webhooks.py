"""The description of webhooks, held against the events that are sent."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from everything import blindness, stuffed
from jsonschema import Draft202012Validator, ValidationError
from letters import NOW, all_clear, closing, rumored_ban

from monitor.domain.alerts import Delivery, Reason
from monitor.domain.digests import Digest, DueItem, End, Moved, Roundup, Standing
from monitor.domain.exposure import Severity
from monitor.domain.incidents import ChangeKind
from monitor.domain.signals import EventType, Status
from monitor.domain.vigils import Notice
from monitor.notify.webhook import event
from monitor.web.api_webhooks import WEBHOOK, WEBHOOK_SCHEMAS

STANDING = Standing(
    "i1", "Temu", EventType.BAN, Status.CONFIRMED, Severity.HIGH, ("Temu",), ("VN",), "2024-12", 5.5, end=End.CLOSED
)


def valid(said: dict) -> None:
    """Raises ValidationError."""
    schema = WEBHOOK["requestBody"]["content"]["application/cloudevents+json"]["schema"]
    Draft202012Validator(schema | {"components": {"schemas": WEBHOOK_SCHEMAS}}).validate(said)


def other(message: Notice | Digest | Roundup, reason: Reason) -> Delivery:
    return replace(closing(), message=message, reason=reason, alert_id=message.alert_id)


def everything() -> list[Delivery]:
    moved = replace(STANDING, changes=(Moved(ChangeKind.RUNG, "rumor", "confirmed"),))
    due = DueItem("i1", "Temu", NOW.date(), "Export", "finance", None, 3)
    day = timedelta(days=1)
    digest = Digest("d1", "Acme", NOW, NOW - day, "daily", "EUR", open=(moved,), ended=(STANDING,), due=(due,))
    return [
        closing(),
        rumored_ban(),
        all_clear(),
        stuffed("de"),
        blindness("en", "a", "b"),
        other(Notice("n1", NOW, 100, recovered=("A",)), Reason.BLIND),
        other(digest, Reason.DIGEST),
        other(Roundup("r1", NOW, (STANDING,), 2, ("k1", "k2", "k3")), Reason.MORE),
    ]


@pytest.mark.parametrize("number", range(len(everything())))
def test_each_event_that_is_sent_is_as_described(number):
    said = json.loads(json.dumps(event(everything()[number])))
    valid(said)
    kind = {"incident": "Incident", "sources": "Sources", "digest": "Digest", "roundup": "Roundup"}[
        said["data"]["kind"]
    ]
    described = set(WEBHOOK_SCHEMAS[f"Webhook{kind}"]["properties"])
    assert set(said["data"]) == described, "every key is described, and every one described is sent"
    assert set(said) == set(WEBHOOK_SCHEMAS["WebhookEvent"]["properties"])


@pytest.mark.parametrize("spoil", ["severity", "reason", "incident", "impact", "made_at", "kind"])
def test_what_is_not_as_described_is_noticed(spoil):
    said = json.loads(json.dumps(event(closing())))
    said["data"].pop(spoil)
    with pytest.raises(ValidationError):
        valid(said)
