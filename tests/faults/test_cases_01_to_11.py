"""Cases 1 to 11 of the faults that we must survive: addresses, redirects, servers; against real sockets."""

import asyncio
import gzip
import ipaddress
import tracemalloc
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import brotli
import pytest
from aiohttp import web
from given_targets import at
from letters import closing
from local_sites import NOON, LocalSite, fresh, raw_server, running_host, source_of
from scrapy.utils._compression import zstd
from test_fetch_faults import MIB, OK_HEAD, certificate, free_port
from test_fetch_guard import METADATA

from monitor.domain.alerts import AttemptClass
from monitor.domain.errors import FailureReason
from monitor.domain.sources import LONGEST_BACKOFF, Outcome, after
from monitor.fetch.guard import may_reach, parse_url
from monitor.notify.slack import SlackChannel

UNIT = Path(__file__).parents[2] / "systemd" / "sellerwatch.service"
MEMORY = 8 * MIB
ZEROS = bytes(64 * MIB)


async def looked_at(url: str, lookup=None, **settings):
    source = source_of(url)
    async with running_host(lookup, **settings) as host:
        return await host.look(source, fresh(source))


@pytest.mark.parametrize(
    "spelling", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0", "[::ffff:127.0.0.1]", "[::1]"]
)
async def test_case_01_no_spelling_of_this_machine_is_asked(spelling: str) -> None:
    async with raw_server(OK_HEAD + b"\r\n") as (port, connections):
        look, capture = await looked_at(f"http://{spelling}/", allow_private=False)
        assert (look.reason, capture) == (FailureReason.PRIVATE_ADDRESS, None)
        look, capture = await looked_at(f"http://{spelling}:{port}/", allow_private=False)
        assert look.reason in {FailureReason.PRIVATE_ADDRESS, FailureReason.BAD_URL}, "a name is not even looked up"
    assert connections == []


@pytest.mark.parametrize("hops", [1, 5])
@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (f"http://{METADATA}/latest/meta-data", FailureReason.PRIVATE_ADDRESS),
        ("http://[fe80::1]/", FailureReason.PRIVATE_ADDRESS),
        ("file:///etc/hostname", FailureReason.BAD_URL),
        ("data:text/plain,hi", FailureReason.BAD_URL),
        ("ftp://127.0.0.1/feed", FailureReason.BAD_URL),
    ],
)
async def test_case_02_a_redirect_to_a_private_address_or_another_scheme_is_refused(
    site: LocalSite, hops: int, target: str, reason: FailureReason
) -> None:
    for hop in range(1, hops):
        site.says(f"/{hop}", status=302, Location=f"/{hop + 1}")
    site.says(f"/{hops}", status=301, Location=target)
    look, capture = await looked_at(site.url("/1"))
    assert (look.reason, capture) == (reason, None)
    assert len(site.asked) == hops


async def test_case_02_a_file_is_no_start_either_and_a_page_cannot_send_us_on_by_its_markup(site: LocalSite) -> None:
    look, _ = await looked_at("file:///etc/hostname")
    assert look.reason is FailureReason.BAD_URL
    refresh = b'<html><head><meta http-equiv="refresh" content="0;url=/inner"></head></html>'
    site.says("/page", refresh, Content_Type="text/html")
    _, capture = await looked_at(site.url("/page"))
    assert capture is not None
    assert (capture.body, site.paths()) == (refresh, ["/page"])


async def test_case_03_a_name_that_is_public_when_checked_and_private_when_asked_is_refused(site: LocalSite) -> None:
    site.says("/feed.xml", b"<rss/>")
    answers = iter([["127.0.0.1"], [METADATA], [METADATA, "127.0.0.1"]])  # here loopback plays the public address

    async def lookup(host: str) -> Sequence[str]:
        return next(answers)

    source = source_of(site.url(host="rebind.test"))
    async with running_host(lookup) as host:
        ends = [(await host.look(source, fresh(source)))[0] for _ in range(3)]
    assert [end.reason for end in ends] == [None, FailureReason.PRIVATE_ADDRESS, None]
    assert len(site.asked) == 2, "of mixed addresses only the public one was used"


