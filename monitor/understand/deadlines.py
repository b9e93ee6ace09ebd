"""By which dates somebody must act, and what must be done by then.

The weights in `data/days.json` are fitted by `python -m monitor.training.dates`.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, timedelta

from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.understand.datefeatures import BESIDE_AT_MOST, FAR, ROLES, clause, cues_in_clause, features, time_given
from monitor.understand.effective import scored, weights
from monitor.understand.fallen import fallen, instead, named_again, put_off_until
from monitor.understand.ranking import Event, Features, Mention, distance
from monitor.understand.reading import Reading

_TELLING = tuple(role for role in ROLES if role != "other")
_OTHER, _APPEAL = ROLES.index("other"), ROLES.index("appeal")
_LONGEST_QUOTE = 240
LENGTHS = frozenset({"span", "term"})  # kinds of mentions: "within 30 days", "have 30 days"
_COUNTED_ELSE = timedelta(days=7)  # from the day of an order or a letter instead of publication's

_AND = re.compile(  # between what must be done by one date and what is said of another
    r"\b(?:and|while|und|während|et|y|mientras|e|mentre|enquanto|terwijl|och|og|oraz|и|а|та|ve|dan|sementara|và|còn"
    r"|habang|और|এবং|και|و)\b|[,;:，、；،]|และ|ส่วน",
    re.IGNORECASE,
)


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
    found: dict[str, list[tuple[Mention, list[float]]]] = {}
    gone = fallen(mentions, reading, event.lang)
    again = named_again(gone, mentions)
    for mention, f in zip(mentions, due(mentions, reading, event, day), strict=True):
        given = time_given(mention, reading, event)
        likely = given or (mention.kind != "term" and likelihood(f) >= weights()["deadline"]["threshold"])
        holds = mention not in gone and not _changed(mention, reading, event, again, day)
        if likely and holds and may_be_due(mention, reading, day):
            found.setdefault(mention.value, []).append((mention, role_shares(mention, reading, event, day)))
    result = []
    days = [
        PartialDate(value).first_day for value, told in found.items() if any(m.kind not in LENGTHS for m, _ in told)
    ]
    for value, told in sorted(found.items()):
        if all(m.kind in LENGTHS for m, _ in told) and any(_about(value, other) for other in days):
            continue
        summed = [sum(shares) for shares in zip(*(shares for _, shares in told), strict=True)]
        summed[_OTHER] += summed[_APPEAL]  # learnt as one: labels do not tell them apart
        best = summed.index(max(summed))
        mention, _ = max(told, key=lambda one: one[1][best])
        appeal = best == _OTHER and "appeal" in cues_in_clause(mention, reading)
        role = DeadlineRole.APPEAL if appeal else DeadlineRole(ROLES[best])
        result.append((mention, Deadline(PartialDate(value), role, _sentence(mention, reading))))
    return result


def _about(value: str, day: date) -> bool:
    """ "Within 30 days" beside the day that the text counts them to itself."""
    return abs(PartialDate(value).first_day - day) <= _COUNTED_ELSE


def may_be_due(mention: Mention, reading: Reading, day: Mention | None) -> bool:
    """A deadline has a month, is not the day that another one takes the place of, and is on the event's own day only
    where the text says "until": "The service ends on 30 January" beside a sentence on what to save only says again when
    it ends."""
    if len(mention.value) < 7 or instead(mention, reading):
        return False
    on_the_day = day is not None and mention.value == day.value
    return not on_the_day or abs(cues_in_clause(mention, reading).get("until", FAR)) <= 2 * BESIDE_AT_MOST


def _changed(mention: Mention, reading: Reading, event: Event, again: Collection[str], day: Mention | None) -> bool:
    """Whether it is a day that the text gives up, named `again` with nothing to do by then, or the event's own day, to
    which it is put off: "put off until 1 March" asks nothing of anybody."""
    near = cues_in_clause(mention, reading)
    if any(role in near for role in ROLES):
        return False
    if mention.value in again and abs(near.get("until", FAR)) > BESIDE_AT_MOST:
        return True
    return day is not None and mention.value == day.value and put_off_until(mention, reading, event.lang)


def roles(mention: Mention, reading: Reading, event: Event, day: Mention | None) -> list[Features]:
    """For every role, what speaks for it: how near its words stand in the clause, the sentence and those beside it,
    before the date or after, and whether an "and" parts them from it; what kind of event, and whether it is over."""
    start = reading.place(mention.field, mention.start)
    end = start + len(mention.quote)
    number = reading.sentence(start)
    beside = (reading.extent(max(0, number - 1))[0], reading.extent(min(number + 1, len(reading.bounds) - 1))[1])
    scopes = {"clause": clause(mention, reading), "sentence": reading.extent(number), "beside": beside}
    near = {scope: reading.around(start, end, *extent) for scope, extent in scopes.items()}
    told = {head for cue in reading.cues for head in cue.heads}
    left, right = scopes["clause"]
    counts = Counter(head for cue in reading.cues if left <= cue.start < right for head in cue.heads)
    side = "" if day is None else "on" if mention.value == day.value else "< " if mention.value < day.value else ">"
    result = []
    for role in ROLES:
        f: Features = {role: 1.0, f"{role}|{event.type}": 1.0, f"{role}|day {side}": 1.0}
        f[f"{role}|{event.status}"] = 1.0
        f["text"] = f[f"{role}|text"] = float(role in told)
        f["count"] = f[f"{role}|count"] = math.log(1 + counts[role])
        for scope, heads in near.items():
            if role not in heads:
                continue
            gap, telling = heads[role], [abs(heads[other]) for other in _TELLING if other in heads and other != role]
            f |= {scope: 1.0, f"{role}|{scope}": 1.0, f"{scope}:{distance(gap)}": 1.0}
            f[f"{scope} gap"] = math.log(1 + abs(gap))
            f[f"{scope} nearest"] = f[f"{role}|{scope} nearest"] = float(all(abs(gap) <= other for other in telling))
            f[f"{scope} only"] = f[f"{role}|{scope} only"] = float(not telling)
            f[f"{scope} parted"] = float(_parted(gap, start, end, reading))
        for head in ("happen", "hearing", "report"):
            f[f"{role}|{head}"] = float(head in near["clause"])
        result.append(f)
    return result


def _parted(gap: int, start: int, end: int, reading: Reading) -> bool:
    """Whether an "and" stands between the date and the word so many letters off."""
    letters = max(0, abs(gap) // (2 if reading.wide else 1) - 1)
    between = reading.whole[end : end + letters] if gap > 0 else reading.whole[max(0, start - letters) : start]
    return bool(_AND.search(between.strip(": ：")))  # a label's colon parts nothing


def role_shares(mention: Mention, reading: Reading, event: Event, day: Mention | None) -> list[float]:
    """How likely each role is what must be done by a date. Together they make 1."""
    scores = [scored("role", f) for f in roles(mention, reading, event, day)]
    powers = [math.exp(score - max(scores)) for score in scores]
    return [power / sum(powers) for power in powers]


def _sentence(mention: Mention, reading: Reading) -> str:
    start = reading.place(mention.field, mention.start)
    left, right = reading.extent(reading.sentence(start))
    left = max(left, start - _LONGEST_QUOTE // 2)
    return " ".join(reading.whole[left : min(right, left + _LONGEST_QUOTE)].split())
