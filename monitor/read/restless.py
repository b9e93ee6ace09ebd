"""What a page changes by itself at nearly every look: counters, clocks, teasers that come and go or take turns.

Nobody can tell such a block from one look to the next, so it is learnt: what moved a few times, each time within a few
looks of the last, is noise until it was quiet for long. A counter is noise as long as its words stay the same. Of a
place whose words are always others, a text is told once it stays.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from monitor.read.difference import Block, Change, beyond, changes

_FLIPS_WITHIN = 4  # looks: what moves again within so few is not moved by people
_QUIET = 30  # looks: after so many without a move it is listened to again
_TEASER = 80  # characters: no longer passage is learnt as noise that comes and goes, since its return is a retraction
_FLIPS, _LISTED_FLIPS = 3, 4  # moves; what is listed must move more often, since its return is news
_PASSAGES = 5  # moves of a place that holds longer texts
_STAYS = 2  # further looks at which a text stands where texts do not last
_REMEMBERED = 1_000  # names of what moved lately
_HELD = 200  # texts that may stay


class Restless:
    """`moves`: when what moved last, how often in a row, and how often makes it noise, by name; `held`: the keys of
    texts that came where none lasts, and at which look. Looks are counted by `looks`."""

    def __init__(self, looks: int = 0, moves: Mapping[str, tuple[int, int, int]] | None = None) -> None:
        self.looks, self.moves = looks, dict(moves or {})
        self.held: dict[str, int] = {}

    def look(self, was: Sequence[Block], now: Sequence[Block]) -> list[Change]:
        """What changed between the looks, noise left out; it is learnt from first."""
        self.looks += 1
        keys = {block.key for block in was} & {block.key for block in now}
        before, after = _named(was, keys), _named(now, keys)
        for name, most in _moved(was, now, before, after):
            at, times, _ = self.moves.get(name, (-_FLIPS_WITHIN - 1, 0, 0))
            self.moves[name] = self.looks, times + 1 if self.looks - at <= _FLIPS_WITHIN else 1, most
        self.moves = dict(sorted(self.moves.items(), key=lambda move: -move[1][0])[:_REMEMBERED])
        noise = {name for name, (at, times, most) in self.moves.items() if times >= most and self.looks - at <= _QUIET}
        deaf_was = {n for n in beyond(was, now) if noise.intersection((was[n].key, *before[n]))}
        deaf_now = set()
        for number in beyond(now, was):
            key, (figures, place) = now[number].key, after[number]
            if key in noise or figures in noise:
                deaf_now.add(number)
            elif place in noise and len(self.held) < _HELD:
                deaf_now.add(number)
                self.held[key] = self.looks
        return changes(was, now, (deaf_was, deaf_now)) + list(self._stayed(now))

    def _stayed(self, now: Sequence[Block]) -> Iterator[Change]:
        there = {block.key: block for block in now}
        self.held = {key: at for key, at in self.held.items() if key in there}
        for key in [key for key, at in self.held.items() if self.looks - at >= _STAYS]:
            del self.held[key]
            yield Change(None, there[key])


def _named(blocks: Sequence[Block], steady: set[str]) -> list[tuple[str, str]]:
    """For each block its name by its words without figures, and by its place behind what is steady; "" without."""
    times: Counter[str] = Counter()
    names, anchor, offset = [], "", 0
    for block in blocks:
        times[block.shape] += 1
        figures = f"figures {block.shape} {times[block.shape]}" if block.shape else ""
        if block.key in steady:
            times[block.key] += 1
            anchor, offset = f"{block.key} {times[block.key]}", 0
            names.append((figures, ""))
        else:
            offset += 1
            place = f"place {block.kind} {anchor} {offset}"
            names.append((figures, hashlib.sha256(place.encode()).hexdigest()[:16]))
    return names


def _moved(
    was: Sequence[Block], now: Sequence[Block], before: list[tuple[str, str]], after: list[tuple[str, str]]
) -> Iterator[tuple[str, int]]:
    """The names of what moved, and how many moves make each noise."""
    older, newer = (Counter(block.key for block in side) for side in (was, now))
    for key, block in {block.key: block for block in (*was, *now) if len(block.text) <= _TEASER}.items():
        if older[key] != newer[key]:
            yield key, _LISTED_FLIPS if block.kind in ("option", "item") else _FLIPS
    for kind in (0, 1):
        old, new = (
            {names[kind]: block for block, names in zip(blocks, named, strict=True) if names[kind]}
            for blocks, named in ((was, before), (now, after))
        )
        for name in old.keys() | new.keys():
            a, b = old.get(name), new.get(name)
            longest = max(len(block.text) for block in (a, b) if block)
            if kind == 0 and a and b and a.key != b.key:
                yield name, _FLIPS
            elif kind == 0 and (a is None or b is None) and longest <= _TEASER:
                yield name, _LISTED_FLIPS
            elif kind == 1 and a and b and (not a.shape or a.shape != b.shape):
                yield name, _FLIPS if longest <= _TEASER else _PASSAGES
