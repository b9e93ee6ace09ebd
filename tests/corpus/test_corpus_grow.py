"""New rows enter when they are sound and new; a user's correction becomes a row; a file is never half written."""

import json
from datetime import UTC, datetime

import pytest
from rows_given import EVENT, HARMLESS, line, placed

from monitor.corpus import grow
from monitor.corpus.grow import append, corrected, keep, take
from monitor.corpus.rows import Labelled, read_file
from monitor.domain.deadlines import PartialDate
from monitor.domain.documents import Document
from monitor.domain.signals import Assessment, EventType, Signal, Status
from monitor.domain.sources import Authority

NOW = datetime(2024, 12, 6, 9, tzinfo=UTC)
FRENCH = {
    "title": "Brocalia quitte la France",
    "text": "La place de marché cessera de prendre des commandes à la fin du mois de novembre, selon un communiqué.",
    "source_kind": "news",
    "event_type": "market_exit",
    "status": "confirmed",
}
DOCUMENT = Document(
    "0123456789abcdef", "source", "capture", "https://news.example/temu", EVENT["title"], EVENT["text"],
    datetime(2024, 12, 5, 8, tzinfo=UTC), NOW)  # fmt: skip
READ = Assessment(
    DOCUMENT.id, "en", 0.91,
    (Signal(EventType.BAN, Status.PROPOSED, ("Temu",), ("VN",), PartialDate("2024-12-05"), (), 0.91, ()),),
    model="m1")  # fmt: skip


def said(problems) -> str:
    return "\n".join(map(str, problems))


def test_what_can_be_known_is_filled_in():
    taken = take([line(FRENCH)], "mine.jsonl", [])
    (added,) = taken.rows
    assert taken.refused == ()
    assert (added.row.lang, added.row.synthetic) == ("fr", True)
    assert added.row.id.startswith("mine-")
    assert take([line(FRENCH, url="https://news.example/a")], "m.jsonl", []).rows[0].row.synthetic is False
    assert take([line(FRENCH)], "m.jsonl", [], written=False).rows[0].row.synthetic is False
    assert take([line(FRENCH)], "mine.jsonl", []).rows[0].row.id == added.row.id, "the same text, the same id"


def test_a_duplicate_is_refused_by_line_and_the_others_are_taken():
    lines = [line(EVENT), line(FRENCH), line(FRENCH), line(EVENT, id="new", incident=None), line(HARMLESS), "{"]
    taken = take(lines, "mine.jsonl", [placed(40, "old.jsonl")])
    assert [added.line for added in taken.rows] == [2, 5]
    assert [problem.line for problem in taken.refused] == [1, 3, 4, 6]
    assert "mine.jsonl:1: id: 'a' is the id of old.jsonl:40 already" in said(taken.refused)
    assert "mine.jsonl:4: text: is the text of old.jsonl:40 too" in said(taken.refused)


def test_a_text_close_to_a_known_one_is_refused_unless_both_are_of_one_incident():
    near = EVENT["text"].replace("5 December", "17 January")
    stranger = take([line(EVENT, id="b", text=near, incident="another")], "m.jsonl", [placed(4, "old.jsonl")])
    assert "the text of old.jsonl:4, and they are not of one incident" in said(stranger.refused)
    assert len(take([line(EVENT, id="b", text=near)], "m.jsonl", [placed(4, "old.jsonl")]).rows) == 1


def test_a_row_that_was_refused_keeps_no_other_out():
    wrong, right = line(EVENT, id="taken"), line(EVENT, id="free")
    taken = take([wrong, right], "m.jsonl", [placed(1, "old.jsonl", row=HARMLESS, id="taken")])
    assert [added.row.id for added in taken.rows] == ["free"]


