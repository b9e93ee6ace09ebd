import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.understand.furniture import content
from monitor.understand.model import Days
from monitor.understand.sentences import sentences
from monitor.understand.windows import (
    LEAD,
    MOST_PAIRS,
    MOST_PASSAGES,
    PASSAGE,
    lead,
    pairs,
    passages,
    weight,
)

PARAGRAPHS = st.lists(st.text(alphabet="ab .!\n。关闭ไทย", max_size=900), max_size=12).map("\n\n".join)


@settings(deadline=None)  # the first text loads the words of furniture
@given(PARAGRAPHS)
def test_it_never_reads_a_window_longer_than_its_limit(text):
    assert weight(lead("", text).words) <= LEAD + len(content("", text))
    assert all(weight(window.words) <= PASSAGE + 1 for window in passages(text))
    assert len(passages(text)) <= MOST_PASSAGES


@given(PARAGRAPHS)
def test_passages_follow_each_other_and_hold_the_words_they_say(text):
    found = passages(text)
    assert all(left.end <= right.start for left, right in itertools.pairwise(found))
    assert all(text[window.start : window.end].strip() == window.words for window in found)


@given(PARAGRAPHS)
def test_passages_leave_out_no_word_of_a_story_of_bounded_length(text):
    found = passages(text)
    if 0 < len(found) < MOST_PASSAGES:
        kept = "".join(window.words for window in found)
        told = "".join(text[slice(*stretch)] for stretch in content("", text))
        assert "".join(kept.split()) == "".join(told.split())


@given(PARAGRAPHS)
def test_a_pair_is_two_neighbouring_sentences_of_one_passage(text):
    whole = passages(text)
    found = pairs(text, whole, "en")
    assert len(found) <= MOST_PAIRS
    for pair in found:
        assert text[pair.start : pair.end] == pair.words
        assert any(passage.start <= pair.start and pair.end <= passage.end for passage in whole)
        assert len(sentences(text, pair.start, pair.end, "en")) <= 2


def test_stories_on_one_page_are_passages_of_their_own_each_with_its_heading():
    told = [
        ("Snow closes a pass", "Lorries wait in the valley until the road is cleared on Thursday. " * 4),
        ("A shop leaves Chile", "It takes no orders after 31 March, and sellers must withdraw their goods."),
        ("Choir wins a prize", "Forty singers came home to a town that had hung out its flags for them. " * 4),
    ]
    page = "\n\n".join(f"{heading}\n{story.strip()}" for heading, story in told)
    assert [window.words for window in passages(page)] == page.split("\n\n")


def test_what_is_told_in_passing_has_a_window_without_the_rest_of_its_paragraph():
    before, after = (
        "The choir sang in the square until it rained. " * 6,
        "The mayor thanked the bakers for the bread. " * 6,
    )
    told = "A marketplace leaves Chile on 31 March. Sellers must withdraw their goods."
    text = f"{before}{told} {after}"
    assert told in [window.words for window in pairs(text, passages(text), "en")]


def test_the_furniture_of_a_page_is_in_no_window():
    story = "The marketplace closes its site for good on 30 June, and sellers must withdraw by then. "
    related = "Related articles\n- Temu banned in another country\n- Ten gifts for spring"
    text = f"Home > Business > Retail\n\nShare this article\n\n{story * 12}\n\n{related}\n\n© 2025 All rights reserved"
    windows = [lead("Shop closes", text), *passages(text)]
    read = "\n".join(window.words for window in windows)
    assert read.startswith("Shop closes\nThe marketplace")
    assert not any(words in read for words in ("Home", "Share", "Temu", "reserved"))
    assert all(window.words in text for window in windows[1:])


def test_a_very_long_text_is_read_from_its_beginning_to_its_end():
    text = "\n\n".join(
        f"Paragraph {number} of a report. " + "It says little that is new to anybody. " * 12 for number in range(70)
    )
    found = passages(text)
    assert len(found) == MOST_PASSAGES
    assert "Paragraph 0 " in found[0].words
    assert "Paragraph 69 " in found[-1].words
    assert max(right.start - left.end for left, right in itertools.pairwise(found)) < len(text) / 10


@given(PARAGRAPHS)
def test_sentences_are_ordered_stretches_without_white_space_around_them(text):
    bounds = sentences(text, 0, len(text), "en")
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in bounds)
    assert all(left[1] <= right[0] for left, right in itertools.pairwise(bounds))


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("de", ["Der Shop schließt zum 30. November 2026.", "Waren liegen bis 2027.", "Danach nicht."]),
        ("de", ["Bitte holen Sie Ihre Ware ab.", "Rund 3 Mio. Euro stehen aus, sagt Hr. Maier."]),
        ("en", ["The shop closes on November 10.", "Sellers keep Dr. Li's list, item no. 5 of it."]),
        ("en", ["It closes its app.", "They all sue it.", "The ban stands."]),
        ("ru", ["Маркетплейс закроется 5 мая 2027 г.", "Офис на ул. Ленина, г. Москва, продан."]),
        ("cs", ["Obchod skončí 10. Listopadu."]),
        ("zh", ["平台将关闭。", "卖家须在5月提现！"]),
    ],
)
def test_a_full_stop_after_a_day_or_a_word_cut_short_ends_no_sentence(lang, said):
    text = " ".join(said)
    assert [text[start:end] for start, end in sentences(text, 0, len(text), lang)] == said


def test_a_short_entry_is_one_window_of_its_title_and_text():
    text = "The marketplace will close on 30 June."
    assert passages(text) == []
    assert lead("Shop closes", text).words == "Shop closes\nThe marketplace will close on 30 June."


def test_a_long_paragraph_is_cut_after_a_sentence():
    text = "One sentence about nothing in particular. " * 60
    assert all(window.words.endswith(".") for window in passages(text))
    assert len(passages(text)) >= 3


def test_han_characters_count_double_because_they_say_more():
    assert weight("平台关闭") == 8
    assert weight("close") == 5


def test_days_are_compared_to_the_precision_that_both_have():
    assert Days.of(["2025-04"], "2025-04-10") == Days(named=True, same=True)
    assert Days.of(["2025-05-01", "2024"], "2025-04-10") == Days(named=True, past=True, ahead=True)
    assert Days.of(["2025-05-01"], None) == Days(named=True)
    assert Days.of([], "2025-04-10") == Days()
