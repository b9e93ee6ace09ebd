"""From the commit of an incident to the sink: how long a reader waits, at 1,000 new incidents an hour.

    python benchmarks/latency.py [SECONDS]

The real daemon (inbox, reading processes, model, path, SQLite with synchronous = FULL, outbox, channels) runs in this
process; feeds come straight into its inbox, as chance has it, and a mail server, a Slack webhook and a web hook on
loopback take what it sends. The clock runs from the end of the transaction that keeps the incident to the moment at
which the sink has the whole message. Each channel keeps its pace: Slack one a second, mail here one a second too.
Goal: p99 below 2 s, nothing lost, nothing twice.
"""

import asyncio
import itertools
import json
import logging
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import yaml
from aiohttp import web
from aiosmtpd.smtp import SMTP

from monitor.config import load
from monitor.daemon import utc_now
from monitor.domain.documents import Capture, digest
from monitor.domain.sources import Look, Outcome, SourceState
from monitor.wiring import open_service

AN_HOUR, SECONDS, GOAL = 1_000, 120.0, 2.0
PLATFORMS = [
    f"{first}{last}".capitalize()
    for first, last in itertools.product(
        ("baz", "kup", "tor", "mel", "vin", "sol", "dar", "fen", "lum", "rok", "pav", "zel"),
        ("arino", "omart", "ishop", "anda", "ulio", "estra", "okado", "imeva", "orsano", "ubela"),
    )
]


