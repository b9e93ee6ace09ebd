"""From a figure that turns bad to people: a real Prometheus with our rules tells a real Alertmanager with our routes.

Both wait seconds here instead of minutes, and the receivers are webhooks of ours; all else is as it is shipped. Where
one of the two is not installed, tests/house checks the stories and the routes each by itself.
"""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import time
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from http_sink import Sink, http_sink
from monitoring import PROMETHEUS, ROUTES, RULES, prometheus
from real_servers import started

ALERTMANAGER = shutil.which("prometheus-alertmanager")


def hurried(directory: Path) -> Path:
    """The rules, with a second for minutes and five for an hour; no hiccup of this machine is taken for an outage."""
    text = RULES.read_text(encoding="utf-8")
    known = yaml.safe_load(text)
    for group in known["groups"]:
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = "5s" if rule["for"] in {"1h", "1d"} else "1s"
            if rule["alert"] == "SellerwatchDown":
                rule["for"] = "20s"
    (directory / "rules.yml").write_text(yaml.safe_dump(known))
    return directory / "rules.yml"


def routed(directory: Path, sink: Sink) -> Path:
    """The example, with seconds for minutes and a path of the sink for each receiver."""
    text = ROUTES.read_text(encoding="utf-8")
    known = yaml.safe_load(re.sub(r"((?:group_wait|group_interval|repeat_interval): )\S+", r"\g<1>1s", text))
    known["receivers"] = [
        {"name": one["name"], "webhook_configs": [{"url": sink.url + one["name"], "send_resolved": True}]}
        for one in known["receivers"]
    ]
    del known["global"]
    (directory / "alertmanager.yml").write_text(yaml.safe_dump(known))
    return directory / "alertmanager.yml"


class World:
    """What a daemon would show, and who was told."""

    def __init__(self, sink: Sink) -> None:
        self.blind, self.sink = 0.9, sink

    async def metrics(self, _: web.Request) -> web.Response:
        shown = {
            "pipeline_last_success_timestamp_seconds": time(),
            "blind_ratio": self.blind,
            'source_last_success_timestamp_seconds{source="shop"}': time() - 7200,
            'source_interval_seconds{source="shop"}': 60,
            'source_blind{source="shop"}': 1,
        }
        return web.Response(text="".join(f"sellerwatch_{name} {value}\n" for name, value in shown.items()))

    def told(self, receiver: str) -> list[tuple[str, str]]:
        """Each (rule, status) that it was told, in that order."""
        alerts = (alert for post in self.sink.posts if post.path == f"/{receiver}" for alert in post.data["alerts"])
        return [(alert["labels"]["alertname"], alert["status"]) for alert in alerts]

    async def until(self, receiver: str, told: tuple[str, str]) -> None:
        async with asyncio.timeout(60):
            while told not in self.told(receiver):
                await asyncio.sleep(0.05)


@asynccontextmanager
async def watched(directory: Path, world: World, daemon: str) -> AsyncIterator[str]:
    """Prometheus scrapes that daemon; where the Alertmanager is that it tells."""
    options = f"--config.file={routed(directory, world.sink)}", f"--storage.path={directory / 'kept'}"
    async with (
        started(str(ALERTMANAGER), *options, "--cluster.listen-address=", says=b"Listening on") as teller,
        prometheus(directory, daemon, hurried(directory), teller.removeprefix("http://")),
    ):
        yield teller


@asynccontextmanager
async def shown(world: World) -> AsyncIterator[str]:
    """Where its metrics are."""
    application = web.Application()
    application.router.add_get("/metrics", world.metrics)
    async with TestServer(application, host="127.0.0.1") as server:
        yield f"127.0.0.1:{server.port}"


async def alerts(url: str) -> dict[str, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/api/v2/alerts") as answer:
        return {alert["labels"]["alertname"]: alert["status"] for alert in await answer.json()}


@pytest.mark.long
async def test_blindness_wakes_one_person_once_and_hides_the_tickets_that_follow_from_it(tmp_path: Path):
    if not (PROMETHEUS and ALERTMANAGER):
        return
    async with http_sink() as sink, shown(world := World(sink)) as daemon, watched(tmp_path, world, daemon) as teller:
        await world.until("on-call", ("SellerwatchBlind", "firing"))
        async with asyncio.timeout(60):
            while "SellerwatchSourceStale" not in (standing := await alerts(teller)):
                await asyncio.sleep(0.05)
        assert standing["SellerwatchSourceStale"]["inhibitedBy"], "one cause is likelier than many"
        assert world.told("tickets") == []

        world.blind = 0.1
        await world.until("on-call", ("SellerwatchBlind", "resolved"))
        await world.until("tickets", ("SellerwatchSourceStale", "firing"))
        async with asyncio.timeout(60):
            while len(world.told("dead-mans-switch")) < 3:  # it comes again and again
                await asyncio.sleep(0.05)
    assert set(world.told("dead-mans-switch")) == {("Watchdog", "firing")}
    assert {rule for rule, _ in world.told("on-call")} == {"SellerwatchBlind"}
    [page, *_] = [post.data for post in sink.posts if post.path == "/on-call"]
    [alert] = page["alerts"]
    assert alert["annotations"]["description"].startswith("90% are blind at once: look at our own network")


@pytest.mark.long
async def test_a_daemon_that_is_gone_wakes_somebody(tmp_path: Path):
    if not (PROMETHEUS and ALERTMANAGER):
        return
    async with http_sink() as sink, watched(tmp_path, world := World(sink), "127.0.0.1:9"):
        await world.until("on-call", ("SellerwatchDown", "firing"))
        assert world.told("tickets") == []
