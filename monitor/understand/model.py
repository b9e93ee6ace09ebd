"""The cascade that reads a window: a gate that costs next to nothing, then the model that says what is reported.

The gate sees the mean of a window's word vectors and its hints. What it lets through, and whatever names a known
platform, is read by the encoder, and thirteen heads judge: event or none, each of seven event types or not, each of
five statuses or not. To the first of them a linear model over the window's words adds what it holds. How surely a
window reports an event is that sum plus the decision of the strongest type: views that err apart. Platt's sigmoid
(Platt 1999), fitted on texts that the model had not learnt from, makes a probability of it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority
from monitor.understand import cues
from monitor.understand.encoder import SHIPPED, Vectors
from monitor.understand.machine import Machine, Matrix
from monitor.understand.ranking import Mention
from monitor.understand.sentences import sentences
from monitor.understand.windows import LEAD
from monitor.understand.wording import Buckets, Wording

EVENTS = tuple(EventType)
STATUSES = tuple(Status)
TYPES = slice(1, 1 + len(EVENTS))  # the columns of the heads: event or none, then types, then statuses
CERTAINTIES = slice(TYPES.stop, TYPES.stop + len(STATUSES))
HEADS = 1 + len(EVENTS) + len(STATUSES)
_NAMED = slice(-7, -5)  # the columns of the hints: whether a known platform is named, in the title and in the text
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


@dataclass(frozen=True, slots=True)
class Names:
    """Which platforms, or places, a window names in its title and in its text."""

    title: frozenset[str] = frozenset()
    text: frozenset[str] = frozenset()

    @property
    def every(self) -> int:
        return len(self.title | self.text)

    @classmethod
    def of(cls, mentions: Iterable[Mention]) -> "Names":
        found = list(mentions)
        return cls(*(frozenset(m.value for m in found if m.field == field) for field in ("title", "text")))


def hints(
    title: str, text: str, lang: str, authority: Authority, days: Days, platforms: Names, places: Names
) -> Matrix:
    """What is seen of a window without an encoder: its cue words (headline, text), who speaks, its days and names."""
    ends = sentences(text, 0, min(len(text), LEAD), lang)
    headline = title or (text[ends[0][0] : ends[0][1]] if ends else "")
    above, below = cues.counts(headline, lang), cues.counts(text[:LEAD], lang)
    known = cues.hints()
    return np.array(
        [
            *(min(above[hint], 2) for hint in known),
            *(np.log1p(below[hint]) for hint in known),
            *(above[hint] > 0 or below[hint] > 0 for hint in known),
            *(authority in voice for voice in _VOICES),
            *(days.named, days.past, days.same, days.ahead),
            *(bool(platforms.title), bool(platforms.text), np.log1p(platforms.every), platforms.every == 1),
            *(bool(places.title), bool(places.text), np.log1p(places.every)),
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
    """`gate` decides on (glance, hints), `reader` on (vector, hints), `wording` on `buckets`; see `Encoder`."""

    gate: Machine
    reader: Machine
    wording: Wording
    admitted: float  # a decision of the gate from which on a window is read
    slope: float  # Platt: score = sigmoid(slope * evidence + offset)
    offset: float
    threshold: float  # a score from which on a window counts as reporting an event
    version: str

    def glanced(self, glances: Vectors, hinted: Matrix) -> Matrix:
        """The gate's decisions, shape (windows,)."""
        decisions: Matrix = self.gate.decide(np.concatenate([glances, hinted], axis=1))[:, 0]
        return decisions

    def admits(self, decisions: Matrix, hinted: Matrix) -> npt.NDArray[np.bool_]:
        """Which windows are worth reading, shape (windows,): from `admitted` on, and whatever names a platform."""
        admitted: npt.NDArray[np.bool_] = (decisions >= self.admitted) | naming(hinted)
        return admitted

    def dismissed(self, decisions: Matrix) -> Matrix:
        """What windows that are not read score: next to nothing, in the gate's order."""
        scores: Matrix = 0.01 * np.exp(np.minimum(decisions - self.admitted, 0))
        return scores

    def scores(self, decisions: Matrix) -> Matrix:
        """Calibrated probabilities that each row's window reports an event."""
        calibrated: Matrix = 1 / (1 + np.exp(-(self.slope * evidence(decisions) + self.offset)))
        return calibrated

    def decided(self, worded: Sequence[Buckets], vectors: Vectors, hinted: Matrix) -> Matrix:
        """The heads' decisions on windows, shape (windows, HEADS)."""
        decisions = self.reader.decide(np.concatenate([vectors, hinted], axis=1))
        decisions[:, 0] += self.wording.decide(worded)
        return decisions

    def log_odds(self, worded: Sequence[Buckets], vectors: Vectors, hinted: Matrix) -> list[float]:
        """The scores of windows as log odds, which add up where probabilities do not."""
        decisions = self.decided(worded, vectors, hinted)
        return [float(odds) for odds in self.slope * evidence(decisions) + self.offset]

    def judge(self, worded: Sequence[Buckets], vectors: Vectors, hinted: Matrix) -> list[Judgement]:
        """A judgement for each window."""
        decisions = self.decided(worded, vectors, hinted)
        return [
            Judgement(
                float(score),
                dict(zip(EVENTS, _shares(decision[TYPES]), strict=True)),
                dict(zip(STATUSES, _shares(decision[CERTAINTIES]), strict=True)),
            )
            for score, decision in zip(self.scores(decisions), decisions, strict=True)
        ]

    def save(self, directory: Path, card: dict[str, Any]) -> None:
        """`model.npz` and `card.json` into the directory."""
        directory.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = self.gate.arrays("gate") | self.reader.arrays("reader") | self.wording.arrays()
        np.savez_compressed(directory / "model.npz", **arrays)
        numbers = {key: getattr(self, key) for key in ("admitted", "slope", "offset", "threshold", "version")}
        text = json.dumps({**card, "numbers": numbers}, ensure_ascii=False, indent=1, sort_keys=True)
        (directory / "card.json").write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, directory: Path | None = None) -> "Model":
        """The shipped model, or the one in `directory`. Raises FileNotFoundError or ValueError when it does not fit."""
        directory = directory or SHIPPED
        # A second thread makes products of this size ten times slower than one, and the daemon shares its machine.
        threadpool_limits(1, "blas")
        numbers = json.loads((directory / "card.json").read_text(encoding="utf-8"))["numbers"]
        with np.load(directory / "model.npz", allow_pickle=False) as stored:
            arrays = dict(stored)
        try:
            gate, reader, wording = Machine.of(arrays, "gate"), Machine.of(arrays, "reader"), Wording.of(arrays)
        except KeyError as error:
            raise ValueError(f"the model in {directory} lacks {error}: it is of another version") from error
        if reader.weights.shape != (len(reader.support), HEADS):
            raise ValueError(f"the model in {directory} does not have the {HEADS} heads that this version reads")
        return cls(gate, reader, wording, **numbers)


def naming(hinted: Matrix) -> npt.NDArray[np.bool_]:
    """Which windows name a known platform, by their hints; shape (windows,)."""
    named: npt.NDArray[np.bool_] = np.any(hinted[:, _NAMED] > 0, axis=1)
    return named


def evidence(decisions: Matrix) -> Matrix:
    """How much speaks for an event, shape (len(decisions),): the event head and the strongest type head, added."""
    added: Matrix = decisions[:, 0] + decisions[:, TYPES].max(1)
    return added


def _shares(decisions: Sequence[float] | Matrix) -> list[float]:
    powers = np.exp(2 * (np.asarray(decisions, dtype=np.float64) - np.max(decisions)))
    return [float(share) for share in powers / powers.sum()]
