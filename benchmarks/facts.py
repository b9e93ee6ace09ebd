"""Scores the extraction of platforms, regions and dates against labelled rows, and fits the ranker of unknown names.

    python benchmarks/facts.py LABELLED.jsonl ...            micro figures, by language with --languages
    python benchmarks/facts.py --held-out LABELLED.jsonl ... grouped cross-validation: each incident is scored by
                                                             weights that were fitted without it
    python benchmarks/facts.py --fit LABELLED.jsonl ...      the same, then fits the ranker of unknown names and the
                                                             common words in monitor/understand/data/ anew on all

A row has the keys of the corpus: title, text, lang, published, event_type, status, platforms, regions, effective_date,
deadlines. Event type and status are given, so this measures the facts alone. A date counts as found when it agrees
to the label's precision, and as invented where the label has none. Fitting needs the `train` extra. The shipped weights
are fitted on all of `corpus/*.jsonl` but `reports.jsonl`, which stays a test, as do `corpus/fresh` and the history.
Known platforms and regions are fitted by `python -m monitor.training.places`, dates by `python -m
monitor.training.dates`, which print their own figures in cross-validation; of these only dates are the shipped ones in
--held-out.
"""

import argparse
import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

from monitor.config import load as load_config
from monitor.domain.deadlines import PartialDate
from monitor.domain.platforms import Platform
from monitor.domain.signals import EventType, Status
from monitor.understand import candidates, platforms, ranking, regions
from monitor.understand.facts import Extractor, Facts, Mentions, gather
from monitor.understand.reading import read

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "monitor/understand/data/facts.json"
COMMON = WEIGHTS.with_name("common_words.json")
WORD = re.compile(r"[^\W\d_]+")
Row = dict[str, Any]
Weights = dict[str, dict[str, float]]
FOLDS = 5
REPORTS = ROOT / "corpus" / "reports.jsonl"  # the weights were not fitted on these


def shared_words(rows: Iterable[Row]) -> list[str]:
    """The words that texts on at least two incidents share, but for those of platforms' names."""
    told, shared, names = dict[str, str](), set[str](), set[str]()
    for row in rows:
        incident = row.get("incident") or row["id"]
        for word in set(WORD.findall(f"{row['title'] or ''}\n{row['text']}".lower())):
            if told.setdefault(word, incident) != incident:
                shared.add(word)
        names.update(word for name in row["platforms"] for word in WORD.findall(name.lower()))
    return sorted(word for word in shared - names if len(word) > 2)


def load(paths: Iterable[Path]) -> list[Row]:
    lines = (line for path in paths for line in path.read_text("utf-8").splitlines() if line.strip())
    return list(map(json.loads, lines))


def events(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["event_type"] != "none"]


def known_platforms() -> tuple[Platform, ...]:
    return load_config(ROOT / "config").platforms


class Bench:
    """Labelled rows with their mentions, extracted once."""

    def __init__(self, known: tuple[Platform, ...]) -> None:
        self.extractor = Extractor(known)
        self.canonical = {alias.casefold(): p.name for p in known for alias in (p.name, *p.aliases, *p.ambiguous)}
        self._mentions: dict[str, Mentions] = {}

    def name(self, label: str) -> str:
        return self.canonical.get(label.casefold(), label).casefold()

    def mentions(self, row: Row) -> Mentions:
        if row["id"] not in self._mentions:
            title, text = row["title"] or "", row["text"]
            self._mentions[row["id"]] = self.extractor.mentions(title, text, row["lang"], published(row), known(row))
        return self._mentions[row["id"]]

    def facts(self, row: Row) -> Facts:
        kind, status = EventType(row["event_type"]), Status(row["status"])
        return gather(
            self.mentions(row), row["title"] or "", row["text"], row["lang"], published(row), kind, status, None, (), ()
        )


def known(row: Row) -> PartialDate | None:
    """What is known of the day of publication."""
    return PartialDate(row["published"]) if row["published"] else None


def published(row: Row) -> date | None:
    """The day of publication; the middle of what is given when only a month or a year is."""
    given = known(row)
    return given.first_day + (given.last_day - given.first_day) / 2 if given else None


def f1(tp: int, fp: int, fn: int) -> dict[str, float]:
    p, r = tp / (tp + fp or 1), tp / (tp + fn or 1)
    return {"p": p, "r": r, "f1": 2 * p * r / (p + r or 1)}


