"""Scores the extraction of platforms, regions and dates against labelled rows, and fits its rankers.

    python benchmarks/facts.py LABELLED.jsonl ...            micro figures, by language with --languages
    python benchmarks/facts.py --fit LABELLED.jsonl ...      fits the weights in monitor/understand/data/ anew
    python benchmarks/facts.py --held-out LABELLED.jsonl ... fits on all files but one, scores that one, for each file

A row has the keys of the corpus: title, text, lang, published, event_type, status, platforms, regions, effective_date,
deadlines. Event type and status are given, so this measures the facts alone. A date counts as found when it agrees
to the label's precision, and as invented where the label has none. Fitting needs the `train` extra. The shipped weights
are fitted on the written texts of the corpus only: its reports of real events stay a test.
"""

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from monitor.domain.platforms import Platform
from monitor.domain.signals import EventType, Status
from monitor.understand import candidates, deadlines, platforms, ranking, regions
from monitor.understand.facts import Extractor, Facts, Mentions, gather
from monitor.understand.reading import read

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "monitor/understand/data/facts.json"
COMMON = WEIGHTS.with_name("common_words.json")
WORD = re.compile(r"[^\W\d_]+")
Row = dict[str, Any]


def count_words(paths: Iterable[Path]) -> None:
    """The words that at least three of the texts share, but for those of platforms' names, as `common_words.json`."""
    shared, names = Counter[str](), set[str]()
    for path in paths:
        for row in map(json.loads, path.read_text("utf-8").splitlines()):
            shared.update(set(WORD.findall(f"{row['title'] or ''}\n{row['text']}".lower())))
            names.update(word for name in row["platforms"] for word in WORD.findall(name.lower()))
    common = sorted(word for word, count in shared.items() if count >= 3 and len(word) > 2 and word not in names)
    COMMON.write_text(json.dumps(common, ensure_ascii=False, indent=0) + "\n", "utf-8")
    candidates.common_words.cache_clear()


def load(paths: Iterable[Path]) -> list[Row]:
    lines = (line for path in paths for line in path.read_text("utf-8").splitlines() if line.strip())
    return [row for row in map(json.loads, lines) if row["event_type"] != "none"]


def known_platforms() -> tuple[Platform, ...]:
    records = yaml.safe_load((ROOT / "config/platforms.yaml").read_text("utf-8"))
    values = ({key: tuple(v) if isinstance(v, list) else v for key, v in record.items()} for record in records)
    return tuple(Platform(**{"aliases": (), **record}) for record in values)


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
            self._mentions[row["id"]] = self.extractor.mentions(title, text, row["lang"], published(row))
        return self._mentions[row["id"]]

    def facts(self, row: Row) -> Facts:
        kind, status = EventType(row["event_type"]), Status(row["status"])
        return gather(
            self.mentions(row), row["title"] or "", row["text"], row["lang"], published(row), kind, status, None, (), ()
        )


def published(row: Row) -> date | None:
    """The day of publication; the middle of what is given when only a month or a year is."""
    parts = [int(part) for part in (row["published"] or "").split("-") if part]
    return (
        date(parts[0], *(parts[1:] + [7, 1][len(parts) - 1 :] if len(parts) < 2 else [*parts[1:], 15][:2]))
        if parts
        else None
    )


def f1(tp: int, fp: int, fn: int) -> dict[str, float]:
    p, r = tp / (tp + fp or 1), tp / (tp + fn or 1)
    return {"p": p, "r": r, "f1": 2 * p * r / (p + r or 1)}


def score(bench: Bench, rows: Sequence[Row]) -> dict[str, Any]:
    sets = {key: Counter[str]() for key in ("platforms", "regions", "deadlines", "roles")}
    dated = found = undated = invented = 0
    started = time.process_time()
    for row in rows:
        facts = bench.facts(row)
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


_AGAIN = " again"  # a row shown as if its day of publication were another one
Example = tuple[str, dict[str, float], bool]  # row, features, belongs


def examples(bench: Bench, rows: Sequence[Row]) -> dict[str, list[Example]]:
    """For each ranker, every candidate of every row with its features and whether the label names it. Dates are shown a
    second time as if the day of publication were unknown, and a third time as if it were 100 days later."""
    result: dict[str, list[Example]] = {
        name: [] for name in ("platform", "candidate", "region", "effective", "deadline")
    }
    for row in rows:
        found, title, text = bench.mentions(row), row["title"] or "", row["text"]
        reading = read(title, text, row["lang"])
        event = ranking.Event(EventType(row["event_type"]), Status(row["status"]), row["lang"], published(row))
        want = {bench.name(name) for name in row["platforms"]}
        also = {bench.name(name) for name in row.get("alt_platforms") or []}
        for name, f in platforms.features(found.platforms, reading, event).items():
            if bench.name(name) not in also:
                result["platform"].append((row["id"], f, bench.name(name) in want))
        if not found.platforms:
            for name, f in candidates.features(reading, event, {m.quote for m in found.regions}).items():
                result["candidate"].append((row["id"], f, name.casefold() in want))
        for value, f in regions.features(found.regions, reading, event).items():
            if value not in (row.get("alt_regions") or []):
                result["region"].append((row["id"], f, value in row["regions"]))
        due = {d["date"] for d in row.get("deadlines") or []}
        gold = row.get("effective_date")
        days = deadlines.turned_forward(found.dates, reading, event)
        undated = tuple(mention for mention in days if mention.kind == "full")
        later = replace(event, published=event.published + timedelta(days=100)) if event.published else event
        for some, when in ((days, event), (undated, replace(event, published=None)), (undated, later)):
            for mention, f in zip(some, deadlines.features(some, reading, when), strict=True):
                case = row["id"] if when is event else row["id"] + _AGAIN
                if not row.get("date_unsure"):
                    result["effective"].append((case, f, bool(gold) and mention.value.startswith(gold)))
                if mention.value not in (row.get("alt_dates") or []):
                    result["deadline"].append((case, f, mention.value in due))
    return result


