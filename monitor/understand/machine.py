"""A kernel machine: support vector machines (Cortes and Vapnik 1995) that share one radial-basis kernel."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Machine:
    """Learnt numbers of several heads over rows of features.

    A row is standardised (`mean`, `scale`) and turned onto the principal axes of what was learnt from (`basis`, shape
    (features, axes)); `support` is (texts, axes), `weights` (texts, heads), `biases` (heads).
    """

    mean: Matrix
    scale: Matrix
    basis: Matrix
    support: Matrix
    weights: Matrix
    biases: Matrix
    gamma: float
    _norms: Matrix = field(init=False)  # of `support`: to compute them costs as much as a verdict

    def __post_init__(self) -> None:
        object.__setattr__(self, "_norms", _squares(self.support))

    def turned(self, rows: Matrix) -> Matrix:
        """Rows as the kernel compares them, shape (len(rows), axes)."""
        seen = ((rows - self.mean) / self.scale) @ self.basis
        return seen.astype(np.float32, copy=False)

    def decide(self, rows: Matrix) -> Matrix:
        """The heads' raw decision values, shape (len(rows), heads)."""
        decisions: Matrix = (
            _alike(self.turned(rows), self.support, self._norms, self.gamma) @ self.weights + self.biases
        )
        return decisions

    def arrays(self, name: str) -> dict[str, npt.NDArray[np.generic]]:
        """For a file: support texts as whole steps of a 127th of an axis' largest value, which is a quarter of it."""
        steps = np.maximum(np.abs(self.support).max(0), 1e-6) / 127
        return {
            f"{name}.support": np.rint(self.support / steps).astype(np.int8),
            f"{name}.steps": steps.astype(np.float32),
            f"{name}.basis": self.basis.astype(np.float16),
            f"{name}.gamma": np.float64(self.gamma),
            **{f"{name}.{key}": getattr(self, key) for key in ("mean", "scale", "weights", "biases")},
        }

    @classmethod
    def of(cls, arrays: dict[str, npt.NDArray[np.generic]], name: str) -> "Machine":
        """From what `arrays` gave. Raises KeyError when something is missing."""
        own = {key: np.asarray(arrays[f"{name}.{key}"], dtype=np.float32) for key in _KEYS}
        own["support"] *= own.pop("steps")
        return cls(**own, gamma=float(arrays[f"{name}.gamma"]))


_KEYS = ("support", "steps", "basis", "mean", "scale", "weights", "biases")


def kernel(rows: Matrix, others: Matrix, gamma: float) -> Matrix:
    """exp(-gamma |a - b|²) for every pair, shape (len(rows), len(others))."""
    return _alike(rows, others, _squares(others), gamma)


def _alike(rows: Matrix, others: Matrix, norms: Matrix, gamma: float) -> Matrix:
    apart = _squares(rows)[:, None] + norms[None, :] - 2 * rows @ others.T
    alike: Matrix = np.exp(-gamma * np.maximum(apart, 0))
    return alike


def _squares(rows: Matrix) -> Matrix:
    squares: Matrix = (rows**2).sum(1)
    return squares
