"""A letter as a short note: whole lines, the most important ones, however little room there is."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from letters import all_clear, closing
from test_hostile_text import HOSTILE, poisoned

from monitor.notify.note import Size, cut, note, octets, units
from monitor.notify.tongue import LANGUAGES
from monitor.notify.written import written

LINK = "https://watch.example.com/act/" + "t" * 250
LINKS = [("ack", LINK)]


@pytest.mark.parametrize("size", [units, octets])
@settings(deadline=None, max_examples=60)
@given(
    text=st.sampled_from(HOSTILE) | st.text(max_size=300),
    limit=st.integers(1, 3_000),
    language=st.sampled_from(LANGUAGES),
)
def test_it_is_never_longer_than_it_may_be(size: Size, text: str, limit: int, language: str):
    letter = written(replace(poisoned(text), language=language), LINKS)
    said = note(letter, limit, size)
    assert size(said) <= limit
    assert LINK in said or "watch.example" not in said.partition("https://example.com")[0], "half a link leads nowhere"


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-16")), st.integers(0, 200))
def test_what_is_cut_says_so(text: str, limit: int):
    said = cut(text, limit)
    assert units(said) <= limit
    assert said == text or not said or said.endswith("…")


def test_with_room_it_says_everything_in_order():
    said = note(written(closing(), LINKS), 10_000)
    order = [
        "What: ",
        "When: ",
        "What to do by when",
        "Your next steps",
        "Lost at once",
        "https://support",
        LINK,
        "Why you",
    ]
    places = [said.index(words) for words in order]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("limit", "there", "gone"),
    [
        (700, ["What: ", "When: ", LINK, "How sure: "], ["Your next steps"]),
        (1_000, ["When: ", LINK, "export your data"], ["Why you get this"]),
    ],
)
def test_with_little_room_what_matters_most_stays(limit: int, there: list[str], gone: list[str]):
    said = note(written(closing(), LINKS), limit)
    assert all(words in said for words in there)
    assert not any(words in said for words in gone)
    assert said.endswith("\n…"), "and it says that there is more"


def test_a_repeat_says_so_first():
    said = note(written(replace(closing(), repeat=True)), 300)
    assert said.startswith("[may be a repeat]")


def test_an_all_clear_says_what_changed():
    assert "- Date: 1 Dec 2024 → no longer holds" in note(written(all_clear()), 2_000).splitlines()
