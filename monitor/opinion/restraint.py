"""When not to ask: a circuit breaker, and a share of the path's time. Values of time in seconds; no clock is read."""

from dataclasses import dataclass, replace

FAILURES = 3  # in a row, before the endpoint is left alone
FIRST_PAUSE = 60.0
LONGEST_PAUSE = 3600.0
SHARE = 1 / 3  # of all time that asking may take, after a first stretch of one timeout


@dataclass(frozen=True, slots=True)
class Breaker:
    """Opens after FAILURES, or at once when the server asks for it; each pause is twice the one before."""

    failures: int = 0
    pause: float = 0.0
    until: float = float("-inf")

    def lets(self, now: float) -> bool:
        """Whether to ask. After a pause one question goes out; should it fail, the next pause begins."""
        return now >= self.until

    def failed(self, now: float, wait: float | None = None) -> "Breaker":
        """After a failure; `wait` (seconds) is the server's own wish, kept up to LONGEST_PAUSE."""
        after = replace(self, failures=self.failures + 1)
        if after.failures < FAILURES and wait is None:
            return after
        pause = min(max(self.pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        return replace(after, pause=pause, until=now + max(pause, min(wait or 0, LONGEST_PAUSE)))


@dataclass(frozen=True, slots=True)
class Patience:
    """A leaky bucket of seconds spent asking: in any stretch of T seconds at most `most` + SHARE * T."""

    most: float
    level: float = 0.0
    at: float = 0.0

    def left(self, now: float) -> float:
        return self.most - self._leaked(now)

    def spent(self, seconds: float, now: float) -> "Patience":
        """After asking took so long, until `now`."""
        return replace(self, level=self._leaked(now - seconds) + seconds, at=now)

    def _leaked(self, now: float) -> float:
        return max(self.level - max(now - self.at, 0) * SHARE, 0)
