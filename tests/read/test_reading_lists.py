"""Announcement lists: frozen pages of many sites, read without a selector; what they must not be taken for."""

import json
import random
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from list_cases import FULL, HOME, LISTS, NAMES, SEEN_AT, markup_of, rows, shown
from list_cases import read_list as read

from monitor.domain.errors import FailureReason
from monitor.read.listing import LARGEST


@pytest.mark.parametrize("name", NAMES)
def test_a_frozen_page_gives_the_entries_of_its_golden(name):
    assert shown(read(markup_of(name))) == json.loads((LISTS / f"{name}.json").read_text())


def test_an_entry_keeps_its_id_and_changes_its_key_when_its_title_or_date_does():
    page = markup_of("ul_of_news")
    before = read(page)
    assert read(page, known=before.seen).documents == ()
    titled = read(page.replace("in Gdansk<", "in Gdansk on 1 May<"), known=before.seen)
    dated = read(page.replace("3 Mar 2026", "4 Mar 2026"), known=before.seen)
    for after in (titled, dated):
        assert [d.id for d in after.documents] == [before.documents[0].id]
    assert titled.documents[0].title.endswith("on 1 May")
    assert dated.documents[0].published == datetime(2026, 3, 4, tzinfo=UTC)
    assert (before.items, len(before.seen)) == (5, 5)


def test_an_entry_without_a_date_says_so():
    result = read(markup_of("help_centre_section"))
    assert {d.doubts for d in result.documents} == {("date_unknown",)}
    assert {d.lang for d in result.documents} == {"en-US"}


# --- what surrounds a list, and what its elements are called, changes nothing

FURNITURE = [
    '<nav><ul><li><a href="/a/1">Everything about our company</a></li><li><a href="/a/2">Contact</a></li></ul></nav>',
    '<div><a href="/cart">Cart</a> <a href="/login">Log in</a> <a href="/register">Register</a></div>',
    '<ul><li><a href="/de">Deutsch</a></li><li><a href="/fr">Français</a></li><li><a href="/zh">中文</a></li></ul>',
    '<aside><h3>Most read</h3><ul><li><a href="/x/1">An older story, read by many</a> 2026-01-03</li></ul></aside>',
    '<footer><p>© 2026 <a href="/legal">Legal notice and terms of use</a></p></footer>',
    '<p>All our offices are closed on 25 December 2026.</p>',
    '<div><a href="/">Home</a> &gt; <a href="/about">About</a></div>',
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([name for name in FULL if "json" not in name]),
    st.permutations(FURNITURE),
    st.integers(0, len(FURNITURE)),
    st.randoms(use_true_random=False),
)
def test_furniture_and_class_names_do_not_change_the_entries(name, furniture, above, dice):
    expected = json.loads((LISTS / f"{name}.json").read_text())
    head, body = markup_of(name).split("<body>", 1)
    body, tail = body.rsplit("</body>", 1)
    renamed = re.sub(r' class="[^"]*"', lambda _: f' class="{renamed_class(dice)}"', body)
    furnished = "".join(furniture[:above]) + f"<div>{renamed}</div>" + "".join(furniture[above:])
    assert shown(read(f"{head}<body>{furnished}</body>{tail}")) == expected


def renamed_class(dice: random.Random) -> str:
    return dice.choice(["", "nav", "footer", "sidebar menu", "css-1x9", "pagination"])


# --- what a record may add


def test_selectors_sharpen_what_structure_finds():
    page = markup_of("trap_comments")
    item = read(page, item="section .cm", link="a:nth-of-type(2)", title="p", date="a + a")
    assert [(d.title, d.url) for d in item.documents] == [("What about my stock?", f"{HOME}/posts/norway#c0")]
    assert [d.published.day for d in item.documents] == [20]  # three comments on one page are one address
    assert not item.detail


def test_a_selector_of_links_alone_finds_the_rows_around_them():
    result = read(markup_of("card_grid"), link="h3 a", text=".tag")
    assert [d.text for d in result.documents][:2] == ["Policy", "Logistics"]
    assert result.documents[0].published == datetime(2026, 11, 18, 9, tzinfo=UTC)


def test_a_selector_that_finds_nothing_any_more_is_told_and_the_list_still_read():
    result = read(markup_of("ul_of_news"), item=".news__row", title=".headline")
    assert result.items == 5
    assert result.failure is None
    assert result.detail.startswith("selector_broken: 'item'")
    titled = read(markup_of("ul_of_news"), title=".headline")
    assert (titled.items, titled.detail[:24]) == (5, "selector_broken: 'title'")


