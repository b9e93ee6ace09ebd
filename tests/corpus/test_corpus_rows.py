"""A row says what it may say, and every fault is named by file, line and key, with what to do."""

import json

import pytest
from rows_given import EVENT, HARMLESS, line

from monitor.corpus.rows import Labelled, Labels, Predicted, parse, read_file, read_rows


def complaints(*lines: str, kind=Labelled) -> list[str]:
    return [str(problem) for problem in read_rows(lines, "x.jsonl", kind)[1]]


def test_a_sound_row_comes_back_as_the_line_it_was():
    (placed,), wrong = read_rows([line(EVENT)], "x.jsonl", Labelled)
    assert wrong == []
    assert placed.place == "x.jsonl:1"
    assert json.loads(placed.row.line()) == EVENT
    assert read_rows([placed.row.line()], "x.jsonl", Labelled)[0][0].row == placed.row


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"event_type": "closing"}, "event_type: closing is not one of shutdown, market_exit"),
        ({"event_type": "bann"}, "did you mean ban?"),
        ({"status": "sure"}, "status: sure is not one of rumor, proposed"),
        ({"status": None}, "an event without 'status'"),
        ({"regions": ["UK"]}, "regions[0]: 'UK' is no country code (write GB)"),
        ({"lang": "english"}, "lang: 'english' is no language code (write en)"),
        ({"platforms": "Temu"}, "platforms: should be a list"),
        ({"platforms": [" "]}, "platforms[0]: is empty"),
        ({"effective_date": "2024-02-31"}, "effective_date: day is out of range for month (write YYYY"),
        ({"published": "yesterday"}, "published: 'yesterday' is not YYYY"),
        ({"deadlines": [{"date": "2024-12-01", "what": "cry"}]}, "deadlines[0].what: cry is not one of data_export"),
        ({"hard_negative": "no"}, "hard_negative: should be a valid boolean (write true or false"),
        ({"hard_negative": True}, "an event marked 'hard_negative'"),
        ({"titel": "x"}, "titel: nobody reads this key (did you mean title?)"),
        ({"title": "", "text": " "}, "neither 'title' nor 'text' says anything"),
        ({"id": ""}, "id: is empty"),
        ({"source_kind": "blog"}, "source_kind: blog is not one of official"),
    ],
)
def test_a_fault_is_named_by_file_line_and_key_with_what_to_do(changed, complaint):
    said = complaints(line(EVENT), "", line(EVENT, **changed))
    assert len(said) == 1
    assert said[0].startswith("x.jsonl:3: ")
    assert complaint in said[0]


@pytest.mark.parametrize("key", ["status", "effective_date", "deadlines"])
def test_a_text_that_reports_nothing_carries_no_facts(key):
    fact = {"status": "rumor", "effective_date": "2024", "deadlines": [{"date": "2024", "what": "other"}]}[key]
    assert f"a none has {key!r}" in complaints(line(HARMLESS, **{key: fact}))[0]
    assert complaints(line(HARMLESS, hard_negative=True)) == []


def test_every_fault_of_a_row_is_told_at_once_and_other_rows_are_read():
    sound, wrong = read_rows(["{", "[1]", line(EVENT, lang="?", status="?"), line(EVENT)], "x.jsonl", Labelled)
    assert [problem.line for problem in wrong] == [1, 2, 3, 3]
    assert [placed.line for placed in sound] == [4]


def test_one_accepted_event_type_may_stand_without_its_list():
    assert parse({**EVENT, "alt_event_type": "policy"}, Labelled).alt_event_type == ("policy",)
    assert parse({**EVENT, "alt_event_type": ["policy", "none"]}, Labelled).alt_event_type == ("policy", "none")


def test_labels_to_score_against_need_no_text_but_rows_of_the_corpus_do():
    bare = {key: EVENT[key] for key in ("id", "lang", "event_type", "status")}
    assert complaints(line(bare), kind=Labels) == []
    assert {said.split(": ")[1] for said in complaints(line(bare))} == {"title", "text", "source_kind"}


def test_a_text_may_hold_a_line_separator(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(line(EVENT, text="one\u2028two") + "\n" + line(HARMLESS) + "\n", encoding="utf-8")
    sound, wrong = read_file(path, Labelled)
    assert (len(sound), wrong) == (2, [])


def test_a_file_that_is_no_utf_8_is_one_problem(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\xff\xfe")
    assert next(map(str, read_file(path, Labelled)[1])).startswith("x.jsonl: is not UTF-8")


def test_a_prediction_passes_over_keys_that_nobody_scores_and_keeps_its_score_a_probability():
    assert parse({"id": "a", "signals": [], "lang": "en"}, Predicted).event_type == "none"
    with pytest.raises(ValueError, match="score: should be less than or equal to 1"):
        parse({"id": "a", "score": 1.5}, Predicted)
