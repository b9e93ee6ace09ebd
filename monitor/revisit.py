"""What is looked at again: what something held that may hold it no more, and what waits though it need not any more.

Rows are asked for here and kept here; every decision is a function of the domain (`policy`, `waits`).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.deciding import Watch
from monitor.domain.alerts import HoldReason, Target
from monitor.domain.silences import Silence
from monitor.domain.waits import moved
from monitor.ports import Ledger
from monitor.steps import Step

PASSING = frozenset({HoldReason.INHIBITED, HoldReason.FLAPPING})  # reasons that end without a word on the incident
EVERY = timedelta(minutes=2)  # between two looks; what holds them lasts hours
AT_ONCE = 200  # deliveries in hand at a time


class Revisit:
    """A step of the daemon's rounds: decides again of what is held by something that may have ended. `look_again` is
    `Pipeline.look_again`."""

    def __init__(self, ledger: Ledger, look_again: Callable[[Sequence[str], datetime], Awaitable[int]]) -> None:
        self._ledger, self._look_again = ledger, look_again
        self._looked: datetime | None = None

    async def step(self, now: datetime) -> bool:
        """True when somebody is to hear of any. Raises UnavailableError."""
        if self._looked is not None and timedelta(0) <= now - self._looked < EVERY:
            return False
        ids = await self._ledger.held_for(PASSING)
        decided = await self._look_again(ids, now) if ids else 0
        self._looked = now
        return decided > 0


class Waiting:
    """A step of the daemon's rounds: after silences, targets or hours have changed, what waits waits as it must now.
    `watch` gives the configuration as it is."""

    def __init__(self, ledger: Ledger, watch: Callable[[], Watch]) -> None:
        self._ledger, self._watch = ledger, watch
        self._seen: list[tuple[Sequence[Silence], Sequence[Target]]] = []

    async def step(self, now: datetime) -> bool:
        """True when something may go earlier than it could before. Raises UnavailableError.

        It looks once more after the look that finds nothing changed: what was decided meanwhile, by the silences of
        before, is there by then.
        """
        watch = self._watch()
        known = (tuple(await self._ledger.silences(now)), tuple(watch.targets))
        if self._seen == [known, known]:
            return False
        changes = await rearrange(self._ledger, watch, now)
        self._seen = [*self._seen[-1:], known]
        return changes.sooner > 0


@dataclass(frozen=True, slots=True)
class Changes:
    """How many deliveries wait longer now, and how many less long."""

    later: int = 0
    sooner: int = 0


async def rearrange(ledger: Ledger, watch: Watch, now: datetime) -> Changes:
    """Let all that was never tried wait as the silences and the hours of its target ask it to."""
    silences = await ledger.silences(now)
    targets = {target.id: target for target in watch.targets}
    changes, last = Changes(), ""
    while waiting := await ledger.untried(last, AT_ONCE):
        last = waiting[-1].key
        changed = [
            (one, later)
            for one in waiting
            if one.target in targets
            and (later := moved(one, targets[one.target], silences, watch.kin, now)) is not None
        ]
        if changed:
            await ledger.keep(Step(at=now, moved=[later for _, later in changed]))
        sooner = sum(later.not_before < one.not_before for one, later in changed)
        longer = sum(later.not_before > one.not_before for one, later in changed)
        changes = Changes(changes.later + longer, changes.sooner + sooner)
    return changes
