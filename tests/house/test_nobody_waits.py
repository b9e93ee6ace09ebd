"""What a task raises is heard: by who waits for it where it was made, by a callback, or by `monitor.asides`.

A part that begins tasks to hand them on has to be entered here, with who hears of their ends.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAKES = frozenset({"create_task", "ensure_future"})

KNOWN = {
    "monitor/asides.py:aside": "its callback says what went wrong",
    "monitor/lookout.py:poll": "`_looked` says what went wrong",
    "monitor/cluster/polling.py:poll": "`_looked` says what went wrong",
    "monitor/page_fetches.py:start": "`_done` says what went wrong",
    "monitor/fetch/robots.py:_rules_of": "its pages raise it; a callback hears it when they have left",
    "monitor/solo.py:start": "the daemon waits for its loops",
    "monitor/cluster/shift.py:start": "the daemon waits for its loops",
    "monitor/daemon.py:run": "`_until_stopped` waits for them",
    "monitor/daemon.py:reload": "`_reload` says all that goes wrong",
    "monitor/store/inbox.py:looked": "each look waits for its own end, which `_keep_looks` sets",
    "monitor/backfill/run.py:_work": "it waits for an event, and raises nothing",
}


def made_and_left(tree: ast.AST) -> Iterator[str]:
    """Functions that begin a task and do not wait for it themselves. A TaskGroup waits for its own."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        awaited = {
            name.id
            for one in ast.walk(function)
            if isinstance(one, ast.Await)
            for name in ast.walk(one)
            if isinstance(name, ast.Name)
        }
        for one in ast.walk(function):
            if (
                isinstance(one, ast.Call)
                and isinstance(one.func, ast.Attribute)
                and one.func.attr in MAKES
                and ast.unparse(one.func.value) != "group"
            ):
                kept = next((a for a in ast.walk(function) if isinstance(a, ast.Assign) and a.value is one), None)
                names = {name.id for name in kept.targets if isinstance(name, ast.Name)} if kept else set()
                if not names & awaited:
                    yield function.name


def test_every_task_that_is_begun_has_somebody_who_hears_what_it_raises() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{name}"
        for part in ("monitor", "spiders")
        for path in (ROOT / part).rglob("*.py")
        if any(word in (text := path.read_text("utf-8")) for word in MAKES)
        for name in made_and_left(ast.parse(text))
    }
    assert found - KNOWN.keys() == set(), "use monitor.asides.aside, or say here who hears of its end"
    assert KNOWN.keys() - found == set(), "is entered here and begins none any more"
