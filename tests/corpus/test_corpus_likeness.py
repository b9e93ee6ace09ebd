"""Nearly equal texts are found, and no others: the index loses none that comparing every pair would find."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

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


def test_case_width_spacing_and_punctuation_make_no_difference():
    (pair,) = alike(["Temu: closed in  Vietnam!", "ＴＥＭＵ closed, in Vietnam", "Temu opens in Vietnam"], 0.95)
    assert (pair.one, pair.other, pair.share) == (0, 1, 1.0)


def test_a_text_with_another_date_is_alike_and_one_on_the_same_event_in_other_words_is_not():
    text = "The marketplace will close its Polish site on 13 January and stops taking orders a week before."
    other_date = text.replace("13 January", "27 March")
    retold = "Sellers in Poland have until early January to ship: the Warsaw site of the marketplace is to go."
    assert [(pair.one, pair.other) for pair in alike([text, other_date, retold])] == [(0, 1)]
