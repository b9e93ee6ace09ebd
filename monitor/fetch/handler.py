"""How bytes are fetched: Scrapy's download handler on aiohttp, behind the egress guard."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import cast

import aiohttp
from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response

from monitor.domain.errors import FailureReason
from monitor.fetch.failures import FetchError, failure_of
from monitor.fetch.guard import GuardedResolver, parse_url
from monitor.fetch.handover import Door
from monitor.fetch.settings import MAX_HEADERS
from monitor.reach import guarded_socket


def door_of(crawler: Crawler) -> Door:
    """The door at which this crawler's spider stands."""
    return cast(Door, vars(crawler.spider)["door"])


async def _once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keeps aiohttp from sending a request again when its connection broke; raises FetchError instead."""
    try:
        return await send(request)
    except (aiohttp.ClientError, OSError) as error:
        raise failure_of(error) from error


class GuardedHandler(BaseDownloadHandler):
    """One hop: no redirect, no proxy, no cookie, no kept connection.

    Connections are not kept, since a host is asked again only minutes later and two thousand idle TLS connections
    hold half a gigabyte. Each request runs against the deadline of the errand that it serves.
    """

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._door = door_of(crawler)

    @cached_property
    def _session(self) -> aiohttp.ClientSession:
        settings = self._door.settings
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,  # the door counts
                force_close=True,
                use_dns_cache=False,
                resolver=GuardedResolver(self._door.lookup, settings.allow_private),
                socket_factory=guarded_socket(settings.allow_private),
                ssl=ssl.create_default_context(),  # the system's authorities, or SSL_CERT_FILE
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(),
            skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
            max_headers=MAX_HEADERS,
            middlewares=(_once,),
        )

    async def download_request(self, request: Request) -> Response:
        """The response with its body as sent. Raises FetchError, TimeoutError, aiohttp.ClientError or OSError."""
        settings = self._door.settings
        url = parse_url(request.url, settings.allow_private)
        session = self._session
        async with (
            self._door.until(request.meta["deadline"]),
            self._begun(url.host or ""),
            session.request(
                request.method,
                url,
                headers=request.headers.to_tuple_list(),
                data=request.body or None,
                allow_redirects=False,
            ) as reply,
        ):
            body = bytearray()
            if (reply.content_length or 0) <= settings.max_bytes:
                async for chunk in reply.content.iter_any():
                    body += chunk
                    if len(body) > settings.max_bytes:
                        break
                else:
                    headers = Headers(list(reply.raw_headers))
                    return Response(request.url, reply.status, headers, bytes(body), request=request)
            reply.close()
            raise FetchError(FailureReason.TOO_LARGE, f"more than {settings.max_bytes} bytes")

    @asynccontextmanager
    async def _begun(self, host: str) -> AsyncIterator[None]:
        await self._door.paces.starts(host)
        yield

    async def close(self) -> None:
        if "_session" in vars(self):  # a crawl that failed to start never opened one
            await self._session.close()
