"""What of a page is its own story."""

import itertools
import json
from pathlib import Path

import pytest
from furnish import KINDS, furnish
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.understand.furniture import content, story

CORPUS = Path(__file__).parents[2] / "corpus"
LINES = ["Share this article", "Related articles", "3 comments", "Home | News | Sport", "We use cookies.", "- Temu", ""]
LINES += [
    "The shop closes on 30 June, and sellers must withdraw their balance before that day.",
    "关闭。",
    "Read more",
    " ",
]
PAGES = st.lists(st.sampled_from(LINES) | st.text(max_size=40), max_size=12).map("\n".join)


def rows(*names):
    paths = sorted(CORPUS.glob("*.jsonl"))
    lines = [line for path in paths if path.stem in names or not names for line in path.read_text("utf-8").splitlines()]
    return [row for row in map(json.loads, lines) if len(row["text"]) > 12]  # no mere "Read more."


def told(title, text):
    return " ".join("".join(text[start:end] for start, end in content(title, text)).split())


@settings(deadline=None)  # the first call loads the words
@given(st.text(max_size=20), PAGES)
def test_stretches_are_ordered_and_within_the_text(title, text):
    found = content(title, text)
    assert all(0 <= start < end <= len(text) for start, end in found)
    assert all(left[1] <= right[0] for left, right in itertools.pairwise(found))


@settings(deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=12).map("\n".join))
def test_a_story_leads_back_to_the_original(text):
    clean = story("", text)
    for at, sign in enumerate(clean.text):
        start, end = clean.span(at, at + 1)
        assert text[start:end] == sign


def test_a_feed_entry_loses_nothing():
    entries = rows("reports", "written-abstracts", "written-contrasts")
    assert len(entries) > 1_000
    for row in entries:
        assert told(row["title"], row["text"]) == " ".join(row["text"].split())


def test_of_longer_texts_hardly_anything_is_lost_but_furniture():
    furnished = "notices-", "written-watched-"  # pages, and changes of pages, with furniture
    some = [row for row in rows() if not row["id"].startswith(furnished)]
    kept = [len(told(row["title"], row["text"])) / len(" ".join(row["text"].split())) for row in some]
    assert sum(share >= 0.98 for share in kept) / len(some) > 0.95  # the others are pages, and written as such
    assert min(kept) > 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_tells_the_same_story_with_and_without_furniture(kind):
    some = rows()[::11]
    same = sum(
        told(row["title"], row["text"])
        == told(row["title"], furnish(kind, row["title"], row["text"], row["lang"], number))
        for number, row in enumerate(some)
    )
    assert same / len(some) > 0.96


NOTICE = """Dear sellers,

Please note these dates:

9 September - no new shops are accepted
20 September - advertising can no longer be topped up
15 October - last orders
30 November - the platform goes offline

Countries concerned:
Chile
Colombia
Mexico
Poland

Will my shop be moved?
No. Accounts are not transferred.

How do I get my money?
By bank transfer, within seven days."""


def test_an_official_notice_keeps_its_dates_its_lists_and_its_questions():
    assert told("Notice", NOTICE) == " ".join(NOTICE.split())


@pytest.mark.parametrize(
    "teaser",
    [
        "Read more",
        "Read more.",
        "Continue reading →",
        "[…]",
        "阅读全文",
        "Weiterlesen »",
        "続きを読む",
        "Lire la suite",
        "Читать далее…",
    ],
)
def test_a_teaser_at_the_end_of_an_entry_is_cut(teaser):
    assert told("Shop closes", f"The shop closes on 30 June. {teaser}") == "The shop closes on 30 June."
    assert told("Shop closes", teaser) == ""


@pytest.mark.parametrize(
    "sentence",
    [
        "Comments from sellers were not heard, the ministry said when it published the rule on Friday.",
        "Share prices fell after the app was banned.",
        "Related parties were told that the platform closes.",
        "Cookies are no longer sold by the platform after 1 May.",
        "About 400 sellers lost their shops.",
        "Updated terms raise the fee to 12 per cent from April.",
        "By 30 June all sellers must export their data.",
    ],
)
def test_a_sentence_that_begins_like_furniture_is_told(sentence):
    before = "The marketplace told its sellers on Monday what will change in the coming months."
    assert told("News", f"{before}\n{sentence}\n{before}") == f"{before} {sentence} {before}"


def test_rumours_among_comments_and_teasers_do_not_become_the_story():
    text = "The fair opened on Monday, and visitors came from nine countries.\n\n2 comments\n\nTom · 2 hours ago\n"
    assert told("Fair", f"{text}Temu is banned from tomorrow!") == text.split("\n")[0]


def test_a_page_of_nothing_but_furniture_has_no_story_but_its_title():
    assert content("Shop closes", "Share this article\nRelated articles\n- Temu banned in a country") == []


@pytest.mark.parametrize("lang", ["en", "de", "vi", "ja"])
@pytest.mark.parametrize("kind", ["comments", "ticker"])
def test_under_a_headline_alone_neither_comments_nor_share_prices_are_a_story(kind, lang):
    assert all(told("Nokiva closes in June", furnish(kind, "", "", lang, seed)) == "" for seed in range(6))


def test_a_publisher_that_speaks_of_itself_is_no_story_but_a_notice_about_a_closure_is():
    itself = "Founded in 1998, Harbour Media left the magazine business in 2019."
    assert told("Nokiva closes in June", f"About Harbour Media\n{itself}\n© 2025 Harbour Media Ltd.") == ""
    notice = "About the closure\nWe will close Nokiva on 30 June and pay your balance in July."
    assert told("A message to our sellers", notice) == " ".join(notice.split())
    notice = "サービス終了について\nノキバは6月30日に終了し、売上金は7月にお支払いします。"
    assert told("お知らせ", notice) == " ".join(notice.split())
