"""The pieces of a text: SentencePiece's unigram model (Kudo 2018, arXiv:1804.10959), from a file of `tokenizers`.

That library cuts as fast, but holds 70 MB for our 80,000 pieces where this holds 20; it is still asked how a text is
to be written before it is cut.
"""

import json
from array import array
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer

_SPACE = "▁"
_UNKNOWN_COSTS = 10.0  # below the least likely piece, as in SentencePiece
_WORDS = 8192  # that are remembered,
_LONGEST = 24  # if they have no more letters than this
_TEXTS = 32  # that are remembered: what is glanced at is often read next


class Pieces:
    """Cuts texts into the most likely pieces; safe in any thread."""

    def __init__(self, path: Path) -> None:
        """Raises ValueError for a model of another kind."""
        stored = json.loads(path.read_text(encoding="utf-8"))
        model = stored["model"]
        if model["type"] != "Unigram" or model["byte_fallback"]:
            raise ValueError(f"{path} holds a model that is not read here: {model['type']}")
        found = model["vocab"]
        self._numbers = {piece: number for number, (piece, _) in enumerate(found)}
        self._scores = array("d", (score for _, score in found))
        self._unknown: int = model["unk_id"]
        self._least = min(self._scores) - _UNKNOWN_COSTS
        self._reach: dict[str, int] = {}  # by its first letter, how long a piece may be
        for piece in self._numbers:
            self._reach[piece[0]] = max(self._reach.get(piece[0], 0), len(piece))
        model["vocab"] = found[: self._unknown + 1]
        self._shape = Tokenizer.from_str(json.dumps(stored)).normalizer
        self._start, self._end = (self._numbers[mark] for mark in ("<s>", "</s>"))
        self._known = lru_cache(_WORDS)(self._cut)
        self._recent = lru_cache(_TEXTS)(self._all)

    def of(self, text: str) -> tuple[int, ...]:
        """The numbers of the text's pieces, between the marks for start and end."""
        return self._recent(text)

    def _all(self, text: str) -> tuple[int, ...]:
        first, *words = self._shape.normalize_str(text).replace(" ", _SPACE).split(_SPACE)
        cut = [self._start]
        for word in (first, *words) if first else words:  # no piece reaches over the start of a word
            for number in self._known(_SPACE + word) if len(word) < _LONGEST else self._cut(_SPACE + word):
                if number != self._unknown or cut[-1] != number:
                    cut.append(number)
        return (*cut, self._end)

    def _cut(self, word: str) -> tuple[int, ...]:
        """Viterbi's best path; what no piece covers is unknown, letter by letter."""
        numbers, scores, reach = self._numbers.get, self._scores, self._reach.get
        size = len(word)
        best = [float("-inf")] * (size + 1)
        best[0] = 0.0
        last: list[tuple[int, int]] = [(0, self._unknown)] * (size + 1)  # where the piece that ends here starts
        for start in range(size):
            so_far = best[start]
            alone = False
            for stop in range(start + 1, min(start + reach(word[start], 0), size) + 1):
                number = numbers(word[start:stop])
                if number is not None:
                    alone = alone or stop == start + 1
                    score = so_far + scores[number]
                    if score > best[stop]:
                        best[stop], last[stop] = score, (start, number)
            if not alone and so_far + self._least > best[start + 1]:
                best[start + 1], last[start + 1] = so_far + self._least, (start, self._unknown)
        cut: list[int] = []
        at = size
        while at:
            at, number = last[at]
            cut.append(number)
        return tuple(reversed(cut))
