"""Names that the catalogue does not know. One text calls the platform so; another, in which the reader found no name or
took another word for it, has it in its title."""

import re
from collections.abc import Collection, Sequence

_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+")  # "Market 24" is not "Market 7"
_SOLID = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # words run on, or end in a particle
_LEAST = 4  # letters of a word that tells one platform from another; of solid writing half as many
_ENDING = 2  # letters that a case or a plural may change
_STEM = 5  # letters that a word is found by
_MOST = 12  # words of a title that it is found by


def strange(platforms: Sequence[str], known: Collection[str]) -> bool:
    """Whether the reader knew no platform of what it is about: it names none, or first one that stands in no catalogue.
    `known` are case-folded."""
    return not platforms or platforms[0].casefold() not in known


def called(name: str, title: str) -> bool:
    """Whether the title has every word of the name that tells it from others, in whatever case of grammar."""
    parts, folded = _parts(name), title.casefold()
    words = _WORD.findall(folded)
    return (
        bool(parts)
        and set(_NUMBER.findall(name)) <= set(_NUMBER.findall(title))
        and all(
            part in folded
            if _SOLID.match(part)
            else part[:_LEAST] in folded and any(_inflected(part, word) for word in words)
            for part in parts
        )
    )


def stems(text: str) -> frozenset[str]:
    """The beginnings of the words that a name, or a title that has it, is found by."""
    parts = list(dict.fromkeys(_parts(text)))[:_MOST]
    return frozenset(part[: _LEAST // 2 if _SOLID.match(part) else _STEM] for part in parts)


def _parts(text: str) -> list[str]:
    words = _WORD.findall(text.casefold())
    return [word for word in words if len(word) >= (_LEAST // 2 if _SOLID.match(word) else _LEAST)]


def _inflected(one: str, other: str) -> bool:
    """Whether two words differ in their endings at most."""
    short, long = sorted((one, other), key=len)
    stem = max(_LEAST, len(long) - _ENDING)
    return one == other or (len(short) >= stem and short[:stem] == long[:stem])
