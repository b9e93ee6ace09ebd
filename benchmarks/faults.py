"""The fault suite: what breaks around us and inside us, and what becomes of it.

    python benchmarks/faults.py [NUMBER ...] [--short] [--json]

Runs every test that is marked `case(NUMBER)` and prints a line for each case (`faults_cases.py`): held or BROKEN, the
databases that the tests were seen to use, the figures that they recorded, how long it took. `--short` leaves the long
tests out. A test that cannot run on this machine records "not run here" with its reason and checks what it can; its
case is counted apart, never as held. Fails when a case is broken, has no test, or touches the store and was not seen on
both databases.
"""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

import pytest
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(Path(__file__).resolve().parent))

from faults_cases import APART, CASES  # noqa: E402

BOTH = ("postgresql", "sqlite")
NOT_RUN = "not run here"
MOST_LINES = 30  # of one failure


class Verdict(StrEnum):
    """What is known of a case."""

    HELD = "held"
    BROKEN = "BROKEN"
    NOT_RUN = "not run"
    LEFT_OUT = "left out"


COLOURS = {Verdict.HELD: "green", Verdict.BROKEN: "bold red", Verdict.NOT_RUN: "yellow", Verdict.LEFT_OUT: "dim"}


@dataclass
class Outcome:
    """What the tests of one case showed."""

    number: int
    verdict: Verdict = Verdict.HELD
    databases: set[str] = field(default_factory=set)
    figures: list[str] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0
    tests: int = 0
    ahead: int = 0  # tests that have still to run
    long: int = 0  # tests that `--short` leaves out

    def ends(self) -> None:
        """All of its tests have run."""
        missing = [name for name in BOTH if name not in self.databases] if CASES[self.number].both else []
        if not self.tests and not self.long:
            self.failures.append("no test shows it")
        elif missing and not self.long and not self.not_run:
            self.failures.append(f"no test was seen to use {' and '.join(missing)}")
        if self.failures:
            self.verdict = Verdict.BROKEN
        elif self.not_run:
            self.verdict = Verdict.NOT_RUN
        elif not self.tests:
            self.verdict = Verdict.LEFT_OUT

    def line(self) -> str:
        """For people; piped it is the same without colours."""
        more = [", ".join(sorted(self.databases)), "; ".join(dict.fromkeys(self.figures))]
        if self.not_run:
            more.append(f"{NOT_RUN}: {'; '.join(dict.fromkeys(self.not_run))}")
        if self.verdict is Verdict.LEFT_OUT:
            more.append("its tests are long ones")
        more.append(f"{self.seconds:.1f} s")
        colour = COLOURS[self.verdict]
        shown = f"{self.number:>3}  [{colour}]{self.verdict.value:<8}[/]  {escape(CASES[self.number].what)}"
        return shown + "".join(f" [dim]·[/] {escape(part)}" for part in more if part)


