"""What stands around a date, and how it lies to publication and to the other dates: what the rankers of dates go by."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from monitor.domain.deadlines import DeadlineRole, PartialDate
from monitor.domain.signals import EventType, Status
from monitor.understand import cues
from monitor.understand.ranking import Event, Features, Mention, distance
from monitor.understand.reading import Reading

FAR = 1000  # letters: no such word in reach
BESIDE = ("from", "until")  # mostly prepositions: they speak of a date only when they stand by it
BESIDE_AT_MOST = 12  # letters
ROLES = tuple(role.value for role in DeadlineRole)
ABOUT = ("condition", "undated", "hearing")  # what they say may hold for the whole text
_HEADS = ("happen", "from", "until", "past", "report", *ABOUT)
_IN_CLAUSE = (
    *("happen", "from", "until", "past", "report", "hearing"),
    *("plan", "launch", "stays", "spared", "contrast"),
)
_STATED = (
    *("hint:", "clause hint:", "sentence:", "title", "also in title", "alone", "many", "first", "latest", "earliest"),
    *("none ahead", "only ahead", "from only here", "from elsewhere", "stamp"),
)
_CLOCK = re.compile(r"[^\n]{0,12}?\b\d{1,2}[:.]\d{2}\b")
_TOLD_ROLES = tuple(role for role in ROLES if role != "other")
_TOPICS = ("happen", "past", "report", "hearing", *_TOLD_ROLES)
_RECURRING = frozenset({EventType.POLICY, EventType.TRADE_RULE})
_AFTERWARDS = re.compile(  # a day after that length, not one within it
    r"[后後뒤]|후$|\b(?:later|after|hence|später|nach|plus tard|après|después|depois|dopo|över|om|setelah|sau)\b"
    r"|через|sonra|بعد|पहले|बाद"
)
_PARTICLE = re.compile(  # endings of a date, behind its weekday too
    r"\s?(?:\([월화수목금토일]\))?\s?(?:(?P<until>까지)|(?P<start>부터|자로|부로))"
)
_OPEN = frozenset({Status.RUMOR, Status.REVERSED})
_WORD = 5  # letters: a short word and the space behind it
_LABEL = re.compile(r"\s?[:：]\s?(?:[^\W\d]{1,5}\s){0,2}$")  # the colon, and "from" or "until" before the date
_LONGEST_LABEL = 20  # letters
_COMMAS = (", ", "; ", ": ", "，", "、", "；", "،", " – ", " — ")


def features(mentions: Sequence[Mention], reading: Reading, event: Event) -> list[Features]:
    """Of every date mention."""
    counts = Counter(mention.value for mention in mentions)
    in_title = {mention.value for mention in mentions if reading.leads(mention.field, mention.start)}
    ahead = sorted(
        value for value in counts if event.published and len(value) > 4 and value > event.published.isoformat()
    )
    places = [reading.place(mention.field, mention.start) for mention in mentions]
    nears = [near(mention, reading) for mention in mentions]
    started = [abs(beside.get("from", FAR)) <= BESIDE_AT_MOST for beside in nears]
    days = sorted(value for value in counts if len(value) > 4)
    told = {head for cue in reading.cues for head in cue.heads}
    result = []
    for number, (mention, start, beside) in enumerate(zip(mentions, places, nears, strict=True)):
        gap = _gap(mention.value, event)
        f: Features = {f"kind:{mention.kind}": 1.0, f"gap:{gap}": 1.0, f"gap:{gap}|{event.status}": 1.0}
        f[f"precision:{len(mention.value)}"] = 1.0
        f[f"{event.type}|{'past' if 'past' in gap else 'ahead'}"] = 1.0
        f[f"{event.type}|{event.status}"] = 1.0
        f[f"status:{event.status}"] = 1.0
        f[f"kind:{mention.kind}|{event.status}"] = 1.0
        f[f"kind:{mention.kind}|{event.type}"] = 1.0
        f |= {f"text:{head}": 1.0 for head in ABOUT if head in told}
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
        f["late in text"] = min(2.0, start / 1500)
        if mention.field == "text":
            f[f"sentence:{min(3, reading.sentence(start) - reading.sentence(reading.offset))}"] = 1.0
        f["stamp"] = float(_stamped(mention, beside, reading, event.published))
        f |= _among(mention, mentions, ahead, event) | _around(beside, event)
        result.append(f)
    return result


def closer(mentions: Sequence[Mention], reading: Reading, event: Event) -> list[Features]:
    """The same, with what the clause says and which topics it hints at: they tell the event's own day from the others,
    but no better what is a deadline."""
    every = zip(mentions, features(mentions, reading, event), _hinted(mentions, reading, event), strict=True)
    return [_stated(f | _in_clause(mention, reading, event) | hints, event) for mention, f, hints in every]


def _stated(features: Features, event: Event) -> Features:
    """With what means another thing of what has happened than of what is decided or only planned."""
    result = dict(features)
    for name, value in features.items():
        if not value or "|" in name:
            continue
        if name.startswith("gap:"):
            result[f"{name}|{event.type}|{event.status}"] = value
        elif name.startswith(_STATED):
            result[f"{name}|{event.status}"] = value
    return result


def _among(mention: Mention, mentions: Sequence[Mention], ahead: Sequence[str], event: Event) -> Features:
    """How it lies to the other dates that lie ahead."""
    f: Features = {"none ahead": float(not ahead), "only ahead": float(ahead == [mention.value])}
    for name, some in (("first ahead", ahead[:1]), ("last ahead", ahead[-1:])):
        f[name] = float(mention.value in some)
        f[f"{event.type}|{name}"] = f[name] - f["only ahead"]
    if len(ahead) > 1 and mention.value in ahead:
        place = f"ahead {min(ahead.index(mention.value), 3)} of {min(len(ahead), 4)}"
        f |= {place: 1.0, f"{place}|{event.type}": 1.0}
    told_first = next((other.value for other in mentions if other.value in ahead), None)
    f["told first ahead"] = float(len(ahead) > 1 and mention.value == told_first)
    return f | {f"told first ahead|{event.type}": f["told first ahead"]}


def _around(near: dict[str, int], event: Event) -> Features:
    """What the sentence says."""
    f: Features = {}
    for head in _HEADS:
        beside = head in near and (head not in BESIDE or abs(near[head]) <= BESIDE_AT_MOST)
        f[f"{head}:{distance(near[head]) if beside else 'none'}"] = 1.0
    if nearest := min(((abs(near[head]), head) for head in _TOPICS if head in near), default=(0, ""))[1]:
        f[f"nearest:{nearest}"] = 1.0
        f[f"nearest:{nearest}|{event.status}"] = 1.0
    if "from" in near and "until" in near:
        f["from nearer" if abs(near["from"]) < abs(near["until"]) else "until nearer"] = 1.0
    roles = [role for role in ROLES if role in near]
    for role in roles:
        f[f"role:{role}:{distance(near[role])}"] = 1.0
    f["role"] = float(any(role != "other" for role in roles))
    f["role and until"] = float(bool(roles) and "until" in near and abs(near["until"]) <= 30)
    return f


def _in_clause(mention: Mention, reading: Reading, event: Event) -> Features:
    """What the part of the sentence between commas says."""
    near = cues_in_clause(mention, reading)
    f: Features = {}
    for head in _IN_CLAUSE:
        if head in near and (head not in BESIDE or abs(near[head]) <= 2 * BESIDE_AT_MOST):
            f |= {f"clause:{head}": 1.0, f"clause:{head}|{event.status}": 1.0}
    roles = [role for role in _TOLD_ROLES if role in near]
    f |= {f"clause role:{role}": 1.0 for role in roles}
    f["clause role"] = f[f"clause role|{event.type}"] = float(bool(roles))
    f["clause happen, no role"] = float("happen" in near and not roles)
    until = "clause:until" in f
    f["clause until, role"] = float(until and bool(roles))
    f["clause until, no role"] = f[f"clause until, no role|{event.type}"] = float(until and not roles)
    return f


@lru_cache(maxsize=32)
def _hints(whole: str, lang: str) -> tuple[cues.Cue, ...]:
    """Once for the several events and passages of a document."""
    return tuple(cues.find(whole, lang))


def _hinted(mentions: Sequence[Mention], reading: Reading, event: Event) -> list[Features]:
    """Which topics and certainties the sentence and the clause hint at, and how near the event's own topic is."""
    found = [(reading.sentence(hint.start), hint) for hint in _hints(reading.whole, event.lang)] if mentions else []
    result: list[Features] = []
    for mention in mentions:
        start = reading.place(mention.field, mention.start)
        end = start + len(mention.quote)
        left, right = clause(mention, reading)
        here = [hint for number, hint in found if number == reading.sentence(start)]
        f: Features = {f"hint:{hint.hint}": 1.0 for hint in here}
        f |= {f"clause hint:{hint.hint}": 1.0 for hint in here if left <= hint.start < right}
        own = cues.RISK[event.type]
        gaps = [reading.gap(start, end, hint.start, hint.end) for hint in here if hint.hint == own]
        f[f"own:{distance(min(gaps, key=abs)) if gaps else 'none'}"] = 1.0
        f[f"own|{event.status}"] = float(bool(gaps))
        result.append(f)
    telling = [f"clause hint:{cues.RISK[event.type]}" in f for f in result]
    for f, tells in zip(result, telling, strict=True):
        f["own only here"] = float(tells and telling.count(True) == 1 and len(mentions) > 1)
        f["own elsewhere"] = float(not tells and any(telling))
    return result


