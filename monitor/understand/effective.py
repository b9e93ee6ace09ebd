"""Which date of a text an event takes effect on, if the text tells it.

The weights in `data/days.json` are fitted by `python -m monitor.training.dates` and are read once.
"""

import calendar
import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from monitor.domain.deadlines import PartialDate
from monitor.domain.signals import EventType, Status
from monitor.understand.datefeatures import ABOUT, BESIDE, BESIDE_AT_MOST, FAR, closer, near, time_given
from monitor.understand.fallen import fallen, named_again
from monitor.understand.ranking import Event, Features, Mention
from monitor.understand.reading import Reading

_YEAR = re.compile(r"\d{4}|[年년]")
_WITHIN = frozenset({"week", "ago"})  # a day or a week that is told by its month
_DUTY = 1.0  # what a score loses where the date is only one to act by; looked at on the stories, where 2 is too much
_YEARLESS = frozenset({"day", "month", "end", "mid", "quarter"})


@cache
def weights() -> dict[str, dict[str, float]]:
    """Of the rankers `effective` and `deadline`: the weight of each feature, and the threshold."""
    loaded: dict[str, dict[str, float]] = json.loads(
        (files("monitor.understand") / "data" / "days.json").read_text("utf-8")
    )
    return loaded


def scored(ranker: str, features: Features) -> float:
    """A feature without a weight counts nothing."""
    own = weights()[ranker]
    return sum(own.get(name, 0.0) * value for name, value in features.items())


def turned(mentions: Sequence[Mention], reading: Reading, event: Event) -> tuple[Mention, ...]:
    """The mentions, where a weekday or a day without a year lies ahead when the event does, and behind when it has
    happened: "from Friday" of something that is only decided means the next one."""
    if event.published is None or event.vague or event.status is Status.RUMOR:
        return tuple(mentions)
    years = {mention.value[:4] for mention in mentions if mention.kind == "full"}
    turned = [_turned(mention, reading, event, event.published, years) for mention in mentions]
    if event.status is Status.EFFECTIVE:
        pairs = enumerate(zip(mentions, turned, strict=True))
        turned = [_of_the_year_told(m, now, mentions[:at], reading, event.published) for at, (m, now) in pairs]
    return tuple(turned)


def _of_the_year_told(
    mention: Mention, turned: Mention, before: Sequence[Mention], reading: Reading, published: date
) -> Mention:
    """ "On 12 August 2022 sales stopped, on 31 August the site": also of 2022, where it would lie ahead. Not beside a
    day on which only something began."""
    if (
        mention.kind not in _YEARLESS
        or _YEAR.search(mention.quote)
        or PartialDate(mention.value).first_day <= published
    ):
        return turned
    full = next((m for m in reversed(before) if m.kind == "full"), None)
    if full is None or int(full.value[:4]) >= published.year or mention.value[4:] < full.value[4:]:
        return turned
    place, there = (reading.sentence(reading.place(m.field, m.start)) for m in (mention, full))
    cues = near(mention, reading)
    if place - there > 1 or "past" in near(full, reading) or abs(cues.get("until", FAR)) <= BESIDE_AT_MOST:
        return turned
    value = full.value[:4] + mention.value[4:]
    return mention if value.endswith("02-29") else replace(mention, value=value)


def _turned(mention: Mention, reading: Reading, event: Event, published: date, years: Collection[str]) -> Mention:
    cues = near(mention, reading)
    beside = any(abs(cues.get(head, FAR)) <= BESIDE_AT_MOST for head in BESIDE)
    told = min(abs(cues.get(head, FAR)) for head in ("report", "past"))
    lately = mention.kind == "bare" and event.status is Status.EFFECTIVE  # whatever happened on "the 10th"
    if not (beside or lately) and abs(cues.get("happen", FAR)) >= told:
        return mention
    day = PartialDate(mention.value).first_day
    if event.status is Status.EFFECTIVE:
        return _turned_back(mention, cues, published, years)
    if day < published and event.status is not Status.REVERSED:
        if mention.kind == "weekday" and beside:
            return replace(mention, value=(day + timedelta(days=7)).isoformat())
        if mention.kind == "bare":
            return _of_month_beside(mention, 1)
    given = mention.value[:4] in years or _YEAR.search(mention.quote)  # the text speaks of that year
    if not given and mention.kind in _YEARLESS and PartialDate(mention.value).last_day < published - timedelta(days=60):
        later = str(day.year + 1) + mention.value[4:]
        return mention if later.endswith("02-29") else replace(mention, value=later)
    return mention


def _turned_back(mention: Mention, cues: Mapping[str, int], published: date, years: Collection[str]) -> Mention:
    """A year or a month earlier, where it lies ahead of what has happened, and nothing says "until" beside it."""
    day = PartialDate(mention.value).first_day
    if day <= published or abs(cues.get("until", FAR)) <= BESIDE_AT_MOST:
        return mention
    if mention.kind == "bare":
        return _of_month_beside(mention, -1)
    given = mention.value[:4] in years or _YEAR.search(mention.quote)
    if not given and mention.kind in _YEARLESS and day > published + timedelta(days=60):
        earlier = str(day.year - 1) + mention.value[4:]
        return mention if earlier.endswith("02-29") else replace(mention, value=earlier)
    return mention


def _of_month_beside(mention: Mention, months: int) -> Mention:
    """The same day of the next month or the one before, where it has such a day."""
    day = PartialDate(mention.value).first_day
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return replace(mention, value=f"{year:04}-{month + 1:02}-{day.day:02}") if day.day <= last else mention


