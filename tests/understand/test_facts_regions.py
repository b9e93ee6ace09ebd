"""Regions in a text, whatever its language."""

import pytest
from known_platforms import EXTRACTOR, KNOWN

from monitor.domain.platforms import Platform
from monitor.domain.signals import EventType, Status
from monitor.understand.facts import Extractor, gather


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
    assert regions("in South America, New Mexico; ten US dollars", "en") == []
    assert regions("US$ 20", "en") == []


SEATED = Extractor(
    (
        *KNOWN,
        Platform("Cdiscount", "cdiscount", "Cnova", "marketplace", (), countries=("FR",)),
        Platform("Coupang", "coupang", "Coupang", "marketplace", ("쿠팡",), countries=("KR", "TW")),
        Platform("Rakuten", "rakuten", "Rakuten Group", "marketplace", ("楽天市場",), countries=("JP", "TW")),
    )
)


def told(
    title: str, text: str, lang: str, event: str = "shutdown", extractor: Extractor = EXTRACTOR
) -> tuple[str, ...]:
    mentions = extractor.mentions(title, text, lang, None)
    return gather(mentions, title, text, lang, None, EventType(event), Status.CONFIRMED, None, (), ()).regions


def test_a_language_of_one_country_speaks_for_it_only_where_no_country_is_named() -> None:
    named_none = told("Temu、出店者の手数料を引き上げ", "出店者への手数料が4月から上がる。", "ja", "policy")
    assert named_none == ("JP",)
    assert told("Temu、米国の出店者の手数料を引き上げ", "米国で4月から上がる。", "ja", "policy") == ("US",)


@pytest.mark.parametrize(
    ("lang", "title", "text"),
    [
        ("en", "Temu raises its commission", "The commission for sellers rises to 12% on 1 April."),
        ("es", "Temu sube su comisión", "La comisión de los vendedores sube al 12 % el 1 de abril."),
        ("ar", "تيمو ترفع عمولتها", "ترتفع عمولة البائعين إلى 12 بالمئة في 1 أبريل."),
    ],
)
def test_a_language_of_many_countries_gives_no_place(lang: str, title: str, text: str) -> None:
    assert told(title, text, lang, "policy") == ()


@pytest.mark.parametrize(
    ("lang", "title", "text", "place"),
    [
        ("fr", "Temu augmente sa commission", "La commission des vendeurs passe à 12 % le 1er avril.", "FR"),
        ("de", "Temu erhöht Provisionen", "Die Provision für Händler steigt am 1. April auf 12 Prozent.", "DE"),
        ("zh", "Temu調漲賣家佣金", "賣家佣金將於4月1日調漲，這個決定對賣場影響很大。", "TW"),
    ],
)
def test_where_most_who_write_a_language_or_a_script_live_is_supposed_where_no_place_is_named(
    lang: str, title: str, text: str, place: str
) -> None:
    assert told(title, text, lang, "policy") == (place,)
    assert told(title.replace("Temu", "Temu Canada"), text, lang, "policy") in {("CA",), ()}


@pytest.mark.parametrize(
    ("lang", "text", "place"),
    [
        ("en", "Temu gives back the accounts of 900 Maltese sellers.", "MT"),
        ("en", "Chilean customs will tax every parcel sold on Temu.", "CL"),
        ("es", "Temu bloquea las tiendas de los vendedores panameños.", "PA"),
        ("de", "Temu sperrt die Konten der tunesischen Händler.", "TN"),
    ],
)
def test_the_people_of_small_countries_tell_the_place(lang: str, text: str, place: str) -> None:
    assert place in told(text, "", lang, "enforcement")


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        (
            "en",
            "TikTok Music closes on 28 November. The service is currently available in Brazil, Mexico and Singapore.",
        ),
        ("fr", "TikTok Music fermera le 28 novembre. Il avait été lancé au Brésil, au Mexique et à Singapour."),
        ("es", "TikTok Music cierra el 28 de noviembre. Está disponible en Brasil, México y Singapur."),
        ("id", "TikTok Music berhenti pada 28 November. Layanan itu tersedia di Brasil, Meksiko, dan Singapura."),
        ("zh", "TikTok Music将于11月28日关闭。该服务曾在巴西、墨西哥、新加坡推出。"),
    ],
)
def test_a_service_that_ends_as_a_whole_ends_wherever_the_text_says_that_it_ran(lang: str, text: str) -> None:
    assert sorted(told("", text, lang)) == ["BR", "MX", "SG"]


def test_a_closure_in_one_country_does_not_reach_those_where_the_service_goes_on() -> None:
    text = "Shopee will close in Chile on 31 March. The marketplace remains available in Brazil, Mexico and Colombia."
    assert told("Shopee to close in Chile", text, "en") == ("CL",)
    assert told("Shopee to close in Chile", text, "en", "market_exit") == ("CL",)