def _stamped(mention: Mention, beside: dict[str, int], reading: Reading, published: date | None) -> bool:
    """A byline's date: the day of publication in a line that is no sentence, or followed by the time of day; not where
    the text says "from" or "until" beside it."""
    if published is None or mention.value != published.isoformat() or mention.kind not in {"full", "day", "weekday"}:
        return False
    if any(abs(beside.get(head, FAR)) <= BESIDE_AT_MOST for head in BESIDE):
        return False
    start = reading.place(mention.field, mention.start)
    end = start + len(mention.quote)
    left = reading.whole.rfind("\n", 0, start) + 1
    right = reading.whole.find("\n", end)
    line = reading.whole[left : right if right >= 0 else len(reading.whole)]
    clock = _CLOCK.match(reading.whole, end)
    return mention.field == "text" and bool(clock or "|" in line or (len(line) < 60 and line[-1:] not in ".。!?！？"))


def _gap(value: str, event: Event) -> str:
    published, own = event.published, PartialDate(value)
    if published is None:
        return "unknown"
    if event.vague and own.parts[0] == published.year:  # before the text or after it, nobody knows
        return "same period"
    if own.first_day <= published <= own.last_day:
        return "same" if len(own.parts) == 3 else "same period"
    days = (own.first_day - published).days if own.first_day > published else (own.last_day - published).days
    if days < 0:
        return "long past" if days < -400 else "past" if days < -30 else "weeks past" if days < -7 else "just past"
    return "soon" if days <= 7 else "weeks ahead" if days <= 45 else "ahead" if days <= 400 else "far ahead"


