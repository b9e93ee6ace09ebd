"""What a group of evidence says as a whole, and which groups are one event by that.

The scores of single pairs know of each text what was read in it, and one that was read amiss speaks against every other
(`linking`). A group knows better: what half of its texts say stays, and a slip of one is gone. So groups that are
connected, and that linkage left apart, are held against each other once more, whole against whole. How well that does
is told in docs/decisions/0033-wholes.md.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from monitor.domain.blocking import Kinship
from monitor.domain.deadlines import PartialDate
from monitor.domain.incidents import Evidence
from monitor.domain.linking import Profile, profile

MAJORITY = 0.5  # of the texts that name any: what fewer name is a slip, or a thing beside
SURE = 0.75  # log odds above which two wholes are one


def whole(evidence: Sequence[Evidence], kin: Kinship) -> Profile:
    """What the texts of one group, the first published first, say together; of one alone, what it says."""
    if len(evidence) == 1:
        return profile(evidence[0], kin)
    said = [item.signal for item in evidence]
    placed = [one for one in said if not one.supposed]
    types = Counter(one.event_type for one in said)
    together = replace(
        said[0],
        event_type=max(types, key=lambda event: types[event]),
        platforms=_most(one.platforms for one in said),
        regions=_most(one.regions for one in placed or said),
        effective_date=_day([one.effective_date for one in said if one.effective_date]),
        doubt=None,
        supposed=not placed,
    )
    return profile(replace(evidence[0], signal=together), kin)


def _most(named: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """What is named by most, by the spelling that comes first."""
    some = [dict.fromkeys(names) for names in named if names]
    spelled: dict[str, str] = {}
    often: Counter[str] = Counter()
    for names in some:
        for name in names:
            spelled.setdefault(name.casefold(), name)
            often[name.casefold()] += 1
    kept = sorted((key for key in often if often[key] >= MAJORITY * len(some)), key=lambda key: -often[key])
    return tuple(spelled[key] for key in kept)


def _day(days: Sequence[PartialDate]) -> PartialDate | None:
    """That with which most agree, told as precisely as any tells it."""
    return max(days, key=lambda day: (sum(map(day.agrees, days)), len(day.parts)), default=None)


def joined(groups: list[list[int]], nearness: Callable[[Sequence[int], Sequence[int]], float]) -> list[list[int]]:
    """The groups, of which the nearest two become one while any are nearer than `SURE`; of equals the first. Two that
    hold one text each were compared as such, and stay."""
    known: dict[tuple[tuple[int, ...], tuple[int, ...]], float] = {}

    def how_near(one: list[int], other: list[int]) -> float:
        pair = tuple(one), tuple(other)
        if pair not in known:
            known[pair] = nearness(one, other)
        return known[pair]

    while True:
        near = [
            (how_near(one, other), -here, -there)
            for here, one in enumerate(groups)
            for there, other in enumerate(groups[:here])
            if len(one) > 1 or len(other) > 1
        ]
        best, here, there = max(near, default=(SURE, 0, 0))
        if best <= SURE:
            return groups
        groups = [
            sorted(group + groups[-here]) if number == -there else group
            for number, group in enumerate(groups)
            if number != -here
        ]
