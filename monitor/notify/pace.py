"""How fast one target is told, and when it is left alone: a token bucket and a circuit breaker."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.domain.alerts import Attempt, AttemptClass, Target
from monitor.domain.delivery import LONGEST_WISH, Pacing

FAILURES_TO_OPEN = 5
PROBE_EVERY = timedelta(minutes=1)
SHORT = timedelta(seconds=1)  # a token that comes so soon is waited for


@dataclass(frozen=True, slots=True)
class Pace:
    """`burst` sends at once, then one every `interval`."""

    burst: int
    interval: timedelta


PACES: Mapping[str, Pace] = {
    "slack": Pace(burst=1, interval=timedelta(seconds=1)),  # docs.slack.dev/apis/web-api/rate-limits
    "email": Pace(burst=10, interval=timedelta(seconds=6)),
    "webhook": Pace(burst=20, interval=timedelta(milliseconds=200)),
    "alertmanager": Pace(burst=50, interval=timedelta(milliseconds=50)),
    "apprise": Pace(burst=5, interval=timedelta(seconds=3)),  # DingTalk, WeCom and a Telegram group bear 20 a minute
}
_UNPACED = Pace(burst=100, interval=timedelta(milliseconds=10))


def pace_of(target: Target, paces: Mapping[str, Pace]) -> Pace:
    """As the target itself asks, else as its channel bears."""
    if target.pace:
        return Pace(burst=1, interval=timedelta(minutes=1) / target.pace)
    return paces.get(target.channel, _UNPACED)


class PacesHere:
    """Implements `ports.Paces` for a daemon that is alone: a restart forgets them."""

    def __init__(self) -> None:
        self._known: dict[str, Pacing] = {}

    async def resting(self, now: datetime) -> Mapping[str, Pacing]:
        return self._known

    async def of(self, target: str) -> Pacing | None:
        return self._known.get(target)

    async def keep(self, target: str, pacing: Pacing) -> None:
        self._known[target] = pacing


class Gate:
    """The way to one target, which is told one thing at a time. A clock that jumps back cannot close it for long."""

    def __init__(self, pace: Pace, now: datetime, before: Pacing | None = None) -> None:
        self.pace, before = pace, before or Pacing(now)
        self._paid_until = before.paid_until  # the bucket: when it is full again (generic cell rate algorithm)
        self._closed_until, self._failures = before.closed_until, before.failures

    @property
    def pacing(self) -> Pacing:
        """What to remember of it."""
        return Pacing(self._paid_until, self._closed_until, self._failures)

    def rests_until(self, now: datetime) -> datetime | None:
        """When to ask again, if the target is to be left alone now. Asking changes nothing."""
        wait = self._wait(now)
        until = now + wait if wait > SHORT else None
        if (closed := self._closed_until) is not None and now < closed <= now + LONGEST_WISH:
            until = max(closed, until or closed)
        return until

    def begin(self, now: datetime) -> timedelta:
        """Takes a token for a send that begins now, and says how long it takes to come: zero while the burst lasts.
        While the circuit is open, the send is a probe, and closes the gate behind it."""
        self._closed_until = now + PROBE_EVERY if self._failures >= FAILURES_TO_OPEN else None
        wait = self._wait(now)
        self._paid_until = min(max(self._paid_until, now), now + self.pace.interval * self.pace.burst)
        self._paid_until += self.pace.interval
        return wait

    def ended(self, attempt: Attempt, now: datetime) -> bool:
        """Learns from a try: an answer closes the circuit again, five tries without one in a row open it. True when it
        was open and is closed now.

        A Retry-After is meant for the whole target, not for one message.
        """
        if attempt.result in {AttemptClass.OK, AttemptClass.PERMANENT}:
            came_back = self._failures >= FAILURES_TO_OPEN
            self._failures, self._closed_until = 0, None
            return came_back
        self._failures += 1
        if self._failures >= FAILURES_TO_OPEN:
            self._closed_until = now + PROBE_EVERY
        if attempt.retry_after is not None:
            self._closed_until = max(self._closed_until or now, now + min(attempt.retry_after, LONGEST_WISH))
        return False

    def _wait(self, now: datetime) -> timedelta:
        """How long the next token takes to come."""
        full = self.pace.interval * self.pace.burst
        after = min(max(self._paid_until, now), now + full) + self.pace.interval
        return max(after - full - now, timedelta(0))
