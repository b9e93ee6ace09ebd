"""Whether this machine's own line is down. Each machine has one of its own, so its daemon judges by its own looks: the
rows of all would hide one line that is down behind another that is not."""

from collections.abc import Iterable
from datetime import datetime

from monitor.domain.sources import Look, Outcome, SourceState
from monitor.looking import CROWD, OURS


class Line:
    """Down when, one after the other, sources at `CROWD` hosts that were well do not answer, and nobody does between.
    That is noticed after few looks, however small this daemon's share of them."""

    def __init__(self) -> None:
        self._silent: dict[str, datetime] = {}  # hosts that were well and did not answer since anybody did
        self._before: datetime | None = None  # since when most sources fail, as rows told at the start

    @property
    def down(self) -> bool:
        return len(self._silent) >= CROWD

    @property
    def since(self) -> datetime:
        """When it was first noticed that somebody did not answer, while it is down."""
        return min(filter(None, [self._before, *self._silent.values()]))

    def remember(self, states: Iterable[SourceState], watched: int) -> None:
        """What is known at the start: when most sources failed as all do without a line, they are to be asked again
        once somebody answers, whoever asked them."""
        failed = [state.last_look_at for state in cut_off(states) if state.last_look_at]
        self._before = min(failed) if len(failed) >= max(CROWD, watched // 2) else None

    def looked(self, look: Look, before: SourceState, host: str) -> datetime | None:
        """Hear of a look at a source of that state. When it shows that the line is back: since when it was down."""
        if look.reason in OURS:
            if not before.failures:  # what failed before tells nothing about us
                self._silent.setdefault(host, look.at)
            return None
        if look.outcome is Outcome.FAILED and look.status is None:
            return None  # nobody was asked
        since = self.since if self.down or self._before else None
        self._silent, self._before = {}, None
        return since


def cut_off(states: Iterable[SourceState], since: datetime | None = None) -> Iterable[SourceState]:
    """Those that failed last, since then, as all do without a line."""
    for state in states:
        late = since is None or (state.last_look_at is not None and state.last_look_at >= since)
        if state.last_reason in OURS and late:
            yield state
