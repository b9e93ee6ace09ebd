"""Pages watched for changes: what is a change, and what only looks like one."""

import base64
import json
import random
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_cases import capture
from reading_cases import source as plain_source

from monitor.domain.documents import ReadResult
from monitor.domain.errors import FailureReason
from monitor.domain.sources import SourceKind
from monitor.read.capture import read_capture
from monitor.read.watched import LARGEST_MEMORY

TERMS = [f"Clause {n}: sellers in region {n} pay {n} euros a month." for n in range(1, 401)]


def read(markup: str, memory: str = "", **spec: str) -> ReadResult:
    watched = replace(
        plain_source(SourceKind.WATCHED), name="Seller fees", platforms=("Temu",), spec=tuple(spec.items())
    )
    return read_capture(capture(markup, "text/html; charset=utf-8"), watched, frozenset(), None, memory)


def page(*blocks: str, before: str = "", after: str = "") -> str:
    return f"<html lang='en'><body>{before}<main>{''.join(f'<p>{b}</p>' for b in blocks)}</main>{after}</body></html>"


def test_a_first_look_gives_no_document_and_a_change_of_one_block_in_400_is_found():
    first = read(page(*TERMS))
    assert (first.documents, first.failure, first.items) == ((), None, 400)
    changed = [*TERMS[:200], "Clause 201: sellers in region 201 pay 999 euros a month.", *TERMS[201:]]
    (document,) = read(page(*changed), first.memory).documents
    assert document.title == "Seller fees, Temu (1 change)"
    assert "Now says: Clause 201: sellers in region 201 pay 999 euros" in document.text
    assert "Said before: Clause 201" in document.text


def test_a_country_that_leaves_a_selector_is_no_longer_listed():
    def shop(*names: str) -> str:
        options = "".join(f"<option value='{n[:2]}'>{n}</option>" for n in names)
        return page(*TERMS[:20], after=f"<footer><select>{options}</select></footer>")

    first = read(shop("Austria", "Belgium", "France", "Germany", "Italy", "Poland"))
    (document,) = read(shop("Austria", "Belgium", "France", "Germany", "Italy"), first.memory).documents
    assert document.text == "No longer listed: Poland"


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 10**6), st.text("abcdef0123456789", min_size=32, max_size=40), st.integers(2020, 2030))
def test_the_same_content_in_other_furniture_is_no_change(number: int, token: str, year: int):
    first = read(page(*TERMS[:30], before="<nav>Home</nav>"))
    other = read(
        page(
            *TERMS[:30],
            f"{number} views",
            f"Last updated: 3 May {year}",
            before=f"<header>News</header><p class='cookies'>{number}</p><input value='{token}' type='hidden'>",
            after=f"<footer>Copyright {year} Shop {number}</footer>",
        ),
        first.memory,
    )
    assert (other.failure, other.documents) == (None, ())


def test_a_block_that_flips_back_and_forth_is_learnt_as_noise():
    a, b = page(*TERMS[:20], "Teaser about shoes and hats"), page(*TERMS[:20], "An entirely other offer")
    looks, memory = [], ""
    for markup in (a, b, a, b, a):
        result = read(markup, memory)
        memory = result.memory
        looks.append(len(result.documents))
    assert looks == [0, 1, 1, 0, 0]


def test_walls_and_blank_pages_are_failures_and_leave_the_memory_as_it_was():
    first = read(page(*TERMS[:30]))
    wall = read("<title>Just a moment...</title><script>window._cf_chl_opt={}</script>", first.memory)
    assert (wall.failure, wall.memory) == (FailureReason.BOT_WALL, "")
    blank = read("<html><body></body></html>", first.memory)
    assert (blank.failure, blank.memory) == (FailureReason.WENT_EMPTY, "")


def test_a_page_that_lost_most_of_its_text_is_a_change_only_when_it_stays_so():
    first = read(page(*TERMS[:100]))
    short = page("This marketplace closes on 30 June. Thank you for ten years with us.")
    once = read(short, first.memory)
    assert (once.failure, once.documents) == (FailureReason.WENT_EMPTY, ())
    (document,) = read(short, once.memory).documents
    assert document.text.startswith("The page is much shorter than before")
    assert "closes on 30 June" in document.text


def told(first: str, second: str, **spec: str) -> list[str]:
    """What is told of the second page after a look at the first."""
    return [document.text for document in read(second, read(first, **spec).memory, **spec).documents]


