"""Why a document scores what it does: each part of its deciding window left out in turn.

Occlusion (Zeiler and Fergus 2014, arXiv:1311.2901): what the evidence loses without a part is what the part gave. The
hints that are seen without an encoder (cue words, names, days) are left out with it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from math import exp

from monitor.domain.documents import Document
from monitor.domain.signals import Span
from monitor.domain.sources import Source
from monitor.understand import cues
from monitor.understand.analyst import Analyst, Gate, Reading
from monitor.understand.seen import Cut
from monitor.understand.sentences import sentences
from monitor.understand.windows import LEAD

MOST_ENCODINGS = 60  # 15 ms each
SHOWN = 8  # terms up, and terms down
_LEAST = 0.01  # log odds that are worth a line
_BATCH = 6  # encodings between two beats of a progress bar
_MOST_QUOTES = 5  # of one hint
_WORD = re.compile(r"\S+")
_SIGN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_UNSPACED = re.compile(f"[0-9]*[{_SIGN}][{_SIGN}0-9]*")


@dataclass(frozen=True, slots=True)
class Term:
    """A sentence, or a word of one, as published. `change` is what it gives to the log odds of an event."""

    field: str
    start: int
    end: int
    quote: str
    sentence: bool
    change: float


@dataclass(frozen=True, slots=True)
class Hint:
    """What was seen without an encoder, and the words of the clean text that gave it."""

    name: str
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """`score` is of the deciding window (`stretch`: from where to where of the published text), whatever the gate said.
    `tried` of `parts` sentences and words were left out."""

    model: str
    score: float
    odds: float
    threshold: float
    gate: Gate
    windows: int
    read: int
    stretch: tuple[int, int]
    leads: bool
    raised: tuple[Term, ...]
    lowered: tuple[Term, ...]
    hints: tuple[Hint, ...]
    tried: int
    parts: int


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of title or text, and where it begins in the window's words."""

    field: str
    start: int
    end: int
    at: int
    sentence: bool

    def cut(self, words: str) -> Cut:
        return Cut(self.field, self.start, self.end, words[: self.at] + words[self.at + self.end - self.start :])


def weigh(
    analyst: Analyst, document: Document, source: Source, progress: Callable[[int, int], None] | None = None
) -> Why:
    """What speaks for and against an event in the document, by at most `MOST_ENCODINGS` encodings beside its reading.
    `progress` is told how many of how many are done."""
    reading = analyst.reading(document, source)
    words = reading.deciding.words
    whole = list(_sentences(reading))
    within = {part: list(_words(reading, part)) for part in whole}
    total = min(1 + len(whole) + sum(map(len, within.values())), MOST_ENCODINGS)
    done = 0

    def odds(cuts: Sequence[Cut]) -> list[float]:
        nonlocal done
        found: list[float] = []
        for first in range(0, len(cuts), _BATCH):
            found += reading.odds(cuts[first : first + _BATCH])
            done += len(cuts[first : first + _BATCH])
            if progress:
                progress(done, total)
        return found

    (base,) = odds([Cut("text", 0, 0, words)])

    def changes(parts: Sequence[_Part]) -> list[tuple[_Part, float]]:
        return [
            (part, base - without) for part, without in zip(parts, odds([p.cut(words) for p in parts]), strict=True)
        ]

    told = changes(whole[: MOST_ENCODINGS - 1])
    ranked = sorted(told, key=lambda one: -abs(one[1]))  # where the evidence lies, word by word as far as it goes
    told += changes(list(islice((word for part, _ in ranked for word in within[part]), MOST_ENCODINGS - done)))
    terms = [_term(reading, part, change) for part, change in told if abs(change) >= _LEAST]
    return Why(
        reading.model,
        round(1 / (1 + exp(-base)), 4),
        round(base, 4),
        analyst.threshold,
        reading.gate,
        reading.windows,
        reading.read,
        reading.seen.originals[1].span(reading.deciding.start, reading.deciding.end),
        reading.leads,
        tuple(sorted((t for t in terms if t.change > 0), key=lambda t: -t.change)[:SHOWN]),
        tuple(sorted((t for t in terms if t.change < 0), key=lambda t: t.change)[:SHOWN]),
        tuple(_hints(reading)),
        len(told),
        len(whole) + sum(map(len, within.values())),
    )


