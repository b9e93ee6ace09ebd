"""Fits the two rankers of names: which platforms an event hits, and in which regions its effect applies.

python -m monitor.training.places [--write RANKER ...]    figures of grouped cross-validation; also new weights

Each is a logistic regression over explainable features of every platform or region that a text names. Stories count
more than the written texts, whose labels often leave out a place that the text only implies; the thresholds are theirs
alone. Of regions found reports teach as stories do; of platforms not, as that ranker is weighed against the one of
unknown names (`benchmarks/facts.py`), which is fitted without them. `reports.jsonl` is not learnt from, so that it
stays a test. Needs scikit-learn (`train` extra).
"""

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console

from monitor.config import load as load_config
from monitor.corpus.rows import Labelled, read_file
from monitor.domain.deadlines import PartialDate
from monitor.domain.signals import EventType, Status
from monitor.understand import platforms, regions
from monitor.understand.facts import Extractor
from monitor.understand.ranking import Event, Features
from monitor.understand.reading import read

WEIGHTS = Path(__file__).parents[1] / "understand" / "data" / "places.json"
STORIES, WRITTEN, FOUND = ("stories-", "pairs-"), "written-", "found"
FOLDS = 5
SELDOM = 5  # a feature that fewer candidates have is left out
CARE = 3.0  # how many written texts a story is worth
STRENGTH = 0.3  # inverse of the penalty on squared weights
Weights = dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A platform or region that a text names, and whether the label has it among those that are hit."""

    fold: int  # all texts on one incident fall into one
    story: bool
    features: Features
    belongs: bool


def load(directory: Path, config: Path) -> dict[str, list[Candidate]]:
    """The candidates of every event, for each ranker. Raises ValueError when a file is not as it should be."""
    known = load_config(config).platforms
    extractor = Extractor(known)
    canonical = {alias.casefold(): p.name for p in known for alias in (p.name, *p.aliases, *p.ambiguous)}
    result: dict[str, list[Candidate]] = {"platform": [], "region": []}

    def names(labels: Iterable[str]) -> set[str]:
        return {canonical.get(label.casefold(), label).casefold() for label in labels}

    for path in sorted(directory.glob("*.jsonl")):
        if not path.name.startswith((*STORIES, WRITTEN, FOUND)):
            continue
        rows, wrong = read_file(path, Labelled)
        if wrong:
            raise ValueError(f"{path}: {wrong[0]}")
        for row in (placed.row for placed in rows if placed.row.risky):
            known_day = PartialDate(row.published) if row.published else None
            day = known_day.first_day if known_day else None
            found = extractor.mentions(row.title, row.text, row.lang, day, known_day)
            reading = read(row.title, row.text, row.lang)
            event = Event(EventType(row.event_type), Status(str(row.status)), row.lang, day)
            fold = int(hashlib.sha256(row.group.encode()).hexdigest(), 16) % FOLDS
            story = path.name.startswith((*STORIES, FOUND))
            wanted, also = names(row.platforms), names(row.alt_platforms)
            hit = platforms.spoken_of(found.names(event.type), reading, event)
            for value, f in platforms.features(hit, reading, event).items():
                if value.casefold() not in also and not path.name.startswith(FOUND):
                    result["platform"].append(Candidate(fold, story, f, value.casefold() in wanted))
            for value, f in regions.features(found.regions, reading, event).items():
                if value not in row.alt_regions:
                    result["region"].append(Candidate(fold, story, f, value in row.regions))
    return result


def fitted(some: Sequence[Candidate], asked: Sequence[Candidate]) -> tuple[Weights, list[float]]:
    """Weights from some candidates, and how likely they find that each of those asked for belongs."""
    seen = Counter(name for one in some for name, value in one.features.items() if value)
    table = import_module("sklearn.feature_extraction").DictVectorizer()
    matrix = table.fit_transform([{k: v for k, v in one.features.items() if v and seen[k] >= SELDOM} for one in some])
    model: Any = import_module("sklearn.linear_model").LogisticRegression(C=STRENGTH, max_iter=3000)
    model.fit(matrix, [one.belongs for one in some], sample_weight=[CARE if one.story else 1.0 for one in some])
    named = zip(table.get_feature_names_out(), model.coef_[0], strict=True)
    weights = {str(name): round(float(weight), 3) for name, weight in named if abs(weight) >= 0.02}
    likely = model.predict_proba(table.transform([one.features for one in asked]))[:, 1].tolist() if asked else []
    return weights | {"bias": round(float(model.intercept_[0]), 3)}, likely


def held_out(some: Sequence[Candidate]) -> list[tuple[float, bool]]:
    """How likely each candidate of a story belongs, by weights fitted without its incident, and whether it does."""
    result: list[tuple[float, bool]] = []
    for fold in range(FOLDS):
        asked = [one for one in some if one.story and one.fold == fold]
        _, likely = fitted([one for one in some if one.fold != fold], asked)
        result += zip(likely, (one.belongs for one in asked), strict=True)
    return result


def f1(held: Sequence[tuple[float, bool]], cut: float) -> float:
    """Of those that a threshold takes, against those that belong."""
    taken = [belongs for likely, belongs in held if likely >= cut]
    return 2 * sum(taken) / ((len(taken) + sum(belongs for _, belongs in held)) or 1)


def choice(held: Sequence[tuple[float, bool]]) -> float:
    """Half of the best F1: from there on taking one more candidate raises it (Lipton, Elkan and Narayanaswamy 2014)."""
    return round(max(f1(held, cut / 50) for cut in range(3, 45)) / 2, 2)


def main() -> None:
    """Prints the figures; writes the weights where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=Path("corpus"))
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--write", nargs="+", choices=("platform", "region"), default=(), help="these, and no other")
    options = parser.parse_args()
    console, weights = Console(), json.loads(WEIGHTS.read_text("utf-8"))
    for ranker, some in load(options.corpus, options.config).items():
        held = held_out(some)
        cut = choice(held)
        console.print(f"{ranker}: F1 {f1(held, cut):.3f} of {len(held)} candidates in stories at {cut:.2f}")
        if ranker in options.write:
            weights[ranker] = fitted(some, ())[0] | {"threshold": cut}
    if options.write:
        WEIGHTS.write_text(json.dumps(weights, ensure_ascii=False, indent=0, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
