"""What each figure of a score should reach, and which of them fall short."""

from dataclasses import dataclass

from monitor.understand.figures import Score


@dataclass(frozen=True, slots=True)
class Wanted:
    """A bound that a figure should keep: at least, or at most."""

    bound: float
    at_most: bool = False

    def __str__(self) -> str:
        return f"at {'most' if self.at_most else 'least'} {self.bound:.3g}"

    def kept(self, value: float) -> bool:
        """Whether the value is good enough, as it is shown: to three digits."""
        shown = round(value, 3)
        return shown <= self.bound if self.at_most else shown >= self.bound


WANTED = {
    "detection F1": Wanted(0.93),
    "average precision": Wanted(0.975),
    "recall at precision 0.95": Wanted(0.88),
    "hard negatives passed": Wanted(0.93),
    "event type macro F1": Wanted(0.83),
    "status accuracy": Wanted(0.78),
    "platforms F1": Wanted(0.86),
    "regions F1": Wanted(0.88),
    "effective dates found": Wanted(0.85),
    "effective dates invented": Wanted(0.05, at_most=True),
    "deadlines F1, by date": Wanted(0.70),
    "calibration error": Wanted(0.05, at_most=True),
}
WORST_LANGUAGE = "worst language F1"
ALL = WANTED | {WORST_LANGUAGE: Wanted(0.82)}


@dataclass(frozen=True, slots=True)
class Judged:
    """A figure beside what it should reach; `kept` is None where nothing was asked of it."""

    value: float | None
    bound: float
    at_most: bool
    kept: bool | None


def judged(score: Score) -> dict[str, Judged]:
    """Every figure of which something is wanted, the worst language last."""
    values = {name: one.value if one.n else None for name, one in score.figures.items()}
    values[WORST_LANGUAGE] = score.worst_language[1] if score.worst_language else None
    return {
        name: Judged(value, want.bound, want.at_most, None if value is None else want.kept(value))
        for name, want in ALL.items()
        for value in (values[name],)
    }


def missed(found: dict[str, Judged]) -> list[str]:
    """The names of those that fall short."""
    return [name for name, one in found.items() if one.kept is False]
