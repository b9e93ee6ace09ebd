"""Who is hit and where, with the whole list of platforms that ships: scripts, parts and wholes, last resorts."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config.catalogue import read_platforms
from monitor.domain.places import BLOCS
from monitor.domain.signals import EventType, Status
from monitor.training.places import choice, f1
from monitor.understand.facts import Extractor, Facts, gather
from monitor.understand.regionnames import excepted

CONFIG = Path(__file__).parents[2] / "config"
KNOWN, _, PROBLEMS = read_platforms(CONFIG)
EXTRACTOR = Extractor(KNOWN)


def told(title: str, text: str, lang: str, event: str = "market_exit") -> Facts:
    mentions = EXTRACTOR.mentions(title, text, lang, date(2025, 3, 3))
    kind = EventType(event)
    return gather(mentions, title, text, lang, date(2025, 3, 3), kind, Status.CONFIRMED, None, (), ())


def regions(text: str, lang: str) -> list[str]:
    return [mention.value for mention in EXTRACTOR.mentions("", text, lang, None).regions]


def test_the_shipped_list_is_sound_and_wide() -> None:
    assert PROBLEMS == []
    assert len(KNOWN) >= 250


@pytest.mark.parametrize(
    ("text", "lang", "name"),
    [
        ("페이오니아 잔액을 빼세요", "ko", "Payoneer"),
        ("ดาราซปิดร้าน", "th", "Daraz"),
        ("旋轉拍賣暫停賣家", "zh", "Carousell"),
        ("旋转拍卖暂停卖家", "zh", "Carousell"),
        ("メルカドリブレが撤退", "ja", "Mercado Libre"),
        ("Ламода закрывает склад", "ru", "Lamoda"),
        ("أرامكس توقف الشحن", "ar", "Aramex"),
        ("मीशो ने विक्रेताओं को हटाया", "hi", "Meesho"),
        ("Vente-privee ferme son antenne", "fr", "Veepee"),
    ],
)
def test_a_platform_is_known_in_the_scripts_of_the_press(text: str, lang: str, name: str) -> None:
    assert name in [mention.value for mention in EXTRACTOR.mentions("", text, lang, None).platforms]


@pytest.mark.parametrize("text", ["I faire the target; a jet line in base.", "Square stripes reverb in Paris."])
def test_words_that_are_names_too_need_commerce_beside_them(text: str) -> None:
    assert EXTRACTOR.mentions("", text, "en", None).platforms == ()


def test_a_word_of_a_name_is_no_place_and_a_country_in_a_name_is() -> None:
    assert "US" not in regions("Americanas para de pagar lojistas", "pt")
    assert "US" in regions("As redes americanas deixam o mercado", "pt")
    assert "FR" in regions("Rakuten France ferme", "fr")


@pytest.mark.parametrize(
    ("title", "text", "lang", "name"),
    [
        (
            "TikTok Music closes; TikTok and TikTok Shop go on",
            "TikTok Music closes on 28 November.",
            "en",
            "TikTok Music",
        ),
        ("Shopee closes; Lazada stays open", "Shopee closes in May. Lazada carries on.", "en", "Shopee"),
        ("Lazada bleibt bestehen, Shopee schließt", "Shopee schließt im Mai.", "de", "Shopee"),
        ("Shopee cierra", "Shopee cierra en mayo. Lazada sigue operando.", "es", "Shopee"),
        ("Shopee tutup", "Shopee tutup pada Mei. Lazada tetap beroperasi.", "id", "Shopee"),
        ("Shopee关闭", "Shopee将于5月关闭。Lazada照常运营。", "zh", "Shopee"),
    ],
)
def test_what_goes_on_is_not_hit(title: str, text: str, lang: str, name: str) -> None:
    assert told(title, text, lang, "shutdown").platforms == (name,)


def test_a_part_that_no_list_holds_is_hit_in_place_of_its_whole() -> None:
    facts = told("Enjoei Pro encerra em junho", "A área para brechós profissionais será desativada.", "pt", "shutdown")
    assert facts.platforms == ("Enjoei Pro",)
    (span,) = [span for span in facts.spans if span.says == "platform:Enjoei Pro"]
    assert (span.field, span.start, span.end) == ("title", 0, 10)


def test_the_name_of_an_unlisted_platform_is_cut_out_of_its_run_of_capitals() -> None:
    facts = told(
        "POPMELO QUITTE LA FRANCE",
        "L'application Popmelo ferme le 3 juin. Popmelo remboursera les vendeurs.",
        "fr",
    )
    assert [name.casefold() for name in facts.platforms] == ["popmelo"]


def test_a_channel_that_only_carries_the_news_is_not_hit_beside_an_unlisted_platform() -> None:
    title = "Marketplace Shopivaro closes in Spain"
    facts = told(
        title, "Shopivaro told its sellers on Telegram that the marketplace Shopivaro closes.", "en", "shutdown"
    )
    assert facts.platforms == ("Shopivaro",)


@pytest.mark.parametrize(
    ("text", "lang", "codes"),
    [
        ("W Tiranie ekran pozostaje czarny", "pl", ["AL"]),
        ("Glovo żegna się z Kairem i Montevideo", "pl", ["EG", "UY"]),
        ("a launch in Zagreb, a block in Muscat", "en", ["HR", "OM"]),
        ("склад под Белградом", "ru", ["RS"]),
        ("内罗毕买家", "zh", ["KE"]),
        ("ハノイの駐在員", "ja", ["VN"]),
        ("حجب التطبيق في مسقط", "ar", ["OM"]),
        ("La plateforme ferme à Libreville", "fr", ["GA"]),
    ],
)
def test_cities_speak_for_their_country_in_every_language(text: str, lang: str, codes: list[str]) -> None:
    assert regions(text, lang) == codes


def test_christmas_is_no_island_and_madras_not_madeira() -> None:
    assert regions("la campaña de Navidad", "es") == []
    assert regions("马德拉斯高院", "zh") == ["IN"]


@pytest.mark.parametrize(
    ("text", "lang", "bloc"),
    [("leaves the Baltics", "en", "BALTICS"), ("退出波罗的海三国", "zh", "BALTICS"), ("دول الخليج", "ar", "GCC")],
)
def test_a_bloc_stands_for_its_members(text: str, lang: str, bloc: str) -> None:
    assert set(regions(text, lang)) == BLOCS[bloc]


def test_what_is_national_counts_only_where_no_place_is_named() -> None:
    assert regions("Le gouvernement veut bloquer le site", "fr") == ["FR"]
    assert regions("Le gouvernement du Gabon veut bloquer le site", "fr") == ["GA"]
    assert regions("The government wants to block the site", "en") == []


@pytest.mark.parametrize(
    ("lang", "title", "text", "place"),
    [
        ("nl", "Temu verhoogt de commissie", "De commissie voor verkopers gaat op 1 april naar 12 procent.", "NL"),
        ("ru", "Temu повышает комиссию", "Комиссия для продавцов с 1 апреля вырастет до 12 процентов.", "RU"),
        ("ms", "Temu menaikkan komisen", "Komisen penjual naik kepada 12 peratus mulai 1 April.", "MY"),
    ],
)
def test_a_language_speaks_for_its_country_where_nothing_else_does(
    lang: str, title: str, text: str, place: str
) -> None:
    assert told(title, text, lang, "policy").regions == (place,)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_a_threshold_is_half_of_the_best_f1(held: list[tuple[float, bool]]) -> None:
    cut = choice(held)
    assert 0 <= cut <= 0.5
    assert all(f1(held, other / 50) <= 2 * cut + 0.01 for other in range(3, 45))


def test_a_platform_of_one_country_speaks_for_it_only_where_no_place_is_named() -> None:
    assert regions("Elo7 nas últimas?", "pt") == ["BR"]
    assert regions("Elo7 sai de Portugal", "pt") == ["PT"]


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=30),
    st.lists(
        st.sampled_from(
            ["Temu", "«Лавкино»", " 日本", "大", "İstanbul", "ß", "\u200b", "Enjoei Pro ", "ดาราซ", "\U0001f600"]
        )
    ),
    st.text(max_size=60),
    st.sampled_from(["en", "zh", "ja", "ko", "th", "ar", "ru", "tr", "de", "hi", "und"]),
    st.sampled_from(list(EventType)),
)
def test_every_span_quotes_its_text_whatever_the_letters(
    title: str, parts: list[str], tail: str, lang: str, kind: EventType
) -> None:
    text = "".join(parts) + tail
    mentions = EXTRACTOR.mentions(title, text, lang, None)
    for mention in (*mentions.platforms, *mentions.regions):
        assert (title if mention.field == "title" else text)[mention.start : mention.end] == mention.quote
    facts = gather(mentions, title, text, lang, None, kind, Status.CONFIRMED, None, (), ())
    for span in facts.spans:
        assert (title if span.field == "title" else text)[span.start : span.end] == span.quote


@pytest.mark.parametrize(
    ("lang", "title", "place"),
    [
        ("pl", "Allegro: zamykamy Allegro.pl dla sprzedawców spoza UE od 1 lutego 2027", "PL"),
        ("en", "Allegro.pl shuts out non-EU sellers on 1 February", "PL"),
        ("de", "Kaufland.de sperrt Nicht-EU-Händler", "DE"),
        ("de", "Kaufland.de sperrt Händler von außerhalb der EU", "DE"),
        ("fr", "Cdiscount ferme aux vendeurs hors UE", "FR"),
        ("es", "Amazon.es cierra a los vendedores de fuera de la UE", "ES"),
        ("it", "eBay.it chiude ai venditori extra-UE", "IT"),
        ("nl", "Bol sluit voor niet-EU-verkopers", "NL"),
        ("cs", "Allegro.cz končí pro prodejce mimo EU", "CZ"),
        ("hu", "Az eMAG.hu bezár az EU-n kívüli eladók előtt", "HU"),
        ("ru", "Allegro.pl закрывается для продавцов из-за пределов ЕС", "PL"),
        ("tr", "Trendyol AB dışındaki satıcılara kapanıyor", "TR"),
        ("zh", "Allegro.pl将对非欧盟卖家关闭", "PL"),
        ("ja", "Allegro.pl、EU域外のセラーに対して閉鎖", "PL"),
    ],
)
def test_whoever_is_from_outside_a_place_is_not_shut_out_in_all_of_it(lang: str, title: str, place: str) -> None:
    assert told(title, "", lang).regions == (place,)


def test_a_market_that_closes_to_the_sellers_of_a_country_closes_not_there() -> None:
    assert told("Allegro.pl将对中国卖家关闭", "自2027年2月1日起，Allegro.pl将对中国卖家关闭。", "zh").regions == ("PL",)


def test_where_nothing_else_tells_the_market_it_is_the_one_that_strangers_are_shut_out_of() -> None:
    assert told("Amazon shuts out non-EU sellers", "Their accounts will be closed.", "en").regions == ("EU",)
    assert told("Kogan closes everywhere except New Zealand", "", "en").regions == ()


@pytest.mark.parametrize(
    ("before", "out"), [("对非", True), ("非", True), ("除非", False), ("南非", False), ("non-", True), ("for ", False)]
)
def test_a_sign_that_ends_another_word_excepts_nothing(before: str, out: bool) -> None:
    assert excepted(f"{before}印度", len(before), len(before) + 2) is out


def test_a_site_needs_no_space_around_it() -> None:
    assert regions("关闭eBay.de站点", "zh") == ["DE"]
    assert regions("cafébay.de, ebay.detail", "fr") == []
