"""How good the model is: cross-validation on the real reports, with the reports of one incident always in one fold.

Every report is judged twice: whole, and as its title alone, which is all that many feeds carry.

python -m monitor.understand.evaluate --corpus corpus [--json]
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from monitor.domain.signals import EventType
from monitor.understand.encoder import E5
from monitor.understand.learn import HEADS, Corpus, Example, Remembering, calibrate, fit, read
from monitor.understand.model import CERTAINTIES, EVENTS, STATUSES, TYPES, Matrix, Model

FOLDS = 5
CACHE = Path("var/training-vectors.npz")
WHOLE, TITLES, UNAIDED = "reports", "their titles alone", "learnt from reports only"
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Figures:
    """Measures over the real reports, each judged by a model that saw none of its incident. Shares of 1."""

    reports: int
    average_precision: float
    recall_at_precision_95: float
    f1: float
    macro_f1: float
    status_accuracy: float
    hard_negatives_passed: float
    by_language: dict[str, float]  # F1, of languages with at least five events


def folds(examples: Sequence[Example]) -> list[int]:
    """The fold of each example: whole groups, the largest first, each into the fold that has least."""
    sizes = Counter(example.group for example in examples)
    filled, fold_of = [0] * FOLDS, {}
    for group, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        fold_of[group] = filled.index(min(filled))
        filled[fold_of[group]] += size
    return [fold_of[example.group] for example in examples]


def out_of_fold(corpus: Corpus, written: bool = True) -> tuple[list[Example], Matrix]:
    """The real reports (whole, and as titles alone) and the heads' decisions on them.

    Written texts are always learnt from, or (False) never.
    """
    real = [i for i, example in enumerate(corpus.examples) if example.real]
    extra = [i for i, example in enumerate(corpus.examples) if not example.real] if written else []
    assigned = folds([corpus.examples[i] for i in real])
    decisions = np.zeros((len(real), len(HEADS)), dtype=np.float32)
    for fold in range(FOLDS):
        held = [k for k, number in enumerate(assigned) if number == fold]
        known = [real[k] for k, number in enumerate(assigned) if number != fold]
        model = fit(corpus, np.array(known + extra))
        decisions[held] = model.decide(corpus.rows[[real[k] for k in held]])
    return [corpus.examples[i] for i in real], decisions


def measure(examples: Sequence[Example], scores: Matrix, decisions: Matrix, threshold: float) -> Figures:
    """Figures for reports with their scores; types and statuses are the highest of their heads."""
    truth = np.array([example.event != "none" for example in examples])
    found = scores >= threshold
    types = [EVENTS[k] for k in decisions[:, TYPES].argmax(1)]
    statuses = [STATUSES[k] for k in decisions[:, CERTAINTIES].argmax(1)]
    given = [
        _agreed(example, str(event) if hit else "none")
        for example, event, hit in zip(examples, types, found, strict=True)
    ]
    wanted = [example.event for example in examples]
    both = [i for i, e in enumerate(examples) if e.status and given[i] != "none"]
    right = [statuses[i] in {examples[i].status, *examples[i].also_statuses} for i in both]
    hard = [given[i] == "none" for i, e in enumerate(examples) if e.hard]
    order = np.argsort(-scores, kind="stable")
    precision = truth[order].cumsum() / np.arange(1, len(order) + 1)
    recall = truth[order].cumsum() / max(1, truth.sum())
    languages = sorted({e.lang for e in examples})
    by_language = {
        lang: _f1([(w, g) for w, g, e in zip(wanted, given, examples, strict=True) if e.lang == lang])
        for lang in languages
        if sum(e.lang == lang and e.event != "none" for e in examples) >= 5
    }
    return Figures(
        reports=len(examples),
        average_precision=float(precision[truth[order]].mean()) if truth.any() else 0.0,
        recall_at_precision_95=float(recall[precision >= 0.95].max(initial=0.0)),
        f1=_f1(list(zip(wanted, given, strict=True))),
        macro_f1=float(np.mean([_f1_of(event, wanted, given) for event in EventType if event in wanted])),
        status_accuracy=float(np.mean(right)) if right else 0.0,
        hard_negatives_passed=float(np.mean(hard)) if hard else 0.0,
        by_language=by_language,
    )


def cross_validate(corpus: Corpus) -> tuple[Model, dict[str, Figures]]:
    """The model of the whole corpus, and figures of its like out of fold: reports whole, titles alone, reports only.

    The calibration and its threshold are fitted on the same decisions that the figures are computed from.
    """
    unset = fit(corpus, np.arange(len(corpus.examples)))
    examples, decisions = out_of_fold(corpus)
    model, whole = _calibrated(unset, examples, decisions)
    figures = {WHOLE: _figures(model, examples, decisions, whole), TITLES: _figures(model, examples, decisions, ~whole)}
    examples, decisions = out_of_fold(corpus, written=False)
    alone, whole = _calibrated(unset, examples, decisions)
    return model, {**figures, UNAIDED: _figures(alone, examples, decisions, whole)}


def _calibrated(model: Model, examples: Sequence[Example], decisions: Matrix) -> tuple[Model, Mask]:
    """The model calibrated on whole reports, and which those are."""
    whole = np.array([not example.bare for example in examples])
    return calibrate(model, decisions[whole], [example.event for example in examples if not example.bare]), whole


def _figures(model: Model, examples: Sequence[Example], decisions: Matrix, which: Mask) -> Figures:
    chosen = [example for example, wanted in zip(examples, which, strict=True) if wanted]
    return measure(chosen, model.scores(decisions[which]), decisions[which], model.threshold)


def _agreed(example: Example, given: str) -> str:
    return example.event if given in example.also_events else given


def _f1(pairs: Sequence[tuple[str, str]]) -> float:
    both = sum(w != "none" and g != "none" for w, g in pairs)
    either = sum(w != "none" for w, _ in pairs) + sum(g != "none" for _, g in pairs)
    return 2 * both / either if either else 0.0


def _f1_of(event: str, wanted: Sequence[str], given: Sequence[str]) -> float:
    right = sum(w == g == event for w, g in zip(wanted, given, strict=True))
    return 2 * right / ((wanted.count(event) + given.count(event)) or 1)


def table(columns: dict[str, Figures]) -> Table:
    """The figures side by side, for a terminal."""
    shown = Table("", *columns, title=f"{FOLDS}-fold cross-validation on real reports, grouped by incident")
    for name in Figures.__dataclass_fields__:
        if name not in {"reports", "by_language"}:
            shown.add_row(name.replace("_", " "), *(f"{getattr(figures, name):.3f}" for figures in columns.values()))
    for lang in next(iter(columns.values())).by_language:
        shown.add_row(f"F1 in {lang}", *(f"{figures.by_language[lang]:.2f}" for figures in columns.values()))
    return shown


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table, or JSON; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m monitor.understand.evaluate", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=Path("corpus"))
    parser.add_argument("--cache", type=Path, default=CACHE, help="where sentence vectors are kept between runs")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    encoder = Remembering(E5(), options.cache)
    corpus = read(options.corpus).described(encoder)
    encoder.save()
    _, columns = cross_validate(corpus)
    if options.json:
        plain = {name: {f: getattr(v, f) for f in Figures.__dataclass_fields__} for name, v in columns.items()}
        sys.stdout.write(json.dumps(plain, indent=1) + "\n")
    else:
        Console().print(table(columns))
    return 0


if __name__ == "__main__":
    sys.exit(main())
