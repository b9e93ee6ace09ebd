"""Nearly equal texts are found, and no others: the index loses none that comparing every pair would find."""

import hashlib
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.corpus import likeness
from monitor.corpus.likeness import alike, shingles

WORDS = st.lists(st.sampled_from(["shop", "closes", "in", "Paris", "平台", "关闭", "bans", "X"]), max_size=9).map(
    " ".join
)


@given(st.lists(WORDS, max_size=9), st.sampled_from([0.3, 0.5, 0.6, 0.9, 1.0]))
def test_it_finds_every_pair_that_comparing_all_pairs_finds(texts, least):
    sets = [shingles(text) for text in texts]
    wanted = {
        (i, k): len(sets[i] & sets[k]) / len(sets[i] | sets[k])
        for i, k in combinations(range(len(texts)), 2)
        if len(sets[i] & sets[k]) / len(sets[i] | sets[k]) >= least
    }
    assert {(pair.one, pair.other): pair.share for pair in alike(texts, least)} == wanted


@given(st.lists(WORDS, max_size=9), st.integers(0, 10), st.sampled_from([0.3, 0.5, 0.9]))
def test_what_is_known_is_not_compared_with_what_is_known(texts, since, least):
    assert alike(texts, least, since) == [pair for pair in alike(texts, least) if pair.other >= since]


def test_nothing_is_done_where_nothing_is_new(monkeypatch):
    monkeypatch.setattr("monitor.corpus.likeness.shingles", lambda text: pytest.fail("a text was cut up"))
    assert alike(["one", "another"], since=2) == []


def test_of_texts_that_share_their_frequent_words_alone_hardly_any_two_are_compared(monkeypatch):
    """Notices of one house: each has something of its own, and the frame of all of them."""
    frame = "sellers are asked to export their orders before the marketplace closes for good in this country"
    texts = [f"{frame} {hashlib.sha256(str(n).encode()).hexdigest()}" for n in range(300)]
    texts.append(f"{texts[0]} now")
    steps: list[tuple[int, int]] = []
    compared: list[int] = []
    common = likeness.common

    def counted(mine, members):
        compared.append(len(members))
        return common(mine, members)

    monkeypatch.setattr(likeness, "common", counted)
    found = alike(texts, progress=lambda done, total: steps.append((done, total)))
    assert [(pair.one, pair.other) for pair in found] == [(0, 300)]
    assert len(compared) == 1, "of 45,150 pairs"
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == ((0, 602), (602, 602))


def test_case_width_spacing_and_punctuation_make_no_difference():
    (pair,) = alike(["Temu: closed in  Vietnam!", "ＴＥＭＵ closed, in Vietnam", "Temu opens in Vietnam"], 0.95)
    assert (pair.one, pair.other, pair.share) == (0, 1, 1.0)


def test_a_text_with_another_date_is_alike_and_one_on_the_same_event_in_other_words_is_not():
    text = "The marketplace will close its Polish site on 13 January and stops taking orders a week before."
    other_date = text.replace("13 January", "27 March")
    retold = "Sellers in Poland have until early January to ship: the Warsaw site of the marketplace is to go."
    assert [(pair.one, pair.other) for pair in alike([text, other_date, retold])] == [(0, 1)]
