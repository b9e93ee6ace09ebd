"""The words of a news search, as values: which name a platform goes by, and how queries keep to a service's limits."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.searches import Letters, Wording, length_in_words, names_of, queries
from monitor.domain.platforms import Platform


def platform(name: str, *aliases: str, ambiguous: tuple[str, ...] = ()) -> Platform:
    return Platform(name, name.lower(), name, "marketplace", (name, *aliases), ambiguous)


def wording(letters: Letters = Letters.LATIN, **given_: object) -> Wording:
    return Wording.model_validate(
        {"letters": letters, "risks": ("banned", "closes"), "context": "{name} shop"} | given_
    )


def words_of(*asked: Any) -> tuple[str, ...]:
    return tuple(one.words for one in queries(*asked))


RAKUTEN = platform("Rakuten", "乐天", "樂天", "楽天", "라쿠텐", "Ракутен", "راكوتين", "ราคูเท็น", ambiguous=("乐天",))


@pytest.mark.parametrize(
    ("letters", "names"),
    [
        (Letters.LATIN, ("Rakuten",)),
        (Letters.TRADITIONAL, ("樂天", "Rakuten")),
        (Letters.JAPANESE, ("樂天", "Rakuten")),
        (Letters.KOREAN, ("라쿠텐", "Rakuten")),
        (Letters.CYRILLIC, ("Ракутен", "Rakuten")),
        (Letters.ARABIC, ("راكوتين", "Rakuten")),
        (Letters.THAI, ("ราคูเท็น", "Rakuten")),
        (Letters.SIMPLIFIED, ("Rakuten",)),
    ],
)
def test_a_platform_goes_by_its_name_in_the_letters_of_the_language_and_in_latin_ones(letters, names):
    assert names_of(RAKUTEN, wording(letters)) == names


def test_the_name_that_papers_print_wins_over_the_first_in_the_list():
    assert names_of(RAKUTEN, wording(Letters.JAPANESE, names={"Rakuten": "楽天"})) == ("楽天", "Rakuten")


def test_an_ambiguous_name_is_left_out_where_there_is_another():
    amazon = platform("Amazon", "亚马逊", ambiguous=("Amazon",))

    assert names_of(amazon, wording(Letters.SIMPLIFIED)) == ("亚马逊",)


def test_an_ambiguous_name_without_another_stands_beside_a_word_of_the_trade():
    wish = platform("Wish", "위시", ambiguous=("Wish", "위시"))

    assert names_of(wish, wording()) == ("Wish shop",)
    assert words_of([wish], wording(), 30, 500) == ('"Wish shop" (banned OR closes)',)


def test_brackets_stand_around_alternatives_only():
    assert words_of([platform("Temu")], wording(risks=("banned",)), 30, 500) == ("Temu banned",)


def test_a_name_of_several_words_or_foreign_letters_is_quoted_once_and_whole():
    shops = [platform("TikTok Shop"), platform("JD.com"), platform('The "Shop"'), platform("Temu"), platform("Temu")]

    (query,) = words_of(shops, wording(risks=("cło",)), 30, 500)

    assert query == '("TikTok Shop" OR "JD.com" OR "The  Shop" OR Temu) "cło"'


def test_what_matters_most_among_the_risks_stays_when_there_is_room_for_few():
    words = wording(risks=("banned", "closes its doors for good", "exit", "leaves"))

    assert words_of([platform("Temu")], words, 6, 500) == ("Temu (banned OR exit OR leaves)",)


def test_a_name_that_fits_into_no_query_is_refused_rather_than_dropped():
    with pytest.raises(ValueError, match="leaves no room for the names of a b c d e f"):
        queries([platform("Temu"), platform("a b c d e f")], wording(), 6, 500)


def test_words_are_counted_about_as_a_service_counts_them():
    assert length_in_words('(Temu OR "TikTok Shop") (banned OR exit)') == 5
    assert length_in_words('"停止运营" OR "关闭"') == 3
    assert length_in_words('"서비스 종료"') == 2


NAMES = st.lists(
    st.from_regex(r"[A-Z][a-z]{1,8}( [A-Z][a-z]{1,8})?", fullmatch=True), min_size=1, max_size=60, unique=True
)


@given(NAMES, st.integers(6, 40), st.integers(150, 600))
def test_every_platform_is_asked_for_and_no_query_is_over_the_limits(names, words, characters):
    asked = queries([platform(name) for name in names], wording(), words, characters)
    made = [one.words for one in asked]

    assert all(length_in_words(query) <= words and len(quote(query, safe="/:")) <= characters for query in made)
    assert all(any(name in query for query in made) for name in names)
    assert all("(banned OR closes)" in query for query in made)
    assert len(made) <= len(names)
    assert [name for one in asked for name in one.platforms] == names
    assert all(name in one.words for one in asked for name in one.platforms)
