"""A text as a reader sees it, and where each of its characters stands in what was published.

Invisible characters, markup left in, letters of other shapes or scripts that only look like the expected ones: what
hides a word from a program and not from a person is undone before anything is read. Sources: Unicode's Security
Mechanisms (UTS #39: confusables, words of mixed scripts) and Normalization Forms (UAX #15).
"""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice

from monitor.domain.signals import Span
from monitor.understand.wordlists import word_list

LONGEST = 40_000  # code points of a clean text; what follows is not understood
_READ = 100_000  # code points that expressions run over: more than half may be markup
_ROUNDS = 8  # markup within escaped markup: feeds escape twice
_MOST_MARKS, _MOST_REPEATS = 3, 20

# Zero-width and bidirectional controls, fillers, joiners, variation selectors, tags, interlinear and musical marks,
# strokes laid over letters. Joiners shape Persian and Indic letters; they change no word.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff9-\ufffb\u0334-\u0338\u20d0-\u20e8\u0488\u0489\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
)
_BREAKS = "\x0b\x0c\x1c-\x1f\x85\u2028\u2029"
# Lone surrogates, private use, and the planes without characters.
_BLANK = "\u2800\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffc-\uffff\U00040000-\U000dffff\U000e1000-\U0010ffff"
# Wide, narrow, mathematical, circled, joined shapes of letters and digits. Wide punctuation is the ordinary one of
# Chinese and Japanese, and stays.
_SHAPED = (
    "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uff9f\uffa1-\uffdc\u24b6-\u24d1\u24d3-\u24e9\ufb00-\ufb06\ufb50-\ufdcf"
    "\ufdf0-\ufdfb\ufe70-\ufefc\u2102\u210a-\u2113\u2115\u2119-\u211d\u2124\u2128\u212a-\u212d\u212f-\u2138"
    "\U0001d400-\U0001d7ff\U0001f130-\U0001f149"
)
_MARKS = "\u0300-\u036f\u0483-\u0487\u064b-\u065f\u0e34-\u0e3a\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u20e9-\u20f0"
_LATIN, _GREEK, _CYRILLIC = "A-Za-z\u00c0-\u024f", "\u0370-\u03ff", "\u0400-\u0482\u048a-\u052f"
_LETTER = rf"[{_LATIN}{_GREEK}{_CYRILLIC}\u05d0-\u05ea\u0620-\u064a]"
_SIGN = r"[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]"

_TAG = re.compile(
    r"<!--|<!\[CDATA\[|\]\]>|<[!?][a-zA-Z][^<>]{0,500}>|<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})(?:[\s/][^<>]{0,4000})?>"
)
_CLOSERS = {
    name: re.compile(rf"</{name}\b[^<>]{{0,100}}>", re.IGNORECASE)
    for name in ("script", "style", "noscript", "template")
}
_COMMENT_END = re.compile("-->")
_INLINE = re.compile(
    r"a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|img|ins|kbd|mark|picture|q|s|"
    r"samp|small|source|span|strike|strong|sub|sup|svg|path|time|tt|u|var|wbr"
)
_BLOCK = re.compile(
    r"address|area|article|aside|audio|base|blockquote|body|br|button|canvas|caption|center|col|"
    r"colgroup|dd|details|dialog|div|dl|dt|embed|fieldset|figcaption|figure|footer|form|frame|frameset|"
    r"h1|h2|h3|h4|h5|h6|head|header|hr|html|iframe|input|label|legend|li|link|main|map|menu|meta|"
    r"nav|noscript|object|ol|optgroup|option|p|param|pre|progress|script|section|select|style|summary|"
    r"table|tbody|td|template|textarea|tfoot|th|thead|title|tr|track|ul|video"
)
_ENTITY = re.compile(
    r"&(?:amp;|#0{0,9}38;|#[xX]0{0,9}26;)*(#[0-9]{1,9};?|#[xX][0-9a-fA-F]{1,8};?|[a-zA-Z][a-zA-Z0-9]{1,31};)"
)
_CONJOINED = re.compile(  # what Unicode writes as one letter too: decomposed Latin, kana, Hangul
    r"[^\W\d_][\u0300-\u036f]+|[\u3041-\u30ff][\u3099\u309a]|[\uff66-\uff9d][\uff9e\uff9f]"
    r"|[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?"
)
_SPACED = re.compile(
    rf"(?<!\S){_LETTER}(?:[ \u00a0]{_LETTER}(?!\S)|[ \u00a0]{{2,3}}{_LETTER}(?=[ \u00a0]{_LETTER}(?!\S))){{3,}}"
    rf"|(?<!\S){_SIGN}(?:[ \u00a0]{_SIGN}(?!\S)){{3,}}"
)
_GAP = re.compile(r"[ \u00a0]+")
_WORD = re.compile(rf"[{_LATIN}{_GREEK}{_CYRILLIC}]+")
_TOUCHING = re.compile(
    rf"[{_LATIN}][{_GREEK}{_CYRILLIC}]|[{_GREEK}{_CYRILLIC}][{_LATIN}]|[{_GREEK}][{_CYRILLIC}]|[{_CYRILLIC}][{_GREEK}]"
)
_SCRIPTS = {
    "latin": re.compile(f"[{_LATIN}]"),
    "cyrillic": re.compile(f"[{_CYRILLIC}]"),
    "greek": re.compile(f"[{_GREEK}]"),
}

