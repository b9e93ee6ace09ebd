"""A set of evidence into events: average linkage, within what people ruled. The order of arrival never matters.

Two groups become one while the mean score of their pairs, a tenth of the way to the best of them, is above `LINK`
(`linkage`), so that one vague text between two events does not join them, as it would if one link were enough. Only
what is connected by links can end in one group; so a component of links is divided by itself, and nothing outside has a
say in it.

Of a storm of alike texts only the first few of a week are weighed (`REPRESENTATIVES`), the others go where the nearest
of those goes. That is a rule on sets as well: an early text that comes late takes the place of one that it precedes.
A faint text goes where the nearest goes that stands, or nowhere (`faint`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import combinations
from math import inf

from monitor.domain.blocking import Family, Kinship, asks, dated
from monitor.domain.consensus import joined, whole
from monitor.domain.faint import BELIEVED, FOLLOWS, certainty, faces
from monitor.domain.incidents import Evidence
from monitor.domain.linkage import link
from monitor.domain.linking import (
    LINK,
    NEVER,
    WEIGHTS,
    Moment,
    Profile,
    alike,
    at_most,
    closeness,
    days_apart,
    moment,
    profile,
    until,
    waited,
)
from monitor.domain.nodes import Node
from monitor.domain.places import everywhere, overlap
from monitor.domain.rulings import NOWHERE, EvidenceKey, Ruling, Side, Verdicts, against
from monitor.domain.sources import Authority

REPRESENTATIVES = 4  # of those that say the same in one week
CROWD = 16  # of those on one platform and place in four weeks; beyond that only what is like none of them is weighed
_FEW = 16  # that stand; a faint text is held against each, as to look for its keys would cost more
_SOUGHT = 3  # kinds of nodes for which all others are looked through; from the next on, to make all keys costs less
_ROUNDING = 1e-6  # of sums in another order
_WEEK = 7  # days
_WEEKS = 4  # in which one crowd comes together


Cell = tuple[Profile, int | None, frozenset[Side]]
"""What texts must share for one to follow another: what they say, the week, and what was ruled."""
Crowd = tuple[tuple[str, ...], tuple[str, ...], Family, int | None, frozenset[Side]]
"""The platform that they are about, the places, the family of events, four weeks, and what was ruled."""


class Events:
    """A set of evidence, ready to be divided."""

    def __init__(
        self,
        evidence: Iterable[Evidence],
        rulings: Iterable[Ruling],
        kin: Kinship,
        weights: Mapping[str, float] = WEIGHTS,
    ) -> None:
        pool = {item.key: item for item in evidence}
        rulings = list(rulings)
        ruled = {key for ruling in rulings for key in ruling.keys}  # what a person looked at is faint no more
        self._faint = {key for key, item in pool.items() if item.signal.faint and key not in ruled}
        self._kin = kin
        self._weights = weights
        self._timely = inf if weights["gap"] > 0 else max(0.0, weights["undated"])  # the most that time may say
        self._kinds: dict[tuple[Profile, str], int] = {}
        self._alike: dict[tuple[int, int], float | None] = {}
        self._nodes: list[Node] = []
        self._sought: set[int] = set()  # the kinds of nodes for which others were looked for
        self._cells: dict[Cell, list[Node]] = {}
        self._crowds: dict[Crowd, list[Node]] = {}
        self._leader: dict[EvidenceKey, Node] = {}
        self._bound: dict[EvidenceKey, list[tuple[EvidenceKey, Node]]] = {}  # by root
        self._verdicts = Verdicts(rulings, pool)
        bound = self._verdicts.bound
        for item in sorted((one for key, one in pool.items() if key not in self._faint), key=_published):
            node = self._leader[item.key] = self._placed(item)
            if item.key in bound:
                self._bound.setdefault(self._verdicts.root(item.key), []).append((item.key, node))
        for key in self._faint:
            self._follow(pool[key])

    def _placed(self, item: Evidence) -> Node:
        cell = self.cell(item)
        alike_, crowd = self._cells.setdefault(cell, []), self._crowds.setdefault(_crowd(cell), [])
        full = len(crowd) >= CROWD
        if len(alike_) >= REPRESENTATIVES or (alike_ and full):
            leader = min(alike_, key=lambda one: (one.evidence.gist ^ item.gist).bit_count())
            leader.followers.append(item)
            return leader
        node = self._node(item, cell[0], cell[2])
        if full:
            leader = max(crowd, key=lambda one: self.score(node, one))
            if self.score(node, leader) > LINK:
                leader.followers.append(item)
                return leader
        alike_.append(node)
        crowd.append(node)
        self._nodes.append(node)
        return node

    def _follow(self, item: Evidence) -> None:
        """Put a faint text behind the nearest that stands, if any is near enough. What is too far by its place, its day
        and its meaning alone is not compared type by type."""
        best, nearest = BELIEVED - certainty(item), None
        about, when = profile(item, self._kin), moment(item)
        read: list[tuple[Node, float]] = []
        for one in self._near(item):
            if when.day and one.when.day:
                days = min(abs(when.day - one.when.day), until(when.day, one.when))
                if days > FOLLOWS.days:
                    continue
            if at_most(about, one.profile, self._weights) + self._between(when, item.gist, one) < best - _ROUNDING:
                continue
            read = read or [(self._node(face, profile(face, self._kin), NOWHERE), odds) for face, odds in faces(item)]
            for node, odds in read:
                near = self.score(node, one) + odds
                if near > best or (near == best and nearest and one.evidence.key < nearest.evidence.key):
                    best, nearest = near, one
        if nearest:
            nearest.followers.append(item)
            self._leader[item.key] = nearest

    def _near(self, item: Evidence) -> Collection[Node]:
        """What a faint text may follow, and little more."""
        if len(self._nodes) <= _FEW:
            return self._nodes
        return self._sharing_any(asks(item, self._kin))

    def _sharing_any(self, asked: Iterable[str]) -> Collection[Node]:
        return {id(one): one for key in asked for one in self._sharing.get(key, ())}.values()

    @cached_property
    def _sharing(self) -> Mapping[str, Sequence[Node]]:
        """By key, when all have their places."""
        found: dict[str, list[Node]] = {}
        for node in self._nodes:
            for key in node.keys:
                found.setdefault(key, []).append(node)
        return found

    def _node(self, item: Evidence, about: Profile, sides: frozenset[Side]) -> Node:
        kind = self._kinds.setdefault((about, about.title), len(self._kinds))
        return Node(item, about, kind, sides, self._kin)

    def stands(self, item: Evidence) -> bool:
        """Whether it is more than faint."""
        return item.key not in self._faint

    def cell(self, item: Evidence) -> Cell:
        """Where it belongs, whether it is there or not."""
        week = item.published.toordinal() // _WEEK if dated(item) else None
        return profile(item, self._kin), week, self._verdicts.sides(item.key)

    def ruled_apart(self, key: EvidenceKey) -> bool:
        """Whether a person took it out of something, or something out of its company."""
        return bool(self._verdicts.sides(key))

    def leader(self, key: EvidenceKey) -> Evidence | None:
        """The evidence that is weighed in its place, mostly itself. What follows another changes nothing for others.
        None of a faint text that follows nothing."""
        return self._leader[key].evidence if key in self._leader else None

    def connected(self, touched: Iterable[Evidence]) -> list[list[Node]]:
        """The components of links that hold the cells of what was touched."""
        touched = list(touched)
        cells = dict.fromkeys(self.cell(item) for item in touched if self.stands(item))
        crowds = dict.fromkeys(_crowd(cell) for cell in cells)
        full = [crowd for name in crowds if len(crowd := self._crowds.get(name, [])) >= CROWD]
        waiting = {id(node): node for cell in cells for node in self._cells.get(cell, ())}
        waiting |= {id(node): node for crowd in full for node in crowd}
        led = (self._leader[item.key] for item in touched if not self.stands(item) and item.key in self._leader)
        waiting |= {id(node): node for node in led}
        components = []
        while waiting:
            component = self._component(next(iter(waiting.values())))
            components.append(component)
            for node in component:
                waiting.pop(id(node), None)
        return components

    def _component(self, start: Node) -> list[Node]:
        found, frontier = {id(start): start}, [start]
        companions = self._companions()
        while frontier:
            node = frontier.pop()
            for one in (*companions.get(id(node), ()), *self._linked(node, found)):
                if id(one) not in found:
                    found[id(one)] = one
                    frontier.append(one)
        return sorted(found.values(), key=lambda node: _published(node.evidence))

    def _linked(self, node: Node, found: Collection[int]) -> Iterator[Node]:
        """What links with it, but for what was found, by identity. Most of what is told on one platform says or means
        something so different that no day makes up for it, and is asked for neither its day nor its keys."""
        self._sought.add(node.kind)
        for one in self._nodes if len(self._sought) <= _SOUGHT else self._sharing_any(node.asks):
            if id(one) in found:
                continue
            points = self._points(node, one)
            if points is None or points + self._meant(node.evidence.gist, one) + self._timely < LINK - _ROUNDING:
                continue
            if self.score(node, one) > LINK:
                yield one

    def _companions(self) -> dict[int, list[Node]]:
        """By a node's identity all that a person put together with it."""
        found: dict[int, list[Node]] = {}
        for bound in self._bound.values():
            nodes = [node for _, node in bound]
            for node in nodes:
                found.setdefault(id(node), []).extend(nodes)
        return found

    def score(self, one: Node, other: Node) -> float:
        """The log odds that both report one event: the sum of `linking.terms`, without the words."""
        points = self._points(one, other)
        if points is None or one.asks.isdisjoint(other.keys):
            return NEVER
        return max(points + self._between(one.when, one.evidence.gist, other), NEVER)

    def _points(self, one: Node, other: Node) -> float | None:
        """What two say, but for time and meaning; None when they never link."""
        pair = one.kind, other.kind
        if pair not in self._alike:
            said = alike(one.profile, other.profile, self._kin)
            self._alike[pair] = None if said is None else sum(self._weights[name] * times for name, times, _ in said)
        return self._alike[pair]

    def _between(self, when: Moment, gist: int, other: Node) -> float:
        """What time and meaning say."""
        known = bool(when.day and other.when.day)
        points = self._weights["gap"] * waited(days_apart(when, other.when)) if known else self._weights["undated"]
        return points + self._meant(gist, other)

    def _meant(self, gist: int, other: Node) -> float:
        """What meaning says."""
        known = gist and other.evidence.gist
        return self._weights["meaning"] * closeness(gist, other.evidence.gist) if known else 0.0

    def divided(self, component: Sequence[Node]) -> list[list[Evidence]]:
        """One list for each event of a component, the first published first."""
        scores = [[-inf] * len(component) for _ in component]
        for one, other in combinations(range(len(component)), 2):
            here, there = component[one], component[other]
            if not against(here.sides, there.sides) and not _two_laws(here, there):
                scores[one][other] = scores[other][one] = self.score(here, there)
        apart = link([list(row) for row in scores], LINK)
        wholes: dict[tuple[int, ...], Profile] = {}

        def nearness(one: Sequence[int], other: Sequence[int]) -> float:
            """The log odds that two groups report one event: what they say as wholes, and the mean of what time and
            meaning say. Those of which no two texts link have nothing to do with each other; what was ruled apart stays
            so, with all that is with it."""
            pairs = [(a, b) for a in one for b in other]
            linked = [scores[a][b] for a, b in pairs]
            if max(linked) <= LINK or min(linked) == -inf:
                return -inf
            for group in (one, other):
                if tuple(group) not in wholes:
                    wholes[tuple(group)] = whole([component[number].evidence for number in group], self._kin)
            said = alike(wholes[tuple(one)], wholes[tuple(other)], self._kin)
            if said is None:
                return -inf
            between = (self._between(component[a].when, component[a].evidence.gist, component[b]) for a, b in pairs)
            return sum(self._weights[name] * times for name, times, _ in said) + sum(between) / len(pairs)

        groups = [[component[number] for number in group] for group in joined(apart, nearness)]
        self._put_together(groups)
        return [sorted((item for node in group for item in node.group), key=_published) for group in groups if group]

    def _put_together(self, groups: Sequence[list[Node]]) -> None:
        """What a person put together, with all that goes with it; but for what keeps away from that.

        So a person's word joins events as the machine saw them, and what is new goes on joining either.
        """
        home = {id(node): group for group in groups for node in group}
        for _, bound in sorted(self._bound.items()):
            into = home.get(id(bound[0][1]))
            for _, node in bound[1:]:
                out_of = home.get(id(node))
                if into is None or out_of is None or into is out_of:
                    continue
                kept = any(against(one.sides, other.sides) for one in into for other in out_of)
                moving = [node] if kept else list(out_of)
                out_of[:] = [one for one in out_of if one not in moving]
                into += moving
                home |= {id(one): into for one in moving}


_LAWS = frozenset({Authority.REGULATOR, Authority.COURT})
_BY_LAW = frozenset({Family.BAN, Family.TRADE_RULE})


def _two_laws(one: Node, other: Node) -> bool:
    """Whether the authorities of two places speak, each of its own ban or rule: whatever text names both, these are
    two events, with a date each."""
    authorities = one.evidence.authority in _LAWS and other.evidence.authority in _LAWS
    a, b = one.profile, other.profile
    bounded = not everywhere(a.regions) and not everywhere(b.regions)
    return authorities and bounded and {a.family, b.family} <= _BY_LAW and not overlap(a.regions, b.regions)


def _crowd(cell: Cell) -> Crowd:
    about, week, sides = cell
    return about.platforms[:1], about.regions, about.family, None if week is None else week // _WEEKS, sides


def _published(item: Evidence) -> tuple[datetime, EvidenceKey]:
    return item.published, item.key
