"""Faint signals: texts that are taken for no event by themselves, and believed beside one that stands.

A careful reader of a vague text knows what is open: the same platform, the same place, an event of that kind. How sure
the text alone is of an event, and how well it goes with one that stands (`linking`), are log odds, and add up.
Such a text opens nothing, and has no say in what belongs together; why, and how well it does, is told in
docs/decisions/0031-doubtful-texts.md.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from math import log

from monitor.domain.incidents import Evidence

BELIEVED = 2.0  # log odds, its own and those of the nearest that stands together, above which it follows that one
FOLLOWS = timedelta(days=30)  # between the publications of a faint text and of what it follows, at most
MOST_WAITING = 100  # of those that wait where something opens: the nearest in time are held against it, others are not


def faces(evidence: Evidence) -> Iterator[tuple[Evidence, float]]:
    """The text as one on each type of event that it may tell of, with the log odds of that against the surest."""
    for event, held in evidence.signal.leanings:
        yield replace(evidence, signal=replace(evidence.signal, event_type=event, doubt=None, leanings=())), log(held)


def certainty(evidence: Evidence) -> float:
    """The log odds that it reports an event at all."""
    score = min(max(evidence.signal.score, 1e-4), 1 - 1e-4)
    return log(score / (1 - score))
