"""Names that a text only compares with what it is about, or where sellers go instead: "a rival of X", "after X, Y"."""

import re
from collections.abc import Sequence
from functools import cache

from monitor.understand.gazetteer import ANY_ENDING, Form, Gazetteer, fold
from monitor.understand.lists import enumerated
from monitor.understand.ranking import Mention
from monitor.understand.reading import Reading
from monitor.understand.wordlists import word_list

_HEADS = {"before": ("before", "apposed", "towards", "opening"), "after": ("after", "naming", "thither", "closing")}
_REACH = 60  # code points beside a name in which the words that compare it are sought
_WIDE = r"\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_IDLE = " \n\"'’«»„“”「」『』《》()—–-"  # before the first word of a sentence
_QUOTES = r"\s\"'’«»„“”「」『』《》()"
_UP_TO = re.compile(rf"[{_QUOTES}]*(?:[^\W\d_A-Z{_WIDE}]{{1,8}}['’]?\s+){{0,2}}[{_QUOTES}]*")  # "the", "its"
_FROM = re.compile(rf"(?:['’:]?[^\W\d_{_WIDE}]{{1,4}})?[{_QUOTES}\u200c-]*")  # a case ending, "'s"
_NAME = re.compile(r" [^\W\d_a-zäöüßåæø]")
_COMMA = re.compile(rf"[{_QUOTES}]*[,，、،]")
_VERB = re.compile(r"\s+[^\W\d_A-ZÄÖÜÅÆØ]")
_VERB_SECOND = frozenset({"de", "nl", "sv", "da", "no"})  # no comma behind what a sentence begins with: "Nach X geht Y"


def compared(mentions: Sequence[Mention], reading: Reading, lang: str) -> set[str]:
    """The platforms that the text names in no other way. In an enumeration all are: "a rival of X and Y"; but "unlike
    X, Y and Z go" compares X alone."""
    aside: set[str] = set()
    told: set[str] = set()
    for group in enumerated(mentions, reading):
        start, end = reading.place(group[0].field, group[0].start), reading.place(group[-1].field, group[-1].end)
        first = reading.place(group[0].field, group[0].end)
        phrase = _phrase(reading, start, end, lang)
        many = len(group) if phrase is not None else 0
        apart = len(group) > 2 and _COMMA.match(reading.whole, first) and not _COMMA.match(reading.whole, end)
        if (phrase is None and len(group) > 1) or (phrase is not None and apart and _begins(reading, phrase)):
            many = int(_phrase(reading, start, first, lang) is not None)
        aside |= {mention.value for mention in group[:many]}
        told |= {mention.value for mention in group[many:]}
    return aside - told


def _phrase(reading: Reading, start: int, end: int, lang: str) -> int | None:
    """Where the phrase begins that compares what stands at [start, end) of the whole, by words that touch it; None when
    there is none."""
    left, right = reading.extent(reading.sentence(start))
    far = max(left, start - _REACH)
    before, after = reading.whole[far:start], reading.whole[end : min(right, end + _REACH)]
    ends = bool(_COMMA.match(after) or (lang in _VERB_SECOND and _VERB.match(after)))
    for hit in _forms("before").find(before, lang):
        asked = {
            "opening": ends and _begins(reading, far + hit.start),
            "apposed": _apposed().search(before, 0, hit.start),
        }
        if _UP_TO.fullmatch(before, hit.end) and asked.get(hit.form.value, True):
            return far + hit.start
    for hit in _forms("after").find(after, lang):
        asked = {"closing": _begins(reading, start), "naming": _NAME.match(after, hit.end)}
        if _FROM.fullmatch(after, 0, hit.start) and asked.get(hit.form.value, True):
            return start
    return None


def _begins(reading: Reading, start: int) -> bool:
    """Whether the sentence begins here."""
    left, _ = reading.extent(reading.sentence(start))
    return not reading.whole[left:start].strip(_IDLE)


@cache
def _apposed() -> re.Pattern[str]:
    """What goes before words that are in apposition: "Y, a cheaper ...", "launched as an ..."."""
    launched = "|".join(map(re.escape, word_list("comparisons")["launched"]))
    return re.compile(rf"(?:[,(，،–—-]\s*|\b(?:{launched})\s+)(?:[^\W\d_]+\s+){{0,3}}$", re.IGNORECASE)


@cache
def _forms(side: str) -> Gazetteer:
    """The words on one side of the name; a form's value is the head that it stands under."""
    forms = []
    for head in _HEADS[side]:
        for word in word_list("comparisons")[head]:
            text, _, langs = word.partition("@")
            tail = ANY_ENDING if text.endswith("*") else 0
            forms.append(Form(fold(text.removesuffix("*")), head, tail=tail, langs=frozenset(langs.split())))
    return Gazetteer(forms)
