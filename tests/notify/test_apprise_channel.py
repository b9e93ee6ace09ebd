"""What Apprise sends, seen by real servers on loopback: classed, guarded, and silent."""

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from given_targets import at
from http_sink import Sink, http_sink
from letters import all_clear, closing
from smtp_sink import DROP, smtp_sink

from monitor.domain.alerts import AttemptClass
from monitor.notify.apprise import AppriseChannel


def channel(timeout: float = 20.0) -> AppriseChannel:
    return AppriseChannel(timeout, allow_private=True)


def here(sink: Sink, name: str = "json", path: str = "") -> str:
    return f"{name}://127.0.0.1:{sink.port}/{path}"


async def test_a_message_arrives_with_a_title_and_a_text():
    async with http_sink() as sink:
        attempt = await channel().send(at(here(sink)), closing())
    (post,) = sink.posts
    assert (attempt.result, attempt.code) == (AttemptClass.OK, "accepted")
    assert post.data["title"] == "[Critical] TikTok Music closes on 28 Nov 2024 (ID, BR, AU, SG, MX): confirmed"
    assert post.data["type"] == "failure"
    assert "- by 28 Oct 2024 (in 26 days): export your data" in post.data["message"].splitlines()


async def test_an_all_clear_is_a_success():
    async with http_sink() as sink:
        await channel().send(at(here(sink)), all_clear())
    assert sink.posts[0].data["type"] == "success"


@pytest.mark.parametrize(
    ("how", "result", "code"),
    [
        ({"status": 204, "body": ""}, AttemptClass.OK, "accepted"),
        ({"status": 302, "headers": {"Location": "/elsewhere"}}, AttemptClass.PERMANENT, "302"),
        ({"status": 400}, AttemptClass.PERMANENT, "400"),
        ({"status": 401}, AttemptClass.PERMANENT, "401"),
        ({"status": 404}, AttemptClass.PERMANENT, "404"),
        ({"status": 429, "headers": {"Retry-After": "30"}}, AttemptClass.TRANSIENT, "429"),
        ({"status": 500}, AttemptClass.TRANSIENT, "500"),
        ({"status": 503}, AttemptClass.TRANSIENT, "503"),
        ({"stall": "hang up"}, AttemptClass.AMBIGUOUS, "disconnected"),
    ],
)
async def test_each_answer_has_its_class(how: dict[str, Any], result: AttemptClass, code: str):
    async with http_sink(**how) as sink:
        attempt = await channel().send(at(here(sink)), closing())
    assert (attempt.result, attempt.code) == (result, code)
    assert (attempt.retry_after is not None) == (code == "429")
    assert len(sink.posts) == 1, "one try is one request, and no redirect is followed"


async def test_silence_after_the_request_leaves_its_fate_unknown():
    async with http_sink(stall="before") as sink:
        attempt = await channel(timeout=1).send(at(here(sink)), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.AMBIGUOUS, "timeout")


@pytest.mark.parametrize(
    ("answers", "result", "code"),
    [({}, AttemptClass.OK, "accepted"), ({"DATA": DROP}, AttemptClass.AMBIGUOUS, "disconnected")],
)
async def test_what_goes_by_another_protocol_may_have_left_once_there_is_a_connection(
    answers: dict[str, str], result: AttemptClass, code: str
):
    async with smtp_sink(answers=answers) as mail:
        address = f"mailto://127.0.0.1:{mail.port}?from=a@b.example&to=c@d.example&mode=insecure&smtp=127.0.0.1"
        attempt = await channel().send(at(address), closing())
    assert (attempt.result, attempt.code) == (result, code)
    assert len(mail.mails) == 1


