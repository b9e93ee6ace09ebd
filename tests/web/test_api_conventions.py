"""The API's conventions, asked as a program asks: problems, ETags, lists, words, keys, and who may."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated

import httpx2 as httpx
import pytest
from doors import place_in
from fastapi import APIRouter, Depends, Request, Response
from incident_given import ID, world
from prometheus_client import CollectorRegistry
from rooms_given import PASSWORD, api_of, desk_of

from monitor.domain.deadlines import PartialDate
from monitor.domain.exposure import Severity
from monitor.domain.people import Role
from monitor.domain.signals import Status
from monitor.web.access import Visitor
from monitor.web.api import After, Limit, mind_programs
from monitor.web.api_plain import plain
from monitor.web.health import app


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, whole=True) as made:
        yield made


async def token(place, role: Role = Role.VIEWER) -> dict[str, str]:
    key = await place.accounts.program(f"a {role.name.lower()}", role, "ada")
    return {"Authorization": f"Bearer {key}"}


async def test_whoever_is_not_known_is_told_how_to_come_in(place):
    answer = await place.client().get("/api/v1/board")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json() == {"type": "about:blank", "status": 401, "title": "Log in first.", "detail": ""}


async def test_a_parameter_that_nobody_knows_is_refused_and_never_repeated_at_length(place):
    answer = await place.client(**await token(place)).get(f"/api/v1/board?sellr=acme&{'x' * 500}=1")
    assert answer.status_code == 422
    assert {one["name"] for one in answer.json()["errors"]} == {"sellr", "x" * 80}


async def test_who_may_not_enter_learns_nothing_of_what_there_is_to_ask(place):
    assert (await place.client().get("/api/v1/record?nonsense=1")).status_code == 401
    assert (await place.client(**await token(place)).get("/api/v1/record?nonsense=1")).status_code == 403


async def test_what_is_wrong_with_a_request_is_said_without_what_was_sent(place):
    client = place.client(**await token(place, Role.ADMIN))
    answer = await client.get("/api/v1/record", params={"limit": "<script>"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [(one["in"], one["name"]) for one in answer.json()["errors"]] == [("query", "limit")]
    assert "script" not in answer.text


async def test_below_the_api_even_what_is_not_there_is_a_problem(place):
    client = place.client()
    missing = await client.get("/api/v1/nothing")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    wrong = await client.delete("/api/v1/board")
    assert (wrong.status_code, wrong.headers["content-type"]) == (405, "application/problem+json")
    assert "GET" in wrong.headers["allow"]


async def test_who_has_what_is_said_is_told_so_and_no_more(place):
    client = place.client(**await token(place))
    first = await client.get("/api/v1/board")
    assert first.headers["cache-control"] == "private, no-cache"
    place.now += timedelta(seconds=5)  # when it was made does not make it another one
    second = await client.get("/api/v1/board", headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
    assert (second.status_code, second.content) == (304, b"")
    assert second.headers["etag"] == first.headers["etag"]
    other = await client.get("/api/v1/me", headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


async def test_head_says_what_get_would_without_its_body(place):
    client = place.client(**await token(place))
    whole, head = await client.get("/api/v1/me"), await client.head("/api/v1/me")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-length", "content-type"):
        assert head.headers[name] == whole.headers[name]
    assert (await client.head("/api/v1/events")).status_code == 200, "a stream ends after its head"


def test_values_are_said_in_words_and_in_full():
    @dataclass(frozen=True)
    class Inner:
        severity: Severity
        when: PartialDate | None

    zone = timezone(timedelta(hours=2))
    value = {
        Status.RUMOR: [Inner(Severity.CRITICAL, PartialDate("2024-11")), Inner(Severity.INFO, None)],
        "amount": Decimal("1E+3"),
        "at": datetime(2024, 10, 2, 11, 30, tzinfo=zone),
        "pause": timedelta(minutes=90),
        "yes": True,
    }
    assert plain(value) == {
        "rumor": [{"severity": "critical", "when": "2024-11"}, {"severity": "info", "when": None}],
        "amount": "1000",
        "at": "2024-10-02T09:30:00Z",
        "pause": "PT1H30M",
        "yes": True,
    }


async def test_an_incident_is_said_in_the_words_of_webhooks(tmp_path):
    store, settings, _ = await world(tmp_path)
    async with desk_of(store, settings) as browser:
        vera = browser()
        await vera.log_in("vera")
        listed = (await vera.client.get("/api/v1/incidents")).json()
        whole = (await vera.client.get(f"/api/v1/incidents/{ID}")).json()
    await store.database.close()
    assert [one["id"] for one in listed["incidents"]] == [ID]
    assert whole["severity"] in {one.name.lower() for one in Severity}
    assert (whole["status"], whole["event_type"], whole["date"]) == ("confirmed", "shutdown", "2024-11-28")
    assert all(isinstance(stake["worst"], str) for stake in whole["stakes"])
    assert datetime.fromisoformat(whole["updated_at"]).tzinfo == UTC
    assert whole["updated_at"].endswith("Z")


# --- what every section's routes are put behind, with a section made for it


@dataclass(frozen=True)
class Shelf:
    items: tuple[int, ...]
    next: str


class Counter:
    """A section that counts how often it was asked to act."""

    def __init__(self, place) -> None:
        self.acted = 0
        self.entered, self.release = asyncio.Event(), asyncio.Event()
        self.release.set()
        router = APIRouter(tags=["desk"])

        @router.get("/shelf")
        async def shelf(
            visitor: Annotated[Visitor, Depends(place.house.door.viewer)], limit: Limit = 2, after: After = ""
        ) -> Shelf:
            start = int(after or 0)
            return Shelf(tuple(range(start, min(start + limit, 5))), str(start + limit) if start + limit < 5 else "")

        @router.post("/act", status_code=200)
        async def act(
            request: Request, visitor: Annotated[Visitor, Depends(place.house.door.operator)], what: dict[str, int]
        ) -> Response:
            self.entered.set()
            await self.release.wait()
            self.acted += 1
            return Response(json.dumps({"acted": self.acted, "who": visitor.name}), 201, {"X-Kept": "yes"})

        web = app(
            CollectorRegistry(), _ready, more=[api_of(place.store, [router], lambda: place.now)], house=place.house
        )
        mind_programs(web, place.house)
        self.web = web

    def client(self, headers: dict[str, str]) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.web, client=("127.0.0.1", 1234))
        return httpx.AsyncClient(transport=transport, base_url="http://desk.example", headers=headers)


async def _ready() -> dict[str, str]:
    return {}


async def test_a_list_is_read_to_its_end_by_its_links(place):
    client = Counter(place).client(await token(place))
    found, address = [], "/api/v1/shelf?limit=2"
    while address:
        answer = await client.get(address)
        found += answer.json()["items"]
        assert ("next" in answer.links) == bool(answer.json()["next"])
        address = answer.links.get("next", {}).get("url", "")
    assert found == [0, 1, 2, 3, 4]
    assert (await client.get("/api/v1/shelf?limit=201")).status_code == 422


async def test_who_asks_again_with_the_same_key_acts_once(place):
    counter = Counter(place)
    client = counter.client(await token(place, Role.OPERATOR))
    keyed = {"Idempotency-Key": "k1"}
    first = await client.post("/api/v1/act", json={"x": 1}, headers=keyed)
    second = await client.post("/api/v1/act", json={"x": 1}, headers=keyed)
    assert (first.status_code, second.status_code, counter.acted) == (201, 201, 1)
    assert first.json() == second.json()
    assert (second.headers["x-kept"], second.headers["idempotent-replayed"]) == ("yes", "true")
    assert (await client.post("/api/v1/act", json={"x": 2}, headers=keyed)).status_code == 422, "another request"
    await client.post("/api/v1/act", json={"x": 1}, headers={"Idempotency-Key": "k2"})
    await client.post("/api/v1/act", json={"x": 1})
    assert counter.acted == 3


async def test_a_key_is_its_owners_and_what_was_wrong_is_wrong_again(place):
    counter = Counter(place)
    otto = counter.client(await token(place, Role.OPERATOR))
    ada = counter.client(await token(place, Role.ADMIN))
    keyed = {"Idempotency-Key": "k1"}
    mine = await otto.post("/api/v1/act", json={"x": 1}, headers=keyed)
    hers = await ada.post("/api/v1/act", json={"x": 1}, headers=keyed)
    assert (mine.json()["who"], hers.json()["who"], counter.acted) == ("a operator", "a admin", 2)
    bad = {"Idempotency-Key": "k2"}
    assert (await otto.post("/api/v1/act", json={"x": "y"}, headers=bad)).status_code == 422
    assert (await otto.post("/api/v1/act", json={"x": 1}, headers=bad)).status_code == 201, "mended, and done"
    assert (await otto.post("/api/v1/act", json={}, headers={"Idempotency-Key": "k" * 300})).status_code == 422


async def test_the_same_key_while_the_first_is_in_work_is_a_conflict(place):
    counter = Counter(place)
    client, keyed = counter.client(await token(place, Role.OPERATOR)), {"Idempotency-Key": "k1"}
    counter.release.clear()
    first = asyncio.create_task(client.post("/api/v1/act", json={"x": 1}, headers=keyed))
    async with asyncio.timeout(20):
        await counter.entered.wait()
    second = await client.post("/api/v1/act", json={"x": 1}, headers=keyed)
    assert second.status_code == 409
    counter.release.set()
    assert (await first).status_code == 201
    assert counter.acted == 1


async def test_a_key_is_known_to_every_daemon_of_the_database_and_after_a_restart(place):
    here, there = Counter(place), Counter(place)
    who, keyed = await token(place, Role.OPERATOR), {"Idempotency-Key": "k1"}
    first = await here.client(who).post("/api/v1/act", json={"x": 1}, headers=keyed)
    second = await there.client(who).post("/api/v1/act", json={"x": 1}, headers=keyed)
    assert (first.json(), second.json(), there.acted) == ({"acted": 1, "who": "a operator"}, first.json(), 0)
    assert second.headers["idempotent-replayed"] == "true"


async def test_who_died_at_it_holds_a_key_no_longer_than_it_may_take(place):
    counter = Counter(place)
    who, keyed = await token(place, Role.OPERATOR), {"Idempotency-Key": "k1"}
    counter.release.clear()
    dead = asyncio.create_task(counter.client(who).post("/api/v1/act", json={"x": 1}, headers=keyed))
    async with asyncio.timeout(20):
        await counter.entered.wait()
    other = Counter(place)
    place.now += timedelta(minutes=6)
    assert (await other.client(who).post("/api/v1/act", json={"x": 1}, headers=keyed)).status_code == 201
    counter.release.set()
    await dead
    again = await other.client(who).post("/api/v1/act", json={"x": 1}, headers=keyed)
    assert again.json()["acted"] == other.acted == 1, "whoever took it over has the say"


async def test_a_browser_acts_with_the_pages_token_in_a_header(place):
    counter = Counter(place)
    browser = counter.client({})
    pages = place.client()
    await pages.post("/login", data={"name": "otto", "password": PASSWORD, "next": "/account"})
    browser.cookies.update(dict(pages.cookies))
    assert (await browser.post("/api/v1/act", json={"x": 1})).status_code == 403
    csrf = (await pages.get("/account")).text.partition('data-csrf="')[2].partition('"')[0]
    given = {"X-CSRF-Token": csrf}
    assert (await browser.post("/api/v1/act", json={"x": 1}, headers=given)).status_code == 201
    abroad = given | {"Sec-Fetch-Site": "cross-site"}
    assert (await browser.post("/api/v1/act", json={"x": 1}, headers=abroad)).status_code == 403
    assert counter.acted == 1
