"""From where a request comes, and whether it came encrypted: the connection's own word, or a trusted proxy's."""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass

from fastapi import Request


@dataclass(frozen=True, slots=True)
class Peer:
    """`address` is the visitor's; `next` the one at the other end of the connection."""

    address: str
    next: str
    secure: bool


def within(address: str, networks: Collection[str]) -> bool:
    """Whether an address is one of these, or lies in one of these networks."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    plain = ip.ipv4_mapped or ip if isinstance(ip, ipaddress.IPv6Address) else ip
    return any(plain in ipaddress.ip_network(network) for network in networks)


def peer(request: Request, trusted: Collection[str]) -> Peer:
    """`trusted` are the proxies. What one of them was told by somebody else counts for nothing: of X-Forwarded-For, the
    last address that is no proxy's own; of X-Forwarded-Proto, the last word."""
    next = request.client.host if request.client else ""
    secure = request.url.scheme == "https"
    if not within(next, trusted):
        return Peer(next, next, secure)
    address = next
    for told in reversed(_told(request, "x-forwarded-for")):
        try:
            address = str(ipaddress.ip_address(told))
        except ValueError:
            break
        if not within(address, trusted):
            break
    protocols = _told(request, "x-forwarded-proto")
    return Peer(address, next, protocols[-1].lower() == "https" if protocols else secure)


def _told(request: Request, header: str) -> list[str]:
    return [part.strip() for line in request.headers.getlist(header) for part in line.split(",") if part.strip()]
