"""A service whose every secret is a seed of its own, and whose every way out fails in every way."""

import asyncio
import base64
import html
import json
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

import aiohttp
from aiohttp import web
from desks import Desk
from local_sites import LocalSite

CHILD = Path(__file__).with_name("leaking_daemon.py")
FAILURES = ("refused", "401", "redirect", "tls", "timeout", "hangs-up")
DSN = "d5n0c0ffee0badcafe0d5n"


def forms(secret: str) -> set[str]:
    """How it may be written down; of base64 what no neighbour changes."""
    made = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), html.escape(secret)}
    made |= {repr(secret)[1:-1], json.dumps(secret)[1:-1]}
    for before in ("", "\0", "\0\0"):
        made.add(base64.b64encode((before + secret).encode()).decode()[4:-4])
    return {form for form in made if len(form) >= 8}


@dataclass
class Seeds:
    """Secrets of one run, by what they are for."""

    known: dict[str, str] = field(default_factory=dict)

    def new(self, use: str, text: str = "S3cr3t/{}+&='q\"") -> str:
        self.known[use] = text.format(f"{use}x{os.urandom(6).hex()}")
        return self.known[use]

    def found(self, text: str, but: tuple[str, ...] = ()) -> list[str]:
        return [use for use, secret in self.known.items() if use not in but and any(f in text for f in forms(secret))]


def settings(site: LocalSite, mail: int, closed: int, seeds: Seeds, **email: object) -> dict[str, object]:
    """Every channel with every failure, each with a secret of its own."""
    targets: list[dict[str, object]] = [
        {"id": "mail", "channel": "email", "address": "ops@example.com"},
        {"id": "log", "channel": "journal"},
        {"id": "app", "channel": "slack", "address": "C0123ABCD", "secret": "secret:slack-token"},
    ]
    for how in FAILURES:
        base = {"refused": f"http://127.0.0.1:{closed}", "tls": f"https://127.0.0.1:{site.port}"}.get(how, site.url(""))
        paths = {
            "slack": f"/services/T0/B0/{seeds.new(f'slack-{how}', '{}')}?{how}",
            "webhook": f"/in/{seeds.new(f'hook-path-{how}', '{}')}?token={seeds.new(f'hook-query-{how}', '{}')}&{how}",
            "alertmanager": f"/{seeds.new(f'am-path-{how}', '{}')}/{how}",
        }
        basic = f"am-user:{seeds.new(f'am-password-{how}')}"
        key = f"whsec_{base64.b64encode(os.urandom(27)).decode()}"
        seeds.known[f"hook-key-{how}"] = key.removeprefix("whsec_")
        given = {"webhook": key, "alertmanager": basic}
        for channel, path in paths.items():
            one = {"id": f"{channel}-{how}", "channel": channel, "address": base + path}
            targets.append(one | ({"secret": given[channel]} if channel in given else {}))
        user, token = seeds.new(f"apprise-password-{how}", "{}"), seeds.new(f"apprise-token-{how}", "{}")
        scheme, host = ("jsons" if how == "tls" else "json"), base.partition("://")[2]
        address = (
            f"{scheme}://who:{user}@{host}/{token}/{how}?verify=yes&+X-Key={seeds.new(f'apprise-head-{how}', '{}')}"
        )
        targets.append({"id": f"apprise-{how}", "channel": "apprise", "address": address})
    host = {"host": "127.0.0.1", "port": mail, "security": "none", "sender": "w@example.com", "timeout": "1s"}
    login = {"username": "watch@example.com", "password": "secret:smtp-password"}
    return {
        "targets": targets,
        "channels": {"email": host | login | email}
        | {name: {"timeout": "1s"} for name in ("slack", "webhook", "alertmanager", "apprise")},
        "sentry": {"dsn": "secret:sentry-dsn"},
        "heartbeat": {"url": site.url(f"/ping/{seeds.new('heartbeat', '{}')}"), "every": "30s"},
        "second_opinion": {
            "enabled": True, "base_url": site.url("/v1"), "model": "m", "api_key": "secret:second-opinion-key",
            "band": [1e-12, 1 - 1e-12],
        },
    }  # fmt: skip


