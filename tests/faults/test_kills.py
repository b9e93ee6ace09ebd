"""Case 35, in short: killed at each marked point and at random, on both databases, two daemons at once; `make kills` is
the long form.
"""

import sys
from pathlib import Path

import pytest
from postgres import Postgres

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from kills import RANDOM, Trial
from kills_child import OUTBOX, PATH

pytestmark = pytest.mark.long

KILLS = 12


@pytest.mark.case(35)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_case_35_a_daemon_killed_at_any_moment_loses_nothing_and_marks_every_second_copy(
    database: str, tmp_path: Path, request: pytest.FixtureRequest, record_property
):
    if database == "sqlite":
        url = f"sqlite:///{tmp_path / 'kills.db'}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.fresh()
    tally = await Trial(url, KILLS, seed=5, longest=0.3).run()
    assert tally.report is not None
    kept = f"lost {tally.lost}, unmarked {tally.report.unmarked}, marked {tally.report.marked}"
    record_property("figure", f"{database}: {tally.kills} kills, {kept}")
    assert tally.wrong == [], "what was decided was decided once"
    assert tally.report.findings == ()
    assert (tally.kills, tally.lost, tally.report.unmarked) == (KILLS, 0, 0)
    assert tally.report.marked <= tally.kills
    assert tally.good
    marked = {f"path: {point}" for point in PATH} | {f"outbox: {point}" for point in OUTBOX}
    assert set(tally.where) <= marked | {RANDOM}
    assert sum(tally.where[point] for point in marked) >= KILLS // 3, "it did die where it was meant to"
    assert tally.report.decisions >= 2
