"""Who says it first-hand: copies of one text, the words of one agency and all that one publisher says are one origin.

Texts are known as copies by a sketch of their first letters: one-permutation min-hashing (Li, Owen, Zhang, NIPS 2012)
over runs of letters, so that a changed headline, a dateline or a cut paragraph leave a copy a copy in any language. A
translation is a text of its own.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b

from monitor.domain.incidents import Evidence, hearsay, sovereign

LEAD = 300  # letters of a text that are sketched, so that a teaser and its article are known as one text
LEAST = 80  # letters; a shorter text says too little to be told from another one on the same event
SLOTS = 32
COPY = 0.4  # of 281 pairs of own texts on one event none is more alike than 0.1, of 629,000 on two events than 0.29
_RUN = 6  # letters
_BAND = 2  # slots; two copies share at least one band of equal slots
_EMPTY = -1
_NO_LETTERS = re.compile(r"[\W_]+")

Band = tuple[int, tuple[int, ...]]
Voice = tuple[str, str]
"""(publisher, author), both case-folded: who says it, and whose words those are."""


def sketch(text: str) -> tuple[int, ...]:
    """SLOTS numbers of 16 bits that two texts share as far as they share their words; () for a text that is too short.

    0.1 ms a text.
    """
    letters = _NO_LETTERS.sub("", text.casefold())[:LEAD]
    if len(letters) < LEAST:
        return ()
    least = [1 << 16] * SLOTS
    for start in range(len(letters) - _RUN + 1):
        run = letters[start : start + _RUN].encode("utf-8", "surrogatepass")
        slot, value = divmod(int.from_bytes(blake2b(run, digest_size=4).digest(), "big") % (SLOTS << 16), 1 << 16)
        least[slot] = min(least[slot], value)
    return tuple(_EMPTY if value == 1 << 16 else value for value in least)


def likeness(one: Sequence[int], other: Sequence[int]) -> float:
    """About which share of their runs of letters two sketched texts have in common (0..1); 0 when either has none."""
    filled = sum(1 for a, b in zip(one, other, strict=False) if a != _EMPTY or b != _EMPTY)
    equal = sum(1 for a, b in zip(one, other, strict=False) if a == b != _EMPTY)
    return equal / filled if filled else 0.0


def attributed(ordered: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The evidence, each with its author: of a text and its copies the agency that one of them names, else the
    publisher of the first. Wants ordered evidence; about linear in it."""
    firsts = _firsts(ordered)
    agencies: dict[int, str] = {}
    for item, first in zip(ordered, firsts, strict=True):
        if item.agency:
            agencies.setdefault(first, item.agency)
    authors = [agencies.get(first) or ordered[first].publisher.casefold() for first in firsts]
    return tuple(
        item if item.author == author else replace(item, author=author)
        for item, author in zip(ordered, authors, strict=True)
    )


def _firsts(ordered: Sequence[Evidence]) -> list[int]:
    """For each the position of the first text that it is a copy of, its own when it is none."""
    same: dict[tuple[int, ...], int] = {}
    bands: dict[Band, list[int]] = {}
    firsts: list[int] = []
    for position, item in enumerate(ordered):
        if not item.sketch:
            firsts.append(position)
            continue
        first = same.get(item.sketch)
        if first is None:
            cut = _bands(item.sketch)
            near = sorted({leader for band in cut for leader in bands.get(band, ())})
            first = next((one for one in near if likeness(ordered[one].sketch, item.sketch) >= COPY), position)
            same[item.sketch] = first
            if first == position:
                for band in cut:
                    bands.setdefault(band, []).append(position)
        firsts.append(first)
    return firsts


@lru_cache(maxsize=10_000)
def _bands(of: tuple[int, ...]) -> tuple[Band, ...]:
    return tuple((start, of[start : start + _BAND]) for start in range(0, SLOTS, _BAND))


def voice(evidence: Evidence) -> Voice:
    """Who says it, and whose words those are."""
    publisher = evidence.publisher.casefold()
    return publisher, evidence.author or evidence.agency or publisher


def origins(evidence: Iterable[Evidence]) -> int:
    """How many of them speak independently of each other."""
    return independent(map(voice, evidence))


def independent(voices: Iterable[Voice]) -> int:
    """The most voices of which no two share their publisher or their author: a maximum matching (Kuhn 1955).

    Ten papers that print one agency are one. A paper that prints it and writes for itself too is a second beside them,
    and alone it is one.
    """
    wrote: dict[str, set[str]] = {}
    printed: dict[str, set[str]] = {}
    for publisher, author in set(voices):
        wrote.setdefault(publisher, set()).add(author)
        printed.setdefault(author, set()).add(publisher)
    own = {publisher for publisher, authors in wrote.items() if any(len(printed[author]) == 1 for author in authors)}
    speaks: dict[str, str] = {}  # who has no author of its own shares those of others
    return len(own) + sum(_given(publisher, wrote, speaks, set()) for publisher in wrote.keys() - own)


def _given(publisher: str, wrote: Mapping[str, Collection[str]], speaks: dict[str, str], tried: set[str]) -> bool:
    """Whether the publisher gets an author of its own, others giving way where they have another."""
    for author in wrote[publisher]:
        if author not in tried:
            tried.add(author)
            if author not in speaks or _given(speaks[author], wrote, speaks, tried):
                speaks[author] = publisher
                return True
    return False


def backed(evidence: Iterable[Evidence]) -> bool:
    """Enough for an addition to what was told: a sovereign word, or two independent origins above hearsay."""
    words = [item for item in evidence if not hearsay(item)]
    return any(sovereign(item) for item in words) or origins(words) >= 2
