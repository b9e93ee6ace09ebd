"""Mail over a real SMTP conversation on loopback: what arrives, and how each end of a try is classed."""

import ipaddress
import re
import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from given_targets import at
from letters import STORIES, closing
from smtp_sink import DROP, SILENCE, greeting, smtp_sink

from monitor.domain.alerts import AttemptClass, Delivery
from monitor.notify.email import EmailChannel, build, mailbox

ADDRESS = "ops@example.com"


def channel(port: int, timeout: float = 20.0, **options: object) -> EmailChannel:
    given = {"security": "none", "sender": "Sellerwatch <alerts@shop.example>", "timeout": timeout} | options
    return EmailChannel("127.0.0.1", port, **given)  # type: ignore[arg-type]


async def test_a_letter_arrives_once_at_one_address_in_two_forms():
    async with smtp_sink() as sink:
        attempt = await channel(sink.port).send(at(ADDRESS), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.OK, "250")
    (mail,) = sink.mails
    assert sink.recipients == [ADDRESS]
    assert mail["Subject"] == "[Critical] TikTok Music closes on 28 Nov 2024 (ID, BR, AU, SG, MX): confirmed"
    assert mail["From"] == "Sellerwatch <alerts@shop.example>"
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


async def test_a_repeat_has_the_same_message_id_and_says_that_it_is_one():
    async with smtp_sink() as sink:
        await channel(sink.port).send(at(ADDRESS), closing())
        await channel(sink.port).send(at(ADDRESS), replace(closing(), repeat=True, attempts=2))
    first, second = sink.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"].endswith("@shop.example>")
    assert (first["X-Sellerwatch-Repeat"], second["X-Sellerwatch-Repeat"]) == (None, "1")
    assert second["Subject"].startswith("[may be a repeat] ")


async def test_later_mails_on_the_incident_join_the_same_conversation():
    async with smtp_sink() as sink:
        await channel(sink.port).send(at(ADDRESS), closing())
        await channel(sink.port).send(at(ADDRESS), replace(closing(), key="a later change"))
    first, second = sink.mails
    assert first["References"] == second["References"]
    assert first["Message-ID"] != second["Message-ID"]


def offered(_: Delivery) -> list[tuple[str, str]]:
    """Links as an installation with a public address makes them."""
    return [
        ("ack", "https://watch.example/act/a?x=1&y=2"),
        ("not_for_us", "https://watch.example/act/b"),
        ("unsubscribe", "https://watch.example/unsubscribe/c"),
    ]


async def test_a_mail_says_whose_it_is_in_which_language_and_how_to_have_no_more_of_them():
    async with smtp_sink() as sink:
        await channel(sink.port).send(at(ADDRESS), replace(closing(), language="zh", target="Ops Team 1"))
    (mail,) = sink.mails
    assert mail["Content-Language"] == "zh-Hans"
    assert mail["List-Id"] == "Sellerwatch <ops-team-1.sellerwatch.shop.example>"
    assert mail["List-Unsubscribe"] == "<mailto:alerts@shop.example?subject=unsubscribe>"
    assert mail["List-Unsubscribe-Post"] is None
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Sellerwatch-Id"] == closing().key
    assert "TikTok Music将于2024年11月28日关闭" in mail["Subject"]
    plain, html = (part.get_content() for part in mail.iter_parts())
    assert '<html lang="zh-Hans">' in html
    assert "您收到此消息的原因" in plain


async def test_with_links_a_mail_can_be_answered_and_unsubscribed_from_in_one_click():
    async with smtp_sink() as sink:
        await channel(sink.port, links=offered).send(at(ADDRESS), closing())
    (mail,) = sink.mails
    unsubscribe = "<https://watch.example/unsubscribe/c>, <mailto:alerts@shop.example?subject=unsubscribe>"
    assert mail["List-Unsubscribe"] == unsubscribe  # RFC 8058
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    plain, html = (part.get_content() for part in mail.iter_parts())
    assert "- Acknowledge: https://watch.example/act/a?x=1&y=2" in plain
    assert 'href="https://watch.example/act/a?x=1&amp;y=2"' in html
    assert ">Not for us</a>" in html
    assert "unsubscribe/c" not in plain + html  # the mail program shows it


def test_the_html_is_what_old_mail_programs_can_show():
    """Outlook lays out tables with inline styles; nothing is fetched from outside."""
    for story in STORIES.values():
        mail = build(story(), mailbox("a@example.com"), mailbox("b@example.com"), offered)
        _, html = (part.get_content() for part in mail.iter_parts())
        assert not re.search(r"display:\s*(flex|grid)|<img|<link|<script|@import|url\(|position:", html)
        assert html.count("<table") == html.count("</table>")
        assert html.count("<tr") == html.count("</tr>")
        assert html.count("<td") == html.count("</td>")
        assert len(html.encode()) < 102_000  # Gmail cuts what is longer


