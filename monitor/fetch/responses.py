"""What is done to a response on its way to the spider: unpacking within limits, and checked redirects."""

from typing import Any

from scrapy import Request
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from monitor.domain.errors import FailureReason
from monitor.fetch.failures import FetchError
from monitor.fetch.settings import MAX_REDIRECTS


class BoundedDecompression(HttpCompressionMiddleware):
    """Scrapy's decompression, whose one refusal (a body that grows beyond DOWNLOAD_MAXSIZE) gets our reason."""

    def process_response(self, request: Request, response: Response, spider: Any = None) -> Request | Response:
        try:
            return super().process_response(request, response)
        except IgnoreRequest as error:
            raise FetchError(FailureReason.TOO_LARGE, "too many bytes after decompression") from error


class CheckedRedirect(RedirectMiddleware):
    """Scrapy's redirects, without targets on which two URL parsers might disagree.

    The target itself passes the whole guard when it is fetched; only what Scrapy's escaping would hide from the guard
    is looked for here.
    """

    def process_response(self, request: Request, response: Response, spider: Any = None) -> Request | Response:
        location = response.headers.get("Location") or b""
        if b"\\" in location or any(byte < 0x20 or byte == 0x7F for byte in location):
            raise FetchError(FailureReason.BAD_URL, "redirected to a URL with a backslash or control character")
        try:
            return super().process_response(request, response)
        except IgnoreRequest as error:
            raise FetchError(FailureReason.BAD_URL, f"more than {MAX_REDIRECTS} redirects") from error


PERMANENT = frozenset({301, 308})


def moved_to(response: Response) -> str:
    """Where the response was found, when every redirect on the way there was for good; else empty."""
    reasons = response.meta.get("redirect_reasons", ())
    return response.url if reasons and PERMANENT.issuperset(reasons) else ""
