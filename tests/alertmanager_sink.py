"""A Prometheus Alertmanager on loopback that tells a webhook what fires and what resolved.

It is the real one (Debian's prometheus-alertmanager) where that is installed, as in CI. On other machines its part of
the contract is played here, by the same rules: an alert is its labels, fires until `endsAt`, and is told once.
"""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from http_sink import Sink, http_sink
from real_servers import started

PROGRAM = shutil.which("prometheus-alertmanager")
_CONFIG = """\
route: {{receiver: desk, group_by: ['...'], group_wait: 0s, group_interval: 100ms, repeat_interval: 1h}}
receivers: [{{name: desk, webhook_configs: [{{url: '{url}', send_resolved: true}}]}}]
"""


@dataclass
class Alertmanager:
    """Where it listens, and whom it tells."""

    url: str
    desk: Sink

    @property
    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Each (status, alert) that the desk was told, in that order."""
        return [(alert["status"], alert) for post in self.desk.posts for alert in post.data["alerts"]]

    async def alerts(self) -> list[dict[str, Any]]:
        """What it says is the matter now."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/api/v2/alerts") as answer:
            found: list[dict[str, Any]] = await answer.json()
            return found


@asynccontextmanager
async def alertmanager(directory: Path) -> AsyncIterator[Alertmanager]:
    """A running one."""
    async with http_sink("/desk") as desk, _real(directory, desk) if PROGRAM else _played(desk) as url:
        yield Alertmanager(url, desk)


@asynccontextmanager
async def _real(directory: Path, desk: Sink) -> AsyncIterator[str]:
    (directory / "am.yml").write_text(_CONFIG.format(url=desk.url))
    options = (
        f"--config.file={directory / 'am.yml'}",
        f"--storage.path={directory / 'am'}",
        "--cluster.listen-address=",
    )
    async with started(str(PROGRAM), *options, says=b"Listening on", within=30) as url:
        yield url


@asynccontextmanager
async def _played(desk: Sink) -> AsyncIterator[str]:
    known: dict[str, dict[str, Any]] = {}

    async def post(request: web.Request) -> web.Response:
        now = datetime.now(UTC)
        for alert in await request.json():
            assert alert["labels"]["alertname"]
            name = json.dumps(alert["labels"], sort_keys=True)
            fires = datetime.fromisoformat(alert["endsAt"]) > now
            status = "firing" if fires else "resolved"
            if fires == (name not in known):
                async with aiohttp.ClientSession() as session:
                    await session.post(desk.url, json={"alerts": [alert | {"status": status}]})
            known.pop(name, None)
            if fires:
                known[name] = alert
        return web.Response()

    async def get(request: web.Request) -> web.Response:
        return web.json_response(list(known.values()))

    application = web.Application()
    application.router.add_post("/api/v2/alerts", post)
    application.router.add_get("/api/v2/alerts", get)
    async with TestServer(application, host="127.0.0.1") as server:
        yield str(server.make_url("")).rstrip("/")
