"""`sellerwatch corpus` and `sellerwatch evaluate` as somebody at a shell meets them."""

import asyncio
import json
import os
import pty
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from given import NOW
from typer.testing import CliRunner

from monitor import cli, wiring
from monitor.config import load
from monitor.domain.documents import Document
from monitor.domain.signals import Assessment, EventType, Signal, Status
from monitor.steps import Step

SHIPPED = Path(__file__).parents[2] / "config"
ROW = {
    "id": "mine",
    "title": "Brocalia quitte la France",
    "text": "La place de marché cessera de prendre des commandes à la fin du mois de novembre, selon un communiqué.",
    "source_kind": "news",
    "event_type": "market_exit",
    "status": "confirmed",
    "platforms": ["Brocalia"],
    "regions": ["FR"],
}
DOCUMENT = Document(
    "0123456789abcdef0123456789abcdef", "some-source", "capture", "https://news.example/a",
    "The market in the park closes at noon", "Bring a bag.", datetime(2024, 9, 24, tzinfo=UTC), NOW)  # fmt: skip
READ = Assessment(
    DOCUMENT.id, "en", 0.7, (Signal(EventType.SHUTDOWN, Status.RUMOR, ("Amazon",), (), None, (), 0.7, ()),), model="m1"
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch) -> Path:
    """A folder with the shipped configuration, a small corpus, and a state directory with one document."""
    shutil.copytree(SHIPPED, tmp_path / "config")
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "reports.jsonl").write_text(lined({**ROW, "id": "r", "lang": "fr", "title": "Un autre texte",
        "text": "Temu est bloqué au Vietnam depuis jeudi.", "url": "https://news.example/r"}))  # fmt: skip
    monkeypatch.setenv("SELLERWATCH_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)

    async def keep() -> None:
        store = await wiring.open_store(load(tmp_path / "config"))
        await store.ledger.keep(Step(at=NOW, documents=[DOCUMENT], assessments=[READ]))
        await store.database.close()

    asyncio.run(keep())
    return tmp_path


def lined(*rows: dict) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def ran(*words: str, stdin: str | None = None):
    return CliRunner().invoke(cli.app, [*words, "--config", "config"], input=stdin)


def test_a_sound_corpus_is_counted_and_what_it_lacks_is_told(here: Path):
    result = ran("corpus", "check")
    assert result.exit_code == 0, result.stderr
    assert "thin texts: 1 of 3000" in result.stdout
    assert json.loads(ran("corpus", "check", "--json").stdout)["languages"]["fr"]["market_exit"] == 1


def test_a_file_without_rows_adds_nothing_and_no_known_text_is_read_for_it(here: Path, monkeypatch):
    def read(*_):
        raise AssertionError("the corpus was read")

    monkeypatch.setattr("monitor.corpus_commands.read_file", read)
    (here / "empty.jsonl").write_text("\n \n")
    result = ran("corpus", "add", "empty.jsonl")
    assert (result.exit_code, result.stdout) == (0, "Nothing was added.\n")
    assert not (here / "corpus" / "added.jsonl").exists()
    (here / "one.jsonl").write_text(lined(ROW))
    assert isinstance(ran("corpus", "add", "one.jsonl").exception, AssertionError), "a row is compared with all known"


def test_a_corpus_with_a_wrong_line_is_exit_code_1_and_the_line_is_named(here: Path):
    (here / "corpus" / "b.jsonl").write_text(lined(ROW | {"lang": "fr"}, ROW | {"event_type": "exit"}))
    result = ran("corpus", "check")
    assert result.exit_code == 1
    assert "b.jsonl:2: event_type: exit is not one of" in result.stderr
    assert len(json.loads(ran("corpus", "check", "--json").stdout)["errors"]) == 2, "its language is missing, too"
    assert ran("corpus", "check", "no-such-folder").exit_code == 1


def test_rows_are_added_once_and_refused_the_second_time(here: Path):
    result = ran("corpus", "add", "-", stdin=lined(ROW))
    assert result.exit_code == 0, result.stderr
    assert "market_exit" in result.stdout
    again = ran("corpus", "add", "-", "--json", stdin=lined(ROW))
    assert again.exit_code == 1
    assert json.loads(again.stdout)["added"] == []
    assert "is the id of added.jsonl:1 already" in json.loads(again.stdout)["refused"][0]["what"]
    (kept,) = (here / "corpus" / "added.jsonl").read_text().splitlines()
    assert json.loads(kept) == {**ROW, "lang": "fr", "published": None, "effective_date": None, "deadlines": [],
                                "incident": None, "hard_negative": False, "synthetic": True}  # fmt: skip


def test_rows_may_go_to_a_file_of_their_own_and_a_missing_file_is_told(here: Path):
    (here / "new.jsonl").write_text(lined(ROW))
    assert ran("corpus", "add", "new.jsonl", "--to", "corpus/mine.jsonl").exit_code == 0
    assert (here / "corpus" / "mine.jsonl").exists()
    assert ran("corpus", "add", "nothing.jsonl").exit_code == 1
    (here / "latin.jsonl").write_bytes(lined(ROW | {"title": "né"}).encode("latin-1") + b"\xe9")
    assert "latin.jsonl is not UTF-8: save it as UTF-8" in ran("corpus", "add", "latin.jsonl").stderr


def test_a_correction_is_kept_beside_the_database_and_the_corpus_takes_it_over(here: Path):
    result = ran("corpus", "feedback", "0123456", "--event", "none", "--note", "a market in a park", "--by", "ada")
    assert result.exit_code == 0, result.stderr
    (kept,) = (here / "state" / "feedback.jsonl").read_text().splitlines()
    row = json.loads(kept)
    assert (row["event_type"], row["hard_negative"], row["text"]) == ("none", True, "Bring a bag.")
    assert row["feedback"]["read_as"]["event_type"] == "shutdown"
    assert (row["feedback"]["by"], row["feedback"]["note"]) == ("ada", "a market in a park")
    added = ran("corpus", "add", "state/feedback.jsonl")
    assert added.exit_code == 0, added.stderr
    assert "ada" not in (here / "corpus" / "added.jsonl").read_text()


def test_a_correction_names_platforms_by_any_of_their_names(here: Path):
    said = ran("corpus", "feedback", "0123456", "--event", "ban", "--status", "proposed", "--platform", "아마존",
               "--region", "KR", "--date", "2025-01", "--json")  # fmt: skip
    row = json.loads(said.stdout)
    assert (row["platforms"], row["regions"], row["effective_date"]) == (["Amazon"], ["KR"], "2025-01")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("ffff", "--event", "none"), "'ffff' is the start of no document's id: `sellerwatch explain`"),
        (("0123", "--event", "none", "--status", "effective"), "a none has 'status'"),
        (("", "--event", "none"), "is the start of no document's id"),
        (("0123", "--event", "closing"), "event_type: closing is not one of shutdown"),
        (("0123", "--event", "ban"), "an event without 'status'"),
        (("0123", "--event", "shutdown", "--region", "Korea"), "'Korea' is no country code"),
    ],
)
def test_a_correction_that_cannot_be_is_told_and_nothing_is_kept(here: Path, words, complaint):
    result = ran("corpus", "feedback", *words)
    assert result.exit_code == 1
    assert complaint in " ".join(result.stderr.split())
    assert not (here / "state" / "feedback.jsonl").exists()


