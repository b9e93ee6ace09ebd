"""Who guesses passwords waits, longer each time; who has the right one hardly notices.

Counted are tries by name and address together, by address, and by name. A name alone never waits for long, else any
stranger could lock somebody out; and not at all at an address from which that name came in before.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST_KEPT = 10_000  # of each: whoever makes up names makes us forget others' names, never their own address
FORGOTTEN = 3600.0  # seconds after a wait's end


@dataclass(frozen=True, slots=True)
class _Rule:
    free: int  # tries before the first wait
    longest: float  # seconds


PAIR, ADDRESS, NAME = _Rule(5, 900.0), _Rule(20, 900.0), _Rule(50, 60.0)


class _Recent(OrderedDict[K, V], Generic[K, V]):
    """The latest that were written."""

    def keep(self, key: K, value: V) -> None:
        self[key] = value
        self.move_to_end(key)
        while len(self) > MOST_KEPT:
            self.popitem(last=False)


class _Count:
    """Tries by one key."""

    def __init__(self, rule: _Rule) -> None:
        self._rule = rule
        self._seen: _Recent[Hashable, tuple[int, float]] = _Recent()  # tries, and the moment of the next

    def wait(self, key: Hashable, now: float) -> float:
        return max(0.0, self._seen.get(key, (0, now))[1] - now)

    def tried(self, key: Hashable, now: float) -> None:
        tries, free_at = self._seen.get(key, (0, now))
        tries = 1 if now - free_at > FORGOTTEN else tries + 1
        over = tries - self._rule.free
        self._seen.keep(key, (tries, now + (min(2.0 ** min(over, 30), self._rule.longest) if over >= 0 else 0.0)))

    def undo(self, key: Hashable, now: float) -> None:
        """That try was none."""
        tries, _ = self._seen.pop(key, (0, now))
        if tries > 1:
            self._seen.keep(key, (tries - 1, now))

    def clear(self, key: Hashable) -> None:
        self._seen.pop(key, None)


def network(address: str) -> str:
    """What one visitor has of the Internet: an address of IPv4, a /64 of IPv6."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((int(ip) >> 64 << 64, 64)))
    return str(ip)


class Guesses:
    """In memory: a restart forgets, and takes longer than most waits."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._now = monotonic
        self._pairs, self._addresses, self._names = _Count(PAIR), _Count(ADDRESS), _Count(NAME)
        self._at_home: _Recent[tuple[str, str], None] = _Recent()

    def attempt(self, name: str, address: str) -> float:
        """0: go on, and the try is counted, before it is known how it ends, since many may run at once. Else the
        seconds to wait."""
        now, place = self._now(), network(address)
        name = name[:200].casefold()
        pair = name, place
        waits = [self._pairs.wait(pair, now), self._addresses.wait(place, now)]
        if pair not in self._at_home:
            waits.append(self._names.wait(name, now))
        if longest := max(waits):
            return longest
        self._pairs.tried(pair, now)
        self._addresses.tried(place, now)
        self._names.tried(name, now)
        return 0.0

    def right(self, name: str, address: str) -> None:
        """The attempt was good. What others tried at the same address, or in the same name, stays counted."""
        now, place = self._now(), network(address)
        name = name[:200].casefold()
        self._pairs.clear((name, place))
        self._addresses.undo(place, now)
        self._names.undo(name, now)
        self._at_home.keep((name, place), None)
