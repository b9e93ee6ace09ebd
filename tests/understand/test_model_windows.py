import itertools

from hypothesis import given
from hypothesis import strategies as st

from monitor.understand.windows import LEAD, MOST_PASSAGES, PASSAGE, lead, passages, sentences, weight

PARAGRAPHS = st.lists(st.text(alphabet="ab .!\n。关闭ไทย", max_size=900), max_size=12).map("\n\n".join)


@given(PARAGRAPHS)
def test_it_never_reads_a_window_longer_than_its_limit(text):
    assert weight(text[: lead("", text).end]) <= LEAD + 1
    assert all(weight(window.words) <= PASSAGE + 1 for window in passages(text))
    assert len(passages(text)) <= MOST_PASSAGES


@given(PARAGRAPHS)
def test_passages_follow_each_other_and_hold_the_words_they_say(text):
    found = passages(text)
    assert all(left.end <= right.start for left, right in itertools.pairwise(found))
    assert all(text[window.start : window.end].strip() == window.words for window in found)


@given(PARAGRAPHS)
def test_passages_leave_out_no_word_of_a_text_of_bounded_length(text):
    found = passages(text)
    if 0 < len(found) < MOST_PASSAGES:
        kept = "".join(window.words for window in found)
        assert "".join(kept.split()) == "".join(text.split())


@given(PARAGRAPHS)
def test_sentences_are_ordered_stretches_without_white_space_around_them(text):
    bounds = sentences(text, 0, len(text))
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in bounds)
    assert all(left[1] <= right[0] for left, right in itertools.pairwise(bounds))


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