class Failing(dict):
    """A site's pages; where it has none, whoever is asked fails as the address says, and quotes what it was sent."""

    def __init__(self, pages: dict, released: asyncio.Event) -> None:
        super().__init__(pages)
        self._released = released

    def get(self, path: str, default: object = None) -> object:
        return super().get(path, self.fails)

    async def fails(self, request: web.Request) -> web.StreamResponse:
        said = f"{request.path_qs} {dict(request.headers)}"
        how = next((how for how in FAILURES if how in request.path_qs), "401")
        if how == "timeout":
            await self._released.wait()
        if how == "hangs-up":
            assert request.transport
            request.transport.abort()
        if how == "redirect":
            return web.Response(status=302, headers={"Location": f"/moved{request.path}"}, text=said)
        return web.Response(status=401, text=said)


@dataclass
class Life:
    """A running daemon: what it wrote, and where it answers."""

    process: asyncio.subprocess.Process
    port: int
    written: list[str] = field(default_factory=list)

    async def reads(self) -> None:
        assert self.process.stderr
        async for line in self.process.stderr:
            self.written.append(line.decode())

    async def page(self, path: str) -> str:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{self.port}{path}") as answer:
            return f"{dict(answer.headers)} {await answer.text()}"

    async def attempts(self) -> dict[str, float]:
        shown = await self.page("/metrics")
        found = re.findall(r'notification_attempts_total\{channel="(\w+)"\} ([\d.]+)', shown)
        return {channel: float(count) for channel, count in found}

    async def until(self, asked: dict[str, float]) -> None:
        async with asyncio.timeout(90):
            while True:
                assert self.process.returncode is None, "".join(self.written[-30:])
                try:
                    made = await self.attempts()
                except aiohttp.ClientError:
                    made = {}
                if all(made.get(channel, 0) >= count for channel, count in asked.items()):
                    return
                await asyncio.sleep(0.1)

    def seen_by_ps(self) -> str:
        """The command lines of the daemon and its readers, and the readers' environment."""
        own = self.process.pid
        stats = [(p, p.read_text().rpartition(")")[2].split()[1]) for p in Path("/proc").glob("[0-9]*/stat")]
        readers = [int(stat.parent.name) for stat, parent in stats if parent == str(own)]
        assert readers, "something was read"
        shown = [f"/proc/{pid}/cmdline" for pid in (own, *readers)] + [f"/proc/{pid}/environ" for pid in readers]
        return "\n".join(Path(one).read_text(errors="replace") for one in shown)


@asynccontextmanager
async def living(desk: Desk, port: int) -> AsyncIterator[Life]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(CHILD), str(desk.directory), desk.site.url("/api")),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        limit=2**22,
    )
    life = Life(process, port)
    reading = asyncio.create_task(life.reads())
    try:
        yield life
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


def credentials(directory: Path, seeds: Seeds, dsn: str) -> dict[str, str]:
    """As systemd hands them over; the mail's password by a variable, as in a container."""
    directory.mkdir()
    for name, text in {
        "slack-token": seeds.new("slack-token", "xoxb-{}"),
        "second-opinion-key": seeds.new("second-opinion-key", "sk-{}"),
        "sentry-dsn": dsn,
    }.items():
        (directory / name).write_text(text)
        (directory / name).chmod(0o600)
    return {"CREDENTIALS_DIRECTORY": str(directory), "SELLERWATCH_SMTP_PASSWORD": seeds.new("smtp-password")}


def keys(state: Path, seeds: Seeds) -> Iterator[str]:
    """Those that stand behind links, calendars and hubs' callbacks, once they are made."""
    for file in state.glob("*.key"):
        raw = file.read_bytes()
        seeds.known[file.name] = raw.hex()
        seeds.known[f"{file.name} in base64"] = base64.b64encode(raw).decode()
        yield file.name


def free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
