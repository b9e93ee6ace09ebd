"""What watches us as an operations team would: the rules, the dashboards, promtool, and a real Prometheus.

promtool and prometheus are one Debian package, which CI installs. Where it is missing, the tests check what can be
checked without it: that all metrics and labels that are asked for are there.
"""

import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from prometheus_client.parser import text_string_to_metric_families
from real_servers import started

ROOT = Path(__file__).parents[1]
RULES = ROOT / "config/prometheus/sellerwatch.rules.yml"
STORIES = sorted((ROOT / "config/prometheus/tests").glob("*.yml"))
BOARDS = sorted((ROOT / "config/grafana").glob("*.json"))
ROUTES = ROOT / "config/alertmanager/alertmanager.example.yml"
PROMTOOL, PROMETHEUS, AMTOOL = shutil.which("promtool"), shutil.which("prometheus"), shutil.which("amtool")

_NAME = re.compile(r"\b(?:sellerwatch|process)_\w+|\bup\b")
_MATCHED = re.compile(r"([\w:]+)\{([^}]*)\}")
_LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"")
_OF_PROMETHEUS = {"up"}
_OF_THE_SCRAPE = {"job", "instance"}


def rules() -> list[dict[str, Any]]:
    known = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return [rule for group in known["groups"] for rule in group["rules"]]


def boards() -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in BOARDS}


def panel_expressions() -> Iterator[tuple[str, str]]:
    """Each with the board and panel that asks; what Grafana fills in is filled in."""
    for name, board in boards().items():
        for panel in board["panels"]:
            for target in panel["targets"]:
                yield f"{name}: {panel['title']}", target["expr"].replace("$__rate_interval", "5m")


def expressions() -> list[tuple[str, str]]:
    return [*((rule["alert"], rule["expr"]) for rule in rules()), *panel_expressions()]


def series_of(exposition: str) -> dict[str, set[str]]:
    """The labels of every series that is there, by its name."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def unknown_to(exposition: str) -> list[str]:
    """What rules and dashboards ask for and the exposition does not have."""
    there = series_of(exposition)
    wrong = []
    for who, expression in expressions():
        names = set(_NAME.findall(re.sub(r'"[^"]*"', '""', expression))) - _OF_PROMETHEUS
        wrong += [f"{who}: no {name}" for name in names if name not in there]
        for name, matchers in _MATCHED.findall(expression):
            labels = set(_LABEL.findall(matchers)) - _OF_THE_SCRAPE
            wrong += [f"{who}: no {label} of {name}" for label in labels - there.get(name, labels)]
    return wrong


def run(program: str, *words: str, given: str = "") -> tuple[int, str]:
    """Its exit status and all that it says."""
    ended = subprocess.run([program, *words], input=given, capture_output=True, text=True, timeout=120)
    return ended.returncode, ended.stdout + ended.stderr


@asynccontextmanager
async def prometheus(directory: Path, scraped: str, rules: Path = RULES, tells: str = "") -> AsyncIterator[str]:
    """A real one on loopback that has these rules, scrapes that address every second, and `tells` an Alertmanager."""
    settings = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "scrape_configs": [{"job_name": "sellerwatch", "static_configs": [{"targets": [scraped]}]}],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [tells] if tells else []}]}]},
    }
    (directory / "prometheus.yml").write_text(yaml.safe_dump(settings))
    options = (f"--config.file={directory / 'prometheus.yml'}", f"--storage.tsdb.path={directory / 'prometheus'}")
    options += ("--rules.alert.resend-delay=1s",)  # what it says before it has found whom to tell is lost
    async with started(str(PROMETHEUS), *options, says=b"ready to receive web requests") as url:
        yield url


async def ask(session: aiohttp.ClientSession, url: str, expression: str) -> list[dict[str, Any]]:
    """The series that answer."""
    async with session.get(f"{url}/api/v1/query", params={"query": expression}) as answer:
        said = await answer.json()
        assert said["status"] == "success", (expression, said)
        found: list[dict[str, Any]] = said["data"]["result"]
        return found