class Sinks:
    """Whoever gets something notes when, and which incident it names."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, float]] = []
        self.ports: dict[str, int] = {}

    async def __aenter__(self) -> "Sinks":
        application = web.Application()
        application.router.add_post("/{channel}", self._posted)
        self._web = web.AppRunner(application, access_log=None)
        await self._web.setup()
        site = web.TCPSite(self._web, "127.0.0.1", 0)
        await site.start()
        self.ports["web"] = self._web.addresses[0][1]
        loop = asyncio.get_running_loop()
        self._mail = await loop.create_server(lambda: SMTP(self, hostname="sink.example", loop=loop), "127.0.0.1", 0)
        self.ports["mail"] = self._mail.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._mail.close()
        await self._web.cleanup()

    async def _posted(self, request: web.Request) -> web.Response:
        self._note(request.match_info["channel"], await request.text())
        return web.Response(text="ok")

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """A whole mail."""
        self._note("email", envelope.content.decode("ascii", "replace"))
        return "250 OK"

    def _note(self, channel: str, text: str) -> None:
        named = [name for name in PLATFORMS if name in text]
        self.got.append((channel, named[0] if named else "", time.perf_counter()))


def configured(directory: Path, sinks: Sinks) -> None:
    """A seller on every platform, and a target on every channel."""
    host = f"http://127.0.0.1:{sinks.ports['web']}"
    positions = [{"platform": name, "country": "PL", "sales_per_day": 4000, "stock": 90000} for name in PLATFORMS]
    files: dict[str, Any] = {
        "platforms.yaml": [
            {"name": name, "id": name.lower(), "owner": f"{name} AG", "kind": "marketplace"} for name in PLATFORMS
        ],
        "exposure.yaml": {"sellers": [{"id": "acme", "name": "Acme", "currency": "EUR", "positions": positions}]},
        "sources/all.yaml": [
            {
                "id": "press", "name": "Press", "url": "https://press.example/feed", "kind": "feed",
                "authority": "official", "publisher": "Press", "every": "1d", "enabled": False,
                "off_reason": "the benchmark hands its feeds in",
            }
        ],
        "settings.yaml": {
            "state_dir": str(directory / "state"),
            "fetch": {"allow_private": True},
            "alerts": {"group_wait": "0s", "inhibit": False},
            "channels": {"email": {"host": "127.0.0.1", "port": sinks.ports["mail"], "security": "none"}},
            "targets": [
                {"id": "mail", "channel": "email", "address": "ops@example.com", "pace": 60},
                {"id": "chat", "channel": "slack", "address": f"{host}/slack"},
                {"id": "hook", "channel": "webhook", "address": f"{host}/webhook"},
            ],
        },
    }  # fmt: skip
    (directory / "sources").mkdir()
    for name, value in files.items():
        (directory / name).write_text(yaml.safe_dump(value))
        (directory / name).chmod(0o600)


def feed(platform: str, now: datetime) -> bytes:
    """One official notice."""
    closing, export = (f"{now + timedelta(days=days):%-d %B %Y}" for days in (60, 30))
    text = f"""After careful consideration we have decided to close the {platform} marketplace for good. {platform} will
    shut down on {closing}. From that day on sellers can no longer log in, list products or receive orders. Please
    export your data, order history and invoices before {export}. Outstanding payouts will be transferred to your bank
    account as usual. We thank all our sellers for the trust of the last years and regret this step, which follows a
    review of the economic situation of our service. The Polish help centre stays open until the closure and our team
    answers every question about open orders, returns, refunds and stock in our warehouses."""
    link, when = f"https://press.example/{platform.lower()}", format_datetime(now - timedelta(minutes=5))
    title = f"{platform} to shut down its Polish marketplace for good"
    item = f"<title>{title}</title><link>{link}</link><guid>{link}</guid><pubDate>{when}</pubDate>"
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Press</title>'
        f"<item>{item}<description>{text}</description></item></channel></rss>"
    ).encode()


async def measured(directory: Path, seconds: float) -> dict[str, Any]:
    """The daemon's life for so long, and what the sinks saw."""
    async with Sinks() as sinks:
        configured(directory, sinks)
        settings = load(directory)
        service = await open_service(settings)
        committed: dict[str, float] = {}
        keep = service.store.ledger.keep

        async def timed(step: Any, *more: Any) -> None:
            await keep(step, *more)
            done = time.perf_counter()
            for one in (step, *more):
                for incident in one.incidents:
                    for name in incident.platforms:
                        committed.setdefault(name, done)

        service.store.ledger.keep = timed  # type: ignore[method-assign]
        daemon = service.daemon(web=False)
        running = asyncio.create_task(daemon.run())
        dice, asked = random.Random(6), list(PLATFORMS)
        end = time.perf_counter() + seconds
        sent = 0
        while asked and time.perf_counter() < end:
            await asyncio.sleep(dice.expovariate(AN_HOUR / 3600))
            name, now = asked.pop(), utc_now()
            body = feed(name, now)
            capture = Capture(
                digest("latency", name), "press", "https://press.example/feed", now, 200, "application/rss+xml", body,
                digest(body),
            )  # fmt: skip
            state = SourceState("press", now + timedelta(days=1), last_look_at=now)
            await service.store.inbox.looked(Look("press", now, Outcome.OK, status=200), state, capture)
            daemon._path.bell.ring()  # as a look does that brought something
            sent += 1
        deadline = time.perf_counter() + 30
        while len(sinks.got) < 3 * sent and time.perf_counter() < deadline:  # noqa: ASYNC110 - it only ends sooner
            await asyncio.sleep(0.2)
        daemon.ask_to_stop()
        await running
    found: dict[str, Any] = {"incidents": sent, "an_hour": round(sent / seconds * 3600)}
    waits: list[float] = []
    for channel in ("email", "slack", "webhook"):
        arrived = [(name, at) for to, name, at in sinks.got if to == channel]
        mine = [at - committed[name] for name, at in arrived if name in committed]
        waits += mine
        lost, twice = sent - len({name for name, _ in arrived}), len(arrived) - len(dict(arrived))
        found[channel] = figures(mine) | {"lost": lost, "twice": twice}
    return found | {"all": figures(waits)}


def figures(waits: Sequence[float]) -> dict[str, float]:
    """Median, p99 and the worst, in seconds."""
    if len(waits) < 2:
        return {"n": len(waits)}
    return {
        "n": len(waits),
        "median": round(median(waits), 3),
        "p99": round(quantiles(waits, n=100, method="inclusive")[98], 3),
        "worst": round(max(waits), 3),
    }


def main(arguments: Sequence[str]) -> int:
    """1 when the goal is missed."""
    seconds = float(arguments[0]) if arguments else SECONDS
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="latency-") as directory:
        found = asyncio.run(measured(Path(directory), seconds))
    clean = all(found[channel]["lost"] == found[channel]["twice"] == 0 for channel in ("email", "slack", "webhook"))
    met = clean and found["all"].get("p99", GOAL) < GOAL
    print(json.dumps(found | {"met": met}, indent=1))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
