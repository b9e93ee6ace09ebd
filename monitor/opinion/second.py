"""The analyst who asks somebody else when in doubt (docs/second-opinion.md)."""

import logging
import time
from collections.abc import Callable
from datetime import datetime

from monitor.domain.documents import Document
from monitor.domain.opinions import make, makes, turned, weigh
from monitor.domain.signals import Assessment, Vote
from monitor.domain.sources import Source
from monitor.opinion.consultant import Consultant, Tally
from monitor.opinion.settings import OpinionSettings
from monitor.ports import OpenAnalyst

_log = logging.getLogger(__name__)


class SecondOpinion:
    """Implements `ports.Analyst` over another one; without settings it is that other one."""

    def __init__(
        self,
        inner: OpenAnalyst,
        tally: Tally,
        clock: Callable[[], datetime],
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner, self._tally, self._clock, self._timer = inner, tally, clock, timer
        self._consultant: Consultant | None = None

    def configure(self, settings: OpinionSettings | None) -> None:
        """Ask by these settings from now on; None asks nobody. Equal settings keep what is known of the endpoint."""
        if settings is None:
            self._consultant = None
        elif self._consultant is None or self._consultant.settings != settings:
            self._consultant = Consultant(settings, self._tally, self._clock, self._timer)

    def worth_a_page(self, document: Document, source: Source) -> bool:
        """The inner analyst's word."""
        return self._inner.worth_a_page(document, source)

    async def assess(self, document: Document, source: Source) -> Assessment:
        """The inner analyst's assessment, with a vote weighed in where it was uncertain and somebody answered."""
        assessment = await self._inner.assess(document, source)
        consultant = self._consultant
        if consultant is None or not consultant.settings.rule.wants(assessment, source.authority):
            return assessment
        vote = await consultant.vote(document)
        if vote is None:
            return assessment
        weighed = weigh(assessment, vote, consultant.settings.rule, source.authority)
        weighed = await self._told(document, source, assessment, weighed, vote)
        if turn := turned(assessment, weighed, consultant.settings.rule):
            self._tally.opinion_turned(turn)
        return weighed

    async def _told(
        self, document: Document, source: Source, before: Assessment, weighed: Assessment, vote: Vote
    ) -> Assessment:
        """With the signal of an event that the vote alone raised over the inner analyst's threshold."""
        told = makes(before, weighed, vote, self._inner.threshold)
        if told is None:
            return weighed
        try:
            signal = await self._inner.assess_as(document, source, *told, weighed.score)
        except Exception as error:  # an opinion is never worth a document
            _log.error("second opinion: no signal could be made for its verdict", exc_info=error)
            return weighed
        return make(weighed, signal)
