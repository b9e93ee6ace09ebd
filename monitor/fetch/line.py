"""How requests wait within the spider, and what it says of them: as little as can be, since the door has done the rest.

Scrapy's own scheduler makes and ends a queue for each request that waits alone, as nearly all of ours do.
"""

from collections import deque

from scrapy import Request, Spider
from scrapy.core.scheduler import BaseScheduler
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult


class Line(BaseScheduler):
    """First come, first served."""

    def __init__(self) -> None:
        self._waiting: deque[Request] = deque()

    def has_pending_requests(self) -> bool:
        return bool(self._waiting)

    def enqueue_request(self, request: Request) -> bool:
        self._waiting.append(request)
        return True

    def next_request(self) -> Request | None:
        return self._waiting.popleft() if self._waiting else None


class Quiet(LogFormatter):
    """Nothing of what was fetched, which the lookout logs."""

    def crawled(self, request: Request, response: Response, spider: Spider) -> LogFormatterResult | None:  # type: ignore[override]
        return None
