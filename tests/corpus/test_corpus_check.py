"""The corpus as a whole: what spoils it is an error, what somebody should look at is a note, what is scarce is told."""

from pathlib import Path

import pytest
from rows_given import EVENT, HARMLESS, line, placed

from monitor.config.catalogue import read_platforms
from monitor.corpus.check import inspect, same_ids, same_titles, too_alike, unlisted

ROOT = Path(__file__).parents[2]
OTHER = {"title": "Shopee leaves Poland", "text": "Its Warsaw office confirmed that orders stop within a few weeks."}


def said(problems) -> str:
    return "\n".join(map(str, problems))


@pytest.mark.long
def test_the_corpus_of_the_project_is_sound_and_large_enough():
    found = inspect(ROOT / "corpus", read_platforms(ROOT / "config")[1] or {})
    assert said(found.errors) == ""
    assert found.thin() == []
    assert found.count()["texts"] == len(found.rows) >= 3_000


def test_two_rows_with_one_id_are_an_error_that_names_both_places():
    assert said(same_ids([placed(1), placed(7)])) == "x.jsonl:7: id: 'a' is the id of x.jsonl:1 too (give it another)"
    assert same_ids([placed(1), placed(7, id="b")]) == []


def test_one_text_with_two_labels_is_an_error_even_within_an_incident():
    errors, _ = too_alike([placed(1), placed(2, id="b", status="reversed")])
    assert "x.jsonl:2: text: is the text of x.jsonl:1 too, with another label: ban effective and ban reversed" in said(
        errors
    )


def test_one_text_twice_is_an_error():
    errors, _ = too_alike([placed(1), placed(2, "y.jsonl", id="b", text=EVENT["text"].upper())])
    assert said(errors) == "y.jsonl:2: text: is the text of x.jsonl:1 too (keep one of the two)"


def test_near_texts_are_fine_in_one_incident_a_note_among_strangers_and_an_error_between_report_and_written_text():
    near = EVENT["text"].replace("5 December", "17 January")
    assert too_alike([placed(1), placed(2, id="b", text=near)]) == ([], [])
    errors, notes = too_alike([placed(1), placed(2, id="b", text=near, incident="another")])
    assert errors == []
    assert "% the text of x.jsonl:1, and they are not of one incident" in said(notes)
    errors, notes = too_alike([placed(1, synthetic=False), placed(2, id="b", text=near, incident=None)])
    assert notes == []
    assert "x.jsonl:2" in said(errors)


def test_a_title_that_says_two_things_is_noted():
    harmless = placed(3, row=HARMLESS, title=EVENT["title"])
    assert "is the title of x.jsonl:1 too, which is ban, not none" in said(same_titles([placed(1), harmless]))
    assert same_titles([placed(1), placed(3, id="b", status="rumor")]) == []


def test_a_platform_under_another_name_is_noted_with_its_canonical_one_and_unlisted_ones_are_counted():
    names = {"temu": "Temu", "拼多多跨境": "Temu"}
    notes = said(unlisted([placed(platforms=["TEMU", "拼多多跨境", "Brocalia"])], names))
    assert "'拼多多跨境' is listed as 'Temu' (write the canonical name)" in notes
    assert "1 of 3 names are not in the list of platforms: Brocalia" in notes
    assert "TEMU" not in notes


def test_a_thin_corpus_says_what_it_lacks_and_every_wrong_line_is_told(tmp_path):
    (tmp_path / "a.jsonl").write_text(line(EVENT) + "\n" + line(HARMLESS, regions=["VN"]) + "\n{\n", encoding="utf-8")
    (tmp_path / "b.jsonl").write_text(line(EVENT, id="c", lang="pl", **OTHER) + "\n", encoding="utf-8")
    found = inspect(tmp_path, {"temu": "Temu"})
    assert [problem.place for problem in found.errors] == ["a.jsonl:3"]
    assert "a.jsonl: regions: named in 1 texts that are none" in said(found.notes)
    lacks = [str(part) for part in found.thin()]
    assert {"texts: 3 of 3000", "event type ban: 2 of 250", "status rumor: 0 of 200", "language pl: 1 of 100"} <= {
        *lacks
    }
    assert found.languages == ["en", "pl"]
    assert (found.count("en")["ban"], found.count("pl")["ban"], found.count("en")["none"]) == (1, 1, 1)


def test_a_folder_without_texts_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no labelled texts"):
        inspect(tmp_path, {})
