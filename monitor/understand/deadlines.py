"""Which date an event takes effect on, and by which dates somebody must act."""

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta

from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.signals import Status
from monitor.understand.ranking import Event, Features, Mention, distance, probability, threshold
from monitor.understand.reading import Reading

_HEADS = ("happen", "from", "until", "past", "report")
_CLOCK = re.compile(r"[^\n]{0,12}?\b\d{1,2}[:.]\d{2}\b")
_BESIDE = ("from", "until")  # mostly prepositions: they speak of a date only when they stand by it
_BESIDE_AT_MOST = 12  # letters
_ROLES = tuple(role.value for role in DeadlineRole)
_HANDICAP = {"other": 60, "login": 6, "orders": 4}  # letters by which a general word must be nearer than a telling one
_LONGEST_QUOTE = 240
_FAR = 1000
_COMMAS = (", ", "; ", ": ", "，", "、", "；", "،", " – ", " — ")


def features(mentions: Sequence[Mention], reading: Reading, event: Event) -> list[Features]:
    """For every date mention, what stands around it and how it lies to publication and to the other dates."""
    counts = Counter(mention.value for mention in mentions)
    in_title = {mention.value for mention in mentions if reading.leads(mention.field, mention.start)}
    ahead = sorted(
        value for value in counts if event.published and len(value) > 4 and value > event.published.isoformat()
    )
    result = []
    for number, mention in enumerate(mentions):
        start = reading.place(mention.field, mention.start)
        near = reading.near(start, start + mention.end - mention.start)
        gap = _gap(mention.value, event.published)
        f: Features = {f"kind:{mention.kind}": 1.0, f"gap:{gap}": 1.0, f"gap:{gap}|{event.status}": 1.0}
        f[f"precision:{len(mention.value)}"] = 1.0
        f[f"{event.type}|{'past' if 'past' in gap else 'ahead'}"] = 1.0
        f["title"] = float(reading.leads(mention.field, mention.start))
        f["also in title"] = float(mention.value in in_title)
        f["alone"] = float(len(counts) == 1)
        f["many"] = float(len(counts) > 3)
        f["count"] = math.log(counts[mention.value])
        f["first"] = float(number == 0)
        f["last"] = float(number == len(mentions) - 1 and number > 0)
        f["first ahead"] = float(mention.value in ahead[:1])
        f["last ahead"] = float(mention.value in ahead[-1:])
        f["only ahead"] = float(ahead == [mention.value])
        f["none ahead"] = float(not ahead)
        f["late in text"] = min(2.0, start / 1500)
        if mention.field == "text":
            f[f"sentence:{min(3, reading.sentence(start) - reading.sentence(reading.offset))}"] = 1.0
        f["stamp"] = float(_stamped(mention, reading, event.published))
        for head in _HEADS:
            told = head in near and (head not in _BESIDE or abs(near[head]) <= _BESIDE_AT_MOST)
            f[f"{head}:{distance(near[head]) if told else 'none'}"] = 1.0
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
    if not any(abs(near.get(head, _FAR)) <= _BESIDE_AT_MOST for head in _BESIDE):
        return mention
    day = PartialDate(mention.value).first_day
    if mention.kind == "weekday" and day < published:
        return replace(mention, value=(day + timedelta(days=7)).isoformat())
    given = mention.value[:4] in years  # the text speaks of that year
    if not given and mention.kind in {"day", "month", "end"} and day < published - timedelta(days=60):
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


def effective(mentions: Sequence[Mention], reading: Reading, event: Event) -> Mention | None:
    """The mention that says when the event takes or took effect, or None when none does. Of mentions that agree the
    most precise one speaks for them."""
    scored = list(zip(mentions, features(mentions, reading, event), strict=True))
    if event.status not in {Status.EFFECTIVE, Status.REVERSED}:  # it lies ahead, or hardly behind
        scored = [(m, f) for m, f in scored if "gap:long past" not in f]
    best = max(((probability("effective", f), m) for m, f in scored), key=lambda pair: pair[0], default=None)
    if best is None or best[0] < threshold("effective"):
        return None
    agreeing = [m for m in mentions if PartialDate(m.value).agrees(PartialDate(best[1].value))]
    return max(agreeing, key=lambda m: (len(m.value), m is best[1])) if len(best[1].value) < 10 else best[1]


def deadlines(
    mentions: Sequence[Mention], reading: Reading, event: Event, day: Mention | None = None
) -> list[tuple[Mention, Deadline]]:
    """The mentions that say by when somebody must act, with the deadline; one for each date. `day` is the date of the
    event itself, which is no deadline where it is only repeated."""
    found: dict[str, tuple[int, Mention, DeadlineRole]] = {}
    for mention, f in zip(mentions, features(mentions, reading, event), strict=True):
        if len(mention.value) < 7 or probability("deadline", f) < threshold("deadline"):
            continue
        gap, role = role_of(mention, reading)
        if _repeats(mention, role, day, reading):
            continue
        if mention.value not in found or gap < found[mention.value][0]:
            found[mention.value] = (gap, mention, role)
    return [
        (mention, Deadline(PartialDate(value), role, _sentence(mention, reading)))
        for value, (_, mention, role) in sorted(found.items())
    ]


def _repeats(mention: Mention, role: DeadlineRole, day: Mention | None, reading: Reading) -> bool:
    """Whether it only says again when the event comes: "The service ends on 30 January" beside a sentence on what to
    save. That sentence tells what to do, this one does not."""
    if day is None or mention.value != day.value or role is not DeadlineRole.DATA_EXPORT:
        return False
    start = reading.place(mention.field, mention.start)
    near = reading.near(start, start + len(mention.quote))
    return not any(act in near for act in _ROLES)


def role_of(mention: Mention, reading: Reading) -> tuple[int, DeadlineRole]:
    """What must be done by a date, and how far off the word stands that says so: the nearest one within its clause, its
    sentence or the sentences beside it."""
    start = reading.place(mention.field, mention.start)
    end = start + len(mention.quote)
    number = reading.sentence(start)
    left, right = reading.extent(number)
    clause = (
        max(left, *(reading.whole.rfind(comma, left, start) for comma in _COMMAS)),
        min(right, *(at for comma in _COMMAS if (at := reading.whole.find(comma, end, right)) >= 0), right),
    )
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
