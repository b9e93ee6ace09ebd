"""Dates told by a length or a part: "within 90 days", "three weeks ago", "in the third quarter", "on the 15th".

The words are in `data/dates.yaml`. A length is counted from publication; a quarter or a half is told by its first
month, the earliest that it can mean, unless the text speaks of its end.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from monitor.understand.dateforms import Written, number, reader, western_year
from monitor.understand.datenames import any_of, date_words
from monitor.understand.gazetteer import fold

_YEAR = (
    r"(?:(?:[\s,./-]|\b(?:de|of|del|do|di|van|von|года|року|roku|tahun|năm|عام|من)\b){0,4}(?P<y>(?:19|20)\d\d)(?!\d))?"
)
_EAST = (
    r"(?:(?P<y>(?:19|20)\d\d)\s?(?:年度?|년)?\s*)?"
    r"(?:第?(?P<q>[1-4一二三四])\s?(?:季度|季|四半期|분기)|(?P<h>[上下])半年|(?P<k>[상하])반기)(?P<end>末|底|\s?말)?"
)
_WEST = rf"(?<![^\W_])(?:q(?P<q>[1-4])|(?P<r>[1-4])q|h(?P<h>[12]))(?![^\W_]){_YEAR}"
_WEST_AFTER = r"(?<!\d)(?P<y>20\d\d)[\s-]?(?:q(?P<q>[1-4])|h(?P<h>[12]))(?![^\W_])"
_SECOND = {"2", "下", "하"}
_OTHERS = (  # what is counted
    r"%|€|h\b|(?:por|pour|per) c(?:iento|ent)|mil\b|millones|heures|uhr|horas|ore\b|jours|tage|días|dias"
)
_STOP = rf"(?!\s?(?:{_OTHERS}))(?=\s*(?:[,.;:!?()«»\"'、]|$|\n)|\s+[^\W\d_])"
_DAY = r"(?P<d>[12]\d|3[01]|0?[1-9])"
_NUMBERED = {  # languages whose days of an unnamed month are told by another word
    "tr": rf"(?:\bayın\s){_DAY}(?='|\s)",
    "hi": rf"{_DAY}\s?तारीख",
    "bn": rf"{_DAY}\s?তারিখ",
}
_MONTHS = frozenset({"last_month", "this_month", "next_month"})
_WHOLE = frozenset({*_MONTHS, "last_year", "this_year", "next_year"})
_NEXT = {
    "month_end": "next_month end", "month_start": "next_month start",
    "year_end": "next_year end", "year_start": "next_year start", "this_year_start": "next_year start",
}  # fmt: skip
_EDGE = 32  # letters beside "next month" within which its end or first day is told
_BETWEEN = 30  # letters between "postponed" and the length, or half as many the other way round
_TOLD = 300  # letters between a day and "within 30 days of the closing"
_YEARS_OFF = {"this_year": 0, "last_year": -1, "next_year": 1}  # beside a month
_JOINED = frozenset(
    {"and", "und", "et", "y", "e", "en", "och", "og", "i", "и", "та", "dan", "và", "at", "و", "και"}
)  # no range
_JOINT = re.compile(r"\s?(?:[^\W\d_]{1,4}['’]?)?\s?")
_YEARLESS = frozenset({"day", "month", "mid", "end", "quarter"})
Words = dict[str, int]


@dataclass(frozen=True, slots=True)
class Periods:
    """The forms of one language. `lengths` is None for one whose words for them we do not know."""

    lang: str
    lengths: re.Pattern[str] | None
    numbers: Words
    units: dict[str, str]
    moved: re.Pattern[str] | None
    parts: tuple[re.Pattern[str], ...]
    bare: re.Pattern[str]

    def scan(self, text: str, folded: str) -> Iterator[Written]:
        """Everything that may be such a date; forms overlap."""
        for word in ("following", "preceding"):
            for match in _beside_told(word).finditer(folded):
                yield Written(match.start(), match.end(), "relative", word=word)
        for match in self.lengths.finditer(folded) if self.lengths else ():
            yield self._length(match)
        for match in self.moved.finditer(folded) if self.moved else ():
            length = self._length(match)
            count, unit = ("n", "u") if match["n"] else ("o", "v")
            yield replace(length, start=match.start(count), end=match.end(unit), word="moved")
        for match in _fixed().finditer(folded):
            days, months = _lengths()[match[0]]
            yield Written(match.start(), match.end(), "span", month=months, day=days, word="ahead")
        for pattern in self.parts:
            for match in pattern.finditer(folded):
                yield _part(match)
        for match in self.bare.finditer(folded):
            if self.lang == "de" and text[match.end() :].lstrip()[:1].isupper():
                continue  # "zum 15. Mal"
            yield Written(match.start("d"), match.end(), "bare", day=int(match["d"]))

    def _length(self, match: re.Match[str]) -> Written:
        groups = match.groupdict()
        said = next(groups[name] for name in ("n", "o", "p", "r", "h") if groups.get(name))
        count = int(said) if said.isdecimal() else self.numbers[said]
        unit = self.units[next(groups[name] for name in ("u", "v", "w", "x", "z") if groups.get(name))]
        days, months = {"d": (count, 0), "w": (7 * count, 0), "m": (0, count), "y": (0, 12 * count)}[unit]
        back = bool(groups.get("ago") or groups.get("p") or groups.get("r"))
        exact = unit == "d" or (unit == "w" and count == 1)
        word = ("ago" if exact else "about") if back else "ahead"
        kind = "ago" if back else "term" if groups.get("h") else "span"
        return Written(match.start(), match.end(), kind, month=months, day=days, word=word)


def _part(match: re.Match[str]) -> Written:
    groups = match.groupdict()
    quarter = groups.get("q") or groups.get("r")
    half = groups.get("h") or groups.get("k")
    if quarter:
        value = _ordinals().get(quarter) or number(quarter)
        first, last = 3 * value - 2, 3 * value
    else:
        first, last = (7, 12) if half in _SECOND or _ordinals().get(half or "") in {2, 4} else (1, 6)
    year = western_year(groups.get("y"))
    if groups.get("end"):
        return Written(match.start(), match.end(), "end", year, last)
    if groups.get("start"):
        return Written(match.start(), match.end(), "full" if year else "day", year, first, 1)
    return Written(match.start(), match.end(), "quarter", year, first)


def edges(found: Iterable[Written], folded: str) -> Iterator[Written]:
    """ "The end of" and "the first of" before or behind "next month", whatever the order of the language."""
    before, first, behind = _beside()
    for one in found:
        if one.word in _NEXT and (match := coming_behind().match(folded, one.end)):
            yield Written(one.start, match.end(), "relative", word=_NEXT[one.word])
        if one.word not in _WHOLE or one.day:
            continue
        left = max(0, one.start - _EDGE)
        if match := before.search(folded, left, one.start):
            word = f"{one.word} {'end' if match['end'] else 'start'}"
            yield Written(match.start(), one.end, "relative", word=word)
        elif one.word in _MONTHS and (match := first.search(folded, left, one.start)):
            yield Written(match.start(), one.end, "relative", word=f"{one.word} start")
        elif match := behind.match(folded, one.end):
            word = f"{one.word} {'end' if match['end'] else 'start'}"
            yield Written(one.start, match.end(), "relative", word=word)


def with_years(taken: Sequence[Written], folded: str) -> list[Written]:
    """A day or a month with the year that words beside it tell: "in April next year", "gelecek yıl nisan"."""
    result: list[Written] = []
    for found in taken:
        before = result[-1] if result else None
        if before and before.kind == "full" and _yearless_day(found) and _range(folded[before.end : found.start]):
            same = (found.month or 0, found.day or 0) >= (before.month or 0, before.day or 0)
            result.append(replace(found, year=(before.year or 0) + (not same)))
        elif before and _one_date(before, found, folded):
            day, year = (before, found) if found.word in _YEARS_OFF else (found, before)
            result[-1] = replace(day, start=before.start, end=found.end, shift=_YEARS_OFF[year.word])
        else:
            result.append(found)
    return result


def _yearless_day(found: Written) -> bool:
    return found.kind == "day" and not found.year and not found.word and found.shift is None and not found.other


def _range(between: str) -> bool:
    """ "12 August 2022 to 31 August": what stands between the two."""
    return between.strip() in _ranges()


@cache
def _ranges() -> frozenset[str]:
    return frozenset({*map(fold, date_words()["ranges"]), *"-–—~〜～至到", "から", "부터"} - _JOINED)


def _one_date(first: Written, second: Written, folded: str) -> bool:
    """Whether one of them is a year told in words and the other a day that lacks it, with a word of four letters at
    most between them. A stop between them may belong to an abbreviated month, but hardly does."""
    year, day = (second, first) if second.word in _YEARS_OFF else (first, second)
    if year.word not in _YEARS_OFF or year.year or day.kind not in _YEARLESS or day.word or day.year or day.shift:
        return False
    return folded[first.end - 1] != "." and bool(_JOINT.fullmatch(folded, first.end, second.start))


@cache
def _joints() -> tuple[frozenset[str], frozenset[str]]:
    words = date_words()["counted"]
    return frozenset(map(fold, words["before"])), frozenset(map(fold, words["behind"]))


@cache
def _ends() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """An end whose day the text has told, behind a length and before it."""
    words = date_words()["counted"]
    behind = re.compile(rf"\s?(?:{any_of(words['ends'])})(?![^\W_])")
    return behind, re.compile(
        rf"(?:{any_of(words['ends_behind'])})\s?(?:之?日?[后後起]|から|の|후|뒤|부터|로부터)?\s?$"
    )


def counted_from(raw: Written, before: Sequence[Written], after: Sequence[Written], folded: str) -> Written | None:
    """The day from which a length is counted, where the text says it: "within 90 days of 15 July", or "of the closing"
    behind a day that it has told. `before` and `after` are what it tells before and after the length."""
    if raw.kind not in {"span", "term"}:
        return None
    following, leading = _joints()
    for day, joint, told in (
        *((day, folded[raw.end : day.start], following) for day in after[:1]),
        *((day, folded[day.end : raw.start], leading) for day in before[-1:]),
    ):
        if day.kind in {"full", "day"} and not day.word and joint.strip() in told:
            return day
    behind, ahead = _ends()
    if behind.match(folded, raw.end) or ahead.search(folded, max(0, raw.start - _EDGE), raw.start):
        days = (day for day in reversed(before) if day.kind in {"full", "day"} and not day.word)
        return next((day for day in days if raw.start - day.end <= _TOLD), None)
    return None


@cache
def coming_behind() -> re.Pattern[str]:
    """ "Prochain", where it stands behind what it goes with."""
    return re.compile(rf"\s(?:{any_of(date_words()['coming_behind'])})(?![^\W_])")


@cache
def _beside() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    data = date_words()
    joint = r"[\s-]*(?:[^\W\d_]{1,4}\s){0,2}$"
    before = rf"(?<![^\W_])(?:(?P<end>{any_of(data['ends'])})|(?P<start>{any_of(data['starts'])})){joint}"
    first = rf"(?<![^\W_])(?:{any_of(data['one'])}|0?1(?:st|er|º|°|\.|-?го)?)\s(?:[^\W\d_]{{1,5}}\s){{0,2}}$"
    after = rf"\s?(?:(?P<end>{any_of(data['ends_after'])})|(?P<start>{any_of(data['starts_after'])}))"
    return re.compile(before), re.compile(first), re.compile(after)


@cache
def _beside_told(word: str) -> re.Pattern[str]:
    """The day after or before one that the text has told."""
    return re.compile(rf"(?<![a-zà-ÿа-яіїєğışż])(?:{any_of(date_words()[word])})(?![a-zà-ÿа-яіїєğışż])")


@cache
def _lengths() -> dict[str, tuple[int, int]]:
    return {fold(form): (days, months) for form, (days, months) in date_words()["lengths"].items()}


@cache
def _fixed() -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_])(?:{any_of(list(_lengths()))})(?![a-zа-я])")


@cache
def _ordinals() -> Words:
    words = date_words()["quarters"]["words"]
    return {fold(word): value for value, some in enumerate(words, 1) for word in some}


@cache
def _spoken() -> tuple[re.Pattern[str], ...]:
    """Quarters and halves in words, of all languages; the ordinal stands before or behind the unit."""
    data = date_words()
    edge = rf"(?:(?<!\w)(?:(?P<end>{any_of(data['ends'])})|(?P<start>{any_of(data['starts'])}))\s+(?:\w{{1,4}}\s)?)?"
    patterns = []
    for unit, group in (("units", "q"), ("halves", "h")):
        name, words = any_of(data["quarters"][unit]), any_of(list(_ordinals()))
        before = rf"(?<!\w)(?P<{group}>{words}|[1-4](?=\.?\s))\.?\s(?:{name})(?!\w)"
        behind = rf"(?<!\w)(?:{name})\s(?P<{'r' if group == 'q' else 'k'}>{words}|[1-4])(?!\w)"
        patterns += [re.compile(edge + before + _YEAR), re.compile(edge + behind + _YEAR)]
    return tuple(patterns)


@cache
def periods(lang: str) -> Periods:
    """The forms of a language."""
    data = date_words()
    own = data["durations"].get(lang)
    lengths, moved, numbers, units = None, None, {}, {}
    if own:
        numbers = {fold(word): value for word, value in own["numbers"].items()}
        units = {fold(word): unit for unit in "dwmy" for word in own[unit]}
        count = rf"\d{{1,3}}(?![\d.,])|{any_of(list(numbers))}"
        solid = lang in {"zh", "ja", "ko", "th"}
        spelt = r"(?:\s\([^()\d]{2,20}\))?"  # "30 (thirty) days"
        gap, edge = (r"\s?", "") if solid or lang == "ta" else (r"[\s-]+", r"(?<![^\W_])")
        unit = any_of(list(units))
        last = "" if solid or lang in {"ta", "te", "bn"} else r"(?![^\W_])"
        behind = [word for word in own["ago"] if ":" not in word]
        before = [word.removeprefix("before:") for word in own["ago"] if word.startswith("before:")]
        since = [word.removeprefix("since:") for word in own["ago"] if word.startswith("since:")]
        short = any_of([word for word, of in units.items() if of in "dw"])  # "for five years" is what has always been
        tail = r"\s?" if solid or lang in {"ta", "te"} else r"\s"
        forms = []
        if own["in"]:
            forms.append(rf"{edge}(?:{any_of(own['in'])}){gap}(?P<n>{count}){spelt}{gap}(?P<u>{unit}){last}")
        if own["later"] or behind:
            ago = rf"|(?P<ago>{any_of(behind)})" if behind else ""
            later = any_of(own["later"]) or "(?!)"
            free = r"(?<![\d.,〇一二三四五六七八九十])" if solid else r"(?<!tháng )(?<![\d.,])(?:(?<![^\W_])|(?=\d))"
            forms.append(rf"{free}(?P<o>{count}){gap}(?P<v>{unit}){tail}(?:{later}{ago}){last}")
        if before:
            forms.append(rf"{edge}(?:{any_of(before)}){gap}(?P<p>{count}){spelt}{gap}(?P<w>{unit}){last}")
        if since:
            forms.append(rf"{edge}(?:{any_of(since)}){gap}(?P<r>{count}){spelt}{gap}(?P<x>{short}){last}")
        if own.get("have"):  # "Sellers have 90 days", "sellers are given only two weeks"
            some = any_of([word for word, of in units.items() if of != "y"])
            only = "" if solid else rf"(?:{gap}[^\W\d_]{{1,7}})?"
            forms.append(rf"{edge}(?:{any_of(own['have'])}){only}{gap}(?P<h>{count}){spelt}{gap}(?P<z>{some}){last}")
        lengths = re.compile("|".join(forms))
        verb = any_of(data["postponed"])
        length = rf"{edge}(?P<n>{count}){spelt}{gap}(?P<u>{unit}){last}"
        lead = rf"{edge}(?P<o>{count}){spelt}{gap}(?P<v>{unit}){last}"
        near, beside = (_BETWEEN // 3, 2) if solid else (_BETWEEN, _BETWEEN // 2)
        moved = re.compile(rf"{edge}(?:{verb})[^.!?;\n]{{0,{near}}}?{length}|{lead}[^.!?;\n]{{0,{beside}}}?(?:{verb})")
    leads = [form.partition("@") for form in data["bare"]]
    lead = any_of([text for text, _, langs in leads if not langs or lang in langs.split()])
    months = any_of(list(reader(lang).months))
    suffix = r"(?:st|nd|rd|th)" if lang == "en" else r"(?:er|º|ª|°|\.)?"
    bare = rf"(?<![^\W_])(?:{lead})\s?{_DAY}{suffix}{_STOP}(?!\s*(?:{months}))"
    if lang in {"ru", "uk"}:
        bare = rf"(?<![\d.,]){_DAY}(?:-?го|-е|-те)?(?:\s+числа|(?<=го)(?=\s*[,.;)]|\s+[^\W\d_]))(?!\s*(?:{months}))"
    elif lang in _NUMBERED:
        bare = rf"(?<![\d.,]){_NUMBERED[lang]}"
    parts = (re.compile(_EAST), re.compile(_WEST), re.compile(_WEST_AFTER), *_spoken())
    return Periods(lang, lengths, numbers, units, moved, parts, re.compile(bare))
