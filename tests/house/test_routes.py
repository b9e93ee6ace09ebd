"""Every address of the daemon's own web application, as wiring puts it together: who may, by which method, and where it
leads. A new route without a decision fails here.
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.routing import APIRoute

from monitor.config import Config, load
from monitor.desk.accounts import Accounts
from monitor.domain.people import Role
from monitor.web.api import needs
from monitor.wiring import open_service, utc_now

CONFIG = Path(__file__).parents[2] / "config"
PASSWORD = "correct horse battery"
NAMES = {Role.VIEWER: "vera", Role.OPERATOR: "otto", Role.ADMIN: "ada"}
OPEN = {  # to anybody, and why
    "/healthz": "is it alive",
    "/readyz": "is it working",
    "/metrics": "Prometheus",
    "/static/{digest}/{name}": "our own files, from a closed list",
    "/login": "the way in",
    "/login/elsewhere": "the way in by an identity provider",
    "/login/back": "and back from there",
    "/setup": "the first admin, by a key from the log",
    "/look": "colours and language, kept by the browser itself",
    "/api": "how to ask, and nothing of what there is to know",
    "/api/v1/openapi.json": "the same for programs",
    "/act/{token}": "the address is its own key",
    "/unsubscribe/{token}": "the address is its own key",
    "/calendar/{key}/{name}": "the address is its own key",
    "/feeds/{key}/incidents.atom": "the address is its own key",
    "/websub/{name}": "the address is its own key, and each push is signed",
}
LED_ASTRAY = re.compile(r"""(=["'](https?:)?//[^"'>]*evil\.example)|^(https?:)?//""")
CLIMBS = ("../", "..%2f", "..%5c", "%2e%2e%2f", "%2e%2e/", "....//", "..%c0%af", "..%252f")


@dataclass
class Served:
    """The application, behind its limits as in the daemon."""

    routes: list[APIRoute]
    outer: Any

    def client(self, **headers: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.outer, client=("127.0.0.1", 1234))
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9464", headers=headers)

    async def visitors(self) -> dict[Role, httpx.AsyncClient]:
        """Browsers of one person each; nobody's is ANYONE."""
        clients = {role: self.client() for role in Role}
        for role, name in NAMES.items():
            came = await clients[role].post("/login", data={"name": name, "password": PASSWORD, "next": "/account"})
            assert came.headers["location"] == "/account"
        return clients

    def asked(self) -> Iterator[tuple[str, str, APIRoute]]:
        """Method, address and route of all there is; what stands in braces is nothing that is known."""
        for route in self.routes:
            for method in sorted(route.methods or ()):
                yield method, re.sub(r"\{[^}]+\}", "1", route.path), route


def _routes(routes: Any) -> Iterator[APIRoute]:
    """Those of routers within routers too, which newer FastAPIs keep apart; each with the path that it has there."""
    for route in routes:
        if hasattr(route, "effective_candidates"):
            yield from _routes(route.effective_candidates())
        else:
            assert isinstance(getattr(route, "original_route", route), APIRoute), route
            yield route


@cache
def _shipped() -> Config:
    """The shipped configuration, reachable from outside, without its sources."""
    known = replace(load(CONFIG, {}), sources=())
    web = known.settings.web.model_copy(update={"public_url": "https://watch.example.com"})
    return replace(known, settings=known.settings.model_copy(update={"web": web}))


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    settings = replace(_shipped(), state_dir=tmp_path, store_url=f"sqlite:///{tmp_path / 'sellerwatch.db'}")
    service = await open_service(settings)
    accounts = Accounts(service.store.people, utc_now, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    for role, name in NAMES.items():
        await accounts.add(name, PASSWORD, role, "test")
    server: Any = service.daemon()._parts.web
    outer = inner = server._server.config.app
    while not isinstance(inner, FastAPI):
        inner = inner._app
    outer._pages._limits = replace(outer._pages._limits, per_second=1e6, burst=10**6)  # we ask more than anybody may
    outer._pages._left = 1e6
    yield Served(list(_routes(inner.routes)), outer)
    await service.close()


@pytest.mark.case(25)
async def test_case_25_every_address_has_a_door_or_is_open_for_a_reason(served: Served) -> None:
    shut, open = {}, set()
    for route in served.routes:
        role = needs(route)
        if role:
            shut[route.path] = role
        else:
            open.add(route.path)
    assert open == set(OPEN)
    assert {path for path in shut if path.startswith("/api/v1/")} >= {"/api/v1/board", "/api/v1/events"}
    acting = [one.path for one in served.routes if one.methods - {"GET", "HEAD"} and one.path not in OPEN]
    assert acting
    assert all(shut[path] >= Role.VIEWER for path in acting)


@pytest.mark.case(25)
async def test_case_25_nobody_gets_in_without_a_session_and_nobody_beyond_their_role(
    served: Served, record_property
) -> None:
    clients, tried = await served.visitors(), 0
    for method, path, route in served.asked():
        role = needs(route)
        if not role:
            continue
        stranger = await clients[Role.ANYONE].request(method, path)
        if path.startswith("/api/"):
            assert stranger.status_code == 401, (method, path)
            assert stranger.headers["content-type"] == "application/problem+json"
        else:
            led = stranger.status_code == 303 and stranger.headers["location"].startswith("/login?next=%2F")
            assert led if method == "GET" else stranger.status_code == 401, (method, path)
        for lesser in Role:
            if Role.ANYONE < lesser < role:
                assert (await clients[lesser].request(method, path)).status_code == 403, (lesser, method, path)
        if method != "GET":
            unsigned = await clients[role].request(method, path)
            assert unsigned.status_code == 403, ("without csrf", method, path)
            forged = await clients[role].request(method, path, headers={"X-CSRF-Token": "x" * 32})
            assert forged.status_code == 403, ("with another's csrf", method, path)
        tried += 1
    record_property("figure", f"{tried} doors, each tried by whoever may not enter")


@pytest.mark.long
async def test_other_methods_are_refused_by_name_and_head_is_get_without_a_body(served: Served) -> None:
    clients = await served.visitors()
    methods: dict[str, set[str]] = {}
    for method, path, _ in served.asked():
        methods.setdefault(path, set()).add(method)
    for path, known in methods.items():
        for method in {"OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"} - known:
            answer = await clients[Role.ADMIN].request(method, path)
            assert answer.status_code in (404, 405), (method, path)
            assert "access-control-allow-origin" not in answer.headers
        head = await clients[Role.ANYONE].head(path)
        assert head.content == b""
        assert head.status_code == (await clients[Role.ANYONE].get(path)).status_code, path


@pytest.mark.case(26)
@pytest.mark.long
async def test_case_26_a_host_that_is_not_ours_is_refused_and_no_page_leads_there(
    served: Served, record_property
) -> None:
    clients = await served.visitors()
    paths = sorted({path for method, path, _ in served.asked() if method == "GET"} - {"/api/v1/events"})
    asked = 0
    for path in (*paths, *(f"{path}/" for path in paths), "//evil.example/login", "/login?next=//evil.example/x"):
        for client in (clients[Role.ANYONE], clients[Role.ADMIN]):
            abroad = await client.get(path, headers={"Host": "evil.example"})
            assert abroad.status_code == 421, path
            forwarded = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
            ours = await client.get(path, headers=forwarded)
            assert ours.status_code != 500, path
            location = ours.headers.get("location", "/")
            assert location.startswith("/"), path
            assert not location.startswith(("//", "/\\")), path
            if ours.headers.get("content-type", "").startswith("text/html"):
                assert not LED_ASTRAY.search(ours.text), path
            asked += 2
    record_property("figure", f"0 of {asked} requests led astray")


@pytest.mark.case(26)
@pytest.mark.long
async def test_case_26_no_address_climbs_out_of_what_is_served(served: Served) -> None:
    clients = await served.visitors()
    folders = sorted({route.path.partition("{")[0] for route in served.routes if "{" in route.path})
    assert {"/static/", "/calendar/", "/feeds/", "/api/v1/incidents/"} <= set(folders)
    for folder in folders:
        for up in CLIMBS:
            for end in ("etc/passwd", "feeds.key", "monitor/web/static/desk.css"):
                answer = await clients[Role.ADMIN].get(httpx.URL(f"http://127.0.0.1:9464{folder}{up * 6}{end}"))
                assert answer.status_code in (303, 403, 404, 405, 422), (folder, up, end)
                assert "root:" not in answer.text
