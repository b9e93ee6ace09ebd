"""The API's conventions, kept in one place: every route that a section gives is put behind them (docs/api.md).

Errors are problems (RFC 9457); what is read has an ETag; a list has `next`, which goes on as `after`, and the same as a
Link (RFC 8288); a query parameter that nobody knows is refused, since a misspelt filter would show everything.
"""

import functools
import hashlib
import json
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from monitor.domain.errors import ConflictError, UnavailableError
from monitor.domain.people import Role
from monitor.web.access import Entrance
from monitor.web.api_once import HEADER, Once
from monitor.web.api_plain import plain
from monitor.web.faults import somebody
from monitor.web.house import API, House, problem
from monitor.web.speech import noop

PREFIX = "/api/v1"
MOST = 200  # of a list, in one answer
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
After = Annotated[str, Query(max_length=400, description="`next` of the answer before; without it, the beginning.")]
_FRESH = {"Cache-Control": "private, no-cache", "Vary": "Accept-Language, Authorization, Cookie"}
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def number(after: str) -> int:
    """Of a list whose cursors are numbers; 0 for one that nobody gave out."""
    return int(after) if after.isascii() and after.isdecimal() and len(after) < 18 else 0


def following(start: int, limit: int, found: Sequence[object]) -> str:
    """The cursor of what comes after `limit` from `start` on, of which one more was asked for; "" at the end."""
    return str(start + limit) if len(found) > limit else ""


def entrances(dependant: Dependant) -> Sequence[Entrance]:
    """The doors that a route's visitors go through."""
    inner = [one for part in dependant.dependencies for one in entrances(part)]
    return [*([dependant.call] if hasattr(dependant.call, "needs") else []), *inner]  # type: ignore[list-item]


def _parameters(dependant: Dependant) -> frozenset[str]:
    own = frozenset(field.alias for field in dependant.query_params)
    return own.union(*(_parameters(part) for part in dependant.dependencies))


def needs(route: APIRoute) -> Role | None:
    """The role that a route asks for; None when it has no door."""
    return max((entrance.needs for entrance in entrances(route.dependant)), default=None)  # type: ignore[attr-defined]


def programs(routers: Iterable[APIRouter], once: Once) -> APIRouter:
    """The sections' routers as one, below PREFIX and behind the conventions."""

    class Route(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            inner = super().get_route_handler()
            known = _parameters(self.dependant)
            doors = entrances(self.dependant)

            async def handle(request: Request) -> Response:
                for door in doors:  # who may not enter learns nothing of what there is to ask
                    if request.method in _UNSAFE:
                        await request.body()  # the door reads the form out of it, and what is behind once more
                    visitor = await door(request)
                unknown = sorted(set(request.query_params) - known)
                if unknown:
                    return _wrong([_fault("query", name[:80], "There is no such parameter.") for name in unknown])
                try:
                    if doors and HEADER in request.headers and request.method in _UNSAFE:
                        return await once.answer(request, visitor, inner)
                    answer = await inner(request)
                except RequestValidationError as error:
                    return _wrong([_fault_of(one) for one in error.errors()])
                return _tagged(request, answer) if request.method in ("GET", "HEAD") else answer

            return handle

    whole = APIRouter(prefix=PREFIX, route_class=Route)
    for router in routers:
        for route in router.routes:
            if not isinstance(route, APIRoute):
                raise TypeError(f"{route!r} has no place in the API")
            whole.add_api_route(
                route.path,
                _in_plain_words(route.endpoint),
                response_model=route.response_model,
                status_code=route.status_code,
                tags=route.tags,
                summary=route.summary,
                description=route.description,
                responses=route.responses,
                methods=route.methods,
                response_class=route.response_class,
                name=route.name,
                include_in_schema=route.include_in_schema,
                openapi_extra=route.openapi_extra,
            )
    return whole


def mind_programs(web: FastAPI, house: House) -> None:
    """Let `web` say as a problem, below API, what it says in other words elsewhere."""

    async def page(request: Request, status: int, words: str) -> Response:
        reader = house.paper.reader(request, await somebody(request, house))
        return house.paper.page(request, reader, "refused.html.j2", status, why=reader.t.say(words))

    @web.exception_handler(HTTPException)
    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers or {})
        if request.url.path.startswith(API):
            answer = problem(error.status_code, str(error.detail))
            answer.headers.update(headers)
            return answer
        if error.status_code == 404:
            return await page(request, 404, noop("There is nothing at this address."))
        return Response(str(error.detail), error.status_code, headers, "text/plain")

    @web.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: Exception) -> Response:
        """Of a page; the API's own routes see to it themselves."""
        return await page(request, 422, noop("The address or the form does not say what it must."))

    @web.exception_handler(UnavailableError)
    async def unavailable(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(API):
            answer: Response = problem(503, "The store does not answer at present")
        else:
            answer = await page(request, 503, noop("The store does not answer at present. Try again in a moment."))
        answer.headers["Retry-After"] = "5"
        return answer

    @web.exception_handler(ConflictError)
    async def conflict(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(API):
            return problem(409, "Somebody else changed it first: ask for it again")
        return await page(request, 409, noop("Somebody else changed it first. Load the page again."))


def _in_plain_words(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """The endpoint, what it answers as JSON by `plain`."""

    @functools.wraps(endpoint)
    async def said(*args: Any, **named: Any) -> Response:
        made = await endpoint(*args, **named)
        if isinstance(made, Response):
            return made
        asked_for = next((one for one in named.values() if isinstance(one, Response)), None)  # to put headers on
        return JSONResponse(plain(made), headers=dict(asked_for.headers) if asked_for else None)

    return said


def _tagged(request: Request, answer: Response) -> Response:
    """With its ETag and Link; 304 when the asker has it. When it was made does not make it another one."""
    if answer.status_code != 200 or not isinstance(answer, JSONResponse):
        return answer
    answer.headers.update(_FRESH)
    body = bytes(answer.body)
    known = json.loads(body)
    if isinstance(known, dict):
        following = known.get("next")
        if following not in (None, "", 0):
            kept = [pair for pair in request.query_params.multi_items() if pair[0] != "after"]
            address = f"{request.url.path}?{urlencode([*kept, ('after', str(following))])}"
            answer.headers["Link"] = f'<{address}>; rel="next"'
        if known.pop("at", None) is not None:
            body = json.dumps(known).encode()
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    answer.headers["ETag"] = tag
    asked = request.headers.get("if-none-match", "")
    if tag.removeprefix("W/") in {one.strip().removeprefix("W/") for one in asked.split(",")}:
        headers = {name: value for name, value in answer.headers.items() if not name.startswith("content-")}
        return Response(status_code=304, headers=headers)
    return answer


def _wrong(faults: Sequence[dict[str, str]]) -> Response:
    detail = "; ".join(f"{one['name']}: {one['detail']}" for one in faults[:5])
    return problem(422, "The request does not say what it must", detail, errors=list(faults[:50]))


def _fault(place: str, name: str, detail: str) -> dict[str, str]:
    return {"in": place, "name": name, "detail": detail}


def _fault_of(error: Any) -> dict[str, str]:
    """Where, and what; never what was sent."""
    place, *rest = [str(part) for part in error["loc"]] or ["body"]
    return _fault(place, ".".join(rest)[:200], str(error["msg"]))
