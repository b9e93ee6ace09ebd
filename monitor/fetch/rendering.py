"""Where a page that its own scripts make is handed to the browser, on its way from the server to the spider."""

from collections.abc import Mapping

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response
from scrapy.http.request import NO_CALLBACK
from scrapy.signals import spider_closed

from monitor.fetch.browser import PageBrowser, Reply
from monitor.fetch.guard import parse_url
from monitor.fetch.handler import door_of

# They speak of the bytes that the server sent (their packing, their validity), or of what the browser shall not keep.
_LEFT_OUT = frozenset(
    {
        "cache-control",
        "content-encoding",
        "content-length",
        "content-security-policy-report-only",
        "etag",
        "last-modified",
        "set-cookie",
        "transfer-encoding",
    }
)


class RenderedPages:
    """Replaces the body of a page marked `rendered` by what its scripts make of it.

    It stands behind redirects and decompression, so it sees the page at last; what the page asks for goes through the
    whole path again, robots.txt and the guard included.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._door = door_of(crawler)
        self._browser = PageBrowser(self._door.settings.browser, self._door.settings.max_bytes)
        crawler.signals.connect(self._browser.close, spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RenderedPages":
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Without a browser the server is not asked at all. Raises FetchError: NO_BROWSER."""
        if request.meta.get("rendered"):
            async with self._door.until(request.meta["deadline"]):
                await self._browser.start()

    async def process_response(self, request: Request, response: Response) -> Response:
        """Raises FetchError, or TimeoutError at the errand's deadline."""
        if not request.meta.get("rendered") or response.status != 200 or not _is_html(response):
            return response
        robots, deadline = request.meta["robots"], request.meta["deadline"]
        identity = self._door.settings.identity
        languages = (request.headers.get("Accept-Language") or b"").decode("latin-1")

        async def fetch(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
            asked = Request(
                str(parse_url(url, self._door.settings.allow_private)),
                method=method,
                headers={**headers, "User-Agent": identity, "Accept-Language": languages},
                body=body,
                callback=NO_CALLBACK,
                meta={"robots": robots, "deadline": deadline},
            )
            return _reply(await self._crawler.engine.download_async(asked))

        async with self._door.until(deadline):
            url, html = await self._browser.html(request.url, _reply(response), identity, languages, fetch, deadline)
        headers = Headers({name: value for name, value in _reply(response).headers.items() if name != "content-type"})
        headers["Content-Type"] = "text/html; charset=utf-8"
        return Response(url.partition("#")[0], 200, headers, html, request=request)


def _is_html(response: Response) -> bool:
    kind = (response.headers.get("Content-Type") or b"").lower()
    return bool(response.body) and (not kind or b"html" in kind)


def _reply(response: Response) -> Reply:
    headers: dict[str, str] = {}
    for raw, values in response.headers.items():
        name = raw.decode("latin-1").lower()
        if name not in _LEFT_OUT:
            headers[name] = ", ".join(value.decode("latin-1") for value in values)
    return Reply(response.status, headers, response.body)
