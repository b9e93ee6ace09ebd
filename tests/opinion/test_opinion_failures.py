"""When the endpoint is slow, broken, dear or gone: our own assessment stands, the reason is counted, nothing stops."""

import asyncio
import logging
import socket
import ssl
from datetime import UTC, datetime, timedelta
from gzip import compress
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from local_sites import raw_server
from oracles import KEY, NO, NOON, TEXT, YES, Desk, asks, assessment, completion, status

from monitor.domain.opinions import Heard
from monitor.opinion.answer import UnansweredError
from monitor.opinion.endpoint import LONGEST_BODY, Endpoint
from monitor.opinion.second import SecondOpinion
from monitor.opinion.settings import OpinionSettings


def good() -> str:
    return str(completion(YES).text)


GZIP = {"Content-Encoding": "gzip"}  # nobody asked for it, and a small one may hold gigabytes


@pytest.mark.parametrize(
    ("says", "heard"),
    [
        (status(500), Heard.SERVER_ERROR),
        (status(503), Heard.SERVER_ERROR),
        (status(429), Heard.RATE_LIMITED),
        (status(401), Heard.REFUSED),
        (status(404), Heard.REFUSED),
        (status(302, Location="http://127.0.0.1:1/v1/chat/completions"), Heard.REFUSED),
        (lambda body: web.Response(body=b"<html>welcome</html>"), Heard.NOT_A_COMPLETION),
        (lambda body: web.Response(body=b"\xff\xfe\x00"), Heard.NOT_A_COMPLETION),
        (lambda body: web.Response(body=b"[" * 100_000), Heard.NOT_A_COMPLETION),
        (lambda body: web.Response(text=good() + " " * LONGEST_BODY), Heard.NOT_A_COMPLETION),
        (lambda body: web.Response(body=compress(good().encode()), headers=GZIP), Heard.NOT_A_COMPLETION),
        (lambda body: web.json_response({"choices": []}), Heard.NOT_A_COMPLETION),
        (lambda body: web.json_response({"choices": [{"message": {"content": None}}]}), Heard.NOT_A_COMPLETION),
        (lambda body: completion("I think it closes."), Heard.BAD_ANSWER),
        (lambda body: completion("```json\n{}\n```"), Heard.BAD_ANSWER),
        (lambda body: completion("[" * 100_000), Heard.BAD_ANSWER),
        (lambda body: completion(YES | {"event": "earthquake"}), Heard.BAD_ANSWER),
        (lambda body: completion(YES | {"event": None}), Heard.BAD_ANSWER),
        (lambda body: completion(YES | {"status": "none"}), Heard.BAD_ANSWER),
        (lambda body: completion(YES | {"probability": 7}), Heard.BAD_ANSWER),
        (lambda body: completion(YES | {"probability": "0.9"}), Heard.BAD_ANSWER),
        (lambda body: completion(YES | {"probability": float("nan")}), Heard.BAD_ANSWER),
        (lambda body: completion(YES | {"probability": 0.2}), Heard.BAD_ANSWER),
        (lambda body: completion(NO | {"probability": 0.9}), Heard.BAD_ANSWER),
        (lambda body: completion(YES | {"quotes": []}), Heard.BAD_ANSWER),
        (lambda body: completion(YES | {"quotes": ["will close"] * 6}), Heard.BAD_ANSWER),
        (lambda body: completion(YES | {"quotes": [TEXT * 20]}), Heard.BAD_ANSWER),
        (lambda body: completion(YES | {"call": "rm -rf /"}), Heard.BAD_ANSWER),
        (lambda body: completion(YES | {"quotes": ["will close", "the board has decided"]}), Heard.MISQUOTED),
        (lambda body: completion(YES | {"quotes": ["."]}), Heard.MISQUOTED),
        (lambda body: completion(YES | {"quotes": ["  "]}), Heard.MISQUOTED),
        (lambda body: completion(YES | {"quotes": [".*close.*"]}), Heard.MISQUOTED),
    ],
)
async def test_what_is_no_answer_leaves_our_own_assessment_as_it_was(desk: Desk, says, heard):
    desk.oracle.says = says
    assert await asks(desk.opens()) == assessment()
    assert desk.tally.heard == [heard]


async def test_a_slow_endpoint_is_waited_for_no_longer_than_the_timeout_and_the_loop_goes_on(desk: Desk):
    waiting, released = asyncio.Event(), asyncio.Event()

    async def never(body):
        waiting.set()
        await released.wait()
        return completion(YES)

    desk.oracle.says = never
    asking = asyncio.create_task(asks(desk.opens(timeout=0.4)))
    await asyncio.wait_for(waiting.wait(), 10)
    assert not asking.done()  # and yet this line runs
    assert await asyncio.wait_for(asking, 10) == assessment()
    assert desk.tally.heard == [Heard.TIMEOUT]
    released.set()


