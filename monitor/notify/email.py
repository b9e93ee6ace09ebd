"""Mail: one letter to one address, in plain text and HTML, over SMTP."""

import asyncio
import re
import ssl
from contextlib import suppress
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any, Literal

import aiosmtplib

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, Target
from monitor.domain.delivery import message_id, thread_id
from monitor.domain.exposure import Severity
from monitor.notify.render import bodies
from monitor.notify.tongue import tongue
from monitor.notify.written import Links, no_links, written
from monitor.reach import connected


class _Policy(EmailPolicy):
    """SMTP's policy, but for a subject beyond ASCII: the library's folding may lose a space between two encoded words,
    and the reader then sees their code."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() != "subject" or str(value).isascii():
            return super().fold_binary(name, value)
        encoded = Header(str(value), "utf-8", maxlinelen=76, header_name=name).encode(linesep=self.linesep)
        return f"{name}: {encoded}{self.linesep}".encode("ascii")


# Only ASCII on the wire: a relay without 8BITMIME or SMTPUTF8 must not be a reason to miss an alert.
_POLICY = _Policy(linesep="\r\n", cte_type="7bit")

_SPEC = r"[^\s<>,;:\"@]+@[^\s<>,;:\"@]+"
_MAILBOX = re.compile(rf'(?P<bare>{_SPEC})|"?(?P<name>[^"<>@\r\n]*)"?\s*<(?P<spec>{_SPEC})>')

# What the server says of the mail itself; everything else is about the way to it.
_ANSWERS = (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError)


def mailbox(text: str) -> Address:
    """`ops@example.com` or `Ops <ops@example.com>`. Raises ValueError unless it is exactly one ASCII address."""
    form = _MAILBOX.fullmatch(text.strip())
    spec = (form["bare"] or form["spec"]) if form else ""
    try:
        if form and spec.isascii():
            return Address((form["name"] or "").strip(), addr_spec=spec)
    except (MessageError, ValueError, IndexError):
        pass  # the parser's own error quotes the address
    raise ValueError("not one mail address")


def build(delivery: Delivery, sender: Address, recipient: Address, links: Links = no_links) -> EmailMessage:
    """The mail of a delivery: the same Message-ID at every try, in one conversation for each incident."""
    offered = dict(links(delivery))
    letter = written(delivery, offered.items())
    both = bodies(letter)
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = sender
    mail["To"] = recipient
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(delivery.message.made_at)
    mail["Message-ID"] = message_id(delivery, sender.domain)
    mail["In-Reply-To"] = mail["References"] = thread_id(delivery, sender.domain)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes in return
    mail["List-Id"] = f"Sellerwatch <{_label(delivery.target)}.sellerwatch.{sender.domain}>"
    for name, value in _unsubscribing(offered.get("unsubscribe"), sender).items():
        mail[name] = value
    mail["X-Sellerwatch-Id"] = delivery.key
    mail["X-Sellerwatch-Incident"] = letter.incident_id
    if letter.severity >= Severity.HIGH:
        mail["Importance"] = "high"
    if delivery.repeat:
        mail["X-Sellerwatch-Repeat"] = "1"
    mail.set_content(both.plain)
    mail.add_alternative(both.html, subtype="html")
    mail["Content-Language"] = tongue(delivery.language).tag  # last: content headers set before go to the first part
    return mail


def _label(text: str) -> str:
    """`text` as a part of a list's id (RFC 2919)."""
    return re.sub(r"[^a-z0-9-]+", "-", text.lower()).strip("-")[:60] or "alerts"


def _unsubscribing(url: str | None, sender: Address) -> dict[str, str]:
    """How a mail program takes its reader off: by one request (RFC 8058) where there is a link, else by a mail to us
    (RFC 2369)."""
    by_mail = f"<mailto:{sender.addr_spec}?subject=unsubscribe>"
    if url is None:
        return {"List-Unsubscribe": by_mail}
    one_click = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if url.startswith("https://") else {}
    return {"List-Unsubscribe": f"<{url}>, {by_mail}"} | one_click


