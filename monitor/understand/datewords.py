"""Dates that stand in words: tomorrow, the end of the month, on Wednesday, next Friday."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from monitor.understand import cldr
from monitor.understand.dateforms import Written, reader
from monitor.understand.datenames import DECLINED, VOWELS, any_of, date_words, western_year
from monitor.understand.gazetteer import ANY_ENDING, Form, Gazetteer, fold
from monitor.understand.language import LANGUAGES

_ENDING = re.compile(rf"(?:ek|ок|ец|[{VOWELS}])$")
_COMPOUNDING = frozenset({"de", "sv", "da", "no", "nl", "ta"})  # Montagabend, onsdagens
_UNSURE = frozenset({"pazar", "sabtu-minggu", "minggu", "sat"})  # also a market, a week
_CHINESE = {
    "weekday": ("周", "週", "星期", "礼拜"),
    "next": ("下周", "下週", "下星期"),
    "this": ("本周", "本週", "这周", "這週"),
    "last": ("上周", "上週", "上星期"),
}
_VIETNAMESE = ("thứ hai", "thứ ba", "thứ tư", "thứ năm", "thứ sáu", "thứ bảy", "chủ nhật")


_JAPANESE = "月火水木金土日"
_WEEKS = {"last_week": "last", "this_week": "this", "next_week": "next"}
_YEARLY = frozenset({"year_end", "year_start", "this_year_start", "holiday"})  # a year may stand beside them
_WITHIN = frozenset({*_WEEKS, "weekend"})  # told by the month that most of it lies in
_NAMED = frozenset({"today", "tomorrow", "yesterday"})
_EAST = frozenset({"zh", "ja", "ko"})
_BESIDE = 9  # letters between "next week" and the weekday that goes with it
_MONTHLY = frozenset({"this_month", "next_month", "last_month", "same_month"})
_NUMBER_BEFORE = re.compile(
    r"(?<!\d)(?P<d>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th|\.|º|er|e|:e|-?го)?\s"
    r"(?:of|of the|de|del|des|du|do|di|dello|van|ng|من|ale|числа)?\s?$"
)
_NUMBER_AFTER = re.compile(r"\s(?P<d>[12]\d|3[01]|0?[1-9])(?=న|-ന|ஆம்|\s?तारीख|\s?তারিখ|\s?일|')")
_YEAR_BEFORE = re.compile(r"(?P<y>(?:19|20|25)\d\d)\s?(?:年|년|ปี|yılı)?\s?$")
_YEAR_AFTER = re.compile(r"[\s,]{1,2}(?:\w{1,5}\s){0,1}(?P<y>(?:19|20|25)\d\d)(?!\d)")
_ARTICLES = r"(?:(?:the|den|dem|le|el|día|dia|il|ngày|tanggal)\s|วันที่\s?)?"
_NO_DAY = r"(?!\d|[.:,/%-]\d|\s?(?:%|h\b|uhr|heures|horas|am\b|pm\b))"  # 8 %, 8:30, 8 o'clock
_DAY_AFTER = (
    rf"\s{_ARTICLES}(?P<d>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th|º|er|\.)?{_NO_DAY}(?!\.?\s*(?:de |of |di |ng )?(?:"
)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language; a form's value is the word and, for a weekday, its number (Monday is 0)."""

    lang: str
    forms: Gazetteer
    coming: re.Pattern[str]
    gone: re.Pattern[str]
    day_after: re.Pattern[str]

    def scan(self, text: str, folded: str) -> Iterator[Written]:
        """Words for days; a weekday with "next" beside it is the coming one."""
        hits = [
            (hit.start, hit.end, *hit.form.value.partition(" ")[::2])
            for hit in self.forms.find(text, self.lang, folded)
        ]
        for at, (start, end, word, number) in enumerate(hits):
            if word == "holiday":
                yield _yearly(Written(start, end, "holiday", word=f"holiday {number}"), folded)
            elif not number:
                kind = word if word in _NAMED else "week" if word in _WITHIN else "relative"
                found = Written(start, end, kind, word=word)
                yield (
                    _yearly(found, folded)
                    if word in _YEARLY
                    else _numbered(found, folded)
                    if word in _MONTHLY
                    else found
                )
            else:
                beside = [hits[other] for other in (at - 1, at + 1) if 0 <= other < len(hits)]
                weeks = [w for s, e, w, _ in beside if w in _WEEKS and -1 <= max(s - end, start - e) <= _BESIDE]
                if word == "weekday" and weeks:
                    word = _WEEKS[weeks[0]]
                elif word == "weekday" and self.coming.search(folded[max(0, start - 14) : end + 14]):
                    word = "coming"
                elif word == "weekday" and self.gone.search(folded[max(0, start - 14) : end + 12]):
                    word = "last_weekday"
                yield Written(start, end, "weekday", day=int(number), word=word)
                if self.lang not in _EAST and (day := self.day_after.match(folded, end)):
                    yield Written(
                        start, day.end(), "weekday_day", month=int(number), day=int(day["d"]), word="weekday_day"
                    )


