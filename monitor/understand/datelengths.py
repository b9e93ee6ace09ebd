"""Lengths of time, language by language: "within 90 days", "three weeks ago", "in six to eight weeks".

The words are in `data/dates.yaml`. What they are counted from, the day of publication or another, is not said here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from monitor.understand.dateforms import Written
from monitor.understand.datenames import any_of, date_words
from monitor.understand.gazetteer import fold

_BETWEEN = 30  # letters between "postponed" and the length, or half as many the other way round
_HEAD = r"(?:(?<![^\n«“\"„])|(?<=[.!?:]\s))"  # a sentence begins
_SAID = (  # "thirty days after publication" is counted from what is read
    r"\s(?:\w{1,6}\s){0,4}(?:publi|pubbl|promulg|notif|notic|announ|anunci|avis|mensa|comuni|annon|veröff|verkünd|bekannt"
    r"|mitteil|опублик|публик|ogłosz|pengumum|kunngjør|tilkynn|datum|date|fecha|data\b)"
)
_DATE = r"\s*(?:[^\W\d_]{1,4}\s)?\d"  # "thirty days after 15 July" is counted from that day


@dataclass(frozen=True, slots=True)
class Lengths:
    """The forms of one language. `pattern` and `moved` are None for one whose words for them we do not know."""

    pattern: re.Pattern[str] | None
    moved: re.Pattern[str] | None
    numbers: dict[str, int]
    units: dict[str, str]

    def scan(self, folded: str) -> Iterator[Written]:
        """Everything that may be a length; forms overlap."""
        for match in self.pattern.finditer(folded) if self.pattern else ():
            yield self._length(match)
        for match in self.moved.finditer(folded) if self.moved else ():
            length = self._length(match)
            count, unit = ("n", "u") if match["n"] else ("o", "v")
            yield replace(length, start=match.start(count), end=match.end(unit), word="moved")
        for match in _fixed().finditer(folded):
            days, months = _lengths()[match[0]]
            if days < 0 or months < 0:
                word = "about" if months else "ago"
                yield Written(match.start(), match.end(), "ago", month=-months, day=-days, word=word)
            else:
                yield Written(match.start(), match.end(), "span", month=months, day=days, word="ahead")

    def _length(self, match: re.Match[str]) -> Written:
        groups = match.groupdict()
        unit = self.units[next(groups[name] for name in ("u", "v", "w", "x", "y", "z") if groups.get(name))]
        days, months = self._counted(
            next(groups[name] for name in ("n", "o", "p", "r", "h", "a") if groups.get(name)), unit
        )
        least = next((groups[name] for name in ("ln", "lo") if groups.get(name)), None)
        back = any(groups.get(name) for name in ("ago", "p", "r", "a"))
        exact = unit == "d" or (unit == "w" and days == 7)
        word = ("ago" if exact else "about") if back else "ahead"
        kind = "ago" if back else "term" if groups.get("h") else "span"
        other = self._counted(least, unit) if least and not back else None
        return Written(match.start(), match.end(), kind, month=months, day=days, word=word, other=other)

    def _counted(self, said: str, unit: str) -> tuple[int, int]:
        """Days and months."""
        count = int(said) if said.isdecimal() else self.numbers[said]
        return {"d": (count, 0), "w": (7 * count, 0), "m": (0, count), "y": (0, 12 * count)}[unit]


@cache
def _lengths() -> dict[str, tuple[int, int]]:
    return {fold(form): (days, months) for form, (days, months) in date_words()["lengths"].items()}


@cache
def _fixed() -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_])(?:{any_of(list(_lengths()))})(?![a-zа-яء-ي])")


@cache
def lengths(lang: str) -> Lengths:
    """The forms of a language."""
    data = date_words()
    own = data["durations"].get(lang)
    if not own:
        return Lengths(None, None, {}, {})
    numbers = {fold(word): value for word, value in own["numbers"].items()}
    units = {fold(word): unit for unit in "dwmy" for word in own[unit]}
    count = rf"\d{{1,3}}(?![\d.,])|{any_of(list(numbers))}"
    solid = lang in {"zh", "ja", "ko", "th"}
    spelt = r"(?:\s\([^()\d]{2,20}\))?"  # "30 (thirty) days"
    joint = rf"\s?(?:[-–—~〜～至到、]|から)\s?|[\s-](?:{any_of([*data['ranges'], *data['or']])})\s"
    least = rf"(?:(?P<l{{}}>\d{{{{1,3}}}}|{any_of(list(numbers))})(?:{joint}))?"  # "in six to eight weeks"
    gap, edge = (r"\s?", "") if solid or lang == "ta" else (r"[\s-]+", r"(?<![^\W_])")
    unit = any_of(list(units))
    last = "" if solid or lang in {"ta", "te", "bn"} else r"(?![^\W_])"
    behind = [word for word in own["ago"] if ":" not in word]
    before = [word.removeprefix("before:") for word in own["ago"] if word.startswith("before:")]
    since = [word.removeprefix("since:") for word in own["ago"] if word.startswith("since:")]
    short = any_of([word for word, of in units.items() if of in "dw"])  # "for five years" is what has always been
    tail = r"\s?" if solid or lang in {"ta", "te"} else r"\s"
    forms = []
    past = any_of(own.get("after", [])) or "(?!)"
    if own.get("after"):  # "A year after the ban": at the head of a sentence it is that long ago
        led = any_of(own["in"]) or "(?!)"
        forms.append(
            rf"{_HEAD}(?:(?:{led})\s)?(?P<a>{count}){gap}(?P<y>{unit})\s(?:{past})(?![^\W_])(?!{_DATE}|{_SAID})"
        )
    if own["in"]:
        forms.append(
            rf"{edge}(?:{any_of(own['in'])}){gap}{least.format('n')}(?P<n>{count}){spelt}{gap}(?P<u>{unit}){last}"
        )
    if own["later"] or behind:
        ago = rf"|(?P<ago>{any_of(behind)})" if behind else ""
        later = any_of(own["later"]) or "(?!)"
        free = (
            r"(?<![\d.,〇一二三四五六七八九十])" if solid else r"(?<!tháng )(?<!thứ )(?<![\d.,])(?:(?<![^\W_])|(?=\d))"
        )
        forms.append(
            rf"{free}{least.format('o')}(?P<o>{count}){gap}(?P<v>{unit}){tail}(?!(?:{past})(?=\s)(?!{_SAID}))(?:{later}{ago}){last}"
        )
    if before:
        forms.append(rf"{edge}(?:{any_of(before)}){gap}(?P<p>{count}){spelt}{gap}(?P<w>{unit}){last}")
    if since:
        forms.append(rf"{edge}(?:{any_of(since)}){gap}(?P<r>{count}){spelt}{gap}(?P<x>{short}){last}")
    if own.get("have"):  # "Sellers have 90 days", "sellers are given only two weeks"
        some = any_of([word for word, of in units.items() if of != "y"])
        only = "" if solid else rf"(?:{gap}[^\W\d_]{{1,7}})?"
        forms.append(rf"{edge}(?:{any_of(own['have'])}){only}{gap}(?P<h>{count}){spelt}{gap}(?P<z>{some}){last}")
    pattern = re.compile("|".join(forms))
    verb = any_of(data["postponed"])
    length = rf"{edge}(?P<n>{count}){spelt}{gap}(?P<u>{unit}){last}"
    lead = rf"{edge}(?P<o>{count}){spelt}{gap}(?P<v>{unit}){last}"
    near, beside = (_BETWEEN // 3, 2) if solid else (_BETWEEN, _BETWEEN // 2)
    moved = re.compile(rf"{edge}(?:{verb})[^.!?;\n]{{0,{near}}}?{length}|{lead}[^.!?;\n]{{0,{beside}}}?(?:{verb})")
    return Lengths(pattern, moved, numbers, units)
