"""The names of months and the other words of dates: CLDR's, and what `data/dates.yaml` adds."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from monitor.understand import cldr
from monitor.understand.gazetteer import fold
from monitor.understand.wordlists import word_list

DECLINED = frozenset({"ru", "uk", "bg", "pl", "cs", "sk", "tr", "el", "fi", "hu"})
_NUMERALS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "元": 1, "正": 1}
_BESIDE = 24  # letters before a date within which "next" and "last" stand
VOWELS = "аеиіїоуыэюяьйaeiouyąęěáíéůıöüαεηιουωςάέήίόύώ"


@cache
def date_words() -> dict[str, Any]:
    """What `data/dates.yaml` holds."""
    loaded: dict[str, Any] = word_list("dates")
    return loaded


def any_of(words: list[str]) -> str:
    """An alternation, the longest first; `*` stands for any ending."""
    ordered = sorted({fold(word) for word in words}, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\*", r"\w*") for word in ordered)


@cache
def ordinals(lang: str) -> dict[str, int]:
    """The days of a month as a language spells them out, folded; empty for one whose words are not known."""
    named = enumerate(date_words()["ordinals"].get(lang, []), 1)
    words = {fold(form): day for day, forms in named for form in forms.split("/")}
    if lang == "ar":  # with the preposition "to"
        words |= {fold(form.replace("ال", "لل", 1)): day for form, day in words.items()}
    return words


def month_names(lang: str) -> dict[str, int]:
    """Folded names and abbreviations; of declined languages also the stems of names."""
    names: dict[str, int] = {}
    for code in dict.fromkeys(("en", lang)):
        known = cldr.names(code)
        for form in ("format", "stand-alone"):
            for width in ("wide", "abbreviated") if code == lang else ("wide",):
                table = known.months.get((form, width), {}) if known else {}
                names |= {fold(name).rstrip("."): number for number, name in table.items()}
    for number, extra in date_words()["months"].get(lang, {}).items():
        names |= {fold(name): number for name in extra}
    names = {name: number for name, number in names.items() if len(name) > 1 and not re.search(r"\d|月|월", name)}
    if lang in DECLINED:
        stems = {name.rstrip(VOWELS): number for name, number in names.items() if len(name) > 4}
        names = {stem: number for stem, number in stems.items() if len(stem) > 3} | names
    return names


def led(lang: str, months: dict[str, int], month: str) -> Iterator[tuple[str, str]]:
    """ "In May", "im Mai", "मई में": a month whose name is also another word, beside one that goes with months."""
    data = date_words()
    words = [name for name in months if name in set(map(fold, data["led"]))]
    if not words:
        return
    named = month.replace(any_of(list(months)), any_of(words))
    if before := data["leads"].get(lang):
        yield "month", rf"(?<!\w)(?P<lead>(?:{any_of(before)})\s+){named}"
    if behind := data["leads_behind"].get(lang):
        yield "month", rf"{named}(?=\s(?:{any_of(behind)})(?!\w))"


@cache
def coming_behind() -> re.Pattern[str]:
    """ "Prochain", where it stands behind what it goes with."""
    return re.compile(rf"\s(?:{any_of(date_words()['coming_behind'])})(?![^\W_])")


@cache
def _gone() -> re.Pattern[str]:
    return re.compile(rf"\s?(?:{any_of(date_words()['gone_behind'])})(?![^\W_])")


@cache
def _before() -> tuple[re.Pattern[str], re.Pattern[str]]:
    data = date_words()
    articles = r"\s?(?:(?:mes|mês|mese|mois|lună|ngày|tháng|día|dia|giorno|tanggal|de|di|do)\s){0,2}$"
    coming, gone = (rf"(?<![^\W\d_])(?:{any_of(data[key])}){articles}" for key in ("coming_before", "gone_before"))
    return re.compile(coming), re.compile(gone)


def beside(folded: str, start: int, end: int) -> str:
    """Whether the text says beside a date that it is "coming" or "gone"; empty where it does not."""
    coming, gone = _before()
    left = max(0, start - _BESIDE)
    behind = len(folded) if folded[end - 1] == "." else end  # "by 2 April. Passé ce délai"
    if coming_behind().match(folded, behind) or coming.search(folded, left, start):
        return "coming"
    return "gone" if _gone().match(folded, behind) or gone.search(folded, left, start) else ""


def number(text: str) -> int:
    """The value of digits, or of Chinese numerals up to 39 or digit by digit."""
    if text.isdecimal():
        return int(text)
    if "十" in text:
        tens, _, ones = text.partition("十")
        return (_NUMERALS[tens] if tens else 1) * 10 + (_NUMERALS[ones] if ones else 0)
    return int("".join(str(_NUMERALS[char]) for char in text))


def western_year(text: str | None) -> int | None:
    """Of four digits, Buddhist years brought to our era."""
    if not text:
        return None
    year = int(text)
    return year - 543 if year > 2400 else year