@pytest.mark.parametrize(
    ("answers", "result", "code", "kept"),
    [
        ({"RCPT": "451 try later"}, AttemptClass.TRANSIENT, "451", 0),
        ({"RCPT": "550 no such user ops@example.com"}, AttemptClass.PERMANENT, "550", 0),
        ({"MAIL": "421 busy"}, AttemptClass.TRANSIENT, "421", 0),
        ({"MAIL": "553 not your address"}, AttemptClass.PERMANENT, "553", 0),
        ({"DATA": "552 too much"}, AttemptClass.PERMANENT, "552", 0),
        ({"DATA": "452 disk full"}, AttemptClass.TRANSIENT, "452", 0),
        ({"RCPT": DROP}, AttemptClass.TRANSIENT, "connection", 0),
        ({"DATA": DROP}, AttemptClass.AMBIGUOUS, "disconnected", 1),
    ],
)
async def test_each_answer_has_its_class(answers: dict[str, str], result: AttemptClass, code: str, kept: int):
    async with smtp_sink(answers) as sink:
        attempt = await channel(sink.port).send(at(ADDRESS), closing())
    assert (attempt.result, attempt.code, len(sink.mails)) == (result, code, kept)
    assert "ops" not in attempt.detail
    assert "example" not in attempt.detail


@pytest.mark.parametrize(("silent", "result"), [("RCPT", AttemptClass.TRANSIENT), ("DATA", AttemptClass.AMBIGUOUS)])
async def test_a_server_that_falls_silent_is_given_up_in_time(silent: str, result: AttemptClass):
    async with smtp_sink({silent: SILENCE}) as sink:
        attempt = await channel(sink.port, timeout=0.5).send(at(ADDRESS), closing())
    assert (attempt.result, attempt.code) == (result, "timeout")


async def test_a_lost_acknowledgement_leads_to_one_marked_copy():
    async with smtp_sink({"DATA": DROP}) as sink:
        assert (await channel(sink.port).send(at(ADDRESS), closing())).result is AttemptClass.AMBIGUOUS
        sink.answers.clear()
        again = await channel(sink.port).send(at(ADDRESS), replace(closing(), repeat=True))
    assert again.result is AttemptClass.OK
    assert len({mail["Message-ID"] for mail in sink.mails}) == 1
    assert [mail["X-Sellerwatch-Repeat"] for mail in sink.mails] == [None, "1"]


@pytest.mark.parametrize(
    ("line", "code"),
    [(b"421 not now\r\n", "421"), (b"554 no\r\n", "554"), (b"", "connection"), (b"HTTP/1.1 400\r\n", "protocol")],
)
async def test_a_server_that_does_not_take_up_the_conversation_is_tried_later(line: bytes, code: str):
    async with greeting(line) as port:
        attempt = await channel(port).send(at(ADDRESS), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.TRANSIENT, code)


async def test_a_refused_connection_is_tried_later():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        attempt = await channel(unused.getsockname()[1]).send(at(ADDRESS), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.TRANSIENT, "connection")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ops",
        "ops@",
        "@example.com",
        "a@example.com, b@example.com",
        "a@example.com b@example.com",
        "ops@example.com\r\nBcc: x@example.com",
        "ops@exämple.com",
        "<ops@example.com",
        "ops@example.com>",
        "ops@exam[ple.com",
        "a..b@example.com",
    ],
)
async def test_an_address_that_is_not_exactly_one_mailbox_is_refused_before_anything_is_sent(address: str):
    async with smtp_sink() as sink:
        attempt = await channel(sink.port).send(at(address), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.PERMANENT, "bad_address")
    assert sink.mails == []


def test_a_mailbox_may_have_a_name():
    for text in ("Ops Berlin <ops@example.com>", '"Ops, Berlin" <ops@example.com>', " <ops@example.com> "):
        assert mailbox(text).addr_spec == "ops@example.com"
    with pytest.raises(ValueError, match="not one mail address"):
        EmailChannel("127.0.0.1", sender="nobody")


@pytest.mark.parametrize(
    ("password", "result", "code"), [("right", AttemptClass.OK, "250"), ("stale", AttemptClass.TRANSIENT, "auth")]
)
async def test_a_login_is_made_and_a_refused_one_costs_no_mail(password: str, result: AttemptClass, code: str):
    async with smtp_sink(logged_in=True) as sink:
        attempt = await channel(sink.port, username="watch", password=password).send(at(ADDRESS), closing())
    assert (attempt.result, attempt.code) == (result, code)
    assert set(sink.logins) == {"watch"}
    assert password not in attempt.detail


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1 that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sink")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "sink.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def test_starttls_encrypts_before_login_and_mail(
    tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with smtp_sink(tls_context=tls, require_starttls=True) as sink:
        sender = channel(sink.port, security="starttls")
        attempt = await sender.send(at(ADDRESS), closing())
    assert (attempt.result, sink.encrypted) == (AttemptClass.OK, [True])


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tls: ssl.SSLContext):
    async with smtp_sink(tls_context=tls) as sink:
        attempt = await channel(sink.port, security="starttls").send(at(ADDRESS), closing())
    assert (attempt.result, attempt.code, sink.mails) == (AttemptClass.TRANSIENT, "tls", [])


async def test_a_server_without_encryption_gets_no_mail_when_it_is_asked_for():
    async with smtp_sink() as sink:
        attempt = await channel(sink.port, security="starttls").send(at(ADDRESS), closing())
    assert (attempt.result, sink.mails) == (AttemptClass.TRANSIENT, [])
