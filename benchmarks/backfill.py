"""An archive through `sellerwatch backfill`: `python benchmarks/backfill.py [--documents N] [--runs N] [--kills]`.

A seeded archive (`backfill_archive.py`) is read by one process on one core (A), by a pool of two on two cores (B), and
by a Dask cluster of two workers on the same two (C), one after the other, `--runs` times; medians, and the ratios B/A
and C/B. A run's time is that of its work, loading the model included, which a cluster's workers have done before; its
pace is that between a tenth and nine tenths of the bytes, where nobody loads anything or waits for the last slice.
`--kills` instead kills the scheduler and a worker midway, then the command itself and its processes, and counts what
lies in the store: it must be what was written. `--whole` takes 100,000 documents.
"""

import argparse
import json
import os
import resource
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from backfill_archive import archive
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parents[1]
WHOLE = 100_000
_COMMAND = [sys.executable, "-m", "monitor", "backfill", "--config", str(HERE / "config"), "--json"]


def cores(number: int) -> set[int]:
    return set(sorted(os.sched_getaffinity(0))[:number])


def started(arguments: Sequence[str], on: int, folder: Path) -> subprocess.Popen[str]:
    """The process on so many cores; its children inherit them."""
    with (folder / "errors.log").open("a") as errors:
        return subprocess.Popen(
            arguments,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(HERE)},
            preexec_fn=lambda: os.sched_setaffinity(0, cores(on)),
            start_new_session=True,
        )


def command(folder: Path, store: str, how: Sequence[str], on: int, of: str = "archive") -> subprocess.Popen[str]:
    return started([*_COMMAND, str(folder / of), "--to", str(folder / store), *how], on, folder)