def fit(bench: Bench, rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Weights and threshold of each ranker: logistic regression, features seen fewer than five times left out."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict

    weights = {}
    for name, some in examples(bench, rows).items():
        seen = Counter(key for _, f, _ in some for key, value in f.items() if value)
        table = DictVectorizer()
        matrix = table.fit_transform({k: v for k, v in f.items() if v and seen[k] >= 5} for _, f, _ in some)
        labels, groups = [y for _, _, y in some], [row.split()[0] for row, _, _ in some]
        model = LogisticRegression(C=0.3, max_iter=2000)
        shares = cross_val_predict(model, matrix, labels, groups=groups, cv=GroupKFold(5), method="predict_proba")[:, 1]
        model.fit(matrix, labels)
        cut = best_cut(name, [(row, share, y) for (row, _, y), share in zip(some, shares, strict=True)], len(rows))
        named = zip(table.get_feature_names_out(), model.coef_[0], strict=True)
        weights[name] = {"bias": round(float(model.intercept_[0]), 3), "threshold": cut} | {
            key: round(float(weight), 3) for key, weight in sorted(named) if abs(weight) >= 0.02
        }
    return weights


def best_cut(name: str, scored: Sequence[tuple[str, float, bool]], rows: int) -> float:
    """The threshold with the best F1; for the effective date the lowest one that dates no more than one in three of the
    rows whose label has no date."""
    best: dict[str, tuple[float, bool]] = {}
    for row, share, belongs in scored:
        best[row] = max(best.get(row, (0.0, False)), (share, belongs))
    right = {row for row, _, belongs in scored if belongs}
    if name == "effective":
        real = {row: share for row, (share, _) in best.items() if not row.endswith(_AGAIN)}
        wrong = sorted((share for row, share in real.items() if row not in right), reverse=True)
        return round(wrong[(rows - len(right & set(real))) // 3], 2)

    def quality(cut: float) -> float:
        pool = list(best.values()) if name == "candidate" else [(share, belongs) for _, share, belongs in scored]
        wanted = len(right) if name == "candidate" else sum(belongs for _, _, belongs in scored)
        taken = [belongs for share, belongs in pool if share >= cut]
        return 2 * sum(taken) / (len(taken) + wanted or 1)

    return max((round(cut / 50, 2) for cut in range(3, 45)), key=quality)


def use(weights: dict[str, dict[str, float]]) -> None:
    """Rank with these weights from now on."""
    ranking.weights.cache_clear()
    WEIGHTS.write_text(json.dumps(weights, ensure_ascii=False, indent=0, sort_keys=True) + "\n", "utf-8")


def show(label: str, figures: dict[str, Any]) -> None:
    parts = [
        f"{key} P {v['p']:.2f} R {v['r']:.2f} F1 {v['f1']:.3f}"
        for key, v in figures.items()
        if isinstance(v, dict) and "f1" in v
    ]
    when = figures["effective_date"]
    parts.append(f"date found {when['found']:.3f} invented {when['invented']:.3f} n {when['n']}")
    print(f"{label} ({figures['documents']}, {figures['ms_per_document']:.1f} ms): " + "; ".join(parts))


REPORTS = Path(__file__).parents[1] / "corpus" / "reports.jsonl"  # the weights were not fitted on these


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelled", nargs="*", type=Path, default=[REPORTS])
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--languages", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    bench = Bench(known_platforms())
    rows = {path: load([path]) for path in options.labelled}
    every = [row for some in rows.values() for row in some]
    if options.held_out:
        kept = WEIGHTS.read_text("utf-8")
        for path, some in rows.items():
            use(fit(bench, [row for row in every if row not in some]))
            show(f"held out {path.name}", score(bench, some))
        WEIGHTS.write_text(kept, "utf-8")
        return
    if options.fit:
        count_words(options.labelled)
        use(fit(bench, every))
    figures = score(bench, every)
    print(json.dumps(figures, indent=1)) if options.json else show("all", figures)
    for lang in sorted({row["lang"] for row in every}) if options.languages else ():
        show(lang, score(bench, [row for row in every if row["lang"] == lang]))


if __name__ == "__main__":
    main()
