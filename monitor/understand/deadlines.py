"""Which date an event takes effect on, and by which dates somebody must act.

The weights in `data/days.json` are fitted by `python -m monitor.training.dates` and are read once.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.signals import Status
from monitor.understand.ranking import Event, Features, Mention, distance
from monitor.understand.reading import Reading

_HEADS = ("happen", "from", "until", "past", "report", "hearing", "condition", "undated")
_ABOUT = ("condition", "undated", "hearing")  # what they say may hold for the whole text
_CLOCK = re.compile(r"[^\n]{0,12}?\b\d{1,2}[:.]\d{2}\b")
_BESIDE = ("from", "until")  # mostly prepositions: they speak of a date only when they stand by it
_BESIDE_AT_MOST = 12  # letters
_ROLES = tuple(role.value for role in DeadlineRole)
_HANDICAP = {"other": 60, "login": 6, "orders": 4}  # letters by which a general word must be nearer than a telling one
_LONGEST_QUOTE = 240
_FAR = 1000
_YEARLESS = frozenset({"day", "month", "end", "mid", "quarter"})
_TOPICS = ("happen", "past", "report", "hearing", *(role for role in _ROLES if role != "other"))
_COMMAS = (", ", "; ", ": ", "，", "、", "；", "،", " – ", " — ")


def features(mentions: Sequence[Mention], reading: Reading, event: Event) -> list[Features]:
    """For every date mention, what stands around it and how it lies to publication and to the other dates."""
    counts = Counter(mention.value for mention in mentions)
    in_title = {mention.value for mention in mentions if reading.leads(mention.field, mention.start)}
    ahead = sorted(
        value for value in counts if event.published and len(value) > 4 and value > event.published.isoformat()
    )
    places = [reading.place(mention.field, mention.start) for mention in mentions]
    nears = [reading.near(at, at + mention.end - mention.start) for at, mention in zip(places, mentions, strict=True)]
    started = [abs(near.get("from", _FAR)) <= _BESIDE_AT_MOST for near in nears]
    days = sorted(value for value in counts if len(value) > 4)
    told = {head for cue in reading.cues for head in cue.heads}
    result = []
    for number, (mention, start, near) in enumerate(zip(mentions, places, nears, strict=True)):
        gap = _gap(mention.value, event.published)
        f: Features = {f"kind:{mention.kind}": 1.0, f"gap:{gap}": 1.0, f"gap:{gap}|{event.status}": 1.0}
        f[f"precision:{len(mention.value)}"] = 1.0
        f[f"{event.type}|{'past' if 'past' in gap else 'ahead'}"] = 1.0
        f[f"{event.type}|{event.status}"] = 1.0
        f[f"status:{event.status}"] = 1.0
        f[f"kind:{mention.kind}|{event.status}"] = 1.0
        f |= {f"text:{head}": 1.0 for head in _ABOUT if head in told}
        f["from elsewhere"] = float(any(started) and not started[number])
        f["from only here"] = float(started[number] and sum(started) == 1)
        f["title"] = float(reading.leads(mention.field, mention.start))
        f["also in title"] = float(mention.value in in_title)
        f["alone"] = float(len(counts) == 1)
        f["many"] = float(len(counts) > 3)
        f["count"] = math.log(counts[mention.value])
        f["latest"] = float(len(days) > 1 and mention.value == days[-1])
        f["earliest"] = float(len(days) > 1 and mention.value == days[0])
        f["first"] = float(number == 0)
        f["last"] = float(number == len(mentions) - 1 and number > 0)
        f["first ahead"] = float(mention.value in ahead[:1])
        f["last ahead"] = float(mention.value in ahead[-1:])
        f["only ahead"] = float(ahead == [mention.value])
        f[f"{event.type}|last ahead"] = f["last ahead"] - f["only ahead"]
        f[f"{event.type}|first ahead"] = f["first ahead"] - f["only ahead"]
        f["none ahead"] = float(not ahead)
        f["late in text"] = min(2.0, start / 1500)
        if mention.field == "text":
            f[f"sentence:{min(3, reading.sentence(start) - reading.sentence(reading.offset))}"] = 1.0
        f["stamp"] = float(_stamped(mention, reading, event.published))
        for head in _HEADS:
            beside = head in near and (head not in _BESIDE or abs(near[head]) <= _BESIDE_AT_MOST)
            f[f"{head}:{distance(near[head]) if beside else 'none'}"] = 1.0
        if nearest := min(((abs(near[head]), head) for head in _TOPICS if head in near), default=(0, ""))[1]:
            f[f"nearest:{nearest}"] = 1.0
            f[f"nearest:{nearest}|{event.status}"] = 1.0
        if "from" in near and "until" in near:
            f["from nearer" if abs(near["from"]) < abs(near["until"]) else "until nearer"] = 1.0
        roles = [role for role in _ROLES if role in near]
        for role in roles:
            f[f"role:{role}:{distance(near[role])}"] = 1.0
        f["role"] = float(any(role != "other" for role in roles))
        f["role and until"] = float(bool(roles) and "until" in near and abs(near["until"]) <= 30)
        result.append(f)
    return result


def turned_forward(mentions: Sequence[Mention], reading: Reading, event: Event) -> tuple[Mention, ...]:
    """The mentions, where a weekday or a day without a year lies ahead when the event does: "from Friday" of something
    that is only decided means the next one."""
    if event.published is None or event.status not in {Status.CONFIRMED, Status.PROPOSED}:
        return tuple(mentions)
    years = {mention.value[:4] for mention in mentions if mention.kind == "full"}
    return tuple(_turned(mention, reading, event.published, years) for mention in mentions)


def _turned(mention: Mention, reading: Reading, published: date, years: Collection[str]) -> Mention:
    start = reading.place(mention.field, mention.start)
    near = reading.near(start, start + mention.end - mention.start)
    beside = any(abs(near.get(head, _FAR)) <= _BESIDE_AT_MOST for head in _BESIDE)
    told = min(abs(near.get(head, _FAR)) for head in ("report", "past"))
    if not beside and abs(near.get("happen", _FAR)) >= told:
        return mention
    day = PartialDate(mention.value).first_day
    if mention.kind == "weekday" and day < published and beside:
        return replace(mention, value=(day + timedelta(days=7)).isoformat())
    given = mention.value[:4] in years  # the text speaks of that year
    if not given and mention.kind in _YEARLESS and day < published - timedelta(days=60):
        later = str(day.year + 1) + mention.value[4:]
        return mention if later.endswith("02-29") else replace(mention, value=later)
    return mention


def _stamped(mention: Mention, reading: Reading, published: date | None) -> bool:
    """A byline's date: the day of publication in a line that is no sentence, or followed by the time of day."""
    if published is None or mention.value != published.isoformat() or mention.kind not in {"full", "day", "weekday"}:
        return False
    start = reading.place(mention.field, mention.start)
    end = start + len(mention.quote)
    left = reading.whole.rfind("\n", 0, start) + 1
    right = reading.whole.find("\n", end)
    line = reading.whole[left : right if right >= 0 else len(reading.whole)]
    clock = _CLOCK.match(reading.whole, end)
    return mention.field == "text" and bool(clock or "|" in line or (len(line) < 60 and line[-1:] not in ".。!?！？"))


