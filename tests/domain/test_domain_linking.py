"""Do two texts report one event? A sum of few weights, each in words."""

from dataclasses import replace

import pytest
from given import KIN, NOW, day, evidence
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.blocking import asks, keys, kinship
from monitor.domain.deadlines import PartialDate
from monitor.domain.incidents import Evidence
from monitor.domain.linking import (
    BITS,
    LINK,
    NEVER,
    WEIGHTS,
    alike,
    at_most,
    days_apart,
    features,
    moment,
    profile,
    terms,
)  # fmt: skip
from monitor.domain.platforms import Platform
from monitor.domain.signals import EventType, Status

US_BAN = evidence("us", event="ban", platforms=["TikTok"], regions=["US"], date="2025-01-19")
ONES = (1 << BITS) - 1


def score(one: Evidence, other: Evidence) -> float:
    return sum(term.points for term in terms(one, other, KIN))


def linked(one: Evidence, other: Evidence) -> bool:
    return score(one, other) > LINK


def test_three_languages_on_one_closing_are_one_event() -> None:
    first = evidence("id", date="2024-11-28")
    assert linked(evidence("fr", regions=["ID", "BR", "AU"], date="2024-11-28", at=day(1)), first)
    assert linked(evidence("zh", event="market_exit", regions=[], date="2024-11", at=day(3)), first)


def test_the_sum_is_shown_term_by_term_the_heaviest_first() -> None:
    said = terms(evidence("b", date="2024-11-28", at=day(4)), evidence("a", date="2024-11-28"), KIN)
    assert {term.says for term in said[:3]} == {"both shutdown", "both 2024-11-28", "both in BR,ID"}
    assert {"both tiktok music", "published 4 days apart"} <= {term.says for term in said}
    assert f"both shutdown {WEIGHTS['same type']:+.2f}" in map(str, said)
    assert [abs(term.points) for term in said] == sorted((abs(term.points) for term in said), reverse=True)


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (evidence("b", event="policy"), "nothing in common"),
        (evidence("b", platforms=["Gadgetlandia"]), "nothing in common"),
        (evidence("b", regions=["FR", "DE"], date="2024-12-24"), "FR,DE is not ID,BR"),
        (evidence("b", date="2025-06-01", at=day(300)), "dates 185 days apart"),
        (evidence("b", at=day(2000)), "published 2000 days apart, 1935 from the day that one names"),
    ],
)
def test_another_event_is_told_from_it_with_the_reason(new: Evidence, why: str) -> None:
    first = evidence("a", date="2024-11-28")
    assert not linked(new, first)
    assert why in [term.says for term in terms(new, first, KIN)]


def test_a_part_is_not_its_whole_but_for_their_kinship_and_a_stranger_never_links() -> None:
    music, tiktok = evidence("m"), evidence("t", platforms=["TikTok"])
    assert terms(music, tiktok, KIN)[0].points == NEVER
    shop = evidence("s", platforms=["TikTok Shop"])
    assert "part" in {name for name, _, _ in features(shop, tiktok, KIN) or ()}
    assert score(shop, tiktok) < score(tiktok, tiktok)


def test_a_ban_in_one_country_is_not_the_ban_in_another() -> None:
    assert not linked(evidence("in", event="ban", platforms=["TikTok"], regions=["IN"]), US_BAN)
    assert linked(evidence("b", event="ban", platforms=["tiktok"], regions=["US", "IN"]), US_BAN)


def test_what_a_probe_sees_may_be_a_ban_or_a_closing() -> None:
    said = evidence("a", event="market_exit", platforms=["TikTok"], regions=["DE"])
    seen = evidence("b", event="ban", authority="observed", platforms=["TikTok"], regions=["DE"])
    read = evidence("c", event="ban", platforms=["TikTok"], regions=["DE"])
    assert score(seen, said) > score(read, said)
    policy = evidence("d", event="policy", platforms=["TikTok"], regions=["DE"])
    assert score(seen, policy) == score(read, policy) == NEVER


def test_a_rule_binds_every_platform_of_its_place() -> None:
    rule = evidence("a", event="trade_rule", platforms=["Temu"], regions=["EU"], date="2026-07-01")
    assert linked(evidence("b", event="trade_rule", platforms=["Shein"], regions=["EU"], date="2026-07-01"), rule)
    assert not linked(evidence("c", event="trade_rule", platforms=[], regions=["US"], date="2026-07-01"), rule)
    assert "places overlap" in [
        term.says for term in terms(evidence("d", event="trade_rule", platforms=[], regions=["FR"]), rule, KIN)
    ]