async def test_a_body_that_drips_without_end_is_cut_at_the_timeout(desk: Desk):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with raw_server(head, b"1\r\nx\r\n", pause=0.01, endless=True) as (port, _):
        assert await asks(desk.opens(base_url=f"http://127.0.0.1:{port}/v1", timeout=0.4)) == assessment()
    assert desk.tally.heard == [Heard.TIMEOUT]


async def test_a_connection_that_breaks_is_not_tried_twice(desk: Desk):
    async with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{") as (port, connections):
        assert await asks(desk.opens(base_url=f"http://127.0.0.1:{port}/v1")) == assessment()
        assert len(connections) == 1
    assert desk.tally.heard == [Heard.CONNECTION]


async def test_nobody_listening_costs_no_tokens(desk: Desk):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        assert await asks(desk.opens(base_url=f"http://127.0.0.1:{port}/v1")) == assessment()
    assert (desk.tally.heard, desk.tally.tokens) == ([Heard.CONNECTION], [0])


class Names(AbstractResolver):
    """A name server that knows one address for all names, or none."""

    def __init__(self, address: str | None) -> None:
        self.address = address

    async def resolve(self, host, port=0, family=socket.AF_INET):
        if self.address is None:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        found = {"hostname": host, "host": self.address, "port": port, "family": family, "proto": 0}
        return [ResolveResult(**found, flags=socket.AI_NUMERICHOST)]

    async def close(self) -> None: ...


async def heard_at(url: str, names: Names, directory: Path) -> UnansweredError:
    endpoint = Endpoint(OpinionSettings(url, "tiny", directory / "none.db"), lambda: NOON, names)
    with pytest.raises(UnansweredError) as caught:
        await endpoint.ask(b"{}")
    return caught.value


async def test_a_name_that_does_not_resolve_is_told_apart(tmp_path: Path):
    error = await heard_at("https://nobody.example.com/v1", Names(None), tmp_path)
    assert (error.heard, error.left) == (Heard.DNS, False)


async def test_an_endpoint_whose_certificate_nobody_vouches_for_is_not_told_the_document(desk: Desk):
    async with raw_server(b"HTTP/1.1 200 OK\r\n\r\n", tls=_self_signed(desk.directory)) as (port, _):
        url = f"https://127.0.0.1:{port}/v1"
        assert await asks(desk.opens(base_url=url, insecure=True)) == assessment()
    assert (desk.tally.heard, desk.tally.tokens) == ([Heard.TLS], [0])


async def test_plain_http_leaves_for_this_machine_only_whatever_the_name_says(desk: Desk):
    error = await heard_at("http://localhost:9/v1", Names("10.255.255.1"), desk.directory)
    assert (error.heard, error.left) == (Heard.CONNECTION, False)
    port = desk.oracle.url.split(":")[-1]
    settings = OpinionSettings(f"http://localhost:{port}", "tiny", desk.directory / "none.db")
    assert await Endpoint(settings, lambda: NOON, Names("127.0.0.1")).ask(b"{}")


async def test_proxies_of_the_environment_are_not_used(desk: Desk, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:1")
    assert (await asks(desk.opens())).votes


def _self_signed(directory: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (directory / "both.pem").write_bytes(key.private_bytes(pem, *plain) + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "both.pem")
    return context


async def test_a_fault_of_ours_costs_the_opinion_and_never_the_document(desk: Desk, caplog):
    def broken():
        raise RuntimeError("the clock has stopped")

    consultant = desk.opens()._consultant
    assert consultant is not None
    second = SecondOpinion(desk.inner, desk.tally, broken)
    second.configure(consultant.settings)
    assert await asks(second) == assessment()
    assert desk.tally.heard == [Heard.DEFECT]
    assert "the clock has stopped" in caplog.text


async def test_no_secret_and_no_document_is_in_the_log_or_in_any_text_of_ours(desk: Desk, caplog):
    caplog.set_level(logging.DEBUG)
    second = desk.opens()
    for says in (status(401), status(500), status(429), lambda body: completion("what?")):
        desk.oracle.says = says
        desk.clock.passes(4000)
        await asks(second, text=f"{TEXT} {says}")
    consultant = second._consultant
    assert consultant is not None
    shown = caplog.text + repr(consultant.settings) + repr(second) + repr(consultant)
    assert "not asked for" in caplog.text
    assert KEY not in shown
    assert "Shopee" not in caplog.text
