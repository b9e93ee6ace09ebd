"""Fits the rankers of dates: which one an event takes effect on, if the text tells it; which are deadlines; what for.

python -m monitor.training.dates [--write]     figures of grouped cross-validation; with --write also new weights

The first is a conditional logistic regression (McFadden 1974) among a text's dates and "it is not told"; the second a
logistic regression of each date; the third a conditional one among the roles of a deadline. `reports.jsonl` is not
learnt from, so that it stays a test, nor are the files whose dates are not labelled. Needs scikit-learn (`train`
extra).
"""

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from rich.console import Console

from monitor.corpus.rows import Labelled, read_file
from monitor.domain.deadlines import PartialDate
from monitor.domain.signals import EventType, Status
from monitor.understand import datefeatures, deadlines, effective
from monitor.understand.facts import dated
from monitor.understand.ranking import Event, Features, Mention
from monitor.understand.reading import Reading, read

WEIGHTS = Path(__file__).parents[1] / "understand" / "data" / "days.json"
FOUND = "found"  # dated by two readers; their deadlines are not labelled throughout
STORIES = ("stories-", "pairs-", FOUND)  # told and labelled with more care
LABELLED = ("written-eastasia", "written-germanic", "written-romance", "written-seasia", "written-slavic", *STORIES)
FOLDS = 5
SELDOM = 5  # a feature that fewer mentions have is left out
PENALTY = 8.0  # half the square of each weight, beside the loss of a text
SURE, UNSURE = 2.0, 0.5  # the weight of a story; of a written text that reports what has happened and has no date
UNPUBLISHED = 0.25  # of a text when it is read as if its day were unknown, which is rare
INVENTED = 0.08  # of the events without a date, the share that may be given one in cross-validation
NEARLY = 0.0025  # of F1: of the cuts that cost less than this, the lowest: a missed deadline costs the most
Floats = npt.NDArray[np.float64]
Weights = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """The dates of a text, read as of one day of publication or of none, each with whether it is the event's own."""

    row: Labelled
    reading: Reading
    event: Event
    days: tuple[Mention, ...]
    features: tuple[Features, ...]  # of each day, and of "it is not told"
    right: tuple[bool, ...]
    story: bool
    dues: bool  # whether its deadlines are labelled

    @property
    def fold(self) -> int:
        """All texts on one incident fall into one fold."""
        return int(hashlib.sha256(self.row.group.encode()).hexdigest(), 16) % FOLDS

    @property
    def weight(self) -> float:
        weight = UNPUBLISHED if self.row.published and not self.event.published else 1.0
        if self.story:
            return weight * SURE
        return weight * (UNSURE if self.event.status is Status.EFFECTIVE and not self.row.effective_date else 1.0)


def cases(row: Labelled, story: bool, dues: bool = True) -> Iterator[Case]:
    """The text as of its day of publication, and once more as if that were unknown."""
    known = PartialDate(row.published) if row.published else None
    reading = read(row.title, row.text, row.lang)
    middle = known.first_day + (known.last_day - known.first_day) / 2 if known else None
    for published, said in dict.fromkeys([(middle, known), (None, None)]):
        vague = said is not None and len(said.parts) < 2
        event = Event(EventType(row.event_type), Status(str(row.status)), row.lang, published, vague=vague)
        found = dated(reading, row.lang, published, said)
        days = effective.turned(found, reading, event)
        told = [_tells(day, row.effective_date, reading, event) for day in days]
        features = (*datefeatures.closer(days, reading, event), effective.untold(days, reading, event))
        yield Case(row, reading, event, days, features, (*told, not any(told)), story, dues)


def _tells(day: Mention, label: str | None, reading: Reading, event: Event) -> bool:
    meant = day.value, effective.from_the_first(day, reading, event).value
    return label is not None and any(value.startswith(label) for value in meant)


def load(directory: Path) -> list[Case]:
    """Every event whose date is labelled. Raises ValueError when a file is not as it should be."""
    result: list[Case] = []
    for path in sorted(directory.glob("*.jsonl")):
        if path.name.startswith(LABELLED):
            rows, wrong = read_file(path, Labelled)
            if wrong:
                raise ValueError(f"{path}: {wrong[0]}")
            labelled = [placed.row for placed in rows if placed.row.risky and not placed.row.date_unsure]
            story, dues = path.name.startswith(STORIES), not path.name.startswith(FOUND)
            result += [case for row in labelled for case in cases(row, story, dues)]
    return result


class Choice(Protocol):
    """Of which one or several are right, and how much it counts."""

    @property
    def features(self) -> Sequence[Features]:
        """Of each."""

    @property
    def right(self) -> Sequence[bool]:
        """Whether each is."""

    @property
    def weight(self) -> float:
        """Among all choices."""


