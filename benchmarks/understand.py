"""What understanding costs and gives: `python benchmarks/understand.py LABELLED.jsonl [--limit N]`.

Runs the shipped model over labelled rows (the keys of corpus/README.md) and, beside it on the same rows, what a seller
would set up instead: an alert on a platform's name together with a word for closing, leaving, banning or the like. CPU
milliseconds a text on one thread, detection, and type and status where an event was rightly found. On texts of the
corpus the model's figures are flattered, as it learnt from them; `python -m monitor.understand.evaluate`
cross-validates.
"""

import argparse
import json
import resource
import time
from pathlib import Path

import yaml
from rich.console import Console
from rich.table import Table

from monitor.domain.platforms import Platform
from monitor.understand import cues
from monitor.understand.analyst import Analyst
from monitor.understand.assess import assess_rows
from monitor.understand.facts import Extractor

PLATFORMS = Path(__file__).parents[1] / "config" / "platforms.yaml"


def known(path: Path = PLATFORMS) -> tuple[Platform, ...]:
    records = yaml.safe_load(path.read_text(encoding="utf-8"))
    plain = [{k: tuple(v) if isinstance(v, list) else v for k, v in record.items()} for record in records]
    return tuple(Platform(**{"aliases": (), **record}) for record in plain)


def keywords(rows: list[dict], platforms: tuple[Platform, ...]) -> list[bool]:
    extractor, risk = Extractor(platforms), set(cues.RISK.values())
    alerts = []
    for row in rows:
        title, text = row.get("title") or "", row["text"]
        word = any(cue.hint in risk for cue in cues.find(f"{title}\n{text}", row["lang"]))
        alerts.append(word and bool(extractor.mentions(title, text, row["lang"], None).platforms))
    return alerts


def quality(truth: list[bool], found: list[bool]) -> tuple[str, str, str]:
    both = sum(t and f for t, f in zip(truth, found, strict=True))
    precision, recall = both / max(1, sum(found)), both / max(1, sum(truth))
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}"


REPORTS = Path(__file__).parents[1] / "corpus" / "reports.jsonl"  # the model was trained on these: see its card


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, nargs="?", default=REPORTS)
    parser.add_argument("--limit", type=int, default=None)
    options = parser.parse_args()
    lines = options.file.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()][: options.limit]
    truth = [row["event_type"] != "none" for row in rows]
    platforms = known()
    analyst = Analyst(platforms)
    list(assess_rows(rows[:1], analyst))  # the encoder is loaded
    started = time.process_time()
    said = list(assess_rows(rows, analyst))
    ours = time.process_time() - started
    started = time.process_time()
    alerts = keywords(rows, platforms)
    theirs = time.process_time() - started
    found = [row["event_type"] != "none" for row in said]
    right = [(g, p) for g, p, t, f in zip(rows, said, truth, found, strict=True) if t and f]
    table = Table("", "precision", "recall", "F1", "ms CPU a text", title=f"{len(rows)} texts, {sum(truth)} events")
    table.add_row("model", *quality(truth, found), f"{1000 * ours / len(rows):.0f}")
    table.add_row("keywords and a name", *quality(truth, alerts), f"{1000 * theirs / len(rows):.1f}")
    console = Console()
    console.print(table)
    for key in ("event_type", "status"):
        share = sum(g[key] == p[key] for g, p in right) / max(1, len(right))
        console.print(f"{key} right where an event was found: {share:.3f}")
    console.print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
