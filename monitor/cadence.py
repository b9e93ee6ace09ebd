"""When something that costs much is worth doing again: soon where something moved, and rarely where that is dear."""

from time import perf_counter

LEAST = 60.0  # seconds from one time to the next while nothing moved: the days go on, too
SHARE = 100  # times what it took: it may cost one part in a hundred of the time


class Cadence:
    """Of one piece of work."""

    def __init__(self) -> None:
        self._allowed = self._due = 0.0
        self._seen: object = None

    def comes(self, seen: object) -> bool:
        """Whether it is time: always at first. `seen` is what it would go by, told by something that differs whenever
        that moved."""
        return perf_counter() >= (self._due if seen == self._seen else self._allowed)

    def done(self, seen: object, began: float) -> None:
        """It was done by what was `seen`, from `began` (`perf_counter`) until now."""
        now = perf_counter()
        self._seen, self._allowed = seen, now + SHARE * (now - began)
        self._due = max(self._allowed, now + LEAST)
