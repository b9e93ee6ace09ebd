"""Texts that nobody's model ever learnt from, by writers who never saw the model: does it read them well enough?"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor import cli

FRESH = Path(__file__).parents[2] / "corpus" / "fresh" / "sober.jsonl"

# A little below what the shipped model reaches. Never learn from these texts, and never look at single ones.
AT_LEAST = {
    "detection F1": 0.90,
    "average precision": 0.97,
    "recall at precision 0.95": 0.85,
    "hard negatives passed": 0.83,
    "event type macro F1": 0.80,
    "status accuracy": 0.85,
    "platforms F1": 0.80,
    "regions F1": 0.90,
    "effective dates found": 0.79,
    "deadlines F1, by date": 0.66,
}
AT_MOST = {"calibration error": 0.10, "effective dates invented": 0.13}


@pytest.mark.long
def test_the_shipped_model_reads_texts_that_are_fresh_to_it():
    told = CliRunner().invoke(cli.app, ["evaluate", str(FRESH), "--json", "--config", str(FRESH.parents[2] / "config")])
    assert told.exit_code == 0, told.output
    figures = {name: figure["value"] for name, figure in json.loads(told.stdout)["score"]["figures"].items()}
    assert {name: figures[name] for name, least in AT_LEAST.items() if figures[name] < least} == {}
    assert {name: figures[name] for name, most in AT_MOST.items() if figures[name] > most} == {}


def test_none_of_them_is_among_the_texts_that_are_learnt_from():
    def texts(file: Path) -> set[str]:
        rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
        return {f"{row['title']}\n{row['text']}" for row in rows}

    fresh = texts(FRESH)
    assert len(fresh) == 601
    for file in FRESH.parents[1].glob("*.jsonl"):
        assert not fresh & texts(file), file.name
