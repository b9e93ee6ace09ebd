"""Stories of the egress guard: nobody talks us into our own network."""

import ipaddress
import socket
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_sites import LocalSite, fresh, raw_server, running_host, source_of

from monitor.domain.errors import FailureReason
from monitor.domain.sources import Outcome
from monitor.fetch.failures import FetchError
from monitor.fetch.guard import SystemLookup, may_reach, parse_url

METADATA = "169.254.169.254"


@pytest.mark.parametrize(
    "spelling",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0", "[::ffff:127.0.0.1]", "[::1]"],
)
async def test_every_spelling_of_this_machine_is_refused(spelling: str) -> None:
    source = source_of(f"http://{spelling}/feed.xml")
    async with running_host(allow_private=False) as host:
        look, capture = await host.look(source, fresh(source))
        page = await host.page(source.url, "press", "doc")
    assert (look.reason, capture) == (FailureReason.PRIVATE_ADDRESS, None)
    assert page.failure is FailureReason.PRIVATE_ADDRESS


@pytest.mark.parametrize("hops", [1, 5])
@pytest.mark.parametrize("target", [f"http://{METADATA}/latest", "http://[::ffff:a9fe:a9fe]/", "http://metadata.test/"])
async def test_a_redirect_into_a_private_network_is_refused_on_whatever_hop(
    site: LocalSite, hops: int, target: str
) -> None:
    for hop in range(1, hops):
        site.says(f"/{hop}", status=302, Location=f"/{hop + 1}")
    site.says(f"/{hops}", status=307, Location=target)
    source = source_of(site.url("/1"))

    async def lookup(host: str) -> Sequence[str]:
        return [METADATA]

    async with running_host(lookup) as host:
        look, _ = await host.look(source, fresh(source))
    assert (look.reason, len(site.asked)) == (FailureReason.PRIVATE_ADDRESS, hops)


@pytest.mark.parametrize(
    "target", ["file:///etc/hostname", "data:text/plain,hi", "ftp://127.0.0.1/feed", "gopher://x/"]
)
async def test_a_redirect_to_another_scheme_is_not_followed(site: LocalSite, target: str) -> None:
    site.says("/feed.xml", status=302, Location=target)
    source = source_of(site.url())
    async with running_host() as host:
        look, capture = await host.look(source, fresh(source))
    assert (look.reason, look.status, capture) == (FailureReason.BAD_URL, 302, None)


@pytest.mark.parametrize("target", [r"http://127.0.0.1:80\@public.test/", "http://user:word@public.test/", "/a\tb"])
async def test_a_redirect_that_two_parsers_could_read_differently_is_refused(site: LocalSite, target: str) -> None:
    site.says("/feed.xml", status=302, Location=target)
    source = source_of(site.url())
    async with running_host() as host:
        look, _ = await host.look(source, fresh(source))
    assert (look.reason, len(site.asked)) == (FailureReason.BAD_URL, 1)


async def test_a_name_that_rebinds_to_a_private_address_is_refused_at_its_second_answer(site: LocalSite) -> None:
    site.says("/feed.xml", b"<rss/>")
    answers = iter(["127.0.0.1", METADATA])

    async def lookup(host: str) -> Sequence[str]:
        return [next(answers)]

    source = source_of(site.url(host="rebind.test"))
    async with running_host(lookup) as host:
        first, _ = await host.look(source, fresh(source))
        second, _ = await host.look(source, fresh(source))
    assert (first.outcome, second.reason) == (Outcome.OK, FailureReason.PRIVATE_ADDRESS)
    assert len(site.asked) == 1


async def test_of_a_name_with_public_and_private_addresses_only_the_public_ones_are_used(site: LocalSite) -> None:
    site.says("/feed.xml", b"<rss/>")

    async def lookup(host: str) -> Sequence[str]:
        return [METADATA, "fe80::1", "127.0.0.1"]

    source = source_of(site.url(host="mixed.test"))
    async with running_host(lookup) as host:
        look, _ = await host.look(source, fresh(source))
    assert look.outcome is Outcome.OK