def test_a_delay_names_another_date_and_is_still_the_same_event() -> None:
    delay = evidence("b", "reversed", "ban", platforms=["TikTok"], regions=["US"], date="2025-12-16", at=day(2))
    other = evidence("c", "confirmed", "ban", platforms=["TikTok"], regions=["US"], date="2025-12-16", at=day(2))
    assert score(delay, US_BAN) > score(other, US_BAN)
    assert linked(delay, US_BAN)


def test_what_comes_on_the_day_that_was_named_long_before_is_the_same_event() -> None:
    announced = evidence("announced", event="ban", platforms=["TikTok"], regions=["US"], date="2025-09-24")
    lifted = replace(announced, document_id="lifted", published=day(366))
    lifted = replace(lifted, signal=replace(announced.signal, status=Status.REVERSED, effective_date=None))
    assert linked(lifted, announced)
    assert "published 366 days apart, 1 from the day that one names" in {t.says for t in terms(lifted, announced, KIN)}
    undated = replace(announced, signal=replace(announced.signal, effective_date=None))
    assert score(lifted, undated) < score(lifted, announced)
    vague = replace(announced, signal=replace(announced.signal, effective_date=PartialDate("2025")))
    assert days_apart(moment(lifted), moment(vague)) == 366, "a year is no day"


def test_what_texts_mean_speaks_for_and_against_one_event() -> None:
    first, alike, other = (evidence(name, gist=bits) for name, bits in (("a", ONES), ("b", ONES), ("c", 1)))
    assert score(first, alike) > score(evidence("a"), evidence("b")) > score(first, other)
    assert "meaning 1.00" in [term.says for term in terms(first, alike, KIN)]


def test_kinship_comes_from_the_catalogue() -> None:
    shop = Platform("TikTok Shop", "t", "ByteDance", "shop", (), parent="TikTok", ancestors=("Douyin Group",))
    alone = Platform("Etsy", "e", "Etsy", "marketplace", ())
    assert kinship([shop, alone]) == {"tiktok shop": {"tiktok", "douyin group"}, "etsy": frozenset()}


def test_a_name_that_no_catalogue_knows_is_a_part_of_what_its_first_words_name() -> None:
    shopify = Platform("Shopify", "shopify", "Shopify", "store-builder", ("ショッピファイ",))
    amazon = Platform("Amazon", "amazon", "Amazon", "shop", ("Amazon India", "Amazon FBA"), ambiguous=("Amazon",))
    square = Platform("Square", "square", "Block", "payments", ("Square Inc.", "Square POS"), ambiguous=("Square",))
    pay = Platform("Amazon Pay", "pay", "Amazon", "payments", (), parent="Amazon", ancestors=("Amazon",))
    kin = kinship([shopify, amazon, square, pay])
    assert kin.get("shopify scripts") == {"shopify"}
    assert kin.get("amazon pay instant") == {"amazon pay", "amazon"}, "the longest name counts"
    assert kin.get("amazon smile") == {"amazon"}, "a river, but other names of the platform begin so"
    assert [kin.get(name) for name in ("square enix", "shopifyscripts", "the shopify")] == [None] * 3
    assert "shopify scripts" not in kin
    assert len(kin) == 4
    scripts, whole = (evidence(one, platforms=[one]) for one in ("Shopify Scripts", "Shopify"))
    assert asks(scripts, kin) & keys(whole, kin)


def test_a_place_that_no_text_names_does_not_make_two_bans_of_one() -> None:
    """What a Russian paper reports of the American ban was taken to be of Russia, as it names no place."""
    named, supposed = (
        evidence("ru", event="ban", platforms=["TikTok"], regions=["RU"], supposed=guess) for guess in (False, True)
    )
    assert not linked(named, US_BAN)
    assert linked(supposed, US_BAN)
    assert "RU is not US, which one only supposes" in [term.says for term in terms(supposed, US_BAN, KIN)]


def test_a_place_that_is_only_supposed_is_still_another_where_nothing_else_is_alike() -> None:
    spring = {"platforms": ["TikTok"], "regions": ["RU"], "date": "2025-05-02", "at": day(40)}
    assert not linked(evidence("ru", event="ban", supposed=True, **spring), US_BAN)


def test_a_type_that_the_reader_doubts_may_be_the_one_that_another_gives() -> None:
    closing = evidence("a", event="insolvency", regions=["ID"])
    sure, torn, other = (
        evidence("b", event="policy", regions=["ID"], doubt=doubt) for doubt in ("", "insolvency", "trade_rule")
    )
    assert score(sure, closing) == score(other, closing) == NEVER
    assert linked(torn, closing)
    assert "insolvency or policy, a reader was in doubt" in [term.says for term in terms(closing, torn, KIN)]


def test_dearer_and_then_gone_are_two_events_of_a_reader_who_is_sure() -> None:
    dearer, gone = evidence("b", event="policy", date="2024-11-28"), evidence("a", date="2024-11-28")
    assert terms(dearer, gone, KIN)[0].points == NEVER


