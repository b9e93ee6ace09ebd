"""What understanding holds in memory, and that what holds less finds the same."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from monitor.understand import cldr
from monitor.understand.datewords import words
from monitor.understand.encoder import SHIPPED
from monitor.understand.gazetteer import Form, Gazetteer
from monitor.understand.language import LANGUAGES
from monitor.understand.pieces import Pieces

CORPUS = Path(__file__).parents[2] / "corpus" / "written-abstracts.jsonl"
MOST_MB = 400  # of all working processes together; the analyst is the largest

ALONE = """
import json, sys
sys.path.insert(0, sys.argv[2])
from known_platforms import KNOWN
from monitor.understand.analyst import Analyst
from monitor.understand.assess import assess_rows
rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")][::8]
page = {**rows[0], "text": "\\n\\n".join(row["text"] for row in rows)[:20_000]}
read = list(assess_rows([*rows, page], Analyst(KNOWN)))
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(len(read), int(peak.split()[1]) * 1024 / 1e6)
"""


@pytest.mark.long
def test_an_analyst_with_all_languages_and_a_long_page_stays_below_the_limit():
    command = [sys.executable, "-c", ALONE, str(CORPUS), str(Path(__file__).parent)]
    read, peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert int(read) > 50
    assert float(peak) < MOST_MB


@pytest.fixture(scope="module")
def cutters():
    path = SHIPPED / "tokenizer.json"
    return Pieces(path), Tokenizer.from_file(str(path))


def test_every_text_is_cut_as_the_tokenizers_library_cuts_it(cutters):
    pieces, library = cutters
    texts = [json.loads(line)["text"] for line in CORPUS.read_text(encoding="utf-8").splitlines()]
    assert len(texts) > 300
    for text in texts:
        assert list(pieces.of(text)) == library.encode(text).ids


@given(
    st.one_of(st.text(max_size=40), st.text("aeinst ▁<>/suk", max_size=40), st.text("販売者ประกาศ 쿠팡", max_size=40))
)
def test_any_text_is_cut_as_the_tokenizers_library_cuts_it(cutters, text):
    pieces, library = cutters
    seen = text.encode("utf-8", "replace").decode("utf-8")
    assert list(pieces.of(seen)) == library.encode(seen).ids


def test_a_model_of_another_kind_is_refused(tmp_path):
    stored = json.loads((SHIPPED / "tokenizer.json").read_text(encoding="utf-8"))
    stored["model"] = {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}
    (tmp_path / "tokenizer.json").write_text(json.dumps(stored), encoding="utf-8")
    with pytest.raises(ValueError, match="WordLevel"):
        Pieces(tmp_path / "tokenizer.json")


@given(
    st.lists(st.text("ab ", min_size=1, max_size=9).filter(str.strip), min_size=1, max_size=12),
    st.text("ab .", max_size=60),
)
def test_of_the_forms_that_begin_at_a_place_the_longest_whole_word_is_found(forms, text):
    forms = {form.strip() for form in forms}
    expected, free = [], 0
    for start in range(len(text)):
        if start < free or (start and text[start - 1] in "ab"):
            continue
        ends = [start + len(form) for form in forms if text.startswith(form, start)]
        whole = [end for end in ends if text[end : end + 1] not in ("a", "b")]
        if whole:
            free = max(whole)
            expected.append((start, free))
    found = Gazetteer(Form(form, "x", exact=True) for form in sorted(forms)).find(text)
    assert [(hit.start, hit.end) for hit in found] == expected


def test_all_languages_share_the_words_for_days_and_each_reads_its_own_weekdays():
    for lang in LANGUAGES:
        assert words(lang).forms is words("en").forms
        known = cldr.names(lang)
        for number, name in known.weekdays.items() if known and lang in {"de", "fr", "ru", "ko", "ar", "th"} else ():
            (found,) = words(lang).scan(name, name.lower())
            assert (found.word, found.day) == ("weekday", number), (lang, name)


def test_a_weekday_of_another_language_is_no_day():
    assert not list(words("fr").scan("Donnerstag", "donnerstag"))
    assert list(words("fr").scan("Thursday", "thursday"))