class Suite:
    """A pytest plugin that chooses the tests of the cases and tells of each case as soon as its last test has ended."""

    def __init__(self, numbers: Sequence[int], short: bool, console: Console, progress: Progress) -> None:
        self.outcomes = {number: Outcome(number) for number in numbers}
        self._short, self._console, self._progress = short, console, progress
        self._bar = progress.add_task("collecting", total=None)
        self._cases: dict[str, list[Outcome]] = {}  # by test
        self.unread: list[str] = []  # files whose tests could not even be collected
        self._seen: set[str] = set()
        event.listen(Engine, "engine_connect", self._connected)

    def _connected(self, connection: Connection) -> None:
        self._seen.add(connection.dialect.name)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        chosen: list[pytest.Item] = []
        others: list[pytest.Item] = []
        for item in items:
            numbers = {mark.args[0] for mark in item.iter_markers("case")}
            cases = [self.outcomes[number] for number in sorted(numbers & set(self.outcomes))]
            left_out = self._short and item.get_closest_marker("long") is not None
            for case in cases:
                case.long += left_out
                case.tests += not left_out
                case.ahead += not left_out
            if cases and not left_out:
                self._cases[item.nodeid] = cases
            (chosen if item.nodeid in self._cases else others).append(item)
        chosen.sort(key=lambda item: self._cases[item.nodeid][0].number)
        config.hook.pytest_deselected(items=others)
        items[:] = chosen
        self._progress.update(self._bar, total=len(chosen))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.unread.append(report.nodeid)
            self._console.print(f"{report.nodeid}\n{report.longreprtext}", markup=False, soft_wrap=True)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._seen.clear()
        numbers = ", ".join(str(case.number) for case in self._cases[nodeid])
        self._progress.update(self._bar, description=f"case {numbers}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for case in self._cases[report.nodeid]:
            case.seconds += report.duration
            if report.failed:
                case.failures.append(f"{report.nodeid}\n{_last(report.longreprtext)}")
            elif report.skipped:
                case.not_run.append(str(report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr))
            if report.when == "teardown":
                case.databases |= self._seen
                for name, value in report.user_properties:
                    if name == "figure":
                        case.figures.append(str(value))
                    elif name == NOT_RUN:
                        case.not_run.append(str(value))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._progress.advance(self._bar)
        for case in self._cases[nodeid]:
            case.ahead -= 1
            if not case.ahead:
                self.tell(case)

    def tell(self, case: Outcome) -> None:
        """Nothing more will be known of it."""
        case.ends()
        self._console.print(case.line(), soft_wrap=True)
        for failure in case.failures:
            shown = "\n".join(f"       {line}" for line in failure.splitlines())
            self._console.print(shown, markup=False, soft_wrap=True)


def _last(text: str) -> str:
    lines = text.splitlines()
    return "\n".join(lines if len(lines) <= MOST_LINES else ["...", *lines[-MOST_LINES:]])


def _files() -> list[str]:
    """Those that mark a case: collecting all others as well would take longer than many a case."""
    found = (ROOT / "tests").rglob("test_*.py")
    return sorted(str(file) for file in found if "mark.case(" in file.read_text("utf-8"))


def summary(outcomes: Sequence[Outcome]) -> str:
    """The last line."""
    counts = {verdict: sum(one.verdict is verdict for one in outcomes) for verdict in Verdict}
    words = f"{counts[Verdict.HELD]} of {len(outcomes) - counts[Verdict.LEFT_OUT]} held"
    if counts[Verdict.NOT_RUN]:
        words += f", {counts[Verdict.NOT_RUN]} not wholly run here"
    if counts[Verdict.LEFT_OUT]:
        words += f", {counts[Verdict.LEFT_OUT]} left to the long form"
    return words


def main(arguments: Sequence[str]) -> int:
    asked = [int(word) for word in arguments if word.isdigit()]
    wrong = [word for word in arguments if not word.isdigit() and word not in {"--short", "--json"}]
    if wrong or not set(asked) <= set(CASES):
        print(__doc__, file=sys.stderr)
        return 2
    machine = "--json" in arguments
    stream = os.fdopen(os.dup(2 if machine else 1), "w")  # pytest takes the first two for what tests print
    console = Console(file=stream, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    os.chdir(ROOT)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        suite = Suite(asked or sorted(set(CASES) - set(APART)), "--short" in arguments, console, progress)
        options = ["-p", "no:terminal", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
        options += ["-o", "addopts=--strict-markers --strict-config"]
        try:
            code = pytest.main([*options, *_files()], plugins=[suite])
        except Exception as left:  # what tests leave behind is found after the last of them
            console.print(f"something was left open by a test: {left}", markup=False, soft_wrap=True)
            code = pytest.ExitCode.INTERNAL_ERROR
        outcomes = list(suite.outcomes.values())
        for case in outcomes:
            if not case.tests or case.ahead:  # no test, or the run was cut short
                case.failures += ["its tests did not run to their end"] if case.ahead else []
                suite.tell(case)
    for number, why in APART.items():
        console.print(f"{number:>3}  does not concern us: {why}", markup=False)
    if machine:
        told = [asdict(one) | {"what": CASES[one.number].what, "databases": sorted(one.databases)} for one in outcomes]
        print(json.dumps({"cases": told, "summary": summary(outcomes)}, ensure_ascii=False, indent=1))
    console.print(summary(outcomes), markup=False)
    stream.close()
    broken = suite.unread or any(one.verdict is Verdict.BROKEN for one in outcomes)
    return 1 if broken or code not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED} else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