def test_only_what_the_selector_names_is_watched_and_furniture_within_it_too():
    def shop(fee: str, teaser: str) -> str:
        return page("Terms", teaser, after=f"<aside id='fees'><div class='fees-in'><p>Fee: {fee}</p></div></aside>")

    assert told(shop("5 %", "Lamps are here"), shop("5 %", "Hats are here"), only="#fees") == []
    (text,) = told(shop("5 %", "Lamps"), shop("6 %", "Lamps"), only="#fees, #fees div")
    assert text == "Now says: Fee: 6 % (increase: 5 % → 6 %)\n\nSaid before: Fee: 5 %"


@pytest.mark.parametrize(
    ("was", "now", "risen"),
    [
        ("Commissie elektronica: 8%", "Commissie elektronica: 11%", "8% → 11%"),
        ("Auszahlungen erfolgen alle 14 Tage.", "Auszahlungen erfolgen alle 30 Tage.", "14 → 30"),
        ("Elektronik komisyon oranı: %8", "Elektronik komisyon oranı: %12,5", "%8 → %12,5"),
        ("Abonnement: 900 € par an", "Abonnement: 1.050 € par an", "900 € → 1.050 €"),
        ("電子產品佣金：5%，每件 2 元", "電子產品佣金：8%，每件 2 元", "5% → 8%"),
        ("Fee for Hats: 9.5 %", "Fee for Hats: 9.50 %", ""),
        ("Commissie speelgoed: 15%", "Commissie speelgoed: 12%", ""),
        ("We answer from 9 to 17", "We answer from 8 to 18", ""),
        ("We answer from 9:00 to 17:00", "We answer from 9:00 to 18:00", ""),
        ("Geprüft am 3. Mai durch uns", "Geprüft am 8. Mai durch uns", ""),
        ("Obowiązuje od 12.10.2025", "Obowiązuje od 28.11.2026", ""),
        ("自 11月20日 起收费", "自 11月28日 起收费", ""),
        ("5. Payments are made weekly", "6. Payments are made weekly", ""),
        ("Call us: 020 7946 0101", "Call us: 020 7946 0202", ""),
        ("Appelez le 1 99 00 10 10", "Appelez le 1 99 00 10 99", ""),
        ("Call 1800 555 0100", "Call 1800 555 0199", ""),
        ("WhatsApp 15005550100", "WhatsApp 15005550199", ""),
        ("Opłata roczna: 1 000 zł", "Opłata roczna: 2 050 zł", "1 000 → 2 050"),
        ("Zuschlag +5 % je Paket", "Zuschlag +8 % je Paket", "5 % → 8 %"),
        ("Your place: # of 12 sellers", "Your place: 5 of 12 sellers", ""),
        ("Opłata roczna: 12 500 zł", "Opłata roczna: 13 500 zł", "12 500 → 13 500"),
        ("Fee for 2 hats: 5 %", "Fee for 2 caps: 6 %", ""),
    ],
)
def test_an_amount_that_rises_says_so_and_a_day_an_hour_a_number_or_a_fall_does_not(was: str, now: str, risen: str):
    (text,) = told(page(*TERMS[:9], was), page(*TERMS[:9], now))
    assert text.startswith(f"Now says: {now} (increase: {risen})\n\n" if risen else f"Now says: {now}\n\n")


def test_a_listed_fee_that_changes_reads_otherwise_and_a_listed_name_comes_and_goes():
    def listed(*items: str) -> str:
        return page(*TERMS[:9], f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>")

    (text,) = told(listed("Commission: 8 %", "Austria"), listed("Commission: 11 %", "Spain"))
    assert text == (
        "Now says: Commission: 11 % (increase: 8 % → 11 %)\n\nSaid before: Commission: 8 %"
        "\n\nNewly listed: Spain\n\nNo longer listed: Austria"
    )


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (
            ("服装鞋帽类目佣金为百分之5，每件另收2元", "数码类目佣金为百分之6"),
            ("服装鞋帽类目佣金为百分之8，每件另收3元", "数码类目佣金为百分之9"),
        ),
        (("ค่าธรรมเนียมเสื้อผ้า 5%", "ค่าธรรมเนียมอิเล็กทรอนิกส์ 6%"), ("ค่าธรรมเนียมเสื้อผ้า 7%", "ค่าธรรมเนียมอิเล็กทรอนิกส์ 9%")),
        (
            ("Shoes: 5 %, 10 EUR a month", "Hats: 6 %, 12 EUR a month"),
            ("Shoes: 7 %, 14 EUR a month", "Hats: 9 %, 16 EUR a month"),
        ),
    ],
)
def test_rows_of_which_several_figures_change_are_set_against_their_own_old_wording(was: tuple, now: tuple):
    (text,) = told(page(*TERMS[:9], *was), page(*TERMS[:9], *now))
    passages = text.split("\n\n")
    for old, new, at in zip(was, now, (0, 2), strict=True):
        assert passages[at].startswith(f"Now says: {new} (increase: ")
        assert passages[at + 1] == f"Said before: {old}"


