"""Text as the terms that search knows: words in every script, and what a query asks of them. Pure functions.

Words are folded by Unicode (NFKC, case folding) and lose the accents of Latin, Greek and Cyrillic letters and the vowel
points of Hebrew and Arabic, as writers leave them out. Scripts that put no space between words, and Hangul, become
overlapping pairs of characters, as in Lucene's CJKBigramFilter; the last character of a run stands alone too, so that a
single one is found as the beginning of a term.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

VERSION = "1"  # another one makes every term anew
LONGEST = 64  # characters of a term; what is longer is cut
MOST_PARTS = 20  # of a query
SHORTEST = 2  # letters that may be the beginning of a word; one would be that of every tenth
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\u3005-\u3007\u3031-\u3035\u3041-\u3096\u3099\u309a\u309d-\u309f\u30a1-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaa7f\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = re.compile(f"(?P<pairs>[{_UNSPACED}]+)|[^ {_UNSPACED}]+")
_POINTS = ((0x300, 0x370), (0x591, 0x5C8), (0x610, 0x61B), (0x640, 0x641), (0x64B, 0x660), (0x6D6, 0x6DD))
_PLAIN = {"ı": "i", "ł": "l", "đ": "d", "ø": "o"}  # letters that Unicode does not take apart
_QUOTES = dict.fromkeys(map(ord, "“”„‟«»「」『』＂"), '"') | {0xFF0A: "*", 0x2212: "-"}
_PART = re.compile(r'(?P<no>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


class _Folding(dict[int, str]):
    """For str.translate: each character as it is compared; a space for what belongs to no word."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold(chr(code))
        return folded


@dataclass(frozen=True, slots=True)
class Term:
    """A term and where its characters stand in the text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Part:
    """Terms that follow one another; with `prefix` the last may go on. `wanted` is False for what must not occur."""

    terms: tuple[str, ...]
    prefix: bool = False
    wanted: bool = True


def terms(text: str) -> list[str]:
    """All terms of a text, in order."""
    found: list[str] = []
    for run in _RUN.finditer(text.translate(_FOLDS)):
        if run["pairs"] is None:
            found.append(run[0][:LONGEST])
        else:
            units = list(_units(run[0]))
            found += (_joined(one + other) for one, other in pairwise(units))
            found.append(_joined(units[-1]))
    return found


def placed(text: str) -> list[Term]:
    """All terms of a text with their places, in order; `terms` says the same without."""
    home: list[int] = []  # of each folded character, the place of the one that it comes from
    pieces = []
    for place, char in enumerate(text):
        piece = _FOLDS[ord(char)]
        pieces.append(piece)
        home += [place] * len(piece)
    home.append(len(text))
    found: list[Term] = []
    for run in _RUN.finditer("".join(pieces)):
        start = run.start()
        if run["pairs"] is None:
            found.append(Term(run[0][:LONGEST], home[start], home[run.end() - 1] + 1))
            continue
        ends = [start]
        for unit in _units(run[0]):
            ends.append(ends[-1] + len(unit))
        bounds = [*zip(ends, ends[2:], strict=False), (ends[-2], ends[-1])]
        folded = run[0]
        found += (
            Term(_joined(folded[a - start : b - start]), home[a], home[b - 1] + 1) for a, b in bounds
        )  # fmt: skip
    return found


def query(text: str) -> list[Part]:
    """What somebody typed: words, "phrases", -not, begin*. Whatever it is, it is some query, at worst none."""
    parts: list[Part] = []
    for found in _PART.finditer(text.translate(_QUOTES)):
        words = found["phrase"] if found["phrase"] is not None else found["word"]
        part = _part(words, words.endswith("*"), not found["no"])
        if part.terms and part not in parts:
            parts.append(part)
    return parts[:MOST_PARTS]


def stretches(text: str, parts: Sequence[Part]) -> list[tuple[int, int]]:
    """Where the text holds what is wanted, in order, none touching another."""
    here = placed(text)
    found = []
    for part in parts:
        size = len(part.terms)
        for no in range(len(here) - size + 1) if part.wanted else ():
            said = here[no : no + size]
            last = said[-1].text.startswith(part.terms[-1]) if part.prefix else said[-1].text == part.terms[-1]
            if last and all(one.text == term for one, term in zip(said[:-1], part.terms[:-1], strict=True)):
                found.append((said[0].start, said[-1].end))
    return _merged(found)


def _merged(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _part(words: str, prefix: bool, wanted: bool) -> Part:
    """A run of pairs at the end is asked for without its last character alone, which goes on in the text or not."""
    runs = list(_RUN.finditer(words.translate(_FOLDS)))
    found = terms(words)
    if runs and runs[-1]["pairs"] is not None:
        if len(list(_units(runs[-1][0]))) > 1:
            return Part(tuple(found[:-1]), False, wanted)
        return Part(tuple(found), True, wanted)
    return Part(tuple(found), prefix and bool(found) and len(found[-1]) >= SHORTEST, wanted)


def _units(run: str) -> Iterator[str]:
    """Characters, each with the marks that stand on it."""
    unit = ""
    for char in run:
        if unit and unicodedata.category(char)[0] != "M":
            yield unit
            unit = ""
        unit += char
    yield unit


def _joined(unit: str) -> str:
    """A mark and its letter as one, where there is such a one (half-width kana)."""
    return unit if unit.isascii() else unicodedata.normalize("NFC", unit)[:LONGEST]


def _fold(char: str) -> str:
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", char).casefold()))
    kept = "".join(
        " " if unicodedata.category(one)[0] not in "LNM" else _PLAIN.get(one, one)
        for one in plain
        if not any(first <= ord(one) < end for first, end in _POINTS)
    )
    return unicodedata.normalize("NFC", kept)


_FOLDS = _Folding()
