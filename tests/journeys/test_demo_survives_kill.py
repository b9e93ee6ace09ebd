"""The whole product at once: the real daemon watches the story, is killed on the way, and loses and doubles nothing."""

import json
from pathlib import Path

import pytest

from monitor.demo.run import main

pytestmark = pytest.mark.long

KILLS = 3


def test_killed_again_and_again_it_loses_nothing_and_doubles_nothing_unmarked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code = main(json=True, seconds=15, keep=tmp_path / "stage", kills=KILLS, seed=7)
    report = json.loads(capsys.readouterr().out)
    assert report["problems"] == []
    assert (code, report["ok"], report["kills"]) == (0, True, KILLS)
    assert report["not_modified"] > report["polls"] / 2
    copies = [message for sink in report["sinks"].values() for message in sink if message["repeat"]]
    assert copies  # one of the kills struck while a message was in a sink's hand
    assert {row["state"] for row in report["deliveries"]} <= {"sent", "superseded"}
    assert (tmp_path / "stage" / "daemon.log").read_text().count('"event": "ready"') == KILLS + 1


def test_it_does_not_overwrite_what_somebody_keeps(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    assert main(json=True, keep=tmp_path) == 1
    assert "name a new directory" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
