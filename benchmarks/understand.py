"""What understanding costs on a stream as feeds have it: `python benchmarks/understand.py [--documents N] [--json]`.

1,000 documents of the corpus, drawn with replacement by seed: 5 % report events, 15 % name a platform (the events
among them, and harmless stories), the others are ordinary news without one. CPU milliseconds of this process on one
core: loading, then a document in the mean, the median and the 99th percentile; the same of those that surely went the
whole way, as they were given a signal, and of the events; memory at its peak. The text of a document counts, not its
fetching or parsing. Texts of the corpus flatter the verdicts, not the cost.
"""

import argparse
import json
import os
import random
import resource
import time
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.progress import track
from rich.table import Table

from monitor.domain.platforms import Platform
from monitor.understand import language
from monitor.understand.analyst import Analyst
from monitor.understand.assess import assess_rows
from monitor.understand.facts import Extractor

HERE = Path(__file__).parents[1]
EVENTS, NAMED = 0.05, 0.15
Row = dict[str, Any]


def known(path: Path = HERE / "config" / "platforms.yaml") -> tuple[Platform, ...]:
    records = yaml.safe_load(path.read_text(encoding="utf-8"))
    plain = [{k: tuple(v) if isinstance(v, list) else v for k, v in record.items()} for record in records]
    return tuple(Platform(**{"aliases": (), **record}) for record in plain)


def corpus() -> list[Row]:
    files = sorted((HERE / "corpus").glob("*.jsonl"))
    return [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines() if line]


def stream(rows: list[Row], platforms: tuple[Platform, ...], documents: int, seed: int) -> list[Row]:
    """A shuffled stream with the shares above; titles alone, abstracts and pages in it as the corpus has them."""
    extractor = Extractor(platforms)

    def names(row: Row) -> bool:
        lang = language.detect(row["title"] or "", row["text"], row["lang"])
        return bool(extractor.mentions(row["title"] or "", row["text"], lang, None).platforms)

    rng = random.Random(seed)
    events = [row for row in rows if row["event_type"] != "none"]
    harmless = [row for row in rows if row["event_type"] == "none"]
    naming = [row for row in harmless if names(row)]
    ordinary = [row for row in harmless if not names(row)]
    plain = [row for row in ordinary if not row.get("hard_negative")] or ordinary
    shares = (events, EVENTS), (naming, NAMED - EVENTS), (plain, 1 - NAMED)
    drawn = [row for some, share in shares for row in rng.choices(some, k=round(share * documents))]
    rng.shuffle(drawn)
    return [{**row, "id": f"{number}-{row['id']}"} for number, row in enumerate(drawn)]


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def summary(values: list[float]) -> dict[str, float]:
    mean = sum(values) / max(1, len(values))
    return {"mean": mean, "median": percentile(values, 0.5), "p99": percentile(values, 0.99)}


def measure(documents: int, seed: int, quiet: bool) -> dict[str, Any]:
    platforms = known()
    rows = stream(corpus(), platforms, documents, seed)
    started = time.process_time()
    analyst = Analyst(platforms)
    list(assess_rows(rows[:1], analyst))  # what loads at first use is loaded
    loading = time.process_time() - started
    spent: list[float] = []
    told: list[bool] = []
    for row in track(rows, "documents", disable=quiet):
        started = time.process_time()
        (said,) = assess_rows([row], analyst)
        spent.append(1000 * (time.process_time() - started))
        told.append(bool(said["signals"]))
    whole = [cost for cost, signals in zip(spent, told, strict=True) if signals]
    events = [cost for cost, row in zip(spent, rows, strict=True) if row["event_type"] != "none"]
    lengths = [float(len(row["text"])) for row in rows]
    return {
        "documents": len(rows),
        "characters": {"median": percentile(lengths, 0.5), "p99": percentile(lengths, 0.99)},
        "loading_ms": 1000 * loading,
        "ms": summary(spent),
        "ms_whole_way": {"share": len(whole) / len(spent), **summary(whole)},
        "ms_events": summary(events),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core, also for the threads of libraries
    figures = measure(options.documents, options.seed, options.json)
    if options.json:
        print(json.dumps(figures))
        return
    table = Table("", "", title=f"{figures['documents']} documents, one core")
    for key, value in figures.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        for part, number in parts:
            table.add_row(f"{key} {part}".strip(), f"{number:,.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
