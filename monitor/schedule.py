"""The queue of looks: which source comes next, in time that does not grow with the number of those that wait."""

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import ceil

GRAIN = 0.25  # seconds


@dataclass(slots=True)
class _Line:
    """The due sources of one host. It exists only while one of them waits or is in hand, or the host rests."""

    waiting: deque[str] = field(default_factory=deque)
    in_hand: int = 0
    free_at: float = 0.0  # the host rests until then
    queued: bool = False  # stands in the rotation, or among those that rest


class Schedule:
    """Sources by the time of their next look, in seconds since 1970, rounded up to GRAIN.

    A source is planned, waiting in its host's line, or in hand; never two of these.

    Hosts with due sources take turns, so that a thousand due sources of one host do not keep one of another waiting: at
    most `per_host` of a host are in hand, and between two takes it rests for the seconds that `rest` gives for it.
    """

    def __init__(self, per_host: int, rest: Callable[[str], float]) -> None:
        self._per_host, self._rest = per_host, rest
        self._hosts: dict[str, str] = {}  # of every source that is planned, waiting or in hand
        self._at: dict[str, float] = {}  # of those planned, rounded
        # A heap of the sources themselves would touch cold memory at each of its levels; moments are few.
        self._moments: dict[float, list[str]] = {}  # may hold what was planned anew since; `_at` decides
        self._heap: list[float] = []
        self._lines: dict[str, _Line] = {}
        self._in_hand: dict[str, str] = {}  # with the host at which each was taken
        self._turns: deque[str] = deque()
        self._resting: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._hosts)

    def plan(self, sources: Iterable[tuple[str, str, float]]) -> None:
        """These sources (id, host, time) and no others from now on. What is in hand stays there until it is `done`."""
        known = list(sources)
        self._hosts = {id: host for id, host, _ in known}
        self._at, self._moments, self._heap = {}, {}, []
        for id, _, at in sorted(known, key=lambda one: one[2]):
            self.put(id, at)
        self._lines, self._turns, self._resting = {}, deque(), []
        for host in self._in_hand.values():
            self._lines.setdefault(host, _Line()).in_hand += 1

    def put(self, id: str, at: float) -> None:
        """Plan the next look of a source that is neither waiting nor in hand; one that `plan` left out stays out."""
        if id in self._hosts and id not in self._in_hand:
            moment = ceil(at / GRAIN) * GRAIN
            self._at[id] = moment
            if moment not in self._moments:
                self._moments[moment] = []
                heapq.heappush(self._heap, moment)
            self._moments[moment].append(id)

    def hasten(self, id: str, at: float) -> None:
        """Look earlier than planned; nothing changes for a source that is waiting or in hand."""
        if id in self._at and self._at[id] > at:
            self.put(id, at)

    def take(self, now: float, room: int) -> list[str]:
        """Up to `room` sources that are due, now in hand."""
        while self._heap and self._heap[0] <= now:
            moment = heapq.heappop(self._heap)
            for id in self._moments.pop(moment):
                if self._at.get(id) == moment:
                    del self._at[id]
                    host = self._hosts[id]
                    line = self._lines.get(host) or self._lines.setdefault(host, _Line())
                    line.waiting.append(id)
                    self._offer(host, line, now)
        while self._resting and self._resting[0][0] <= now:
            host = heapq.heappop(self._resting)[1]
            self._lines[host].queued = False
            self._offer(host, self._lines[host], now)
        taken: list[str] = []
        while self._turns and len(taken) < room:
            host = self._turns.popleft()
            line = self._lines[host]
            line.queued = False
            id = line.waiting.popleft()
            line.in_hand += 1
            line.free_at = now + self._rest(host)
            self._in_hand[id] = host
            taken.append(id)
            self._offer(host, line, now)
        return taken

    def done(self, id: str, now: float) -> None:
        """The source is in hand no more."""
        host = self._in_hand.pop(id)
        line = self._lines[host]
        line.in_hand -= 1
        self._offer(host, line, now)

    def next_at(self) -> float | None:
        """When something may be to take that is not now; a time too early does no harm."""
        soonest = [*self._heap[:1], *(at for at, _ in self._resting[:1])]
        return min(soonest, default=None)

    def _offer(self, host: str, line: _Line, now: float) -> None:
        """Queue a host that has somebody waiting and room for one more in hand; forget one that has nobody at all."""
        if line.queued or line.in_hand >= self._per_host or (line.in_hand and not line.waiting):
            return
        if line.free_at > now:
            line.queued = True
            heapq.heappush(self._resting, (line.free_at, host))
        elif line.waiting:
            line.queued = True
            self._turns.append(host)
        else:
            del self._lines[host]
