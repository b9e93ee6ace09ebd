"""Whom a text only compares with what it is about, and words that are no names: neither is hit."""

import pytest
from known_platforms import EXTRACTOR

from monitor.domain.signals import EventType, Status
from monitor.understand.facts import gather


def hit(
    title: str, text: str = "", lang: str = "en", event: str = "market_exit", source: tuple[str, ...] = ()
) -> set[str]:
    mentions = EXTRACTOR.mentions(title, text, lang, None)
    told = gather(mentions, title, text, lang, None, EventType(event), Status.CONFIRMED, None, source, ())
    return set(told.platforms)


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("en", "Zibbly, a rival of Shopee, closes in March"),
        ("en", "Shopee's rival Zibbly closes in March"),
        ("en", "Shopee alternative Zibbly closes in March"),
        ("de", "Zibbly, ein Konkurrent von Shopee, macht dicht"),
        ("de", "Shopee-Konkurrent Zibbly macht dicht"),
        ("fr", "Zibbly, concurrent de Shopee, met la clé sous la porte"),
        ("es", "Zibbly, competidor de Shopee, cierra en marzo"),
        ("pt", "Zibbly, rival da Shopee, encerra em março"),
        ("it", "Zibbly, concorrente di Shopee, chiude a marzo"),
        ("nl", "Zibbly, concurrent van Shopee, sluit in maart"),
        ("sv", "Zibbly, konkurrent till Shopee, stänger i mars"),
        ("da", "Zibbly, konkurrent til Shopee, lukker i marts"),
        ("fi", "Shopeen kilpailija Zibbly sulkeutuu"),
        ("pl", "Zibbly, konkurent Shopee, kończy działalność"),
        ("cs", "Zibbly, konkurent Shopee, končí v březnu"),
        ("ro", "Zibbly, rivalul Shopee, se închide în martie"),
        ("ru", "Zibbly, конкурент Shopee, закрывается в марте"),
        ("uk", "Zibbly, конкурент Shopee, закривається"),
        ("bg", "Zibbly, конкурент на Shopee, затваря"),
        ("tr", "Shopee'nin rakibi Zibbly kapanıyor"),
        ("id", "Zibbly, pesaing Shopee, tutup pada Maret"),
        ("ms", "Zibbly, saingan Shopee, ditutup pada Mac"),
        ("vi", "Zibbly, đối thủ của Shopee, đóng cửa"),
        ("fil", "Magsasara ang Zibbly, karibal ng Shopee"),
        ("th", "Zibbly คู่แข่งของ Shopee ปิดตัว"),
        ("zh", "Shopee的竞争对手Zibbly将关闭"),
        ("ja", "Shopeeの競合Zibblyが終了"),
        ("ko", "Shopee의 경쟁사 Zibbly, 서비스 종료"),
        ("ar", "إغلاق Zibbly منافس Shopee في مارس"),
        ("fa", "Zibbly رقیب Shopee تعطیل می‌شود"),
        ("el", "Κλείνει το Zibbly, ανταγωνιστής του Shopee"),
        ("hi", "Shopee की प्रतिद्वंद्वी Zibbly बंद होगी"),
        ("ta", "Shopee போட்டியாளர் Zibbly மூடப்படுகிறது"),
        ("he", "Zibbly, המתחרה של Shopee, נסגרת"),
    ],
)
def test_the_rival_of_a_platform_that_no_list_holds_is_not_what_closes(lang: str, title: str) -> None:
    assert hit(title, lang=lang, event="shutdown") == {"Zibbly"}


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("en", "After Temu, Turkey now blocks Shopee"),
        ("en", "Unlike Temu, Shopee will leave Chile"),
        ("de", "Nach Temu verlässt auch Shopee Chile"),
        ("fr", "Contrairement à Temu, Shopee quitte le Chili"),
        ("es", "Tras Temu, Shopee deja Chile"),
        ("pt", "Depois da Temu, Shopee deixa o Chile"),
        ("it", "Dopo Temu, anche Shopee lascia il Cile"),
        ("nl", "Na Temu verlaat ook Shopee Chili"),
        ("pl", "W przeciwieństwie do Temu Shopee opuszcza Chile"),
        ("ru", "Вслед за Temu из Чили уходит Shopee"),
        ("tr", "Temu'dan sonra Shopee da Şili'den çekiliyor"),
        ("id", "Berbeda dengan Temu, Shopee meninggalkan Chili"),
        ("zh", "继Temu之后，Shopee也将退出智利"),
        ("ja", "Temuに続きShopeeもチリから撤退"),
        ("ko", "Temu에 이어 Shopee도 칠레 철수"),
        ("ar", "بعد Temu، تغادر Shopee تشيلي"),
        ("hi", "Temu के बाद Shopee भी चिली छोड़ेगी"),
    ],
)
def test_who_went_before_is_not_who_goes_now(lang: str, title: str) -> None:
    assert hit(title, lang=lang) == {"Shopee"}


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("en", "Zibbly closes; its sellers are moving to Shopee and Temu"),
        ("es", "Zibbly cierra y los vendedores migran a Shopee y Temu"),
        ("id", "Zibbly tutup, penjual pindah ke Shopee dan Temu"),
        ("vi", "Zibbly đóng cửa, người bán chuyển sang Shopee và Temu"),
        ("th", "Zibbly ปิดตัว ผู้ขายย้ายไป Shopee และ Temu"),
        ("zh", "Zibbly关闭，卖家转投Shopee和Temu"),
    ],
)
def test_where_the_sellers_go_does_not_close(lang: str, title: str) -> None:
    assert hit(title, lang=lang, event="shutdown") == {"Zibbly"}


