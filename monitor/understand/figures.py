"""A whole score: the main figures with their intervals, the parts, and the curves that a page of plots needs.

Each document gives counts (a true positive, a date found ...). A figure is a ratio of weighted sums of these counts, so
that the figure itself (every weight 1) and its bootstrap replicates (Efron 1979; here whole incidents are drawn, as
texts on one event are not independent) are one computation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from monitor.corpus.rows import Labels, Predicted
from monitor.understand.score import (
    CORE,
    EVENTS,
    Case,
    Rates,
    bcubed,
    cases,
    confusion,
    length_of,
    rates,
    rates_by,
    rates_of_type,
    tally,
)

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

BINS = 15  # of equal width, for the calibration
REPLICATES = 1000
SEED = 20240924
PRECISION = 0.95  # at which recall is asked for
FEW = 5  # a language with fewer events is not ranked

# What a figure is called -> the counts it is an F1 of.
F1S = {
    "detection F1": "detection",
    "core events F1": "detection of core",
    "platforms F1": "platforms",
    "regions F1": "regions",
    "deadlines F1, by date": "deadlines",
    "deadlines F1, by date and role": "deadlines and roles",
}
# ... and the counts it is a share of.
SHARES = {
    "hard negatives passed": ("hard passed", "hard"),
    "status accuracy": ("stated right", "stated"),
    "effective dates found": ("dated right", "dated"),
    "effective dates invented": ("invented", "undated"),
}
FACTS = frozenset({"platforms F1", "regions F1", "deadlines F1, by date", "deadlines F1, by date and role",
                   "effective dates found", "effective dates invented"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure with its 95 % interval (bootstrap percentiles), and how many documents or facts it is about."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Documents whose score is from `low` up to `high`: how many, their mean score, the share that reports an event."""

    low: float
    high: float
    documents: int
    score: float
    share: float


@dataclass(frozen=True, slots=True)
class Mistake:
    """A document whose event type was not recognised."""

    id: str
    lang: str
    wanted: str
    got: str
    score: float

    @property
    def weight(self) -> float:
        """How surely it was wrong: an event scored low, or a harmless text scored high; half of it for a wrong type."""
        if self.got == "none":
            return 1 - self.score
        return self.score if self.wanted == "none" else self.score / 2


Parts = dict[str, tuple[Rates, int]]


@dataclass(frozen=True, slots=True)
class Score:
    """All that is known of how right some predictions are. Shares are 0 to 1."""

    documents: int
    events: int
    incidents: int  # or texts that stand alone: what is drawn for the intervals
    missing_predictions: int
    figures: dict[str, Figure]
    detection: Rates
    core: Rates
    types: dict[str, Rates]
    clusters: Rates  # B-cubed, of texts by incident
    languages: Parts
    lengths: Parts
    sources: Parts
    origins: Parts
    worst_language: tuple[str, float] | None
    confusion: list[list[int]]  # rows: labels; columns: predictions; in the order of EVENTS, then none
    reliability: list[Bin]
    curve: list[tuple[float, float]]  # recall, precision
    mistakes: list[Mistake]  # those that weigh most first

    def with_facts_of(self, other: "Score") -> "Score":
        """This score, with the figures on platforms, places, dates and incidents of another."""
        figures = {name: (other if name in FACTS else self).figures[name] for name in self.figures}
        return replace(self, figures=figures, clusters=other.clusters)


def measures(some: Sequence[Case], weights: Array) -> dict[str, Array]:
    """Each main figure under each row of weights, shape (replicates, documents) -> (replicates,)."""
    tallies = [tally(case) for case in some]

    def total(name: str) -> Array:
        column = np.array([counts.get(name, 0.0) for counts in tallies])
        added: Array = weights @ column
        return added

    def f1(name: str) -> Array:
        right, wrong, missed = (total(f"{name} {part}") for part in ("right", "wrong", "missed"))
        return _divided(2 * right, 2 * right + wrong + missed)

    seen = [event for event in EVENTS if any(case.gold.event_type == event for case in some)]
    types = [f1(event) for event in seen]
    measured = {name: f1(counts) for name, counts in F1S.items()}
    measured |= {name: _divided(total(part), total(whole)) for name, (part, whole) in SHARES.items()}
    measured["event type macro F1"] = np.mean(types, axis=0) if types else np.zeros(len(weights))
    return measured | _ranked(some, weights) | _calibrated(some, weights)


def _ranked(some: Sequence[Case], weights: Array) -> dict[str, Array]:
    """What the order of the scores is worth."""
    order, hits, seen = _cumulated(some, weights)
    positive = np.array([case.gold.risky for case in some], float)[order]
    precision = _divided(hits, seen)
    recall = _divided(hits, hits[:, -1:])
    reached = np.where((precision >= PRECISION) & (seen > 0), recall, 0.0)
    return {
        "average precision": _divided((precision * positive * weights[:, order]).sum(1), hits[:, -1]),
        "recall at precision 0.95": reached.max(1),
    }


def _cumulated(some: Sequence[Case], weights: Array) -> tuple[Indices, Array, Array]:
    """Documents by falling score; events and documents so far, at each."""
    scores = np.array([case.given.score for case in some])
    order = np.argsort(-scores, kind="stable").astype(np.int64)
    positive = np.array([case.gold.risky for case in some], float)[order]
    drawn = weights[:, order]
    return order, (drawn * positive).cumsum(1), drawn.cumsum(1)


