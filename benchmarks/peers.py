"""The same feeds by us and by others, in one run: first and unchanged refresh, CPU of the whole process tree; and both
of a process that has started before, as a daemon's is.

    python benchmarks/peers.py [FEEDS] [ROUNDS] [--json]

lemon24/reader and newsboat are installed here: reader by pip into an environment of its own, newsboat by apt-get when
it is missing and this runs as root; who cannot be had is said to be left out. Rounds take turns, each from an empty
database that stands already; the server counts every request, and a round in which one is missing does not count.
Start-up is in everybody's figures but those of running processes, adding the feeds in nobody's. Running, we and reader
(as a library) refresh once, and elsewhere twice, of which the second counts; newsboat has no such mode. The goals are
held up to the figures, and said to be met or missed: our unchanged refresh takes no more CPU than reader's, our first
one, with documents stored and deduplicated, at most 60 %, each whole and running. Fails only when it could not measure.
Understanding: see watch.py.
"""

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import watch

FIRST, UNCHANGED, RUNNING, AFRESH = WHAT = (
    "first refresh", "unchanged refresh", "unchanged, running", "first, running",
)  # fmt: skip
MOST = {FIRST: 0.6, UNCHANGED: 1.0, RUNNING: 1.0, AFRESH: 0.6}  # of reader's CPU
TIMES = {RUNNING: 2, AFRESH: 1}  # that a process refreshes
READER = "reader==3.26"
Measured = tuple[float, float, int]  # wall, CPU, entries kept
Refresh = Callable[[Path, int, int, str], Measured | None]

OPEN = """
import asyncio, sys
from monitor.store.database import Database
async def made():
    await (await Database.open(f"sqlite:///{sys.argv[1]}")).close()
asyncio.run(made())
"""
ADD = """
import sys
from reader import make_reader
reader = make_reader(sys.argv[1])
for number in range(int(sys.argv[3])):
    reader.add_feed(f"http://127.0.0.1:{sys.argv[2]}/{number}.xml")
"""
UPDATE = """
import sys
from reader import make_reader
reader = make_reader(sys.argv[1])
reader.update_feeds(workers=10, scheduled=False)
"""
AGAIN = """
import json, os, sys, time
from reader import make_reader
reader = make_reader(sys.argv[1])
for _ in range(int(sys.argv[2])):
    began, used = time.perf_counter(), sum(os.times()[:4])
    reader.update_feeds(workers=10, scheduled=False)
    wall, cpu = time.perf_counter() - began, sum(os.times()[:4]) - used
print(json.dumps([wall, cpu]))
"""
COUNT = """
import sys
from reader import make_reader
print(make_reader(sys.argv[1]).get_entry_counts().total)
"""


def ours(folder: Path, port: int, feeds: int, what: str) -> Measured:
    database = folder / ("afresh.db" if what == AFRESH else "ours.db")
    if what in (FIRST, AFRESH):  # an empty database, as `ADD` leaves one to reader
        subprocess.run([sys.executable, "-c", OPEN, str(database)], check=True, cwd=Path(__file__).parents[1])
    if what in (RUNNING, AFRESH):
        return watch.running(database, port, feeds, 6, TIMES[what])
    return watch.refresh(folder, port, feeds, 3 if what == UNCHANGED else 0)


def reader(environment: Path) -> Refresh:
    """Its own library, as its documentation has it; without `scheduled=False` a second call would ask nobody."""
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        wanted = [READER, "sgmllib3k"]  # the second is missing from its own requirements
        subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True, stderr=subprocess.DEVNULL)

    def refresh(folder: Path, port: int, feeds: int, what: str) -> Measured:
        file = str(folder / ("afresh.db" if what == AFRESH else "reader.db"))
        if what in (FIRST, AFRESH):
            subprocess.run([python, "-c", ADD, file, str(port), str(feeds)], check=True)
        asked = ["-c", AGAIN, file, str(TIMES[what])] if what in TIMES else ["-c", UPDATE, file]
        wall, cpu, said = watch.costs([str(python), *asked])
        if what in TIMES:
            wall, cpu = json.loads(said.splitlines()[-1])
        kept = subprocess.run([python, "-c", COUNT, file], check=True, capture_output=True, text=True)
        return wall, cpu, int(kept.stdout)

    return refresh