def _sentences(reading: Reading) -> Iterator[_Part]:
    """Those of the window, the title first, as far as the window's words have them."""
    seen, window, free = reading.seen, reading.deciding, 0
    stretches = [("title", 0, len(seen.title))] if reading.leads and seen.title else []
    stretches += [("text", start, end) for start, end in sentences(seen.text, window.start, window.end, seen.lang)]
    for field, start, end in stretches:
        quote = (seen.title if field == "title" else seen.text)[start:end]
        at = window.words.find(quote, free)
        if at >= 0:
            free = at + len(quote)
            yield _Part(field, start, end, at, True)


def _words(reading: Reading, sentence: _Part) -> Iterator[_Part]:
    """Words without the marks around them; known names, cue words and runs where a script has no spaces."""
    text = reading.seen.title if sentence.field == "title" else reading.seen.text
    quote = text[sentence.start : sentence.end]
    mentions = reading.seen.mentions
    known = [
        (m.start - sentence.start, m.end - sentence.start)
        for m in (*mentions.platforms, *mentions.regions, *mentions.dates)
        if m.field == sentence.field and sentence.start <= m.start < m.end <= sentence.end
    ]
    known += [(cue.start, cue.end) for cue in cues.find(quote, reading.seen.lang)]
    pieces = list(split(quote, known))
    if len(pieces) > 1:
        for start, end in pieces:
            yield _Part(sentence.field, sentence.start + start, sentence.start + end, sentence.at + start, False)


def split(text: str, known: Sequence[tuple[int, int]] = ()) -> Iterator[tuple[int, int]]:
    """The words of a text, in order. In scripts without spaces: the `known` stretches, the longest first, and between
    them runs of two to four characters."""
    for word in _WORD.finditer(text):
        start, end = word.span()
        if not _UNSPACED.search(text, start, end):
            yield from _trimmed(text, start, end)
            continue
        at = start
        for low, high in (*_apart([one for one in known if start <= one[0] < one[1] <= end]), (end, end)):
            yield from _between(text, at, low)
            if low < high:
                yield low, high
            at = high


def _apart(stretches: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those that do not overlap, the longest first, in order."""
    taken: list[tuple[int, int]] = []
    for start, end in sorted(stretches, key=lambda one: (one[0] - one[1], one)):
        if all(end <= other[0] or other[1] <= start for other in taken):
            taken.append((start, end))
    return sorted(taken)


def _between(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Runs of a script without spaces, never cut before a mark that belongs to a letter; and other words whole."""
    at = start
    for run in _UNSPACED.finditer(text, start, end):
        yield from _trimmed(text, at, run.start())
        number, length = max(round(len(run[0]) / 3), 1), len(run[0])
        bounds = [run.start() + length * step // number for step in range(number)]
        whole = [bound for bound in bounds[1:] if not unicodedata.category(text[bound]).startswith("M")]
        yield from pairwise([run.start(), *whole, run.end()])
        at = run.end()
    yield from _trimmed(text, at, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The word without the marks around it, if anything is left."""
    while start < end and not _says(text[start]):
        start += 1
    while start < end and not _says(text[end - 1]):
        end -= 1
    if start < end:
        yield start, end


def _says(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LNMS"


def _term(reading: Reading, part: _Part, change: float) -> Term:
    seen = reading.seen
    quote = (seen.title if part.field == "title" else seen.text)[part.start : part.end]
    span = seen.originals[part.field == "text"].quoted(Span(part.field, part.start, part.end, quote, ""))
    return Term(span.field, span.start, span.end, span.quote, part.sentence, round(change, 4))


def _hints(reading: Reading) -> Iterator[Hint]:
    """Who speaks, which days and names the window has, and its cue words."""
    seen, window, days = reading.seen, reading.deciding, reading.days
    yield Hint(f"speaks: {seen.source.authority}", ())
    when = [name for name in ("past", "same", "ahead") if getattr(days, name)]
    yield Hint(f"days: {', '.join(when) or ('undated' if days.named else 'none')}", ())
    if reading.retold:
        yield Hint("history: what it tells took effect long before, no event is told", ())
    for name, mentions in (("platforms", seen.mentions.platforms), ("places", seen.mentions.regions)):
        here = [m for m in mentions if (reading.leads if m.field == "title" else window.start <= m.start < window.end)]
        yield Hint(name, tuple(dict.fromkeys(m.value for m in here))[:_MOST_QUOTES])
    found: dict[str, list[str]] = {}
    for text in (seen.title if reading.leads else "", seen.text[window.start : window.end][:LEAD]):
        for cue in cues.find(text, seen.lang):
            found.setdefault(cue.hint, []).append(text[slice(*cues.whole_words(text, cue.start, cue.end))])
    for name, quotes in found.items():
        yield Hint(name, tuple(dict.fromkeys(quotes))[:_MOST_QUOTES])
