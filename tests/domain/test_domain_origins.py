"""Who says it first-hand: copies, agencies and publishers."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import pytest
from given import climb, day, evidence, incident
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.incidents import Evidence
from monitor.domain.origins import (
    COPY,
    LEAST,
    Chorus,
    attributed,
    backed,
    independent,
    likeness,
    origins,
    several,
    sketch,
)
from monitor.domain.signals import Status
from monitor.domain.testimony import gathered

WIRE = (
    "The marketplace will stop taking orders from buyers in Indonesia and Brazil on 28 November, its owner said on "
    "Tuesday, after two years of losses. Sellers can export their data until the end of October; open balances are "
    "paid out within thirty days. About four thousand shops are affected, most of them small."
)
OWN = (
    "Four thousand shopkeepers in Jakarta and São Paulo read it over breakfast: no more orders after 28 November. We "
    "spoke to five of them. None had been warned, and three still wait for the money for what they sold in August."
)
CHINESE = (
    "平台周二发布公告称，将于十一月二十八日停止接受印度尼西亚与巴西买家的订单，卖家须在十月底之前导出数据，未结余额将在三十天内支付。"
    "公司方面表示，此举是因为连续两年亏损，约四千家店铺受到影响，其中大多数为小型商家，后续安排将另行通知。"
)


def text(document: str, words: str, *, by: str = "", agency: str = "", **more) -> Evidence:
    return replace(evidence(document, by=by, **more), sketch=sketch(words), agency=agency)


@pytest.mark.parametrize(
    "copy",
    [
        f"JAKARTA, 24 September (Agency) - {WIRE}",
        WIRE[:220],
        WIRE.replace("on Tuesday, ", "").replace("small", "tiny"),
        WIRE.upper().replace(". ", ".\n\n"),
        f"By Jane Doe. Published 12:04. Share this article. {WIRE}",
    ],
)
def test_a_copy_is_known_as_one_with_another_dateline_without_its_end_or_with_a_word_changed(copy: str) -> None:
    assert likeness(sketch(WIRE), sketch(copy)) >= COPY


def test_texts_that_say_the_same_in_their_own_words_or_in_another_language_are_no_copies() -> None:
    assert likeness(sketch(WIRE), sketch(OWN)) < COPY / 2
    assert likeness(sketch(WIRE), sketch(CHINESE)) == 0.0
    assert likeness(sketch(CHINESE), sketch(f"（记者 李明）{CHINESE}")) >= COPY


def test_a_text_too_short_to_be_told_from_another_has_no_sketch_and_is_no_copy() -> None:
    assert sketch("TikTok Music closes on 28 November") == ()
    assert sketch("x, " * (LEAST - 1)) == ()
    assert origins(gathered([text("a", "It closes."), text("b", "It closes.")])) == 2


def test_ten_papers_that_print_one_text_are_one_origin_and_it_is_that_of_the_first() -> None:
    papers = gathered([text(f"d{n}", f"CITY {n} - {WIRE}", at=day(n)) for n in range(10)])
    assert origins(papers) == 1
    assert {paper.author for paper in papers} == {"publisher of d0"}
    assert not backed(papers)
    assert "one source" in climb(papers, day(10).date(), None)[1]


def test_papers_that_name_one_agency_are_one_origin_whatever_they_make_of_its_words() -> None:
    papers = [text("a", WIRE, agency="reuters"), text("b", OWN, agency="reuters")]
    assert origins(gathered(papers)) == 1
    assert origins(gathered([*papers, text("c", CHINESE)])) == 2
    assert origins(gathered([*papers, text("c", CHINESE, by="Reuters")])) == 1, "the agency itself"


def test_a_copy_that_hides_its_agency_is_known_by_one_that_names_it() -> None:
    papers = gathered([text("a", WIRE), text("b", WIRE, agency="reuters", at=day(1)), text("c", OWN, agency="reuters")])
    assert {paper.author for paper in papers} == {"reuters"}


def test_a_paper_that_prints_an_agency_and_writes_for_itself_is_a_second_origin_but_alone_it_is_one() -> None:
    both = [text("a", WIRE, by="Gazette", agency="reuters"), text("b", OWN, by="Gazette")]
    assert origins(gathered(both)) == 1
    assert origins(gathered([*both, text("c", WIRE, by="Herald", agency="reuters")])) == 2


def test_a_lone_denial_that_everybody_prints_does_not_call_off_what_the_platform_said() -> None:
    official = evidence("o", authority="official", by="Platform")
    denials = [text(f"d{n}", WIRE, status="reversed", at=day(1 + n)) for n in range(5)]
    assert incident(official, *denials).status is Status.CONFIRMED
    assert incident(official, *denials, text("own", OWN, status="reversed", at=day(9))).status is Status.REVERSED


voices = st.tuples(st.sampled_from("abcd"), st.sampled_from("abcxyz"))


@given(st.lists(voices, max_size=10), voices)
def test_one_more_voice_never_makes_fewer_origins_and_at_most_one_more(some: list[tuple[str, str]], more) -> None:
    assert independent(some) <= independent([*some, more]) <= independent(some) + 1


def _share_nobody(some: Sequence[tuple[str, str]]) -> bool:
    return all(len(set(names)) == len(some) for names in zip(*some, strict=True))


@given(st.lists(voices, max_size=8))
def test_origins_are_the_most_voices_that_share_nobody_however_they_come(some: list[tuple[str, str]]) -> None:
    chosen = (part for size in range(len(some) + 1) for part in combinations(some, size))
    assert Chorus(some).independent == max(len(part) for part in chosen if _share_nobody(part))
    assert Chorus(reversed(some)).independent == independent(some)
    heard = [evidence(f"d{no}", by=publisher) for no, (publisher, _) in enumerate(some)]
    heard = [replace(item, author=author) for item, (_, author) in zip(heard, some, strict=True)]
    assert several(heard) == (independent(some) >= 2)


@given(st.lists(voices, max_size=10))
def test_there_are_no_more_origins_than_publishers_or_authors(some: list[tuple[str, str]]) -> None:
    assert independent(some) <= min(len({one for one, _ in some}), len({author for _, author in some}))
    assert (independent(some) > 0) is bool(some)


texts = st.lists(
    st.builds(
        text,
        document=st.uuids().map(str),
        words=st.sampled_from([WIRE, WIRE[:200], OWN, CHINESE, "short"]),
        by=st.sampled_from("abc"),
        agency=st.sampled_from(["", "reuters", "afp"]),
        at=st.integers(0, 9).map(day),
    ),
    max_size=8,
)


@given(texts, st.randoms(use_true_random=False))
def test_whose_words_they_are_does_not_depend_on_the_order_of_arrival(some: list[Evidence], random) -> None:
    shuffled = gathered(random.sample(some, len(some)))
    assert [item.author for item in shuffled] == [item.author for item in gathered(some)]
    assert attributed(shuffled) == shuffled
