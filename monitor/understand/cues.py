"""Cue words: which hints of a topic or a status a text gives, and where. The words are data (`data/cues.yaml`)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from monitor.domain.signals import EventType, Status
from monitor.understand.wordlists import word_list

SCANNED = 20_000  # code points of a text that are looked at
RISK: dict[EventType, str] = {
    EventType.SHUTDOWN: "closing",
    EventType.MARKET_EXIT: "leaving",
    EventType.BAN: "banning",
    EventType.ENFORCEMENT: "enforcing",
    EventType.POLICY: "terms",
    EventType.TRADE_RULE: "customs",
    EventType.INSOLVENCY: "insolvent",
}
CERTAINTY: dict[Status, str] = {
    Status.RUMOR: "rumor",
    Status.PROPOSED: "planned",
    Status.CONFIRMED: "decided",
    Status.EFFECTIVE: "happened",
    Status.REVERSED: "undone",
}
_KEY = 3  # letters by which a cue is looked up
# Thai, Han, kana and Hangul write words without spaces, or join particles to them: a cue may begin at any sign.
_UNSPACED = re.compile("[\u0e00-\u0e7f\u2e80-\ud7ff]")
_START = re.compile(r"(?<!\w)\w|" + _UNSPACED.pattern)
_LETTER = re.compile(r"[\w\u0300-\u036f\u0900-\u0dff]")  # and marks that belong to one
_LONGEST_WORD = 60  # code points; what is longer is no word
# Letters that are one letter in two shapes, beyond capitals: what `re.IGNORECASE` holds equal.
_SHAPES = str.maketrans("İıſςϐϵθϑϰϖϱϕµẛᾼ", "iisσβεθθκπρφμṡᾳ")


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that give a hint. `start` and `end` are offsets in the text that was searched."""

    hint: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Form:
    """A cue of one hint, folded: its words (as far as the gap), and an expression where it has a gap."""

    rank: int  # of its hint
    words: str
    whole: bool
    gapped: re.Pattern[str] | None


@cache
def lexicon() -> dict[str, dict[str, list[str]]]:
    """Hint to language to cues, as the data file has them."""
    loaded: dict[str, dict[str, list[str]]] = word_list("cues")
    return loaded


@cache
def hints() -> tuple[str, ...]:
    """Every hint, in the order of the data file: the order of the model's features."""
    return tuple(lexicon())


def find(text: str, lang: str) -> Iterator[Cue]:
    """Every cue of the language, and of English, in the text's first `SCANNED` code points, hint by hint.

    Cues of one hint never overlap; where two begin together, the longer one counts. Only where a word begins with the
    first letters of some cue is anything compared, so that the cost hardly grows with the number of cues.
    """
    folded = fold(text[:SCANNED])
    forms, names = _forms(lang), hints()
    found: list[list[Cue]] = [[] for _ in names]
    for start in _START.finditer(folded):
        at = start.start()
        key = folded[at : at + _KEY]
        for form in forms.get(key) or forms.get(key[:2]) or forms.get(key[:1]) or ():
            before = found[form.rank]
            if (not before or before[-1].end <= at) and (end := _end(folded, at, form)) is not None:
                before.append(Cue(names[form.rank], at, end))
    for cues in found:
        yield from cues


def counts(text: str, lang: str) -> dict[str, int]:
    """How often each hint is given; every hint has a key."""
    found = dict.fromkeys(hints(), 0)
    for cue in find(text, lang):
        found[cue.hint] += 1
    return found


def fold(text: str) -> str:
    """Small letters of one shape, every offset kept."""
    return text.lower() if text.isascii() else text.translate(_SHAPES).lower().translate(_SHAPES)


def _end(folded: str, at: int, form: _Form) -> int | None:
    if form.gapped:
        match = form.gapped.match(folded, at)
        return match.end() if match else None
    if not folded.startswith(form.words, at):
        return None
    end = at + len(form.words)
    if form.whole and _of_a_word(folded[end - 1]) is (end < len(folded) and _of_a_word(folded[end])):
        return None
    return end


def _of_a_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


@cache
def _forms(lang: str) -> dict[str, list[_Form]]:
    """By their first `_KEY` letters (fewer, where a form has no more). A key's list has every form that a text with
    this beginning may continue to, so one look finds them."""
    forms = []
    for rank, by_language in enumerate(lexicon().values()):
        cues = {cue: None for code in (lang, "en") for cue in by_language.get(code, [])}
        forms += [_form(cue, rank) for cue in sorted(cues, key=len, reverse=True)]
    keys = {form.words[:_KEY] for form in forms}
    return {key: [form for form in forms if key.startswith(form.words[:_KEY])] for key in keys}


def _form(cue: str, rank: int) -> _Form:
    whole = cue.endswith(" ") and not _UNSPACED.match(cue)
    parts = [fold(part.strip()) for part in cue.split("~")]
    gapped = re.compile(".{0,20}?".join(map(re.escape, parts)) + (r"\b" if whole else "")) if parts[1:] else None
    return _Form(rank, parts[0], whole, gapped)


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """A cue's stretch widened to the words that it is a part of, for people to read: most cues are stems. Not where a
    script joins its words."""

    def joins(at: int) -> bool:
        inside, beside = text[at - 1 : at], text[at : at + 1]
        return all(bool(_LETTER.match(sign)) and not _UNSPACED.match(sign) for sign in (inside, beside))

    first, last = start, end
    while last - start < _LONGEST_WORD and start < last < len(text) and joins(last):
        last += 1
    while end - first < _LONGEST_WORD and 0 < first < end and joins(first):
        first -= 1
    return first, last
