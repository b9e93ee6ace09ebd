"""What visitors may ask of the daemon's own web server: over real sockets, each limit by itself."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest
import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import PlainTextResponse

from monitor.metrics_families import WEB_REFUSALS
from monitor.web.limits import REASONS, Limits
from monitor.web.server import WebServer, names

GET = b"GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n"
QUICK = Limits(head=0.1, body=0.1, linger=0.1)
PATIENT = Limits(linger=0.1)  # where it is not lateness that is looked at: this machine may be late itself


class Served:
    """A server that tells what it refused; `release` lets the requests to /slow end."""

    def __init__(self, limits: Limits, named: frozenset[str] | None = None) -> None:
        self.refused: Counter[str] = Counter()
        self.slow = 0
        self.release = asyncio.Event()
        web = FastAPI(openapi_url=None)

        @web.get("/ping")
        @web.get("/metrics")
        async def ping() -> PlainTextResponse:
            return PlainTextResponse("pong")

        @web.get("/slow")
        async def slow() -> PlainTextResponse:
            self.slow += 1
            await self.release.wait()
            return PlainTextResponse("done")

        @web.post("/take")
        @web.post("/websub/take")
        async def take(request: Request) -> PlainTextResponse:
            return PlainTextResponse(str(len(await request.body())))

        self.server = WebServer(web, "127.0.0.1", 0, named, lambda reason: self.refused.update([reason]), limits)

    async def connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.server.port)

    async def says(self, *pieces: bytes) -> bytes:
        """All that comes until the server closes, for what is sent; the client's side stays open."""
        reader, writer = await self.connected()
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()

    async def asked(self, request: bytes) -> bytes:
        """The head of the first answer."""
        reader, writer = await self.connected()
        writer.write(request)
        try:
            return await reader.readuntil(b"\r\n\r\n")
        finally:
            writer.close()


@asynccontextmanager
async def served(limits: Limits = QUICK, named: frozenset[str] | None = None) -> AsyncIterator[Served]:
    made = Served(limits, named)
    await made.server.start()
    async with asyncio.timeout(20):
        yield made
    made.release.set()
    await made.server.stop()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


@pytest.mark.case(53)
@pytest.mark.parametrize(
    "start",
    [b"GET /ping HTTP/1.1\r\nHost: loc", b"G",
     b"POST /take HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc",
     b"POST /take HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", GET + b"GET /pi"],
    ids=["half a head", "one letter", "half a body", "half a chunk", "half of a second request"],
)  # fmt: skip
async def test_whoever_does_not_finish_a_request_is_told_so_and_hung_up_on(start: bytes) -> None:
    async with served() as web:
        answer = await web.says(start)
        assert answer.rpartition(b"HTTP/1.1 ")[2].startswith(b"408 ")
        assert web.refused == {"late": 1}


async def test_whoever_says_nothing_at_all_is_hung_up_on_without_a_word() -> None:
    async with served() as web:
        assert await web.says() == b""