def test_a_selector_that_finds_nothing_on_a_page_without_a_list_is_broken():
    assert read(markup_of("trap_home_page"), item=".news__row").failure is FailureReason.SELECTOR_BROKEN


def test_only_links_that_match_are_entries():
    result = read(markup_of("chinese_portal"), only=r"/zcfb/")
    assert [d.url for d in result.documents] == [f"{HOME}/zcfb/b{n}.shtml" for n in (1, 2, 3)]
    assert read(markup_of("chinese_portal"), only=r"/gone/").failure is FailureReason.SELECTOR_BROKEN


# --- what went wrong


def test_a_list_that_had_entries_and_has_none_went_empty():
    before = read(markup_of("ul_of_news"))
    after = read(markup_of("trap_home_page"), memory=before.memory)
    assert after.failure is FailureReason.WENT_EMPTY
    assert "5 entries" in after.detail
    assert read(markup_of("trap_home_page")).failure is FailureReason.EMPTY
    assert read(markup_of("trap_home_page"), memory="nonsense").failure is FailureReason.EMPTY


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", FailureReason.EMPTY),
        (b"<html><body><div id='app'></div><script>start()</script></body></html>", FailureReason.NO_BROWSER),
        (b"<!-- -->", FailureReason.NO_TEXT),
        (b"x" * (LARGEST + 1), FailureReason.TOO_LARGE),
    ],
)
def test_a_page_that_holds_no_list_says_why(body, reason):
    assert read(body).failure is reason


def test_links_within_the_page_scripts_and_foreign_schemes_are_no_entries():
    page = rows("20 November 2026", "19 November 2026", "18 November 2026")
    page = page.replace("'/n/1'", "'javascript:go(1)'").replace("'/n/2'", "'#top'")
    assert [d.url for d in read(page).documents] == [f"{HOME}/n/0"]


def test_entries_that_only_a_script_can_open_are_told_by_the_page_itself():
    result = read(markup_of("korean_scripted_board"))
    assert {d.url for d in result.documents} == {f"{HOME}/news/"}
    assert len({d.id for d in result.documents}) == 3
    assert read(markup_of("korean_scripted_board"), known=result.seen).documents == ()


def test_addresses_are_resolved_by_the_base_and_one_page_is_one_entry():
    page = rows("20 November 2026", "19 November 2026", "18 November 2026")
    page = page.replace("<body>", "<head><base href='//other.example/x/'></head><body>")
    page = page.replace("'/n/1'", "'n/1?utm_source=list'").replace("'/n/2'", "'n/1'")
    assert [d.url for d in read(page).documents] == [
        "https://other.example/n/0", "https://other.example/x/n/1?utm_source=list",
    ]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(NAMES), st.randoms(use_true_random=False))
def test_no_mutant_of_a_list_lets_an_exception_out(name, dice):
    body = bytearray((LISTS / f"{name}.html").read_bytes())
    for _ in range(dice.randint(1, 30)):
        at = dice.randrange(len(body))
        body[at : at + dice.randint(0, 30)] = dice.choice(
            [b"", b"<", b">", b"</div>", b"<a href=", b"\xff", b"<td>", b'"']
        )
    result = read(bytes(body))
    assert result.failure is not FailureReason.RAISED
    for document in result.documents:
        (document.title + document.text + document.url).encode()


@pytest.mark.parametrize(
    "body",
    [
        "<ul>" + "<li><a href='/a'>x" * 30_000,
        "<div>" * 60_000 + "<a href='/a'>Some words to read here</a>",
        "<p>" + "<b>1.1.</b>" * 50_000,
        "".join(f"<div><a href='/n/{n}'>Announcement number {n} to all</a> 2026-11-20</div>" for n in range(8_000)),
        "<table>" + "<tr>" * 20_000 + "<td><a href='/1'>x</a>" * 20_000,
        "<script type='application/json'>" + "[" * 100_000,
        "<script type='application/json'>" + json.dumps([{"title": "t" * 20, "url": f"/{n}"} for n in range(20_000)]),
    ],
)
def test_a_page_made_to_be_slow_is_read_in_bounded_work(body):
    result = read(body)
    assert result.failure is not FailureReason.RAISED
    assert result.items <= 500


def test_the_entries_of_yesterday_are_known_today():
    first = read(markup_of("chinese_trade_press"))
    again = read(markup_of("chinese_trade_press"), known=first.seen, at=SEEN_AT + timedelta(days=1))
    assert again.documents == ()
