"""One request to an OpenAI-compatible endpoint, and why it failed when it did."""

import ipaddress
import socket
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime

import aiohttp
from aiohttp.abc import AbstractResolver

from monitor.domain.opinions import Heard
from monitor.opinion.answer import UnansweredError
from monitor.opinion.settings import OpinionSettings
from monitor.reach import opened

LONGEST_BODY = 256 * 1024  # bytes of an answer


class Endpoint:
    """Redirects are not followed (the key would go along), proxies of the environment are not used, nothing is tried
    twice. Unless `insecure`, plain http goes to this machine only, whatever its name resolves to."""

    def __init__(
        self, settings: OpinionSettings, clock: Callable[[], datetime], resolver: AbstractResolver | None = None
    ) -> None:
        self._url = settings.base_url.rstrip("/") + "/chat/completions"
        self._loopback_only = not settings.insecure and not settings.base_url.lower().startswith("https://")
        self._clock, self._resolver = clock, resolver
        self._headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if settings.api_key:
            self._headers["Authorization"] = f"Bearer {settings.api_key}"

    async def ask(self, body: bytes) -> bytes:
        """The body of a successful answer. Raises UnansweredError; the caller sets the time limit."""
        left = False

        async def leaves(*_: object) -> None:
            nonlocal left
            left = True

        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(leaves)
        connector = aiohttp.TCPConnector(resolver=self._resolver, socket_factory=self._socket, force_close=True)
        try:
            async with (
                aiohttp.ClientSession(
                    connector=connector,
                    timeout=aiohttp.ClientTimeout(total=None),
                    cookie_jar=aiohttp.DummyCookieJar(),
                    trust_env=False,
                    auto_decompress=False,
                    trace_configs=[trace],
                ) as session,
                session.post(self._url, data=body, headers=self._headers, allow_redirects=False) as response,
            ):
                if response.status != 200:
                    wait = retry_after(response.headers.get("Retry-After"), self._clock())
                    raise _refused(response.status, wait)
                return await _whole(response)
        except aiohttp.ClientConnectorDNSError:
            raise UnansweredError(Heard.DNS) from None
        except aiohttp.ClientSSLError:
            raise UnansweredError(Heard.TLS) from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise UnansweredError(Heard.CONNECTION, left=left) from None

    def _socket(self, info: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        """The last door before a connection."""
        if self._loopback_only and not ipaddress.ip_address(str(info[4][0]).split("%")[0]).is_loopback:
            raise PermissionError("plain http to another machine")
        return opened(info, allow_private=True)


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise UnansweredError(Heard.NOT_A_COMPLETION, left=True)
    return bytes(body)


def _refused(status: int, wait: float | None) -> UnansweredError:
    if status == 429:
        return UnansweredError(Heard.RATE_LIMITED, wait or 0.0, status)
    if status >= 500 or status == 408:
        return UnansweredError(Heard.SERVER_ERROR, wait, status)
    return UnansweredError(Heard.REFUSED, None, status)


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After asks for, as a number or as a date (RFC 9110, 10.2.3); None when it is neither."""
    text = (header or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        return max((parsedate_to_datetime(text) - now).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):  # TypeError: a date without a time zone
        return None
