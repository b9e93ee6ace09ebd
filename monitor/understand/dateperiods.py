"""Dates told by a length or a part: "within 90 days of 15 July", "in the third quarter", "on the 15th".

The words are in `data/dates.yaml`. A length is counted from publication, or from a day that stands by it; a quarter or
a half is told by its first month, the earliest that it can mean, unless the text speaks of its end.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from monitor.understand.dateforms import Written, reader
from monitor.understand.datelengths import Lengths, lengths
from monitor.understand.datenames import any_of, coming_behind, date_words, number, western_year
from monitor.understand.gazetteer import fold

_YEAR = (
    r"(?:(?:[\s,./-]|\b(?:de|of|del|do|di|van|von|года|року|roku|tahun|năm|عام|من)\b|ปี|พ\.ศ\.){0,4}"
    r"(?P<y>(?:19|20|25)\d\d)(?!\d))?"
)
_EAST = (
    r"(?:(?P<y>(?:19|20)\d\d)\s?(?:年度?|년)?\s*)?"
    r"(?:第?(?P<q>[1-4一二三四])\s?(?:季度|季|四半期|분기)|(?P<h>[上下])半[年期]|(?P<k>[상하])반기)(?P<end>末|底|\s?말)?"
)
_WEST = rf"(?<![^\W_])(?:q(?P<q>[1-4])|(?P<r>[1-4])q|h(?P<h>[12]))(?![^\W_]){_YEAR}"
_THAI = rf"(?:ไตรมาส(?:ที่)?\s?(?P<q>[1-4])|ครึ่งปี(?P<h>แรก|หลัง)){_YEAR}"
_VIETNAMESE = rf"nửa (?P<h>đầu|cuối) năm{_YEAR}"
_WEST_AFTER = r"(?<!\d)(?P<y>20\d\d)[\s-]?(?:q(?P<q>[1-4])|h(?P<h>[12]))(?![^\W_])"
_OWN = {"th": (_THAI,), "vi": (_VIETNAMESE,)}
_SECOND = {"2", "下", "하", "หลัง", "cuối"}
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
_MONTHS = frozenset({"last_month", "this_month", "next_month", "same_month"})
_WHOLE = frozenset({*_MONTHS, "last_year", "this_year", "next_year"})
_NEXT = {
    "month_end": "next_month end", "month_start": "next_month start",
    "year_end": "next_year end", "year_start": "next_year start", "this_year_start": "next_year start",
}  # fmt: skip
_EDGE = 32  # letters beside "next month" within which its end or first day is told
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
    """The forms of one language."""

    lang: str
    lengths: Lengths
    parts: tuple[re.Pattern[str], ...]
    bare: re.Pattern[str]
    month: re.Pattern[str]

    def scan(self, text: str, folded: str) -> Iterator[Written]:
        """Everything that may be such a date; forms overlap."""
        for word in ("following", "preceding"):
            for match in _beside_told(word).finditer(folded):
                yield Written(match.start(), match.end(), "relative", word=word)
        yield from self.lengths.scan(folded)
        for pattern in self.parts:
            for match in pattern.finditer(folded):
                if match["y"] or not (match.groupdict().get("told") or self.month.match(folded, match.end())):
                    yield _part(match, folded)
        for match in self.bare.finditer(folded):
            if self.lang == "de" and text[match.end() :].lstrip()[:1].isupper():
                continue  # "zum 15. Mal"
            yield Written(match.start("d"), match.end(), "bare", day=int(match["d"]))


def _part(match: re.Match[str], folded: str) -> Written:
    """A quarter or a half, with its end or its beginning where the words before it tell that. (A half "told" is one of
    a year only where that stands behind: not "the first half of March".)"""
    groups = match.groupdict()
    quarter = groups.get("q") or groups.get("r")
    half = groups.get("h") or groups.get("k")
    if ordinal := groups.get("n"):
        value = _ordinals().get(ordinal) or number(ordinal)
        first, last = (3 * value - 2, 3 * value) if groups["unit"] else (7, 12) if value in {2, 4} else (1, 6)
    elif quarter:
        value = number(quarter)
        first, last = 3 * value - 2, 3 * value
    else:
        first, last = (7, 12) if half in _SECOND else (1, 6)
    year = western_year(groups.get("y"))
    edge = _edge().search(folded, max(0, match.start() - _EDGE), match.start())
    start = edge.start() if edge else match.start()
    if groups.get("end") or (edge and edge["end"]):
        return Written(start, match.end(), "end", year, last)
    if edge:
        return Written(start, match.end(), "full" if year else "day", year, first, 1)
    return Written(start, match.end(), "quarter", year, first)


def edges(found: Iterable[Written], folded: str) -> Iterator[Written]:
    """ "The end of" and "the first of" before or behind "next month", whatever the order of the language."""
    before, first, behind = _beside()
    for one in found:
        if one.word in _NEXT and (match := coming_behind().match(folded, one.end)):
            yield Written(one.start, match.end(), "relative", word=_NEXT[one.word])
        if one.word not in _WHOLE or one.day:
            continue
        left = max(0, one.start - _EDGE)
        if (match := before.search(folded, left, one.start)) and _fits(one, match):
            yield Written(match.start(), one.end, "relative", word=f"{one.word} {match.lastgroup}")
        elif one.word in _MONTHS and (match := first.search(folded, left, one.start)):
            yield Written(match.start(), one.end, "relative", word=f"{one.word} start")
        elif (match := behind.match(folded, one.end)) and _fits(one, match):
            yield Written(one.start, match.end(), "relative", word=f"{one.word} {match.lastgroup}")


def _fits(one: Written, edge: re.Match[str]) -> bool:
    """Only a month has a middle: "half of next year" is a length."""
    return edge.lastgroup != "mid" or one.word in _MONTHS


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
def _beside() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    data = date_words()
    joint = r"[\s-]*(?:[^\W\d_]{1,4}\s){0,2}$"
    named = ("end", "ends"), ("start", "starts"), ("mid", "mids")
    edges = "|".join(rf"(?P<{name}>{any_of(data[key])})" for name, key in named)
    ended = r"(?![a-zß-ɏḀ-ỿ](?<!['’].))"  # a Latin word is over, but for one like "dell'"
    before = rf"(?<![^\W_])(?:{edges}){ended}{joint}"
    first = rf"(?<![^\W_])(?:{any_of(data['one'])}|0?1(?:st|er|º|°|\.|-?го)?)\s(?:[^\W\d_]{{1,5}}\s){{0,2}}$"
    edges = "|".join(rf"(?P<{name}>{any_of(data[f'{key}_after'])})" for name, key in named)
    return re.compile(before), re.compile(first), re.compile(rf"\s?(?:{edges})")


@cache
def _beside_told(word: str) -> re.Pattern[str]:
    """The day after or before one that the text has told."""
    return re.compile(rf"(?<![a-zà-ÿа-яіїєğışż])(?:{any_of(date_words()[word])})(?![a-zà-ÿа-яіїєğışż])")


@cache
def _ordinals() -> Words:
    words = date_words()["quarters"]["words"]
    return {fold(word): value for value, some in enumerate(words, 1) for word in some}


@cache
def _edge() -> re.Pattern[str]:
    data = date_words()
    edges = rf"(?P<end>{any_of(data['ends'])})|(?P<start>{any_of(data['starts'])})"
    return re.compile(rf"(?<!\w)(?:{edges})\s+(?:\w{{1,4}}\s)?$")


@cache
def _spoken() -> tuple[re.Pattern[str], ...]:
    """Quarters and halves in words, of all languages; the ordinal stands before or behind the unit."""
    words = any_of(list(_ordinals()))
    units, halves, told = (any_of(date_words()["quarters"][key]) for key in ("units", "halves", "halves_told"))
    name = rf"(?:(?P<unit>{units})|{halves}|(?P<told>{told}))(?!\w)"
    before = rf"(?<!\w)(?P<n>{words}|[1-4](?=\.?\s))\.?\s{name}{_YEAR}"
    behind = rf"(?<!\w){name}\s(?P<n>{words}|[1-4])(?!\w){_YEAR}"
    return re.compile(before), re.compile(behind)


@cache
def periods(lang: str) -> Periods:
    """The forms of a language."""
    data = date_words()
    leads = [form.partition("@") for form in data["bare"]]
    lead = any_of([text for text, _, langs in leads if not langs or lang in langs.split()])
    months = any_of(list(reader(lang).months))
    suffix = r"(?:st|nd|rd|th)" if lang == "en" else r"(?:er|º|ª|°|\.)?"
    bare = rf"(?<![^\W_])(?:{lead})\s?{_DAY}{suffix}{_STOP}(?!\s*(?:{months}))"
    if lang in {"ru", "uk"}:
        bare = rf"(?<![\d.,]){_DAY}(?:-?го|-е|-те)?(?:\s+числа|(?<=го)(?=\s*[,.;)]|\s+[^\W\d_]))(?!\s*(?:{months}))"
    elif lang in _NUMBERED:
        bare = rf"(?<![\d.,]){_NUMBERED[lang]}"
    own = (_EAST, _WEST, _WEST_AFTER, *_OWN.get(lang, ()))
    parts = (*map(re.compile, own), *_spoken())
    month = re.compile(rf"\s?(?:[^\W\d_]{{1,5}}\s){{0,2}}(?:{months}|tháng)")
    return Periods(lang, lengths(lang), parts, re.compile(bare), month)