def test_a_row_that_is_new_before_one_that_changed_takes_nothing_from_it():
    (text,) = told(
        page(*TERMS[:9], "Commission for shoes: 5 %"),
        page(*TERMS[:9], "Commission for hats: 6 %", "Commission for shoes: 7 %"),
    )
    assert text == (
        "Added: Commission for hats: 6 %\n\nNow says: Commission for shoes: 7 % (increase: 5 % → 7 %)"
        "\n\nSaid before: Commission for shoes: 5 %"
    )


def test_countries_with_dialling_codes_come_and_go_as_names_do():
    def chosen(*names: str) -> str:
        return page(*TERMS[:9], f"<select>{''.join(f'<option>{name}' for name in names)}</select>")

    (text,) = told(chosen("Austria (+43)", "Niger (+227)"), chosen("Austria (+43)", "Nigeria (+234)"))
    assert text == "Newly listed: Nigeria (+234)\n\nNo longer listed: Niger (+227)"
    models = [page(*TERMS[:9], f"<ul><li>Phone {number}</li></ul>") for number in (14, 15)]
    assert told(*models) == ["Newly listed: Phone 15\n\nNo longer listed: Phone 14"]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("激光笔：禁止发布", "激光笔：取得资质后可发布"),
        ("販売手数料は10％です。", "販売手数料は販売価格の10％（税込）です。"),
    ],
)
def test_another_wording_in_a_script_without_spaces_is_set_against_the_old_one(was: str, now: str):
    assert told(page(*TERMS[:9], was), page(*TERMS[:9], now)) == [f"Now says: {now}\n\nSaid before: {was}"]


def test_what_is_to_be_ignored_is_no_change_and_its_neighbours_are():
    def shop(teaser: str, last: str) -> str:
        return page(*TERMS[:9], f"<span class='x'>{teaser}</span> {last}")

    assert told(shop("Big summer sale now", "The end"), shop("Winter is coming", "The end"), ignore=".x") == []
    assert len(told(shop("Big summer sale now", "The end"), shop("Winter", "We close"), ignore=".x")) == 1


def test_what_matches_the_noise_pattern_is_no_change_and_the_rest_of_its_block_is():
    first, other = page(*TERMS[:9], "Rate today: 1.0934, fee 5 %"), page(*TERMS[:9], "Rate today: 1.1200, fee 5 %")
    assert told(first, other, noise=r"Rate today: [\d.]+") == []
    (text,) = told(first, page(*TERMS[:9], "Rate today: 1.1200, fee 6 %"), noise=r"Rate today: [\d.]+")
    assert "Now says: Rate today: 1.1200, fee 6 %" in text


def test_a_country_chosen_in_the_page_itself_is_told_when_it_leaves_and_when_it_comes():
    with_poland = "<select id='c'><option>Austria<option>Poland<option>Spain</select>"
    without = "<select id='c'><option>Austria<option>Spain</select>"
    assert told(page(*TERMS[:9], with_poland), page(*TERMS[:9], without)) == ["No longer listed: Poland"]
    assert told(page(*TERMS[:9], without), page(*TERMS[:9], with_poland)) == ["Newly listed: Poland"]
    assert told(page(with_poland), page(without), only="#c") == ["No longer listed: Poland"]


def test_a_row_of_a_fee_table_is_quoted_with_the_headings_of_its_columns():
    def table(fee: str) -> str:
        rows = f"<tr><td>Over 500 sold<td>4 %</tr><tr><td>Shoes<td>{fee}</tr>"
        return f"<html><body><main><p>Fees</p><table><tr><th>Category<th>Fee</tr>{rows}</table></main></body></html>"

    assert told(table("5 %"), table("9 %")) == [
        "Now says: Category: Shoes; Fee: 9 % (increase: 5 % → 9 %)\n\nSaid before: Category: Shoes; Fee: 5 %"
    ]
    assert len(told(table("5 %"), table("5 %").replace("500 sold", "900 sold"))) == 1


