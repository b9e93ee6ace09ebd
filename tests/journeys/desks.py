"""A desk to tell stories at: a configuration of its own over a site, mail and Slack on loopback, and the commands."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import yaml
from aiohttp import web
from local_sites import LocalSite
from smtp_sink import Sink
from typer.testing import CliRunner, Result

from monitor import cli, wiring
from monitor.config import load
from monitor.lock import hold
from monitor.wiring import Service

TODAY = datetime.now(UTC)
CLOSING = TODAY + timedelta(days=60)
EXPORT = TODAY + timedelta(days=30)


def rss(*items: str) -> bytes:
    body = "".join(items)
    head = '<?xml version="1.0" encoding="utf-8"?>'
    return f'{head}<rss version="2.0"><channel><title>News</title>{body}</channel></rss>'.encode()


def item(title: str, text: str, link: str) -> str:
    when = format_datetime(TODAY - timedelta(hours=1))
    return (
        f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid><pubDate>{when}</pubDate>"
        f"<description>{text}</description></item>"
    )


def notice(site: LocalSite) -> str:
    """An official notice that needs no page: all of it stands in the feed."""
    closing, export = f"{CLOSING:%-d %B %Y}", f"{EXPORT:%-d %B %Y}"
    text = f"""After careful consideration we have decided to close the Bazarino marketplace for good. Bazarino will
    shut down on {closing}. From that day on sellers can no longer log in, list products or receive orders.
    Please export your data, order history and invoices before {export}. Outstanding payouts will be transferred
    to your bank account as usual. We thank all our sellers for the trust of the last years and regret this
    step, which follows a review of the economic situation of our service. The Polish help centre stays open
    until the closure and our team answers every question about open orders, returns, refunds and stock in our
    warehouses."""
    return item("Bazarino to shut down its Polish marketplace for good", text, site.url("/notice"))


HARMLESS = item(
    "Autumn fair opens with a record number of visitors",
    "The autumn fair opened on Saturday under a clear sky. Bakers, potters and a brass band filled the old square, "
    "and the organisers counted more visitors than in any year before. " * 4,
    "http://127.0.0.1/fair",
)


class Desk:
    """A configuration directory of its own, and the commands run on it."""

    def __init__(self, directory: Path, site: LocalSite, mail: Sink) -> None:
        self.directory, self.site, self.mail = directory, site, mail
        self.slack: list[dict] = []
        (directory / "sources").mkdir()
        self.write(
            "platforms.yaml", [{"name": "Bazarino", "id": "bazarino", "owner": "Bazarino AG", "kind": "marketplace"}]
        )
        self.write("settings.yaml", {
            "state_dir": str(directory / "state"),
            "web": {"port": 0},
            "fetch": {"allow_private": True, "min_every": "1s", "timeout": "5s", "max_bytes": "1MB"},
            "read": {"cpu": "2s", "wall": "8s"},
            "alerts": {"group_wait": "0s", "group_interval": "0s"},
            "channels": {
                "email": {"host": "127.0.0.1", "port": mail.port, "security": "none", "sender": "w@example.com"}
            },
            "targets": [
                {"id": "ops", "channel": "email", "address": "ops@example.com"},
                {"id": "chat", "channel": "slack", "address": site.url("/slack")},
            ],
            "log": {"format": "json"},
        })  # fmt: skip
        self.write("exposure.yaml", {"sellers": [{
            "id": "acme", "name": "Acme", "currency": "EUR",
            "positions": [{"platform": "Bazarino", "country": "PL", "sales_per_day": 4000, "stock": 90000}],
        }]})  # fmt: skip

        async def take(request: web.Request) -> web.Response:
            self.slack.append(await request.json())
            return web.Response(text="ok")

        site.pages["/slack"] = take

    def write(self, name: str, value: object) -> None:
        (self.directory / name).write_text(yaml.safe_dump(value, allow_unicode=True))
        (self.directory / name).chmod(0o600)

    def watches(self, every: str = "1h", **urls: str) -> None:
        """Each name is a source; an address that ends in .html is a page."""
        self.write("sources/all.yaml", [
            {
                "id": id, "name": id, "url": url, "kind": "page" if url.endswith(".html") else "feed",
                "authority": "official", "publisher": id, "every": every,
            }
            for id, url in urls.items()
        ])  # fmt: skip

    async def open(self) -> wiring.Service:
        return await wiring.open_service(load(self.directory, {}))

    async def round(self) -> None:
        """What `sellerwatch once` does, in this loop, where the site and the sinks answer."""
        await (await self.open()).daemon(web=False).once()

    def keeps(self, changes: dict[str, object]) -> None:
        """Change parts of settings.yaml."""
        self.write("settings.yaml", yaml.safe_load((self.directory / "settings.yaml").read_text()) | changes)

    async def command(self, *words: str) -> Result:
        arguments = [*words, "--config", str(self.directory)]
        return await asyncio.to_thread(CliRunner().invoke, cli.app, arguments)

    async def json(self, *words: str):
        result = await self.command(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@asynccontextmanager
async def running(desk: Desk) -> AsyncIterator[tuple[Service, str]]:
    """The daemon of the desk, and where it listens; it is stopped as systemd does."""
    lock = hold(desk.directory / "state")
    service = await desk.open()
    daemon = service.daemon()
    life = asyncio.create_task(daemon.run())
    async with asyncio.timeout(20):
        while not daemon._parts.web.port:
            await asyncio.sleep(0.01)
    yield service, f"http://127.0.0.1:{daemon._parts.web.port}"
    daemon.ask_to_stop()
    assert await asyncio.wait_for(life, 45) == 0
    lock.close()


async def until(condition, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)
