"""A long text as windows: its lead, and passages small enough that an event in one is not drowned by the others.

Windows hold only what is the page's own story (`furniture.content`); their offsets are those of the whole text.
"""

import re
from dataclasses import dataclass

from monitor.understand.furniture import content

LEAD = 1_200
PASSAGE = 600
MOST_PASSAGES = 24
_SENTENCE_END = re.compile(r"(?<=[.!?…;])\s+|(?<=[。！？；।።؟])\s*|\n+")
_NUMBERED = re.compile(r"\b\d{1,2}\.$")  # "30. November": a day, no end
_PARAGRAPH = re.compile(r"[^\n]+(?:\n(?!\s*\n)[^\n]+)*")


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a document's text. `start` and `end` are offsets in the text; `words` is what the encoder reads."""

    start: int
    end: int
    words: str


def weight(text: str) -> int:
    """Length in code points, those of scripts that say more in one (Han, kana, Hangul) counted double."""
    return len(text) + sum(0x2E80 <= ord(c) <= 0xD7FF for c in text)


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
    """Groups of neighbouring paragraphs of at most `PASSAGE`, a longer paragraph cut at its sentences.

    None for a story that its lead holds whole. At most `MOST_PASSAGES`, so that a hostile page costs a bounded time: of
    a longer text every second, third or so, the first and the last among them, for news is buried anywhere.
    """
    stretches = content("", text)
    if not stretches or lead("", text).end >= len(text[: stretches[-1][1]].rstrip()):
        return []
    groups: list[tuple[int, int]] = []
    for begin, stop in stretches:
        first = len(groups)
        for start, end in _pieces(text, begin, stop):
            if len(groups) > first and weight(text[groups[-1][0] : end]) <= PASSAGE:
                groups[-1] = (groups[-1][0], end)
            else:
                groups.append((start, end))
    found = [Window(start, end, text[start:end].strip()) for start, end in groups]
    return _spread([window for window in found if window.words])


def _pieces(text: str, begin: int, stop: int) -> list[tuple[int, int]]:
    pieces = []
    for paragraph in _PARAGRAPH.finditer(text, begin, stop):
        start = paragraph.start()
        while start < paragraph.end():
            end = _cut(text, start, PASSAGE, paragraph.end())
            pieces.append((start, end))
            start = end
    return pieces


def _spread(windows: list[Window]) -> list[Window]:
    if len(windows) <= MOST_PASSAGES:
        return windows
    step = (len(windows) - 1) / (MOST_PASSAGES - 1)
    return [windows[round(number * step)] for number in range(MOST_PASSAGES)]


def sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Offsets of the sentences of text[start:end], without the white space around them."""
    bounds, at = [], start
    for gap in [*_SENTENCE_END.finditer(text, start, end), None]:
        stop = gap.start() if gap else end
        if gap and "\n" not in gap[0] and _NUMBERED.search(text[max(at, stop - 4) : stop]):
            continue
        piece = text[at:stop]
        if piece.strip():
            bounds.append((at + len(piece) - len(piece.lstrip()), at + len(piece.rstrip())))
        at = gap.end() if gap else end
    return bounds


def _cut(text: str, start: int, most: int, stop: int) -> int:
    """Where a stretch from `start` of at most `most` (by weight), ending by `stop`, ends: after a sentence, if one ends
    late in it."""
    end, spent = start, 0
    while end < stop and spent < most:
        spent += 2 if 0x2E80 <= ord(text[end]) <= 0xD7FF else 1
        end += 1
    if end == stop:
        return end
    last = max((m.end() for m in _SENTENCE_END.finditer(text, start, end)), default=start)
    return last if last - start > (end - start) // 2 else end
