"""The analyst for an event loop: it thinks in a thread, as the encoder frees the interpreter's lock meanwhile."""

import asyncio

from monitor.domain.documents import Document
from monitor.domain.platforms import Platform
from monitor.domain.signals import Assessment, EventType, Signal, Status
from monitor.domain.sources import Source
from monitor.understand.analyst import Analyst


class ThreadedAnalyst:
    """Implements `ports.OpenAnalyst`."""

    def __init__(self, platforms: tuple[Platform, ...]) -> None:
        self.configure(platforms)

    def configure(self, platforms: tuple[Platform, ...]) -> None:
        """Know these platforms from now on; a document in hand is finished with the old ones."""
        self._analyst = Analyst(platforms)

    @property
    def threshold(self) -> float:
        """See `Analyst.threshold`."""
        return self._analyst.threshold

    def worth_a_page(self, document: Document, source: Source) -> bool:
        """See `Analyst.worth_a_page`: cheap enough for the loop itself."""
        return self._analyst.worth_a_page(document, source)

    async def assess(self, document: Document, source: Source) -> Assessment:
        """See `Analyst.assess`."""
        return await asyncio.to_thread(self._analyst.assess, document, source)

    async def assess_as(
        self, document: Document, source: Source, event: EventType, status: Status, score: float
    ) -> Signal:
        """See `Analyst.assess_as`."""
        return await asyncio.to_thread(self._analyst.assess_as, document, source, event, status, score)