def rows(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def timed(folder: Path, store: str, how: Sequence[str], on: int, of: str = "archive") -> dict[str, Any]:
    """The last words of a whole run into a store of its own, with the processor's seconds of its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = command(folder, store, how, on, of)
    *slices, last = rows(process)
    if process.wait() or last["event"] != "done":
        raise SystemExit(f"{store} ended with {process.returncode}: {last}; see {folder / 'errors.log'}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    middle = [row for row in slices if 0.1 <= row["bytes_done"] / row["bytes_total"] <= 0.9]
    pace = 0.0
    if len(middle) > 1:
        first, until = middle[0], middle[-1]
        pace = (until["documents"] - first["documents"]) / (until["seconds"] - first["seconds"])
    return last | {"pace": pace, "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


class Cluster:
    """A scheduler and two workers of one thread; whatever is killed is started again, as a supervisor does."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address, self._folder = f"tcp://127.0.0.1:{port}", folder
        self.over = threading.Event()
        dask, here = [sys.executable, "-m", "distributed.cli"], ["--host", "127.0.0.1", "--no-dashboard"]
        self._lines = {
            "scheduler": [*dask[:2], "distributed.cli.dask_scheduler", *here, "--port", str(port)],
            **{
                f"worker{n}": [*dask[:2], "distributed.cli.dask_worker", self.address, *here, "--nthreads", "1",
                               "--local-directory", str(folder / f"worker{n}")]
                for n in (1, 2)
            },
        }  # fmt: skip
        self.processes = {name: started(line, 2, folder) for name, line in self._lines.items()}

    def tend(self) -> None:
        """Start again what has ended, until `over`."""
        while not self.over.wait(1):
            for name, process in self.processes.items():
                if process.poll() is not None:
                    self.processes[name] = started(self._lines[name], 2, self._folder)

    def kill(self, name: str) -> None:
        os.killpg(self.processes[name].pid, signal.SIGKILL)


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    found = Cluster(folder)
    tending = threading.Thread(target=found.tend)
    tending.start()
    try:
        yield found
    finally:
        found.over.set()
        tending.join()
        for process in found.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def measure(folder: Path, runs: int) -> dict[str, Any]:
    seconds: dict[str, list[float]] = {"one": [], "pool": [], "dask": []}
    pace: dict[str, list[float]] = {name: [] for name in seconds}
    cpu: dict[str, list[float]] = {"one": [], "pool": []}  # a cluster's workers are not the command's
    events = set()
    with cluster(folder) as dask:
        ways = {"one": (["--workers", "1"], 1), "pool": (["--workers", "2"], 2), "dask": (["--dask", dask.address], 2)}
        timed(folder, "warm.db", ["--dask", dask.address], 2, of="warm")  # its workers stay, and have loaded the model
        for run in range(runs):
            for name, (how, on) in ways.items():
                last = timed(folder, f"{name}-{run}.db", how, on)
                seconds[name].append(last["seconds"])
                pace[name].append(last["pace"])
                if name in cpu:
                    cpu[name].append(last["cpu"])
                events.add((last["store"]["documents"], last["store"]["events"]))
    middle = {name: statistics.median(some) for name, some in seconds.items()}
    steady = {name: statistics.median(some) for name, some in pace.items()}
    (documents, found), *others = events
    return {
        "documents": documents,
        "events": found,
        "all_alike": not others,
        "seconds": seconds,
        "a_second": {name: documents / one for name, one in middle.items()},
        "pool_to_one": middle["one"] / middle["pool"],
        "dask_to_pool": middle["pool"] / middle["dask"],
        "pace": steady,
        "pace_pool_to_one": steady["pool"] / max(steady["one"], 1e-9),
        "pace_dask_to_pool": steady["dask"] / max(steady["pool"], 1e-9),
        "cpu_seconds": cpu,
        "load": os.getloadavg()[0],
    }


def killed(folder: Path, documents: int) -> dict[str, Any]:
    """Kills midway; what lies in the store afterwards."""
    marks = {1: "worker1", 3: "scheduler"}  # after so many slices
    deaths = []
    with cluster(folder) as dask:
        process = command(folder, "dask.db", ["--dask", dask.address], 2)
        last: dict[str, Any] = {}
        for number, row in enumerate(rows(process), 1):
            last = row
            if number in marks:
                dask.kill(marks[number])
                deaths.append(marks[number])
        process.wait()
        in_one_run = last.get("event") == "done"
        if not in_one_run:
            timed(folder, "dask.db", ["--dask", dask.address], 2)
    with ExitStack() as stack:
        process = stack.enter_context(command(folder, "pool.db", ["--workers", "2"], 2))
        next(rows(process))
        os.killpg(process.pid, signal.SIGKILL)  # the command and all its processes
        deaths.append("the command and its pool")
    timed(folder, "pool.db", ["--workers", "2"], 2)
    return {
        "killed": deaths,
        "dask_went_on_by_itself": in_one_run,
        **{name: {"wanted": documents, **counted(folder / f"{name}.db")} for name in ("dask", "pool")},
    }


def counted(store: Path) -> dict[str, int]:
    with sqlite3.connect(store) as database:
        names = ("documents", "assessments", "deliveries", "backfill_failures")
        return {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--whole", action="store_true", help=f"{WHOLE:,} documents")
    parser.add_argument("--kills", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # its cluster ends with it
    documents = WHOLE if options.whole else options.documents
    with tempfile.TemporaryDirectory(prefix="backfill-") as place:
        folder = Path(place)
        (folder / "archive").mkdir()
        archive(folder / "archive", documents, max(4, documents // 5_000))
        (folder / "warm").mkdir()
        archive(folder / "warm", 400, 4)
        figures = killed(folder, documents) if options.kills else measure(folder, options.runs)
    if options.json:
        print(json.dumps(figures))
        return
    table = Table("", "", title=f"{documents:,} documents")
    for key, value in figures.items():
        for part, one in value.items() if isinstance(value, dict) else [("", value)]:
            table.add_row(f"{key} {part}".strip(), f"{one:,.2f}" if isinstance(one, float) else str(one))
    Console().print(table)


if __name__ == "__main__":
    main()
