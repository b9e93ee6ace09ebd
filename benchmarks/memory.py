"""What `sellerwatch assess` holds in memory: `python benchmarks/memory.py [FILE ...] [--json]`.

The command reads the lines of each FILE (default: `corpus/reports.jsonl`, then pages glued from it, ten texts each) as
it does for a user; meanwhile the proportional (PSS) and unique (USS) memory of all its processes is read from /proc,
ten times a second. The peaks are printed. A page that two processes share counts once in the sum of PSS.
Fails above the limit that the project has set itself, 400 MB.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from idle import family
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parents[1]
MOST_MB = 400
EVERY = 0.1  # seconds
GLUED = 10  # texts in a long page
_NOTHING = {"pss": 0.0, "uss": 0.0}


def held(pid: int) -> dict[str, float]:
    """MB of one process; zero when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except (FileNotFoundError, ProcessLookupError):
        return _NOTHING
    sizes = {name: int(rest.split()[0]) * 1024 / 1e6 for name, _, rest in (line.partition(":") for line in lines)}
    if "Pss" not in sizes:  # it is ending
        return _NOTHING
    return {"pss": sizes["Pss"], "uss": sizes["Private_Clean"] + sizes["Private_Dirty"]}


def peak(lines: bytes) -> dict[str, float]:
    """The most MB that all processes of one `assess` held at once, how many they were, and how long it took."""
    most = {"pss": 0.0, "uss": 0.0, "processes": 0.0}
    command = [sys.executable, "-m", "monitor", "assess", "-"]
    started = time.monotonic()
    with tempfile.TemporaryFile() as given:
        given.write(lines)
        given.seek(0)
        running = subprocess.Popen(command, stdin=given, stdout=subprocess.DEVNULL, cwd=HERE)
        while running.poll() is None:
            some = [held(pid) for pid in family(running.pid)]
            now = {key: sum(one[key] for one in some) for key in _NOTHING} | {"processes": float(len(some))}
            most = {key: max(value, now[key]) for key, value in most.items()}
            time.sleep(EVERY)
    if running.returncode:
        raise SystemExit(running.returncode)
    return most | {"seconds": time.monotonic() - started}


def glued(lines: bytes) -> bytes:
    """Long pages: the texts of `GLUED` rows under the first one's title."""
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines.splitlines() if line.strip()]
    groups = [rows[at : at + GLUED] for at in range(0, len(rows), GLUED)]
    pages = [{**some[0], "text": "\n\n".join(row["text"] for row in some)} for some in groups]
    return "\n".join(json.dumps(page) for page in pages).encode()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    reports = (HERE / "corpus" / "reports.jsonl").read_bytes()
    inputs = {str(path): path.read_bytes() for path in options.files} or {"reports": reports, "pages": glued(reports)}
    figures = {name: peak(lines) for name, lines in inputs.items()}
    if options.json:
        print(json.dumps(figures))
    else:
        table = Table("", "PSS, MB", "USS, MB", "processes", "seconds", title="the most at one moment")
        for name, most in figures.items():
            table.add_row(name, *(f"{most[key]:.0f}" for key in ("pss", "uss", "processes", "seconds")))
        Console().print(table)
    return int(any(most["pss"] > MOST_MB for most in figures.values()))


if __name__ == "__main__":
    sys.exit(main())
