"""Average linkage (UPGMA, Sokal and Michener 1958), over scores of pairs of numbers."""

from collections.abc import Mapping
from math import inf


def average_link(scores: list[list[float]], least: float) -> list[list[int]]:
    """Numbers in groups: the two that are nearest become one, of equals the first, while any are nearer than `least`.

    What is far from all others has no say in any choice, so that a component may be divided by itself.
    """
    groups = {number: [number] for number in range(len(scores))}
    nearest = {number: _nearest(number, groups, scores) for number in groups}
    while groups:
        here = max(groups, key=lambda number: scores[number][nearest[number]])
        one, other = sorted((here, nearest[here]))
        if scores[one][other] <= least:
            break
        mine, theirs = len(groups[one]), len(groups[other])
        groups[one] += groups.pop(other)
        for third in groups:
            mean = (scores[one][third] * mine + scores[other][third] * theirs) / (mine + theirs)
            scores[one][third] = scores[third][one] = mean
        scores[one][one] = -inf
        for third, near in nearest.items():
            if third in groups and (third == one or near in (one, other)):
                nearest[third] = _nearest(third, groups, scores)
            elif third in groups and one < near and scores[third][one] == scores[third][near]:
                nearest[third] = one
    return [sorted(group) for group in groups.values()]


def _nearest(number: int, groups: Mapping[int, object], scores: list[list[float]]) -> int:
    return max(groups, key=scores[number].__getitem__)
