"""The API's description: it names all there is and nothing else, it is true of every answer, and people can read it."""

import asyncio
import json
import re
from pathlib import Path

import pytest
import schemathesis
from doors import log_in, place_in
from hypothesis import HealthCheck, given, settings
from incident_given import world
from jsonschema import Draft202012Validator
from prometheus_client import CollectorRegistry
from rooms_given import NOW, QUICK
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance

from monitor.desk.accounts import Accounts
from monitor.desk.rooms import rooms
from monitor.domain.people import Role
from monitor.web.api import MOST as LIMIT
from monitor.web.api_description import TAGS
from monitor.web.health import app
from monitor.web.limits import Limits
from monitor.web.live import HEARTBEAT, MOST, MOST_EACH
from monitor.web.server import WebServer

EXAMPLES = 25  # of each address
ENDLESS = "/api/v1/events"
MORE_THAN_ITS_FORM = {  # what is asked there may have a good form, and still make no sense
    "/api/v1/what-if",
    "/api/v1/exposure/checks",
    "/api/v1/exposure/file",
}


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, whole=True) as made:
        yield made


async def described(place) -> dict:
    answer = await place.client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return answer.json()


async def test_it_names_all_of_the_api_and_nothing_else(place):
    known = await described(place)
    assert all(path.startswith("/api/v1/") for path in known["paths"])
    operations = [one for path in known["paths"].values() for one in path.values()]
    assert len({one["operationId"] for one in operations}) == len(operations) > 10
    for one in operations:
        assert one["summary"]
        assert one["description"], one["operationId"]
        assert set(one["tags"]) <= set(TAGS), one["operationId"]
        assert one["x-role"] in ("viewer", "operator", "admin")
        assert one["security"] == [{"token": []}, {"session": []}]
        assert {"401", "403", "422", "429"} <= set(one["responses"])
        wrong = {json.dumps(one["responses"][status]["content"]) for status in one["responses"] if status > "400"}
        assert wrong == {'{"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}'}
    assert set(known["components"]["securitySchemes"]) == {"token", "session"}
    assert "HTTPValidationError" not in known["components"]["schemas"]
    assert not [name for name in known["components"]["schemas"] if "__" in name]


async def test_every_name_in_it_leads_somewhere(place):
    known = await described(place)
    for name in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(known)):
        assert name in known["components"]["schemas"]
    Draft202012Validator.check_schema({"$defs": known["components"]["schemas"]})


async def test_what_is_read_has_an_etag_and_what_acts_takes_a_key(place):
    for operations in (await described(place))["paths"].values():
        for method, one in operations.items():
            names = {parameter["name"] for parameter in one.get("parameters", ())}
            if method != "get":
                assert "Idempotency-Key" in names
            elif "application/json" in one["responses"]["200"].get("content", {}):
                assert "ETag" in one["responses"]["200"]["headers"]
                assert "304" in one["responses"]


async def test_people_read_the_same_without_a_script_from_anywhere(place):
    stranger, vera = place.client(), place.client()
    await log_in(vera, "vera")
    page = (await stranger.get("/api")).text
    known = await described(place)
    for path in known["paths"]:
        assert path in page
    for name in known["components"]["schemas"]:
        assert f'id="{name}"' in page
    assert set(re.findall(r'<script[^>]*src="([^"]*)"', page)) == set(re.findall(r'src="(/static/\w+/desk.js)"', page))
    assert "/feeds/" not in page.replace("/feeds/incidents.atom", "")
    assert re.search(r"/feeds/[0-9a-f]{32}/incidents\.atom", (await vera.get("/api")).text)


@pytest.mark.long
async def test_whatever_is_asked_the_answer_is_as_described(tmp_path, record_property):
    """schemathesis asks every address what its description allows, and what it does not."""
    store, configured, _ = await world(tmp_path)
    house, routers, _ = rooms(store, lambda: configured, lambda: NOW, QUICK)
    key = await Accounts(store.people, lambda: NOW, QUICK).program("everything", Role.ADMIN, "test")
    limits = Limits(burst=10**9, per_second=1e9)
    server = WebServer(app(CollectorRegistry(), _ready, more=routers, house=house), "127.0.0.1", 0, limits=limits)
    await server.start()
    asked, wrong = 0, []

    def ask() -> None:
        nonlocal asked
        schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{server.port}/api/v1/openapi.json")
        for found in schema.exclude(path=ENDLESS).get_all_operations():
            operation = found.ok()

            @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
            @given(case=operation.as_strategy())
            def holds(case: schemathesis.Case) -> None:
                nonlocal asked
                asked += 1
                case.headers.pop("Idempotency-Key", None)  # one that was used for another request is refused
                but = [positive_data_acceptance] if case.path in MORE_THAN_ITS_FORM else []
                case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, excluded_checks=but)

            try:
                holds()
            except FailureGroup as failure:
                wrong.extend(f"{operation.label}: {one}" for one in failure.exceptions)

    try:
        await asyncio.to_thread(ask)
    finally:
        await server.stop()
        await store.database.close()
    assert not wrong, "\n\n".join(wrong)
    record_property("figure", f"{asked} requests, no failure")


async def _ready() -> dict[str, str]:
    return {}


async def test_the_page_of_documentation_names_what_there_is(place):
    known = (await described(place))["paths"]
    text = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")
    named = {re.sub(r"\$[A-Z]+", "{id}", path) for path in re.findall(r"/api/v1/[\w/$.-]+", text)}
    assert named - {"/api/v1/openapi.json"} <= set(known)
    example = json.loads(re.search(r"--json '([^']*)'", text)[1])
    assert set(example) <= set((await described(place))["components"]["schemas"]["ActsWish"]["properties"])
    for figure in (f"{MOST} may listen", f"{MOST_EACH} of them", f"up to {LIMIT}", f"{int(HEARTBEAT)} quiet seconds"):
        assert figure in text
