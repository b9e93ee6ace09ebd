"""How fast one target is told, and when it is left alone: a token bucket and a circuit breaker."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.domain.alerts import Attempt, AttemptClass
from monitor.domain.delivery import LONGEST_WISH

FAILURES_TO_OPEN = 5
PROBE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """`burst` sends at once, then one every `interval`."""

    burst: int
    interval: timedelta


class Gate:
    """The way to one target, which is told one thing at a time. A clock that jumps back cannot close it for long."""

    def __init__(self, pace: Pace, now: datetime) -> None:
        self._pace = pace
        self._paid_until = now  # the bucket, as the time at which it is full again (generic cell rate algorithm)
        self._closed_until: datetime | None = None
        self._failures = 0

    def closed_until(self, now: datetime) -> datetime | None:
        """When to ask again, if the target is to be left alone now. Letting one probe through closes it behind it."""
        closed = self._closed_until
        if closed is not None and now < closed <= now + LONGEST_WISH:
            return closed
        self._closed_until = now + PROBE_EVERY if self._failures >= FAILURES_TO_OPEN else None
        return None

    def wait(self, now: datetime) -> timedelta:
        """Takes one token and says how long it takes to come; zero while the burst lasts."""
        full = self._pace.interval * self._pace.burst
        self._paid_until = min(max(self._paid_until, now), now + full) + self._pace.interval
        return max(self._paid_until - full - now, timedelta(0))

    def ended(self, attempt: Attempt, now: datetime) -> None:
        """Learns from a try: an answer closes the circuit again, five tries without one in a row open it.

        A Retry-After is meant for the whole target, not for one message.
        """
        if attempt.result in {AttemptClass.OK, AttemptClass.PERMANENT}:
            self._failures, self._closed_until = 0, None
            return
        self._failures += 1
        if self._failures >= FAILURES_TO_OPEN:
            self._closed_until = now + PROBE_EVERY
        if attempt.retry_after is not None:
            self._closed_until = max(self._closed_until or now, now + min(attempt.retry_after, LONGEST_WISH))
