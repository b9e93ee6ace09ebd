"""A title and a text as one line of code points, with its sentences and the cue words in them.

The facts' rankers ask this reading what stands near a name or a date; the heads of `data/lexicon.yaml` say what a cue
word tells.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, lru_cache

from monitor.understand.gazetteer import LONGEST_TEXT, Gazetteer, fold, headed
from monitor.understand.sentences import goes_on
from monitor.understand.wordlists import word_list

_LONGEST_LEAD = 200
_END = re.compile(r"[.!?।॥؟…]+(?=[\s»”\"')\]]|$)|[。！？；]|\n+|(?<=[^\d]);\s|(?: {2,})")
_WIDE = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue word at its place, and the heads it stands under."""

    start: int
    end: int
    heads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """`whole` is title, newline, text; offsets of the text's fields shift by `offset`."""

    whole: str
    offset: int
    bounds: tuple[int, ...]  # where sentences begin
    cues: tuple[Cue, ...]
    lead: int  # where the title ends, or the first sentence of a text without one
    wide: bool  # a script of few, meaningful characters: distances count double

    def place(self, field: str, start: int) -> int:
        """The position in `whole` of an offset in a field."""
        return start if field == "title" else start + self.offset

    def leads(self, field: str, start: int) -> bool:
        """Whether it stands in the title, or in what serves as one."""
        return self.place(field, start) < self.lead

    def sentence(self, position: int) -> int:
        """The number of the sentence at a position of `whole`."""
        return bisect_right(self.bounds, position) - 1

    def extent(self, sentence: int) -> tuple[int, int]:
        """Where a sentence begins and ends."""
        end = self.bounds[sentence + 1] if sentence + 1 < len(self.bounds) else len(self.whole)
        return self.bounds[sentence], end

    def near(self, start: int, end: int) -> dict[str, int]:
        """For every head with a cue in the sentence of [start, end): the distance to the nearest one in letters,
        negative before, positive after, 0 when it overlaps."""
        return self.around(start, end, *self.extent(self.sentence(start)))

    def around(self, start: int, end: int, left: int, right: int) -> dict[str, int]:
        """The same within [left, right)."""
        nearest: dict[str, int] = {}
        for cue in self.cues[bisect_right(self.cues, left, key=lambda cue: cue.end) :]:
            if cue.start >= right:
                break
            gap = self.gap(start, end, cue.start, cue.end)
            for head in cue.heads:
                if head not in nearest or abs(gap) < abs(nearest[head]):
                    nearest[head] = gap
        return nearest

    def gap(self, start: int, end: int, left: int, right: int) -> int:
        """How far [left, right) lies from [start, end), in letters: as `near` counts."""
        gap = left - end + 1 if left >= end else right - start - 1 if right <= start else 0
        return gap * (2 if self.wide else 1)


@cache
def lexicon() -> Gazetteer:
    """The cue words as one gazetteer; a form's value lists its heads."""
    return headed(word_list("lexicon"))


@lru_cache(maxsize=32)
def read(title: str, text: str, lang: str) -> Reading:
    """Built once for the several events of a document."""
    whole = f"{title}\n{text}"[:LONGEST_TEXT]
    folded = fold(whole)
    bounds = [0]
    for match in _END.finditer(whole):
        if match[0] == "." and goes_on(whole, match.end(), lang):
            continue
        bounds.append(match.end())
    hits = lexicon().find(whole, lang, folded)
    cues = tuple(Cue(hit.start, hit.end, tuple(hit.form.value.split())) for hit in hits)
    sample = whole[:400]
    offset = len(title) + 1
    first = next((at for at in bounds if whole[offset:at].strip()), len(whole))
    lead = offset if title.strip() else min(first, offset + _LONGEST_LEAD)
    return Reading(whole, offset, tuple(bounds), cues, lead, len(_WIDE.findall(sample)) * 3 > len(sample))
