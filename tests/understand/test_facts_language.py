"""Which language a document is in."""

import pytest

from monitor.understand import language


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The marketplace will close its UK site to sellers next month."),
        ("de", "Der Marktplatz stellt den Betrieb für Händler in Österreich ein."),
        ("fr", "La place de marché ferme son site français et rembourse les vendeurs."),
        ("pl", "Platforma zamyka oddział w Polsce, sprzedawcy mają czas do piątku."),
        ("id", "Perusahaan akan menutup toko dan akun penjual karena kebijakan baru, uang bisa ditarik."),
        ("ms", "Syarikat akan menutup kedai dan akaun peniaga kerana dasar baharu, wang boleh dikeluarkan."),
        ("fil", "Isasara na ang tindahan at ibabalik ang bayad ng mga nagbebenta sa susunod na buwan."),
        ("vi", "Sàn thương mại điện tử sẽ đóng cửa tại Việt Nam từ tháng sau."),
        ("zh", "该跨境电商平台将于下月关闭美国站。"),
        ("ja", "同社は来月、日本向けサイトを終了する。"),
        ("ko", "플랫폼은 다음 달 한국 서비스를 종료한다."),
        ("th", "แพลตฟอร์มจะปิดให้บริการในเดือนหน้า"),
        ("ru", "Маркетплейс закроет склад и вернёт деньги продавцам."),
        ("uk", "Маркетплейс закриє склад і поверне гроші продавцям."),
        ("ar", "ستغلق المنصة متجرها في السعودية الشهر المقبل."),
        ("fa", "این پلتفرم فروشگاه خود را ماه آینده می‌بندد."),
        ("hi", "यह प्लेटफॉर्म अगले महीने भारत में बंद हो जाएगा।"),
    ],
)
def test_a_sentence_in_each_language_is_told_apart(lang: str, text: str) -> None:
    assert language.detect("", text, None) == lang


def test_latin_brand_names_do_not_make_a_chinese_text_english() -> None:
    assert (
        language.detect("TikTok Shop, Amazon, Temu", "TikTok Shop 美国站将关闭 Amazon Temu eBay Walmart", "en") == "zh"
    )


def test_a_declared_language_decides_only_where_the_words_leave_room() -> None:
    assert language.detect("", "TikTok Shop", "pt-BR") == "pt"
    assert language.detect("", "Der Marktplatz stellt den Betrieb für alle Händler in Österreich ein.", "en") == "de"


def test_a_text_without_letters_has_the_declared_language_or_none() -> None:
    assert language.detect("", "2024-11-28 12:30", "tl") == "fil"
    assert language.detect("", "၂၀၂၄", "my") == "my", "a script that nothing else tells"
    assert language.detect("", "", None) == "und"


@pytest.mark.parametrize("invented", ["qx", "x1", "../en", "en.dat", "zzz-Latn"])
def test_a_declared_language_that_nobody_speaks_is_none(invented: str) -> None:
    assert language.detect("", "2024-11-28 12:30", invented) == "und"


def test_spaces_that_do_not_break_a_line_are_spaces() -> None:
    text = "Bonanza will close its Canadian marketplace on 30 April, it told merchants on Monday."
    assert language.detect("", text.replace(" ", "\u00a0"), None) == "en"