@pytest.mark.parametrize(
    ("head", "first", "second", "text"),
    [
        ("<td><b>Country<td><b>From", "<td>Poland<td>1 May", "<td>Poland<td>9 May", "Country: Poland; From: 9 May"),
        ("<td>Country<td>Poland", "<td>Fee<td>5 %", "<td>Fee<td>6 %", "Fee | 6 %"),  # its first row is no heading
        ("<th><th>Fee<th>Cap", "<th>Shoes<td>5 %<td>", "<th>Shoes<td>6 %<td>", "Shoes; Fee: 6 %"),
        (
            "<th>Item<th colspan=2>Fee",
            "<td>Hat<td>1<td>5 %",
            "<td>Hat<td>1<td>6 %",
            "Hat | 1 | 6 % (columns: Item | Fee)",
        ),
        ("<th>Item<th>Fee", "<td>Hat<td>5 %<br>net", "<td>Hat<td>6 %<br>net", "Item: Hat; Fee: 6 % net"),
    ],
)
def test_what_the_headings_of_a_table_are(head: str, first: str, second: str, text: str):
    def table(row: str) -> str:
        return f"<html><body><main><p>Fees</p><table><tr>{head}</tr><tr>{row}</tr></table></main></body></html>"

    (said,) = told(table(first), table(second))
    assert said.startswith(f"Now says: {text}{' (increase: 5 % → 6 %)' if '6 %' in text else ''}\n\n")


def documents_at(*markups: str) -> list[str]:
    """At each look after the first the text that it gave, or nothing."""
    memory, texts = read(markups[0]).memory, []
    for markup in markups[1:]:
        result = read(markup, memory)
        memory = result.memory
        texts.append("".join(document.text for document in result.documents))
    return texts


def fresh(number: int) -> str:
    """Words that were never there before."""
    dice = random.Random(number)
    return " ".join("".join(dice.choices("bdfgklmnprstaeiou", k=7)) for _ in range(6))


@pytest.mark.parametrize(
    "restless",
    [
        lambda n: f"{1_204 + 37 * n}",
        lambda n: f"{1_204 + 37 * n} people shop in this very moment, {n * 7} have just bought a thing from us today",
        lambda n: f"It is {('Monday', 'Friday')[n % 2]}, {n + 1} {('May', 'June', 'July')[n % 3]} 2026, 0{n % 9}:15 am",
        lambda n: f"今天是2026年{n % 12 + 1}月{n % 28 + 1}日 星期{'一二三四五六日'[n % 7]}",
        lambda n: f"Seen {n * 3 + 2} {('minutes', 'hours')[n % 2]} ago by session x{n * 7919}Qz",
        lambda n: f"Your token: {fresh(n).replace(' ', '')}",
        fresh,
        lambda n: f"<q>{fresh(n)} {fresh(n + 500)} {fresh(n + 900)}</q>",
    ],
    ids=["figure", "sentence", "date", "datum", "age", "token", "teaser", "long teaser"],
)  # fmt: skip
def test_a_block_that_is_another_at_every_look_soon_makes_no_document(restless: Callable[[int], str]):
    looks = [page(*TERMS[:9], restless(n), *TERMS[9:20]) for n in range(40)]
    texts = documents_at(*looks)
    assert sum(map(bool, texts[:5])) <= 4
    assert texts[5:] == [""] * 34


def test_a_change_in_the_words_of_a_counter_is_told_at_once_and_so_is_one_beside_it():
    shop = [
        page(*TERMS[:9], f"{n * 31} sellers from Poland are served here today, as always", "Fee: 5 %") for n in range(9)
    ]
    left = page(*TERMS[:9], "310 sellers from Poland are served here no longer, as of today", "Fee: 5 %")
    raised = page(*TERMS[:9], "341 sellers from Poland are served here no longer, as of today", "Fee: 6 %")
    *_, quiet, words, beside = documents_at(*shop, left, raised)
    assert quiet == ""
    assert "served here no longer" in words
    assert "Now says: Fee: 6 %" in beside


def test_where_teasers_take_turns_a_notice_is_told_once_it_stays():
    notice = "We close our marketplace in Poland on 30 June."
    shop = [page(*TERMS[:9], fresh(n), *TERMS[9:20]) for n in range(9)]
    texts = documents_at(*shop, *[page(*TERMS[:9], notice, *TERMS[9:20])] * 5)
    assert texts[-5:] == ["", "", f"Added: {notice}", "", ""]


