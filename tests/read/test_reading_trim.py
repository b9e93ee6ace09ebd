"""The law of the pre-scan: a read that skips known entries gives exactly the unseen documents of a full read."""

from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_cases import DATA, FEED, capture, frozen, rss

from monitor.read.capture import read_capture
from monitor.read.outline import outline

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
ENTRIES = st.lists(st.tuples(WORDS, WORDS, st.sampled_from("abcdefgh"), st.booleans()), max_size=12)


def written(title: str, text: str, guid: str, cdata: bool) -> str:
    body = f"<![CDATA[{text.replace(']]>', '')}]]>" if cdata else escape(text)
    return f"<item><title>{escape(title)}</title><guid>{guid}</guid><description>{body}</description></item>"


@settings(max_examples=150, deadline=None)
@given(entries=ENTRIES, data=st.data())
def test_known_entries_are_skipped_and_nothing_else_changes(entries, data):
    taken = capture(rss(*(written(*e) for e in entries)))
    full = read_capture(taken, FEED, frozenset(), None)
    known = data.draw(st.frozensets(st.sampled_from(full.seen))) if full.seen else frozenset()
    trimmed = read_capture(taken, FEED, known, None)

    assert trimmed.seen == full.seen
    assert not {r.key for r in trimmed.rejected} & known
    rejected = {r.key for r in full.rejected}
    keys = [key for key in full.seen if key not in rejected]
    expected = [d for key, d in zip(keys, full.documents, strict=True) if key not in known]
    assert list(trimmed.documents) == expected


@pytest.mark.parametrize("name", sorted(path.name for path in DATA.glob("*.xml")))
def test_every_frozen_feed_obeys_the_law_one_entry_at_a_time(name):
    taken = frozen(name)
    full = read_capture(taken, FEED, frozenset(), None)
    for key, document in zip(full.seen, full.documents, strict=True):
        alone = read_capture(taken, FEED, frozenset(full.seen) - {key}, None)
        assert alone.documents == (document,)


FRAGMENTS = [
    "<item>",
    "</item>",
    "<item/>",
    "<entry>",
    "</entry>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<items>",
    "a",
    ">",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join), st.data())
def test_cutting_takes_out_the_unwanted_slices_and_not_a_character_more(text, data):
    cut = outline(text)
    if cut is None:
        return
    wanted = data.draw(st.frozensets(st.sampled_from(cut.slices))) if cut.slices else frozenset()
    expected = list(text)
    for unwanted in set(cut.slices) - wanted:
        expected[unwanted.start : unwanted.end] = [""] * (unwanted.end - unwanted.start)
    assert cut.only(wanted) == "".join(expected)


def test_entries_that_cannot_be_told_apart_are_not_cut():
    assert outline("<item><item></item></item>") is None
    assert outline("<item><title>without an end") is None
    assert outline("</item>") is None
    assert outline("<item></entry></item>") is None
    assert len(outline("<a:entry></a:entry><item/><items></items>").slices) == 2
