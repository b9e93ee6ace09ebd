"""Average linkage that leans to the nearest pair: it does what it says, and no more."""

from itertools import combinations
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.linkage import LEANS, link

SURE, NO = 4.0, -4.0


def matrix(pairs: dict[tuple[int, int], float], size: int) -> list[list[float]]:
    """Scores of pairs, both ways round; nothing is known of one and itself."""
    none = float("-inf")
    return [[pairs.get((min(a, b), max(a, b)), none) for b in range(size)] for a in range(size)]


def drawn(seed: int, size: int) -> dict[tuple[int, int], float]:
    dice = Random(seed)
    return {pair: dice.uniform(-6, 6) for pair in combinations(range(size), 2)}


def nearness(pairs: dict[tuple[int, int], float], one: list[int], other: list[int]) -> float:
    """Of two groups, from the beginning: the mean of all pairs, and `LEANS` of the way to the best."""
    scores = [pairs[min(a, b), max(a, b)] for a in one for b in other]
    mean = sum(scores) / len(scores)
    return mean + LEANS * (max(scores) - mean)


def slowly(pairs: dict[tuple[int, int], float], size: int) -> list[list[int]]:
    """The definition, each step counted anew."""
    groups = [[number] for number in range(size)]
    while len(groups) > 1:
        one, other = max(combinations(groups, 2), key=lambda two: nearness(pairs, *two))
        if nearness(pairs, one, other) <= 0:
            break
        groups = [group for group in groups if group not in (one, other)] + [sorted(one + other)]
    return sorted(groups)


@given(st.integers(0, 10_000), st.integers(1, 9))
def test_it_is_the_definition_only_quicker(seed: int, size: int) -> None:
    pairs = drawn(seed, size)
    assert sorted(link(matrix(pairs, size), 0)) == slowly(pairs, size)


@given(st.integers(0, 10_000), st.integers(2, 9))
def test_the_order_of_the_numbers_does_not_matter(seed: int, size: int) -> None:
    pairs, new = drawn(seed, size), Random(seed).sample(range(size), size)
    moved = {(min(new[a], new[b]), max(new[a], new[b])): score for (a, b), score in pairs.items()}
    groups = {frozenset(new[number] for number in group) for group in link(matrix(pairs, size), 0)}
    assert {frozenset(group) for group in link(matrix(moved, size), 0)} == groups


def test_one_text_that_was_read_amiss_does_not_hold_a_whole_off() -> None:
    amiss = {(0, 1): SURE, (0, 2): 0.9, (1, 2): -1.0}
    assert link(matrix(amiss, 3), 0) == [[0, 1, 2]], "the mean alone, -0.05, would part them"


def test_one_vague_text_between_two_does_not_join_them() -> None:
    vague = {(0, 1): SURE, (0, 2): NO, (1, 2): SURE - 1}
    assert link(matrix(vague, 3), 0) == [[0, 1], [2]]
    pairs = {(0, 1): SURE, (0, 2): NO, (1, 2): NO, (1, 3): NO, (0, 3): 1.0, (2, 3): SURE}
    assert link(matrix(pairs, 4), 0) == [[0, 1], [2, 3]]


def test_what_must_not_meet_never_does() -> None:
    apart = {(0, 1): SURE, (1, 2): SURE - 1}  # of 0 and 2 a person said that they are two
    assert link(matrix(apart, 3), 0) == [[0, 1], [2]]
