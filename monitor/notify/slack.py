"""Slack: one letter to one incoming webhook."""

import ipaddress
import json
import socket
from datetime import timedelta
from urllib.parse import urlsplit

import aiohttp

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, Target
from monitor.notify.blocks import payload
from monitor.notify.bulletin import written

_LONGEST_ANSWER = 4096  # bytes; Slack says "ok" or one word


class SlackChannel:
    """Posts to a webhook URL. `timeout` (seconds) is for a whole send; redirects are not followed.

    Unless `allow_private`, only https URLs are taken, and addresses inside private networks are refused after the
    name was resolved and before a connection is made.
    """

    name = "slack"

    def __init__(self, timeout: float = 15.0, allow_private: bool = False) -> None:
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._allow_private = allow_private

    async def send(self, target: Target, delivery: Delivery) -> Attempt:
        """One try. Once the request is on its way, an error without an answer is AMBIGUOUS."""
        address = target.address
        if not _is_webhook(address, self._allow_private):
            return Attempt(AttemptClass.PERMANENT, "bad_url", "the target's address is not a webhook URL")
        body = json.dumps(payload(written(delivery))).encode()
        trial = _Trial(self._allow_private)
        try:
            async with trial.session(self._timeout) as session:
                request = session.post(
                    address, data=body, headers={"Content-Type": "application/json"}, allow_redirects=False
                )
                async with request as response:
                    return _answered(response.status, response.headers.get("Retry-After"), await _beginning(response))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return trial.failed(error)


class _Trial:
    """What one try saw on its way: whether the request left, and whether a private address was refused."""

    def __init__(self, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._left = self._refused = self._tried = False

    def session(self, timeout: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
        """A session of its own for each try: no cookies, and no connection kept that may have died meanwhile."""
        trace = aiohttp.TraceConfig()

        async def left(*_: object) -> None:
            self._left = True

        trace.on_request_headers_sent.append(left)
        connector = aiohttp.TCPConnector(socket_factory=self._socket, force_close=True, happy_eyeballs_delay=None)
        return aiohttp.ClientSession(connector=connector, timeout=timeout, trace_configs=[trace])

    def _socket(self, info: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        """The last door before a connection: sees every address, also those that were written as numbers."""
        if not self._allow_private and not _is_public(str(info[4][0])):
            self._refused = True
            raise PermissionError("private address")
        self._tried = True
        return socket.socket(info[0], info[1], info[2])

    def failed(self, error: Exception) -> Attempt:
        """The class of a try that got no answer. The error's own text is left out: it holds the webhook URL."""
        timed_out = isinstance(error, TimeoutError)
        if self._left:
            code, detail = ("timeout", "no answer in time") if timed_out else ("disconnected", "the connection broke")
            return Attempt(AttemptClass.AMBIGUOUS, code, f"{detail} after the message was handed over")
        if self._refused and not self._tried:
            return Attempt(AttemptClass.PERMANENT, "private_address", "the webhook is inside a private network")
        if isinstance(error, (aiohttp.InvalidURL, UnicodeError)):
            return Attempt(AttemptClass.PERMANENT, "bad_url", "the target's address is not a webhook URL")
        if timed_out:
            code = "timeout"
        elif isinstance(error, aiohttp.ClientConnectorDNSError):
            code = "dns"
        elif isinstance(error, aiohttp.ClientSSLError):
            code = "tls"
        else:
            code = "connection"
        return Attempt(AttemptClass.TRANSIENT, code, f"no connection to the webhook's host ({type(error).__name__})")


def _answered(status: int, retry_after: str | None, body: bytes) -> Attempt:
    code = str(status)
    if 200 <= status < 300:
        if body.lstrip()[:1] == b"<":
            return Attempt(AttemptClass.TRANSIENT, "not_slack", "a web page answered in Slack's place (a proxy?)")
        return Attempt(AttemptClass.OK, code, "Slack took it")
    if status == 429 or status >= 500 or status == 408:
        wish = timedelta(seconds=int(retry_after[:9])) if retry_after and retry_after.isdecimal() else None
        return Attempt(AttemptClass.TRANSIENT, code, f"Slack asks to come back later ({code})", retry_after=wish)
    return Attempt(AttemptClass.PERMANENT, code, f"Slack does not take messages at this webhook ({code})")


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """The first bytes of the answer; the status alone decides when they do not come."""
    try:
        return await response.content.read(_LONGEST_ANSWER)
    except (aiohttp.ClientError, TimeoutError, OSError):
        return b""


def _is_webhook(url: str, allow_http: bool) -> bool:
    try:
        parts = urlsplit(url)
        schemes = {"https", "http"} if allow_http else {"https"}
        return url.isprintable() and " " not in url and parts.scheme in schemes and bool(parts.hostname)
    except ValueError:
        return False


def _is_public(address: str) -> bool:
    """True for a global unicast address; an IPv4 address inside an IPv6 one is judged as the IPv4 address."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip.sixtofour or ip
    nat64 = ip in ipaddress.IPv6Network("64:ff9b::/96")
    return ip.is_global and not ip.is_multicast and not nat64
