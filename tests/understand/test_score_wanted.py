"""What a figure should reach: a bound kept, a bound missed, and nothing asked."""

import pytest
from test_score_figures import GIVEN, GOLD, gold, said

from monitor.understand.figures import score
from monitor.understand.wanted import ALL, WANTED, WORST_LANGUAGE, Wanted, judged, missed


@pytest.mark.parametrize(
    ("want", "value", "kept"),
    [
        (Wanted(0.93), 0.93, True),
        (Wanted(0.93), 0.9296, True),
        (Wanted(0.93), 0.9294, False),
        (Wanted(0.05, at_most=True), 0.05, True),
        (Wanted(0.05, at_most=True), 0.0506, False),
    ],
)
def test_a_bound_is_kept_by_what_is_shown_to_lie_on_it(want: Wanted, value: float, kept: bool):
    assert want.kept(value) is kept


def test_it_says_on_which_side_of_the_bound_a_figure_should_lie():
    assert [str(WANTED[name]) for name in ("average precision", "calibration error")] == [
        "at least 0.975",
        "at most 0.05",
    ]


def test_every_figure_of_which_something_is_wanted_is_one_that_is_measured():
    result = score(GOLD, GIVEN)
    assert WANTED.keys() <= result.figures.keys()
    assert list(judged(result)) == list(ALL)


def test_what_falls_short_is_named_and_what_was_not_asked_is_neither_kept_nor_missed():
    rows = [gold(f"e{n}", "ban") for n in range(5)] + [gold("h", hard_negative=True)]
    found = judged(score(rows, said(*({"id": f"e{n}", "event_type": "ban", "score": 1.0} for n in range(4)))))
    assert (found["hard negatives passed"].value, found["hard negatives passed"].kept) == (1.0, True)
    assert (found["effective dates found"].value, found["effective dates found"].kept) == (None, None)
    assert found[WORST_LANGUAGE].value == pytest.approx(8 / 9)
    assert found[WORST_LANGUAGE].kept is True
    assert "detection F1" in missed(found)
    assert {"effective dates found", "hard negatives passed", WORST_LANGUAGE}.isdisjoint(missed(found))
    nothing = judged(score([gold("a")], {}))
    assert nothing[WORST_LANGUAGE].kept is None
