"""What the API is, as OpenAPI 3.1 says it: made of the routes themselves, and of what the conventions add to each."""

import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from monitor import __version__
from monitor.domain.people import Role
from monitor.web.access import CSRF_HEADER, SESSION
from monitor.web.api import needs
from monitor.web.api_plain import SCHEMAS
from monitor.web.api_webhooks import WEBHOOK, WEBHOOK_SCHEMAS

ABOUT = f"""Everything that the desk shows, as JSON, and what people do there.

**Coming in.** `Authorization: Bearer sw_...`: an admin makes tokens (`sellerwatch tokens add NAME --role viewer`, or on
the page of the people). A token may what its role may: a viewer reads, an operator acts, an admin says who may. A
browser that is logged in may ask with its cookie; what changes something then needs the header `{CSRF_HEADER}`.

**Values.** Amounts are decimal strings in the currency beside them. Instants are RFC 3339 in UTC; dates are ISO 8601
and may be partial (`2024-11`). Words of ours are in the language of the account, else in that of `Accept-Language`.
Fields are added as time goes by, and none is taken away within `v1`: pass over what you do not know.

**Lists.** `limit` is at most 200. Where an answer has `next`, give it as `after` for what follows; the same stands in
`Link: <...>; rel="next"`. A query parameter that does not exist is refused.

**Again.** What is read has an `ETag`: send it as `If-None-Match`, and 304 says that nothing changed. Who acts may send
`Idempotency-Key`: the same request with the same key acts once, and gets the answer of the first time.

**Errors** are `application/problem+json` (RFC 9457).

**Besides**: `/api/v1/events` tells what changes, live; `/incidents.csv` is the list as a table; `/feeds/incidents.atom`
is a feed; each seller has a calendar. The page `/api` names their addresses.
"""
TAGS = {
    "desk": "What needs somebody, what is due, what is at risk, where we are blind.",
    "incidents": "What happened or will, with its evidence, its price and what is to be done.",
    "sources": "Where we look, and what we see.",
    "exposure": "What the sellers have at stake, and what an event would cost.",
    "search": "Words in documents and incidents.",
    "messages": "What was told to whom, what is to go out, and what is held back.",
    "feedback": "What people corrected, and what came of it.",
    "people": "Who may, and who did what.",
    "cluster": "The daemons that share the work, what waits, and what failed.",
    "events": "What changes, as it changes.",
}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "status", "title", "detail"],
    "properties": {
        "type": {"type": "string"},
        "status": {"type": "integer"},
        "title": {"type": "string", "description": "What went wrong."},
        "detail": {"type": "string", "description": 'More about this time, or "".'},
        "errors": {
            "type": "array",
            "description": "What the request says wrong, one by one.",
            "items": {
                "type": "object",
                "required": ["in", "name", "detail"],
                "properties": {
                    "in": {"type": "string", "examples": ["query", "path", "header", "body"]},
                    "name": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
    "examples": [
        {
            "type": "about:blank",
            "status": 422,
            "title": "The request does not say what it must",
            "detail": "limit: Input should be less than or equal to 200",
            "errors": [{"in": "query", "name": "limit", "detail": "Input should be less than or equal to 200"}],
        }
    ],
}
_WRONG = {
    401: "Nobody is known by what was sent.",
    403: "The role does not reach, or the page's token is missing.",
    404: "There is no such thing.",
    409: "It cannot be done as things stand.",
    413: "The body is too long.",
    422: "The request does not say what it must.",
    429: "Too many requests: `Retry-After` says when to try again.",
    500: "That went wrong here: the log says why, by the `reference`.",
    503: "The store does not answer at present.",
}
_TAG = {"ETag": {"description": "Changes with what is said.", "schema": {"type": "string"}}}
_LINK = {"Link": {"description": "Where the list goes on.", "schema": {"type": "string"}}}


def description(router: APIRouter) -> Mapping[str, Any]:
    """The OpenAPI document of the API's router."""
    routes = {
        (route.path_format, method.lower()): route
        for route in router.routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in route.methods or ()
    }
    used = {str(tag) for route in routes.values() for tag in route.tags}
    made = get_openapi(
        title="Sellerwatch",
        version=__version__,
        summary="Warns cross-border sellers before a platform closes, leaves their market, or is banned.",
        description=ABOUT,
        routes=router.routes,
        tags=[{"name": name, "description": words} for name, words in TAGS.items() if name in used],
    )
    made = _briefly(made)
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            _complete(operation, method, needs(routes[path, method]), "{" in path)
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas.update({name: schema for name, schema in SCHEMAS.items() if name in schemas})
    schemas.update({"Problem": _PROBLEM} | WEBHOOK_SCHEMAS)
    made["components"]["schemas"] = dict(sorted(schemas.items()))
    made["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "A token that an admin made."},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": SESSION,
            "description": f"A browser's session; `__Host-{SESSION}` where the connection is encrypted.",
        },
    }
    made["webhooks"] = {"message": {"post": WEBHOOK}}
    return made


def _briefly(made: dict[str, Any]) -> dict[str, Any]:
    """Of two values of one name each is called by its section too: `IncidentsPage`, without all that leads there."""
    text = json.dumps(made)
    for name in made.get("components", {}).get("schemas", {}):
        *_, section, own = name.split("__") if "__" in name else ("", name)
        if section:
            text = text.replace(f'"{name}"', f'"{section.title().replace("_", "")}{own}"')
            text = text.replace(f'/{name}"', f'/{section.title().replace("_", "")}{own}"')
    known: dict[str, Any] = json.loads(text)
    return known


def _complete(operation: dict[str, Any], method: str, role: Role | None, named: bool) -> None:
    operation["security"] = [{}] if not role else [{"token": []}, {"session": []}]
    if role:
        operation["x-role"] = role.name.lower()
    answers = operation["responses"]
    reads = method == "get"
    wrong = [401, 403] if role else []
    wrong += [404] if named else []
    wrong += [] if reads else [409, 413]
    declared = [int(status) for status in answers if status.isdecimal() and int(status) >= 400]
    for status in {*wrong, *declared, 422, 429, 500, 503}:
        answers[str(status)] = {
            "description": answers.get(str(status), {}).get("description") or _WRONG[status],
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    answers["422"]["description"] = _WRONG[422]
    good = answers.get("200", {})
    if reads and "application/json" in good.get("content", {}):
        lists = any(one["name"] == "after" for one in operation.get("parameters", ()))
        good["headers"] = _TAG | (_LINK if lists else {})
        answers["304"] = {"description": "Nothing changed since the ETag that was sent."}
        operation.setdefault("parameters", []).append(
            {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}, "description": "An ETag."}
        )
    if not reads:
        parameters = operation.setdefault("parameters", [])
        parameters[:] = [one for one in parameters if one["name"].lower() != "idempotency-key"]
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "schema": {"type": "string", "maxLength": 100},
                "description": "Of your choice, a new one for each thing to do: with the same one it is done once.",
            }
        )
    operation["responses"] = dict(sorted(answers.items()))
