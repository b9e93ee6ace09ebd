"""A long text as windows: its lead, and passages small enough that an event in one is not drowned by the others."""

import re
from dataclasses import dataclass

LEAD = 1_200
PASSAGE = 700
MOST_PASSAGES = 24
_SENTENCE_END = re.compile(r"(?<=[.!?…;])\s+|(?<=[。！？；।።؟])\s*|\n+")
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
    """The title and the text's beginning, whole sentences of it up to `LEAD`."""
    end = _cut(text, 0, LEAD)
    return Window(0, end, f"{title.strip()}\n{text[:end].strip()}".strip())


def passages(text: str) -> list[Window]:
    """Groups of neighbouring paragraphs of at most `PASSAGE`, a longer paragraph cut at its sentences.

    At most `MOST_PASSAGES`, so that a hostile page costs a bounded time. None for a text that its lead holds whole.
    """
    if _cut(text, 0, LEAD) >= len(text.rstrip()):
        return []
    pieces: list[tuple[int, int]] = []
    for paragraph in _PARAGRAPH.finditer(text):
        start = paragraph.start()
        while start < paragraph.end():
            end = min(_cut(text, start, PASSAGE), paragraph.end())
            pieces.append((start, end))
            start = end
    groups: list[tuple[int, int]] = []
    for start, end in pieces:
        if groups and weight(text[groups[-1][0] : end]) <= PASSAGE:
            groups[-1] = (groups[-1][0], end)
        else:
            groups.append((start, end))
    found = [Window(start, end, text[start:end].strip()) for start, end in groups[:MOST_PASSAGES]]
    return [window for window in found if window.words]


def sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Offsets of the sentences of text[start:end], without the white space around them."""
    bounds, at = [], start
    for gap in [*_SENTENCE_END.finditer(text, start, end), None]:
        stop = gap.start() if gap else end
        piece = text[at:stop]
        if piece.strip():
            bounds.append((at + len(piece) - len(piece.lstrip()), at + len(piece.rstrip())))
        at = gap.end() if gap else end
    return bounds


def _cut(text: str, start: int, most: int) -> int:
    """Where a stretch from `start` of at most `most` (by weight) ends: after a sentence, if one ends late in it."""
    end, spent = start, 0
    while end < len(text) and spent < most:
        spent += 2 if 0x2E80 <= ord(text[end]) <= 0xD7FF else 1
        end += 1
    if end == len(text):
        return end
    last = max((m.end() for m in _SENTENCE_END.finditer(text, start, end)), default=start)
    return last if last - start > (end - start) // 2 else end
