"""The way out: one rule for every connection that this process makes, applied when the socket is made.

By then the name was resolved, so what it says then or later (DNS rebinding) and how an address is spelled gain nothing.
Link-local addresses are never reached, whoever asks: cloud providers keep their secrets there. Addresses in networks of
ours are reached by who may (`allow_private`): for sources and targets the settings must allow it; a mail relay, an
error tracker, a collector and a model's endpoint are named by the settings one by one, and often stand there.
"""

import asyncio
import ipaddress
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, partial
from typing import Any

_REMEMBERED = 2_048  # answers: every look asks twice about an address, and again at the next look
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")  # RFC 4291 2.4: all other IPv6 space is special
_INTRANET = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
# Special in the IANA registries, though some Python releases call them global.
_SPECIAL = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))


class PrivateAddressError(OSError):
    """An address that may not be reached. An OSError, since connectors pass those on unchanged."""


@lru_cache(maxsize=_REMEMBERED)
def may_reach(address: str, allow_private: bool) -> bool:
    """True for a globally routable unicast address, judged by the IPv4 address that it embeds when it embeds one.

    With `allow_private` also for loopback and intranet addresses (RFC 1918, RFC 4193). Raises ValueError for what is no
    address.
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        embedded = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            embedded = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if embedded is not None:
            return may_reach(str(embedded), allow_private)
    if allow_private and (ip.is_loopback or any(ip in net for net in _INTRANET)):
        return True
    if isinstance(ip, ipaddress.IPv6Address) and ip not in _GLOBAL_UNICAST:
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in net for net in _SPECIAL)


def guarded_socket(allow_private: bool) -> Callable[[Any], socket.socket]:
    """A socket factory for connectors: the last door before a connection. It makes none to what may not be reached."""
    return partial(opened, allow_private=allow_private)


def opened(address_info: Any, allow_private: bool) -> socket.socket:
    """A socket for one answer of `getaddrinfo`, not yet connected. Raises PrivateAddressError."""
    family, kind, proto, _, address = address_info
    if not may_reach(str(address[0]), allow_private):
        raise PrivateAddressError(None, f"{address[0]} is not a public address")
    return socket.socket(family, kind, proto)


async def connected(host: str, port: int) -> socket.socket:
    """A connection to a server that the settings name, for libraries that take one ready made. The caller sets the time
    limit. Raises OSError: that of the last address tried."""
    loop = asyncio.get_running_loop()
    failure: OSError = socket.gaierror(socket.EAI_NONAME, "no address")
    for info in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        try:
            made = opened(info, allow_private=True)
        except OSError as error:
            failure = error
            continue
        try:
            made.setblocking(False)
            await loop.sock_connect(made, info[4])
        except OSError as error:
            made.close()
            failure = error
        except BaseException:
            made.close()
            raise
        else:
            return made
    raise failure


# --- libraries that open sockets of their own, where the interpreter reports it (PEP 578)

Watch = Callable[[str, tuple[Any, ...]], None]
_SEEN = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg", "http.client.send"})
_watch: ContextVar[Watch | None] = ContextVar("sellerwatch_reach_watch", default=None)


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """`watch` sees each connection before it is made, and may raise; in this context and in threads that inherit it.
    What a library does in threads that it starts by itself is not seen."""
    _Hook.install()
    token = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(token)


@contextmanager
def guarded(allow_private: bool) -> Iterator[None]:
    """What a library connects to meanwhile must be an address that may be reached, else it gets PrivateAddressError."""

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        if event.startswith("socket.") and not reachable(args, allow_private):
            raise PrivateAddressError(None, "not a public address")

    with watched(refuse):
        yield


def reachable(args: tuple[Any, ...], allow_private: bool) -> bool:
    """Whether a reported connection may be made. One to a name may not: it was not looked up where that can be seen."""
    if not isinstance(args[-1], tuple):
        return True  # a socket of this machine, or one that is connected already
    try:
        return may_reach(str(args[-1][0]), allow_private)
    except ValueError:
        return False


def _hook(
    event: str,
    args: tuple[Any, ...],
    # At the interpreter's end events still come when this module's names are taken away: what it needs it holds itself.
    seen: frozenset[str] = _SEEN,
    watching: Callable[[], Watch | None] = _watch.get,
) -> None:
    if event in seen and (watch := watching()) is not None:
        watch(event, args)


class _Hook:
    """An audit hook cannot be taken away again: one for the process."""

    installed = False

    @classmethod
    def install(cls) -> None:
        if not cls.installed:
            sys.addaudithook(_hook)
            cls.installed = True