@dataclass(frozen=True, slots=True, eq=False)
class Duty:
    """The roles that a deadline may have, with those that its label tells."""

    features: tuple[Features, ...]
    right: tuple[bool, ...]
    weight: float
    fold: int
    story: bool


def fit(some: Sequence[Case]) -> Weights:
    """Weights and thresholds. The thresholds, and the days that deadlines are compared with, come from weights that
    were fitted without the text's incident."""
    shares = held_out(some)
    day = choice(some, shares)
    chosen = [_chosen(case, share, day) for case, share in zip(some, shares, strict=True)]
    held: dict[int, list[float]] = {}
    for fold in range(FOLDS):
        own = _deadline(some, chosen, [case.fold != fold for case in some])
        held |= {at: _likelihoods(case, chosen[at], own) for at, case in enumerate(some) if case.fold == fold}
    reached = {round(cut / 50, 2): agreed(some, chosen, held, cut / 50) for cut in range(5, 45)}
    good = [cut for cut, f1 in reached.items() if f1 >= max(reached.values()) - NEARLY]
    due = _deadline(some, chosen, [True] * len(some)) | {"threshold": good[0]}
    return {
        "effective": conditional(some) | {"threshold": day},
        "deadline": due,
        "role": conditional(duties(some, chosen)),
    }


def duties(some: Sequence[Case], chosen: Sequence[Mention | None]) -> list[Duty]:
    """The mentions of dates that are labelled as deadlines. "Appeal" is a role of ours that the labels count among the
    others."""
    result: list[Duty] = []
    for case, day in zip(some, chosen, strict=True):
        for mention in case.days if case.dues else ():
            told = {due.what for due in case.row.deadlines if due.date == mention.value}
            if told and deadlines.may_be_due(mention, case.reading, day):
                every = deadlines.roles(mention, case.reading, case.event, day)
                right = tuple(("other" if role == "appeal" else role) in told for role in datefeatures.ROLES)
                result.append(Duty(tuple(every), right, SURE if case.story else 1.0, case.fold, case.story))
    return result


def roles_right(some: Sequence[Duty]) -> tuple[int, int]:
    """How many deadlines of stories get their role, by weights fitted without their incident, and of how many."""
    right = 0
    for fold in range(FOLDS):
        own = conditional([duty for duty in some if duty.fold != fold])
        for duty in some:
            if duty.story and duty.fold == fold:
                scores = [sum(own.get(name, 0.0) * v for name, v in f.items()) for f in duty.features]
                right += duty.right[int(np.argmax(scores))]
    return right, sum(duty.story for duty in some)


def held_out(some: Sequence[Case]) -> list[Floats]:
    """The share of each day of each case, and of none."""
    result: dict[int, Floats] = {}
    for fold in range(FOLDS):
        own = conditional([case for case in some if case.fold != fold])
        result |= {at: shares(case, own) for at, case in enumerate(some) if case.fold == fold}
    return [result[at] for at in range(len(some))]


def shares(case: Case, weights: Mapping[str, float]) -> Floats:
    """How likely each day is the event's own and, last, that none is."""
    scores = np.array([sum(weights.get(name, 0.0) * v for name, v in f.items()) for f in case.features])
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum(), np.float64)


def conditional(some: Sequence[Choice]) -> dict[str, float]:
    """The weights under which what is right is likeliest: the days of cases, or none; the roles of deadlines."""
    table, matrix = _table([f for case in some for f in case.features])
    of = np.repeat(np.arange(len(some)), [len(case.features) for case in some])
    right = np.array([told for case in some for told in case.right], float)
    weight, turned = np.array([case.weight for case in some]), matrix.T.tocsr()

    def loss(w: Floats) -> tuple[float, Floats]:
        scores = matrix @ w
        highest = np.full(len(some), -np.inf)
        np.maximum.at(highest, of, scores)
        powers = np.exp(scores - highest[of])
        every, good = np.bincount(of, powers), np.maximum(np.bincount(of, powers * right), 1e-300)
        slope = turned @ (weight[of] * (powers / every[of] - powers * right / good[of]))
        return float(weight @ (np.log(every) - np.log(good)) + PENALTY / 2 * (w @ w)), slope + PENALTY * w

    found = _module("scipy.optimize").minimize(loss, np.zeros(matrix.shape[1]), jac=True, method="L-BFGS-B")
    return _named(table, found.x)


