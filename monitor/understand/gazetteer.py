"""Finding known names in running text: the longest that begins at a place, with word boundaries that fit the script.

Words end at a boundary, or, in Latin, Cyrillic and Indic letters, at an ending that the language adds to names (Ozon ->
Ozona, Амазону, টিকটকের; `data/endings.yaml`); Arabic and Hebrew names may carry a preposition of a letter or two;
Chinese, Japanese and Thai know no spaces, and Korean particles follow a name directly.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from monitor.understand.wordlists import unjoined, word_list

LONGEST_TEXT = 20_000  # code points; what follows in a longer text is not searched
ANY_ENDING = 8  # letters
_LONGEST_ENDING = 12
_DEEP = 5  # letters of a form by which it is sought; few words of a text begin like a form that they are not

_SAME = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "ё": "е",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\u3000": " ",
        "İ": "i",
        "٫": ".",
    }
)
_DIGIT = re.compile(r"(?![0-9])\d")
_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_NO_SPACES = re.compile(rf"[{_CJK}\u0e00-\u0edf\u1000-\u109f\u1780-\u17ff]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_HEBREW = re.compile(r"[\u05d0-\u05ea]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LATIN = re.compile(r"[a-z0-9\u00df-\u024f\u1e00-\u1eff]")
_STARTS = (  # what must not stand before a form, by the script of its first letter
    (_LATIN, r"(?<![a-z0-9\u00df-\u024f\u1e00-\u1eff])"),
    (_CYRILLIC, r"(?<![\u0400-\u04ff])"),
    (_HANGUL, r"(?<![\uac00-\ud7a3])"),
)
_ENDINGS: dict[str, frozenset[str]] = {key: frozenset(words) for key, words in word_list("endings").items()}
_VOWELS = _ENDINGS["vowels"]  # that endings begin with, where they take the place of a virama
_PLURAL = frozenset({"s"})
_ENDED = (  # scripts whose endings are one list, whatever the language
    (_CYRILLIC, "cyrillic"),
    (re.compile(r"[\u0900-\u097f]"), "devanagari"),
    (re.compile(r"[\u0980-\u09ff]"), "bengali"),
    (re.compile(r"[\u0a80-\u0aff]"), "gujarati"),
    (re.compile(r"[\u0b80-\u0bff]"), "tamil"),
    (re.compile(r"[\u0c00-\u0c7f]"), "telugu"),
    (re.compile(r"[\u0c80-\u0cff]"), "kannada"),
    (re.compile(r"[\u0d00-\u0d7f]"), "malayalam"),
)
_VIRAMA = re.compile(r"[\u0bcd\u0d4d]\Z")  # of Tamil and Malayalam: the sign of a letter without a vowel


def fold(text: str) -> str:
    """Lower case, one form of apostrophes, spaces and digits, with every offset kept. At most `LONGEST_TEXT` long."""
    text = text[:LONGEST_TEXT].translate(_SAME)
    lower = text.lower()
    if len(lower) != len(text):  # a few letters grow when lowered
        lower = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    if lower.isascii():
        return lower
    return _DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), lower)


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a value. `langs` empty: in any language."""

    text: str
    value: str
    tag: str = "name"
    exact: bool = False  # as written, capitals too
    capital: bool = False  # the first letter is a capital in scripts that have them
    tail: int = 0  # a stem: a word ending of up to so many letters may follow
    melts: bool = False  # its last sign, which mutes a letter, gives way to the vowel of an ending: அமேசான், அமேசானில்
    langs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a form was found: offsets in the searched text."""

    start: int
    end: int
    form: Form


class Gazetteer:
    """Forms by their first letters and their lengths; immutable, so any thread may search."""

    def __init__(self, forms: Iterable[Form]) -> None:
        grouped: dict[str, list[Form]] = {}
        for form in forms:
            text = fold(unjoined(form.text))
            grouped.setdefault(text, []).append(form)
            if len(text) > 3 and _VIRAMA.search(text):
                grouped.setdefault(text[:-1], []).append(replace(form, melts=True))
        self._forms = {word: tuple(some) for word, some in grouped.items()}
        self._lengths = _lengths(self._forms)
        self._starts, self._tries = _compile(self._lengths)

    def find(self, text: str, lang: str = "", folded: str | None = None) -> list[Hit]:
        """Hits from left to right, never overlapping; of two that begin together the longer wins."""
        folded = fold(text) if folded is None else folded
        hits: list[Hit] = []
        free = 0
        for start in self._starts.finditer(folded):
            if start.start() < free:
                continue
            known = self._tries[start[0]].match(folded, start.start())
            if known and (hit := self._accept(text, folded, start.start(), self._lengths[known[0]], lang)):
                hits.append(hit)
                free = hit.end
        return hits

    def _accept(self, text: str, folded: str, start: int, lengths: tuple[int, ...], lang: str) -> Hit | None:
        for length in lengths:
            stop = start + length
            for form in self._forms.get(folded[start:stop], ()) if stop <= len(folded) else ():
                if form.langs and lang and lang not in form.langs:
                    continue
                if form.exact and text[start:stop] != form.text:
                    continue
                if form.capital and text[start].islower():
                    continue
                if not _begins(folded, start):
                    continue
                close = _ends(folded, stop, form, lang)
                if close is not None:
                    return Hit(start, close, form)
        return None


def headed(lists: Mapping[str, Iterable[str]]) -> Gazetteer:
    """Words under their heads as one gazetteer; a form's value lists its heads. `word@de nl` holds in those languages,
    `stem*` with any ending."""
    heads: dict[tuple[str, str, bool], list[str]] = {}
    for head, words in lists.items():
        for word in words:
            text, _, langs = word.partition("@")
            heads.setdefault((fold(text.removesuffix("*")), langs, text.endswith("*")), []).append(head)
    return Gazetteer(
        Form(text, " ".join(of), tail=ANY_ENDING if stem else 0, langs=frozenset(langs.split()))
        for (text, langs, stem), of in heads.items()
    )


def _begins(folded: str, start: int) -> bool:
    """A word begins here. (Latin, Cyrillic and Hangul were seen to by the expression.)"""
    first = folded[start]
    for script, prefixes in ((_ARABIC, "arabic prefixes"), (_HEBREW, "hebrew prefixes")):
        if script.match(first):
            back = start
            while back and start - back < 4 and script.match(folded[back - 1]):
                back -= 1
            return back == start or folded[back:start] in _ENDINGS[prefixes]
    if _LATIN.match(first) or _NO_SPACES.match(first):
        return True
    return not (start and _in_word(folded[start - 1]) and not _NO_SPACES.match(folded[start - 1]))


def _in_word(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char).startswith("M")


def _ends(folded: str, stop: int, form: Form, lang: str) -> int | None:
    """Where the word that the form began ends, or None when it is another word."""
    last = folded[stop - 1]
    if form.melts:
        return _melted(folded, stop)
    if stop == len(folded) or _NO_SPACES.match(last) or _HANGUL.match(last):
        return stop
    close = _stretch(folded, stop)
    ending = folded[stop:close]
    if not ending:
        return None if last.isalpha() and folded[stop] in "$_" else stop
    if form.tail:
        return close if len(ending) <= form.tail and ending.isalpha() else None
    if form.exact or len(unjoined(form.text)) < 4:
        return None
    if _LATIN.match(last):
        return close if ending in _ENDINGS.get(lang, _PLURAL) else None
    script = next((script for letters, script in _ENDED if letters.match(last)), None)
    doubled = bool(_VIRAMA.match(last)) and ending[0] == folded[stop - 2] and ending[1:] in _VOWELS  # டிக்டாக்கை
    return close if script and (doubled or ending in _ENDINGS[script]) else None


def _melted(folded: str, stop: int) -> int | None:
    """Where the word ends in which a vowel has taken the place of a name's last sign."""
    close = _stretch(folded, stop)
    return close if folded[stop:close] in _VOWELS else None


