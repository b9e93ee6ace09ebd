"""A piece of evidence that is weighed, and what it is compared by."""

from dataclasses import dataclass, field
from functools import cached_property

from monitor.domain.blocking import Kinship, asks, keys
from monitor.domain.incidents import Evidence
from monitor.domain.linking import Moment, Profile, moment
from monitor.domain.rulings import Side


@dataclass(frozen=True, eq=False)
class Node:
    """A piece of evidence that is weighed, with those that follow it. `sides` are its places in rulings.

    Of most that stand on one platform only what they say and mean is asked, so all else is made when it is wanted.
    """

    evidence: Evidence
    profile: Profile
    kind: int  # of the profiles at hand, with their titles
    sides: frozenset[Side]
    kin: Kinship
    followers: list[Evidence] = field(default_factory=list)

    @cached_property
    def when(self) -> Moment:
        return moment(self.evidence)

    @cached_property
    def asks(self) -> frozenset[str]:
        return asks(self.evidence, self.kin)

    @cached_property
    def keys(self) -> frozenset[str]:
        return keys(self.evidence, self.kin)

    @property
    def group(self) -> tuple[Evidence, ...]:
        return self.evidence, *self.followers
