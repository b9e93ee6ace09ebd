"""A real mail server on loopback that behaves as badly as a test asks."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

DROP = "drop"
SILENCE = "silence"


@dataclass
class Sink:
    """`answers` maps MAIL, RCPT or DATA to an SMTP answer, DROP (after keeping the mail) or SILENCE."""

    answers: dict[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    port: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._answer("MAIL", server)
        if answer.startswith("2"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._answer("RCPT", server)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        if not self.answers.get("DATA", "2").startswith(("4", "5")):
            mail = message_from_bytes(envelope.content, policy=SMTP_POLICY)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            self.recipients += envelope.rcpt_tos
            self.encrypted.append(session.ssl is not None)
        return await self._answer("DATA", server)

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        return AuthResult(success=data.password == b"right", handled=False)

    async def _answer(self, command: str, server: SMTP) -> str:
        answer = self.answers.get(command, "250 OK")
        if answer == SILENCE:
            await self.released.wait()
        if answer == DROP:
            server.transport.abort()
        return answer if answer[:1].isdigit() else "250 OK"


@asynccontextmanager
async def smtp_sink(
    answers: dict[str, str] | None = None, logged_in: bool = False, **options: Any
) -> AsyncIterator[Sink]:
    """A sink on a free port; `logged_in`: it asks for a login with the password "right"; `options` go to aiosmtpd."""
    sink = Sink(answers or {})
    if logged_in:
        options |= {"authenticator": sink.authenticate, "auth_required": True, "auth_require_tls": False}
    protocols: list[SMTP] = []

    def protocol() -> SMTP:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")  # as the test wants it
            protocols.append(SMTP(sink, hostname="sink.example", loop=asyncio.get_running_loop(), **options))
        return protocols[-1]

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        sink.released.set()
        server.close()
        for made in protocols:
            if made.transport is not None:
                made.transport.abort()
            if made._handler_coroutine is not None:
                made._handler_coroutine.cancel()
                await asyncio.wait({made._handler_coroutine})
        await server.wait_closed()


@asynccontextmanager
async def greeting(text: bytes) -> AsyncIterator[int]:
    """A server that says one line and hangs up; an empty line only hangs up."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