def wire(mail: EmailMessage) -> bytes:
    """The mail's bytes. An ASCII subject stays on one line: folding it would add spaces to what people read."""
    one_line = mail["Subject"].isascii()
    return mail.as_bytes(policy=_POLICY.clone(max_line_length=998) if one_line else _POLICY)


class EmailChannel:
    """Sends by SMTP. `timeout` (seconds) is for a whole send; the certificate is verified against the system's
    authorities (or SSL_CERT_FILE). Raises ValueError when `sender` is not one mail address."""

    name = "email"

    def __init__(
        self,
        host: str,
        port: int = 587,
        security: Literal["starttls", "tls", "none"] = "starttls",
        username: str = "",
        password: str = "",
        sender: str = "Sellerwatch <sellerwatch@localhost>",
        timeout: float = 30.0,
        links: Links = no_links,
    ) -> None:
        self._host, self._port, self._security, self._timeout = host, port, security, timeout
        self._username, self._password = username, password
        self._sender, self._links = mailbox(sender), links

    async def send(self, target: Target, delivery: Delivery) -> Attempt:
        """One try. From the DATA command on, an error without an answer is AMBIGUOUS: the mail may be there.

        A refused login or certificate is TRANSIENT, since mending it is our side's affair and no mail need be lost.
        """
        try:
            recipient = mailbox(target.address)
        except ValueError:
            return Attempt(AttemptClass.PERMANENT, "bad_address", "the target's address is not one mail address")
        data = wire(build(delivery, self._sender, recipient, self._links))
        smtp = self._client()
        handed_over = False
        try:
            async with asyncio.timeout(self._timeout):
                await smtp.connect(sock=await connected(self._host, self._port))
                await smtp.mail(self._sender.addr_spec)
                await smtp.rcpt(recipient.addr_spec)
                handed_over = True
                answer = await smtp.data(data)
            with suppress(aiosmtplib.SMTPException, OSError):  # the mail is theirs now, however the goodbye ends
                await smtp.quit(timeout=5)
        except (aiosmtplib.SMTPException, OSError) as error:
            return _classified(error, handed_over)
        finally:
            smtp.close()
        return Attempt(AttemptClass.OK, str(answer.code), "the mail server took it")

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,  # whose certificate it must be; the connection comes ready made
            username=self._username or None,
            password=self._password or None,
            local_hostname=self._sender.domain,  # the default asks the resolver for this machine's name, and can hang
            timeout=self._timeout,
            use_tls=self._security == "tls",
            start_tls=self._security == "starttls",
        )


def _classified(error: Exception, handed_over: bool) -> Attempt:
    """The class of a failed try. The server's own text is left out: it tends to quote the recipient or the login."""
    if isinstance(error, _ANSWERS):
        result = AttemptClass.PERMANENT if 500 <= error.code < 600 else AttemptClass.TRANSIENT
        what = "the mail" if isinstance(error, aiosmtplib.SMTPDataError) else "an address"
        return Attempt(result, str(error.code), f"the mail server refused {what} ({error.code})")
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return Attempt(AttemptClass.TRANSIENT, "auth", f"the mail server refused the login ({error.code})")
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return Attempt(AttemptClass.TRANSIENT, "tls", "no trusted encrypted connection to the mail server")
    timed_out = isinstance(error, TimeoutError)
    if handed_over:
        code, detail = ("timeout", "no answer in time") if timed_out else ("disconnected", "the connection broke")
        return Attempt(AttemptClass.AMBIGUOUS, code, f"{detail} after the mail was handed over")
    if timed_out:
        return Attempt(AttemptClass.TRANSIENT, "timeout", "the mail server did not answer in time")
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code > 0:
        return Attempt(AttemptClass.TRANSIENT, str(error.code), f"the mail server is not ready ({error.code})")
    code = "connection" if isinstance(error, OSError) else "protocol"
    return Attempt(AttemptClass.TRANSIENT, code, f"no usable connection to the mail server ({type(error).__name__})")