RESTLESS = st.sampled_from(
    [
        lambda n: f"{n * 37 + 5} people look at this now",
        fresh,
        lambda n: fresh(n % 2),
        lambda n: f"Offer of the day: lamp {n} for {n * 3 + 4} euros",
        lambda n: fresh(n // 3),
    ]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), RESTLESS), max_size=5), st.integers(0, 17), st.integers(1, 9))
def test_whatever_else_moves_a_notice_that_stays_is_told_within_three_looks(moving, at: int, before: int):
    notice = "We close our marketplace in Poland on 30 June."

    def look(number: int, told: bool) -> str:
        blocks = list(TERMS[:12])
        for n, (place, says) in enumerate(moving):
            blocks.insert(place, says(number + 50 * n))
        if told:
            blocks.insert(at, notice)
        return page(*blocks)

    texts = documents_at(*(look(n, told=n >= before) for n in range(before + 4)))
    assert notice not in "".join(texts[: before - 1])
    assert "".join(texts[-4:-1]).count(f": {notice}") == 1


def test_a_fee_that_changes_now_and_then_is_told_each_time():
    looks = [page(*TERMS[:9], f"Sellers pay {n // 10} euros") for n in range(60)]
    assert sum(map(bool, documents_at(*looks))) == 5


def test_news_that_push_the_older_ones_down_are_told_however_often_they_come():
    news = [f"Notice {chr(65 + n)}: {fresh(n)}" for n in range(30)]
    looks = [page("What is new", *reversed(news[n : n + 8]), "The end") for n in range(20)]
    texts = documents_at(*looks)
    assert all(news[n + 8] in text for n, text in enumerate(texts))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("自2026年7月1日起Temu平台将停止在波兰的销售业务", "自2026年7月1日起Temu平台将停止在捷克的销售业务"),
        ("Updated fees: sellers pay 5 % from May", "Updated fees: sellers pay 9 % from May"),
        ("Updated on 3 May 2026: fees are 5 %", "Updated on 3 May 2026: fees are 9 %"),
        ("We have updated our list: Poland, Spain", "We have updated our list: Spain"),
        ("Sellers with 500 sold", "Sellers may close"),
    ],
)
def test_news_in_a_line_that_resembles_noise_is_told(before: str, after: str):
    assert len(told(page(*TERMS[:9], before), page(*TERMS[:9], after))) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Last updated: 3 May 2026, 10:15 UTC", "Last updated: 12 June 2026, 8:00 UTC"),
        ("© 2025 Temu", "© 2026 Temu"),
        ("最終更新日：2026年3月1日", "最終更新日：2026年4月2日"),
        ("1,204 views", "1,377 views"),
        ("Written 3 days ago by the team", "Written 9 days ago by the team"),
        ("Request 8f14e45fceea167a5a36dedd4bea2543 served", "Request c9f0f895fb98ab9159f51fd0297e236d served"),
        ("Two   words\u00a0here", "Two words here"),
    ],
)
def test_what_changes_by_itself_is_no_change(before: str, after: str):
    assert told(page(*TERMS[:9], before), page(*TERMS[:9], after)) == []


def test_prose_that_comes_back_after_it_was_removed_is_told_each_time():
    promise = "Sellers in Poland may list and sell until further notice; balances are paid out weekly, and no closure."
    with_it, without = page(*TERMS[:20], promise), page(*TERMS[:20])
    memory, texts = read(with_it).memory, []
    for markup in (without, with_it, without, with_it, without):
        result = read(markup, memory)
        memory = result.memory
        texts += [document.text for document in result.documents]
    assert texts == [f"{word}: {promise}" for word in ("Removed", "Added", "Removed", "Added", "Removed")]


def test_a_teaser_that_was_noise_is_listened_to_again_after_it_was_quiet_for_long():
    a, b = page(*TERMS[:20], "Teaser about shoes and hats"), page(*TERMS[:20])
    looks, memory = [], ""
    for markup in (a, b, a, b, a, *[a] * 31, b):
        result = read(markup, memory)
        memory = result.memory
        looks.append(len(result.documents))
    assert looks == [0, 1, 1, 0, 0, *[0] * 31, 1]


