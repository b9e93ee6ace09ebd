"""Average linkage (UPGMA, Sokal and Michener 1958) that leans to the nearest pair, over scores of pairs of numbers."""

from collections.abc import Mapping
from math import inf

LEANS = 0.1  # of the way from the mean of all pairs to the best: a text that was read amiss does not hold a whole off


def link(scores: list[list[float]], least: float) -> list[list[int]]:
    """Numbers in groups: the two that are nearest become one, of equals the first, while any are nearer than `least`.

    What is far from all others has no say in any choice, so that a component may be divided by itself.
    """
    groups = {number: [number] for number in range(len(scores))}
    means, bests = [list(row) for row in scores], [list(row) for row in scores]
    nearest = {number: _nearest(number, groups, scores) for number in groups}
    while groups:
        here = max(groups, key=lambda number: scores[number][nearest[number]])
        one, other = sorted((here, nearest[here]))
        if scores[one][other] <= least:
            break
        mine, theirs = len(groups[one]), len(groups[other])
        groups[one] += groups.pop(other)
        for third in groups:
            mean = (means[one][third] * mine + means[other][third] * theirs) / (mine + theirs)
            best = max(bests[one][third], bests[other][third])
            means[one][third] = means[third][one] = mean
            bests[one][third] = bests[third][one] = best
            scores[one][third] = scores[third][one] = mean + LEANS * (best - mean) if mean > -inf else mean
        scores[one][one] = -inf
        for third, near in nearest.items():
            if third in groups and (third == one or near in (one, other)):
                nearest[third] = _nearest(third, groups, scores)
            elif third in groups and (scores[third][one], -one) > (scores[third][near], -near):
                nearest[third] = one
    return [sorted(group) for group in groups.values()]


def _nearest(number: int, groups: Mapping[int, object], scores: list[list[float]]) -> int:
    return max(groups, key=scores[number].__getitem__)
