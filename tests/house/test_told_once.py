"""Several daemons on one database each show what lies there: no panel counts it twice, and none loses a daemon's own.

Every expression of the dashboards is asked of one daemon, and of two that saw half of its work each and the same store.
"""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from monitoring import PROMTOOL, panel_expressions, rules, run
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from monitor.metrics import Metrics

OWN = {  # of one daemon: docs/operations.md names them
    "up", "process_resident_memory_bytes", "process_cpu_seconds", "process_start_time_seconds",
    "sellerwatch_pipeline_last_success_timestamp_seconds", "sellerwatch_event_loop_lag_seconds",
    "sellerwatch_disk_free_bytes", "sellerwatch_config_last_reload_success", "sellerwatch_clock_off_seconds",
    "sellerwatch_build_info", "sellerwatch_db_errors", "sellerwatch_db_wal_bytes",
}  # fmt: skip
_TOGETHER = (
    r"(?:\b(?:max|sum)(?: without \(instance\)| by \([\w, ]+\))? ?\((?:increase\(|rate\()?|\band on \(source\) )"
)
_SAMPLE = re.compile(r"\w*(\{[^}]*\}) (\S+?)(?:,|$)")
_GOT = re.compile(r'^    expr: (".*"), time: .*\n        exp: .*\n        got: (.*)$', re.MULTILINE)


def own(expression: str) -> bool:
    """Whether it asks for what each daemon has for itself."""
    return any(re.search(rf"\b{name}(_total|_bucket)?\b", expression) for name in OWN)


def series(daemons: str) -> list[dict[str, str]]:
    """What that many daemons show, as promtool wants it: counters divided among them, of gauges to each the whole."""
    metrics = Metrics()
    metrics.configure({"shop": timedelta(minutes=5), "fair": timedelta(hours=1)}, ["email", "slack"])
    for place in ("PL", "DE"):
        metrics.value_at_risk.labels("acme", "EUR", "Bazaar", place).set(1)
        metrics.position_incidents.labels("acme", "Bazaar", place).set(1)
        metrics.position_deadlines.labels("acme", "Bazaar", place, "7d").set(1)
    shown = generate_latest(metrics.registry).decode()
    found = [{"series": f'up{{job="sellerwatch",instance="{one}"}}', "values": "1x20"} for one in daemons]
    number = 0
    for family in text_string_to_metric_families(shown):
        for sample in family.samples:
            number += 1
            labels = dict(sample.labels) | {"job": "sellerwatch"}
            grows = family.type in ("counter", "histogram")
            each = 2 * (number % 50 + 1) / len(daemons)
            values = f"0+{each:g}x20" if grows else f"{number}x20"
            for one in daemons:
                named = ",".join(f'{name}="{value}"' for name, value in (labels | {"instance": one}).items())
                found.append({"series": f"{sample.name}{{{named}}}", "values": values})
    return found


def asked(daemons: str, expressions: list[str], directory: Path) -> dict[str, dict[str, float]]:
    """What each expression answers: values by labels."""
    tests = [
        {"expr": one, "eval_time": "10m", "exp_samples": [{"value": -77, "labels": "none"}]} for one in expressions
    ]
    told = [{"interval": "1m", "input_series": series(daemons), "promql_expr_test": tests}]
    path = directory / f"{daemons}.yml"
    path.write_text(yaml.safe_dump({"rule_files": [], "evaluation_interval": "1m", "tests": told}))
    _, said = run(str(PROMTOOL), "test", "rules", str(path))
    answers = {yaml.safe_load(expr): got for expr, got in _GOT.findall(said)}
    assert answers.keys() == set(expressions), said[:2000]
    return {expr: {labels: float(value) for labels, value in _SAMPLE.findall(got)} for expr, got in answers.items()}


def test_two_daemons_are_shown_as_one_would_be_and_what_is_a_daemons_own_by_daemon(tmp_path: Path):
    expressions = sorted({expression for _, expression in panel_expressions()})
    assert len(expressions) > 60
    if not PROMTOOL:
        return
    alone, both = asked("a", expressions, tmp_path), asked("ab", expressions, tmp_path)
    for expression in expressions:
        assert alone[expression], f"{expression} answers nothing"
        if own(expression) and "instance" in "".join(both[expression]):
            assert len(both[expression]) == 2 * len(alone[expression]), expression
        else:
            assert both[expression] == pytest.approx(alone[expression]), expression


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_asks_for_all_daemons_together_or_for_what_is_a_daemons_own(rule):
    for name in re.findall(r"\bsellerwatch_\w+", rule["expr"]):
        if not own(name):
            assert re.search(_TOGETHER + name, rule["expr"]), name
