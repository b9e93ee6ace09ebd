"""Stories of servers that break, lie, stall or flood."""

import asyncio
import gzip
import socket
import ssl
import tracemalloc
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import brotli
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from local_sites import LocalSite, fresh, raw_server, running_host, source_of
from scrapy.utils._compression import zstd

from monitor.domain.errors import FailureReason
from monitor.domain.sources import Outcome, SourceKind
from monitor.fetch.failures import failure_of

MIB = 1024 * 1024
ZEROS = bytes(64 * MIB)
OK_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


def raw_deflate(data: bytes) -> bytes:
    squeezer = zlib.compressobj(wbits=-15)
    return squeezer.compress(data) + squeezer.flush()


@pytest.mark.parametrize(
    ("encoding", "squeeze"),
    [
        ("gzip", gzip.compress),
        ("gzip, gzip", lambda data: gzip.compress(gzip.compress(data))),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("br", lambda data: brotli.compress(data, quality=1)),
        ("zstd", zstd.compress),
    ],
)
async def test_a_body_that_unpacks_beyond_the_limit_is_dropped_before_it_fills_the_memory(
    site: LocalSite, encoding: str, squeeze
) -> None:
    bomb = squeeze(ZEROS)
    assert len(bomb) < MIB / 2
    site.says("/feed.xml", bomb, Content_Encoding=encoding)
    site.says("/small.xml", squeeze(b"<rss/>"), Content_Encoding=encoding)
    source, small = source_of(site.url()), source_of(site.url("/small.xml"))
    async with running_host(max_bytes=MIB) as host:
        await host.look(small, fresh(small))
        tracemalloc.start()
        look, capture = await host.look(source, fresh(source))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        fine, read = await host.look(small, fresh(small))
    assert (look.reason, capture) == (FailureReason.TOO_LARGE, None)
    assert peak < 8 * MIB
    assert read is not None
    assert (fine.outcome, read.body) == (Outcome.OK, b"<rss/>")


async def test_a_body_that_is_not_what_its_encoding_says_is_a_failure(site: LocalSite) -> None:
    site.says("/feed.xml", b"this is no brotli", Content_Encoding="br")
    source = source_of(site.url())
    async with running_host() as host:
        look, capture = await host.look(source, fresh(source))
    assert (look.outcome, look.reason, capture) == (Outcome.FAILED, FailureReason.CONNECTION, None)


@pytest.mark.parametrize(
    ("chunks", "pause", "reasons"),
    [
        ([OK_HEAD + b"Content-Length: 2000000000\r\n\r\n", b"x"], 0.1, {FailureReason.TOO_LARGE}),
        (
            [OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + b"x" * 0x4000 + b"\r\n"],
            0.0,
            {FailureReason.TOO_LARGE},
        ),
        ([OK_HEAD + b"Content-Length: 100000\r\n\r\n", b"x"], 0.5, {FailureReason.TIMEOUT}),
        ([OK_HEAD, b"A: b\r\n"], 0.05, {FailureReason.TIMEOUT}),
        ([b"H"], 0.5, {FailureReason.TIMEOUT, FailureReason.CONNECTION}),
    ],
    ids=["2 GB announced", "endless chunks", "one byte at a time", "endless head", "endless nonsense"],
)
async def test_a_body_without_end_costs_one_timeout_at_most(
    chunks: list[bytes], pause: float, reasons: set[FailureReason]
) -> None:
    async with raw_server(*chunks, pause=pause, endless=True) as (port, connections):
        source = source_of(f"http://127.0.0.1:{port}/feed.xml")
        async with running_host(timeout=1.0, max_bytes=MIB) as host, asyncio.timeout(20):
            look, capture = await host.look(source, fresh(source))
        assert look.reason in reasons
        assert capture is None
        async with asyncio.timeout(5):
            await asyncio.gather(*connections, return_exceptions=True)  # our side has hung up


async def test_redirects_share_one_timeout(site: LocalSite) -> None:
    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(0.4)
        return web.Response(status=302, headers={"Location": request.path + "x"})

    for hops in range(8):
        site.pages["/feed" + "x" * hops] = slow
    source = source_of(site.url("/feed"))
    async with running_host(timeout=1.0) as host:
        look, _ = await host.look(source, fresh(source))
    assert look.reason is FailureReason.TIMEOUT
    assert len(site.asked) <= 3, "a timeout for each would have let all eight through"


@pytest.mark.parametrize(
    "head",
    [b"".join(b"X-%d: y\r\n" % number for number in range(1_000)), b"X-Long: " + b"y" * 200_000 + b"\r\n"],
    ids=["1,000 headers", "one header of 200 KB"],
)
async def test_a_head_that_is_too_large_is_refused(head: bytes) -> None:
    async with raw_server(OK_HEAD + head + b"Content-Length: 0\r\n\r\n") as (port, _):
        source = source_of(f"http://127.0.0.1:{port}/feed.xml")
        async with running_host() as host:
            look, _ = await host.look(source, fresh(source))
    assert look.reason is FailureReason.TOO_MANY_HEADERS


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", b"\x00\x01\x02 not http\r\n\r\n"]
)
async def test_a_server_that_hangs_up_or_speaks_no_http_is_asked_once_and_fails(said: bytes) -> None:
    async with raw_server(said) as (port, connections):
        source = source_of(f"http://127.0.0.1:{port}/feed.xml")
        async with running_host() as host:
            look, capture = await host.look(source, fresh(source))
        assert (look.reason, capture, len(connections)) == (FailureReason.CONNECTION, None, 1)


