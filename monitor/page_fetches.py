"""Pages that documents wait for: fetched as many at once as there is room for, each kept with its wish."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from monitor.domain.errors import ConflictError
from monitor.logs import log
from monitor.loops import Heart
from monitor.ports import Fetcher, Inbox
from monitor.steps import Claim, WantedPage

_log = log("pages")


class PageFetches:
    """A quarter of the looks that are made at once. `came` is called for each page that lies in the inbox, `free` when
    there is room again."""

    def __init__(
        self,
        fetcher: Fetcher,
        inbox: Inbox,
        heart: Heart,
        at_once: int,
        came: Callable[[], None],
        free: Callable[[], None],
    ) -> None:
        self._fetcher, self._inbox, self._heart = fetcher, inbox, heart
        self._most, self._came, self._free = max(at_once // 4, 1), came, free
        self.in_hand: set[asyncio.Task[None]] = set()

    @property
    def room(self) -> int:
        """How many more may be fetched now."""
        return self._most - len(self.in_hand)

    def start(self, claims: Sequence[Claim[WantedPage]]) -> None:
        """Fetch these, beside everything else."""
        for claim in claims:
            task = asyncio.create_task(self.fetch(claim), name="page")
            self.in_hand.add(task)
            task.add_done_callback(self._done)

    async def fetch(self, claim: Claim[WantedPage]) -> None:
        """One page, kept. Raises ConflictError when the wish went to another meanwhile."""
        page = claim.item
        capture = await self._fetcher.page(page.url, page.source_id, page.document_id)
        if page.follow:
            capture = replace(capture, document_id=None)
        await self._inbox.page_came(claim, capture)
        self._heart.beat("page fetches")
        self._came()

    def _done(self, task: asyncio.Task[None]) -> None:
        self.in_hand.discard(task)
        self._free()
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, ConflictError):
            _log.info("taken_over", what="page fetches", detail=str(error))
            return
        self._heart.trouble("page fetches", str(error))  # its lease brings it back
        _log.error("not_kept", what="page fetches", error=error)
