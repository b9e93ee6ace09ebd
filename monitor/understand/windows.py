"""A long text as windows: its lead, its passages, and pairs of sentences, so that no event is drowned by other stories.

Windows hold only what is the page's own story (`furniture.content`); their offsets are those of the whole text.
"""

import itertools
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from monitor.domain.places import overlap
from monitor.domain.signals import EventType
from monitor.understand.furniture import content
from monitor.understand.sentences import SENTENCE_END, sentences

BRIEF = 16  # as `weight`: of 20,000 labelled texts none is shorter that names no platform, of their titles ten
LEAD = 1_200
PASSAGE = 600
ITEMS = 3
MOST_PASSAGES = 40
MOST_PAIRS = 40
MOST_JOINTS = 16  # a sentence with more is a list
_BRIEF = 330  # a passage of this weight hardly holds two stories
_HEADING = 130
_ENDED = re.compile(r"[.!?…。！？।॥؟:：;；,、][\"'”’»)\]）」』]*$")
_LINE = re.compile(r"[^\n]+")
_JOINT = re.compile(  # where a sentence may go on with another story
    r"[,;:，、；،؛]\s*(?:(?:and|while|und|et|y|e|en|i|и|а|ve|dan|và|और)\s+|و)?|\s+(?:and|while|whereas|und|während|et|tandis"
    r" que|y|mientras|e|mentre|enquanto|en|terwijl|och|og|oraz|i|a|и|а|та|ve|dan|sementara|và|còn|habang|at|और|এবং)\s+"
    r"|\s+(?:و|และ|ส่วน|ขณะที่)\s*"
)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a document's text. `start` and `end` are offsets in the text; `words` is what the encoder reads."""

    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence, or several, of a text: its offsets, the platforms and places that it names, the families of the
    events that it has words for, whether it only adds to what was told (a rival, the past, what stays), and whether it
    names a day."""

    start: int
    end: int
    names: frozenset[str]
    places: frozenset[str]
    events: frozenset[EventType]
    aside: bool
    dated: bool = False

    def __add__(self, later: "Told") -> "Told":
        sums = self.names | later.names, self.places | later.places, self.events | later.events
        return Told(self.start, later.end, *sums, self.aside or later.aside, self.dated or later.dated)

    @property
    def tells(self) -> bool:
        """Whether it may tell an event: by its words, or as it says who, where and when. No list has all words."""
        return bool(self.events or (self.names and self.places and self.dated))

    def parted(self, other: "Told") -> bool:
        """Whether two clauses of one sentence tell of different platforms in different places."""
        if not (self.tells and other.tells and self.names and other.names and self.places and other.places):
            return False
        return not _kin(self.names, other.names) and not overlap(self.places, other.places)

    def tells_another(self, one: "Told") -> bool:
        """Whether the sentence `one` that follows begins a story of its own: on another platform, on another event in
        another place, or on a rule of a state beside what a platform does."""
        if self.names and one.names and not self.names & one.names:
            return not _kin(self.names, one.names)
        elsewhere = bool(self.places and one.places) and not overlap(self.places, one.places)
        if elsewhere and self.events and one.events - self.events:
            return True
        if bool(self.names) is bool(one.names):
            return False
        rule, act = (one, self) if self.names else (self, one)
        return bool(act.events and rule.places) and EventType.TRADE_RULE in rule.events - act.events


def _kin(some: Collection[str], others: Collection[str]) -> bool:
    """Whether they share a platform, or one is called after another that it is a part of."""
    return any(a.startswith(b) or b.startswith(a) for a in some for b in others)


def weight(text: str) -> int:
    """Length in code points, those of scripts that say more in one (Han, kana, Hangul) counted double."""
    return len(text) + sum(0x2E80 <= ord(c) <= 0xD7FF for c in text)


def tells(words: str) -> bool:
    """Whether so few words can report anything to who knows no name in them: "404 Not Found" cannot."""
    return weight(words) >= BRIEF


def lead(title: str, text: str) -> Window:
    """The title and the story's beginning, whole sentences of it up to `LEAD`. It begins where the text does."""
    parts, left, end = [title.strip()], LEAD, 0
    for start, stop in content(title, text):
        end = _cut(text, start, left, stop)
        parts.append(text[start:end].strip())
        left -= weight(text[start:end])
        if end < stop or left <= 0:
            break
    return Window(0, end, "\n".join(part for part in parts if part))


def passages(text: str) -> list[Window]:
    """The story's paragraphs, each with the heading above it, a longer one than `PASSAGE` cut at its sentences.

    None for a story lighter than `PASSAGE`, which is read whole. At most `MOST_PASSAGES`, so that a hostile page costs
    a bounded time: of a longer text every second, third or so, the first and the last among them, for news is buried
    anywhere.
    """
    stretches = content("", text)
    if not stretches or weight(text[stretches[0][0] : stretches[-1][1]].strip()) <= PASSAGE:
        return []
    pieces = [piece for begin, stop in stretches for piece in _pieces(text, begin, stop)]
    return _spread([Window(start, end, text[start:end].strip()) for start, end in pieces], MOST_PASSAGES)


