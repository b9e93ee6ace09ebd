"""Every way a fetch can fail, as one of our reasons."""

import socket
import ssl

import aiohttp
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong
from scrapy.exceptions import NotSupported

from monitor.domain.errors import FailureReason, SellerwatchError
from monitor.reach import PrivateAddressError


class FetchError(SellerwatchError):
    """A fetch that gave nothing. `detail` is for people: no secret, no query string."""

    def __init__(self, reason: FailureReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


# The first row that fits decides, so special cases stand above the classes they belong to.
_REASONS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], FailureReason], ...] = (
    (PrivateAddressError, FailureReason.PRIVATE_ADDRESS),
    ((aiohttp.ClientSSLError, ssl.SSLError, ssl.CertificateError), FailureReason.TLS),
    ((aiohttp.ClientConnectorDNSError, socket.gaierror), FailureReason.DNS),
    (TimeoutError, FailureReason.TIMEOUT),
    ((aiohttp.InvalidURL, NotSupported), FailureReason.BAD_URL),
    (LineTooLong, FailureReason.TOO_MANY_HEADERS),
)


def failure_of(error: BaseException) -> FetchError:
    """The error as a FetchError; what is in no row is a CONNECTION failure under its class's name.

    The outermost error of the chain that fits a row decides, after the whole chain was searched for a private address:
    connectors wrap that one.
    """
    chain = _chain(error)
    for link in chain:
        if isinstance(link, FetchError):
            return link
        if isinstance(link, BadHttpMessage) and "Too many" in link.message:
            return FetchError(FailureReason.TOO_MANY_HEADERS, "too many headers")
    for kinds, reason in _REASONS:
        for link in chain:
            if isinstance(link, kinds):
                return FetchError(reason, _told(link))
    return FetchError(FailureReason.CONNECTION, _told(error))


def _chain(error: BaseException) -> list[BaseException]:
    """The error, what it wraps and what it came from, outermost first."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        wrapped = getattr(link, "os_error", None)
        link = wrapped if isinstance(wrapped, BaseException) and wrapped not in chain else link.__cause__
    return chain


def _told(error: BaseException) -> str:
    """The error in words that hold nothing of the request: its kind, and what the system said of it."""
    verdict = getattr(error, "certificate_error", error)
    words = getattr(verdict, "verify_message", None) or getattr(error, "strerror", None)
    return f"{type(error).__name__}: {words}" if isinstance(words, str) and words else type(error).__name__