def _calibrated(some: Sequence[Case], weights: Array) -> dict[str, Array]:
    """What the scores are worth as probabilities: expected calibration error (Guo et al. 2017), and Brier's score."""
    scores, truth = _scores(some)
    within = np.eye(BINS)[_bins(scores)]
    gap = np.abs((weights * (truth - scores)) @ within).sum(1)
    everything = weights.sum(1)
    return {
        "calibration error": _divided(gap, everything),
        "Brier score": _divided(weights @ (truth - scores) ** 2, everything),
    }


def _scores(some: Sequence[Case]) -> tuple[Array, Array]:
    return np.array([case.given.score for case in some], float), np.array([case.gold.risky for case in some], float)


def _bins(scores: Array) -> Indices:
    return np.minimum((scores * BINS).astype(np.int64), BINS - 1)


def reliability(some: Sequence[Case]) -> list[Bin]:
    """The bins of the scores that hold documents."""
    scores, truth = _scores(some)
    number = _bins(scores)
    return [
        Bin(k / BINS, (k + 1) / BINS, int(here.sum()), float(scores[here].mean()), float(truth[here].mean()))
        for k in range(BINS)
        if (here := number == k).any()
    ]


def draws(some: Sequence[Case], replicates: int = REPLICATES, seed: int = SEED) -> Array:
    """Weights of the documents in each replicate: incidents drawn with replacement, as many as there are."""
    groups = {group: k for k, group in enumerate(dict.fromkeys(case.gold.group for case in some))}
    drawn = np.random.default_rng(seed).multinomial(len(groups), np.full(len(groups), 1 / len(groups)), replicates)
    weights: Array = drawn[:, [groups[case.gold.group] for case in some]].astype(float)
    return weights


def score(gold: Sequence[Labels], given: Mapping[str, Predicted]) -> Score:
    """Every figure. Rows are matched by id; a row without a prediction counts as one of none. Raises ValueError without
    rows."""
    if not gold:
        raise ValueError("there are no labelled rows to score against")
    some = cases(gold, given)
    once = np.ones((1, len(some)))
    values, replicates = measures(some, once), measures(some, draws(some))
    languages = rates_by(some, lambda case: case.gold.lang)
    ranked = [(name, part.f1) for name, (part, _) in languages.items() if part.wanted >= FEW]
    _, hits, seen = _cumulated(some, once)
    events = int(hits[0, -1])
    mistakes = [Mistake(c.gold.id, c.gold.lang, c.gold.event_type, c.event, c.given.score) for c in some if not c.right]
    return Score(
        documents=len(some),
        events=events,
        incidents=len({row.group for row in gold}),
        missing_predictions=sum(row.id not in given for row in gold),
        figures={
            name: Figure(float(values[name][0]), *_interval(replicates[name]), n)
            for name, n in _sizes(some, events).items()
        },
        detection=rates(some),
        core=rates([case for case in some if case.gold.event_type in CORE or not case.gold.risky], CORE),
        types={event: rates_of_type(some, event) for event in EVENTS},
        clusters=bcubed(some),
        languages=languages,
        lengths=rates_by(some, length_of),
        sources=rates_by(some, lambda case: case.gold.source_kind),
        origins=rates_by(some, lambda case: "written" if case.gold.synthetic else "real"),
        worst_language=min(ranked, key=lambda pair: (pair[1], pair[0])) if ranked else None,
        confusion=confusion(some),
        reliability=reliability(some),
        curve=[(float(h / max(events, 1)), float(h / s)) for h, s in zip(hits[0], seen[0], strict=True)],
        mistakes=sorted(mistakes, key=lambda mistake: -mistake.weight),
    )


def differences(
    gold: Sequence[Labels], given: Mapping[str, Predicted], before: Mapping[str, Predicted]
) -> dict[str, Figure]:
    """How much each figure rose from `before` to `given`, over the same draws of incidents."""
    now, then = cases(gold, given), cases(gold, before)
    once, drawn = np.ones((1, len(now))), draws(now)
    values = [measures(some, once) for some in (now, then)]
    replicates = [measures(some, drawn) for some in (now, then)]
    rose = {name: values[0][name] - values[1][name] for name in values[0]}
    moved = {name: replicates[0][name] - replicates[1][name] for name in rose}
    sizes = _sizes(now, sum(case.gold.risky for case in now))
    return {name: Figure(float(rose[name][0]), *_interval(moved[name]), n) for name, n in sizes.items()}


def _sizes(some: Sequence[Case], events: int) -> dict[str, int]:
    """What each figure is measured on, in the order in which figures are shown."""
    tallies = [tally(case) for case in some]

    def wanted(name: str) -> int:
        return round(sum(counts.get(f"{name} right", 0) + counts.get(f"{name} missed", 0) for counts in tallies))

    sizes = {name: wanted(counts) for name, counts in F1S.items()}
    sizes |= {name: round(sum(counts[whole] for counts in tallies)) for name, (_, whole) in SHARES.items()}
    order = ["detection F1", "average precision", "recall at precision 0.95", "core events F1", "hard negatives passed",
             "event type macro F1", "status accuracy", "platforms F1", "regions F1", "effective dates found",
             "effective dates invented", "deadlines F1, by date", "deadlines F1, by date and role",
             "calibration error", "Brier score"]  # fmt: skip
    whole = {name: len(some) for name in ("calibration error", "Brier score")}
    return {name: {**sizes, **whole}.get(name, events) for name in order}


def _interval(replicates: Array) -> tuple[float, float]:
    low, high = np.percentile(replicates, (2.5, 97.5))
    return float(low), float(high)


def _divided(part: Array, whole: Array) -> Array:
    """Zero where there is nothing to divide by."""
    quotient: Array = np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=whole > 0)
    return quotient
