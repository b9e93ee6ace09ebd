"""Where the messages of `kills.py` arrive: a mail server and a web server on loopback that log what they get."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP as SMTP_POLICY

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from monitor.ledger_check import Receipt


@dataclass
class Sinks:
    """Where the messages arrive. Each is logged before its sender gets its answer; every seventh is sent away once."""

    received: list[Receipt] = field(default_factory=list)
    asked: int = 0
    smtp: int = 0
    hook: str = ""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called by aiosmtpd with a whole mail."""
        if self._sent_away():
            return "451 later"
        mail = message_from_bytes(envelope.original_content or b"", policy=SMTP_POLICY)
        self._log(str(mail["X-Sellerwatch-Id"]), mail["X-Sellerwatch-Repeat"] == "1")
        return "250 kept"

    async def hooked(self, request: web.Request) -> web.Response:
        """One CloudEvent."""
        if self._sent_away():
            return web.Response(status=503)
        self._log(request.headers["webhook-id"], (await request.json())["data"]["repeat"])
        return web.Response(text="kept")

    def _sent_away(self) -> bool:
        self.asked += 1
        return self.asked % 7 == 0

    def _log(self, key: str, repeat: bool) -> None:
        self.received.append(Receipt(key, repeat, datetime.now(UTC)))


@asynccontextmanager
async def open_sinks() -> AsyncIterator[Sinks]:
    """A mail server and a web server on loopback."""
    sinks, loop = Sinks(), asyncio.get_running_loop()
    spoken: list[SMTP] = []

    def protocol() -> SMTP:
        spoken[:] = [one for one in spoken if one.transport and not one.transport.is_closing()]
        spoken.append(SMTP(sinks, hostname="sink.example", loop=loop))
        return spoken[-1]

    mail = await loop.create_server(protocol, "127.0.0.1", 0)
    app = web.Application()
    app.router.add_post("/{desk}", sinks.hooked)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sinks.smtp = mail.sockets[0].getsockname()[1]
    sinks.hook = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield sinks
    finally:
        mail.close()
        for one in spoken:
            if one.transport:
                one.transport.abort()
        await runner.cleanup()