def _stretch(folded: str, stop: int) -> int:
    """Where the letters end that may be an ending."""
    close = stop
    while close < len(folded) and close - stop < _LONGEST_ENDING and _in_word(folded[close]):
        if _NO_SPACES.match(folded[close]) or _HANGUL.match(folded[close]):
            break
        close += 1
    return close


def _lengths(words: Collection[str]) -> dict[str, tuple[int, ...]]:
    """By their first letters, `_DEEP` or all of a shorter word: how long the words are that begin so, longest first."""
    found: dict[str, set[int]] = {}
    for word in words:
        found.setdefault(word[:_DEEP], set()).add(len(word))
    for start, lengths in found.items():
        lengths.update(size for size in range(1, len(start)) if start[:size] in words)
    shared: dict[tuple[int, ...], tuple[int, ...]] = {}
    ordered = ((start, tuple(sorted(lengths, reverse=True))) for start, lengths in found.items())
    return {start: shared.setdefault(lengths, lengths) for start, lengths in ordered}


_Node = dict[str, "_Node"]


def _compile(words: Iterable[str]) -> tuple[re.Pattern[str], dict[str, re.Pattern[str]]]:
    """Where a word may start, and a trie as a regular expression for each first letter: the cost grows with the text,
    hardly with the number of words. Of whole words, tries as deep as these hold ten times the memory."""
    root: _Node = {}
    for word in words:
        node = root
        for char in word:
            node = node.setdefault(char, {})
        node[""] = {}
    guarded: dict[str, str] = {}
    for char in root:
        guard = next((before for script, before in _STARTS if script.match(char)), "")
        guarded[guard] = guarded.get(guard, "") + re.escape(char)
    starts = "|".join(f"{guard}[{chars}]" for guard, chars in guarded.items()) or "(?!)"
    return re.compile(starts), {char: re.compile(re.escape(char) + _branch(node)) for char, node in root.items()}


def _branch(node: _Node) -> str:
    rest = [re.escape(char) + _branch(child) for char, child in node.items() if char]
    if not rest:
        return ""
    joined = rest[0] if len(rest) == 1 and "" not in node else f"(?:{'|'.join(rest)})"
    return joined + ("?" if "" in node else "")