def _gap(value: str, published: date | None) -> str:
    if published is None:
        return "unknown"
    own = PartialDate(value)
    if own.first_day <= published <= own.last_day:
        return "same" if len(own.parts) == 3 else "same period"
    days = (own.first_day - published).days if own.first_day > published else (own.last_day - published).days
    if days < 0:
        return "long past" if days < -400 else "past" if days < -30 else "weeks past" if days < -7 else "just past"
    return "soon" if days <= 7 else "weeks ahead" if days <= 45 else "ahead" if days <= 400 else "far ahead"


@cache
def _weights() -> dict[str, dict[str, float]]:
    """Of both rankers the weight of each feature, and the threshold."""
    loaded: dict[str, dict[str, float]] = json.loads(
        (files("monitor.understand") / "data" / "days.json").read_text("utf-8")
    )
    return loaded


def _score(ranker: str, features: Features) -> float:
    own = _weights()[ranker]
    return sum(own.get(name, 0.0) * value for name, value in features.items())


def untold(mentions: Sequence[Mention], reading: Reading, event: Event) -> Features:
    """What speaks for that the text does not tell the day, as is usual of what is rumoured, proposed or reversed."""
    told = {head for cue in reading.cues for head in cue.heads}
    f: Features = {"untold": 1.0, f"untold|{event.status}": 1.0, f"untold|{event.type}": 1.0}
    f[f"untold|{event.type}|{event.status}"] = 1.0
    f |= {f"untold|text:{head}": 1.0 for head in _ABOUT if head in told}
    f["untold|dates"] = math.log(1 + len({mention.value for mention in mentions}))
    f["untold|unpublished"] = float(event.published is None)
    return f | {"untold|untitled": float(reading.offset <= 1)}


def shares(mentions: Sequence[Mention], reading: Reading, event: Event) -> list[float]:
    """How likely each mention is the day that the event takes effect on and, last, that the text does not tell it.
    Together they make 1 (conditional logistic regression, McFadden 1974)."""
    every = [*features(mentions, reading, event), untold(mentions, reading, event)]
    scores = [_score("effective", f) for f in every]
    behind = event.status in {Status.EFFECTIVE, Status.REVERSED}  # else it lies ahead, or hardly behind
    powers = [
        0.0 if "gap:long past" in f and not behind else math.exp(score - max(scores))
        for f, score in zip(every, scores, strict=True)
    ]
    return [power / sum(powers) for power in powers]


def effective(mentions: Sequence[Mention], reading: Reading, event: Event) -> Mention | None:
    """The mention that says when the event takes or took effect, or None when none does."""
    likely = shares(mentions, reading, event)
    if likely[-1] >= _weights()["effective"]["threshold"]:
        return None
    return chosen(mentions, likely, reading, event)


