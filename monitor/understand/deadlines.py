"""By which dates somebody must act, and what must be done by then.

The weights in `data/days.json` are fitted by `python -m monitor.training.dates`.
"""

import math
import re
from collections.abc import Sequence

from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.understand.datefeatures import BESIDE_AT_MOST, FAR, ROLES, clause, cues_in_clause, features
from monitor.understand.effective import scored, weights
from monitor.understand.ranking import Event, Features, Mention
from monitor.understand.reading import Reading

# Letters by which a general word must be nearer than a telling one. "Export their order and customer data until ..." is
# no day for orders: with 20 instead of 4, eight more of 650 labelled deadlines of the corpus get the right role.
_HANDICAP = {"other": 60, "login": 6, "orders": 20}
_LONGEST_QUOTE = 240

_INSTEAD = re.compile(  # with an article or a preposition at most between it and the date
    r"(?:instead of|rather than|and not|statt|anstatt|anstelle|au lieu d[ue]|plutôt que|en lugar de|en vez de|em vez de"
    r"|ao invés de|invece (?:di|che)|anziché|in plaats van|zamiast|вместо|alih-alih|bukannya|thay vì"
    r"|แทนที่จะเป็น|بدلا من|بدلاً من|而不是|而非|取代)\W*(?:\w{1,4}\W*){0,2}$",
    re.IGNORECASE,
)
_INSTEAD_AFTER = re.compile(r"\s*(?:ではなく|に代わり|이 아닌|이 아니라|대신|yerine|के बजाय|की जगह)", re.IGNORECASE)


def due(mentions: Sequence[Mention], reading: Reading, event: Event, day: Mention | None) -> list[Features]:
    """For every date mention, what tells a deadline: how it lies to the event's own day as well."""
    result = features(mentions, reading, event)
    for mention, f in zip(mentions, result, strict=True):
        near = cues_in_clause(mention, reading)
        until = abs(near.get("until", FAR)) <= 2 * BESIDE_AT_MOST
        act = any(role in near for role in ROLES)
        clause_says = f"{'until' if until else ''}{' act' if act else ''}"
        f[f"in clause:{clause_says}"] = 1.0
        if day is None:
            f["no day"] = 1.0
        else:
            side = "on" if mention.value == day.value else "before" if mention.value < day.value else "after"
            f[f"{side} the day"] = 1.0
            f[f"{side} the day:{clause_says}"] = 1.0
    return result


def likelihood(features: Features) -> float:
    """Of a deadline, 0 to 1."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, scored("deadline", features | {"bias": 1.0})))))


def deadlines(
    mentions: Sequence[Mention], reading: Reading, event: Event, day: Mention | None = None
) -> list[tuple[Mention, Deadline]]:
    """The mentions that say by when somebody must act, with the deadline; one for each date.
    `day` is the event's own."""
    found: dict[str, tuple[int, Mention, DeadlineRole]] = {}
    for mention, f in zip(mentions, due(mentions, reading, event, day), strict=True):
        if likelihood(f) < weights()["deadline"]["threshold"] or not may_be_due(mention, reading, day):
            continue
        gap, role = role_of(mention, reading)
        if mention.value not in found or gap < found[mention.value][0]:
            found[mention.value] = (gap, mention, role)
    return [
        (mention, Deadline(PartialDate(value), role, _sentence(mention, reading)))
        for value, (_, mention, role) in sorted(found.items())
    ]


def may_be_due(mention: Mention, reading: Reading, day: Mention | None) -> bool:
    """A deadline has a month, is not the day that another one takes the place of, and is on the event's own day only
    where the text says "until": "The service ends on 30 January" beside a sentence on what to save only says again when
    it ends."""
    if len(mention.value) < 7 or _given_up(mention, reading):
        return False
    on_the_day = day is not None and mention.value == day.value
    return not on_the_day or abs(cues_in_clause(mention, reading).get("until", FAR)) <= 2 * BESIDE_AT_MOST


def _given_up(mention: Mention, reading: Reading) -> bool:
    """ "31 January instead of 27 December": the second."""
    start = reading.place(mention.field, mention.start)
    end = start + len(mention.quote)
    before, after = reading.whole[max(0, start - 24) : start], reading.whole[end : end + 12]
    return bool(_INSTEAD.search(before) or _INSTEAD_AFTER.match(after))


def role_of(mention: Mention, reading: Reading) -> tuple[int, DeadlineRole]:
    """What must be done by a date, and how far off the word stands that says so: the nearest one within its clause, its
    sentence or the sentences beside it."""
    start = reading.place(mention.field, mention.start)
    end = start + len(mention.quote)
    number = reading.sentence(start)
    left, right = reading.extent(number)
    beside = (reading.extent(max(0, number - 1))[0], reading.extent(min(number + 1, len(reading.bounds) - 1))[1])
    best = (FAR, DeadlineRole.OTHER)
    for handicap, extent in ((0, clause(mention, reading)), (40, (left, right)), (120, beside)):
        near = reading.around(start, end, *extent)
        for role in ROLES:
            if role in near:
                best = min(best, (abs(near[role]) + handicap + _HANDICAP.get(role, 0), DeadlineRole(role)))
    return best


def _sentence(mention: Mention, reading: Reading) -> str:
    start = reading.place(mention.field, mention.start)
    left, right = reading.extent(reading.sentence(start))
    left = max(left, start - _LONGEST_QUOTE // 2)
    return " ".join(reading.whole[left : min(right, left + _LONGEST_QUOTE)].split())
