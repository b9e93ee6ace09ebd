"""A platform that says it will not close has called its closing off, whoever says so and however sure it sounds."""

import known_platforms
import pytest

from monitor.understand.assess import assess_rows
from monitor.understand.denials import denied


@pytest.mark.parametrize(
    ("lang", "headline"),
    [
        ("en", "Etsy will not leave Germany"),
        ("en", "Update: eBay.de will not close"),
        ("de", "Kaufland wird nicht schließen"),
        ("fr", "Cdiscount ne fermera pas"),
        ("es", "Temu no cerrará en España"),
        ("pt", "Shopee não vai fechar"),
        ("ru", "Маркетплейс не закроется"),
        ("tr", "Trendyol kapanmayacak"),
        ("zh", "平台不会关闭"),
        ("ja", "モールは閉鎖しない"),
        ("id", "Bukalapak tidak akan tutup"),
        ("vi", "Lazada sẽ không đóng cửa"),
    ],
)
def test_an_act_with_its_negation_is_a_denial_in_a_title_and_in_a_first_sentence(lang, headline):
    assert denied(headline, "", lang)
    assert denied("", f"{headline}.", lang)
    assert not denied("", f"2026. {'x ' * 200}. {headline}.", lang), "what stands far below is no headline"


@pytest.mark.parametrize(
    ("lang", "headline"),
    [
        ("en", "Etsy will leave Germany"),
        ("en", "Sellers will not be able to list after 1 May"),
        ("en", "Court lifts the ban on Temu"),
        ("de", "TikTok Shop kommt vorerst nicht nach Deutschland"),
        ("fr", "Vinted renonce à s'implanter en Turquie"),
        ("zh", "平台将于五月关闭"),
    ],
)
def test_what_stands_is_lifted_or_does_not_come_after_all_is_no_plain_denial(lang, headline):
    assert not denied(headline, "", lang)


def test_the_words_decide_on_the_platforms_own_page_as_in_the_press():
    text = "Our earlier announcement is withdrawn. Etsy will continue in Germany."
    rows = [
        {"id": kind, "title": "Etsy will not leave Germany", "text": text, "source_kind": kind}
        for kind in ("official", "news", "trade")
    ]
    assert {row["status"] for row in assess_rows(rows, known_platforms.analyst())} == {"reversed"}
