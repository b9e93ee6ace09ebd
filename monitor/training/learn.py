"""From examples to machines: the gate, the reader with its thirteen heads, and the wording beside it.

Needs scikit-learn (`train` extra).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.training.examples import FOUND, REPORTS, Corpus, Example
from monitor.understand.machine import Machine, Matrix, kernel
from monitor.understand.model import CERTAINTIES, EVENTS, STATUSES, TYPES, Model, evidence
from monitor.understand.wording import BUCKETS, Buckets, Wording

COST = 3.0
WIDTH = 1.5  # of the kernel: gamma = WIDTH / features
CLOSENESS, VOICE = 10.0, 0.2  # of the wording: how near it may come to what it learns from, and what it counts for
AXES = 448  # of some 1,200 features: 95 % of what tells texts apart, at a third of the cost
HEADS = ("none", *EVENTS, *STATUSES)
FLAT = 0.002  # of F1: thresholds that differ by no more are as good
PASSED = 0.94  # of harmless texts with the events' own words, the share that must stay below the threshold (0041)
PULL = 0.04  # of the levels to zero: they are as near to it as the texts allow
LOST = 0.005  # of the events that the reader finds, the share that the gate may lose
Indices = npt.NDArray[np.int64]


def fit(corpus: Corpus, chosen: Indices) -> Model:
    """A cascade learnt from the chosen examples; not yet calibrated (slope 1, offset 0, threshold 0.5, gate open)."""
    examples = [corpus.examples[i] for i in chosen]
    hinted = corpus.hinted[chosen]
    gate = machine(np.concatenate([corpus.glances[chosen], hinted], axis=1), examples, HEADS[:1])
    reader = machine(np.concatenate([corpus.vectors[chosen], hinted], axis=1), examples, HEADS)
    wording = worded([corpus.worded[i] for i in chosen], examples)
    return Model(gate, reader, wording, admitted=-np.inf, slope=1.0, offset=0.0, threshold=0.5, version="")


def machine(rows: Matrix, examples: Sequence[Example], heads: Sequence[str]) -> Machine:
    """Support vector machines over rows, one a head. Statuses are not learnt from the reports that were found: read by
    excerpts, often of an unknown day, they tell what is decided from what is in force in another manner (0034)."""
    svm = _scikit("sklearn.svm")
    mean, scale = rows.mean(0), rows.std(0)
    scale = np.where(scale > 1e-6, scale, 1).astype(np.float32)
    standard = ((rows - mean) / scale).astype(np.float32)
    _, axes = np.linalg.eigh(standard.T.astype(np.float64) @ standard)
    basis = axes[:, ::-1][:, :AXES].astype(np.float16).astype(np.float32)  # as the file will hold it
    support = standard @ basis
    gamma = WIDTH / rows.shape[1]
    likeness = kernel(support, support, gamma).astype(np.float64)
    weight = np.array([example.weight for example in examples])
    risky = [i for i, example in enumerate(examples) if example.event != "none"]
    stated = np.array([i for i in risky if examples[i].part != FOUND], dtype=np.int64)
    weights, biases = np.zeros((len(rows), len(heads))), np.zeros(len(heads))
    for column, head in enumerate(heads):
        of = stated if head in STATUSES else np.arange(len(rows))
        wanted = np.array([_answers(examples[int(i)], head) for i in of])
        if wanted.all() or not wanted.any():  # a class that this fold does not hold
            biases[column] = 1.0 if wanted.any() else -1.0
            continue
        one = svm.SVC(
            C=COST, kernel="precomputed", class_weight="balanced" if head in STATUSES else None, cache_size=1_000
        )
        asked = likeness if len(of) == len(rows) else likeness[np.ix_(of, of)]  # a copy is gigabytes
        one.fit(asked, wanted, sample_weight=weight[of])
        weights[of[one.support_], column] = one.dual_coef_[0]
        biases[column] = one.intercept_[0]
    used = np.abs(weights).sum(1) > 0
    return Machine(
        mean, scale, basis, support[used], weights[used].astype(np.float32), biases.astype(np.float32), gamma
    )


def worded(texts: Sequence[Buckets], examples: Sequence[Example]) -> Wording:
    """A logistic regression over texts as their buckets, each text of length 1; `VOICE` of its decision counts."""
    sparse, linear = _scikit("scipy.sparse"), _scikit("sklearn.linear_model")
    ends = np.cumsum([0, *(len(text) for text in texts)])
    share = np.concatenate([np.full(len(text), max(len(text), 1) ** -0.5, dtype=np.float32) for text in texts])
    rows = sparse.csr_matrix((share, np.concatenate(texts), ends), shape=(len(texts), BUCKETS))
    wanted = [example.event != "none" for example in examples]
    one = linear.LogisticRegression(C=CLOSENESS, solver="liblinear", tol=1e-3, random_state=0)
    one.fit(rows, wanted, sample_weight=[example.weight for example in examples])
    return Wording.learnt(VOICE * one.coef_[0], float(VOICE * one.intercept_[0]))


def levels(decisions: Matrix, examples: Sequence[Example]) -> Matrix:
    """What to add to each head's decisions, shape (heads,), so that no type and no status is said too seldom: heads are
    fitted one by one, and know nothing of the others. They are the intercepts of a multinomial regression on decisions
    about texts unseen, where a class counts by the root of its rarity."""
    added: Matrix = np.zeros(decisions.shape[1], dtype=np.float32)
    for columns, names in ((TYPES, EVENTS), (CERTAINTIES, STATUSES)):
        answers = np.array([[_answers(example, name) for name in names] for example in examples])
        of = answers.any(1) & np.array(
            [example.event != "none" and (names == EVENTS or example.part != FOUND) for example in examples]
        )
        weights = np.array([_worth(example) for example in examples])[of]
        added[columns] = _intercepts(2 * decisions[of, columns], answers[of], weights) / 2
    return added


def levelled(model: Model, added: Matrix) -> Model:
    """With these levels in its reader."""
    return replace(model, reader=replace(model.reader, biases=model.reader.biases + added))


def _intercepts(scores: Matrix, answers: npt.NDArray[np.bool_], weights: npt.NDArray[np.float64]) -> Matrix:
    """Of softmax(scores + intercepts), by Newton's method, drawn to zero a little."""
    count = answers.sum(0)
    worth = weights * (answers @ (1 / np.sqrt(np.maximum(count, 1))))
    worth /= worth.sum()
    intercepts = np.zeros(scores.shape[1])
    for _ in range(50):
        shares = np.exp(scores + intercepts - (scores + intercepts).max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        slope = worth @ (shares - answers) + PULL * intercepts
        bend = np.diag(worth @ shares + PULL) - (shares * worth[:, None]).T @ shares
        step = np.linalg.solve(bend, slope)
        intercepts -= step / max(1.0, float(np.abs(step).max()))
    return intercepts.astype(np.float32)


def calibrate(model: Model, decisions: Matrix, examples: Sequence[Example]) -> Model:
    """Platt's sigmoid through decisions that the model's like made on texts unseen, each part of them counting as much
    as the others (docs/decisions/0038), and the lowest threshold of best F1, which is flat there. Texts that were found
    by searching for events do not count for it: no stream holds as many so near to one (docs/decisions/0034)."""
    linear = _scikit("sklearn.linear_model")
    truth = np.array([example.event != "none" for example in examples])
    texts = Counter(example.part for example in examples)
    alike = [len(examples) / texts[example.part] for example in examples]
    sigmoid = linear.LogisticRegression(C=1e6).fit(evidence(decisions)[:, None], truth, sample_weight=alike)
    weight = np.array([_worth(example) for example in examples])
    model = replace(model, slope=float(sigmoid.coef_[0][0]), offset=float(sigmoid.intercept_[0]))
    scores = model.scores(decisions)
    marks = np.linspace(0.2, 0.8, 61)
    stream = weight * np.array([example.part != FOUND for example in examples])
    if not stream[truth].any():  # nothing but found texts
        stream = weight
    quality = np.array(
        [2 * stream[truth & (scores >= m)].sum() / (stream[scores >= m].sum() + stream[truth].sum()) for m in marks]
    )
    smooth = np.convolve(np.pad(quality, 5, mode="edge"), np.ones(11) / 11, mode="valid")  # not one lucky mark
    best = int(np.flatnonzero(smooth >= smooth.max() - FLAT)[0])  # the lowest that is as good misses least
    return replace(model, threshold=round(float(marks[best]), 2))


def opened(model: Model, gated: Matrix, decisions: Matrix, examples: Sequence[Example]) -> Model:
    """With the gate so far open that it loses `LOST` of the events that the reader would find. `gated` and `decisions`
    are the gate's and the reader's, on texts that neither had learnt from."""
    found = (model.scores(decisions) >= model.threshold) & np.array([example.event != "none" for example in examples])
    if not found.any():
        return model
    mark = np.quantile(
        gated[found], LOST, method="lower"
    )  # the decision of a text itself: none but those below is lost
    return replace(model, admitted=float(np.floor(mark * 1000) / 1000))


def strict(model: Model, gated: Matrix, decisions: Matrix, examples: Sequence[Example]) -> Model:
    """With the lowest threshold from its own on by which the cascade lets `PASSED` of the hard negatives pass, of all
    but those found and of the reports among them: what other writers write scores higher than texts like those that the
    threshold is set on (docs/decisions/0032). `gated` is infinite where a text is always read."""
    scores = np.where(gated < model.admitted, 0.0, model.scores(decisions))
    weight = np.array([_worth(example) for example in examples])
    hard = np.array([example.hard and example.event == "none" and example.part != FOUND for example in examples])
    parts = hard, hard & np.array([example.part == REPORTS for example in examples])
    marks = np.arange(round(100 * model.threshold), 81) / 100
    enough = (m for m in marks if all((scores[of] < m) @ weight[of] >= PASSED * weight[of].sum() for of in parts))
    return replace(model, threshold=float(next(enough, marks[-1])))


def _worth(example: Example) -> float:
    """What an example counts for where levels and threshold are set. A found text counts once, not as a
    report: they are six to one report, and nearer to the line than what a stream holds (0035)."""
    return 1.0 if example.part == FOUND else example.weight


def _answers(example: Example, head: str) -> bool:
    return example.event != "none" if head == "none" else head in (example.event, example.status)


def _scikit(module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise RuntimeError("training needs scikit-learn: pip install -e '.[train]'") from error
