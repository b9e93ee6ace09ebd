"""Where sentences end, and where a full stop ends none."""

import re

SENTENCE_END = re.compile(r"(?<=[.!?…;])\s+|(?<=[。！？；।።؟])\s*|\n+")
_DAY = re.compile(r"\b\d{1,2}\.$")  # "28. November"
_COUNTED = re.compile(r"(?:[^\W\d_] |\d[/-])\d{1,2}\.$")  # "until February 10.", "15/4."
_ORDINAL = frozenset({"de", "da", "no", "fi", "cs", "sk", "hu"})  # where "10." means the tenth
_WORD = re.compile(r"\b([^\W\d_]{1,3})\.$")
_YEAR = re.compile(r"\b\d{4} [rгр]\.$")  # "2027 r.", "2027 г."
_BEFORE_CAPITALS = frozenset(  # cut short, and most often a name, a noun or a number follows
    [
        "bzw",
        "ca",
        "cf",
        "dr",
        "dra",
        "hr",
        "lt",
        "mio",
        "mlle",
        "mme",
        "mr",
        "mrd",
        "mrs",
        "ms",
        "nr",
        "pt",
        "sr",
        "sra",
        "st",
        "sta",
        "sto",
        "str",
        "tsd",
        "tzv",
        "ul",
        "vgl",
        "vs",
        "zb",
        "им",
        "ул",
        "ст",
        "стр",
    ]
)


def goes_on(whole: str, end: int, lang: str) -> bool:
    """Whether the full stop before `end` ends a number or a word that is cut short, and no sentence."""
    before, after = whole[max(0, end - 8) : end], whole[end : end + 3].lstrip(" »”\"')]\n")[:1]
    if _DAY.search(before):
        return not (after.isupper() and lang not in _ORDINAL and _COUNTED.search(before))
    word = _WORD.search(before)
    if not word:
        return False
    if not after.isupper():
        return after.islower() or after.isdigit()
    return (len(word[1]) == 1 and not _YEAR.search(before)) or word[1].lower() in _BEFORE_CAPITALS


def sentences(text: str, start: int, end: int, lang: str) -> list[tuple[int, int]]:
    """Offsets of the sentences of text[start:end], without the white space around them."""
    bounds, at = [], start
    for gap in [*SENTENCE_END.finditer(text, start, end), None]:
        stop = gap.start() if gap else end
        if gap and "\n" not in gap[0] and text[stop - 1] == "." and goes_on(text, stop, lang):
            continue
        piece = text[at:stop]
        if piece.strip():
            bounds.append((at + len(piece) - len(piece.lstrip()), at + len(piece.rstrip())))
        at = gap.end() if gap else end
    return bounds
