"""Small logistic rankers over named features: does this platform, place or date belong to the event?

The weights of platforms and regions in `data/places.json` are fitted by `python -m monitor.training.places`, those of
unknown names in `data/facts.json` by `benchmarks/facts.py --fit`; both on labelled texts. They are read once.
"""

import json
import math
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from monitor.domain.signals import EventType, Status

Features = dict[str, float]


@dataclass(frozen=True, slots=True)
class Mention:
    """Something at its place. `field` is title or text, offsets count code points in that field; `value` is a canonical
    platform, a region code or a date; `kind` says how it is mentioned (name, people, cities; full, day, weekday)."""

    field: str
    start: int
    end: int
    quote: str
    value: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """What is known of the event whose facts are wanted."""

    type: EventType
    status: Status
    lang: str
    published: date | None
    source_platforms: tuple[str, ...] = ()
    source_countries: tuple[str, ...] = ()
    month: str | None = None  # of publication, where that is known and the document names no date
    vague: bool = False  # no more than the year of publication is known; `published` is the middle of it


@cache
def weights() -> dict[str, dict[str, float]]:
    """Of every ranker: the weight of each feature, the bias and the threshold."""
    loaded: dict[str, dict[str, float]] = {}
    for name in ("facts.json", "places.json"):
        loaded |= json.loads((files("monitor.understand") / "data" / name).read_text("utf-8"))
    return loaded


def probability(ranker: str, features: Features) -> float:
    """0 to 1. A feature without a weight counts nothing."""
    own = weights()[ranker]
    total = own["bias"] + sum(own.get(name, 0.0) * value for name, value in features.items())
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


def threshold(ranker: str) -> float:
    """From which probability on a candidate is taken; chosen on the texts that the weights were fitted on."""
    return weights()[ranker]["threshold"]


def distance(gap: int) -> str:
    """A signed distance in letters as a word: touching, close or in the same sentence; before or after."""
    size = "touch" if abs(gap) <= 4 else "close" if abs(gap) <= 30 else "same"
    return size if gap == 0 else f"{size}-before" if gap < 0 else f"{size}-after"
