"""The endless spider: it fetches whatever is handed over, for as long as the daemon lives."""

from collections.abc import AsyncIterator
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from monitor.fetch.handover import Answer, Door, Errand
from monitor.fetch.responses import moved_to
from spiders import families, probes


class WatchSpider(Spider):
    """Waits at the door for errands and carries each one's end back. It decides nothing."""

    name = "watch"

    def __init__(self, door: Door, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.door = door

    async def start(self) -> AsyncIterator[Any]:
        async for errand in self.door.errands():
            try:
                request = self.request(errand)
            except Exception as error:  # whatever is wrong with one errand must not end all others
                errand.fail(error)
                continue
            yield request

    def request(self, errand: Errand) -> Request:
        """The fetch in the way of its family; the header names that a family sets win over everybody's."""
        ask = errand.manner or families.ask(errand.source)
        headers = dict(errand.headers) | {"Accept": ask.accept} | dict(ask.headers)
        rendered = errand.source is not None and errand.source.rendered
        if rendered or not ask.conditional:  # that a shell is the same says nothing of what its scripts fill in
            headers = {name: value for name, value in headers.items() if not name.startswith("If-")}
        return Request(
            errand.url if ask.window is None else probes.dated(errand.url, ask.window, self.door.now()),
            method=ask.method,
            body=ask.body,
            headers=headers,
            callback=self.answered,
            errback=self.failed,
            dont_filter=True,
            meta={"errand": errand, "robots": ask.robots, "deadline": errand.deadline, "rendered": rendered},
        )

    def answered(self, response: Response) -> None:
        errand: Errand = response.meta["errand"]
        headers = tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, values in response.headers.items()
            for value in values
        )
        errand.succeed(Answer(response.url, response.status, headers, response.body, moved_to(response)))

    def failed(self, failure: Failure) -> None:
        errand: Errand = failure.request.meta["errand"]  # type: ignore[attr-defined]
        assert failure.value is not None  # Twisted's type allows a failure of nothing
        errand.fail(failure.value)
