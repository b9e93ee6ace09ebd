"""The suite itself: every case has a test, and a case that was not shown is never called held."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "benchmarks"))

from faults import Outcome, Verdict, summary  # noqa: E402
from faults_cases import APART, CASES  # noqa: E402


def told(number: int, **seen: object) -> Outcome:
    made = Outcome(number, **({"tests": 1} | seen))  # type: ignore[arg-type]
    made.ends()
    return made


def test_every_case_from_23_to_54_has_a_test_or_a_reason() -> None:
    files = (ROOT / "tests").rglob("test_*.py")
    marked = {int(n) for file in files for n in re.findall(r"mark\.case\((\d+)\)", file.read_text("utf-8"))}
    assert set(CASES) == set(range(23, 55))
    assert set(CASES) - marked - set(APART) == set()
    assert not set(APART) & marked


def test_the_files_of_all_folders_can_be_read_together() -> None:
    """They share one `conftest` in `sys.modules`: the last folder's, so none may take names from it."""
    files = (ROOT / "tests").rglob("test_*.py")
    assert [file.name for file in files if re.search("^(from|import) conftest", file.read_text("utf-8"), re.M)] == []


def test_a_case_is_held_only_when_all_of_its_tests_ran_and_none_failed() -> None:
    both = {"postgresql", "sqlite"}
    assert told(30).verdict is Verdict.HELD
    assert told(30, failures=["no"]).verdict is Verdict.BROKEN
    assert told(30, tests=0).verdict is Verdict.BROKEN
    assert told(30, tests=0, long=1).verdict is Verdict.LEFT_OUT
    assert told(30, not_run=["no root"]).verdict is Verdict.NOT_RUN
    assert told(30, not_run=["no root"], failures=["no"]).verdict is Verdict.BROKEN
    assert told(45, databases={"sqlite"}).verdict is Verdict.BROKEN
    assert told(45, databases=both).verdict is Verdict.HELD


def test_the_last_line_counts_apart_what_was_not_shown() -> None:
    mixed = [told(30), told(29), told(28, not_run=["no root"]), told(27, failures=["no"]), told(26, tests=0, long=1)]
    assert summary(mixed[:2]) == "2 of 2 held"
    assert summary(mixed) == "2 of 4 held, 1 not wholly run here, 1 left to the long form"


def test_a_line_says_the_case_its_databases_and_its_figures_once() -> None:
    line = told(45, databases={"sqlite", "postgresql"}, figures=["0 lost", "0 lost"], seconds=1.25).line()
    plain = re.sub(r"\[/?[a-z ]*\]", "", line)
    assert plain == f" 45  held      {CASES[45].what} · postgresql, sqlite · 0 lost · 1.2 s"


@pytest.mark.long
def test_the_command_runs_a_case_and_tells_people_and_programs() -> None:
    asked = [sys.executable, "benchmarks/faults.py", "30"]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    first, last = said.stdout.splitlines()
    assert first.startswith(f" 30  held      {CASES[30].what}")
    assert "\x1b" not in said.stdout
    assert (last, said.returncode) == ("1 of 1 held", 0)
    given = subprocess.run([*asked, "--json"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(given.stdout)["summary"] == "1 of 1 held"
