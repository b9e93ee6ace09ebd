"""Which texts are nearly the same: Jaccard similarity of their character shingles, exact, over an inverted index.

Two sets that share at least a given part of their union share one of their rarest members; only pairs that share enough
of them to reach it with all the others are compared (prefix filtering: Chaudhuri et al. 2006, Wang et al. 2012).
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SHINGLE = 4  # code points: a short word in Latin letters, two or three words in Chinese
ALIKE = 0.5  # of the union; texts written apart on one event seldom reach 0.3
_BEAT = 128  # texts from one word of progress to the next
_LITTLE = 1e-9  # that a product of floats may lie beside what it stands for

_SPACE = re.compile(r"[\W_]+")
Numbers = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]  # steps done, of how many


def unseen(done: int, total: int) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts by their numbers, the smaller first, and the part of their shingles that they share."""

    one: int
    other: int
    share: float


def normal(text: str) -> str:
    """The text without what does not change its meaning: case, width, punctuation, spacing."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def shingles(text: str) -> frozenset[str]:
    """Every run of SHINGLE code points of the normal text; a shorter text is one shingle."""
    plain = normal(text)
    return frozenset(plain[i : i + SHINGLE] for i in range(max(1, len(plain) - SHINGLE + 1)))


def alike(texts: Sequence[str], least: float = ALIKE, since: int = 0, progress: Progress = unseen) -> list[Pair]:
    """Every pair that shares at least `least`, by number. The texts before the number `since` are known, and not
    compared with one another; without others nothing is done."""
    if since >= len(texts):
        return []
    steps = 2 * len(texts) - since
    sets, sizes = _numbered(texts, since, lambda done: progress(done, steps))
    rest = np.ceil(least * sizes - _LITTLE).astype(np.int64) - 1  # members behind the prefix: too few to be alike by
    # Members that no other text has stand first in each prefix, and are in no set.
    prefixes = [one[: max(len(one) - last, 0)] for one, last in zip(sets, rest.tolist(), strict=True)]
    edges = np.array([prefix[-1] if len(prefix) else -1 for prefix in prefixes])
    lists = _inverted(prefixes, 1 + max((int(one[-1]) for one in sets if len(one)), default=-1))
    mine = np.zeros(len(lists), bool)
    pairs = []
    for number in range(since, len(texts)):
        if number % _BEAT == 0:
            progress(len(texts) + number - since, steps)
        if not len(prefixes[number]):
            continue
        having = np.concatenate([lists[member] for member in prefixes[number]])
        seen = np.bincount(having, minlength=len(texts))[:number]
        # What two sets share outside both prefixes lies behind the one that ends first.
        behind = np.where(edges[:number] < edges[number], rest[:number], rest[number])
        most = np.minimum(seen + behind, np.minimum(sizes[:number], sizes[number]))
        needed = least / (1 + least) * (sizes[:number] + sizes[number]) - _LITTLE
        mine[sets[number]] = True
        for other in np.flatnonzero((seen > 0) & (most >= needed)).tolist():
            both = common(mine, sets[other])
            share = both / int(sizes[number] + sizes[other] - both)
            if share >= least:
                pairs.append(Pair(other, number, share))
        mine[sets[number]] = False
    progress(steps, steps)
    return sorted(pairs, key=lambda pair: (pair.one, pair.other))


def common(mine: npt.NDArray[np.bool_], members: Numbers) -> int:
    """How many of the members are mine."""
    return int(mine[members].sum())


def _numbered(texts: Sequence[str], since: int, done: Callable[[int], None]) -> tuple[list[Numbers], Numbers]:
    """Of each text the shingles that another has too, of those that are in a text from `since` on, by number and the
    rarest first; and how many shingles it has in all."""
    ids: dict[str, int] = {}
    members: list[Numbers] = [np.empty(0, np.int64)] * len(texts)
    sizes = np.zeros(len(texts), np.int64)
    for step, number in enumerate([*range(since, len(texts)), *range(since)]):
        if step % _BEAT == 0:
            done(step)
        found = shingles(texts[number])
        sizes[number] = len(found)
        if number >= since:
            for shingle in found:
                ids.setdefault(shingle, len(ids))
        members[number] = np.array([ids[shingle] for shingle in found if shingle in ids], np.int64)
    known = np.bincount(np.concatenate(members), minlength=len(ids))
    shared = np.flatnonzero(known > 1)
    rank = np.full(len(ids), -1, np.int64)
    rank[shared[np.argsort(known[shared], kind="stable")]] = np.arange(len(shared))
    return [np.sort(ranked[ranked >= 0]) for one in members for ranked in (rank[one],)], sizes


def _inverted(sets: Sequence[Numbers], members: int) -> list[Numbers]:
    """By member: the numbers of the sets that have it."""
    flat = np.concatenate(sets)
    owners = np.repeat(np.arange(len(sets)), [len(one) for one in sets])[np.argsort(flat, kind="stable")]
    return np.split(owners, np.cumsum(np.bincount(flat, minlength=members))[:-1]) if members else []