_Edit = tuple[int, int, str]  # this stretch becomes that


@dataclass(frozen=True, slots=True)
class Cleaned:
    """`text` is what a reader sees, at most `LONGEST`, of `original`. `starts` and `ends` give, for each of its
    characters, the stretch of the original that it stands for; None when nothing had to be changed."""

    text: str
    original: str
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None

    @classmethod
    def of(cls, text: str) -> "Cleaned":
        """Never fails, whatever the text, and gives a clean one back as it is."""
        if not any(needed.search(text, 0, _READ) for needed, _ in _STEPS):
            return cls(text[:LONGEST], text)
        draft = _Draft.of(text)
        for _ in range(_ROUNDS):
            before = draft.text
            for needed, edits in _STEPS:
                if needed.search(draft.text):
                    draft = draft.edited(edits(draft.text))
            if draft.text == before:
                break
        if draft.text == text:  # "<Temu>" looked like markup
            return cls(text[:LONGEST], text)
        return cls(draft.text[:LONGEST], text, tuple(draft.starts[:LONGEST]), tuple(draft.ends[:LONGEST]))

    def only(self, stretches: Sequence[tuple[int, int]]) -> "Cleaned":
        """These stretches of the clean text, in order, and nothing else."""
        if list(stretches) == [(0, len(self.text))]:
            return self
        kept = [at for start, end in stretches for at in range(start, end)]
        text = "".join(self.text[start:end] for start, end in stretches)
        starts, ends = self.starts, self.ends
        return Cleaned(
            text,
            self.original,
            tuple(starts[at] for at in kept) if starts is not None else tuple(kept),
            tuple(ends[at] for at in kept) if ends is not None else tuple(at + 1 for at in kept),
        )

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original that text[start:end] stands for, without what was removed around it."""
        if self.starts is None or self.ends is None:
            return start, end
        if not start < end <= len(self.ends):
            at = self.starts[start] if start < len(self.starts) else self.ends[-1] if self.ends else 0
            return at, at
        return self.starts[start], self.ends[end - 1]

    def quoted(self, span: Span) -> Span:
        """A span of the clean text as one of the original, quoting that."""
        start, end = self.span(span.start, span.end)
        return replace(span, start=start, end=end, quote=self.original[start:end])


@dataclass(frozen=True, slots=True)
class _Draft:
    text: str
    starts: list[int]
    ends: list[int]

    @classmethod
    def of(cls, text: str) -> "_Draft":
        """The first `_READ` visible characters: a megabyte of invisible ones in front hides nothing."""
        unseen = _unseen()
        starts = list(islice((at for at, sign in enumerate(text) if sign not in unseen), _READ))
        return cls("".join([text[at] for at in starts]), starts, [at + 1 for at in starts])

    def edited(self, edits: Iterator[_Edit]) -> "_Draft":
        """With the edits, which come in order and do not overlap; cut at `_READ`, should they make it longer."""
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        free = 0
        for start, end, new in edits:
            pieces += (self.text[free:start], new)
            starts += self.starts[free:start]
            ends += self.ends[free:start]
            if new:
                starts += [self.starts[start]] * len(new)
                ends += [self.ends[end - 1]] * len(new)
            free = end
            if len(starts) > _READ:
                return _Draft("".join(pieces)[:_READ], starts[:_READ], ends[:_READ])
        pieces.append(self.text[free:])
        return _Draft("".join(pieces), starts + self.starts[free:], ends + self.ends[free:])


@cache
def _unseen() -> frozenset[str]:
    ranges = re.findall("(.)(?:-(.))?", _INVISIBLE, re.DOTALL)
    return frozenset(chr(code) for low, high in ranges for code in range(ord(low), ord(high or low) + 1))


@cache
def _lookalikes() -> dict[str, dict[str, str]]:
    """For "latin" and each script of the data file: letters of other scripts to the letter of this one that they look
    like; under "shapes", letters of other shapes to plain ones."""
    loaded: dict[str, dict[str, str]] = word_list("lookalikes")
    shapes = {double: letter for letter, doubles in loaded.pop("shapes").items() for double in doubles}
    latin = {double: letter for doubles in loaded.values() for letter, some in doubles.items() for double in some}
    tables = {"shapes": shapes, "latin": latin}
    for script, doubles in loaded.items():
        own = {letter: some[0] for letter, some in doubles.items()}
        across = {double: own[letter] for double, letter in latin.items() if letter in own}
        tables[script] = {sign: one for sign, one in (own | across).items() if not _SCRIPTS[script].match(sign)}
    return tables


def _removed(pattern: re.Pattern[str]) -> Callable[[str], Iterator[_Edit]]:
    return lambda text: ((match.start(), match.end(), "") for match in pattern.finditer(text))


def _each(pattern: re.Pattern[str], new: Callable[[str], str]) -> Callable[[str], Iterator[_Edit]]:
    """Each match replaced, where that changes it."""

    def edits(text: str) -> Iterator[_Edit]:
        for match in pattern.finditer(text):
            if (changed := new(match[0])) != match[0]:
                yield match.start(), match.end(), changed

    return edits


def _markup(text: str) -> Iterator[_Edit]:
    """Tags, comments, and the bodies of scripts and styles; what is opened and never closed hides nothing."""
    free = 0
    unclosed: set[re.Pattern[str]] = set()
    for tag in _TAG.finditer(text):
        name = (tag[2] or "").lower()
        block = bool(_BLOCK.fullmatch(name))
        if tag.start() < free or (name and not block and not _INLINE.fullmatch(name)):
            continue  # "<Temu>" is a name in brackets
        free = tag.end()
        closer = _COMMENT_END if tag[0] == "<!--" else None if tag[1] else _CLOSERS.get(name)
        if closer and closer not in unclosed:
            close = closer.search(text, free)
            if close:
                free = close.end()
            else:
                unclosed.add(closer)
        yield tag.start(), free, "\n" if block else ""


def _character(entity: str) -> str:
    """Of an entity, however often its ampersand was escaped."""
    last = _ENTITY.fullmatch(entity)
    return html.unescape(f"&{last[1]}") if last and html.unescape(f"&{last[1]}") != f"&{last[1]}" else entity


def _plain(shaped: str) -> str:
    return _lookalikes()["shapes"].get(shaped) or unicodedata.normalize("NFKC", shaped)


def _composed(letter: str) -> str:
    return unicodedata.normalize("NFKC" if letter[0] >= "\uff66" else "NFC", letter)


def _one_script(word: str) -> str:
    """A word of mixed scripts in that of most of its letters, if all others look like letters of it."""
    share = {script: len(letters.findall(word)) for script, letters in _SCRIPTS.items()}
    script = max(share, key=lambda name: share[name])
    table = _lookalikes()[script]
    folded = "".join(sign if _SCRIPTS[script].match(sign) else table.get(sign, "") for sign in word)
    return folded if len(folded) == len(word) else word


def _joined(text: str) -> Iterator[_Edit]:
    """Letters with a space after each: without these, and one space between words."""
    for run in _SPACED.finditer(text):
        for gap in _GAP.finditer(text, run.start(), run.end()):
            yield gap.start(), gap.end(), " " if len(gap[0]) > 1 else ""


def _kept(pattern: re.Pattern[str]) -> Callable[[str], Iterator[_Edit]]:
    """Of each match, its first group alone."""
    return lambda text: ((match.end(1), match.end(), "") for match in pattern.finditer(text))


_UNSEEN = re.compile(f"[{_INVISIBLE}]+")
_BROKEN = re.compile(f"[{_BREAKS}]")
_NOTHING = re.compile(f"[{_BLANK}]")
_OTHER_SHAPE = re.compile(f"[{_SHAPED}{''.join(_lookalikes()['shapes'])}]")
_PILED = re.compile(rf"[{_MARKS}]{{{_MOST_MARKS + 1},}}")  # what no script writes, and a reader looks through
_REPEATED = re.compile(rf"((.)\2{{{_MOST_REPEATS - 1}}})\2+", re.DOTALL)
# Each step, and what a text must have to need it.
_STEPS: tuple[tuple[re.Pattern[str], Callable[[str], Iterator[_Edit]]], ...] = (
    (_UNSEEN, _removed(_UNSEEN)),
    (_BROKEN, _each(_BROKEN, lambda _: "\n")),
    (_NOTHING, _each(_NOTHING, lambda _: " ")),
    (_TAG, _markup),
    (_ENTITY, _each(_ENTITY, _character)),
    (_OTHER_SHAPE, _each(_OTHER_SHAPE, _plain)),
    (_PILED, _removed(_PILED)),
    (_CONJOINED, _each(_CONJOINED, _composed)),
    (_TOUCHING, _each(_WORD, _one_script)),
    (_SPACED, _joined),
    (_REPEATED, _kept(_REPEATED)),
)
