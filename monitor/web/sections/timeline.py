"""Where the dates of the next three months stand on a line: a picture of what is written beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

AHEAD = 90  # days
WIDTH, LEFT, RIGHT, LANE, FOOT, MOST = 960, 24, 24, 18, 34, 8  # in the picture's own units; lanes that are stacked
_NEAR = 16  # dots nearer than that stand above one another


class Dated(Protocol):
    """What stands on the line."""

    @property
    def day(self) -> date: ...
    @property
    def days_left(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Spot:
    """The `no`-th date (from 1), where it stands."""

    no: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A first of a month."""

    x: int
    day: date


@dataclass(frozen=True, slots=True)
class Line:
    """The picture: `base` is where the axis lies."""

    width: int
    height: int
    base: int
    now: int
    spots: Sequence[Spot]
    ticks: Sequence[Tick]


def timeline(dates: Sequence[Dated]) -> Line | None:
    """None when nothing lies ahead. What is overdue has no place on it."""
    ahead = [(no, one) for no, one in enumerate(dates, 1) if 0 <= one.days_left <= AHEAD]
    if not ahead:
        return None
    _, first = ahead[0]
    today = first.day - timedelta(days=first.days_left)
    lanes: list[int] = []  # how far right each is taken
    placed = []
    for no, one in ahead:
        x = _x(one.days_left)
        lane = next((n for n, taken in enumerate(lanes) if x - taken >= _NEAR), len(lanes))
        if lane == len(lanes):
            lanes.append(x)
        lanes[lane] = x
        placed.append((no, x, min(lane, MOST - 1)))
    base = (min(len(lanes), MOST) + 1) * LANE
    months = [day for n in range(1, AHEAD + 1) if (day := today + timedelta(days=n)).day == 1]
    return Line(
        WIDTH,
        base + FOOT,
        base,
        _x(0),
        tuple(Spot(no, x, base - LANE // 2 - lane * LANE) for no, x, lane in placed),
        tuple(Tick(_x((day - today).days), day) for day in months),
    )


def _x(days: int) -> int:
    return LEFT + round(days * (WIDTH - LEFT - RIGHT) / AHEAD)
