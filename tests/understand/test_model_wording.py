"""The linear view of a window's words: what is counted, and how it adds to a decision."""

import unicodedata
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.sources import Authority
from monitor.training import learn
from monitor.training.examples import Example
from monitor.understand.wording import BUCKETS, Wording, buckets


def shared(one: str, other: str) -> float:
    """The share of what is counted of both texts that stands in each."""
    a, b = set(buckets(one).tolist()), set(buckets(other).tolist())
    return len(a & b) / len(a | b)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mall closes", "Malls closed"),
        ("закрывает площадку", "закрыла площадки"),
        ("쿠팡이 철수한다", "쿠팡은 철수했다"),
        ("平台将关闭", "平台关闭了"),
        ("ปิดให้บริการ", "จะปิดให้บริการแล้ว"),
        ("बंद होगा", "बंद हो गया"),
    ],
)
def test_forms_of_one_word_share_their_beginning_or_their_characters_in_every_script(one, other):
    assert shared(one, other) > 0.1 > shared(one, "Obst 과일 水果 ผลไม้ फल фрукты")


def test_case_width_and_the_digits_of_a_number_do_not_count_and_its_size_does():
    assert shared("ＭＡＬＬ closes on 12 May", "mall CLOSES on 28 may") == 1
    assert shared("fee 12", "fee 1200") < 1


def test_marks_within_words_do_not_part_them():
    composed, apart = "Phí sàn tăng", unicodedata.normalize("NFD", "Phí sàn tăng")
    assert shared(composed, apart) == 1
    assert len(buckets("बंद")) == 1, "one word, too short for a beginning"
    assert shared("बंद।", "बंद") == 1, "a full stop is no mark"
    assert shared("টাকা৫০০", "টাকা 500") == 1


@given(st.text(max_size=300))
def test_any_text_falls_into_buckets_each_once(text):
    found = buckets(text)
    assert (np.diff(found) > 0).all()
    assert ((found >= 0) & (found < BUCKETS)).all()


@given(st.lists(st.floats(-5, 5), min_size=3, max_size=3), st.floats(-1, 1))
def test_a_decision_is_the_sum_of_the_weights_over_the_root_of_their_number_to_a_step_of_each(weights, bias):
    text = buckets("Mall closes")[:3]
    held = np.zeros(BUCKETS, dtype=np.float32)
    held[text] = weights
    learnt = Wording.learnt(held, bias)
    assert learnt.decide([text])[0] == pytest.approx(sum(weights) / 3**0.5 + bias, abs=learnt.step * 3**0.5)
    assert learnt.decide([text[:0]])[0] == pytest.approx(bias, abs=1e-6), "nothing is counted of an empty text"
    again = Wording.of(learnt.arrays())
    assert again.decide([text])[0] == pytest.approx(float(learnt.decide([text])[0]), abs=1e-6)


def test_what_stands_in_events_alone_raises_the_decision_by_its_share_and_harmless_words_lower_it():
    def example(event: str) -> Example:
        return Example("a", "en", "", "b", None, str(Authority.NEWS), event, None, "g", True, "reports")

    texts = [buckets(f"Mall {number} shuts down") for number in "abcdefgh"]
    texts += [buckets(f"Mall {number} opens a fair") for number in "abcdefgh"]
    examples = [example("shutdown")] * 8 + [example("none")] * 8
    learnt = learn.worded(texts, examples)
    shuts, opens, other = learnt.decide([buckets("Shop shuts down"), buckets("Shop opens"), buckets("Obst")])
    assert shuts > other > opens
    with patch.object(learn, "VOICE", 2 * learn.VOICE):
        louder = learn.worded(texts, examples).decide([buckets("Shop shuts down")])
    assert louder[0] == pytest.approx(2 * float(shuts), abs=0.02), "it has a voice, not the word"
