"""A kept incident as an operator sees it: in a wide window, a narrow one, a pipe, as JSON, and explained."""

import asyncio
import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from given import KIN, NOW, due, evidence, incident, position, seller
from rich.console import Console
from typer.testing import CliRunner

from monitor import cli, incidents_commands, tables, wiring
from monitor.config import load
from monitor.domain.addressing import deliveries, tell
from monitor.domain.alerts import Hold, HoldReason, Policy, Send, Target
from monitor.domain.impact import impact
from monitor.domain.policy import decide
from monitor.steps import HeldAlert, Step

SHIPPED = Path(__file__).parents[2] / "config"
TITLE = "TikTok Music [bold]will close[/bold] on November 28"
OFFICIAL = evidence(
    "d1", authority="official", by="TikTok", title=TITLE, date="2024-11-28", deadlines=[due("2024-10-28")]
)
CLOSING, DAY = incident(OFFICIAL), timedelta(days=1)


async def _keep(directory: Path) -> None:
    acme, target = seller(position(stock=9000)), Target("ops", "journal", "")
    weighed = impact(CLOSING, acme, NOW.date(), KIN)
    verdict = decide(CLOSING, weighed, None, Policy(), NOW)
    assert isinstance(verdict, Send)
    sent = deliveries(CLOSING, acme, weighed, verdict, None, [target], Policy(), NOW)
    held = [
        HeldAlert(
            CLOSING.id, revision, "acme", NOW + timedelta(hours=revision), Hold(HoldReason.NOTHING_NEW, "still so")
        )
        for revision in (1, 2, 3)
    ]
    store = await wiring.open_store(load(directory))
    told = [tell(CLOSING, acme, weighed, NOW)]
    await store.ledger.keep(Step(at=NOW, incidents=[CLOSING], told=told, deliveries=sent, held=held))
    await store.database.close()


@pytest.fixture
def directory(tmp_path: Path, monkeypatch) -> Path:
    """The shipped configuration with one closing in its database, told once and held thrice."""
    shutil.copytree(SHIPPED, tmp_path / "config")
    monkeypatch.setenv("SELLERWATCH_STATE_DIR", str(tmp_path / "state"))
    asyncio.run(_keep(tmp_path / "config"))
    return tmp_path / "config"


def shown(directory: Path, *words: str) -> str:
    result = CliRunner().invoke(cli.app, [*words, "--config", str(directory)])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_what_is_told_is_listed_with_what_it_is_about_and_a_severity_has_a_name(directory: Path):
    listed = shown(directory, "deliveries")
    assert TITLE in listed, "words from outside are text, never markup"
    assert "pending" in listed
    (row,) = json.loads(shown(directory, "deliveries", "--json"))
    assert row["severity"] in {"low", "medium", "high", "critical"}
    assert "message" not in row


def test_piped_output_has_no_colours_and_one_row_a_line(directory: Path):
    listed = shown(directory, "incidents")
    assert "\x1b" not in listed
    assert any(CLOSING.id in line and TITLE in line and "2024-11-28" in line for line in listed.splitlines())


@pytest.mark.parametrize("command", ["incidents", "deadlines", "deliveries", "sources"])
def test_in_a_narrow_window_every_row_is_a_paragraph_that_loses_nothing(directory: Path, monkeypatch, command: str):
    narrow = Console(width=60, highlight=False)
    monkeypatch.setattr(tables, "console", narrow)
    with narrow.capture() as captured:
        shown(directory, command)
    lines = captured.get().splitlines()
    assert max(map(len, lines)) <= 60
    assert not any("│" in line for line in lines)
    if command != "sources":
        assert "TikTok Music" in " ".join(captured.get().split())


def test_a_narrow_window_keeps_a_small_table(monkeypatch):
    narrow = Console(width=60, highlight=False)
    monkeypatch.setattr(tables, "console", narrow)
    with narrow.capture() as captured:
        tables.table("Small [bold] & Co", "what", "value", rows=[["a", "words " * 30]], empty="")
    assert "│ a" in captured.get()
    assert "Small [bold] & Co" in captured.get(), "a name is no markup"


def test_a_list_that_is_cut_says_so(directory: Path, monkeypatch):
    assert "moved last" not in CliRunner().invoke(cli.app, ["incidents", "--config", str(directory)]).stderr
    monkeypatch.setattr(incidents_commands, "MOST", 1)
    cut = CliRunner().invoke(cli.app, ["incidents", "--config", str(directory)])
    assert "these are the 1 that moved last" in cut.stderr


def test_an_explanation_says_the_rung_once_and_folds_what_was_held_for_one_reason(directory: Path):
    told = shown(directory, "explain", CLOSING.id)
    assert f"\n{CLOSING.status_why}\n" in told
    assert "held for acme: nothing_new, still so (3 times)" in told
    assert told.count("held for") == 1
    assert "by 2024-10-28 data_export" in told
    assert json.loads(shown(directory, "explain", CLOSING.id, "--json"))["incident"]["id"] == CLOSING.id


@pytest.mark.parametrize("nothing", ["no-such-id", "%"])
def test_an_id_that_names_nothing_explains_nothing(directory: Path, nothing: str):
    result = CliRunner().invoke(cli.app, ["explain", nothing, "--config", str(directory)])
    assert result.exit_code == 1
    assert repr(nothing) in result.stderr


@pytest.mark.parametrize(
    ("seconds", "text"), [(2, "2s"), (90, "90s"), (1800, "30m"), (3600, "1h"), (604800, "7d"), (0, "0s")]
)
def test_a_span_of_time_is_written_as_in_the_settings(seconds: int, text: str):
    assert tables.span(timedelta(seconds=seconds)) == text


def test_what_was_called_off_takes_effect_nowhere_any_more(directory: Path) -> None:
    denial = evidence("d2", "reversed", authority="court", by="Court", title="Closing stopped", at=NOW + DAY)
    off = incident(OFFICIAL, denial, previous=CLOSING, now=NOW + DAY)

    async def keep() -> None:
        store = await wiring.open_store(load(directory))
        await store.ledger.keep(Step(at=NOW + DAY, incidents=[off]))
        await store.database.close()

    asyncio.run(keep())
    told = shown(directory, "explain", off.id)
    assert told.startswith("Closing stopped\n")
    assert "called off since 2024-09-25, by Court; the old date, 2024-11-28, no longer holds\n" in told
    assert "takes effect" not in told
    (row,) = tables.incident_rows([off])
    assert (row[5], row[7]) == ("not 2024-11-28", "Closing stopped")