def score(bench: Bench, rows: Sequence[Row], told: dict[str, Facts] | None = None) -> dict[str, Any]:
    """Figures of the rows that report events; `told` holds their facts where they are known already."""
    rows = events(rows)
    sets = {key: Counter[str]() for key in ("platforms", "regions", "deadlines", "roles")}
    dated = found = undated = invented = 0
    started = time.process_time()
    for row in rows:
        facts = told[row["id"]] if told else bench.facts(row)
        for key, given in (("platforms", facts.platforms), ("regions", facts.regions)):
            norm = bench.name if key == "platforms" else str.casefold
            want, also = ({norm(x) for x in row.get(k) or []} for k in (key, f"alt_{key}"))
            got = {norm(x) for x in given}
            sets[key] += Counter(tp=len(want & got), fp=len(got - want - also), fn=len(want - got))
        gold = row.get("effective_date")
        guess = str(facts.effective_date or "")
        dated, found = dated + bool(gold), found + bool(gold and guess.startswith(gold))
        if not gold and not row.get("date_unsure"):
            undated, invented = undated + 1, invented + bool(guess)
        wanted = [(d["date"], d["what"]) for d in row.get("deadlines") or []]
        got_due = [(str(d.date), "other" if d.role == "appeal" else str(d.role)) for d in facts.deadlines]
        got_due = [pair for pair in got_due if pair[0] not in (row.get("alt_dates") or [])]
        hits = sum((Counter(d for d, _ in wanted) & Counter(d for d, _ in got_due)).values())
        sets["deadlines"] += Counter(tp=hits, fp=len(got_due) - hits, fn=len(wanted) - hits)
        roles = sum((Counter(wanted) & Counter(got_due)).values())
        sets["roles"] += Counter(tp=roles, fp=len(got_due) - roles, fn=len(wanted) - roles)
    seconds = time.process_time() - started
    figures: dict[str, Any] = {key: f1(c["tp"], c["fp"], c["fn"]) for key, c in sets.items()}
    figures["effective_date"] = {"found": found / (dated or 1), "invented": invented / (undated or 1), "n": dated}
    return figures | {"documents": len(rows), "ms_per_document": 1000 * seconds / (len(rows) or 1)}


# -- fitting


Example = tuple[str, dict[str, float], bool]  # row, features, belongs


def examples(bench: Bench, rows: Sequence[Row]) -> dict[str, list[Example]]:
    """For each ranker, every candidate of every row with its features and whether the label names it."""
    rankers = ("platform", "candidate", "region")
    result: dict[str, list[Example]] = {name: [] for name in rankers}
    for row in rows:
        found, title, text = bench.mentions(row), row["title"] or "", row["text"]
        reading = read(title, text, row["lang"])
        event = ranking.Event(EventType(row["event_type"]), Status(row["status"]), row["lang"], published(row))
        want = {bench.name(name) for name in row["platforms"]}
        also = {bench.name(name) for name in row.get("alt_platforms") or []}
        for name, f in platforms.features(found.names(event.type), reading, event).items():
            if bench.name(name) not in also:
                result["platform"].append((row["id"], f, bench.name(name) in want))
        for name, f in candidates.features(reading, event, found.regions, found.platforms).items():
            result["candidate"].append((row["id"], f, name.casefold() in want))
        for value, f in regions.features(found.regions, reading, event).items():
            if value not in (row.get("alt_regions") or []):
                result["region"].append((row["id"], f, value in row["regions"]))
    return result


