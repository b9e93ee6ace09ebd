"""One endpoint, asked within its limits: one question at a time, a budget, a memory, a breaker, a share of time."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Protocol

from monitor.domain.documents import Document
from monitor.domain.opinions import Heard, Turn
from monitor.domain.signals import Vote
from monitor.opinion.answer import UnansweredError, opened, vote
from monitor.opinion.endpoint import Endpoint
from monitor.opinion.memory import Memory
from monitor.opinion.question import Question
from monitor.opinion.restraint import Breaker, Patience
from monitor.opinion.settings import OpinionSettings

_log = logging.getLogger(__name__)

_UNSUPPORTED = frozenset({400, 422, 501})  # statuses of servers that do not know a response_format
_BYTES_A_TOKEN = 3  # what a request may cost before the server says what it did: rather too much than too little


class Tally(Protocol):
    """Counters of second opinions; closed label sets only."""

    def opinion_heard(self, heard: Heard, seconds: float) -> None: ...
    def opinion_cost(self, tokens: int) -> None: ...
    def opinion_turned(self, turn: Turn) -> None: ...


class Consultant:
    """`clock` gives the day of the budget, `timer` seconds that never go back. Never raises for what goes wrong."""

    def __init__(
        self, settings: OpinionSettings, tally: Tally, clock: Callable[[], datetime], timer: Callable[[], float]
    ) -> None:
        self.settings, self._tally, self._clock, self._timer = settings, tally, clock, timer
        self._memory = Memory(settings.memory, settings.remembered)
        self._endpoint = Endpoint(settings, clock)
        self._formats = settings.formats
        self._turn = asyncio.Lock()
        self._breaker = Breaker()
        self._patience = Patience(settings.timeout)

    async def vote(self, document: Document) -> Vote | None:
        """The endpoint's opinion of a document, within `timeout` seconds; None, counted with its reason, when there is
        none."""
        started = self._timer()
        try:
            given, heard = await self._asked_or_remembered(Question.about(document, self.settings))
        except UnansweredError as error:
            given, heard = None, error.heard
        except sqlite3.Error as error:
            given, heard = None, Heard.MEMORY
            _log.warning("second opinion: its file cannot be used: %s", type(error).__name__)
        except Exception as error:  # an opinion is never worth a document
            given, heard = None, Heard.DEFECT
            _log.error("second opinion: a fault of ours", exc_info=error)
        self._tally.opinion_heard(heard, self._timer() - started)
        return given

    async def _asked_or_remembered(self, question: Question) -> tuple[Vote, Heard]:
        words = await asyncio.to_thread(self._memory.recall, question.key)
        if words is not None:
            return vote(words, question, self.settings.model), Heard.REMEMBERED
        async with self._within_limits():
            words = await self._ask(question)
        given = vote(words, question, self.settings.model)  # what a document can bring about opens no breaker
        await asyncio.to_thread(self._memory.remember, question.key, words)
        return given, Heard.ANSWERED

    @asynccontextmanager
    async def _within_limits(self) -> AsyncIterator[None]:
        """A turn, when the endpoint is well and there is time for it; waiting for the turn and asking share the
        timeout."""
        wanted = self._timer()
        if not self._breaker.lets(wanted):
            raise UnansweredError(Heard.PAUSED)
        try:
            async with asyncio.timeout(self.settings.timeout / 2):
                await self._turn.acquire()
        except TimeoutError:
            raise UnansweredError(Heard.BUSY) from None
        try:
            began = self._timer()
            if not self._breaker.lets(began):
                raise UnansweredError(Heard.PAUSED)
            limit = min(self._patience.left(began), self.settings.timeout - (began - wanted))
            if limit < self.settings.timeout / 2:  # hurried, it would look like a failure of the endpoint
                raise UnansweredError(Heard.BUSY)
            try:
                async with asyncio.timeout(limit):
                    yield
            except TimeoutError:
                self._failed(late := UnansweredError(Heard.TIMEOUT))
                raise late from None
            finally:
                now = self._timer()
                self._patience = self._patience.spent(now - began, now)
        finally:
            self._turn.release()

    async def _ask(self, question: Question) -> str:
        """The model's words, in the first format that the endpoint takes; that one is asked for from then on."""
        for number, how in enumerate(self._formats):
            try:
                words = await self._request(question.body(self.settings, how))
            except UnansweredError as error:
                if error.status in _UNSUPPORTED and number + 1 < len(self._formats):
                    continue
                self._failed(error)
                raise
            self._formats = self._formats[number:]
            self._breaker = Breaker()
            return words
        raise AssertionError("there is a format at least")

    async def _request(self, body: bytes) -> str:
        """One request within the budget. What it cost is what the server says, else what was set aside for it."""
        settings, day = self.settings, self._clock().date()
        reserved = len(body) // _BYTES_A_TOKEN + settings.answer_tokens
        limits = settings.requests_per_day, settings.tokens_per_day
        if not await asyncio.to_thread(self._memory.reserve, day, reserved, *limits):
            raise UnansweredError(Heard.BUDGET)
        used = reserved
        try:
            words, reported = opened(await self._endpoint.ask(body))
            used = reserved if reported is None else reported
            return words
        except UnansweredError as error:
            used = reserved if error.left else 0
            raise
        finally:
            self._tally.opinion_cost(used)
            if used != reserved:
                await asyncio.to_thread(self._memory.settle, day, reserved, used)

    def _failed(self, error: UnansweredError) -> None:
        if error.heard is Heard.BUDGET:
            return
        now = self._timer()
        self._breaker = self._breaker.failed(now, error.wait)
        if not self._breaker.lets(now):
            pause = self._breaker.until - now
            _log.warning("second opinion: %s, not asked for %d s", error.heard.value, pause)