def test_rows_are_appended_after_what_was_there_whatever_its_last_line_end(tmp_path):
    path = tmp_path / "deep" / "x.jsonl"
    append([placed().row], path)
    path.write_text(path.read_text().rstrip("\n"))
    append([placed(row=HARMLESS).row], path)
    assert [one.row.id for one in read_file(path, Labelled)[0]] == ["a", "h"]
    assert [file.name for file in path.parent.iterdir()] == ["x.jsonl"]


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "x.jsonl"
    append([placed().row], path)
    before = path.read_bytes()

    def full(handle):
        raise OSError("no space left on device")

    monkeypatch.setattr(grow.os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        append([placed(row=HARMLESS).row], path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["x.jsonl"]


def test_a_false_alarm_that_a_user_names_becomes_a_hard_negative_with_its_story():
    row = corrected(DOCUMENT, READ, Authority.COURT, {"event_type": "none"}, "ada", NOW, "an old story")
    assert (row.event_type, row.status, row.hard_negative, row.synthetic) == ("none", None, True, False)
    assert (row.title, row.text, row.published, row.source_kind) == (
        EVENT["title"],
        EVENT["text"],
        "2024-12-05",
        "regulator",
    )
    assert (row.platforms, row.regions, row.effective_date) == ((), (), None)
    assert row.feedback is not None
    assert (row.feedback.by, row.feedback.at, row.feedback.note) == ("ada", "2024-12-06T09:00:00+00:00", "an old story")
    assert row.feedback.read_as == {"event_type": "ban", "status": "proposed", "platforms": ["Temu"], "regions": ["VN"],
                                    "effective_date": "2024-12-05", "score": 0.91}  # fmt: skip
    assert row.feedback.model == "m1"


def test_a_none_to_which_the_user_gives_a_status_or_a_date_is_refused():
    for what in ({"status": "effective"}, {"effective_date": "2024-12-31"}):
        with pytest.raises(ValueError, match="a none has"):
            corrected(DOCUMENT, READ, None, {"event_type": "none", **what}, "ada", NOW)


def test_an_event_keeps_what_the_user_did_not_correct_and_its_date_is_no_longer_sure():
    row = corrected(DOCUMENT, READ, None, {"event_type": "ban", "platforms": ["SHEIN"]}, "ada", NOW)
    assert (row.status, row.platforms, row.regions) == ("proposed", ("SHEIN",), ("VN",))
    assert (row.effective_date, row.date_unsure, row.source_kind) == ("2024-12-05", True, "other")
    sure = corrected(DOCUMENT, READ, None, {"event_type": "ban", "effective_date": "2024-12-31"}, "ada", NOW)
    assert (sure.effective_date, sure.date_unsure) == ("2024-12-31", False)


def test_an_event_of_another_type_needs_a_status_from_the_user():
    with pytest.raises(ValueError, match="an event without 'status'"):
        corrected(DOCUMENT, READ, None, {"event_type": "shutdown"}, "ada", NOW)
    row = corrected(DOCUMENT, READ, None, {"event_type": "shutdown", "status": "rumor"}, "ada", NOW)
    assert (row.event_type, row.status) == ("shutdown", "rumor")


def test_a_second_correction_of_a_document_takes_the_place_of_the_first(tmp_path):
    path = tmp_path / "feedback.jsonl"
    first = corrected(DOCUMENT, READ, None, {"event_type": "none"}, "ada", NOW)
    assert keep(first, path) is False
    assert path.stat().st_mode & 0o077 == 0, "what users say is nobody else's business"
    assert keep(corrected(DOCUMENT, READ, None, {"event_type": "ban"}, "ada", NOW), path) is True
    (kept,) = read_file(path, Labelled)[0]
    assert kept.row.event_type == "ban"


def test_feedback_that_is_taken_in_leaves_its_origin_behind(tmp_path):
    row = corrected(DOCUMENT, READ, None, {"event_type": "none"}, "ada", NOW, "an old story")
    (added,) = take([row.line()], "feedback.jsonl", []).rows
    assert "feedback" in json.loads(row.line())
    assert "feedback" not in json.loads(added.row.line())
    assert "ada" not in added.row.line()
