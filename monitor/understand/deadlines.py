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


def effective(mentions: Sequence[Mention], reading: Reading, event: Event) -> Mention | None:
    """The mention that says when the event takes or took effect, or None when none does. Of mentions that agree the
    most precise one speaks for them."""
    scored = list(zip(mentions, features(mentions, reading, event), strict=True))
    if event.status not in {Status.EFFECTIVE, Status.REVERSED}:  # it lies ahead, or hardly behind
        scored = [(m, f) for m, f in scored if "gap:long past" not in f]
    shares = [probability("effective", f) for _, f in scored]
    if not shares or probability("dated", dated(shares, reading, event)) < threshold("dated"):
        return None
    best = scored[shares.index(max(shares))][0]
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


def dated(shares: Sequence[float], reading: Reading, event: Event) -> Features:
    """Whether the text tells the day at all, from the probabilities of its dates: which date it is may be doubtful
    where it is beyond doubt that there is one, as for most things that are decided, and few that are proposed."""
    first, second = (*sorted(shares, reverse=True), 0.0)[:2]
    told = {head for cue in reading.cues for head in cue.heads}
    f: Features = {"best": _logit(first), "second": _logit(second), "sum": math.log(sum(shares) + 0.01)}
    f |= {f"best|{event.status}": f["best"], f"status:{event.status}": 1.0, f"{event.type}|{event.status}": 1.0}
    return f | {f"text:{head}": 1.0 for head in _ABOUT if head in told}


def _logit(share: float) -> float:
    share = min(max(share, 0.005), 0.995)
    return math.log(share / (1 - share))


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
        if _repeats(mention, day, reading):
            continue
        if mention.value not in found or gap < found[mention.value][0]:
            found[mention.value] = (gap, mention, role)
    return [
        (mention, Deadline(PartialDate(value), role, _sentence(mention, reading)))
        for value, (_, mention, role) in sorted(found.items())
    ]


def _repeats(mention: Mention, day: Mention | None, reading: Reading) -> bool:
    """Whether it only says again when the event comes: "The service ends on 30 January" beside a sentence on what to
    save. A deadline on that very day is told by "until", with what to do in one clause."""
    if day is None or mention.value != day.value:
        return False
    start = reading.place(mention.field, mention.start)
    near = reading.around(start, start + len(mention.quote), *_clause(mention, reading))
    return abs(near.get("until", _FAR)) > 2 * _BESIDE_AT_MOST or not any(act in near for act in _ROLES)


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