@pytest.mark.parametrize(
    "url",
    [
        r"http://internal.test:80\@public.test/",
        "http://user@public.test/",
        "http://user:password@public.test/",
        "http://@public.test/",
        "http://public.test/a\nb",
        "http://public.test/\x00",
        "http://public.test/" + "a" * 2_048,
        "http://public.test:8080/",
        "http://public.test:22/",
        "http://public.test:99999/",
        "ftp://public.test/feed",
        "file:///etc/passwd",
        "data:text/plain,hi",
        "//public.test/feed",
        "feed.xml",
        "http:///feed",
        "http://[::1/",
        "http://xn--/",
        "",
    ],
)
async def test_a_url_that_is_not_a_plain_web_address_is_refused_before_any_lookup(url: str) -> None:
    asked: list[str] = []

    async def lookup(host: str) -> Sequence[str]:
        asked.append(host)
        return [METADATA]

    source = source_of(url)
    async with running_host(lookup, allow_private=False) as host:
        look, _ = await host.look(source, fresh(source))
    assert (look.reason, asked) == (FailureReason.BAD_URL, [])
    assert "password" not in look.detail.replace("user name or password", "")


async def test_a_private_host_sees_no_connection_at_all() -> None:
    async with raw_server(b"HTTP/1.1 200 OK\r\n\r\n") as (port, connections):
        source = source_of(f"http://127.0.0.1:{port}/")
        async with running_host(allow_private=False) as host:
            look, _ = await host.look(source, fresh(source))
    assert (look.reason, connections) == (FailureReason.PRIVATE_ADDRESS, [])


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", METADATA, "172.16.0.1", "192.0.0.8", "192.0.2.1",
        "192.168.1.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1",
        "::127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1",
        "2002:7f00:1::1", "2002:a9fe:a9fe::1", "3fff::1", "fc00::1", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_for_everybody_is_not_reached(address: str) -> None:
    assert not may_reach(address, allow_private=False)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101", "::ffff:8.8.8.8", "2002:808:808::1"]
)
def test_a_public_address_is_reached(address: str) -> None:
    assert may_reach(address, allow_private=False)


@pytest.mark.parametrize("address", [METADATA, "0.0.0.0", "224.0.0.1", "fe80::1", "::ffff:169.254.169.254", "ff02::1"])
def test_allowing_private_addresses_opens_the_intranet_and_nothing_else(address: str) -> None:
    assert not may_reach(address, allow_private=True)
    assert may_reach("127.0.0.1", allow_private=True)
    assert may_reach("10.1.2.3", allow_private=True)
    assert may_reach("fd00::1", allow_private=True)


@given(st.integers(0, 2**32 - 1))
def test_an_address_embedded_in_another_is_judged_as_itself(number: int) -> None:
    plain = ipaddress.IPv4Address(number)
    verdict = may_reach(str(plain), allow_private=False)
    mapped = ipaddress.IPv6Address((0xFFFF << 32) | number)
    six_to_four = ipaddress.IPv6Address((0x2002 << 112) | (number << 80) | 1)
    nat64 = ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) | number)
    assert [may_reach(str(ip), allow_private=False) for ip in (mapped, six_to_four, nat64)] == [verdict] * 3
    assert not verdict or plain.is_global


@given(st.text(max_size=80) | st.text(max_size=60).map("http://".__add__))
def test_any_text_is_either_a_web_address_or_refused(text: str) -> None:
    try:
        url = parse_url(text, allow_private=False)
    except FetchError:  # any other error fails this test
        return
    assert url.scheme in {"http", "https"}
    assert url.host
    assert url.user is None
    assert url.port in {80, 443}


async def test_the_systems_resolver_answers_for_names_and_refuses_what_is_none() -> None:
    lookup = SystemLookup(threads=2)
    assert "127.0.0.1" in await lookup("localhost")
    with pytest.raises(socket.gaierror):
        await lookup("a" * 64 + ".test")
    lookup.close()
