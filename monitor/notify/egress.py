"""The way out to other people's HTTP servers: one guarded request for one try, and what its end means.

Addresses inside private networks are refused after the name was resolved and before a connection is made, whatever
the name says then or later; no redirect is followed; certificates are verified; what comes back is cut.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import aiohttp

from monitor.domain.alerts import Attempt, AttemptClass
from monitor.reach import PrivateAddressError, opened

_LONGEST_WORDS = 2048  # of an address, as browsers and our own fetching take it


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said. Of a longer body only the beginning is here, and it is not `whole`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool

    @property
    def retry_after(self) -> timedelta | None:
        """The pause that it asks for, in seconds or until a date of its own clock (RFC 9110, 10.2.3)."""
        wish = self.headers.get("Retry-After", "").strip()
        if wish.isdecimal():
            return timedelta(seconds=int(wish[:9]))
        try:
            span = parsedate_to_datetime(wish) - parsedate_to_datetime(self.headers.get("Date", ""))
        except (TypeError, ValueError):
            return None
        return max(span, timedelta(0))


class Egress:
    """Posts to addresses that the settings name. `timeout` (seconds) is for a whole try; of an answer at most `longest`
    bytes are read. Unless `allow_private`, only https and only public addresses are taken."""

    def __init__(self, timeout: float = 15.0, allow_private: bool = False, longest: int = 4096) -> None:
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._allow_private, self._longest = allow_private, longest

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer | Attempt:
        """Their answer; or, when none came, how the try ended: AMBIGUOUS once the request is on its way."""
        if not is_web_address(url, self._allow_private):
            return Attempt(AttemptClass.PERMANENT, "bad_url", "the target's address is not a web address")
        trial = _Trial(self._allow_private)
        try:
            async with (
                trial.session(self._timeout) as session,
                session.post(url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                start, whole = await self._beginning(response)
                return Answer(response.status, response.headers, start, whole)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return trial.failed(error)

    async def _beginning(self, response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
        """The first bytes of the answer; without more of it, its status has to do."""
        start = b""
        try:
            async for piece in response.content.iter_any():
                start += piece
                if len(start) > self._longest:
                    return start[: self._longest], False
        except (aiohttp.ClientError, TimeoutError, OSError):
            return start, False
        return start, True


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
        try:
            made = opened(info, self._allow_private)
        except PrivateAddressError:
            self._refused = True
            raise
        self._tried = True
        return made

    def failed(self, error: Exception) -> Attempt:
        """The class of a try that got no answer. The error's own text is left out: it holds the address."""
        timed_out = isinstance(error, TimeoutError)
        if self._left:
            code, detail = ("timeout", "no answer in time") if timed_out else ("disconnected", "the connection broke")
            return Attempt(AttemptClass.AMBIGUOUS, code, f"{detail} after the message was handed over")
        if self._refused and not self._tried:
            return Attempt(AttemptClass.PERMANENT, "private_address", "the address is inside a private network")
        if isinstance(error, (aiohttp.InvalidURL, UnicodeError)):
            return Attempt(AttemptClass.PERMANENT, "bad_url", "the target's address is not a web address")
        if timed_out:
            code = "timeout"
        elif isinstance(error, aiohttp.ClientConnectorDNSError):
            code = "dns"
        elif isinstance(error, aiohttp.ClientSSLError):
            code = "tls"
        else:
            code = "connection"
        return Attempt(AttemptClass.TRANSIENT, code, f"no connection to the target's host ({type(error).__name__})")


def classed(answer: Answer, who: str) -> Attempt:
    """What a status means where it says all: 2xx is a yes, 408, 429 and 5xx are for later, all else is never."""
    code = str(answer.status)
    if 200 <= answer.status < 300:
        return Attempt(AttemptClass.OK, code, f"{who} took it")
    if answer.status in {408, 429} or answer.status >= 500:
        later = f"{who} asks to come back later ({code})"
        return Attempt(AttemptClass.TRANSIENT, code, later, retry_after=answer.retry_after)
    return Attempt(AttemptClass.PERMANENT, code, f"{who} does not take messages at this address ({code})")


def is_web_address(url: str, allow_http: bool = False) -> bool:
    """Whether it is one that may be posted to, by its form."""
    try:
        parts = urlsplit(url)
        schemes = {"https", "http"} if allow_http else {"https"}
        sound = url.isprintable() and not {" ", "\\"} & set(url) and len(url) <= _LONGEST_WORDS
        return sound and parts.scheme in schemes and bool(parts.hostname)
    except ValueError:
        return False
