"""Dates that stand in words: tomorrow, the end of the month, on Wednesday, next Friday."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from monitor.understand.dateforms import DECLINED, VOWELS, Written, any_of, date_words, locale_of
from monitor.understand.gazetteer import ANY_ENDING, Form, Gazetteer, fold

_ENDING = re.compile(rf"(?:ek|ок|ец|[{VOWELS}])$")
_COMPOUNDING = frozenset({"de", "sv", "da", "no", "nl", "ta"})  # Montagabend, onsdagens
_UNSURE = frozenset({"pazar", "sabtu-minggu", "minggu", "sat", "isnin", "ahad"})  # also a market, a week
_CHINESE = {
    "weekday": ("周", "週", "星期", "礼拜"),
    "next": ("下周", "下週", "下星期"),
    "this": ("本周", "本週", "这周", "這週"),
    "last": ("上周", "上週", "上星期"),
}
_VIETNAMESE = ("thứ hai", "thứ ba", "thứ tư", "thứ năm", "thứ sáu", "thứ bảy", "chủ nhật")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language; a form's value is the word and, for a weekday, its number (Monday is 0)."""

    lang: str
    forms: Gazetteer
    coming: re.Pattern[str]

    def scan(self, text: str, folded: str) -> Iterator[Written]:
        """Words for days; a weekday with "next" beside it is the coming one."""
        for hit in self.forms.find(text, self.lang, folded):
            word, _, number = hit.form.value.partition(" ")
            if word == "weekday" and self.coming.search(folded[max(0, hit.start - 14) : hit.end + 14]):
                word = "coming"
            yield Written(hit.start, hit.end, "weekday" if number else "relative", day=int(number or 0), word=word)


@cache
def words(lang: str) -> Words:
    """Words for days in a language, and the English names of weekdays."""
    data = date_words()
    forms = []
    for value, some in data["relative"].items():
        for word in some:
            text, _, langs = word.partition("@")
            stem = text.endswith("*")
            text = text.removesuffix("*")
            forms.append(Form(text, value, tail=ANY_ENDING if stem else 0, langs=frozenset(langs.split())))
    for code in dict.fromkeys((lang, "en")):
        locale = locale_of(code)
        names = locale.days["format"]["wide"] if locale else {}
        forms += [form for number, name in names.items() for form in _weekday(name, number, code)]
    if lang == "zh":
        for number, day in enumerate("一二三四五六日"):
            forms += [Form(week + day, f"{kind} {number}") for kind, weeks in _CHINESE.items() for week in weeks]
    if lang == "vi":
        forms += [Form(day, f"weekday {number}") for number, day in enumerate(_VIETNAMESE)]
    return Words(lang, Gazetteer(forms), re.compile(rf"(?<![^\W\d_])(?:{any_of(data['coming'])})"))


def _weekday(name: str, number: int, lang: str) -> list[Form]:
    if fold(name) in _UNSURE:
        return []
    value = f"weekday {number}"
    forms = [Form(name, value, tail=ANY_ENDING if lang in _COMPOUNDING else 0)]
    stem = _ENDING.sub("", fold(name))
    if lang in DECLINED - {"tr", "el"} and len(stem) > 3:
        forms.append(Form(stem, value, tail=2))
    return forms