OPENED = evidence("a", event="insolvency", platforms=["Telar Vivo"], regions=["PE"])


@pytest.mark.parametrize(
    ("platforms", "title"),
    [
        ([], "Telar Vivo admite que no puede pagar"),
        (["Cusco"], "La caja de Telar Vivo está vacía, y Cusco espera"),
    ],
)
def test_a_name_in_no_catalogue_is_known_again_in_a_title(platforms: list[str], title: str) -> None:
    later = evidence("b", event="insolvency", platforms=platforms, regions=["PE"], title=title, at=day(40))
    assert linked(later, OPENED)
    assert "telar vivo in the title of the other" in [term.says for term in terms(later, OPENED, KIN)]
    assert not linked(replace(later, title="La caja está vacía"), OPENED)


def test_a_name_in_the_catalogue_is_never_sought_in_titles() -> None:
    tiktok = evidence("a", event="ban", platforms=["TikTok"], regions=["US"])
    temu = evidence("b", event="ban", platforms=["Temu"], regions=["US"], title="After TikTok, Temu is next")
    known = {"tiktok": frozenset[str](), "temu": frozenset[str]()}
    assert terms(temu, tiktok, known)[0].points == NEVER


def test_two_bankruptcies_in_one_place_and_month_stay_two() -> None:
    other = evidence("b", event="insolvency", platforms=["Otra Cosa"], regions=["PE"], title="Otra Cosa no paga")
    assert terms(other, OPENED, KIN)[0].points == NEVER


said = st.builds(
    evidence,
    document=st.sampled_from("abcd"),
    event=st.sampled_from([event.value for event in EventType]),
    authority=st.sampled_from(["official", "news", "observed"]),
    platforms=st.lists(
        st.sampled_from(["TikTok", "TikTok Shop", "Temu", "Telar Vivo", "Telar"]), max_size=2, unique=True
    ),
    title=st.sampled_from(["Telar Vivo no paga", "Telares", "TikTok ends", ""]),
    doubt=st.sampled_from(["", "ban", "insolvency"]),
    supposed=st.booleans(),
    regions=st.lists(st.sampled_from(["ID", "BR", "FR", "EU", "WORLD"]), max_size=2, unique=True),
    date=st.sampled_from([None, "2024-11", "2024-11-28", "2025-12-05"]),
    status=st.sampled_from(["rumor", "confirmed", "reversed"]),
    at=st.sampled_from([NOW, day(3), day(40), day(400), NOW.replace(year=1970)]),
    gist=st.sampled_from([0, 1, ONES]),
)


@given(said, said)
def test_it_does_not_matter_which_of_two_is_asked_first(one: Evidence, other: Evidence) -> None:
    assert terms(one, other, KIN) == terms(other, one, KIN)


@given(said, said)
def test_what_may_link_finds_each_other(one: Evidence, other: Evidence) -> None:
    found = not asks(one, KIN).isdisjoint(keys(other, KIN))
    assert found is not asks(other, KIN).isdisjoint(keys(one, KIN))
    assert found or terms(one, other, KIN)[0].points == NEVER


@given(said, said)
def test_no_type_of_event_makes_two_more_alike_than_their_places_and_dates_allow(
    one: Evidence, other: Evidence
) -> None:
    a, b = profile(one, KIN), profile(other, KIN)
    found = alike(a, b, KIN)
    for of in EventType:
        assert at_most(replace(a, event=of), b, WEIGHTS) == at_most(a, b, WEIGHTS)
    if found is not None:
        assert sum(WEIGHTS[name] * times for name, times, _ in found) <= at_most(a, b, WEIGHTS) + 1e-9


@given(said, said)
def test_a_named_day_brings_two_texts_nearer_and_never_farther(one: Evidence, other: Evidence) -> None:
    a, b = moment(one), moment(other)
    assert days_apart(a, b) == days_apart(b, a)
    assert 0 <= days_apart(a, b) <= abs(a.day - b.day)
    if one.signal.effective_date is None and other.signal.effective_date is None:
        assert days_apart(a, b) == abs(a.day - b.day)


def test_two_that_name_platforms_are_not_found_by_their_place() -> None:
    tiktok, temu, nameless = (
        evidence(name, platforms=some) for name, some in (("a", ["TikTok"]), ("b", ["Temu"]), ("c", []))
    )
    assert asks(tiktok, KIN).isdisjoint(keys(temu, KIN))
    assert not asks(tiktok, KIN).isdisjoint(keys(nameless, KIN))
    assert asks(tiktok, KIN).isdisjoint(keys(replace(nameless, published=day(90)), KIN))
