"""The days that a text gives up for another one: "31 January instead of 27 December", "originally planned for 15
January, put off until 1 March", "moved from 15 January to 1 March", "an earlier version said 30 June".

By such a day nobody must act any more, and nothing happens on it.
"""

import re
from collections.abc import Collection, Sequence
from functools import cache, lru_cache
from itertools import pairwise

from monitor.understand.gazetteer import Gazetteer, Hit, headed
from monitor.understand.ranking import Mention
from monitor.understand.reading import Reading
from monitor.understand.wordlists import word_list

_BESIDE = 20  # letters at most between "planned" and its day, half as many in a wide script: "to shut down on"
_BEHIND = 12  # where the day stands first: "1월 15일로 예정됐던", "für den 15. Januar geplante"
_REACH = 60  # between "an earlier version" and the day that it told
_LENGTHS = frozenset({"span", "term"})
_YEAR = re.compile(r"\d{4}|[年년]")
_THAN = re.compile("보다|より")  # "later than was planned at first": what follows is the new day
_PAUSE = re.compile(r"[,;:，、；،!?。！？]|\.\s")

_INSTEAD = re.compile(  # with an article or a preposition at most between it and the date
    r"(?:instead of|rather than|and not|statt|anstatt|anstelle|au lieu d[ue]|plutôt que|en lugar de|en vez de|em vez de"
    r"|ao invés de|invece (?:di|che)|anziché|in plaats van|zamiast|вместо|alih-alih|bukannya|thay vì"
    r"|แทนที่จะเป็น|بدلا من|بدلاً من|而不是|而非|取代)\W*(?:\w{1,4}\W*){0,2}$",
    re.IGNORECASE,
)
_INSTEAD_AFTER = re.compile(r"\s*(?:ではなく|に代わり|이 아닌|이 아니라|대신|yerine|के बजाय|की जगह)", re.IGNORECASE)
_FROM = re.compile(  # with an article, a weekday or the word for "day" at most between it and the date
    r"(?:\b(?:from|vom|von|du|de|del|desde|da|dal|dall['’]|do dia|van|från|fra|od|z|с|со|з|із|від|dari|daripada|từ|mula"
    r"|από|من|از)\b|จาก|从|從|自|由)\W*(?:[^\W\d]{1,10}\W*){0,2}$",
    re.IGNORECASE,
)
_FROM_AFTER = re.compile(r"\s*['’]?(?:から|에서|[dt][ea]n\b|से\b|থেকে|இலிருந்து|నుండి|నుంచి)", re.IGNORECASE)
_AS = re.compile(  # "as originally planned": then it stays so
    r"(?:\b(?:as|wie|comme|como|come|zoals|som|jak|как|як|seperti|như|όπως)\b|كما|如|按|照|जैसा)\W*(?:[^\W\d]{1,6}\W*)?$",
    re.IGNORECASE,
)


def fallen(mentions: Sequence[Mention], reading: Reading, lang: str) -> frozenset[Mention]:
    """The mentions of days that the text says do not hold any more; `lang` is the text's."""
    days = sorted(
        (m for m in mentions if m.kind not in _LENGTHS and len(m.value) >= 7),
        key=lambda m: reading.place(m.field, m.start),
    )
    words = _words(reading.whole, lang) if days else ()
    gone = {day for day in days if instead(day, reading)}
    if words:
        gone |= _before_it_was_changed(days, words, reading)
        gone |= _moved(days, words, reading)
    return frozenset(gone)


def named_again(gone: Collection[Mention], mentions: Sequence[Mention]) -> frozenset[str]:
    """The values of all mentions of such days: of "30 June", without a year, in whichever year the text told it."""
    yearless = {day.value[4:] for day in gone if len(day.value) == 10 and not _YEAR.search(day.quote)}
    values = {day.value for day in gone}
    return frozenset(m.value for m in mentions if m.value in values or m.value[4:] in yearless)


def put_off_until(mention: Mention, reading: Reading, lang: str) -> bool:
    """Whether the day is the one that something is put off to: its "until" sets nobody a term."""
    start, end = _extent(mention, reading)
    left, right = reading.extent(reading.sentence(start))
    return any(
        "later" in _heads(word)
        and "extended" not in _heads(word)
        and left <= word.start < right
        and not _PAUSE.search(reading.whole, *sorted((min(end, word.end), max(start, word.start))))
        and abs(reading.gap(start, end, word.start, word.end)) <= _BESIDE
        for word in _words(reading.whole, lang)
    )


