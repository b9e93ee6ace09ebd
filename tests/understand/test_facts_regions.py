"""Regions in a text, whatever its language."""

import pytest
from known_platforms import EXTRACTOR

from monitor.domain.signals import EventType, Status
from monitor.understand.facts import gather
from monitor.understand.regions import home_of


def regions(text: str, lang: str) -> list[str]:
    return [mention.value for mention in EXTRACTOR.mentions("", text, lang, None).regions]


@pytest.mark.parametrize(
    ("text", "lang", "codes"),
    [
        ("banned in the United States and the U.K., not in Türkiye", "en", ["US", "GB", "TR"]),
        ("quitte les États-Unis, le Brésil et l'Indonésie", "fr", ["US", "BR", "ID"]),
        ("cierra en EE.UU. y en Brasil", "es", ["US", "BR"]),
        ("fecha as portas nos EUA", "pt", ["US"]),
        ("verlässt Österreich und die Schweiz", "de", ["AT", "CH"]),
        ("wychodzi z Niemiec i z Polski", "pl", ["DE", "PL"]),
        ("уходит из Германии и Казахстана, остаётся в России", "ru", ["DE", "KZ", "RU"]),
        ("在美国被禁，退出印尼和越南", "zh", ["US", "ID", "VN"]),
        ("米国と韓国で終了", "ja", ["US", "KR"]),
        ("미국에서 금지", "ko", ["US"]),
        ("ปิดในไทยและสหรัฐฯ", "th", ["TH", "US"]),
        ("rời Việt Nam và Mỹ", "vi", ["VN", "US"]),
        ("berhenti di AS dan Filipina", "id", ["US", "PH"]),
        ("ABD'de yasaklandı, Almanya'da açık", "tr", ["US", "DE"]),
        ("تغلق في السعودية والإمارات", "ar", ["SA", "AE"]),
        ("भारत में बंद", "hi", ["IN"]),
        ("im EU-Binnenmarkt; rest of the EU", "de", ["EU", "EU"]),
        ("closed worldwide", "en", ["WORLD"]),
    ],
)
def test_countries_are_read_in_every_language(text: str, lang: str, codes: list[str]) -> None:
    assert regions(text, lang) == codes


def test_authorities_speak_for_their_country() -> None:
    assert regions("Kominfo blokir aplikasi", "id") == ["ID"]
    assert regions("Роскомнадзор заблокировал сайт", "ru") == ["RU"]
    assert regions("la DGCCRF enquête", "fr") == ["FR"]


def test_common_words_and_other_places_are_no_countries() -> None:
    assert regions("tell us about turkey and china plates", "en") == []
    assert regions("in Latin America, New Mexico; ten US dollars", "en") == []
    assert regions("US$ 20", "en") == []


def test_a_language_speaks_for_its_country_only_where_no_country_is_named() -> None:
    assert home_of("ja", "") == "JP"
    assert home_of("en", "") is None
    assert home_of("zh", "這個賣場將關閉，賣家須於期限內提領") == "TW"

    def told(title: str, text: str) -> tuple[str, ...]:
        mentions = EXTRACTOR.mentions(title, text, "ja", None)
        return gather(mentions, title, text, "ja", None, EventType.POLICY, Status.CONFIRMED, None, (), ()).regions

    assert told("Temu、出店者の手数料を引き上げ", "出店者への手数料が4月から上がる。") == ("JP",)
    assert told("Temu、米国の出店者の手数料を引き上げ", "米国で4月から上がる。") == ("US",)


def test_where_a_company_comes_from_is_not_where_it_is_banned() -> None:
    title, text = "Italy bans the Chinese marketplace Temu", "The Chinese app is blocked in Italy from Monday."
    mentions = EXTRACTOR.mentions(title, text, "en", None)
    told = gather(mentions, title, text, "en", None, EventType.BAN, Status.CONFIRMED, None, (), ())
    assert told.regions == ("IT",)
