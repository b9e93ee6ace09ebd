"""Which texts are nearly the same: Jaccard similarity of their character shingles, exact, over an inverted index.

Two sets that share at least a given part of their union must share one of their few rarest members; only pairs that do
are compared (prefix filtering: Chaudhuri et al. 2006, Bayardo et al. 2007).
"""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

SHINGLE = 4  # code points: a short word in Latin letters, two or three words in Chinese
ALIKE = 0.5  # of the union; texts written apart on one event seldom reach 0.3

_SPACE = re.compile(r"[\W_]+")


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


def alike(texts: Sequence[str], least: float = ALIKE) -> list[Pair]:
    """Every pair that shares at least `least`, by number."""
    found = [shingles(text) for text in texts]
    known = Counter(shingle for one in found for shingle in one)
    rank = {shingle: k for k, shingle in enumerate(sorted(known, key=lambda shingle: known[shingle]))}  # rarest first
    sets = [frozenset(rank[shingle] for shingle in one) for one in found]
    index: dict[int, list[int]] = defaultdict(list)
    pairs = []
    for number, members in enumerate(sets):
        candidates: set[int] = set()
        for shingle in sorted(members)[: len(members) - math.ceil(least * len(members)) + 1]:
            candidates.update(index[shingle])
            index[shingle].append(number)
        for other in sorted(candidates):
            sizes = len(members), len(sets[other])
            if min(sizes) < least * max(sizes):
                continue
            both = len(members & sets[other])
            share = both / (sum(sizes) - both)
            if share >= least:
                pairs.append(Pair(other, number, share))
    return sorted(pairs, key=lambda pair: (pair.one, pair.other))