def instead(day: Mention, reading: Reading) -> bool:
    """ "31 January instead of 27 December": the second."""
    start, end = _extent(day, reading)
    before, after = reading.whole[max(0, start - 24) : start], reading.whole[end : end + 12]
    return bool(_INSTEAD.search(before) or _INSTEAD_AFTER.match(after))


def _before_it_was_changed(days: Sequence[Mention], words: Sequence[Hit], reading: Reading) -> set[Mention]:
    """What a text says was planned at first, or stood in its earlier version."""
    gone = set()
    for number, word in enumerate(words):
        heads, left = _heads(word), reading.extent(reading.sentence(word.start))
        here = [other for other in words if left[0] <= other.start < left[1]]
        if "version" in heads:
            told = next((day for day in days if _extent(day, reading)[0] >= word.end), None)
            if told and _gap(word.end, _extent(told, reading)[0], reading) <= _REACH and _same(word, told, reading):
                gone.add(told)
        if "first" not in heads or _AS.search(reading.whole, max(0, word.start - 20), word.start):
            continue
        if not any({"planned", "later", "sooner", "moved"} & _heads(other) for other in here):
            continue
        last = word
        for other in words[number + 1 :]:
            if "planned" in _heads(other) and _gap(last.end, other.start, reading) <= _BESIDE // 2:
                last = other
        planned = "planned" in _heads(last)
        if (told := _beside(last, days, reading, behind=planned)) is not None:
            gone.add(told)
    return gone


def _moved(days: Sequence[Mention], words: Sequence[Hit], reading: Reading) -> set[Mention]:
    """ "The closing planned for 15 January is put off until 1 March", "moved from 15 January to 1 March": the first,
    where the other one lies on the side that the verb says."""
    gone = set()
    for one, other in pairwise(days):
        start, end = _extent(one, reading)
        then = _extent(other, reading)[0]
        left, right = reading.extent(reading.sentence(start))
        if then >= right or one.value == other.value:
            continue
        verbs = [w for w in words if left <= w.start < right and {"later", "sooner", "moved"} & _heads(w)]
        turns = {head for verb in verbs for head in _heads(verb)}
        way = "later" if one.value < other.value else "sooner"
        if not {way, "moved"} & turns:
            continue
        apart = _gap(end, then, reading) <= _BESIDE and not _PAUSE.search(reading.whole, end, then)
        whence = _FROM.search(reading.whole, max(0, start - 30), start) or _FROM_AFTER.match(reading.whole, end)
        if apart and whence:
            gone.add(one)
        plans = [w for w in words if left <= w.start < right and "planned" in _heads(w)]
        if all(verb.start >= start for verb in verbs) and any(
            _beside(plan, days, reading, behind=True) is one for plan in plans
        ):
            gone.add(one)
    return gone


def _beside(word: Hit, days: Sequence[Mention], reading: Reading, *, behind: bool) -> Mention | None:
    """The day that such a word speaks of: the one that follows or, where it may stand `behind` its day, that one."""
    for day in days:
        start, _ = _extent(day, reading)
        if start >= word.end and _same(word, day, reading) and _gap(word.end, start, reading) <= _BESIDE:
            parted = _PAUSE.search(reading.whole, word.end, start) or _THAN.search(reading.whole, word.end, start)
            return None if parted else day
    for day in reversed(days) if behind else ():
        _, end = _extent(day, reading)
        if end <= word.start and _same(word, day, reading) and _gap(end, word.start, reading) <= _BEHIND:
            return None if _PAUSE.search(reading.whole, end, word.start) else day
    return None


def _extent(day: Mention, reading: Reading) -> tuple[int, int]:
    start = reading.place(day.field, day.start)
    return start, start + len(day.quote)


def _same(word: Hit, day: Mention, reading: Reading) -> bool:
    return reading.sentence(word.start) == reading.sentence(_extent(day, reading)[0])


def _gap(left: int, right: int, reading: Reading) -> int:
    return (right - left) * (2 if reading.wide else 1)


def _heads(word: Hit) -> frozenset[str]:
    return frozenset(word.form.value.split())


@lru_cache(maxsize=32)
def _words(whole: str, lang: str) -> tuple[Hit, ...]:
    """Once for the several events and passages of a document."""
    return tuple(_forms().find(whole, lang))


@cache
def _forms() -> Gazetteer:
    """The words as one gazetteer; a form's value lists its heads."""
    return headed(word_list("fallen") | {"later": word_list("dates")["postponed"]})
