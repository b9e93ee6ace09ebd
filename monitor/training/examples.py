"""The corpus as examples: labelled texts, each read whole and as its title alone, with the features that they give."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import Progress

from monitor.understand.assess import document_of
from monitor.understand.encoder import Encoder, Vectors
from monitor.understand.facts import Extractor
from monitor.understand.machine import Matrix
from monitor.understand.seen import see
from monitor.understand.windows import lead
from monitor.understand.wording import Buckets, buckets

FOLDS = 5
REPORTS, FOUND, STORIES = "reports", "found", "stories"
MEASURED = REPORTS, FOUND, STORIES  # beginnings of the names of files whose texts are measured
MEASURED_OF = 5  # one in so many incidents of what was found, and of the stories, is measured
REPORT_WEIGHT = 3.0  # a real report counts as much as three texts that were written to learn from
TITLE_WEIGHT = 0.5  # a title alone says less than a text


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled text. `group` keeps texts of one incident together; `real` tells a report from a written text; `part`
    says which of `MEASURED` its file belongs to, if any.

    `bare` is the second reading of a text that has a title, as that title alone: many feeds carry no more.
    What was found has none: a sixth of all support texts, each of which costs time, for little (0035).
    """

    id: str
    lang: str
    title: str
    text: str
    published: str | None
    source_kind: str
    event: str
    status: str | None
    group: str
    real: bool
    part: str
    also_events: frozenset[str] = frozenset()
    also_statuses: frozenset[str] = frozenset()
    hard: bool = False
    bare: bool = False

    @property
    def measured(self) -> bool:
        """Whether it is held back in turn and judged. Reports are, and a fifth of the other incidents of `MEASURED`,
        always the same ones. The encoder is tuned on none of them, and a model that judges one has not learnt from its
        fold."""
        if self.part == REPORTS:
            return True
        return bool(self.part) and hashlib.sha256(self.group.encode()).digest()[0] % MEASURED_OF == 0

    @property
    def weight(self) -> float:
        return (REPORT_WEIGHT if self.real else 1.0) * (1.0 if self.text.strip() else TITLE_WEIGHT)


def _none() -> Matrix:
    return np.zeros((0, 0), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Labelled texts and their titles alone. Once described, each has its place in `hinted`, `glances`, `vectors`
    and `worded`."""

    examples: tuple[Example, ...]
    digest: str  # of the files' bytes
    hinted: Matrix = field(default_factory=_none)
    glances: Matrix = field(default_factory=_none)
    vectors: Matrix = field(default_factory=_none)
    worded: tuple[Buckets, ...] = ()

    def described(self, encoder: Encoder, extractor: Extractor) -> "Corpus":
        """With the features of every example; `extractor` knows the platforms."""
        words, hinted, vectors = [], [], []
        with Progress(transient=True) as bar:
            task = bar.add_task("reading texts", total=len(self.examples))
            for example in self.examples:
                window, row = lead_of(example, extractor)
                words.append(window)
                hinted.append(row)
                vectors.append(encoder.encode([window])[0])
                bar.advance(task)
        described = replace(self, hinted=np.array(hinted), glances=encoder.glance(words), vectors=np.array(vectors))
        return replace(described, worded=tuple(buckets(window) for window in words))


def read(directory: Path) -> Corpus:
    """Every `*.jsonl` of the directory, in the order of their names. Raises ValueError naming file and line."""
    examples: list[Example] = []
    digest = hashlib.sha256()
    for path in sorted(directory.glob("*.jsonl")):
        digest.update(path.read_bytes())
        part = next((part for part in MEASURED if path.name.startswith(part)), "")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                examples += _examples(json.loads(line), part)
            except (KeyError, ValueError) as error:
                raise ValueError(f"{path} line {number}: {error!r}") from error
    if not examples:
        raise ValueError(f"{directory} holds no labelled texts (*.jsonl)")
    return Corpus(_telling(examples), digest.hexdigest()[:16])


def _telling(examples: Sequence[Example]) -> tuple[Example, ...]:
    """Without titles to learn from that stand over an event here and over a harmless text there: they tell nothing."""
    over: dict[str, set[bool]] = defaultdict(set)
    for example in examples:
        over[example.title.casefold().strip()].add(example.event == "none")
    return tuple(
        example
        for example in examples
        if example.measured or not example.bare or len(over[example.title.casefold().strip()]) == 1
    )


def folds(examples: Sequence[Example]) -> list[int]:
    """The fold of each example: whole groups, the largest first, each into the fold that has least."""
    sizes = Counter(example.group for example in examples)
    filled, fold_of = [0] * FOLDS, {}
    for group, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        fold_of[group] = filled.index(min(filled))
        filled[fold_of[group]] += size
    return [fold_of[example.group] for example in examples]


class Remembering:
    """An encoder that keeps its vectors in a file, so that only new texts cost time. `made` tells encoders of one name
    apart: the digest of their files."""

    def __init__(self, encoder: Encoder, path: Path, made: str = "") -> None:
        self.name, self.dimensions = f"{encoder.name} {made}".strip(), encoder.dimensions
        self._encoder, self._path = encoder, path
        self._vectors: dict[str, Vectors] = {}
        if path.exists():
            with np.load(path, allow_pickle=False) as stored:
                if "name" in stored and str(stored["name"]) == self.name:
                    self._vectors = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))

    def glance(self, texts: Sequence[str]) -> Vectors:
        return self._encoder.glance(texts)

    def encode(self, texts: Sequence[str]) -> Vectors:
        return np.array([self._vector(text) for text in texts], dtype=np.float32).reshape(-1, self.dimensions)

    def _vector(self, text: str) -> Vectors:
        key = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
        if key not in self._vectors:
            self._vectors[key] = self._encoder.encode([text])[0]
        return self._vectors[key]

    def save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        keys, vectors = np.array(list(self._vectors)), np.array(list(self._vectors.values()))
        np.savez(self._path, keys=keys, vectors=vectors, name=np.array(self.name))


def _examples(row: dict[str, Any], part: str) -> Iterator[Example]:
    whole = Example(
        id=row["id"],
        lang=row["lang"],
        title=row.get("title") or "",
        text=row["text"],
        published=row.get("published"),
        source_kind=row.get("source_kind") or "other",
        event=row["event_type"],
        status=row.get("status"),
        group=row.get("incident") or row["id"],
        real=not row.get("synthetic"),
        part=part,
        also_events=frozenset(_listed(row.get("alt_event_type"))),
        also_statuses=frozenset(_listed(row.get("alt_status"))),
        hard=bool(row.get("hard_negative")),
    )
    yield whole
    if whole.title.strip() and whole.text.strip() and part != FOUND:
        yield replace(whole, text="", bare=True)


def _listed(value: str | list[str] | None) -> Iterator[str]:
    yield from [value] if isinstance(value, str) else value or []


def lead_of(example: Example, extractor: Extractor) -> tuple[str, Matrix]:
    """The words of the example's first window, and its hints."""
    row = {key: getattr(example, key) for key in ("id", "lang", "title", "text", "published", "source_kind")}
    seen = see(*document_of(row, 0), extractor)
    window = lead(seen.title, seen.text)
    return window.words, seen.hints(window, leads=True)
