"""What operators and Prometheus see over HTTP."""

import json
import socket

import aiohttp
import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from monitor.metrics import Metrics
from monitor.web.health import app
from monitor.web.server import WebServer


@pytest.fixture
async def served():
    """A real server on a free port, with checks that the test may spoil."""
    checks: dict[str, str] = {"store": "", "poll": ""}

    async def readiness() -> dict[str, str]:
        return checks

    server = WebServer(app(Metrics().registry, readiness), "127.0.0.1", 0)
    await server.start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session:

        async def get(path: str) -> tuple[int, str]:
            async with session.get(path) as answer:
                return answer.status, await answer.text()

        yield get, checks
    await server.stop()


async def test_it_is_ready_while_every_check_is_good_and_says_which_is_not(served):
    get, checks = served
    assert (await get("/readyz"))[0] == 200
    checks["store"] = "the store does not answer within 5 s"
    status, body = await get("/readyz")
    assert status == 503
    assert json.loads(body) == {
        "status": "unready",
        "checks": {"store": "the store does not answer within 5 s", "poll": "ok"},
    }
    assert (await get("/healthz"))[0] == 200, "alive, though it cannot work"


async def test_metrics_can_be_read_by_prometheus_and_name_the_build(served):
    get, _ = served
    families = {f.name: f for f in text_string_to_metric_families((await get("/metrics"))[1])}
    assert families["sellerwatch_build_info"].samples[0].value == 1
    assert "process_resident_memory_bytes" in families


async def test_what_stands_is_looked_at_before_a_scrape_is_answered():
    metrics = Metrics()

    async def ready() -> dict[str, str]:
        return {}

    async def looks() -> None:
        metrics.show(inbox=7, quarantined=0)

    client = TestClient(app(metrics.registry, ready, scraped=looks))
    assert "sellerwatch_inbox_waiting 7.0" in client.get("/metrics").text


async def test_whoever_opens_the_address_is_told_what_there_is(served):
    get, _ = served
    status, text = await get("/")
    assert status == 200
    for path in ("/readyz", "/healthz", "/metrics"):
        assert path in text
        assert (await get(path))[0] == 200


async def test_there_are_no_pages_that_load_scripts_from_elsewhere(served):
    get, _ = served
    for path in ("/docs", "/redoc"):
        assert (await get(path))[0] == 404


async def test_a_port_that_is_taken_is_named_in_the_error():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        async def nothing() -> dict[str, str]:
            return {}

        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}"):
            await WebServer(app(Metrics().registry, nothing), "127.0.0.1", port).start()
