"""What a text lists together: regions, or platforms."""

import re
from collections.abc import Sequence

from monitor.understand.ranking import Mention
from monitor.understand.reading import Reading

_AND = (
    "and|or|et|ou|y|e|o|und|oder|en|och|og|eller|ja|și|şi|sau|i|oraz|lub|a|či|és|и|или|та|і|й|або|ve|veya|dan|atau|serta|và|"
    "at|και|और|এবং|ও|மற்றும்|و"
)
_JOINED = rf"\s*[,،、，]?\s+(?:{_AND})\s+|\s*[和及与與跟やと&]\s*|(?:와|과|및|、)\s*|\s*และ\s*"
_ARTICLES = r"(?:[^\W\d_]{1,4}['’]?\s*){0,2}"
_COORDINATED = re.compile(  # what stands between two members of a list: "A, B", "A et en B", "A、B", "A와 B"
    rf"(?:\s*[,،、，;/·・]\s*(?:(?:{_AND})\s+)?|{_JOINED}){_ARTICLES}"
)
_LAST = re.compile(rf"(?:{_JOINED}){_ARTICLES}")  # before the last member: "A, B and C"
_FAR = 24  # code points between two members


def listed_together(mentions: Sequence[Mention], reading: Reading) -> list[set[str]]:
    """The coordinated lists of regions or platforms, two or more in each: "Brazil, Mexico and Chile"."""
    groups: list[set[str]] = []
    end = -1
    for mention in mentions:
        start = reading.place(mention.field, mention.start)
        if groups and 0 <= start - end <= _FAR and _COORDINATED.fullmatch(reading.whole, end, start):
            groups[-1].add(mention.value)
        else:
            groups.append({mention.value})
        end = start + mention.end - mention.start
    return [group for group in groups if len(group) > 1]


def enumerated(mentions: Sequence[Mention], reading: Reading) -> list[list[Mention]]:
    """The mentions in the order of reading, those of one enumeration together: "A, B and C". A comma alone makes none,
    for one may stand between two clauses."""
    result: list[list[Mention]] = []
    run: list[Mention] = []
    for mention in mentions:
        start = reading.place(mention.field, mention.start)
        end = reading.place(run[-1].field, run[-1].end) if run else start + 1
        near = 0 <= start - end <= _FAR
        if near and _LAST.fullmatch(reading.whole, end, start):
            result.append([*run, mention])
            run = []
        elif near and _COORDINATED.fullmatch(reading.whole, end, start):
            run.append(mention)
        else:
            result += [[one] for one in run]
            run = [mention]
    return result + [[one] for one in run]
