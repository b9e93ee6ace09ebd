"""Who says it first-hand: copies of one text, the words of one agency and all that one publisher says are one origin.

Texts are known as copies by a sketch of their first letters: one-permutation min-hashing (Li, Owen, Zhang, NIPS 2012)
over runs of letters, so that a changed headline, a dateline or a cut paragraph leave a copy a copy in any language. A
translation is a text of its own.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b

from monitor.domain.incidents import Evidence, aloud, hearsay, sovereign

LEAD = 300  # letters of a text that are sketched, so that a teaser and its article are known as one text
LEAST = 80  # letters; a shorter text says too little to be told from another one on the same event
SLOTS = 32
COPY = 0.4  # of 281 pairs of own texts on one event none is more alike than 0.1, of 629,000 on two events than 0.29
_RUN = 6  # letters
_BAND = 2  # slots; two copies share at least one band of equal slots
_EMPTY = -1
_NO_LETTERS = re.compile(r"[\W_]+")

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
    leaders: dict[int, tuple[int, ...]] = {}  # by band
    firsts: list[int] = []
    for position, item in enumerate(ordered):
        of = item.sketch
        first = same.get(of) if of else position
        if first is None:
            first, cut = position, _bands(of)
            if leaders.keys().isdisjoint(cut):  # an own text, as most are that are no copies
                leaders |= dict.fromkeys(cut, (position,))
            else:
                near = sorted({leader for band in cut for leader in leaders.get(band, ())})
                first = next((one for one in near if likeness(ordered[one].sketch, of) >= COPY), position)
                if first == position:
                    leaders |= {band: (*leaders.get(band, ()), position) for band in cut}
            same[of] = first
        firsts.append(first)
    return firsts


@lru_cache(maxsize=10_000)
def _bands(of: tuple[int, ...]) -> tuple[int, ...]:
    """Each band as one number: its place, and what stands in its two slots."""
    pairs = zip(of[::_BAND], of[1::_BAND], strict=True)
    return tuple((place << 17 | one - _EMPTY) << 17 | other - _EMPTY for place, (one, other) in enumerate(pairs))


def voice(evidence: Evidence) -> Voice:
    """Who says it, and whose words those are."""
    publisher = evidence.publisher.casefold()
    return publisher, evidence.author or evidence.agency or publisher


def origins(evidence: Iterable[Evidence]) -> int:
    """How many of them speak independently of each other. What is said faintly is none beside what is said aloud: a
    reader would not take it for this event by itself."""
    return independent(map(voice, aloud(evidence)))


def several(evidence: Iterable[Evidence]) -> bool:
    """Whether at least two of them speak independently: unless one publisher, or one author, is behind all of them."""
    voices = {voice(item) for item in evidence}
    return all(len(set(names)) > 1 for names in zip(*voices, strict=True)) if voices else False


def independent(voices: Iterable[Voice]) -> int:
    """The most voices of which no two share their publisher or their author.

    Ten papers that print one agency are one. A paper that prints it and writes for itself too is a second beside them,
    and alone it is one.
    """
    return _counted(frozenset(voices))


@lru_cache(maxsize=8)  # of one incident the same voices are counted several times over
def _counted(voices: frozenset[Voice]) -> int:
    return Chorus(voices).independent


class Chorus:
    """Voices that come one by one, and how many of them are independent: a maximum matching of publishers and authors.

    One more voice makes at most one more, by a path that goes through it (Berge 1957); so it is found by looking at
    what is connected with it, and never at all again.
    """

    def __init__(self, voices: Iterable[Voice] = ()) -> None:
        self.independent = 0
        self._wrote: dict[str, set[str]] = {}
        self._printed: dict[str, set[str]] = {}
        self._author: dict[str, str] = {}  # whose words count as the publisher's
        self._publisher: dict[str, str] = {}  # the same, by author
        for one in voices:
            self.add(one)

    def add(self, voice: Voice) -> None:
        """Hear one more."""
        publisher, author = voice
        wrote = self._wrote.setdefault(publisher, set())
        if author in wrote:
            return
        wrote.add(author)
        self._printed.setdefault(author, set()).add(publisher)
        if self.independent == min(len(self._wrote), len(self._printed)):
            return
        if author in self._publisher and not self._finds_author(self._publisher[author], {author}):
            return
        had = self._author.get(publisher)
        self._author[publisher], self._publisher[author] = author, publisher
        if had is not None:
            del self._publisher[had]
        if had is None or self._finds_publisher(had, set()):
            self.independent += 1

    def _finds_author(self, publisher: str, tried: set[str]) -> bool:
        """Whether the publisher gets another author, others giving way where they have another in turn."""
        for author in self._wrote[publisher]:
            if author in tried:
                continue
            tried.add(author)
            if author not in self._publisher or self._finds_author(self._publisher[author], tried):
                self._author[publisher], self._publisher[author] = author, publisher
                return True
        return False

    def _finds_publisher(self, author: str, tried: set[str]) -> bool:
        """The same for an author."""
        for publisher in self._printed[author]:
            if publisher in tried:
                continue
            tried.add(publisher)
            if publisher not in self._author or self._finds_publisher(self._author[publisher], tried):
                self._author[publisher], self._publisher[author] = author, publisher
                return True
        return False


def backed(evidence: Iterable[Evidence]) -> bool:
    """Enough for an addition to what was told: a sovereign word, or two independent origins above hearsay."""
    words = [item for item in evidence if not hearsay(item)]
    return any(sovereign(item) for item in words) or several(words)
