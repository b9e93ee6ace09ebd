"""A source's own words for a page: the parts of a text around what decided, and nothing in them that is obeyed."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from monitor.domain.signals import Span
from monitor.web.sections.witnesses import Piece

AROUND = 140  # characters shown before and after what decided
MOST = 1_500  # of one text
_WIDE = 25  # characters up to which an edge looks for a space to be cut at
# What makes the words after it appear in another order is shown by its code, never obeyed.
_REORDER = {code: f"[U+{code:04X}]" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
_UNSEEN = dict.fromkeys((0xAD, 0x200B, 0x2060, 0xFEFF, *range(0xE0000, 0xE0080)))


def plain(text: str) -> str:
    """Outside text of which nothing is hidden and nothing steers what is around it; offsets do not survive it."""
    shown = text.translate(_REORDER).translate(_UNSEEN)
    return "".join(" " if c != "\n" and unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} else c for c in shown)


def whole(text: str, spans: Iterable[Span], limit: int = 300) -> tuple[Piece, ...]:
    """The text from its beginning, with what decided marked."""
    pieces = _pieces(text, 0, min(len(text), limit), list(spans))
    return (*pieces, Piece("…")) if len(text) > limit else pieces


def passages(text: str, spans: Iterable[Span]) -> tuple[tuple[Piece, ...], ...]:
    """The parts of a text around what decided, in its order; its beginning when nothing in it did. At most MOST
    characters: what comes first in the text is shown first."""
    marks = sorted((span for span in spans if 0 <= span.start < span.end <= len(text)), key=lambda one: one.start)
    if not marks:
        return (whole(text, ()),) if text else ()
    found: list[tuple[Piece, ...]] = []
    room = MOST
    for start, end in _windows(text, marks):
        if room <= 0:
            break
        last = min(end, start + room)
        room -= last - start
        pieces = _pieces(text, start, last, marks)
        before, after = ((Piece("…"),) if cut else () for cut in (start > 0, last < len(text)))
        found.append((*before, *pieces, *after))
    return tuple(found)


def _windows(text: str, marks: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """From where to where, those that meet as one."""
    begin, end = _edges(text, marks[0])
    for mark in marks[1:]:
        first, last = _edges(text, mark)
        if first > end:
            yield begin, end
            begin, end = first, last
        else:
            end = max(end, last)
    yield begin, end


def _edges(text: str, mark: Span) -> tuple[int, int]:
    """Between words, in scripts that have spaces."""
    begin, end = max(0, mark.start - AROUND), min(len(text), mark.end + AROUND)
    if begin and (space := text.find(" ", begin, min(begin + _WIDE, mark.start))) >= 0:
        begin = space + 1
    if end < len(text) and (space := text.rfind(" ", max(end - _WIDE, mark.end), end)) >= 0:
        end = space
    return begin, end


def _pieces(text: str, start: int, end: int, marks: Sequence[Span]) -> tuple[Piece, ...]:
    """Cut where a mark begins or ends; a piece has the roles of all marks that lie over it."""
    inside = [mark for mark in marks if mark.start < end and start < mark.end and mark.start < mark.end]
    edges = {start, end, *(min(max(at, start), end) for mark in inside for at in (mark.start, mark.end))}
    found: list[Piece] = []
    for one, other in pairwise(sorted(edges)):
        roles = [mark.says.partition(":")[0] for mark in inside if mark.start <= one and other <= mark.end]
        found.append(Piece(plain(text[one:other]), tuple(dict.fromkeys(roles))))
    return tuple(found)
