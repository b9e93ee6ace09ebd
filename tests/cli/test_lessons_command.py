"""`sellerwatch corpus lessons`: what people answered to alerts becomes labels, and nothing else does."""

import asyncio
import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from given import NOW, day, evidence, incident
from typer.testing import CliRunner

from monitor import cli, wiring
from monitor.answers import Hand
from monitor.config import load
from monitor.domain.documents import Document
from monitor.domain.rulings import ActKind
from monitor.domain.signals import Assessment
from monitor.lessons import lessons_of
from monitor.steps import Step

SHIPPED = Path(__file__).parents[2] / "config"


def said(*kinds: ActKind) -> list[str]:
    """The labels that these acts, one after the other, leave of an incident of two documents."""
    event = incident(evidence("a"), evidence("b", at=day(1)))
    acts = [Hand("ana", NOW + timedelta(hours=n)).act(kind, event.id) for n, kind in enumerate(kinds)]
    return [lesson.event for lesson in lessons_of(event, acts)]


def test_the_last_word_counts_and_not_every_word_teaches():
    assert said(ActKind.FALSE_ALARM) == ["none", "none"]
    assert said(ActKind.TAKE) == ["shutdown", "shutdown"]
    assert said(ActKind.TAKE, ActKind.FALSE_ALARM) == ["none", "none"]
    assert said(ActKind.FALSE_ALARM, ActKind.REOPEN) == []  # it was none after all
    assert said(ActKind.NOT_FOR_US) == said(ActKind.ACK) == said() == []


@pytest.fixture
def here(tmp_path: Path, monkeypatch) -> Path:
    """A state directory with one incident of one document, which somebody called a false alarm."""
    shutil.copytree(SHIPPED, tmp_path / "config")
    monkeypatch.setenv("SELLERWATCH_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    word = evidence("0123456789abcdef0123456789abcdef")
    words = "Bring a bag; the brass band plays."
    document = Document(word.document_id, "park", "c", "https://news.example/a", "The market closes", words, NOW, NOW)
    read = Assessment(document.id, "en", 0.7, (word.signal,), model="m1")
    event = replace(incident(word), id="i" * 32)
    act = Hand("ana", day(1), "a market in a park").act(ActKind.FALSE_ALARM, event.id)

    async def keep() -> None:
        store = await wiring.open_store(load(tmp_path / "config"))
        step = Step(at=NOW, documents=[document], assessments=[read], incidents=[event], acts=[act])
        await store.ledger.keep(step)
        await store.database.close()

    asyncio.run(keep())
    return tmp_path


def test_a_false_alarm_is_kept_beside_the_other_corrections_and_asked_twice_is_kept_once(here: Path):
    for _ in range(2):
        result = CliRunner().invoke(cli.app, ["corpus", "lessons", "--config", "config"])
        assert result.exit_code == 0, result.output
        assert "The market closes" in result.stdout
    (kept,) = map(json.loads, (here / "state" / "feedback.jsonl").read_text().splitlines())
    assert (kept["event_type"], kept["hard_negative"]) == ("none", True)
    assert (kept["feedback"]["by"], kept["feedback"]["note"]) == ("ana", "a market in a park")
    assert kept["feedback"]["read_as"]["event_type"] == "shutdown"


def test_for_machines_it_is_json(here: Path):
    result = CliRunner().invoke(cli.app, ["corpus", "lessons", "--json", "--config", "config"])
    assert [row["event_type"] for row in json.loads(result.stdout)] == ["none"]