def fit(bench: Bench, rows: Sequence[Row]) -> Weights:
    """Weights and threshold of each ranker: logistic regression, features seen fewer than five times left out."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict

    weights = {}
    group_of = {row["id"]: row.get("incident") or row["id"] for row in rows}
    every = examples(bench, rows)
    for name, some in every.items():
        seen = Counter(key for _, f, _ in some for key, value in f.items() if value)
        table = DictVectorizer()
        matrix = table.fit_transform({k: v for k, v in f.items() if v and seen[k] >= 5} for _, f, _ in some)
        labels, groups = [y for _, _, y in some], [group_of[row] for row, _, _ in some]
        model = LogisticRegression(C=0.3, max_iter=2000)
        shares = cross_val_predict(model, matrix, labels, groups=groups, cv=GroupKFold(5), method="predict_proba")[:, 1]
        model.fit(matrix, labels)
        cut = best_cut(name, [(row, share, y) for (row, _, y), share in zip(some, shares, strict=True)])
        named = zip(table.get_feature_names_out(), model.coef_[0], strict=True)
        weights[name] = {"bias": round(float(model.intercept_[0]), 3), "threshold": cut} | {
            key: round(float(weight), 3) for key, weight in sorted(named) if abs(weight) >= 0.02
        }
    return weights


def best_cut(name: str, scored: Sequence[tuple[str, float, bool]]) -> float:
    """The threshold with the best F1."""
    best: dict[str, tuple[float, bool]] = {}
    for row, share, belongs in scored:
        best[row] = max(best.get(row, (0.0, False)), (share, belongs))
    right = {row for row, _, belongs in scored if belongs}

    def quality(cut: float) -> float:
        pool = list(best.values()) if name == "candidate" else [(share, belongs) for _, share, belongs in scored]
        wanted = len(right) if name == "candidate" else sum(belongs for _, _, belongs in scored)
        taken = [belongs for share, belongs in pool if share >= cut]
        return 2 * sum(taken) / (len(taken) + wanted or 1)

    return max((round(cut / 50, 2) for cut in range(3, 45)), key=quality)


@contextmanager
def using(words: Iterable[str], weights: Weights | None = None) -> Iterator[None]:
    """Facts are found with these common words, and chosen with these weights."""
    common = frozenset(words)
    ranks = weights or ranking.weights()
    with patch.object(candidates, "common_words", lambda: common), patch.object(ranking, "weights", lambda: ranks):
        yield


def fold_of(row: Row) -> int:
    """All rows on one incident fall into one fold."""
    return int(hashlib.sha256((row.get("incident") or row["id"]).encode()).hexdigest(), 16) % FOLDS


def held_out(bench: Bench, rows: Sequence[Row]) -> dict[str, Facts]:
    """The facts of every event, by row: those that weights find which were fitted without its incident."""
    found: dict[str, Facts] = {}
    for fold in range(FOLDS):
        others = [row for row in rows if fold_of(row) != fold]
        words = shared_words(others)
        with using(words):
            weights = fit(bench, events(others))
        with using(words, weights):
            found |= {row["id"]: bench.facts(row) for row in events(rows) if fold_of(row) == fold}
    return found


def use(words: list[str], weights: Weights) -> None:
    """Ship the words and the weights of unknown names; known platforms and regions are `monitor.training.places`'."""
    COMMON.write_text(json.dumps(words, ensure_ascii=False, indent=0) + "\n", "utf-8")
    WEIGHTS.write_text(
        json.dumps({"candidate": weights["candidate"]}, ensure_ascii=False, indent=0, sort_keys=True) + "\n", "utf-8"
    )
    candidates.common_words.cache_clear()
    ranking.weights.cache_clear()


def show(label: str, figures: dict[str, Any]) -> None:
    sets = [(key, v) for key, v in figures.items() if isinstance(v, dict) and "f1" in v]
    parts = [f"{key} P {v['p']:.2f} R {v['r']:.2f} F1 {v['f1']:.3f}" for key, v in sets]
    when = figures["effective_date"]
    parts.append(f"date found {when['found']:.3f} invented {when['invented']:.3f} n {when['n']}")
    print(f"{label} ({figures['documents']}, {figures['ms_per_document']:.1f} ms): " + "; ".join(parts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelled", nargs="*", type=Path, default=[REPORTS])
    for flag in ("--fit", "--held-out", "--languages", "--json"):
        parser.add_argument(flag, action="store_true")
    options = parser.parse_args()
    bench = Bench(known_platforms())
    rows = {path: load([path]) for path in options.labelled}
    every = [row for some in rows.values() for row in some]
    if options.held_out or options.fit:
        told = held_out(bench, every)
        for name, some in {**{path.name: some for path, some in rows.items()}, "all": every}.items():
            show(f"held out: {name}", score(bench, some, told))
        if options.held_out:
            return
        words = shared_words(every)
        with using(words):
            weights = fit(bench, events(every))
        use(words, weights)
    figures = score(bench, every)
    print(json.dumps(figures, indent=1)) if options.json else show("all", figures)
    for lang in sorted({row["lang"] for row in every}) if options.languages else ():
        show(lang, score(bench, [row for row in every if row["lang"] == lang]))


if __name__ == "__main__":
    main()
