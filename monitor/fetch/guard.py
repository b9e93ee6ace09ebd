"""The egress guard: which URLs and which addresses may be fetched.

A name is checked after it was resolved and again when the socket is made, on every hop, so an answer that changes in
between (DNS rebinding) gains nothing. The same parsed URL is checked and fetched.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import yarl
from aiohttp.abc import AbstractResolver, ResolveResult

from monitor.domain.errors import FailureReason
from monitor.fetch.failures import FetchError
from monitor.reach import PrivateAddressError, may_reach

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""A host name's addresses, as text. Raises OSError when it has none."""

MAX_URL = 2_048
_REMEMBERED = 2_048  # answers: every look asks twice about an address, and again at the next look
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\]")
_WEB_PORTS = frozenset({80, 443})


@lru_cache(maxsize=_REMEMBERED)
def parse_url(url: str, allow_private: bool) -> yarl.URL:
    """The URL in the one form that is both checked and fetched. Raises FetchError: BAD_URL or PRIVATE_ADDRESS."""
    if len(url) > MAX_URL:
        raise _bad_url(f"longer than {MAX_URL} characters")
    if _FORBIDDEN.search(url):
        raise _bad_url("a backslash or control character in it")
    try:
        parsed = yarl.URL(url)
        host, port = parsed.host, parsed.port  # decoded here, not when the URL was made
    except ValueError as error:
        raise _bad_url("not a URL") from error
    if parsed.scheme not in {"http", "https"} or not host:
        raise _bad_url("not an absolute http or https URL")
    if "@" in parsed.raw_authority or "@" in url.split("://", 1)[1].split("/", 1)[0]:
        raise _bad_url("a user name or password in it")
    literal = _literal_address(host)
    if literal is not None and not may_reach(literal, allow_private):
        raise FetchError(FailureReason.PRIVATE_ADDRESS, f"refused: {host} is not a public address")
    if port not in _WEB_PORTS and not allow_private:
        raise _bad_url(f"port {port} is not a web port")
    return parsed


def _literal_address(host: str) -> str | None:
    """The address that the host spells out, in the old number forms too (2130706433, 0x7f.1), else None."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


def _bad_url(why: str) -> FetchError:
    return FetchError(FailureReason.BAD_URL, f"refused: {why}")


class GuardedResolver(AbstractResolver):
    """Gives a connector only those addresses of a name that may be reached."""

    def __init__(self, lookup: Lookup, allow_private: bool) -> None:
        self._lookup = lookup
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = await self._lookup(host)
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        reachable = [address for address in addresses if may_reach(address, self._allow_private)]
        if not reachable:
            raise PrivateAddressError(None, f"{host} has no public address")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in reachable
        ]

    async def close(self) -> None:
        """Nothing is held."""


class SystemLookup:
    """The system's resolver, in threads of its own: a dead name server must not occupy the loop's few threads."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="dns")

    async def __call__(self, host: str) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._pool, socket.getaddrinfo, host, None, 0, socket.SOCK_STREAM)
        except UnicodeError as error:  # the idna codec, on labels that are empty or too long
            raise socket.gaierror(socket.EAI_NONAME, "not a host name") from error
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