@pytest.mark.parametrize(
    "url",
    [
        r"http://internal.test:80\@public.test/",
        "http://user:word@public.test/",
        "http://public.test/a\r\nHost: b",
        "http://public.test/\x7f",
        "http://public.test/" + "a" * 2_048,
    ],
)
async def test_case_04_an_address_that_two_parsers_may_read_differently_is_refused_unasked(url: str) -> None:
    names: list[str] = []

    async def lookup(host: str) -> Sequence[str]:
        names.append(host)
        return [METADATA]

    look, _ = await looked_at(url, lookup, allow_private=False)
    assert (look.reason, names) == (FailureReason.BAD_URL, [])


async def test_case_04_the_name_that_is_checked_is_the_name_that_is_asked(site: LocalSite) -> None:
    names: list[str] = []

    async def lookup(host: str) -> Sequence[str]:
        names.append(host)
        return ["127.0.0.1"]

    site.says("/feed.xml", b"<rss/>")
    lookalike = "\u0430pple.test"  # its first letter is Cyrillic
    look, _ = await looked_at(site.url(host=lookalike), lookup)
    assert look.outcome is Outcome.OK
    assert names == [parse_url(f"http://{lookalike}/", False).raw_host] == ["xn--pple-43d.test"]
    assert site.asked[0].host.startswith("xn--pple-43d.test")


@pytest.mark.parametrize("address", ["https://127.0.0.1/hook", "https://localhost/hook", f"https://{METADATA}/hook"])
async def test_case_05_a_webhook_into_a_private_network_is_refused_unless_that_is_allowed(address: str) -> None:
    attempt = await SlackChannel().send(at(address), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.PERMANENT, "private_address")
    async with raw_server(OK_HEAD.replace(b"text/xml", b"text/plain") + b"Content-Length: 2\r\n\r\nok") as (
        port,
        asked,
    ):
        attempt = await SlackChannel(allow_private=True).send(at(f"http://127.0.0.1:{port}/hook"), closing())
    assert (attempt.result, len(asked)) == (AttemptClass.OK, 1)


def test_case_06_the_unit_denies_what_the_guard_refuses() -> None:
    named = {"link-local": ["169.254.0.0/16", "fe80::/64"], "multicast": ["224.0.0.0/4", "ff00::/8"]}
    [line] = [line for line in UNIT.read_text().splitlines() if line.startswith("IPAddressDeny=")]
    words = line.partition("=")[2].split()
    nets = [ipaddress.ip_network(net) for word in words for net in named.get(word, [word])]
    private = [METADATA, "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.1", "224.0.0.1", "fc00::1",
               "fd00::1", "fe80::1", "ff02::1", "240.0.0.1"]  # fmt: skip
    for address in private:
        assert not may_reach(address, allow_private=False)
        assert any(ipaddress.ip_address(address) in net for net in nets), f"{address} is open in the unit"
    for address in ("93.184.216.34", "2606:4700::1111"):
        assert may_reach(address, allow_private=False)
        assert not any(ipaddress.ip_address(address) in net for net in nets)


@pytest.mark.parametrize(
    ("encoding", "squeeze"),
    [
        ("gzip", gzip.compress),
        ("gzip, gzip", lambda data: gzip.compress(gzip.compress(data))),
        ("deflate", zlib.compress),
        ("br", lambda data: brotli.compress(data, quality=1)),
        ("zstd", zstd.compress),
    ],
)
async def test_case_07_a_bomb_is_dropped_before_it_fills_the_memory(site: LocalSite, encoding: str, squeeze) -> None:
    bomb = squeeze(ZEROS)
    assert len(bomb) < MIB / 2
    site.says("/feed.xml", bomb, Content_Encoding=encoding)
    source = source_of(site.url())
    async with running_host(max_bytes=MIB) as host:
        await host.look(source, fresh(source))  # what is loaded once is not counted
        tracemalloc.start()
        look, capture = await host.look(source, fresh(source))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (look.reason, capture) == (FailureReason.TOO_LARGE, None)
    assert peak < MEMORY


