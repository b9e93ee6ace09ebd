"""One look at one source, kept with what follows from it: how often it is looked at from now on."""

import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import timedelta

from monitor.domain.documents import Capture
from monitor.domain.errors import FailureReason
from monitor.domain.rhythm import Rhythm
from monitor.domain.sources import Look, Outcome, Source, SourceState, after
from monitor.logs import log
from monitor.loops import Heart
from monitor.ports import Fetcher, Meter
from monitor.tracing import span

_log = log("looking")

OURS = frozenset({FailureReason.DNS, FailureReason.CONNECTION, FailureReason.TIMEOUT})  # so fails all without a line
CROWD = 5  # sources that must fail so, and half of all at least

Keep = Callable[[Look, SourceState, Capture | None], Awaitable[None]]
Beat = Callable[[timedelta | None], Awaitable[Rhythm]]
"""The rhythm of a source that said for how long its answer holds."""


class OurLine:
    """For a daemon alone, which makes all looks (for several: `cluster.line`): which sources failed last as all do when
    our own line is down. When it is back, all of them are asked again soon, since it was not they who failed, and their
    backoff would leave us blind for hours."""

    def __init__(self) -> None:
        self._cut_off: set[str] = set()

    def remember(self, states: Iterable[SourceState]) -> None:
        """What was known at the start."""
        self._cut_off = {state.source_id for state in states if state.last_reason in OURS}

    def looked(self, look: Look, state: SourceState, watched: int) -> frozenset[str]:
        """Hear of a look at one of so many sources. Returns those to ask again: after most failed, one was good."""
        if state.last_reason in OURS:
            self._cut_off.add(state.source_id)
            return frozenset()
        self._cut_off.discard(state.source_id)
        if look.outcome is Outcome.FAILED or len(self._cut_off) < max(CROWD, watched // 2):
            return frozenset()
        back, self._cut_off = frozenset(self._cut_off), set()
        _log.warning("back_online", sources=len(back))
        return back


class Looking:
    """Looks. What is asked and kept is decided by the domain; `heart` beats with each look that was kept."""

    def __init__(self, fetcher: Fetcher, meter: Meter, heart: Heart) -> None:
        self._fetcher, self._meter, self._heart = fetcher, meter, heart
        self._random = random.Random()  # noqa: S311 - spreads the load, guards nothing

    async def look(
        self, source: Source, state: SourceState, beat: Beat, keep: Keep
    ) -> tuple[Look, SourceState, Capture | None]:
        """The look, the source's new state, and what it brought. Raises what `keep` raises: then nothing was kept."""
        look, capture = await self.ask(source, state)
        return look, await self.settle(source, state, look, capture, beat, keep), capture

    async def ask(self, source: Source, state: SourceState) -> tuple[Look, Capture | None]:
        """The look and what it brought, of which nothing is kept yet."""
        with span("look", source=source.id) as looking:
            look, capture = await self._fetcher.look(source, state)
            looking.add(outcome=(look.reason or look.outcome).value, status=look.status or 0, bytes=look.body_bytes)
        said = _log.warning if look.reason else _log.debug
        said("looked", source=source.id, outcome=look.reason or look.outcome, detail=look.detail, status=look.status)
        return look, capture

    async def settle(
        self, source: Source, state: SourceState, look: Look, capture: Capture | None, beat: Beat, keep: Keep
    ) -> SourceState:
        """Keep it, and what follows from it, which is returned. Raises what `keep` raises."""
        rhythm = await beat(look.max_age)
        failed = look.outcome is Outcome.FAILED
        every = min(rhythm.every, source.every) if failed else rhythm.every  # the backoff has a measure of its own
        new = replace(after(state, look, every, self._random.random()), every=rhythm.every, why=rhythm.why)
        await keep(look, new, capture)
        self._heart.beat("looks")
        self._meter.looked(look, new, rhythm.every)
        return new
