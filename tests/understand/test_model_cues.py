import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.signals import EventType, Status
from monitor.understand import cues

CORPUS = Path(__file__).parents[2] / "corpus"


def hinted(text, lang):
    return {cue.hint for cue in cues.find(text, lang)}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The shop is shutting down"),
        ("de", "Der Marktplatz wird eingestellt"),
        ("fr", "La plateforme ferme ses portes"),
        ("es", "La tienda cerrará en junio"),
        ("pt", "O site encerra as atividades"),
        ("ru", "Площадка закрывается"),
        ("uk", "Майданчик припиняє роботу"),
        ("pl", "Serwis kończy działalność"),
        ("tr", "Pazaryeri kapanıyor"),
        ("ar", "إغلاق المنصة"),
        ("zh", "平台将停止运营"),
        ("ja", "サービス終了のお知らせ"),
        ("ko", "서비스 종료 안내"),
        ("id", "Lapak akan berhenti beroperasi"),
        ("vi", "Sàn đóng cửa"),
        ("th", "แพลตฟอร์มยุติให้บริการ"),
        ("hi", "दुकान बंद होगी"),
        ("fil", "Magsasara ang tindahan"),
    ],
)
def test_it_knows_the_words_for_closing(lang, text):
    assert "closing" in hinted(text, lang)


def test_a_cue_is_the_beginning_of_a_word_and_not_its_middle():
    assert "closing" in hinted("closure", "en")
    assert "closing" not in hinted("enclosed", "en")


def test_a_cue_marked_as_a_whole_word_does_not_match_a_longer_one():
    assert "authority" in hinted("a new law", "en")
    assert "authority" not in hinted("a new lawn", "en")


def test_a_cue_with_a_gap_spans_the_words_between():
    assert "leaving" in hinted("Der Händler zieht sich aus Polen zurück", "de")


def test_english_words_count_in_every_language_and_others_only_in_their_own():
    assert "closing" in hinted("セラー向け shutdown", "ja")
    assert "banning" not in hinted("Die Ban im Rad", "xx") - hinted("Die Ban im Rad", "en")
    assert "closing" not in hinted("ferme", "en")


def test_offsets_point_at_the_words():
    text = "Temu: Zugang gesperrt"
    assert "gesperrt" in {text[cue.start : cue.end] for cue in cues.find(text, "de")}


def test_every_event_and_every_status_has_its_hint_in_the_data():
    assert set(cues.RISK) == set(EventType)
    assert set(cues.CERTAINTY) == set(Status)
    assert {*cues.RISK.values(), *cues.CERTAINTY.values()} <= set(cues.hints())


def test_counts_name_every_hint_even_for_no_text_and_an_unknown_language():
    assert cues.counts("", "xx") == dict.fromkeys(cues.hints(), 0)


def plainly(text, lang):
    """The same by one expression a hint: what `find` must give, said the slow way."""
    found = []
    for hint, by_language in cues.lexicon().items():
        known = {cue: None for code in (lang, "en") for cue in by_language.get(code, [])}
        forms = []
        for cue in sorted(known, key=len, reverse=True):
            body = r".{0,20}?".join(re.escape(part.strip()) for part in cue.split("~"))
            unspaced = 0x0E00 <= ord(cue[0]) <= 0x0E7F or 0x2E80 <= ord(cue[0]) <= 0xD7FF
            forms.append(body if unspaced else rf"\b{body}" + (r"\b" if cue.endswith(" ") else ""))
        matches = re.compile("|".join(forms), re.IGNORECASE).finditer(text, 0, cues.SCANNED)
        found += [cues.Cue(hint, match.start(), match.end()) for match in matches]
    return found


@pytest.mark.long
def test_it_finds_in_every_text_of_the_corpus_what_a_plain_search_finds():
    lines = [line for path in sorted(CORPUS.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    rows = [json.loads(line) for line in lines]
    assert len(rows) > 3_000
    for row in rows:
        text = f"{row['title']}\n{row['text']}"
        written = text.upper() if row["event_type"] == "none" else text
        assert list(cues.find(written, row["lang"])) == plainly(written, row["lang"])


ODD = ("tr", "el", "ja")
SOME_CUES = sorted({cue for by in cues.lexicon().values() for lang in ODD for cue in by.get(lang, [])})


@given(st.lists(st.one_of(st.sampled_from(SOME_CUES), st.text(max_size=3)), max_size=8).map("".join))
def test_it_finds_what_a_plain_search_finds_in_odd_letters_too(text):
    for lang in ODD:
        for written in (text, text.upper(), text.title()):
            assert list(cues.find(written, lang)) == plainly(written, lang)


def test_long_texts_are_searched_as_far_as_the_limit_and_no_farther():
    text = "x " * (cues.SCANNED // 2 - 2) + "close closed"
    assert list(cues.find(text, "en")) == plainly(text, "en") != []


@pytest.mark.parametrize(
    ("text", "stem", "word"),
    [
        ("We have decided to leave.", "decid", "decided"),
        ("schließt zum 30. November", "zum 3", "zum 30"),
        ("أعلنت شركة نون", "أعلن", "أعلنت"),
        ("bekanntgegeben", "gegeb", "bekanntgegeben"),
        ("Shopee宣布将于", "宣布", "宣布"),
        ("x" * 500 + "decided", "decid", None),
    ],
)
def test_a_stem_is_quoted_with_the_word_that_it_is_a_part_of(text, stem, word):
    at = text.index(stem)
    start, end = cues.whole_words(text, at, at + len(stem))
    assert stem in text[start:end]
    if word:
        assert text[start:end] == word
    else:
        assert end - start < 100, "a word without an end is not a word"
