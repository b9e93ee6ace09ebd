"""Cue words: which hints of a topic or a status a text gives, and where. The words are data (`data/cues.yaml`)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from monitor.domain.signals import EventType, Status

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


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that give a hint. `start` and `end` are offsets in the text that was searched."""

    hint: str
    start: int
    end: int


@cache
def lexicon() -> dict[str, dict[str, list[str]]]:
    """Hint to language to cues, as the data file has them."""
    source = resources.files("monitor.understand").joinpath("data/cues.yaml")
    loaded: dict[str, dict[str, list[str]]] = yaml.safe_load(source.read_text(encoding="utf-8"))
    return loaded


@cache
def hints() -> tuple[str, ...]:
    """Every hint, in the order of the data file: the order of the model's features."""
    return tuple(lexicon())


def find(text: str, lang: str) -> Iterator[Cue]:
    """Every cue of the language, and of English, in the text's first `SCANNED` code points, hint by hint."""
    for hint, pattern in _patterns(lang):
        for match in pattern.finditer(text, 0, SCANNED):
            yield Cue(hint, match.start(), match.end())


def counts(text: str, lang: str) -> dict[str, int]:
    """How often each hint is given; every hint has a key."""
    found = dict.fromkeys(hints(), 0)
    for cue in find(text, lang):
        found[cue.hint] += 1
    return found


@cache
def _patterns(lang: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    compiled = []
    for hint, by_language in lexicon().items():
        cues = {cue: None for code in (lang, "en") for cue in by_language.get(code, [])}
        longest_first = sorted(cues, key=len, reverse=True)
        compiled.append((hint, re.compile("|".join(map(_expression, longest_first)), re.IGNORECASE)))
    return tuple(compiled)


def _expression(cue: str) -> str:
    whole = cue.endswith(" ")
    body = r".{0,20}?".join(re.escape(part.strip()) for part in cue.split("~"))
    if _unspaced(cue[0]):
        return body
    return rf"\b{body}" + (r"\b" if whole else "")


def _unspaced(char: str) -> bool:
    """Scripts that write words without spaces, or join particles to them: Thai, Han, kana, Hangul."""
    return 0x0E00 <= ord(char) <= 0x0E7F or 0x2E80 <= ord(char) <= 0xD7FF