@pytest.mark.parametrize(
    ("chunks", "pause", "reason"),
    [
        ([OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + b"x" * 0x4000 + b"\r\n"], 0.0, "too_large"),
        ([OK_HEAD + b"Content-Length: 2000000000\r\n\r\n", b"x"], 0.1, "too_large"),
        ([OK_HEAD + b"Content-Length: 100000\r\n\r\n", b"x"], 0.5, "timeout"),
    ],
    ids=["endless", "2 GB announced", "a byte every half second"],
)
async def test_case_08_a_body_without_end_ends_at_the_cap_or_the_timeout(chunks, pause: float, reason: str) -> None:
    async with raw_server(*chunks, pause=pause, endless=True) as (port, _), asyncio.timeout(8.0):
        look, capture = await looked_at(f"http://127.0.0.1:{port}/", timeout=1.0, max_bytes=MIB)
    assert (look.reason, capture) == (FailureReason(reason), None)


@pytest.mark.parametrize(
    "head",
    [b"X-Long: " + b"y" * 200_000 + b"\r\n", b"".join(b"X-%d: y\r\n" % n for n in range(100_000))],
    ids=["one header of 200 KB", "100,000 headers"],
)
async def test_case_09_a_head_that_is_too_large_is_refused(head: bytes) -> None:
    async with raw_server(OK_HEAD + head + b"Content-Length: 6\r\n\r\n<rss/>") as (port, _):
        look, capture = await looked_at(f"http://127.0.0.1:{port}/")
    assert (look.reason, capture) == (FailureReason.TOO_MANY_HEADERS, None)


async def test_case_10_a_fifth_of_the_sources_dead_holds_up_nobody_and_the_dead_are_asked_ever_less(
    site: LocalSite,
) -> None:
    """Five hundred of them, dead in ten ways, through the whole daemon: tests/daemon/test_dead_sources.py."""

    async def hang(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError("nobody waits so long")

    async def lookup(host: str) -> Sequence[str]:
        return ["127.0.0.1"]

    site.says("/feed.xml", b"<rss/>")
    site.says("/broken", status=503, Retry_After="60")
    site.pages["/hang"] = hang
    ways = [site.url("/broken", "b.test"), site.url("/hang", "h.test"), f"http://closed.test:{free_port()}/"]
    sources = [
        source_of(ways[n // 5 % 3] if n % 5 == 0 else site.url(host=f"live{n}.test"), id=f"s{n}") for n in range(100)
    ]
    async with running_host(lookup, timeout=3.0, per_host=8) as host, asyncio.timeout(2 * 3.0):
        ends = await asyncio.gather(*(host.look(source, fresh(source)) for source in sources))
    assert sum(look.outcome is Outcome.OK for look, _ in ends) == 80
    assert {look.reason for look, _ in ends} == {
        None, FailureReason.HTTP_5XX, FailureReason.TIMEOUT, FailureReason.CONNECTION
    }  # fmt: skip
    dead = next(look for look, _ in ends if look.reason is FailureReason.CONNECTION)
    state, every, waits = fresh(sources[0]), timedelta(minutes=15), []
    for _ in range(12):
        state = after(state, replace(dead, at=NOON), every, jitter=0.0)
        waits.append(state.next_look_at - NOON)
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (2 * every, LONGEST_BACKOFF)


@pytest.mark.parametrize(
    ("flaw", "trusted", "name", "until"),
    [
        ("none", True, "shop.test", timedelta(days=1)),
        ("self-signed", False, "shop.test", timedelta(days=1)),
        ("expired", True, "shop.test", -timedelta(days=1)),
        ("wrong host", True, "other.test", timedelta(days=1)),
    ],
)
async def test_case_11_only_a_valid_certificate_is_believed(
    flaw: str, trusted: bool, name: str, until: timedelta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cert, context = certificate(tmp_path, name, until)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))

    async def lookup(host: str) -> Sequence[str]:
        return ["127.0.0.1"]

    async with raw_server(OK_HEAD + b"Content-Length: 6\r\n\r\n<rss/>", tls=context) as (port, _):
        look, _ = await looked_at(f"https://shop.test:{port}/", lookup)
    assert look.reason is (None if flaw == "none" else FailureReason.TLS)
