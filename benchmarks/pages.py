"""Pages glued from several stories, by seed: does one event among others show, do harmless pages stay quiet?

`python benchmarks/pages.py [--pages N] [--seed S] [--model DIRECTORY] [--json]`. A page has 4 to 10 harmless stories of
one language, or 11 to 24, at most two of them with an event's words (`hard_negative`), and every second page one event
at a random place: whole, or its first sentences only; as paragraphs with headings or without, or run together in one
paragraph. The title is that of a harmless story, or says nothing. Texts that the model has learnt from flatter it: give
it one that has not (`--model`), fitted with `monitor.training.learn.fit` on other texts.
"""

import argparse
import json
import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from monitor.config import load
from monitor.domain.platforms import Platform
from monitor.understand.analyst import Analyst
from monitor.understand.assess import assess_rows
from monitor.understand.model import Model
from monitor.understand.windows import sentences

HERE = Path(__file__).parents[1]
MOST_HARD = 2  # of a page's harmless stories
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """A page as a row; where in its text the event is told, and the labels of that event; or neither."""

    row: Row
    told: tuple[int, int] | None
    event: Row | None


def glued(stories: Sequence[Row], number: int, seed: int) -> Iterator[Page]:
    """So many pages, every second one with an event, from languages with enough stories."""
    rng = random.Random(seed)
    by_language: dict[str, dict[str, list[Row]]] = {}
    for story in stories:
        kind = "event" if story["event_type"] != "none" else "hard" if story.get("hard_negative") else "plain"
        by_language.setdefault(story["lang"], {"event": [], "hard": [], "plain": []})[kind].append(story)
    languages = [lang for lang, some in by_language.items() if some["event"] and len(some["plain"]) >= 4]
    for page in range(number):
        some = by_language[rng.choice(languages)]
        hard = rng.sample(some["hard"], min(len(some["hard"]), rng.randint(0, MOST_HARD)))
        most = rng.randint(4, 10) if rng.random() < 0.5 else rng.randint(11, 24)
        plain = rng.sample(some["plain"], min(len(some["plain"]), most - len(hard)))
        harmless = [*hard, *plain]
        rng.shuffle(harmless)
        yield _page(f"page-{page}", harmless, rng.choice(some["event"]) if page % 2 else None, rng)


def _page(name: str, harmless: list[Row], event: Row | None, rng: random.Random) -> Page:
    title = (harmless[0]["title"] or "") if rng.random() < 0.5 else rng.choice(["", "24/7", "News"])
    gap, headed = rng.choice([("\n\n", True), ("\n\n", False), ("\n", False), (" ", False)])
    brief = rng.random() < 0.5
    order = [*harmless]
    if event:
        order.insert(rng.randint(1, len(order)), event)
    text, told = "", None
    for story in order:
        text += gap if text else ""
        start = len(text)
        text += _told(story, headed, brief and story is event)
        told = (start, len(text)) if story is event else told
    published = (event or harmless[0]).get("published")
    row = {"id": name, "lang": harmless[0]["lang"], "title": title, "text": text, "published": published}
    return Page({**row, "source_kind": "news"}, told, event)


def _told(story: Row, headed: bool, brief: bool) -> str:
    title, text = (story["title"] or "").strip(), " ".join(story["text"].split())
    if brief:
        bounds = sentences(text, 0, len(text))
        text = text[: bounds[min(1, len(bounds) - 1)][1]] if bounds else text
    if headed or not text:
        return f"{title}\n{text}".strip()
    return text if len(text) > 80 or not title else f"{title}. {text}"


def known() -> tuple[Platform, ...]:
    return load(HERE / "config").platforms


def stories() -> list[Row]:
    """The corpus' stories that are no pages themselves."""
    files = sorted((HERE / "corpus").glob("stories-*.jsonl"))
    rows = [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [row for row in rows if len(row["text"]) <= 1_200]


def shows(page: Page, said: Row) -> bool:
    """Whether a signal's first span, what decided it, stands where the page tells its event."""
    if not page.told:
        return False
    start, end = page.told
    decided = [signal["spans"][0] for signal in said["signals"]]
    return any(span["field"] == "text" and start <= span["start"] < end for span in decided)


def measure(number: int, seed: int, model: Path | None, quiet: bool) -> dict[str, float]:
    analyst = Analyst(known(), model=Model.load(model))
    rows = stories()
    list(assess_rows({row["lang"]: row for row in rows}.values(), analyst))  # what loads at first use is loaded
    pages = list(glued(rows, number, seed))
    told: list[tuple[Page, Row]] = []
    spent: list[float] = []
    for page in track(pages, "pages", disable=quiet):
        started = time.process_time()
        (said,) = assess_rows([page.row], analyst)
        spent.append(1000 * (time.process_time() - started))
        told.append((page, said))
    events = [(page, said) for page, said in told if page.event]
    harmless = [said for page, said in told if not page.event]
    spent.sort()
    return {
        "pages": len(pages),
        "characters": sum(len(page.row["text"]) for page in pages) / len(pages),
        "events found": sum(bool(said["signals"]) for _, said in events) / len(events),
        "events found where they are told": sum(shows(page, said) for page, said in events) / len(events),
        "false alarms": sum(bool(said["signals"]) for said in harmless) / len(harmless),
        "ms, mean": sum(spent) / len(spent),
        "ms, 99th percentile": spent[min(len(spent) - 1, int(0.99 * len(spent)))],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", type=Path, help="a directory with model.npz and card.json")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core, also for the threads of libraries
    figures = measure(options.pages, options.seed, options.model, options.json)
    if options.json:
        print(json.dumps(figures))
        return
    table = Table("", "", title="Pages glued from several stories")
    for name, figure in figures.items():
        table.add_row(name, f"{figure:,.3f}" if figure < 1 else f"{figure:,.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
