"""Platforms in a text: the known, the ambiguous, the unknown."""

from datetime import date

import pytest
from known_platforms import EXTRACTOR, KNOWN

from monitor.domain.platforms import Platform
from monitor.domain.signals import EventType, Status
from monitor.understand.clean import Cleaned
from monitor.understand.facts import Extractor, Facts, gather


def named(text: str, lang: str = "en") -> list[str]:
    return [mention.value for mention in EXTRACTOR.mentions("", text, lang, None).platforms]


def facts(title: str, text: str, lang: str = "en", event: str = "shutdown") -> Facts:
    day = date(2025, 3, 3)
    mentions = EXTRACTOR.mentions(title, text, lang, day)
    return gather(mentions, title, text, lang, day, EventType(event), Status.CONFIRMED, None, (), ())


def test_the_longest_name_wins() -> None:
    assert named("TikTok Shop and TikTok Music are not TikTok.") == ["TikTok Shop", "TikTok Music", "TikTok"]


def test_a_space_as_wide_as_a_letter_parts_the_words_of_a_name() -> None:
    assert named("TikTok\u3000Shop 退出", "zh") == ["TikTok Shop"]


@pytest.mark.parametrize(
    ("text", "lang", "platform"),
    [
        ("卖家称TikTok已通知关店", "zh", "TikTok"),
        ("틱톡은 서비스를 종료한다", "ko", "TikTok"),
        ("Продавцы ушли с Ozonа на ТикТоке", "ru", "TikTok"),
        ("Sprzedawcy Ozonu na platformie", "pl", "Ozon"),
        ("Temu'nun satıcıları", "tr", "Temu"),
        ("temu.com is down", "en", "Temu"),
        ("ผู้ขายช้อปปี้ต้องปิดร้าน", "th", "Shopee"),
        ("Indonezija oduzela TikToku registraciju", "hr", "TikTok"),
        ("Indonezija oduzela TikToku registraciju", "sr", "TikTok"),
    ],
)
def test_a_name_is_found_in_the_midst_of_its_script_and_with_its_endings(text: str, lang: str, platform: str) -> None:
    assert platform in named(text, lang)


EASTERN = Extractor(
    (
        Platform("TikTok", "tiktok", "ByteDance", "social-commerce", ("টিকটক", "టిక్\u200cటాక్", "டிக்டாக்", "टिकटॉक")),
        Platform("Amazon", "amazon", "Amazon", "marketplace", ("அமேசான்", "ആമസോൺ")),
        Platform("DHL", "dhl", "DHL", "logistics", ("دی\u200cاچ\u200cال",)),
        Platform("LINE", "line", "LY", "social-commerce", ("ไลน์", "ライン"), ("LINE", "ไลน์", "ライン")),
    )
)


@pytest.mark.parametrize(
    ("text", "lang", "platforms"),
    [
        ("টিকটকেও বিক্রি বন্ধ", "bn", ["TikTok"]),
        ("टिकटॉकले नेपालमा दर्ता गरेन", "ne", ["TikTok"]),
        ("టిక్\u200cటాక్\u200cపై నిషేధం", "te", ["TikTok"]),  # joined, as published
        ("టిక్టాక్కు నోటీసులు", "te", ["TikTok"]),
        ("அமேசானிலும் டிக்டாக்கிற்கும் தடை", "ta", ["Amazon", "TikTok"]),
        ("அமேசானில் விற்பனை நிறுத்தம், டிக்டாக்கை முடக்கியது அரசு", "ta", ["Amazon", "TikTok"]),
        ("ارسال با دی\u200cاچ\u200cال قطع شد", "fa", ["DHL"]),
        ("ร้านค้าออนไลน์ต้องปิด ผู้ขายออนไลน์", "th", []),  # "online"
        ("ผู้ขายบนไลน์ต้องปิดร้านค้า", "th", ["LINE"]),
    ],
)
def test_scripts_that_join_their_letters_and_melt_their_endings(text: str, lang: str, platforms: list[str]) -> None:
    clean = Cleaned.of(text).text
    assert [mention.value for mention in EASTERN.mentions("", clean, lang, None).platforms] == platforms


def test_a_name_inside_another_word_is_no_mention() -> None:
    assert named("The TikToker watched Temujin and walmarting.") == []


def test_a_word_with_capitals_within_is_a_name_only_if_written_so() -> None:
    known = Extractor((Platform("iDEAL", "ideal", "iDEAL", "payments", (), ("iDEAL",)),))
    found = [known.mentions(title, "", "nl", None).platforms for title in ("iDEAL verdwijnt", "Ideal, een ideal plan")]
    assert [[mention.value for mention in some] for some in found] == [["iDEAL"], []]


