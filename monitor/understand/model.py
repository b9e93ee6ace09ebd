"""The model that reads a window: is it a risk event, which, and how certain. numpy alone at run time.

One radial-basis kernel over the training texts, shared by thirteen heads (support vector machines, Cortes and Vapnik
1995): event or none, each of seven event types or not, each of five statuses or not. How surely a window reports an
event is the event head's decision plus that of the strongest type: two views, one broad and one narrow, that err apart.
Platt's sigmoid (Platt 1999), fitted on reports that the model had not learnt from, makes a probability of it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority
from monitor.understand import cues
from monitor.understand.encoder import Vectors
from monitor.understand.windows import LEAD, sentences

Matrix = npt.NDArray[np.float32]

SHIPPED = Path(__file__).with_name("weights")
EVENTS = tuple(EventType)
STATUSES = tuple(Status)
TYPES = slice(1, 1 + len(EVENTS))  # the columns of the heads: event or none, then types, then statuses
CERTAINTIES = slice(TYPES.stop, TYPES.stop + len(STATUSES))
_VOICES = ((Authority.OFFICIAL,), (Authority.REGULATOR, Authority.COURT), (Authority.TRADE,), (Authority.COMMUNITY,))


@dataclass(frozen=True, slots=True)
class Days:
    """Whether a window names days before, on and after its publication, and any at all."""

    named: bool = False
    past: bool = False
    same: bool = False
    ahead: bool = False

    @classmethod
    def of(cls, dates: Iterable[str], published: str | None) -> "Days":
        """`dates` and `published` as YYYY, YYYY-MM or YYYY-MM-DD, compared to the precision that both have."""
        found = list(dates)
        if not published:
            return cls(bool(found))
        order = [(date[: len(published)], published[: len(date)]) for date in found]
        return cls(
            bool(found),
            any(date < today for date, today in order),
            any(date == today for date, today in order),
            any(date > today for date, today in order),
        )


def features(vector: Vectors, title: str, text: str, lang: str, authority: Authority, days: Days) -> Matrix:
    """What the heads see of a window: its sentence vector, its cue words (headline, text), who speaks, its days."""
    ends = sentences(text, 0, min(len(text), LEAD))
    headline = title or (text[ends[0][0] : ends[0][1]] if ends else "")
    above, below = cues.counts(headline, lang), cues.counts(text[:LEAD], lang)
    hints = cues.hints()
    return np.array(
        [
            *vector,
            *(min(above[hint], 2) for hint in hints),
            *(np.log1p(below[hint]) for hint in hints),
            *(above[hint] > 0 or below[hint] > 0 for hint in hints),
            *(authority in voice for voice in _VOICES),
            *(days.named, days.past, days.same, days.ahead),
        ],
        dtype=np.float32,
    )


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the model holds of one window. `score` is calibrated; the others are shares that add up to 1."""

    score: float
    events: dict[EventType, float]
    statuses: dict[Status, float]

    @property
    def event(self) -> EventType:
        return max(self.events, key=lambda event: self.events[event])

    @property
    def status(self) -> Status:
        return max(self.statuses, key=lambda status: self.statuses[status])


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Learnt numbers. `support` is (n, features) standardised, `weights` (n, 13) and `biases` (13) are the heads."""

    mean: Matrix
    scale: Matrix
    support: Matrix
    weights: Matrix
    biases: Matrix
    gamma: float
    slope: float  # Platt: score = sigmoid(slope * evidence + offset)
    offset: float
    threshold: float  # a score from which on a window counts as reporting an event
    version: str

    def decide(self, rows: Matrix) -> Matrix:
        """The heads' raw decision values for feature rows, shape (len(rows), 13)."""
        given = (rows - self.mean) / self.scale
        apart = (given**2).sum(1)[:, None] + (self.support**2).sum(1)[None, :] - 2 * given @ self.support.T
        decisions: Matrix = np.exp(-self.gamma * np.maximum(apart, 0)) @ self.weights + self.biases
        return decisions

    def scores(self, decisions: Matrix) -> Matrix:
        """Calibrated probabilities that each row's window reports an event."""
        calibrated: Matrix = 1 / (1 + np.exp(-(self.slope * evidence(decisions) + self.offset)))
        return calibrated

    def judge(self, rows: Matrix) -> list[Judgement]:
        decisions = self.decide(rows)
        return [
            Judgement(
                float(score),
                dict(zip(EVENTS, _shares(decision[TYPES]), strict=True)),
                dict(zip(STATUSES, _shares(decision[CERTAINTIES]), strict=True)),
            )
            for score, decision in zip(self.scores(decisions), decisions, strict=True)
        ]

    def save(self, directory: Path, card: dict[str, Any]) -> None:
        """`model.npz` and `card.json` into the directory.

        Support texts are stored as whole steps of a 127th of a feature's largest value: a quarter of the file.
        """
        directory.mkdir(parents=True, exist_ok=True)
        steps = np.maximum(np.abs(self.support).max(0), 1e-6) / 127
        np.savez_compressed(
            directory / "model.npz",
            support=np.rint(self.support / steps).astype(np.int8),
            steps=steps.astype(np.float32),
            mean=self.mean,
            scale=self.scale,
            weights=self.weights,
            biases=self.biases,
        )
        numbers = {key: getattr(self, key) for key in ("gamma", "slope", "offset", "threshold", "version")}
        text = json.dumps({**card, "numbers": numbers}, ensure_ascii=False, indent=1, sort_keys=True)
        (directory / "card.json").write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, directory: Path | None = None) -> "Model":
        """The shipped model, or the one in `directory`. Raises FileNotFoundError or ValueError when it does not fit."""
        directory = directory or SHIPPED
        numbers = json.loads((directory / "card.json").read_text(encoding="utf-8"))["numbers"]
        with np.load(directory / "model.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name].astype(np.float32) for name in stored.files}
        arrays["support"] *= arrays.pop("steps")
        heads = 1 + len(EVENTS) + len(STATUSES)
        if arrays["weights"].shape != (len(arrays["support"]), heads):
            raise ValueError(f"the model in {directory} does not have the {heads} heads that this version reads")
        return cls(**arrays, **numbers)


def evidence(decisions: Matrix) -> Matrix:
    """How much speaks for an event, shape (len(decisions),): the event head and the strongest type head, added."""
    added: Matrix = decisions[:, 0] + decisions[:, TYPES].max(1)
    return added


def _shares(decisions: Sequence[float] | Matrix) -> list[float]:
    powers = np.exp(2 * (np.asarray(decisions, dtype=np.float64) - np.max(decisions)))
    return [float(share) for share in powers / powers.sum()]