def near(mention: Mention, reading: Reading) -> dict[str, int]:
    """The cue words in its sentence, as `Reading.near` tells them."""
    start = reading.place(mention.field, mention.start)
    end = start + len(mention.quote)
    return _one_preposition(reading.near(start, end) | _particle(reading, end))


def cues_in_clause(mention: Mention, reading: Reading) -> dict[str, int]:
    """The same in its clause."""
    start = reading.place(mention.field, mention.start)
    end = start + len(mention.quote)
    return _one_preposition(reading.around(start, end, *clause(mention, reading)) | _particle(reading, end))


def _particle(reading: Reading, end: int) -> dict[str, int]:
    """Korean says "from" and "until" with an ending of the date, which the cue words, being words, do not find."""
    found = _PARTICLE.match(reading.whole, end)
    return {"until" if found["until"] else "from": 1} if found else {}


def _one_preposition(cues: dict[str, int]) -> dict[str, int]:
    """ "Bis zum" and "antes do dia" say until: what says "from" elsewhere only leads on to the date there."""
    if -_WORD <= cues.get("from", FAR) < 0 and -2 * _WORD <= cues.get("until", FAR) < cues["from"]:
        return {head: gap for head, gap in cues.items() if head != "from"}
    return cues


def time_given(mention: Mention, reading: Reading, event: Event) -> bool:
    """Whether it is a time that somebody is given to do something: "sellers must collect their stock within 90 days".
    Terms of trade tell such times of every order, not of one day."""
    if mention.kind not in {"span", "term"} or event.type in _RECURRING or event.status in _OPEN:
        return False
    if _AFTERWARDS.search(mention.quote) or (event.type, event.status) == (EventType.INSOLVENCY, Status.PROPOSED):
        return False
    cues = near(mention, reading) if mention.kind == "term" else cues_in_clause(mention, reading)
    duties = [abs(cues[role]) for role in ROLES if role in cues]
    within = mention.kind == "term" or cues.get("until") == 0 or "other" in cues
    return within and bool(duties) and (mention.kind == "term" or min(duties) < abs(cues.get("happen", FAR)))


def clause(mention: Mention, reading: Reading) -> tuple[int, int]:
    """Where the part of the sentence between commas begins and ends. A label and its date are one: "Last orders: 5
    January"."""
    start = reading.place(mention.field, mention.start)
    end = start + len(mention.quote)
    left, right = reading.extent(reading.sentence(start))
    label = _LABEL.search(reading.whole, max(left, start - _LONGEST_LABEL), start)
    begun = label.start() if label else start
    return (
        max(left, *(reading.whole.rfind(comma, left, begun) for comma in _COMMAS)),
        min(right, *(at for comma in _COMMAS if (at := reading.whole.find(comma, end, right)) >= 0), right),
    )