def test_post_before_a_hyphen_is_no_post() -> None:
    post = Platform("Ukrposhta", "ukrposhta", "Ukrposhta", "logistics", ("Ukrainian Post",), ("Ukrainian Post",))
    found = [
        Extractor((post,)).mentions(title, "", "en", None)
        for title in ("The Ukrainian Post stops", "Ukrainian post-war shops")
    ]
    assert [bool(some.platforms or some.unsure) for some in found] == [True, False]


def test_a_short_alias_counts_only_in_capitals() -> None:
    assert named("Sellers use WFS.") == ["Walmart"]
    assert named("the wfs file") == []


def test_an_ambiguous_name_needs_support() -> None:
    assert named("We wish you well. Wish you were here, by the Amazon river.") == []
    assert named("Wish tells merchants that payments stop.") == ["Wish"]
    assert named("Das Amazon-Becken trocknet aus.", "de") == []
    assert named("炒饭里放虾皮很香", "zh") == []
    assert named("虾皮卖家须在月底前提现", "zh") == ["Shopee"]


@pytest.mark.parametrize(
    ("title", "text", "event", "platforms"),
    [
        (
            "Amazon rewrites its rule on the money of closed accounts",
            "From 25 October it is kept.",
            "policy",
            ["Amazon"],
        ),
        ("Court order: Wish gone for two months", "It has to be restored.", "ban", ["Wish"]),
        ("Lieferungen nach Peru kosten mehr", "Der Amazon zahlt mit.", "trade_rule", []),
    ],
)
def test_an_event_is_support_enough_but_for_a_rule_that_binds_all(
    title: str, text: str, event: str, platforms: list[str]
) -> None:
    assert named(f"{title}. {text}") == []
    assert [*facts(title, text, event=event).platforms] == platforms


@pytest.mark.parametrize(
    ("title", "lang", "unsure"),
    [
        ("Amazon rewrites its rule", "en", ["Amazon"]),  # "Amazon India" means it, too
        ("The court gives back Wish", "en", ["Wish"]),
        ("Wish you were here", "en", []),  # any word has a capital there
        ("We wish you well", "en", []),
        ("炒饭里放虾皮很香", "zh", ["Shopee"]),  # these letters know no capitals
    ],
)
def test_what_reads_like_a_name_is_kept_for_an_event_to_choose_from(title: str, lang: str, unsure: list[str]) -> None:
    found = EXTRACTOR.mentions(title, "", lang, None)
    assert [mention.value for mention in found.unsure] == unsure
    assert found.platforms == ()


def test_what_fails_with_the_others_of_its_list_is_named_with_them_and_rivals_are_not() -> None:
    title = "Card payments halted at Temu and Ozon"
    assert set(facts(title, "Sellers go unpaid.", event="insolvency").platforms) == {"Temu", "Ozon"}
    rivals = "Only Shopee and Walmart are left."
    assert facts("Temu is insolvent", rivals, event="insolvency").platforms == ("Temu",)


def test_the_owner_supports_an_ambiguous_name_but_is_not_the_platform() -> None:
    assert named("冬天吃虾皮。Sea Group", "zh") == ["Shopee"]
    assert named("ByteDance reports earnings.") == []


def test_the_owner_that_closes_its_platform_is_not_what_is_closed() -> None:
    told = facts("Alibaba closes Xiami", "Alibaba told users of Xiami that the music app will shut down on 5 March.")
    assert told.platforms == ("Xiami Music",)
    alone = facts("Alibaba closes", "Alibaba told its sellers that the marketplace will shut down on 5 March.")
    assert alone.platforms == ("Alibaba.com",)


@pytest.mark.parametrize(("event", "platform"), [("market_exit", "TikTok Shop"), ("ban", "TikTok")])
def test_a_retreat_hits_the_part_that_is_named_and_a_ban_the_whole(event: str, platform: str) -> None:
    text = "TikTok scales back live shopping; creators have left TikTok Shop. TikTok did not comment."
    assert platform in facts("TikTok scales back", text, event=event).platforms


def test_the_platform_of_the_title_is_the_one_that_is_hit_and_a_rival_is_not() -> None:
    told = facts(
        "Temu closes its warehouse for sellers",
        "Temu will shut the warehouse on 1 June. Unlike Walmart, it never owned the building.",
    )
    assert told.platforms == ("Temu",)


def test_an_app_store_that_removes_an_app_is_not_what_is_banned() -> None:
    told = facts("India bans TikTok", "The app was removed from Google Play and blocked by carriers.", event="ban")
    assert told.platforms == ("TikTok",)


