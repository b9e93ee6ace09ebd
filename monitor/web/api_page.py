"""`/api/v1/openapi.json`, and `/api`: the same for people to read, without a script from anywhere.

Both are open to anybody: they say how to ask, and nothing of what there is to know.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from monitor.domain.people import Role
from monitor.web.access import Visitor
from monitor.web.api import PREFIX
from monitor.web.api_description import description
from monitor.web.house import House
from monitor.web.paper import HEADERS

OPENAPI = f"{PREFIX}/openapi.json"


@dataclass(frozen=True, slots=True)
class Address:
    """An address that lets in whoever knows it. `kind` is "feed" or "calendar"; `whose` the seller's name, or ""."""

    kind: str
    whose: str
    address: str


class Addresses(Protocol):
    """Who knows them."""

    def all(self) -> Sequence[Address]: ...


def routes(house: House, addresses: Addresses, whole: APIRouter) -> APIRouter:
    """The description of the router `whole`."""
    router = APIRouter(include_in_schema=False)
    made: Callable[[], Mapping[str, Any]] = cache(lambda: description(whole))

    @router.get(OPENAPI)
    async def openapi(visitor: Annotated[Visitor, Depends(house.door.anyone)]) -> Response:
        """For programs."""
        return JSONResponse(made(), headers={"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"})

    @router.get("/api")
    async def page(request: Request, visitor: Annotated[Visitor, Depends(house.door.anyone)]) -> Response:
        """For people."""
        reader, known = house.paper.reader(request, visitor), made()
        shown: dict[str, Any] = {
            "about": _paragraphs(known["info"]["description"]),
            "sections": _sections(known),
            "schemas": {name: _fields(schema) for name, schema in known["components"]["schemas"].items()},
            "openapi": OPENAPI,
            "addresses": addresses.all() if visitor.role >= Role.VIEWER else [],
        }
        answer = house.paper.page(request, reader, "api.html.j2", **shown)
        answer.headers.update(HEADERS | {"Referrer-Policy": "no-referrer"})  # the addresses stay here
        return answer

    return router


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text: plain, "strong" or "code"."""

    kind: str
    text: str


def _spans(text: str) -> Sequence[Span]:
    """`code` and **strong**, the little of Markdown that the description is written in."""
    found = []
    for number, piece in enumerate(text.split("`")):
        if number % 2:
            found.append(Span("code", piece))
            continue
        for turn, part in enumerate(piece.split("**")):
            if part:
                found.append(Span("strong" if turn % 2 else "", part))
    return found


def _paragraphs(text: str) -> Sequence[Sequence[Span]]:
    return [_spans(" ".join(part.split())) for part in text.strip().split("\n\n")]


def _sections(known: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """By tag, each with what there is to ask."""
    words = {tag["name"]: tag["description"] for tag in known["tags"]}
    found: dict[str, list[Mapping[str, Any]]] = {name: [] for name in words}
    for path, operations in known["paths"].items():
        for method, operation in operations.items():
            found.setdefault(operation.get("tags", ["desk"])[0], []).append(_operation(path, method, operation))
    found["webhooks"] = [_operation("", "post", known["webhooks"]["message"]["post"])]
    words["webhooks"] = "What is sent to you."
    return [{"name": name, "about": words.get(name, ""), "operations": some} for name, some in found.items() if some]


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "id": operation["operationId"],
        "path": path,
        "method": method.upper(),
        "summary": operation.get("summary", ""),
        "about": _paragraphs(operation.get("description", "")),
        "role": operation.get("x-role", ""),
        "parameters": [
            {
                "name": one["name"],
                "place": one["in"],
                "type": _type(one["schema"]),
                "needed": one.get("required", False),
                "about": _spans(one.get("description", "") or one["schema"].get("description", "")),
            }
            for one in operation.get("parameters", ())
        ],
        "body": _content(operation.get("requestBody", {})),
        "answers": [
            {"status": status, "about": _spans(one["description"]), "content": _content(one)}
            for status, one in operation["responses"].items()
            if status not in _EVERYWHERE
        ],
    }


_EVERYWHERE = frozenset({"401", "403", "413", "422", "429", "503"})  # said once, at the beginning


def _content(one: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
    """Media type, type, and an example as it was written."""
    return [
        (media, _type(content.get("schema", {})), str(content.get("example", "")))
        for media, content in one.get("content", {}).items()
    ]


def _fields(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    needed = schema.get("required", ())
    return {
        "about": schema.get("description", ""),
        "type": _type(schema) if "properties" not in schema else "",
        "fields": [
            {"name": name, "type": _type(one), "needed": name in needed, "about": one.get("description", "")}
            for name, one in schema.get("properties", {}).items()
        ],
    }


def _type(schema: Mapping[str, Any]) -> str:
    """In a few words, names of schemas among them."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " | ".join(dict.fromkeys(_type(one) for one in schema[key]))
    if "enum" in schema:
        return " | ".join(f'"{word}"' for word in schema["enum"])
    if "const" in schema:
        return f'"{schema["const"]}"'
    kind = str(schema.get("type", "any"))
    if kind == "array":
        inner = schema.get("prefixItems")
        return f"[{', '.join(map(_type, inner))}]" if inner else f"list of {_type(schema.get('items', {}))}"
    return schema.get("format", "") or kind
