"""Whatever is changed in a rule, a story notices: each number, comparison, duration, function and word of it.

Without promtool (Debian's prometheus) it is checked only that there is much to change.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from monitoring import PROMTOOL, STORIES, rules, run

OTHERS = {
    ">": ("<", ">="), "<": (">", "<="), "==": ("!=",), "!=": ("=",), "=": ("!=",),
    "and": ("or", "unless"), "or": ("and",), "-": ("+",), "*": ("/",),
    "sum": ("max",), "max": ("min",), "increase": ("rate",), "rate": ("increase",), "changes": ("increase",),
}  # fmt: skip
WORD = re.compile(r"(?P<range>(?<=\[)\d+[smhd])|(?P<number>(?<![\w.\[])\d+(?:\.\d+)?(?:e\d+)?(?![\w.\]]))"
                  r"|(?P<word>==|!=|[><=]|\b(?:and|or|sum|max|increase|rate|changes)\b|(?<= )[-*](?= ))")  # fmt: skip
#: What makes no difference: growth and rate are zero together, as are a sum and its largest part; and have one shape.
SAME = re.compile(
    r"(?:sum(?: without \(\w+\) )?\()?(?P<growth>increase)\([^()]*\)+ (?:> 0|== 0)"
    r"|(?:\) \(|, )(?P<shape>rate)\(\w+_bucket\b"
)
_MINUTES = {"s": 1 / 60, "m": 1, "h": 60, "d": 1440}


def durations(text: str) -> Iterator[str]:
    minutes = int(text[:-1]) * _MINUTES[text[-1]]
    yield f"{round(2 * minutes)}m"
    if minutes > 1:  # rules are looked at each minute
        yield f"{round(minutes / 2)}m"


def numbers(text: str) -> Iterator[str]:
    value = float(text)
    changed = (value + 1, value - 1) if value < 10 and value.is_integer() else (1.3 * value, 0.75 * value)
    yield from (f"{one:g}" for one in changed if value or one < 0)  # no timestamp lies between 0 and 1


def expressions(expression: str) -> Iterator[str]:
    """Each with one thing changed."""
    unquoted = re.sub(r'"[^"]*"', lambda text: '"' + "_" * (len(text[0]) - 2) + '"', expression)
    same = {place for found in SAME.finditer(unquoted) for place in (found.start(), *map(found.start, (1, 2)))}
    for found in WORD.finditer(unquoted):
        if found["range"]:
            others = tuple(durations(found["range"]))
        elif found["number"]:
            others = tuple(numbers(found["number"]))
        else:
            others = () if found.start() in same else OTHERS[found["word"]]
        yield from (expression[: found.start()] + other + expression[found.end() :] for other in others)


def mutants(rule: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if rule["alert"] != "Watchdog":  # it always fires, with whatever value
        yield from (rule | {"expr": changed} for changed in expressions(rule["expr"]))
        yield from (rule | {"for": other} for other in (*durations(rule.get("for", "1m")), "0s")
                    if other != rule.get("for", "0s"))  # fmt: skip
    yield from (rule | {"labels": {"severity": other}} for other in {"page", "ticket"} - {rule["labels"]["severity"]})
    for name, text in rule["annotations"].items():
        yield rule | {"annotations": rule["annotations"] | {name: f"{text}!"}}


def tell(rule: dict[str, Any], mutant: dict[str, Any], directory: Path) -> Path:
    """The stories of that rule, told of the mutant."""
    directory.mkdir()
    (directory / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "one", "rules": [mutant]}]}))
    known = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in STORIES]
    about = [(one["evaluation_interval"], test) for one in known for test in one["tests"]
             if test["alert_rule_test"][0]["alertname"] == rule["alert"]]  # fmt: skip
    [interval] = {interval for interval, _ in about}
    told = directory / "stories.yml"
    tests = [test for _, test in about]
    told.write_text(yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": interval, "tests": tests}))
    return told


def test_there_is_much_to_change():
    assert sum(len(list(mutants(rule))) for rule in rules()) > 300


@pytest.mark.long
@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_whatever_is_changed_in_a_rule_a_story_notices(rule: dict[str, Any], tmp_path: Path):
    if not PROMTOOL:  # then nobody can tell the stories
        return
    status, said = run(PROMTOOL, "test", "rules", str(tell(rule, rule, tmp_path / "unchanged")))
    assert status == 0, said
    files = {str(tell(rule, one, tmp_path / str(number))): one for number, one in enumerate(mutants(rule))}
    _, said = run(PROMTOOL, "test", "rules", *files)
    assert set(re.findall(r"^Unit Testing:  (.+)$", said, re.MULTILINE)) == files.keys()
    unnoticed = map(files.__getitem__, re.findall(r"^Unit Testing:  (.+)\n  SUCCESS", said, re.MULTILINE))
    assert [one[part] for one in unnoticed for part in one if one[part] != rule.get(part)] == []