def newsboat(server: watch.Server) -> Refresh | None:
    if shutil.which("newsboat") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "--yes", "newsboat"], check=False, capture_output=True)
    program = shutil.which("newsboat")

    def refresh(folder: Path, port: int, feeds: int, what: str) -> Measured | None:
        if what in TIMES:
            return None
        urls, config, cache = (folder / name for name in ("urls", "config", "newsboat.db"))
        urls.write_text("".join(f"http://127.0.0.1:{port}/{number}.xml\n" for number in range(feeds)))
        config.write_text("reload-threads 16\n")
        files = ["-u", str(urls), "-C", str(config), "-c", str(cache)]
        if what == UNCHANGED:  # it asks conditionally from its third reload on
            watch.costs([str(program), *files, "-x", "reload"], HOME=str(folder))
            server.counted()
        wall, cpu, _ = watch.costs([str(program), *files, "-x", "reload"], HOME=str(folder))
        with sqlite3.connect(cache) as database:
            kept: int = database.execute("select count(*) from rss_item").fetchone()[0]
        database.close()
        return wall, cpu, kept

    return refresh if program else None


def measured(
    server: watch.Server, programs: dict[str, Refresh], feeds: int, rounds: int
) -> dict[tuple[str, str], list[Measured]]:
    """Each program's figures of each refresh that it can do."""
    figures: dict[tuple[str, str], list[Measured]] = {}
    answers = {FIRST: {200: feeds}, UNCHANGED: {304: feeds}, RUNNING: {304: 2 * feeds}, AFRESH: {200: feeds}}
    for number in range(rounds):
        for name in list(programs)[number % len(programs) :] + list(programs)[: number % len(programs)]:
            with tempfile.TemporaryDirectory() as folder:
                for what in WHAT:
                    server.counted()
                    one = programs[name](Path(folder), server.port, feeds, what)
                    if one is None:
                        continue
                    counted = server.counted()
                    if counted != answers[what] or one[2] != feeds * watch.ENTRIES:
                        print(f"{name}: answered {counted}, kept {one[2]}: this round does not count", file=sys.stderr)
                        continue
                    figures.setdefault((name, what), []).append(one)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description="The same feeds by us and by others.")
    parser.add_argument("feeds", nargs="?", type=int, default=watch.FEEDS)
    parser.add_argument("rounds", nargs="?", type=int, default=watch.ROUNDS)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    feeds, rounds = asked.feeds, asked.rounds
    with tempfile.TemporaryDirectory() as installed, watch.serving(feeds) as server:
        programs: dict[str, Refresh] = {"sellerwatch": ours}
        try:
            programs["reader"] = reader(Path(installed) / "reader")
        except subprocess.CalledProcessError:
            print("reader is left out: it cannot be installed here", file=sys.stderr)
        if (boat := newsboat(server)) is not None:
            programs["newsboat"] = boat
        else:
            print("newsboat is left out: install it to have it beside us", file=sys.stderr)
        figures = measured(server, programs, feeds, rounds)
    cpu = {key: statistics.median(one[1] for one in of) for key, of in figures.items()}
    wall = {key: statistics.median(one[0] for one in of) for key, of in figures.items()}
    goals = {
        what: cpu["sellerwatch", what] / cpu["reader", what]
        for what in WHAT
        if {("sellerwatch", what), ("reader", what)} <= cpu.keys()
    }
    if asked.json:
        rows = [
            {"what": what, "program": name, "wall": wall[name, what], "cpu": took} for (name, what), took in cpu.items()
        ]
        held = [
            {"what": what, "of_readers": part, "most": MOST[what], "met": part <= MOST[what]}
            for what, part in goals.items()
        ]
        print(json.dumps({"feeds": feeds, "rounds": rounds, "figures": rows, "goals": held}, indent=2))
    else:
        print(f"{feeds} feeds of {watch.ENTRIES} entries, medians of {rounds} rounds")
        for (name, what), took in sorted(cpu.items(), key=lambda item: WHAT.index(item[0][1])):
            beside = f"{took / cpu['reader', what]:5.0%} of reader's" if ("reader", what) in cpu else ""
            each = f"{took / feeds * 1e3:6.2f} ms a feed  {beside}"
            print(f"{what:<18} {name:<12} {wall[name, what]:7.2f} s, {took:7.2f} s CPU, {each}")
        for what, part in goals.items():
            verdict = "met" if part <= MOST[what] else "MISSED"
            print(f"{what}: {part:.0%} of reader's CPU, goal {MOST[what]:.0%}: {verdict}")
    return 0 if all(("sellerwatch", what) in cpu for what in WHAT) else 1


if __name__ == "__main__":
    sys.exit(main())
