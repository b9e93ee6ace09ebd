"""The endless spider: it fetches whatever is handed over, for as long as the daemon lives."""

from collections.abc import AsyncIterator
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from monitor.fetch.handover import Answer, Door, Errand


class WatchSpider(Spider):
    """Waits at the door for errands and carries each one's end back. It decides nothing."""

    name = "watch"

    def __init__(self, door: Door, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.door = door

    async def start(self) -> AsyncIterator[Any]:
        async for errand in self.door.errands():
            try:
                request = Request(
                    errand.url,
                    headers=dict(errand.headers),
                    callback=self.answered,
                    errback=self.failed,
                    dont_filter=True,
                    meta={"errand": errand, "robots": errand.robots, "deadline": errand.deadline},
                )
            except Exception as error:  # whatever is wrong with one errand must not end all others
                errand.fail(error)
                continue
            yield request

    def answered(self, response: Response) -> None:
        errand: Errand = response.meta["errand"]
        headers = tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, values in response.headers.items()
            for value in values
        )
        errand.succeed(Answer(response.url, response.status, headers, response.body))

    def failed(self, failure: Failure) -> None:
        errand: Errand = failure.request.meta["errand"]  # type: ignore[attr-defined]
        assert failure.value is not None  # Twisted's type allows a failure of nothing
        errand.fail(failure.value)