def test_where_another_service_runs_says_nothing_of_this_one() -> None:
    text = "TikTok Music will close in Indonesia. Temu is available in Brazil, Mexico and Singapore."
    assert told("TikTok Music to close in Indonesia", text, "en") == ("ID",)


def test_a_cancelled_launch_hits_the_countries_that_it_was_planned_for() -> None:
    text = (
        "TikTok Shop scales back in Europe. It had planned to launch in Germany, France and Italy, but now will focus "
        "only on the United Kingdom."
    )
    assert sorted(told("TikTok Shop scales back", text, "en", "market_exit")) == ["DE", "FR", "IT"]


def test_a_site_speaks_for_the_country_of_its_domain() -> None:
    assert regions("Den Marktplatz versandia.ch gibt es nicht mehr; e.g. lavka.io, ab.cd", "de") == ["CH"]


def test_a_firm_that_is_called_like_its_site_speaks_for_its_country_only_where_none_is_named() -> None:
    assert regions("Auf Amazon.de ist Schluss.", "de") == ["DE"]
    assert regions("Wie vor ihm Real.de: Otto verlässt Österreich", "de") == ["AT"]


@pytest.mark.parametrize(
    ("lang", "title", "text", "place"),
    [
        ("de", "Amazon.de sperrt Konten polnischer Händler", "Rund 700 Händler aus Polen sind betroffen.", "DE"),
        ("ja", "アマゾン、中国系出品者アカウントを停止", "アマゾンジャパンは20日、約3000件を停止した。", "JP"),
        ("ja", "楽天市場、韓国人出店者のアカウントを一斉停止", "", "JP"),
        ("fr", "Cdiscount suspend 900 vendeurs chinois", "", "FR"),
        ("ko", "쿠팡, 중국 판매자 계정 정지", "", "KR"),
        ("zh", "亚马逊德国站封停大批中国卖家账号", "", "DE"),
        ("en", "Amazon France freezes the accounts of sellers from China", "", "FR"),
        ("id", "Shopee Malaysia membekukan akun penjual Vietnam", "", "MY"),
    ],
)
def test_whose_sellers_are_hit_is_not_the_market_where_that_is_told(
    lang: str, title: str, text: str, place: str
) -> None:
    assert told(title, text, lang, "enforcement", SEATED) == (place,)


def test_a_market_may_be_told_by_its_sellers_alone() -> None:
    assert told("Temu suspends Maltese sellers", "Their money is held.", "en", "enforcement") == ("MT",)
    assert set(told("Etsy shuts out sellers from Kenya and Ghana", "", "en", "policy")) == {"KE", "GH"}


def test_brussels_is_a_city_of_the_country_that_its_sentence_names() -> None:
    assert regions("A Brussels court bans toys in Belgium.", "en") == ["BE", "BE"]
    assert regions("Brussels plans a levy. Parcels land in Belgium.", "en") == ["EU", "BE"]


def test_a_text_without_capitals_names_countries_and_no_cities() -> None:
    assert regions("temu leaves chile and kenya; nice reading in paris", "en") == ["CL", "KE"]
    assert regions("Temu leaves chile", "en") == []


def test_where_a_company_comes_from_is_not_where_it_is_banned() -> None:
    title, text = "Italy bans the Chinese marketplace Temu", "The Chinese app is blocked in Italy from Monday."
    mentions = EXTRACTOR.mentions(title, text, "en", None)
    told = gather(mentions, title, text, "en", None, EventType.BAN, Status.CONFIRMED, None, (), ())
    assert told.regions == ("IT",)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("ปิดให้บริการ ห่างออกไป 22 กิโลเมตร เช็กลิสต์", "th"),  # service, not Riga; kilometre, not Lomé; check, not Czech
        ("นักเขียนกับปลาวาฬและเวลาว่าง", "th"),  # whale, leisure: not Laos
        ("ECコンサルタントがタイムセールのタイトルとアルバイトを決めた", "ja"),  # no Salta, no Thailand, no Aruba
        ("集中资源做直播，办公安排见附件", "zh"),
        ("Chủ Nhật này, Mỹ phẩm và Pháp luật. Ý kiến ở Thủ Đức", "vi"),  # Sunday, cosmetics, law, opinion
        ("القسم المالي يراجع الحساب", "ar"),  # financial, not Mali
        ("Lima kesalahan penjual", "id"),  # five, not Lima
        ("정산이 되는 건지 모르겠다", "ko"),  # a verb's ending, not Guernsey
    ],
)
def test_a_name_within_another_word_is_no_place(text: str, lang: str) -> None:
    assert regions(text, lang) == []


def test_a_name_beside_another_word_is_a_place_where_no_spaces_are_written() -> None:
    assert regions("アメリカドルとタイの倉庫", "ja") == ["US", "TH"]
    assert regions("สินค้าจากลาวถึงสาธารณรัฐเช็ก", "th") == ["LA", "CZ"]
    assert regions("Tại Mỹ và Nhật Bản", "vi") == ["US", "JP"]