def items(text: str, named: Sequence[tuple[int, str]]) -> list[Window]:
    """The paragraphs of a round-up, those that name a platform: `ITEMS` or more, and none names one that another does.
    Empty for any other text. `named` are platforms and where they stand in the text."""
    found: list[Window] = []
    before: set[str] = set()
    for start, end in ((begin, stop) for one in content("", text) for begin, stop in _paragraphs(text, *one)):
        names = {name for at, name in named if start <= at < end}
        if names & before:
            return []
        if names:
            found.append(Window(start, end, text[start:end].strip()))
            before |= names
    return found[:MOST_PASSAGES] if len(found) >= ITEMS else []


def stories(text: str, told: Sequence[Told]) -> list[Window]:
    """The stretches of a short text that tell different stories, two or three; empty for any other text. `told` are its
    sentences.

    No two name one platform and one of them another beside it: there platforms are compared. Each later one tells
    an event, and no sentence that only adds to what was told before it.
    """
    found: list[Told] = []
    for one in told:
        if found and not found[-1].tells_another(one):
            found[-1] += one
        else:
            found.append(one)
    mixed = any(a.names & b.names and a.names != b.names for a, b in itertools.combinations(found, 2))
    if not 1 < len(found) <= ITEMS or mixed or any(later.aside or not later.tells for later in found[1:]):
        return []
    return [Window(one.start, one.end, text[one.start : one.end]) for one in found]


def clauses(text: str, start: int, end: int, told: Callable[[int, int], Told]) -> list[Told]:
    """The sentence text[start:end] as `told` tells it; in parts where it goes on with another story: "X leaves Chile in
    May and Y leaves Peru"."""
    whole = told(start, end)
    if len(whole.names) < 2 or len(whole.places) < 2:
        return [whole]
    joints = list(_JOINT.finditer(text, start, end))
    for joint in reversed(joints if len(joints) <= MOST_JOINTS else []):
        last = told(joint.end(), end)
        if last.names and last.places and told(start, joint.start()).parted(last):
            return [*clauses(text, start, joint.start(), told), last]
    return [whole]


def pairs(text: str, some: Sequence[Window], lang: str) -> list[Window]:
    """Every two neighbouring sentences of the passages that have more: an event told in passing, by itself.

    At most `MOST_PAIRS`, spread over the text. A passage no heavier than `_BRIEF` is small enough as it is.
    """
    found = []
    for passage in some:
        bounds = sentences(text, passage.start, passage.end, lang) if weight(passage.words) > _BRIEF else []
        if len(bounds) > 2:
            stretches = [(left[0], right[1]) for left, right in itertools.pairwise(bounds)]
            found += [Window(start, end, text[start:end]) for start, end in stretches]
    return _spread(found, MOST_PAIRS)


def _paragraphs(text: str, begin: int, stop: int) -> list[tuple[int, int]]:
    """Lines, each with the heading above it."""
    found: list[tuple[int, int]] = []
    heading: int | None = None
    for line in _LINE.finditer(text, begin, stop):
        start, words = line.start() if heading is None else heading, line[0].strip()
        if not words:
            continue
        heads = weight(words) <= _HEADING and not _ENDED.search(words) and line.end() < stop
        heading = start if heads and heading is None else None
        if heading is None:
            found.append((start, line.end()))
    return found if heading is None else [*found, (heading, stop)]


def _pieces(text: str, begin: int, stop: int) -> list[tuple[int, int]]:
    """Stretches that leave out no word: paragraphs, and the parts of a heavier one."""
    pieces: list[tuple[int, int]] = []
    for start, last in _paragraphs(text, begin, stop):
        while start < last:
            end = _cut(text, start, PASSAGE, last)
            pieces.append((start, end))
            start = end
    return pieces


def _spread(windows: list[Window], most: int) -> list[Window]:
    if len(windows) <= most:
        return windows
    step = (len(windows) - 1) / (most - 1)
    return [windows[round(number * step)] for number in range(most)]


def _cut(text: str, start: int, most: int, stop: int) -> int:
    """Where a stretch from `start` of at most `most` (by weight), ending by `stop`, ends: after a sentence, if one ends
    late in it."""
    end, spent = start, 0
    while end < stop and spent < most:
        spent += 2 if 0x2E80 <= ord(text[end]) <= 0xD7FF else 1
        end += 1
    if end == stop:
        return end
    last = max((m.end() for m in SENTENCE_END.finditer(text, start, end)), default=start)
    return last if last - start > (end - start) // 2 else end