async def test_a_try_that_nobody_waits_for_any_more_sends_nothing(monkeypatch: pytest.MonkeyPatch):
    asked, answered, ask = threading.Event(), threading.Event(), socket.getaddrinfo

    def slow(host: str, *more: Any, **named: Any) -> Any:
        if host == "slow.example":
            asked.set()
            answered.wait(10)
            return ask("127.0.0.1", *more, **named)
        return ask(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    async with http_sink() as sink:
        attempt = await channel(timeout=0.3).send(at(f"json://slow.example:{sink.port}/"), closing())
        answered.set()  # the name is known after all, too late
        await asyncio.get_running_loop().shutdown_default_executor()
    assert asked.is_set()
    assert (attempt.result, attempt.code) == (AttemptClass.TRANSIENT, "timeout")
    assert sink.posts == [], "else the next try would be a second copy"


@pytest.mark.parametrize(
    ("head", "piece", "result"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536, AttemptClass.AMBIGUOUS),
        (
            b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"fff\r\n" + b"x" * 4095 + b"\r\n",
            AttemptClass.TRANSIENT,
        ),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", AttemptClass.AMBIGUOUS),
    ],
    ids=["a body", "pieces of a body", "promises"],
)
async def test_an_answer_without_end_is_not_read_to_the_end(head: bytes, piece: bytes, result: AttemptClass):
    """A thread cannot be stopped from outside: it would read on until the memory is full."""
    sent = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        with suppress(OSError):
            writer.write(head)
            while True:
                writer.write(piece)
                await writer.drain()
                sent += len(piece)

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        attempt = await channel().send(at(f"json://127.0.0.1:{port}/"), closing())
    assert attempt.result is result
    assert sent < 32 * 1024**2, "what lay in the buffers of the connection, and no more"


async def test_a_refused_connection_is_tried_later():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        attempt = await channel().send(at(f"json://127.0.0.1:{unused.getsockname()[1]}/"), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.TRANSIENT, "connection")


async def test_a_server_that_speaks_no_tls_has_not_got_the_message():
    async with http_sink() as sink:
        attempt = await channel().send(at(here(sink, "jsons")), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.TRANSIENT, "connection")


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("nonsense://x/y", "bad_url"),
        ("json://", "bad_url"),
        ("tgram://123456789:abcdefg_hijklmnop/1/2", "several"),
    ],
)
async def test_an_address_that_cannot_be_sent_to_is_refused(address: str, code: str):
    attempt = await channel().send(at(address), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.PERMANENT, code)
    assert channel().trouble(address) == attempt.detail


async def test_what_the_address_asks_for_does_not_loosen_our_rules():
    loose = "?retry=3&wait=0&redirect=yes&verify=no&optional=yes&overflow=split"
    async with http_sink(status=500) as sink:
        attempt = await channel().send(at(here(sink) + loose), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.TRANSIENT, "500")
    assert len(sink.posts) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0", "2130706433"])
@pytest.mark.parametrize("name", ["json", "gotify", "mailto", "rsyslog"])
async def test_a_private_address_is_refused_before_a_connection_is_made(name: str, host: str):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        port = listener.getsockname()[1]
        tail = {"gotify": "/abcdefghijklmno", "mailto": "?from=a@b.example&to=c@d.example&mode=insecure"}.get(
            name, "/x"
        )
        attempt = await AppriseChannel(20).send(at(f"{name}://{host}:{port}{tail}"), closing())
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert attempt.result is not AttemptClass.OK
    assert attempt.code in {"private_address", "bad_url", "connection"}, "an unusual spelling is no address at all"


async def test_one_try_does_not_loosen_the_guard_of_another():
    async with http_sink() as sink:
        free, guarded = await asyncio.gather(
            channel().send(at(here(sink)), closing()), AppriseChannel(20).send(at(here(sink)), closing())
        )
    assert (free.code, guarded.code) == ("accepted", "private_address")
    assert len(sink.posts) == 1


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG, "apprise"):
        yield caplog


async def test_neither_address_nor_payload_is_ever_told(everything_logged: pytest.LogCaptureFixture):
    told = []
    for how in ({"status": 404}, {"status": 500}, {"stall": "hang up"}, {}):
        async with http_sink(**how) as sink:
            told.append(await channel().send(at(f"json://kim:verysecret@127.0.0.1:{sink.port}/secretpath"), closing()))
    told.append(await channel().send(at("nonsense://verysecret"), closing()))
    assert not any("secret" in repr(attempt) for attempt in told)
    assert [record for record in everything_logged.records if record.name == "apprise"] == []
