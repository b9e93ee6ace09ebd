"""Several daemons on one PostgreSQL, killed, frozen and cut off again and again: does anybody miss anything?

    python benchmarks/cluster_kills.py [--short] [--json] [--kills N] [--keep DIRECTORY]

Real daemons (`sellerwatch run`), first two and then three, watch a newsroom on loopback that publishes notices, moved
dates and withdrawals, and tell a mail server and a webhook that log what they get. Meanwhile, in a random order: they
are killed (SIGKILL) at any moment and when they hold looks, captures or messages; frozen (SIGSTOP) for twice their
lease; stopped (SIGTERM), also while the database is away; every connection is cut; PostgreSQL is stopped, or crashes,
and is started again. Then all work on unharmed until nothing is left to do, and the ledger is joined with the logs.

Fails unless nothing is lost, nothing came twice unmarked, each event has one incident and each rung one decision, no
daemon ended by itself, a stop took no longer than it may, and no source was looked at later than one interval after it
was due, apart from the time in which no daemon was up or the database was away.
"""

import argparse
import asyncio
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / "tests")]

from cluster_kills_trial import HOLDS, SHORT, Plan, Trial  # noqa: E402
from postgres import running_postgres  # noqa: E402


def tried(plan: Plan, directory: Path) -> dict[str, Any]:
    """All of it, on a server of its own."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with running_postgres() as server, Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("harm", total=len(plan.acts(random.Random())))
        trial = Trial(plan, server, directory, partial(progress.advance, bar))
        verdict = asyncio.run(trial.run())
    world = trial.world
    harm = trial.harm
    said: Counter[str] = sum((one.said for one in trial.daemons), Counter())
    late = sorted(verdict.late)
    figures = {
        "seconds": round(trial.seconds),
        "harm": dict(harm.done),
        "published": sum(len(items) for items in world.feeds.values()),
        "events": len(world.events),
        "looks": sum(map(len, world.asked.values())),
        "late_s": {"every": plan.every, "p50": median(late), "p99": quantiles(late, n=100)[98], "most": late[-1]},
        "boot_s": {"p50": median(harm.boots), "most": max(harm.boots)},
        "stop_s": {"p50": median(harm.stops), "most": max(harm.stops)},
        "nobody_s": round(sum(end - begin for begin, end in trial.nobody), 1),
        "logged": dict(said.most_common()),
    }
    figures |= {name: value for name, value in asdict(verdict).items() if name not in {"late", "wrong"}}
    if late[-1] > plan.every:
        harm.wrong.append(f"a source was looked at {late[-1]:.0f} s late, every {plan.every:.0f} s")
    return figures | {"wrong": [*harm.wrong, *verdict.wrong]}


def show(found: dict[str, Any], console: Console) -> None:
    """The table, and what is wrong."""
    table = Table(show_header=False)
    table.add_row("harm done", ", ".join(f"{act} {times}" for act, times in sorted(found["harm"].items())))
    table.add_row("news", f"{found['published']} entries of {found['events']} events, {found['looks']} looks")
    table.add_row("incidents", f"{found['incidents']}; {found['decisions']} decisions, {found['deliveries']} messages")
    came = "lost {lost}, unmarked {unmarked}, marked {marked}, set aside {quarantined}"
    table.add_row("received", f"{found['received']}: {came.format_map(found)}")
    table.add_row(
        "looks late",
        "every {every:.0f} s: p50 {p50:.1f} s, p99 {p99:.1f} s, most {most:.1f} s".format_map(found["late_s"])
        + f"; nobody could work for {found['nobody_s']:.0f} of {found['seconds']} s",
    )
    table.add_row(
        "ready, stopped",
        " / ".join("p50 {p50:.1f} s, most {most:.1f} s".format_map(found[one]) for one in ("boot_s", "stop_s")),
    )
    for said, times in list(found["logged"].items())[:12]:
        table.add_row("logged", f"{times} x {said}")
    console.print(table)
    for words in found["wrong"][:30]:
        console.print(f"[bold red]wrong:[/] {words}", soft_wrap=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--kills", type=int)
    parser.add_argument("--keep", type=Path, help="leave the daemons' directories and logs there")
    options = parser.parse_args()
    plan = SHORT if options.short else Plan()
    if options.kills is not None:
        plan = replace(plan, kills=options.kills)
    with tempfile.TemporaryDirectory(prefix="crew-") as directory:
        try:
            found = tried(plan, Path(directory))
        finally:
            if options.keep:
                shutil.copytree(directory, options.keep, dirs_exist_ok=True)
    if options.json:
        print(json.dumps(found))
    else:
        show(found, Console(highlight=False))
    kills = sum(times for act, times in found["harm"].items() if act == "at random" or act in HOLDS)
    print(
        f"kills {kills}, lost {found['lost']}, unmarked {found['unmarked']}, marked {found['marked']}", file=sys.stderr
    )
    return int(bool(found["wrong"]))


if __name__ == "__main__":
    sys.exit(main())