def _numbered(found: Written, folded: str) -> Written:
    """With the day that stands beside "next month"."""
    if before := _NUMBER_BEFORE.search(folded, max(0, found.start - 14), found.start):
        return replace(found, start=before.start("d"), day=int(before["d"]))
    if after := _NUMBER_AFTER.match(folded, found.end):
        return replace(found, end=after.end(), day=int(after["d"]))
    return found


def _yearly(found: Written, folded: str) -> Written:
    """With the year that stands beside it."""
    if before := _YEAR_BEFORE.search(folded, max(0, found.start - 9), found.start):
        return replace(found, start=before.start(), year=western_year(before["y"]))
    if after := _YEAR_AFTER.match(folded, found.end):
        return replace(found, end=after.end(), year=western_year(after["y"]))
    return found


@cache
def words(lang: str) -> Words:
    """Words for days in a language, and the English names of weekdays."""
    data = date_words()
    coming = re.compile(rf"(?<![^\W\d_])(?:{any_of(data['coming'])})")
    gone = re.compile(rf"(?<![^\W\d_])(?:{any_of(data['gone'])})(?![^\W\d_])")
    after = re.compile(_DAY_AFTER + any_of(list(reader(lang).months)) + "))")
    return Words(lang, _forms(), coming, gone, after)


@cache
def _forms() -> Gazetteer:
    """The words of all languages in one: most are sought in every text, as a form says by itself."""
    data = date_words()
    forms = []
    named = {f"holiday {day}": some for day, some in data["holidays"].items()}
    for value, some in (data["relative"] | named).items():
        for word in some:
            text, _, langs = word.partition("@")
            stem = text.endswith("*")
            text = text.removesuffix("*")
            forms.append(Form(text, value, tail=ANY_ENDING if stem else 0, langs=frozenset(langs.split())))
    for lang in (*(code for code in LANGUAGES if code != "en"), "en"):
        known = cldr.names(lang)
        langs = frozenset() if lang == "en" else frozenset({lang})
        for number, name in known.weekdays.items() if known else ():
            forms += [replace(form, langs=langs) for form in _weekday(name, number, lang)]
    chinese, vietnamese, japanese = frozenset({"zh"}), frozenset({"vi"}), frozenset({"ja"})
    for number, day in enumerate("一二三四五六日"):
        for kind, weeks in _CHINESE.items():
            forms += [Form(week + day, f"{kind} {number}", langs=chinese) for week in weeks]
    forms += [Form(day, f"weekday {number}", langs=vietnamese) for number, day in enumerate(_VIETNAMESE)]
    forms += [Form(f"{day}曜", f"weekday {number}", langs=japanese) for number, day in enumerate(_JAPANESE)]
    return Gazetteer(forms)


def _weekday(name: str, number: int, lang: str) -> list[Form]:
    if fold(name) in _UNSURE:
        return []
    value = f"weekday {number}"
    forms = [Form(name, value, tail=ANY_ENDING if lang in _COMPOUNDING else 0)]
    stem = _ENDING.sub("", fold(name))
    if lang == "ta":  # "Friday" for "Fri-day": the word for day is left out in CLDR
        forms += [Form(name + day, value) for day in ("க்கிழமை", "கிழமை", "ட்கிழமை")]
    if lang == "tr":  # pazartesiden bu yana
        forms.append(Form(name, value, tail=4))
    if lang in DECLINED - {"tr", "el"} and len(stem) > 3:
        forms.append(Form(stem, value, tail=2))
    return forms