async def test_a_header_in_no_known_charset_does_not_spoil_the_feed() -> None:
    said = OK_HEAD + b"X-Name: \xff\xfe\r\nETag: \xe9\r\nContent-Length: 6\r\n\r\n<rss/>"
    async with raw_server(said) as (port, _):
        source = source_of(f"http://127.0.0.1:{port}/feed.xml")
        async with running_host() as host:
            look, capture = await host.look(source, fresh(source))
    assert (look.outcome, look.etag) == (Outcome.OK, None)
    assert capture is not None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_closed_port_and_a_name_without_address_say_which_they_are() -> None:
    async def lookup(host: str) -> Sequence[str]:
        if host == "nowhere.test":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [] if host == "empty.test" else ["127.0.0.1"]

    async with running_host(lookup) as host:
        looks = []
        for name in ("closed.test", "nowhere.test", "empty.test"):
            source = source_of(f"http://{name}:{free_port()}/feed.xml?token=secret")
            looks.append((await host.look(source, fresh(source)))[0])
    assert [look.reason for look in looks] == [FailureReason.CONNECTION, FailureReason.DNS, FailureReason.DNS]
    assert all(look.detail and "secret" not in look.detail for look in looks)


def certificate(folder: Path, name: str, until: timedelta) -> tuple[Path, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, secret = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, secret)
    return cert, context


@pytest.mark.long
async def test_a_fifth_of_all_sources_dead_holds_up_nobody(site: LocalSite) -> None:
    async def hang(_: web.Request) -> web.Response:
        await asyncio.sleep(60)
        raise AssertionError("nobody waits so long")

    async def lookup(host: str) -> Sequence[str]:
        if host.startswith("dns"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return ["127.0.0.1"]

    site.says("/feed.xml", b"<rss/>")
    site.says("/broken", status=500)
    site.says("/busy", status=429, Retry_After="60")
    site.pages["/hang"] = hang
    closed = free_port()
    dead = {
        FailureReason.CONNECTION: lambda n: f"http://closed{n}.test:{closed}/",
        FailureReason.DNS: lambda n: f"http://dns{n}.test/",
        FailureReason.TLS: lambda n: f"https://tls{n}.test:{site.port}/",  # it speaks no TLS
        FailureReason.HTTP_5XX: lambda n: site.url("/broken", f"broken{n}.test"),
        FailureReason.RATE_LIMITED: lambda n: site.url("/busy", f"busy{n}.test"),
        FailureReason.TIMEOUT: lambda n: site.url("/hang", f"hang{n}.test"),
        FailureReason.PRIVATE_ADDRESS: lambda n: "http://169.254.169.254/",
        FailureReason.ROBOTS: lambda n: site.url("/page", f"robots{n}.test"),
    }
    site.says("/robots.txt", b"User-agent: *\nDisallow: /")
    expected = {}
    sources = []
    for number in range(200):
        reason = list(dead)[number // 5 % 8] if number % 5 == 0 else None
        url = dead[reason](number) if reason else site.url("/feed.xml", f"live{number}.test")
        kind = SourceKind.PAGE if reason is FailureReason.ROBOTS else SourceKind.FEED
        sources.append(source_of(url, kind, id=f"s{number}"))
        expected[f"s{number}"] = reason
    timeout = 5.0
    async with running_host(lookup, timeout=timeout) as host, asyncio.timeout(2 * timeout):
        ends = await asyncio.gather(*(host.look(source, fresh(source)) for source in sources))
    assert {look.source_id: look.reason for look, _ in ends} == expected
    assert sum(capture is not None for _, capture in ends) == 160


async def test_a_refusal_that_bears_a_walls_challenge_is_a_wall_and_any_other_is_what_its_status_says(site) -> None:
    site.says("/challenge", b"<title>Just a moment...</title><script>window._cf_chl_opt={}</script>", status=403)
    site.says("/forbidden", b"<h1>Forbidden</h1>", status=403)
    async with running_host() as host:
        walled = source_of(site.url("/challenge"))
        look, capture = await host.look(walled, fresh(walled))
        assert (look.reason, look.status, capture) == (FailureReason.BOT_WALL, 403, None)
        assert "Cloudflare" in look.detail
        refused = source_of(site.url("/forbidden"))
        assert (await host.look(refused, fresh(refused)))[0].reason is FailureReason.HTTP_4XX


def test_an_error_that_nobody_foresaw_is_a_connection_failure_under_its_own_name() -> None:
    failure = failure_of(KeyError("https://shop.test/?token=secret"))
    assert (failure.reason, failure.detail) == (FailureReason.CONNECTION, "KeyError")
