"""Where the daemon's messages arrive: a mail server and a Slack webhook on loopback that keep what they get."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

MAIL, SLACK = "mail", "slack"
WEBHOOK_PATH = "/services/T0DEMO/B0DEMO/dem0webh00kdem0webh00k"
_IDS = re.compile(r"Incident (?P<incident>\w+), alert (?P<alert>\w+)")


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it arrived. `repeat`: it says of itself that it may be a second copy."""

    sink: str
    incident_id: str
    alert_id: str
    subject: str
    text: str
    repeat: bool


Taken = Callable[[Received], Awaitable[None]]
"""Told of each message after it was kept and before the sender gets its answer."""


class Mailbox:
    """An aiosmtpd handler: keeps every mail, in the order of arrival."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called by aiosmtpd with a whole mail."""
        mail = message_from_bytes(envelope.original_content or b"", policy=SMTP_POLICY)
        await self._taken(mail_received(mail))
        return "250 kept"


def mail_received(mail: Any) -> Received:
    """What a reader sees of a mail: its subject and its plain text."""
    if not isinstance(mail, EmailMessage) or (part := mail.get_body(("plain",))) is None:
        raise ValueError("not a mail with a plain text")
    text = part.get_content()
    incident, alert = _ids(text)
    return Received(MAIL, incident, alert, str(mail["Subject"]), text, mail["X-Sellerwatch-Repeat"] == "1")


def slack_received(payload: dict[str, Any]) -> Received:
    """What a reader sees of a webhook's payload: its notification text and the texts of its blocks."""
    text = "\n".join(_texts(payload["blocks"]))
    incident, alert = _ids(text)
    return Received(SLACK, incident, alert, payload["text"], text, "[may be a repeat]" in payload["text"])


def _ids(text: str) -> tuple[str, str]:
    found = _IDS.search(text)
    return (found["incident"], found["alert"]) if found else ("", "")


def _texts(block: Any) -> Iterator[str]:
    if isinstance(block, list):
        for item in block:
            yield from _texts(item)
    elif isinstance(block, dict):
        if isinstance(block.get("text"), str):
            yield block["text"]
        for key in ("text", "fields", "elements"):
            if not isinstance(block.get(key), str):
                yield from _texts(block.get(key))


@asynccontextmanager
async def mail_sink(taken: Taken) -> AsyncIterator[int]:
    """A mail server on 127.0.0.1; gives its port."""
    loop = asyncio.get_running_loop()
    open_now: list[SMTP] = []

    def protocol() -> SMTP:
        open_now[:] = [one for one in open_now if one.transport and not one.transport.is_closing()]
        open_now.append(SMTP(Mailbox(taken), hostname="sink.example", loop=loop))
        return open_now[-1]

    server = await loop.create_server(protocol, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for one in open_now:
            if one.transport:
                one.transport.close()
        await server.wait_closed()


@asynccontextmanager
async def slack_sink(taken: Taken) -> AsyncIterator[str]:
    """An incoming webhook on 127.0.0.1; gives its address."""

    async def keep(request: web.Request) -> web.Response:
        await taken(slack_received(await request.json()))
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_post(WEBHOOK_PATH, keep)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}{WEBHOOK_PATH}"
    finally:
        await runner.cleanup()