def test_all_in_an_enumeration_of_rivals_are_rivals() -> None:
    assert hit("Zibbly, smaller rival of Temu, Walmart and Shopee, to shut down", event="shutdown") == {"Zibbly"}
    assert hit("After Temu, Walmart and Shopee leave Chile") == {"Walmart", "Shopee"}
    assert hit("Unlike Temu, Walmart and Shopee leave Chile") == {"Walmart", "Shopee"}
    assert hit("Unlike Temu and Walmart, Shopee leaves Chile") == {"Shopee"}


def test_words_that_compare_elsewhere_spare_nobody() -> None:
    assert hit("After Temu closed its office in Chile, its sellers wait for their money") == {"Temu"}
    assert hit("Nach Temus Rückzug aus Chile warten die Händler auf ihr Geld", lang="de") == {"Temu"}
    assert hit("Platforms like Temu and Shopee must collect the duty", event="trade_rule") == {"Temu", "Shopee"}
    assert hit("Anyone know an alternative to Temu? It stopped taking orders", event="shutdown") == {"Temu"}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "Lancé comme une potentielle alternative à Shopee, Temu fermera ses portes en mars"),
        ("en", "Launched as a cheaper alternative to Shopee, Temu closes in March"),
        ("de", "Gestartet als günstige Alternative zu Shopee, schließt Temu im März"),
        ("nl", "Gelanceerd als alternatief voor Shopee sluit Temu in maart"),
        ("es", "Lanzada como una alternativa a Shopee, cierra Temu en marzo"),
    ],
)
def test_what_was_launched_as_an_alternative_closes_and_not_the_other(lang: str, text: str) -> None:
    assert hit("", text, lang=lang, event="shutdown") == {"Temu"}


def test_a_rival_that_is_also_told_of_otherwise_may_be_hit() -> None:
    text = "Temu is blocked from Monday. Shopee, a rival of Temu, is blocked too. Temu will appeal."
    assert "Temu" in hit("Turkey blocks Temu", text, event="ban")


def test_a_source_of_one_platform_tells_of_it_though_it_only_compares() -> None:
    title, text = "Sellers who move to Temu pay a higher fee from May", "Sellers on Shopee pay more too."
    assert "Temu" in hit(title, text, event="policy", source=("Temu",))


def test_a_name_that_is_hardly_known_does_not_stand_back_for_the_rival_of_its_title() -> None:
    text = "The company froze withdrawals on 18 November."
    assert hit("Walmart rival Zinia files for bankruptcy", text, event="insolvency") == {"Zinia"}


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("en", "Seller newsletter: local marketplace in Peru to close"),
        ("en", "Ecommerce ticker: local marketplace in Peru to close"),
        ("en", "Cross-Border Daily: local marketplace in Peru to close"),
        ("en", "Industry Roundup: local marketplace in Peru to close"),
        ("de", "Kurzmeldungen: Marktplatz in Peru schließt"),
        ("es", "Boletín: un marketplace de Perú cierra"),
        ("pl", "Przegląd: lokalny marketplace w Peru kończy działalność"),
        ("id", "Ringkasan: marketplace lokal di Peru tutup"),
        ("ja", "セラー・ニュース：ペルーのマーケットプレイスが終了"),
    ],
)
def test_a_heading_or_a_word_of_the_trade_is_no_name(lang: str, title: str) -> None:
    assert hit(title, "", lang) == set()


def test_a_name_before_a_colon_is_one() -> None:
    assert hit("Zibbly: marketplace in Peru to close", "", "en", "shutdown") == {"Zibbly"}


def test_a_name_that_only_begins_with_a_word_of_the_trade_is_one() -> None:
    assert hit("El marketplace Tiendamora cierra en Perú", "Tiendamora avisó a sus vendedores.", "es") == {"Tiendamora"}


def test_a_name_may_hold_a_word_of_the_trade() -> None:
    title, text = "Mercanzo Parcel closes in Peru", "Mercanzo Parcel told its sellers in Lima."
    assert hit(title, text, event="shutdown") == {"Mercanzo Parcel"}