def test_hebrew_writes_prepositions_together_with_a_place() -> None:
    assert regions("החברה סוגרת את הפעילות בישראל ובגרמניה", "he") == ["IL", "DE"]


@pytest.mark.parametrize(
    ("text", "lang", "some", "count"),
    [
        ("Bazarino will leave all ASEAN countries on 1 May 2026.", "en", {"ID", "VN", "TH"}, 10),
        ("Bazarino will close its marketplace in Latin America in June 2026.", "en", {"BR", "MX", "AR"}, 18),
        ("Bazarino dejará de operar en América Latina el 30 de junio de 2026.", "es", {"CL", "PE"}, 18),
        ("The GCC states have banned Bazarino from 1 March 2026.", "en", {"SA", "AE"}, 6),
    ],
)
def test_a_bloc_is_hit_as_a_whole(text: str, lang: str, some: set[str], count: int) -> None:
    mentions = EXTRACTOR.mentions("", text, lang, None)
    hit = gather(mentions, "", text, lang, None, EventType.MARKET_EXIT, Status.CONFIRMED, None, (), ()).regions
    assert some <= set(hit)
    assert len(hit) == count


def test_of_a_bloc_whose_members_are_named_as_hit_only_those_are() -> None:
    text = "Bazarino leaves ASEAN countries: it closes in Thailand and in Vietnam on 1 May 2026."
    mentions = EXTRACTOR.mentions("", text, "en", None)
    hit = gather(mentions, "", text, "en", None, EventType.MARKET_EXIT, Status.CONFIRMED, None, (), ()).regions
    assert set(hit) == {"TH", "VN"}


@pytest.mark.parametrize(
    ("text", "lang", "codes"),
    [
        ("suspend ses sites hongrois et roumain", "fr", ["HU", "RO"]),
        ("los vendedores checos y lituanos", "es", ["CZ", "LT"]),
        ("i venditori polacchi e ungheresi", "it", ["PL", "HU"]),
        ("норвежские и датские продавцы", "ru", ["NO", "DK"]),
        ("tjeckiska handlare", "sv", ["CZ"]),
    ],
)
def test_a_people_speaks_for_its_country(text: str, lang: str, codes: list[str]) -> None:
    assert regions(text, lang) == codes


def test_countries_written_as_one_letter_each_are_read_only_in_a_row() -> None:
    assert regions("独英での販売を絞り込む", "ja") == ["DE", "GB"]
    assert regions("关闭英法德三站", "zh") == ["GB", "FR", "DE"]
    assert regions("西欧の英語と独自の法律、印西市場", "ja") == []


@pytest.mark.parametrize(
    ("text", "lang", "hit"),
    [
        ("Shopee closes everywhere in Europe except France on 1 May.", "en", ("EU",)),
        ("Shopee schließt in ganz Europa außer in Frankreich am 1. Mai.", "de", ("EU",)),
        ("Shopee将于5月1日关闭法国以外的欧盟站点，欧盟卖家须撤货。", "zh", ("EU",)),
    ],
)
def test_a_place_named_as_the_exception_is_not_hit(text: str, lang: str, hit: tuple[str, ...]) -> None:
    title = {"en": "Shopee leaves Europe", "de": "Shopee verlässt Europa", "zh": "Shopee退出欧盟"}[lang]
    assert told(title, text, lang, "market_exit") == hit


def test_a_rule_for_parcels_from_outside_a_place_applies_in_it() -> None:
    text = "From 1 July a duty of 3 euros applies to parcels from outside the EU, the Council decided."
    assert told("Duty on parcels from outside the EU", text, "en", "trade_rule") == ("EU",)


def test_a_people_named_in_passing_does_not_silence_what_is_national() -> None:
    assert regions("De regering wil Chinese webwinkels weren", "nl") == ["NL", "CN"]
    assert regions("De regering volgt Duitsland en weert webwinkels", "nl") == ["DE"]


def test_everybody_is_not_everywhere_and_a_continent_no_country() -> None:
    assert regions("como casi todo el mundo, lo vendía por internet", "es") == []
    assert regions("atender a América do Sul", "pt") == []


@pytest.mark.parametrize(
    ("text", "lang", "codes"),
    [
        ("Nilainya 1,5 miliar dolar AS di Jakarta", "id", ["ID"]),
        ("по 200 долларов США в Казахстане", "ru", ["KZ"]),
        ("trị giá 10 triệu đô la Mỹ tại Việt Nam", "vi", ["VN"]),
        ("Surat pembaca dari Jakarta", "id", ["ID"]),
        ("어떤 수단으로도 살 수 없다, 한국", "ko", ["KR"]),
        ("北爱尔兰的卖家", "zh", ["GB"]),
        ("ЕЭК вынесет пошлину на совет", "ru", ["AM", "BY", "KG", "KZ", "RU"]),
    ],
)
def test_money_letters_and_means_are_no_places_and_parts_are_their_wholes(
    text: str, lang: str, codes: list[str]
) -> None:
    assert regions(text, lang) == codes