def test_predictions_of_a_file_are_scored_as_text_as_json_and_as_a_page(here: Path):
    (here / "gold.jsonl").write_text(
        lined(ROW | {"lang": "fr"}, ROW | {"id": "x", "lang": "fr", "text": "Autre chose"})
    )
    (here / "given.jsonl").write_text(lined({"id": "mine", "event_type": "ban", "status": "rumor", "score": 0.8}))
    words = ("evaluate", "gold.jsonl", "--predicted", "given.jsonl", "--against", "given.jsonl")
    shown = ran(*words, "--page", "out.html")
    assert shown.exit_code == 0, shown.stderr
    assert "detection F1" in shown.stdout
    assert "1 texts have no prediction" in shown.stdout
    assert "\x1b[" not in shown.stdout, "no colours where the output is piped"
    assert "at least 0.93, missed" in shown.stdout
    assert "figures miss what is wanted: detection F1," in shown.stdout
    assert (here / "out.html").read_text().startswith("<!doctype html>")
    value = json.loads(ran(*words, "--json").stdout)
    assert value["score"]["detection"]["recall"] == 0.5
    wanted = value["wanted"]["detection F1"]
    assert (wanted["bound"], wanted["at_most"], wanted["kept"]) == (0.93, False, False)
    assert value["wanted"]["hard negatives passed"]["kept"] is None, "none was asked"
    assert value["against"]["detection F1"]["value"] == 0


def test_what_cannot_be_scored_is_told(here: Path):
    (here / "bad.jsonl").write_text(lined({"id": "mine", "score": 2}))
    result = ran("evaluate", "corpus/reports.jsonl", "--predicted", "bad.jsonl")
    assert result.exit_code == 1
    assert "bad.jsonl:1: score" in result.stderr
    assert ran("evaluate", "nothing.jsonl").exit_code == 1


def test_without_predictions_the_shipped_model_reads_the_texts_first(here: Path):
    value = json.loads(ran("evaluate", "corpus/reports.jsonl", "--json").stdout)
    assert value["score"]["documents"] == 1
    assert "shipped model" in value["notes"][0]


def test_at_a_terminal_one_text_is_asked_for_with_what_the_model_reads_as_the_default(here: Path):
    master, slave = pty.openpty()
    answers = ["Vietnam blocks Temu", "Providers cut access to the marketplace on 5 December 2024.", "news",
               "2024-12-05", "", "ban", "effective", "Temu", "VN", "2024-12-05"]  # fmt: skip
    os.write(master, "".join(f"{answer}\n" for answer in answers).encode())
    command = [sys.executable, "-m", "monitor", "corpus", "add", "--config", "config"]
    root = Path(cli.__file__).parents[1]
    try:
        ended = subprocess.run(
            command, stdin=slave, capture_output=True, text=True, timeout=100, check=False,
            env=os.environ | {"PYTHONPATH": str(root)},
        )  # fmt: skip
    finally:
        os.close(master)
        os.close(slave)
    assert ended.returncode == 0, ended.stderr
    assert "the model reads" in ended.stdout
    (kept,) = (here / "corpus" / "added.jsonl").read_text().splitlines()
    row = json.loads(kept)
    assert (row["event_type"], row["platforms"], row["effective_date"]) == ("ban", ["Temu"], "2024-12-05")
    assert (row["lang"], row["synthetic"]) == ("en", True)
