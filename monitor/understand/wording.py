"""A linear view of a window's words, beside the encoder's: it knows names and terms that vectors blur.

What is counted, once each, are words, their beginnings (which stand for their forms in most languages), pairs of
neighbours, and runs of one to four characters where a script sets no spaces. Each is hashed to one of `BUCKETS`
(Weinberger et al. 2009), so that no vocabulary is kept.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monitor.understand.machine import Matrix

BUCKETS = 1 << 20
Buckets = npt.NDArray[np.int32]
_RUNS = range(1, 5)
_BEGINNINGS, _SYLLABLES = range(3, 7), range(1, 4)  # letters of an alphabet, syllables of Hangul
_NO_SPACES = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_MARKS = "\u200c" + "".join(chr(c) for c in range(0x300, 0xE00) if unicodedata.category(chr(c)) in {"Mn", "Mc"})
_TOKEN = re.compile(rf"([{_NO_SPACES}]+)|([^\W\d_{_NO_SPACES}](?:[^\W\d_{_NO_SPACES}]|[{_MARKS}])*)|(\d+)")
_HANGUL = re.compile("[\uac00-\ud7af]")


def buckets(words: str) -> Buckets:
    """Where what is counted of the words falls, each once and in order."""
    return np.array(sorted({zlib.crc32(piece.encode()) % BUCKETS for piece in _pieces(words)}), dtype=np.int32)


def _pieces(words: str) -> Iterator[str]:
    before = ""
    for run, word, number in _TOKEN.findall(unicodedata.normalize("NFKC", words).casefold()):
        if run:
            yield from (run[i : i + length] for length in _RUNS for i in range(len(run) - length + 1))
            before = ""
            continue
        word = word or "0" * min(len(number), 4)  # of a number its size alone
        yield f"={word}"
        if before:
            yield f"{before} {word}"
        before = word
        for length in _SYLLABLES if _HANGUL.match(word) else _BEGINNINGS:
            if length < len(word):
                yield f"<{word[:length]}"


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """Learnt numbers: `weights` in whole steps, shape (BUCKETS,)."""

    weights: npt.NDArray[np.int8]
    step: float
    bias: float

    @classmethod
    def learnt(cls, weights: Matrix, bias: float) -> "Wording":
        """With weights as whole steps of a 127th of the largest."""
        step = max(float(np.abs(weights).max()), 1e-6) / 127
        return cls(np.rint(weights / step).astype(np.int8), step, bias)

    def decide(self, texts: Sequence[Buckets]) -> Matrix:
        """What the `buckets` of each text add to the decision that it reports an event, shape (texts,). The more a text
        holds, the less each piece counts."""
        sums = [self.weights[text].sum(dtype=np.int64) / max(len(text), 1) ** 0.5 for text in texts]
        return (self.step * np.array(sums) + self.bias).astype(np.float32)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """For a file."""
        numbers = np.array([self.step, self.bias])
        return {"wording.weights": self.weights, "wording.numbers": numbers}

    @classmethod
    def of(cls, arrays: dict[str, npt.NDArray[np.generic]]) -> "Wording":
        """From what `arrays` gave. Raises KeyError when something is missing, ValueError when its size is another."""
        if arrays["wording.weights"].shape != (BUCKETS,):
            raise ValueError(f"the model's wording does not have the {BUCKETS} buckets that this version counts in")
        step, bias = arrays["wording.numbers"].astype(float)
        return cls(arrays["wording.weights"].astype(np.int8), float(step), float(bias))
