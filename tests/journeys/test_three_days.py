"""The daemon for six simulated hours in a process of its own; `benchmarks/three_days.py --whole` is the long form."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
MIB = 2**20


@pytest.fixture(scope="module")
def found() -> dict:
    """What the benchmark measured."""
    ran = subprocess.run(
        [sys.executable, "benchmarks/three_days.py", "--json"], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    assert ran.stdout, ran.stderr
    return json.loads(ran.stdout)


def test_in_three_days_nothing_grows_but_what_lies_on_disk(found: dict):
    assert found["wrong"].keys() <= {"scrape"}, "how long a scrape takes is the machine's affair as well"
    first, last = found["samples"][0], found["samples"][-1]
    assert last["database"] > first["database"]
    assert last["hour"] == found["scale"]["hours"]


def test_in_three_days_every_incident_is_told_once_while_a_fifth_of_the_sources_is_dead(found: dict):
    rows = found["rows"]
    assert rows["documents"] > 0.8 * found["published"], "of nine hours, what the last two brought may be unread"
    assert found["scale"]["incidents"] <= rows["incidents"] <= found["scale"]["incidents"] + 2, "a drill is one too"
    assert found["received"] >= 2 * found["scale"]["incidents"], "two targets by webhook"
    assert found["lost"] == found["doubled"] == 0
    assert found["findings"] == []


@pytest.mark.case(47)
def test_a_long_read_holds_the_log_of_writes_no_longer_than_it_lasts(
    found: dict, record_property: Callable[[str, object], None]
):
    calm, pinned, end = found["wal_high_water"], found["wal_high_water_pinned"], found["samples"][-1]["wal"]
    assert calm < pinned, "it grew while somebody read"
    assert end <= 64 * MIB
    record_property("figure", f"log {calm / MIB:.0f} MiB, during a read {pinned / MIB:.0f} MiB")