@pytest.mark.parametrize(
    ("title", "text", "lang", "name"),
    [
        (
            "Маркетплейс «Лавкино» прекратит работу 30 июня",
            "Площадка «Лавкино» предупредила продавцов.",
            "ru",
            "Лавкино",
        ),
        ("Marketplace Shopivaro closes in Spain", "Shopivaro told its sellers to withdraw stock.", "en", "Shopivaro"),
        ("跨境电商平台Mercanzo宣布关闭", "Mercanzo要求卖家在月底前提现。", "zh", "Mercanzo"),
    ],
)
def test_a_platform_that_no_list_holds_is_known_by_the_form_of_its_name(
    title: str, text: str, lang: str, name: str
) -> None:
    told = facts(title, text, lang)
    assert told.platforms == (name,)
    span = next(span for span in told.spans if span.says == f"platform:{name}")
    assert (title if span.field == "title" else text)[span.start : span.end] == name


def test_a_source_of_one_platform_stands_in_where_the_text_names_none() -> None:
    title, text = "Fees rise", "From 1 June the commission for all categories goes up."
    mentions = EXTRACTOR.mentions(title, text, "en", None)
    told = gather(mentions, title, text, "en", None, EventType.POLICY, Status.CONFIRMED, None, ("Temu",), ("PL",))
    assert told.platforms == ("Temu",)
    assert told.regions == ("PL",)


def test_a_platform_that_is_said_to_be_untouched_is_not_hit() -> None:
    told = "Temu will be blocked from 1 May. Ozon, Walmart and Shopee are not affected."
    assert facts("Temu faces a block in Vietnam", told, event="ban").platforms == ("Temu",)
    told = "Temu wird ab 1. Mai gesperrt. Bei Ozon und Walmart ändert sich nichts."
    assert facts("", told, "de", event="ban").platforms == ("Temu",)


def test_what_is_listed_together_fares_together() -> None:
    told = facts(
        "La aduana niega que vaya a frenar pedidos a Temu",
        "El ministerio desmintió una versión sobre bloqueos a compras en Temu y Walmart. Sigue todo igual.",
        "es",
        "trade_rule",
    )
    assert set(told.platforms) == {"Temu", "Walmart"}


def test_a_capital_again_and_again_makes_an_ambiguous_name_a_name() -> None:
    assert named("Wish effacé du moteur : le moteur ne montre plus Wish à personne.", "fr") == ["Wish", "Wish"]
    assert named("Wish effacé du moteur : on le souhaite (wish).", "fr") == []
    assert named("Wish you well. Wish you were here.") == []  # a sentence begins with a capital
    assert named("WE WISH YOU WELL AND WISH YOU A GOOD YEAR") == []


def test_the_end_of_a_compound_is_no_ambiguous_name() -> None:
    line = Extractor((Platform("LINE", "line", "LY", "social-commerce", ("ライン",), ("ライン",)),))

    def lines(text: str) -> int:
        return len(line.mentions("", text, "ja", None).platforms)

    assert lines("出店者の送料ラインが変わる") == 0
    assert lines("出店者に、ラインが知らせる") == 1


def test_who_carries_the_parcels_is_not_whom_a_rule_on_trade_hits() -> None:
    known = Extractor((*KNOWN, Platform("USPS", "usps", "USPS", "logistics", ())))
    title, text = "USPS refuses parcels", "USPS stops all parcels. Temu and Walmart will feel the duty."
    mentions = known.mentions(title, text, "en", None)
    told = gather(mentions, title, text, "en", None, EventType.TRADE_RULE, Status.CONFIRMED, None, (), ())
    assert "USPS" not in told.platforms


def test_the_one_name_of_the_title_is_what_fails_though_little_speaks_for_it() -> None:
    told = facts(
        "No deliveries, perhaps no refunds: Walmart stops trading under administrators",
        "The online seller has ceased all trading. Anyone with an open order must file a proof of debt. Dymocks, QBD "
        "Books and Wish have been named in the press as possible buyers of what is left of a shop that once beat Temu.",
        event="insolvency",
    )
    assert told.platforms == ("Walmart",)


def test_the_part_that_the_title_names_is_hit_and_not_the_whole() -> None:
    text = "Layanan TikTok ditutup mulai hari ini; TikTok Shop dilarang pemerintah. TikTok mematuhi aturan itu."
    assert facts("Pemerintah melarang TikTok Shop", text, "id", "ban").platforms == ("TikTok Shop",)


def test_the_whole_stays_beside_its_part_where_terms_change() -> None:
    known = (*KNOWN, Platform("Amazon Haul", "amazon-haul", "Amazon", "marketplace", ()))
    title, text = "Amazon raises its fees for sellers", "Amazon charges sellers more from 1 May, also in Amazon Haul."
    mentions = Extractor(known).mentions(title, text, "en", None)
    told = gather(mentions, title, text, "en", None, EventType.POLICY, Status.CONFIRMED, None, (), ())
    assert "Amazon" in told.platforms
