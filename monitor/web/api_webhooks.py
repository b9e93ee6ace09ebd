"""The webhook as OpenAPI describes it: the event that docs/webhooks.md puts in words, as a schema."""

from collections.abc import Iterable
from enum import Enum
from typing import Any

from monitor.domain.alerts import Reason
from monitor.domain.deadlines import DeadlineRole
from monitor.domain.digests import End
from monitor.domain.errors import FailureReason
from monitor.domain.exposure import Part, Severity
from monitor.domain.health import Standing
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "integer"}
_YES: Schema = {"type": "boolean"}
_AMOUNT: Schema = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}
_INSTANT: Schema = {"type": "string", "format": "date-time"}
_DATE: Schema = {"type": "string", "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"}
_SEVERITY: Schema = {"enum": [one.name.lower() for one in Severity]}


def _words(words: type[Enum]) -> Schema:
    return {"type": "string", "enum": [one.value for one in words]}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _many(schema: Schema) -> Schema:
    return {"type": "array", "items": schema, "maxItems": 50}


def _named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/Webhook{name}"}


def _object(words: str, optional: Iterable[str] = (), /, **fields: Schema) -> Schema:
    """All its fields are there but the optional ones, and there may be others."""
    needed = [name for name in fields if name not in optional]
    return {"type": "object", "description": words, "required": needed, "properties": fields}


