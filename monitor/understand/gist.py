"""What a text is about, in 384 bits that can be compared without its vector, and kept for every one of thousands.

A bit says on which side of the middle of all texts a sentence vector lies, axis by axis: two gists differ in as many
bits as the angle between the vectors, seen from that middle, is wide (Charikar 2002). The middle is taken off because
the vectors of e5 crowd in a narrow cone. Made by `python -m monitor.training.incidents --write`.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

MIDDLE = Path(__file__).with_name("weights") / "middle.npz"


def gist(meaning: Sequence[float]) -> int:
    """Of a vector as `Assessment.meaning` holds it; 0 when there is none. 20 µs."""
    if not meaning:
        return 0
    return int.from_bytes(np.packbits(np.asarray(meaning, np.float32) > _middle()).tobytes(), "big")


@cache
def _middle() -> npt.NDArray[np.float32]:
    middle: npt.NDArray[np.float32] = np.load(MIDDLE)["middle"].astype(np.float32)
    return middle
