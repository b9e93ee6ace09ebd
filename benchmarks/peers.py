"""The same feeds by us and by others, in one run: first refresh and unchanged refresh, CPU of the whole process tree.

    python benchmarks/peers.py [FEEDS] [ROUNDS]

lemon24/reader and newsboat are installed here: reader by pip into an environment of its own, newsboat by apt-get when
it is missing and this runs as root; who cannot be had is said to be left out. Rounds take turns, each from an empty
database; the server counts every request, and a round in which one is missing does not count. Start-up is in
everybody's figures, adding the feeds in nobody's. Fails when our unchanged refresh takes more CPU than reader's, or our
first refresh, with documents stored and deduplicated, more than 60 % of reader's. Understanding: see watch.py.
"""

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

FIRST, UNCHANGED = 0.6, 1.0  # of reader's CPU, at most
READER = "reader==3.26"
Measured = tuple[float, float, int]  # wall, CPU, entries kept
Refresh = Callable[[Path, int, int, bool], Measured]

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
COUNT = """
import sys
from reader import make_reader
print(make_reader(sys.argv[1]).get_entry_counts().total)
"""


def ours(folder: Path, port: int, feeds: int, again: bool) -> Measured:
    return watch.refresh(folder, port, feeds, 3 if again else 0)


def reader(environment: Path) -> Refresh:
    """Its own library, as its documentation has it; without `scheduled=False` a second call would ask nobody."""
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        wanted = [READER, "sgmllib3k"]  # the second is missing from its own requirements
        subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True, stderr=subprocess.DEVNULL)

    def refresh(folder: Path, port: int, feeds: int, again: bool) -> Measured:
        file = str(folder / "reader.db")
        if not again:
            subprocess.run([python, "-c", ADD, file, str(port), str(feeds)], check=True)
        wall, cpu, _ = watch.costs([str(python), "-c", UPDATE, file])
        kept = subprocess.run([python, "-c", COUNT, file], check=True, capture_output=True, text=True)
        return wall, cpu, int(kept.stdout)

    return refresh


def newsboat(server: watch.Server) -> Refresh | None:
    if shutil.which("newsboat") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "--yes", "newsboat"], check=False, capture_output=True)
    program = shutil.which("newsboat")

    def refresh(folder: Path, port: int, feeds: int, again: bool) -> Measured:
        urls, config, cache = (folder / name for name in ("urls", "config", "newsboat.db"))
        urls.write_text("".join(f"http://127.0.0.1:{port}/{number}.xml\n" for number in range(feeds)))
        config.write_text("reload-threads 16\n")
        files = ["-u", str(urls), "-C", str(config), "-c", str(cache)]
        if again:  # it asks conditionally from its third reload on
            watch.costs([str(program), *files, "-x", "reload"], HOME=str(folder))
            server.counted()
        wall, cpu, _ = watch.costs([str(program), *files, "-x", "reload"], HOME=str(folder))
        with sqlite3.connect(cache) as database:
            kept: int = database.execute("select count(*) from rss_item").fetchone()[0]
        database.close()
        return wall, cpu, kept

    return refresh if program else None


def main(feeds: int = watch.FEEDS, rounds: int = watch.ROUNDS) -> int:
    figures: dict[tuple[str, bool], list[Measured]] = {}
    with tempfile.TemporaryDirectory() as installed, watch.serving(feeds) as server:
        programs: dict[str, Refresh] = {"sellerwatch": ours}
        try:
            programs["reader"] = reader(Path(installed) / "reader")
        except subprocess.CalledProcessError:
            print("reader is left out: it cannot be installed here")
        if (boat := newsboat(server)) is not None:
            programs["newsboat"] = boat
        else:
            print("newsboat is left out: install it to have it beside us")
        for number in range(rounds):
            for name in list(programs)[number % len(programs) :] + list(programs)[: number % len(programs)]:
                with tempfile.TemporaryDirectory() as folder:
                    for again in (False, True):
                        server.counted()
                        measured = programs[name](Path(folder), server.port, feeds, again)
                        counted, expected = server.counted(), {304 if again else 200: feeds}
                        if counted != expected or measured[2] != feeds * watch.ENTRIES:
                            print(f"{name}: answered {counted}, kept {measured[2]}: this round does not count")
                            continue
                        figures.setdefault((name, again), []).append(measured)
    print(f"{feeds} feeds of {watch.ENTRIES} entries, medians of {rounds} rounds")
    cpu = {key: statistics.median(one[1] for one in measured) for key, measured in figures.items()}
    for (name, again), measured in sorted(figures.items(), key=lambda item: item[0][1]):
        wall = statistics.median(one[0] for one in measured)
        took = cpu[name, again]
        what = "unchanged refresh" if again else "first refresh"
        beside = f"{took / cpu['reader', again]:5.0%} of reader's" if ("reader", again) in cpu else ""
        print(f"{what:<18} {name:<12} {wall:7.2f} s, {took:7.2f} s CPU, {took / feeds * 1e3:6.2f} ms a feed  {beside}")
    missed = [
        what
        for what, again, most in (("first", False, FIRST), ("unchanged", True, UNCHANGED))
        if ("reader", again) in cpu and cpu.get(("sellerwatch", again), float("inf")) > most * cpu["reader", again]
    ]
    print(
        f"missed: {', '.join(missed)}"
        if missed
        else "both goals are met"
        if "reader" in programs
        else "no goal to hold"
    )
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
