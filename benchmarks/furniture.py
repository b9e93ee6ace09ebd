"""Whether page furniture changes verdicts: `python benchmarks/furniture.py [--texts N] [--seed S] [--json]`.

Texts of the corpus, half of them events, drawn by seed (`--texts 0`: all of the corpus) are understood bare and wrapped
in each of the ten kinds of furniture that the tests use (`tests/understand/furnish.py`). For each kind: the share of
texts with the same event type before and after, of events that were hidden, of harmless texts that became events, and
of texts whose story was cut out unchanged. The aim is 97 %. 200 texts take about a minute and a half of CPU.
"""

import argparse
import importlib.util
import json
import random
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from monitor.config import load
from monitor.domain.platforms import Platform
from monitor.understand.analyst import Analyst
from monitor.understand.assess import assess_rows
from monitor.understand.furniture import content

HERE = Path(__file__).parents[1]


def known() -> tuple[Platform, ...]:
    return load(HERE / "config").platforms


def furnisher() -> ModuleType:
    spec = importlib.util.spec_from_file_location("furnish", HERE / "tests" / "understand" / "furnish.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError("the tests are not here")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def story(title: str, text: str) -> str:
    return " ".join("".join(text[start:end] for start, end in content(title, text)).split())


def drawn(number: int, seed: int) -> list[dict[str, Any]]:
    """So many texts of the corpus, every second one of an event; all of it for 0."""
    files = sorted((HERE / "corpus").glob("*.jsonl"))
    rows = [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines() if line]
    if not number:
        return rows
    rng = random.Random(seed)
    events = [row for row in rows if row["event_type"] != "none"]
    harmless = [row for row in rows if row["event_type"] == "none"]
    return rng.sample(events, number // 2) + rng.sample(harmless, number - number // 2)


def measure(rows: list[dict[str, Any]], quiet: bool) -> dict[str, dict[str, float]]:
    furnish = furnisher()
    analyst = Analyst(known())
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in furnish.KINDS}
    for number, row in enumerate(track(rows, "texts", disable=quiet)):
        title, text = row["title"] or "", row["text"]
        (bare,) = assess_rows([row], analyst)
        for kind, count in counts.items():
            wrapped = furnish.furnish(kind, title, text, row["lang"], number)
            (said,) = assess_rows([{**row, "text": wrapped}], analyst)
            before, after = bare["event_type"], said["event_type"]
            count["same"] += before == after
            count["hidden"] += before != "none" and after == "none"
            count["made"] += before == "none" and after != "none"
            count["cut out"] += story(title, text) == story(title, wrapped)
    shares = {kind: {key: count[key] / len(rows) for key in _COLUMNS} for kind, count in counts.items()}
    together = {key: sum(share[key] for share in shares.values()) / len(shares) for key in _COLUMNS}
    return {**shares, "together": together}


_COLUMNS = ("same", "hidden", "made", "cut out")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = drawn(options.texts, options.seed)
    figures = measure(rows, options.json)
    if options.json:
        print(json.dumps(figures))
        return
    table = Table(
        "furniture",
        "same verdict",
        "event hidden",
        "event made",
        "story cut out",
        title=f"Page furniture, {len(rows)} texts",
    )
    for kind, shares in figures.items():
        table.add_row(kind, *(f"{shares[key]:.3f}" for key in _COLUMNS))
    Console().print(table)


if __name__ == "__main__":
    main()