async def test_a_request_that_takes_us_long_is_not_hung_up_on() -> None:
    async with served(replace(QUICK, head=0.05, body=0.05)) as web:
        reader, writer = await web.connected()
        writer.write(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert await web.says() == b"", "one that came later was waited for, and given up"
        web.release.set()
        assert status(await reader.readuntil(b"\r\n\r\n")) == 200
        writer.close()


@pytest.mark.case(53)
async def test_who_drips_a_head_is_given_up_all_the_same() -> None:
    async with served() as web:
        reader, writer = await web.connected()
        end = asyncio.create_task(reader.read())
        writer.write(GET[:-2])
        while not end.done():
            writer.write(b"X: y\r\n")
            await asyncio.wait([end], timeout=0.02)
        writer.close()
        assert web.refused == {"late": 1}


@pytest.mark.case(53)
async def test_a_body_that_goes_on_after_the_answer_is_not_read_for_ever() -> None:
    async with served(Limits(linger=0.1)) as web:
        reader, writer = await web.connected()
        writer.write(b"GET /ping HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert status(await reader.readuntil(b"\r\n\r\n")) == 200
        end = asyncio.create_task(reader.read())
        while not end.done():
            writer.write(b"4\r\nmore\r\n")
            await asyncio.wait([end], timeout=0.02)
        with suppress(ConnectionError):
            await end
        writer.close()


@pytest.mark.case(53)
async def test_when_too_many_want_in_the_one_that_kept_us_waiting_longest_goes() -> None:
    async with served(Limits(connections=4)) as web:
        idle = [await web.connected() for _ in range(10)]
        assert status(await web.asked(GET)) == 200, "who has something to say gets in"
        ends = [asyncio.create_task(reader.read()) for reader, _ in idle]
        done, _ = await asyncio.wait(ends[:7], timeout=10)
        assert len(done) == 7
        for _, writer in idle:
            writer.close()
    assert web.refused["crowded"] == 7


async def test_requests_in_work_are_left_alone_when_too_many_want_in() -> None:
    async with served(Limits(connections=3)) as web:
        working = [await web.connected() for _ in range(3)]
        for _, writer in working:
            writer.write(b"GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        while web.slow < 3:
            await asyncio.sleep(0.01)
        assert await web.says(GET) == b"", "nobody else gets in"
        web.release.set()
        assert [status(await reader.read()) for reader, _ in working] == [200] * 3
        for _, writer in working:
            writer.close()


@pytest.mark.case(53)
async def test_too_many_requests_in_work_or_in_a_while_are_put_off() -> None:
    async with served(Limits(at_once=2)) as web:
        working = [asyncio.create_task(web.asked(GET.replace(b"ping", b"slow"))) for _ in range(2)]
        while web.slow < 2:
            await asyncio.sleep(0.01)
        answer = await web.asked(GET)
        assert status(answer) == 429
        assert b"retry-after: 1" in answer.lower()
        web.release.set()
        assert [status(await task) for task in working] == [200, 200]
        assert status(await web.asked(GET)) == 200
    async with served(Limits(burst=10, per_second=0.001)) as web:
        assert [status(await web.asked(GET)) for _ in range(11)] == [200] * 10 + [429]
        assert status(await web.asked(GET.replace(b"ping", b"metrics"))) == 200, "who watches us has a budget apart"
    async with served(Limits(burst=10, per_second=0.001)) as web:
        metrics = GET.replace(b"ping", b"metrics")
        assert [status(await web.asked(metrics)) for _ in range(3)] == [200, 200, 429], "they cost more"


@pytest.mark.case(53)
@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (b"POST /take HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\n\r\n", 413),
        (b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + b"9" * 18 + b"\r\n\r\n", 413),
        (b"POST /take HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7d000\r\n" + b"x" * 512_000, 413),
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (b"GET /ping?" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (b"GET /ping HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 70_000, 400),
        (b"GET /ping HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 9_000 + b"\r\n", 431),
        (b"GET /ping HTTP/1.1\r\nHost: localhost\r\nHost: b\r\n\r\n", 400),
        (b"POST /take HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /take HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not HTTP at all\r\n\r\n", 400),
    ],
    ids=["10 MB", "an exabyte to nowhere", "chunks", "path", "query", "a long header", "many headers",
         "two hosts", "less than nothing",
         "two lengths", "TLS"],
)  # fmt: skip
async def test_what_is_too_long_or_no_request_is_refused_before_it_costs(request_: bytes, expected: int) -> None:
    async with served(PATIENT) as web:
        assert status(await web.asked(request_)) == expected
        assert status(await web.asked(GET)) == 200


async def test_what_is_within_its_measure_is_taken_and_a_push_of_a_hub_has_a_larger_one() -> None:
    body = b"x" * 300_000
    async with served(Limits()) as web:
        for path, expected in ((b"/take", 413), (b"/websub/take", 200)):
            head = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (path, len(body))
            assert status(await web.asked(head + body)) == expected
            chunked = b"POST %s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" % path
            assert status(await web.asked(chunked + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))) == expected
    assert web.refused == {"too_long": 2}


async def test_requests_sent_ahead_are_answered_in_their_order() -> None:
    last = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    async with served(PATIENT) as web:
        assert (await web.says(GET * 50 + last)).count(b"pong") == 51


@pytest.mark.case(26)
@pytest.mark.case(53)
@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:9464", 200), ("[::1]:9464", 200), ("10.1.2.3", 200), ("localhost", 200), ("LOCALHOST:80", 200),
        ("watch.example.com", 200), ("watch.example.com.:443", 200), ("box.lan:9464", 200),
        ("evil.example", 421), ("watch.example.com.evil.example", 421), ("127.0.0.1.evil.example:9464", 421),
        ("localhost.evil.example", 421), ("evil.example:127", 421), ("[::1].evil.example", 421), ("", 200),
    ],
)  # fmt: skip
async def test_a_name_that_is_not_ours_gets_nothing(host: str, expected: int) -> None:
    """A page of evil.example whose name was given our address would read what the browser's machine may."""
    named = names("127.0.0.1", "https://watch.example.com", ["box.lan"])
    async with served(PATIENT, named) as web:
        assert status(await web.asked(b"GET /ping HTTP/1.1\r\nHost: %s\r\n\r\n" % host.encode())) == expected


async def test_every_refusal_has_a_reason_that_is_on_the_list() -> None:
    async with served(replace(QUICK, connections=1, burst=3, per_second=0.001), frozenset()) as web:
        await web.asked(GET.replace(b"localhost", b"evil.example"))
        await web.asked(GET.replace(b"/ping", b"/" + b"a" * 9_000))
        await web.says(b"GET")
        first = await web.connected()
        await web.says(b"GET")
        first[1].close()
        for _ in range(3):
            await web.asked(GET)
    assert set(web.refused) == set(REASONS) == set(WEB_REFUSALS), "each is a series from the start"


async def test_a_server_that_ends_before_it_listens_is_not_waited_for(monkeypatch):
    async def refuses(*_: object, **__: object) -> None:
        raise OSError(98, "Address already in use")  # to listen on what another has bound at the same moment

    monkeypatch.setattr(uvicorn.Server, "startup", refuses)
    served = Served(Limits())
    with pytest.raises(OSError, match="already in use"):
        await asyncio.wait_for(served.server.start(), 10)
    await served.server.stop()
