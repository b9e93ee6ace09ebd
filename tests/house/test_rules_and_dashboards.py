"""The rules, their stories, the routes and the dashboards, as the tools that will read them see them.

Without those tools (Debian's prometheus and prometheus-alertmanager) it is checked here that each rule has its stories;
that they come true, only promtool can tell.
"""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from monitoring import AMTOOL, PROMTOOL, ROOT, ROUTES, RULES, STORIES, boards, expressions, rules, run

UNITS = {"short", "s", "bytes", "percentunit", "reqps", "cps", "locale"}  # those of Grafana's that we use
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")


def stories() -> list[dict[str, Any]]:
    tests = [test for path in STORIES for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]]
    return [one for test in tests for one in test["alert_rule_test"]]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_has_a_story_in_which_it_fires_and_one_in_which_it_stays_silent(rule: dict[str, Any]):
    told = [bool(one["exp_alerts"]) for one in stories() if one["alertname"] == rule["alert"]]
    assert set(told) == ({True} if rule["alert"] == "Watchdog" else {True, False})


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_says_how_urgent_it_is_what_is_wrong_and_where_to_read_what_to_do(rule: dict[str, Any]):
    assert rule["labels"]["severity"] in {"page", "ticket", "none"}
    assert set(rule["annotations"]) == {"summary", "description"}
    assert re.search(rf"`{rule['alert']}`", OPERATIONS), "docs/operations.md says what to do"


def test_promtool_has_nothing_to_say_of_the_rules():
    assert len({rule["alert"] for rule in rules()}) == len(rules())
    if PROMTOOL:
        status, said = run(PROMTOOL, "check", "rules", "--lint=all", "--lint-fatal", str(RULES))
        assert status == 0, said


@pytest.mark.parametrize(
    "path",
    [pytest.param(one, marks=pytest.mark.long) if one.stem == "days" else one for one in STORIES],
    ids=lambda one: one.stem,
)
def test_every_story_comes_true(path: Path):
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["rule_files"] == [f"../{RULES.name}"]
    if PROMTOOL:
        status, said = run(PROMTOOL, "test", "rules", str(path))
        assert status == 0, said


def test_promtool_can_parse_every_expression_of_the_dashboards(tmp_path: Path):
    asked = {f"asked:by_{number}": expression for number, (_, expression) in enumerate(expressions())}
    recorded = [{"record": name, "expr": expression} for name, expression in asked.items()]
    file = tmp_path / "asked.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "asked", "rules": recorded}]}))
    assert all(expression.count("(") == expression.count(")") for expression in asked.values())
    if PROMTOOL:
        status, said = run(PROMTOOL, "check", "rules", str(file))
        assert status == 0, said


def test_the_example_of_routes_is_good_and_sends_each_severity_where_it_belongs():
    known = yaml.safe_load(ROUTES.read_text(encoding="utf-8"))
    receivers = {one["name"] for one in known["receivers"]}
    assert receivers == {known["route"]["receiver"], *(route["receiver"] for route in known["route"]["routes"])}
    named = {name for rule in known["inhibit_rules"] for side in ("source_matchers", "target_matchers")
             for matcher in rule[side] for name in re.findall(r"Sellerwatch\w+", matcher)}  # fmt: skip
    assert named <= {rule["alert"] for rule in rules()}, "an inhibition of what does not exist"
    if AMTOOL:
        status, said = run(AMTOOL, "check-config", str(ROUTES))
        assert status == 0, said
        for severity, receiver in (("page", "on-call"), ("ticket", "tickets"), ("none", "dead-mans-switch")):
            name = "Watchdog" if severity == "none" else "SellerwatchAny"
            route = "config", "routes", "test", f"--config.file={ROUTES}", f"alertname={name}", f"severity={severity}"
            status, said = run(AMTOOL, *route)
            assert (status, said.splitlines()[0]) == (0, receiver)


@pytest.mark.parametrize("name", ["delivery", "overview", "sources"])
def test_a_dashboard_can_be_imported_as_it_is_and_every_panel_says_what_it_shows(name: str):
    board = boards()[name]
    assert "id" not in board, "an id belongs to one Grafana; the uid is ours"
    assert board["uid"] == f"sellerwatch-{name}"
    assert board["schemaVersion"] >= 39
    [variable] = board["templating"]["list"]
    assert (variable["type"], variable["query"], variable["name"]) == ("datasource", "prometheus", "datasource")
    titles = [panel["title"] for panel in board["panels"]]
    assert len(set(titles)) == len(titles)
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        assert "id" not in panel
        assert panel["title"]
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        for part in (panel, *panel["targets"]):
            assert part["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
        assert [target["refId"] for target in panel["targets"]] == list("ABCDE"[: len(panel["targets"])])
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}  # fmt: skip
        assert not taken & cells, "panels lie on one another"
        assert max(x for x, _ in cells) < 24
        taken |= cells


def panels() -> list[tuple[str, dict[str, Any]]]:
    return [(f"{name}: {panel['title']}", panel) for name, board in boards().items() for panel in board["panels"]]


@pytest.mark.parametrize(("who", "panel"), panels(), ids=lambda one: one if isinstance(one, str) else "")
def test_a_panel_names_each_thing_that_it_shows(who: str, panel: dict[str, Any]):
    legends = [target["legendFormat"] for target in panel["targets"]]
    assert len(set(legends)) == len(legends)
    if panel["type"] == "table":
        [organized] = panel["transformations"]
        columns = organized["options"]["renameByName"]
        grouped = re.search(r"by \(([\w, ]+)\)", panel["targets"][0]["expr"])
        assert "Value" in columns, "what the number is"
        assert not grouped or columns.keys() == {"Value", *grouped[1].split(", ")}
    elif panel["type"] != "stat":
        assert all(legends)
        assert "__auto" not in legends
    for target, legend in zip(panel["targets"], legends, strict=True):
        kept = re.search(r"by \(([\w, ]+)\) \((?!rate\(\w+_bucket)", target["expr"])
        if kept and panel["type"] != "table":
            assert re.findall(r"{{(\w+)}}", legend) == kept[1].split(", "), "each series by its labels"


def test_a_time_that_was_never_is_shown_as_a_word():
    asked = [(who, panel) for who, panel in panels() if panel["type"] == "stat" and "> bool 0" in str(panel["targets"])]
    assert len(asked) == 3
    for who, panel in asked:
        [mapping] = panel["fieldConfig"]["defaults"]["mappings"]
        assert mapping["options"]["0"]["text"] in {"never", "none"}, who


def test_counters_are_asked_for_their_growth_and_rates_over_more_than_two_scrapes():
    for who, expression in expressions():
        for match in re.finditer(r"sellerwatch_\w+_(?:total|bucket)\b(?:\{[^}]*\})?(?P<range>\[[^\]]+\])?", expression):
            assert match["range"], who