def chosen(mentions: Sequence[Mention], likely: Sequence[float], reading: Reading, event: Event) -> Mention | None:
    """The likeliest day, for which all its mentions speak; of those that agree with it, the most precise one."""
    days: dict[str, float] = {}
    pairs = list(zip(mentions, likely, strict=False))  # the last share is no mention's
    for mention, share in pairs:
        days[mention.value] = days.get(mention.value, 0.0) + share
    if not days:
        return None
    best, _ = max(pairs, key=lambda pair: (days[pair[0].value], pair[0].value, pair[1]))
    agreeing = [m for m in mentions if PartialDate(m.value).agrees(PartialDate(best.value))]
    best = max(agreeing, key=lambda m: (len(m.value), m is best)) if len(best.value) < 10 else best
    return _from_the_first(best, reading, event)


def _from_the_first(mention: Mention, reading: Reading, event: Event) -> Mention:
    """ "From April" means its first day; "since 2020" is no more precise than it says."""
    start = reading.place(mention.field, mention.start)
    near = reading.near(start, start + len(mention.quote))
    if len(mention.value) == 10 or mention.kind == "quarter" or abs(near.get("from", _FAR)) > _BESIDE_AT_MOST // 2:
        return mention
    ahead = event.published is None or PartialDate(mention.value).first_day > event.published
    if len(mention.value) == 4 and not ahead:
        return mention
    return replace(mention, value=PartialDate(mention.value).first_day.isoformat())


def due(mentions: Sequence[Mention], reading: Reading, event: Event, day: Mention | None) -> list[Features]:
    """For every date mention, what tells a deadline: how it lies to the event's own day as well."""
    result = features(mentions, reading, event)
    for mention, f in zip(mentions, result, strict=True):
        clause = _cues(mention, reading)
        until = abs(clause.get("until", _FAR)) <= 2 * _BESIDE_AT_MOST
        act = any(role in clause for role in _ROLES)
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
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, _score("deadline", features | {"bias": 1.0})))))


def deadlines(
    mentions: Sequence[Mention], reading: Reading, event: Event, day: Mention | None = None
) -> list[tuple[Mention, Deadline]]:
    """The mentions that say by when somebody must act, with the deadline; one for each date.
    `day` is the event's own."""
    found: dict[str, tuple[int, Mention, DeadlineRole]] = {}
    for mention, f in zip(mentions, due(mentions, reading, event, day), strict=True):
        if likelihood(f) < _weights()["deadline"]["threshold"] or not may_be_due(mention, reading, day):
            continue
        gap, role = role_of(mention, reading)
        if mention.value not in found or gap < found[mention.value][0]:
            found[mention.value] = (gap, mention, role)
    return [
        (mention, Deadline(PartialDate(value), role, _sentence(mention, reading)))
        for value, (_, mention, role) in sorted(found.items())
    ]


def may_be_due(mention: Mention, reading: Reading, day: Mention | None) -> bool:
    """A deadline has a month, and is on the event's own day only where the text says "until": "The service ends on 30
    January" beside a sentence on what to save only says again when it ends."""
    if len(mention.value) < 7:
        return False
    on_the_day = day is not None and mention.value == day.value
    return not on_the_day or abs(_cues(mention, reading).get("until", _FAR)) <= 2 * _BESIDE_AT_MOST


def _cues(mention: Mention, reading: Reading) -> dict[str, int]:
    """The cue words in its clause."""
    start = reading.place(mention.field, mention.start)
    return reading.around(start, start + len(mention.quote), *_clause(mention, reading))


def _clause(mention: Mention, reading: Reading) -> tuple[int, int]:
    """Where the part of the sentence between commas begins and ends."""
    start = reading.place(mention.field, mention.start)
    end = start + len(mention.quote)
    left, right = reading.extent(reading.sentence(start))
    return (
        max(left, *(reading.whole.rfind(comma, left, start) for comma in _COMMAS)),
        min(right, *(at for comma in _COMMAS if (at := reading.whole.find(comma, end, right)) >= 0), right),
    )


def role_of(mention: Mention, reading: Reading) -> tuple[int, DeadlineRole]:
    """What must be done by a date, and how far off the word stands that says so: the nearest one within its clause, its
    sentence or the sentences beside it."""
    start = reading.place(mention.field, mention.start)
    end = start + len(mention.quote)
    number = reading.sentence(start)
    left, right = reading.extent(number)
    clause = _clause(mention, reading)
    beside = (reading.extent(max(0, number - 1))[0], reading.extent(min(number + 1, len(reading.bounds) - 1))[1])
    best = (_FAR, DeadlineRole.OTHER)
    for handicap, extent in ((0, clause), (40, (left, right)), (120, beside)):
        near = reading.around(start, end, *extent)
        for role in _ROLES:
            if role in near:
                best = min(best, (abs(near[role]) + handicap + _HANDICAP.get(role, 0), DeadlineRole(role)))
    return best


def _sentence(mention: Mention, reading: Reading) -> str:
    start = reading.place(mention.field, mention.start)
    left, right = reading.extent(reading.sentence(start))
    left = max(left, start - _LONGEST_QUOTE // 2)
    return " ".join(reading.whole[left : min(right, left + _LONGEST_QUOTE)].split())
