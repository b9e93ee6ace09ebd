"""A history as an operations desk replays it: the whole path under a frozen clock, and what is said of a broken one."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor import cli
from monitor.backtest.history import read_history
from monitor.corpus.likeness import alike

ROOT = Path(__file__).parents[2]

EVENT = {"incident": "gadgetlane-ends", "event_type": "shutdown", "official": "2024-05-06", "effective": "2024-06-30"}
UNSEEN = {"incident": "nobody-wrote-of-it", "event_type": "ban", "official": "2024-05-20"}


def document(id: str, published: str, title: str, text: str = "", **labels: object) -> dict[str, object]:
    return {
        "id": id,
        "published": published,
        "lang": "en",
        "title": title,
        "text": text,
        "source_kind": "news",
        **labels,
    }


STORY = [
    document(
        "told", "2024-05-06", "TikTok Music will shut down on 30 June 2024",
        "TikTok announced that TikTok Music will close for good on 30 June 2024. Export your data by 15 June.",
        incident="gadgetlane-ends", event_type="shutdown", status="confirmed", source_kind="official",
    ),
    document(
        "retold", "2024-05-07", "TikTok Music wird am 30. Juni 2024 eingestellt",
        "Der Dienst TikTok Music wird zum 30. Juni 2024 endgültig abgeschaltet, teilte TikTok mit.",
        incident="gadgetlane-ends", event_type="shutdown", status="confirmed", lang="de",
    ),
    document("recipe", "2024-05-08", "Ten soups for a cold evening", "Onions, carrots and a little patience.",
             event_type="none", incident=None),
]  # fmt: skip


@pytest.fixture
def directory(tmp_path: Path, monkeypatch) -> Path:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    monkeypatch.setenv("SELLERWATCH_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "config"


def written(folder: Path, documents: list[dict[str, object]], events: list[dict[str, object]] | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "documents.jsonl").write_text("\n".join(map(json.dumps, documents)) + "\n", encoding="utf-8")
    if events is not None:
        (folder / "incidents.jsonl").write_text("\n".join(map(json.dumps, events)) + "\n", encoding="utf-8")
    return folder


def ran(directory: Path, *words: str):
    return CliRunner().invoke(cli.app, ["backtest", *words, "--jobs", "1", "--config", str(directory)])


def test_a_closing_is_seen_on_its_day_told_once_a_rung_and_counted_ahead_of_its_effect(directory, tmp_path):
    place = written(tmp_path / "history", STORY, [EVENT, UNSEEN])
    result = ran(directory, str(place), "--page", str(tmp_path / "out.html"), "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    closing, unseen = found["events"]
    assert (closing["first_signal"], closing["first_alert"]) == ("2024-05-06", "2024-05-06")
    assert (closing["ahead_of_official"], closing["ahead_of_effective"]) == (0, 55)
    assert (closing["pieces"], closing["signals"], closing["doubles"]) == (1, 2, 0)
    assert (unseen["first_alert"], unseen["in_time"]) == (None, False)
    assert found["in_time"] == [1, 2]
    assert (found["false_incidents"], found["false_alarms"], found["harmless"]) == ([], 0, 1)
    assert found["reasons"] == {"first": 1, "new_rung": 1}, "the announcement, and the day on which it came true"
    assert found["clusters"]["f1"] == 1.0
    drawn = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert drawn.count("alert: 2024-05-06") == 1
    assert "nobody-wrote-of-it" in drawn
    assert "<script" not in drawn


def test_nothing_is_left_in_the_daemons_own_state(directory, tmp_path):
    assert ran(directory, str(written(tmp_path / "history", STORY[:1], [EVENT]))).exit_code == 0
    assert not (tmp_path / "state").exists()


def test_documents_without_labels_or_events_show_what_was_opened_and_said_and_nothing_of_misses(
    directory, tmp_path, monkeypatch
):
    bare = [{key: row[key] for key in ("id", "published", "title", "text")} for row in STORY]
    file = written(tmp_path / "history", bare) / "documents.jsonl"
    found = json.loads(ran(directory, str(file), "--json").stdout)
    assert (found["events"], found["harmless"], found["missed_by_language"]) == ([], 0, {})
    assert (found["incidents"], found["reasons"]) == (1, {"first": 1, "new_rung": 1, "question": 1}), "press alone"
    assert (found["clusters"], found["doubles"], found["false_alarms"]) == (None, None, None), "nobody asked"
    (opened,) = found["opened"]
    assert (opened["platforms"], opened["documents"]) == (["TikTok Music"], ["told", "retold"])
    assert (opened["first_signal"], opened["first_alert"]) == ("2024-05-06", "2024-05-06")
    assert [one["reason"] for one in opened["said"]] == ["first", "new_rung", "question"]
    monkeypatch.setattr("monitor.tables.console.width", 200)
    shown = ran(directory, str(file)).output
    assert "3 documents of 3 days" in shown
    assert "messages a week" in shown
    assert "official date" not in shown
    (row,) = [line for line in shown.splitlines() if "told, retold" in line]
    for cell in ("shutdown", "TikTok Music", "2024-06-30", "2024-05-06", "TikTok Music will shut down"):
        assert cell in row
    assert shown.index("What was said") < shown.index("question")
    page = tmp_path / "out.html"
    assert ran(directory, str(file), "--page", str(page)).exit_code == 0
    assert "What was opened" in page.read_text()
    assert "harmless" not in page.read_text()


def test_each_seller_of_an_exposure_file_hears_what_touches_its_own_stake(directory, tmp_path):
    place = written(tmp_path / "history", STORY, [EVENT])
    stake = tmp_path / "stake.yaml"
    stake.write_text(
        "sellers:\n"
        "  - {id: hit, name: Hit, currency: EUR, positions: [{platform: TikTok Music, country: MX, stock: 9}]}\n"
        "  - {id: safe, name: Safe, currency: EUR, positions: [{platform: Allegro, country: PL, stock: 9}]}\n"
    )
    found = json.loads(ran(directory, str(place), "--exposure", str(stake), "--json").stdout)
    assert (found["sellers"], found["doubles"]) == (2, 0)
    assert found["reasons"] == {"first": 1, "worse": 1, "new_rung": 1}, "the one who is hit, and of its export's week"
    stake.write_text(
        "sellers:\n  - {id: x, name: X, currency: EUR, positions: [{platform: Tiktok Musik, country: ID}]}\n"
    )
    wrong = ran(directory, str(place), "--exposure", str(stake))
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "stake.yaml:2" in wrong.stderr
    assert "TikTok Music" in wrong.stderr


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (document("x", "2024-05", "A month"), "documents.jsonl:2: published: is no day"),
        (document("x", "2024-05-01", ""), "documents.jsonl:2: text: neither 'title' nor 'text' says anything"),
        (document("told", "2024-05-01", "Twice"), "documents.jsonl:2: id: 'told' is at documents.jsonl:1 too"),
        (document("x", "2024-05-01", "?", incident="elsewhere"), "documents.jsonl:2: incident: 'elsewhere' is not in"),
        (document("x", "2024-05-01", "?", planet="Mars"), "documents.jsonl:2: planet: nobody reads this key"),
    ],
)
def test_a_wrong_row_is_named_by_file_line_and_key_and_nothing_is_replayed(directory, tmp_path, row, says):
    result = ran(directory, str(written(tmp_path / "history", [STORY[0], row], [EVENT])))
    assert result.exit_code == 1
    assert says in result.stderr
    assert result.stdout == ""


def test_a_history_that_is_not_there_is_an_error_not_a_traceback(directory, tmp_path):
    result = ran(directory, str(tmp_path / "nowhere.jsonl"))
    assert result.exit_code == 1
    assert "nowhere.jsonl" in result.stderr


def test_a_page_that_has_no_place_is_said_before_anything_is_read(directory, tmp_path):
    result = ran(directory, str(tmp_path / "nowhere.jsonl"), "--page", str(tmp_path / "gone" / "out.html"))
    assert result.exit_code == 1
    assert "there is no folder" in result.stderr
    assert "nowhere.jsonl" not in result.stderr


@pytest.mark.long
def test_no_text_that_is_learnt_from_stands_in_the_shipped_history():
    shipped = read_history(ROOT / "corpus" / "history")
    assert (len(shipped.documents), len(shipped.events)) == (279, 47)
    learnt = [
        f"{row.get('title', '')}\n{row.get('text', '')}"
        for path in sorted((ROOT / "corpus").glob("*.jsonl"))
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    ]
    history = [f"{row.title}\n{row.text}" for row in shipped.documents]
    pairs = alike([*history, *learnt], 0.7)
    assert [pair for pair in pairs if pair.one < len(history) <= pair.other] == []