def test_a_wrapper_named_for_its_sidebar_is_watched():
    def shop(text: str) -> str:
        return (
            f"<html><body><div class='has-sidebar'><h1>Terms</h1><p>{text}</p></div><p>Made in Dublin</p></body></html>"
        )

    assert len(told(shop("We sell in Poland."), shop("We left Poland."))) == 1


@pytest.mark.parametrize(
    "letters",
    [
        "abcdefghijklmnopqrstuvwxyz ",
        pytest.param("".join(map(chr, range(0x4E00, 0x9FA0))), marks=pytest.mark.long),
    ],
    ids=["latin", "chinese"],
)
def test_the_memory_of_the_largest_page_stays_within_its_bound_and_still_tells_a_change(letters: str):
    dice = random.Random(7)
    blocks = ["".join(dice.choices(letters, k=250)) for _ in range(4_000)]
    first = read(page(*blocks))
    assert first.items == 4_000
    assert len(first.memory) <= LARGEST_MEMORY
    assert read(page(*blocks), first.memory).documents == ()
    restless = read(page(*(f"{n} {block[::-1]}" for n, block in enumerate(blocks))), first.memory)
    assert len(restless.memory) <= LARGEST_MEMORY
    second = read(page(*blocks[:-1], "Poland is no longer served."), first.memory)
    assert "Poland is no longer served." in second.documents[0].text
    assert read(page(*blocks[:900]), first.memory).failure is FailureReason.WENT_EMPTY  # the size is known in full


@pytest.mark.long
def test_a_page_of_megabytes_that_compresses_well_is_remembered():
    blocks = [f"{n} " + "Sellers pay fees. " * 105 for n in range(4_000)]
    first = read(page(*blocks))
    assert len(told(page(*blocks), page(*blocks[:-1], "Poland is no longer served."))) == 1
    assert len(first.memory) <= LARGEST_MEMORY


def packed(told: object) -> str:
    return base64.b85encode(zlib.compress(json.dumps(told).encode())).decode()


@pytest.mark.parametrize(
    "memory",
    [
        "x", "é", "0" * 99, packed([]), packed({"blocks": 3}), packed("x"), packed([[]]), packed({"blocks": [[1]]}),
        packed({"blocks": [], "moves": [1], "looks": 0, "size": 0, "doubted": ""}),
        packed({"blocks": [], "moves": {"k": 1}, "looks": 0, "size": 0, "doubted": ""}),
    ],
)  # fmt: skip
def test_a_spoilt_memory_makes_the_look_a_first_one(memory: str):
    result = read(page(*TERMS[:9]), memory)
    assert (result.failure, result.documents, result.items) == (None, (), 9)


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 100_000 + "x", "<table><tr><td>" * 20_000 + "x", "<select>" + "<option>a" * 50_000, "<nav>" * 20_000,
        "<p>" + "1 views " * 200_000, "<p>" + "a" * 3_000_000, "<p>" + "updated " * 200_000, "<p>x</p>" * 100_000,
        "<p>" + "1," * 900_000, "<p>" + "_1" * 500_000, "<tr>" * 20_000 + "x", "\x00<p>\x1b\ufffex",
        "<p>" + "<b class='related'>x" * 50_000, "<![CDATA[" * 50_000, "&#x110000;" * 50_000, "",
        "<p>x" + "<b>" * 150_000 + "</b>" * 150_000 + "<b></b>" * 400_000,
    ],
    ids=range(17),
)  # fmt: skip
def test_hostile_markup_gives_a_result_of_bounded_size(markup: str):
    first = read(markup)
    assert len(first.memory) <= LARGEST_MEMORY
    changed = read(page("A first sentence.", markup, "Another."), first.memory)
    assert sum(len(document.text) + len(document.title) for document in changed.documents) <= 21_000


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 399), st.sampled_from(["", "Sales end on 30 June in all countries.", "Clause: 7 %"]))
def test_one_changed_block_of_400_is_found_wherever_it_stands(number: int, text: str):
    changed = [*TERMS[:number], *([text] if text else []), *TERMS[number + 1 :]]
    (document,) = read(page(*changed), BASELINE).documents
    assert TERMS[number] in document.text
    assert text in document.text
    assert all(term not in document.text for term in TERMS if term != TERMS[number])


BASELINE = read(page(*TERMS)).memory


def test_a_selector_that_finds_nothing_is_told():
    assert read(page(*TERMS[:3]), only="#fees").failure is FailureReason.SELECTOR_BROKEN
