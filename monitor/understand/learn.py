"""Learning the model: labelled texts to rows of features, rows to a model. Needs the `train` extra (scikit-learn)."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.progress import Progress

from monitor.domain.sources import Authority
from monitor.understand.assess import AUTHORITIES
from monitor.understand.encoder import Encoder, Vectors
from monitor.understand.facts import Extractor
from monitor.understand.model import EVENTS, STATUSES, Days, Matrix, Model, evidence, features
from monitor.understand.windows import lead

COST = 3.0
WIDTH = 1.5  # of the kernel: gamma = WIDTH / features
REPORT_WEIGHT = 3.0  # a real report counts as much as three texts that were written to learn from
TITLE_WEIGHT = 0.5  # a title alone says less than a text
HEADS = ("none", *EVENTS, *STATUSES)
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled text. `group` keeps texts of one incident together; `real` tells a report from a written text.

    `bare` is the second reading of a text that has a title, as that title alone: many feeds carry no more.
    """

    id: str
    lang: str
    title: str
    text: str
    published: str | None
    authority: Authority
    event: str
    status: str | None
    group: str
    real: bool
    also_events: frozenset[str] = frozenset()
    also_statuses: frozenset[str] = frozenset()
    hard: bool = False
    bare: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Labelled texts and their titles alone; `rows` holds features, shape (examples, features), once described."""

    examples: tuple[Example, ...]
    digest: str  # of the files' bytes
    rows: Matrix = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    def described(self, encoder: Encoder) -> "Corpus":
        """With a row of features for every example."""
        extractor = Extractor(())
        with Progress(transient=True) as bar:
            task = bar.add_task("reading texts", total=len(self.examples))
            rows = []
            for example in self.examples:
                rows.append(_row(example, encoder, extractor))
                bar.advance(task)
        return replace(self, rows=np.array(rows, dtype=np.float32))


def read(directory: Path) -> Corpus:
    """Every `*.jsonl` of the directory, in the order of their names. Raises ValueError naming file and line."""
    examples: list[Example] = []
    digest = hashlib.sha256()
    for path in sorted(directory.glob("*.jsonl")):
        digest.update(path.read_bytes())
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                examples += _examples(json.loads(line))
            except (KeyError, ValueError) as error:
                raise ValueError(f"{path} line {number}: {error!r}") from error
    if not examples:
        raise ValueError(f"{directory} holds no labelled texts (*.jsonl)")
    return Corpus(tuple(examples), digest.hexdigest()[:16])


class Remembering:
    """An encoder that keeps its vectors in a file, so that only new texts cost time."""

    def __init__(self, encoder: Encoder, path: Path) -> None:
        self.name, self.dimensions = encoder.name, encoder.dimensions
        self._encoder, self._path = encoder, path
        self._vectors: dict[str, Vectors] = {}
        self._new = 0
        if path.exists():
            with np.load(path, allow_pickle=False) as stored:
                self._vectors = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))

    def encode(self, texts: Sequence[str]) -> Vectors:
        return np.array([self._vector(text) for text in texts], dtype=np.float32).reshape(-1, self.dimensions)

    def _vector(self, text: str) -> Vectors:
        key = hashlib.sha256(f"{self.name}\n{text}".encode()).hexdigest()[:32]
        if key not in self._vectors:
            self._vectors[key] = self._encoder.encode([text])[0]
            self._new += 1
            if self._new % 200 == 0:
                self.save()
        return self._vectors[key]

    def save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(self._path, keys=np.array(list(self._vectors)), vectors=np.array(list(self._vectors.values())))


def fit(corpus: Corpus, chosen: Indices) -> Model:
    """A model learnt from the chosen examples; not yet calibrated (slope 1, offset 0, threshold 0.5)."""
    svm = _scikit("sklearn.svm")
    rows = corpus.rows[chosen]
    mean, scale = rows.mean(0), rows.std(0)
    scale = np.where(scale > 1e-6, scale, 1).astype(np.float32)
    support = ((rows - mean) / scale).astype(np.float32)
    gamma = WIDTH / support.shape[1]
    square = (support.astype(np.float64) ** 2).sum(1)
    kernel = np.exp(-gamma * np.maximum(square[:, None] + square[None, :] - 2 * support @ support.T, 0))
    examples = [corpus.examples[i] for i in chosen]
    weight = np.array([_weight(example) for example in examples])
    risky = np.array([i for i, example in enumerate(examples) if example.event != "none"])
    weights, biases = np.zeros((len(rows), len(HEADS))), np.zeros(len(HEADS))
    for column, head in enumerate(HEADS):
        of = risky if head in STATUSES else np.arange(len(rows))
        wanted = np.array([_answers(examples[i], head) for i in of])
        if wanted.all() or not wanted.any():  # a class that this fold does not hold
            biases[column] = 1.0 if wanted.any() else -1.0
            continue
        machine = svm.SVC(C=COST, kernel="precomputed", class_weight="balanced" if head in STATUSES else None)
        machine.fit(kernel[np.ix_(of, of)], wanted, sample_weight=weight[of])
        weights[of[machine.support_], column] = machine.dual_coef_[0]
        biases[column] = machine.intercept_[0]
    used = np.abs(weights).sum(1) > 0
    return Model(
        mean=mean,
        scale=scale,
        support=support[used],
        weights=weights[used].astype(np.float32),
        biases=biases.astype(np.float32),
        gamma=gamma,
        slope=1.0,
        offset=0.0,
        threshold=0.5,
        version="",
    )


def calibrate(model: Model, decisions: Matrix, events: Sequence[str]) -> Model:
    """Platt's sigmoid through decisions that the model's like made on texts unseen, and the threshold of best F1."""
    linear = _scikit("sklearn.linear_model")
    truth = np.array([event != "none" for event in events])
    sigmoid = linear.LogisticRegression(C=1e6).fit(evidence(decisions)[:, None], truth)
    model = replace(model, slope=float(sigmoid.coef_[0][0]), offset=float(sigmoid.intercept_[0]))
    scores = model.scores(decisions)
    marks = np.linspace(0.2, 0.8, 61)
    quality = np.array([2 * (truth & (scores >= m)).sum() / ((scores >= m).sum() + truth.sum()) for m in marks])
    smooth = np.convolve(np.pad(quality, 5, mode="edge"), np.ones(11) / 11, mode="valid")  # not one lucky mark
    return replace(model, threshold=round(float(marks[smooth.argmax()]), 2))


def _answers(example: Example, head: str) -> bool:
    return example.event != "none" if head == "none" else head in (example.event, example.status)


def _weight(example: Example) -> float:
    return (REPORT_WEIGHT if example.real else 1.0) * (1.0 if example.text.strip() else TITLE_WEIGHT)


def _examples(row: dict[str, Any]) -> Iterator[Example]:
    whole = Example(
        id=row["id"],
        lang=row["lang"],
        title=row.get("title") or "",
        text=row["text"],
        published=row.get("published"),
        authority=AUTHORITIES[row.get("source_kind") or "other"],
        event=row["event_type"],
        status=row.get("status"),
        group=row.get("incident") or row["id"],
        real=not row.get("synthetic"),
        also_events=frozenset(_listed(row.get("alt_event_type"))),
        also_statuses=frozenset(_listed(row.get("alt_status"))),
        hard=bool(row.get("hard_negative")),
    )
    yield whole
    if whole.title.strip() and whole.text.strip():
        yield replace(whole, text="", bare=True)


def _listed(value: str | list[str] | None) -> Iterator[str]:
    yield from [value] if isinstance(value, str) else value or []


def _row(example: Example, encoder: Encoder, extractor: Extractor) -> Matrix:
    window = lead(example.title, example.text)
    published = date.fromisoformat(example.published) if example.published and len(example.published) == 10 else None
    mentions = extractor.mentions(example.title, example.text[: window.end], example.lang, published)
    days = Days.of((mention.value for mention in mentions.dates), str(published) if published else None)
    vector = encoder.encode([window.words])[0]
    return features(vector, example.title, example.text[: window.end], example.lang, example.authority, days)


def _scikit(module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise RuntimeError("training needs scikit-learn: pip install 'sellerwatch[train]'") from error
