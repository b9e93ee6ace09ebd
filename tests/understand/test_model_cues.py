import pytest

from monitor.domain.signals import EventType, Status
from monitor.understand import cues


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