_COMMON: dict[str, Schema] = {
    "version": {"const": 1},
    "kind": {"enum": ["incident", "sources", "digest", "roundup"]},
    "reason": _words(Reason),
    "alert": _TEXT,
    "target": _TEXT,
    "severity": _SEVERITY,
    "test": _YES,
    "drill": _YES,
    "repeat": _YES,
    "made_at": _INSTANT,
    "language": _TEXT,
    "subject": _TEXT,
    "text": _TEXT,
    "links": {"type": "object", "additionalProperties": {"type": "string", "format": "uri"}},
}
_SCHEMAS: dict[str, Schema] = {
    "Event": _object(
        "A CloudEvent 1.0 in structured mode.",
        specversion={"const": "1.0"},
        id={"type": "string", "description": "Of the delivery: fold copies by it."},
        source={"type": "string", "format": "uri"},
        type={"type": "string", "pattern": r"^sellerwatch\.(incident|sources|digest|roundup)\.[a-z_]+$"},
        subject={"type": "string", "description": "The incident's id."},
        time=_INSTANT,
        dataschema={"const": "urn:sellerwatch:data:1"},
        data={"oneOf": [_named(name) for name in ("Incident", "Sources", "Digest", "Roundup")]},
    ),
    "Incident": _object(
        "What is said of one incident to one seller's people.",
        **_COMMON | {"kind": {"const": "incident"}},
        why=_TEXT,
        level=_NUMBER,
        resolved=_YES,
        seller=_object("Whom it is about.", id=_TEXT, name=_TEXT),
        incident=_named("Facts"),
        impact=_named("Impact"),
        tasks=_many(_object("A step.", playbook=_TEXT, step=_TEXT, do=_TEXT, owner=_TEXT, due=_maybe(_DATE))),
        due=_many(_named("Due")),
        before=_maybe(
            _object(
                "What the seller was told before.",
                at=_INSTANT,
                status=_words(Status),
                severity=_SEVERITY,
                platforms=_many(_TEXT),
                regions=_many(_TEXT),
                effective=_maybe(_DATE),
            )
        ),
    ),
    "Facts": _object(
        "The event, as far as it is known.",
        id=_TEXT,
        revision=_NUMBER,
        event=_words(EventType),
        status=_words(Status),
        status_why=_TEXT,
        headline=_TEXT,
        platforms=_many(_TEXT),
        regions=_many(_TEXT),
        effective=_maybe(_DATE),
        deadlines=_many(
            _object(
                "A date.",
                date=_DATE,
                role=_words(DeadlineRole),
                zone=_TEXT,
                actor=_TEXT,
                certainty=_TEXT,
                quote=_TEXT,
            )
        ),
        question=_TEXT,
        opened_at=_INSTANT,
        updated_at=_INSTANT,
        closed_at=_maybe(_INSTANT),
        merged_into=_maybe(_TEXT),
        sources=_many(
            _object(
                "Who says so.",
                title=_TEXT,
                url=_maybe({"type": "string", "format": "uri"}),
                publisher=_TEXT,
                authority=_words(Authority),
                language=_TEXT,
                published_at=_INSTANT,
            )
        ),
    ),
    "Impact": _object(
        "What it means for the seller.",
        exposed=_YES,
        currency=_TEXT,
        at_once=_AMOUNT,
        per_day=_AMOUNT,
        worst=_AMOUNT,
        savable=_AMOUNT,
        share_of_sales={"type": "number", "minimum": 0},
        terms=_many(
            _object("A summand.", what=_TEXT, part=_maybe(_words(Part)), platform=_TEXT, country=_TEXT, amount=_AMOUNT)
        ),
        days_left=_maybe(_NUMBER),
    ),
    "Due": _object(
        "Something to be done by a day.",
        incident=_TEXT,
        headline=_TEXT,
        due=_DATE,
        days_left=_maybe(_NUMBER),
        what=_TEXT,
        owner=_TEXT,
    ),
    "Blind": _object(
        "A source that does not see.",
        source=_TEXT,
        name=_TEXT,
        url=_maybe({"type": "string", "format": "uri"}),
        standing=_words(Standing),
        failure=_maybe(_words(FailureReason)),
        since=_maybe(_INSTANT),
    ),
    "Sources": _object(
        "Our own sight.",
        **_COMMON | {"kind": {"const": "sources"}},
        resolved=_YES,
        watched=_NUMBER,
        newly_blind=_many(_named("Blind")),
        still_blind=_many(_named("Blind")),
        more_blind=_NUMBER,
        seeing_again=_many(_TEXT),
    ),
    "Standing": _object(
        "An incident in a line.",
        incident=_TEXT,
        headline=_TEXT,
        event=_words(EventType),
        status=_words(Status),
        severity=_SEVERITY,
        platforms=_many(_TEXT),
        regions=_many(_TEXT),
        effective=_maybe(_DATE),
        at_risk=_AMOUNT,
        changes=_many(_object("What changed.", what=_TEXT, before=_TEXT, after=_TEXT)),
        new=_YES,
        ended=_maybe(_words(End)),
    ),
    "Digest": _object(
        "Where everything stands.",
        **_COMMON | {"kind": {"const": "digest"}},
        seller=_object("Whose.", name=_TEXT),
        period=_TEXT,
        since=_INSTANT,
        currency=_TEXT,
        open=_many(_named("Standing")),
        more_open=_NUMBER,
        ended=_many(_named("Standing")),
        due=_many(_named("Due")),
        blind=_many(_named("Blind")),
        more_blind=_NUMBER,
        watched=_NUMBER,
        seeing=_NUMBER,
        at_risk=_AMOUNT,
    ),
    "Roundup": _object(
        "What was too much for messages of its own.",
        **_COMMON | {"kind": {"const": "roundup"}},
        messages={"type": "array", "items": _named("Standing")},
        more=_NUMBER,
    ),
}
WEBHOOK_SCHEMAS = {f"Webhook{name}": schema for name, schema in _SCHEMAS.items()}


def _header(name: str, words: str, required: bool = True) -> Schema:
    return {"name": name, "in": "header", "required": required, "description": words, "schema": _TEXT}


WEBHOOK: Schema = {
    "tags": ["webhooks"],
    "summary": "A message",
    "operationId": "message",
    "description": "Sent to each target with `channel: webhook`, signed as Standard Webhooks say (docs/webhooks.md).",
    "security": [],
    "parameters": [
        _header("webhook-id", "The event's id, the same at every try."),
        _header("webhook-timestamp", "The second of this try. Refuse one that is minutes away."),
        _header("webhook-signature", "`v1,BASE64`, one for each key of the secret.", required=False),
    ],
    "requestBody": {
        "required": True,
        "content": {"application/cloudevents+json": {"schema": _named("Event")}},
    },
    "responses": {
        "2XX": {"description": "It is yours: it is not sent again."},
        "408": {"description": "Later."},
        "429": {"description": "Later; `Retry-After` counts, up to an hour."},
        "5XX": {"description": "Later."},
        "default": {"description": "Never: it is dead, and goes to the target's fallback."},
    },
}