def untold(mentions: Sequence[Mention], reading: Reading, event: Event) -> Features:
    """What speaks for that the text does not tell the day, as is usual of what is rumoured, proposed or reversed."""
    told = {head for cue in reading.cues for head in cue.heads}
    f: Features = {"untold": 1.0, f"untold|{event.status}": 1.0, f"untold|{event.type}": 1.0}
    f[f"untold|{event.type}|{event.status}"] = 1.0
    f |= {f"untold|text:{head}": 1.0 for head in ABOUT if head in told}
    f["untold|dates"] = math.log(1 + len({mention.value for mention in mentions}))
    f["untold|unpublished"] = float(event.published is None)
    return f | {"untold|untitled": float(reading.offset <= 1)}


def shares(mentions: Sequence[Mention], reading: Reading, event: Event) -> list[float]:
    """How likely each mention is the day that the event takes effect on and, last, that the text does not tell it.
    Together they make 1 (conditional logistic regression, McFadden 1974). What a byline says is none."""
    every = [*closer(mentions, reading, event), untold(mentions, reading, event)]
    scores = [scored("effective", f) - _DUTY * _only_a_duty(f) for f in every]
    behind = event.status in {Status.EFFECTIVE, Status.REVERSED}  # else it lies ahead, or hardly behind
    given = [mention.kind == "term" or time_given(mention, reading, event) for mention in mentions]
    powers = [
        0.0 if barred or f.get("stamp") or ("gap:long past" in f and not behind) else math.exp(score - max(scores))
        for f, score, barred in zip(every, scores, [*given, False], strict=True)
    ]
    return [power / sum(powers) for power in powers]


def _only_a_duty(features: Features) -> bool:
    """Whether the clause says by when something must be done, and nothing of what happens to the platform."""
    return bool(features.get("clause until, role")) and "clause:happen" not in features


def effective(mentions: Sequence[Mention], reading: Reading, event: Event) -> Mention | None:
    """The mention that says when the event takes or took effect, or None when none does."""
    likely = shares(mentions, reading, event)
    if likely[-1] >= weights()["effective"]["threshold"]:
        return None
    return chosen(mentions, _that_hold(mentions, likely, reading, event), reading, event)


def _that_hold(mentions: Sequence[Mention], likely: Sequence[float], reading: Reading, event: Event) -> Sequence[float]:
    """The shares without those of days that the text gives up, where another one that lies ahead is left."""
    gone = named_again(fallen(mentions, reading, event.lang), mentions)
    left = [
        m
        for m, share in zip(mentions, likely, strict=False)  # the last share is no mention's
        if share and m.value not in gone and len(m.value) >= 7 and m.kind not in {"span", "term"}
    ]
    if not gone or not any(event.published is None or PartialDate(m.value).last_day > event.published for m in left):
        return likely
    return [0.0 if m.value in gone else share for m, share in zip(mentions, likely, strict=False)]


def chosen(mentions: Sequence[Mention], likely: Sequence[float], reading: Reading, event: Event) -> Mention | None:
    """The likeliest day, for which all its mentions speak; of those that agree with it, the most precise one."""
    days: dict[str, float] = {}
    pairs = list(zip(mentions, likely, strict=False))  # the last share is no mention's
    for mention, share in pairs:
        days[mention.value] = days.get(mention.value, 0.0) + share
    if not days:
        return None
    best, _ = max(pairs, key=lambda pair: (days[pair[0].value], pair[0].value, pair[1]))
    if len(best.value) < 10 and best.kind not in _WITHIN:
        told = [m for m in mentions if m.kind != "span" or m is best]
        agreeing = [m for m in told if PartialDate(m.value).agrees(PartialDate(best.value))]
        best = max(agreeing, key=lambda m: (len(m.value), m is best))
    best = next((m for m in mentions if _near_the_end(m, best)), best)
    return from_the_first(best, reading, event)


def _near_the_end(mention: Mention, best: Mention) -> bool:
    """ "At the end of November", and elsewhere "28 November"."""
    if best.kind != "end" or mention.kind not in {"day", "full"}:
        return False
    return timedelta(0) <= PartialDate(best.value).last_day - PartialDate(mention.value).last_day <= timedelta(days=7)


def from_the_first(mention: Mention, reading: Reading, event: Event) -> Mention:
    """ "From April" means its first day; "since 2020" is no more precise than it says."""
    begun = abs(near(mention, reading).get("from", FAR)) <= BESIDE_AT_MOST // 2
    if len(mention.value) == 10 or mention.kind in {"quarter", *_WITHIN} or not begun:
        return mention
    over = event.status is Status.EFFECTIVE  # what has happened "since 2020"
    ahead = not over if event.published is None else PartialDate(mention.value).first_day > event.published
    if len(mention.value) == 4 and not ahead:
        return mention
    return replace(mention, value=PartialDate(mention.value).first_day.isoformat())


def reported(reading: Reading, event: Event) -> Mention | None:
    """The word that tells that the event has happened, with the month of publication, where the text names no date at
    all: readers of news take "X is blocked in Y" to be of that month. Not where it says that no date is known, nor from
    a title alone, nor what a platform does to its sellers, which goes on for weeks before anybody reports it."""
    if event.month is None or event.status is not Status.EFFECTIVE or event.type is EventType.ENFORCEMENT:
        return None
    cue = next((cue for cue in reading.cues if "happen" in cue.heads), None)
    if cue is None or not reading.whole[reading.offset :].strip():
        return None
    if any("undated" in other.heads for other in reading.cues):
        return None
    field, shift = ("title", 0) if cue.start < reading.offset else ("text", reading.offset)
    start, end = cue.start - shift, cue.end - shift
    return Mention(field, start, end, reading.whole[cue.start : cue.end], event.month, "reported")