def choice(some: Sequence[Case], held: Sequence[Floats]) -> float:
    """From which share of "it is not told" on a text is given no date: so that of the stories whose label has none
    no more than INVENTED are given one."""
    undated = [case for case in some if case.story and case.event.published and not case.row.effective_date]
    told = {id(case): float(share[-1]) for case, share in zip(some, held, strict=True) if case.days}
    ordered = sorted(told.get(id(case), 1.0) for case in undated)
    return int(100 * ordered[int(INVENTED * len(ordered))]) / 100  # rounded, but never up


def _chosen(case: Case, share: Floats, threshold: float) -> Mention | None:
    if share[-1] >= threshold:
        return None
    return effective.chosen(case.days, share.tolist(), case.reading, case.event)


def _due(case: Case, day: Mention | None) -> list[Features]:
    return deadlines.due(case.days, case.reading, case.event, day)


def _deadline(some: Sequence[Case], chosen: Sequence[Mention | None], wanted: Sequence[bool]) -> dict[str, float]:
    rows, labels, weights = [], [], []
    for case, day, asked in zip(some, chosen, wanted, strict=True):
        told = {due.date for due in case.row.deadlines}
        for mention, f in zip(case.days, _due(case, day), strict=True) if asked and case.dues else ():
            if mention.value not in case.row.alt_dates:
                rows.append(f)
                labels.append(mention.value in told)
                weights.append(SURE if case.story else 1.0)
    table, matrix = _table(rows)
    model = _module("sklearn.linear_model").LogisticRegression(C=0.1, max_iter=3000)
    model.fit(matrix, labels, sample_weight=weights)
    return _named(table, model.coef_[0]) | {"bias": round(float(model.intercept_[0]), 3)}


def _likelihoods(case: Case, day: Mention | None, weights: Mapping[str, float]) -> list[float]:
    scores = [sum(weights.get(name, 0.0) * v for name, v in f.items()) + weights["bias"] for f in _due(case, day)]
    return [float(1 / (1 + np.exp(-score))) for score in scores]


def agreed(
    some: Sequence[Case], chosen: Sequence[Mention | None], held: Mapping[int, Sequence[float]], cut: float
) -> float:
    """F1 of the deadlines of the stories whose day of publication is known."""
    hits = given = wanted = 0
    for at, case in enumerate(some):
        if case.event.published and case.story and case.dues:
            likely = [m for m, p in zip(case.days, held[at], strict=True) if p >= cut]
            own = {m.value for m in likely if deadlines.may_be_due(m, case.reading, chosen[at])}
            told = {due.date for due in case.row.deadlines}
            hits, given = hits + len(own & told), given + len(own.difference(case.row.alt_dates))
            wanted += len(told)
    return 2 * hits / ((given + wanted) or 1)


def _table(rows: Sequence[Features]) -> tuple[Any, Any]:
    seen = Counter(name for f in rows for name, value in f.items() if value)
    table = _module("sklearn.feature_extraction").DictVectorizer()
    return table, table.fit_transform([{k: v for k, v in f.items() if v and seen[k] >= SELDOM} for f in rows])


def _named(table: Any, values: Iterable[float]) -> dict[str, float]:
    named = zip(table.get_feature_names_out(), values, strict=True)
    return {str(name): round(float(value), 3) for name, value in named if abs(value) >= 0.005}


def _module(name: str) -> Any:
    return import_module(name)  # the extra is not installed where the model only runs


def figures(asked: Sequence[tuple[Case, Floats]], threshold: float) -> str:
    """Found and invented, of the texts whose day of publication is known."""
    dated = found = undated = invented = 0
    for case, share in asked:
        if case.event.published:
            day, gold = _chosen(case, share, threshold), case.row.effective_date
            dated, found = dated + bool(gold), found + bool(gold and day and day.value.startswith(gold))
            undated, invented = undated + (not gold), invented + (not gold and day is not None)
    return f"found {found / (dated or 1):.3f} of {dated}, invented {invented / (undated or 1):.3f} of {undated}"


def main() -> None:
    """Prints the figures; writes the weights where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=Path("corpus"))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    every, console = load(options.corpus), Console()
    held = held_out(every)
    threshold = choice(every, held)
    for name, story in (("written texts", False), ("stories", True)):
        asked = [(case, share) for case, share in zip(every, held, strict=True) if case.story is story]
        console.print(f"{name}: {figures(asked, threshold)}")
    chosen = [_chosen(case, share, threshold) for case, share in zip(every, held, strict=True)]
    right, asked_for = roles_right(duties(every, chosen))
    console.print(f"stories: role right of {right / asked_for:.3f} of {asked_for} deadlines")
    if options.write:
        WEIGHTS.write_text(json.dumps(fit(every), ensure_ascii=False, indent=0, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
