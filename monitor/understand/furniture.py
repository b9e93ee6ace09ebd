"""What of a page is its own story: without menus, notices, teasers of other stories, and what readers say below.

Lines are judged one by one by the words of `data/furniture.yaml` and by their shape; whatever is not clearly furniture
stays. Compare boilerplate detection by shallow text features (Kohlschütter, Fankhauser, Nejdl 2010), which has the
page's markup to go by; here only the text is left.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from monitor.understand.clean import LONGEST, Cleaned
from monitor.understand.cues import fold
from monitor.understand.wordlists import word_list

_LONG = 140  # a paragraph of this weight is told, not listed
_TOLD = 60  # a sentence, if it ends like one
_BRIEF = 30  # an entry of a menu
_HEADLINE = 130
_MOST_LISTED = 15  # teasers under one heading
_NOTICE = 350  # a paragraph that asks for consent
_SENTENCE_END = re.compile(r"[.!?。！？।॥؟…][\"'”’»)\]）」』]*$")
_FULL_STOPS = re.compile(r"[.!?।؟](?=\s|$)|[。！？]")
_BULLET = re.compile(r"^[\W_]+")
_SEPARATOR = re.compile(r"\s[|/·•>»›｜–-]+\s|\s*[|›»｜·•>]\s*|\u3000+")
_WIDE = re.compile("[\u2e80-\ud7ff]")
_THAI = re.compile("[\u0e00-\u0eff]")  # ends no sentence with a sign
_UNSPACED = re.compile("[\u0e00-\u0eff\u2e80-\ud7ff]")
_HASHTAGS = re.compile(r"(?:[#＃][^\s#＃]+[\s,、]*){2,}")
_QUOTE = re.compile(
    r"[A-Z0-9.&/=^-]{1,15}(?:\s+[A-Z0-9.&/=^-]{1,15})?:?\s+[$€£¥₩₹]?\d[\d.,]*\s+\(?[+\-−–▲▼▴▾]\s?\d[\d.,]*\s?%?\)?"
)
_BYLINE = re.compile(
    r"(?:[Bb]y|BY|[Vv]on|[Pp]ar|[Pp]or|Di|[Dd]oor|Af|Av|[Oo]leh|Bởi|Autor|Текст):?\s+"
    r"(?:[A-ZÀ-ÞА-Я][\w.'’-]+[\s,]*(?:and|und|et|y|e|en|dan|và|и)?\s*){1,5}(?:[|·•,–-].*)?"
    r"|(?:文|记者|記者|撰文|作者)\s?[/／|｜:：\s]\s?\S{2,12}|\S{2,4}\s?(?:기자|특파원)(?:\s.{0,40})?"
    r"|(?:[А-Я]\w+\s+){1,2}[А-Я]\w+,\s.{0,40}"
)
_COPYRIGHT = re.compile(r"©|\(c\)\s?\d{4}|ⓒ|^\W*copyright\b|all rights reserved", re.IGNORECASE)
_POST = re.compile(r"The post .{1,300} (?:appeared first|first appeared) on .{1,80}$", re.DOTALL)
_CUT_SHORT = re.compile(r"[\[(] ?(?:…|\.\.\.) ?[\])]$")
_BREAK = re.compile(r"\n{0,2}")
_LISTED = re.compile(r"[:：]\s*$")


@cache
def _words(kind: str) -> dict[str, tuple[str, ...]]:
    """The phrases of a kind by their first two letters, longest first."""
    loaded = word_list("furniture")[kind]
    phrases = [phrase for some in loaded.values() for phrase in some] if isinstance(loaded, dict) else loaded
    table: dict[str, list[str]] = {}
    for phrase in sorted({fold(phrase) for phrase in phrases}, key=len, reverse=True):
        table.setdefault(phrase[:2], []).append(phrase)
    return {key: tuple(some) for key, some in table.items()}


@cache
def _anywhere(kind: str) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(phrase) for some in _words(kind).values() for phrase in some))


def _beginning(folded: str, kind: str) -> int:
    """How long a phrase of the kind the line begins with, 0 for none. A newline in a phrase stands for a line's end."""
    for phrase in _words(kind).get(folded[:2], ()):
        bare = phrase.removesuffix("\n")
        if not folded.startswith(bare):
            continue
        rest = folded[len(bare) :]
        if bare != phrase and rest.strip(" .:!>»→"):
            continue
        if not rest or not rest[0].isalnum() or not bare[-1].isalnum() or _UNSPACED.match(bare[-1]):
            return len(bare)
    return 0


@dataclass(frozen=True)
class _Line:
    start: int
    end: int
    text: str  # without white space around it

    @cached_property
    def weight(self) -> int:
        return len(self.text) + len(_WIDE.findall(self.text))

    @cached_property
    def bare(self) -> str:
        """Folded, without bullets and other signs at its beginning."""
        return fold(_BULLET.sub("", self.text))

    @cached_property
    def ends(self) -> bool:
        """Like a sentence."""
        return bool(_SENTENCE_END.search(self.text))

    @cached_property
    def speaks(self) -> bool:
        """Says something, in a sentence or, in Thai, without a sign of its end."""
        return self.ends or (self.weight >= _TOLD and bool(_THAI.search(self.text)))

    @cached_property
    def told(self) -> bool:
        """A sentence or more, and no heading or entry of a list."""
        return self.weight >= _LONG or (self.ends and self.weight >= _TOLD)

    @cached_property
    def long(self) -> bool:
        return self.weight >= _LONG and (
            self.ends or len(_FULL_STOPS.findall(self.text)) > 1 or self.weight > 2 * _LONG
        )


def content(title: str, text: str) -> list[tuple[int, int]]:
    """The stretches of the text's first `LONGEST` characters that are its own story, in order.

    An entry of one paragraph loses nothing but a teaser at its end ("Read more"), unless it is a row of share prices.
    Nothing is left of a page that has only a title of its own; one without a title is then kept whole. A line that
    repeats the title is no heading of a list.
    """
    return list(_content(title, text))


def story(title: str, text: str) -> Cleaned:
    """The text as a reader sees it, without furniture; its spans lead back to the original."""
    clean = Cleaned.of(text)
    kept = content(title, clean.text)
    return clean if len(kept) == 1 and clean.text[slice(*kept[0])].strip() == clean.text.strip() else clean.only(kept)


@lru_cache(maxsize=8)  # the windows of a document ask again
def _content(title: str, text: str) -> tuple[tuple[int, int], ...]:
    lines = list(_lines(text))
    if not lines:
        return ((0, min(len(text), LONGEST)),) if text else ()
    kept = _kept(title, lines) if len(lines) > 1 or len(_QUOTE.findall(text[: 2 * _HEADLINE])) > 2 else lines
    if not kept and not title.strip():
        kept = lines
    kept = _shortened(kept, bool(title.strip())) if kept else kept
    stretches: list[tuple[int, int]] = []
    numbers = {line.start: number for number, line in enumerate(lines)}
    for line in kept:
        if stretches and numbers[line.start] and lines[numbers[line.start] - 1].end == stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], line.end)
        else:
            stretches.append((line.start, line.end))
    # The line breaks after a stretch keep paragraphs apart.
    return tuple((start, end + len(_BREAK.match(text, end)[0])) for start, end in stretches)  # type: ignore[index]


def _lines(text: str) -> Iterator[_Line]:
    at = 0
    for line in text[:LONGEST].split("\n"):
        if bare := line.strip():
            yield _Line(at, at + len(line), bare)
        at += len(line) + 1


def _kept(title: str, lines: list[_Line]) -> list[_Line]:
    return _without_lists(_without_blocks(title, lines))


def _without_blocks(title: str, lines: list[_Line]) -> list[_Line]:
    """Without lines that their words give away, and what stands under a heading of other stories or of comments."""
    kept: list[_Line] = []
    listed: list[_Line] | None = None  # the teasers under the heading now read
    asked: _Line | None = None  # the line before, in a box that asks for consent or an address
    told = 0  # how much of the story was read; of one that is a title alone nothing
    for number, line in enumerate(lines):
        after = lines[number + 1 :]
        if (number or title.strip()) and _heads(line, "comments") and _by_readers(after, number > 0):
            break
        if (told or (title.strip() and _of_a_publisher(line))) and _heads(line, "about", name=True) and _closes(after):
            break
        if line.text == title:
            kept.append(line)
            continue
        if _heads(line, "block"):
            listed = []
            continue
        if _asks(line) or (asked and line.start == asked.end + 1 and line.weight <= 90):  # its buttons, its small print
            asked = line
            continue
        if _other_story(line) or _furnishes(line, kept[-1] if kept else None):
            continue
        if listed is not None:
            sentences = any(one.ends and one.weight >= _TOLD for one in listed)
            apart = number > 0 and line.start - lines[number - 1].end > 1 and line.weight >= _BRIEF and line.speaks
            if line.long or ((line.told or apart) and not sentences) or len(listed) >= _MOST_LISTED:
                listed = None
            else:
                listed.append(line)
                continue
        told += line.weight if line.told or line.speaks else 0
        kept.append(line)
    return kept


def _heads(line: _Line, kind: str, name: bool = False) -> bool:
    """Whether the line is a heading of this kind: its words, a number perhaps, and with `name` a name after them."""
    bare = line.bare
    if line.weight > _TOLD or (line.ends and not line.text.endswith("…")):
        return False
    if kind == "comments":
        bare = re.sub(r"^[\d.,\s]+", "", bare)
    length = _beginning(bare, kind)
    rest = re.sub(r"[\W\d_]+", " ", bare[length:]).strip()
    if not length:
        return name and bare.endswith(("について", "とは", " hakkında"))
    return len(rest) < 2 or (name and len(rest) <= 40 and line.text[-1] not in ":：")


def _other_story(line: _Line) -> bool:
    """ "Read also: ..." and its like on one line."""
    length = _beginning(line.bare, "block")
    rest = line.bare[length:].lstrip()
    return bool(length) and rest[:1] in {":", "：", ">", "»", "|", "→", "-", "–"} and line.weight < 2 * _HEADLINE


def _by_readers(after: list[_Line], below: bool) -> bool:
    """Whether lines look like comments: somebody wrote them a while ago, or they end the page `below` something."""
    signed = any(_anywhere("ago").search(line.bare) for line in after[:5] if line.weight <= _HEADLINE)
    return signed or (below and bool(after) and not any(line.long for line in after))


def _of_a_publisher(line: _Line) -> bool:
    """ "About us" or "About Some Company", not "About the closure"."""
    length = _beginning(line.bare, "about")
    return bool(length) and all(word[0].isupper() for word in _BULLET.sub("", line.text)[length:].split())


def _closes(after: list[_Line]) -> bool:
    """Whether no more than a paragraph or two of substance follow."""
    return sum(line.told for line in after) <= 2 and not any(_LISTED.search(line.text) for line in after)


def _asks(line: _Line) -> bool:
    """For consent, money or an address."""
    return line.weight <= _NOTICE and bool(_anywhere("consent").search(fold(line.text)))


def _furnishes(line: _Line, before: _Line | None) -> bool:
    if _is_bar(line) or (line.weight <= 2 * _HEADLINE and len(_QUOTE.findall(line.text)) > 2):
        return True
    sentence = line.ends and line.weight > _TOLD
    if line.weight > _HEADLINE or sentence:
        return bool(_COPYRIGHT.search(line.text)) and line.weight <= 2 * _HEADLINE
    if _beginning(line.bare, "line") or _COPYRIGHT.search(line.text):
        return True
    if _BYLINE.fullmatch(line.text) or _HASHTAGS.fullmatch(line.text) or len(_QUOTE.findall(line.text)) > 1:
        return True
    return bool(_QUOTE.fullmatch(line.text)) or _is_menu(line, before)


def _is_bar(line: _Line) -> bool:
    """Networks to share a page on, and perhaps one word more."""
    if line.ends or line.weight > _HEADLINE:
        return False
    words = [word for word in re.split(r"[\s|·•,/]+", fold(line.text)) if word]
    others = [word for word in words if _beginning(word, "social") != len(word)]
    return bool(words) and (not others or (len(words) - len(others) > 1 and len(others) <= 3))


def _is_menu(line: _Line, before: _Line | None) -> bool:
    """Several short names with signs between them: a menu, a path through the site, languages to choose from."""
    if line.ends or (before and _LISTED.search(before.text)):
        return False
    names = [fold(name.strip()) for name in _SEPARATOR.split(line.text) if name.strip()]
    if len(names) > 1 and (_beginning(names[0], "home") == len(names[0]) or _tongues(names) > 1):
        return True
    words = re.split(r"[\s,]+", line.bare)
    if _tongues(words) >= max(3, len(words) // 2):
        return True
    return len(names) > 2 and all(len(name) <= _BRIEF and not any(map(str.isdigit, name)) for name in names)


def _tongues(names: Iterable[str]) -> int:
    return sum(bool(name) and _beginning(name, "languages") == len(name) for name in names)


def _without_lists(lines: list[_Line]) -> list[_Line]:
    """Without menus of one entry a line, and headlines of other stories, before the first told line and after the last.
    A list that the story announces with a colon stays, and so does any with figures in it."""
    told = [number for number, line in enumerate(lines) if line.told or line.ends or line.weight >= _TOLD]
    if not told:
        return lines
    top, bottom = lines[: told[0]], lines[told[-1] + 1 :]
    return _unlisted(top, None) + lines[told[0] : told[-1] + 1] + _unlisted(bottom, lines[told[-1]])


def _unlisted(lines: list[_Line], before: _Line | None) -> list[_Line]:
    announced = any(_LISTED.search(line.text) for line in (*lines, *([before] if before else [])))
    names = [line for line in lines if _is_name(line)]
    if announced or len(names) < 4 or len(names) < len(lines) - 1:
        return lines
    return [line for line in lines if line not in names]


def _is_name(line: _Line) -> bool:
    """Of a page or a story, not an entry of a table, a question or something said."""
    if line.ends or line.weight > (_BRIEF if _THAI.search(line.text) else _HEADLINE):
        return False
    return not any(sign.isdigit() or sign in '="“”„«»「」' for sign in line.text)


def _shortened(lines: list[_Line], titled: bool) -> list[_Line]:
    """The last line without a teaser at its end."""
    last = lines[-1]
    text = _CUT_SHORT.sub("", _POST.sub("", last.text).rstrip()).rstrip()
    bare = text.rstrip(" .…→»›>[]()（）")
    folded = fold(bare)
    teaser = max((len(word) for some in _words("teaser").values() for word in some if folded.endswith(word)), default=0)
    if teaser and (teaser == len(bare) or not bare[-teaser - 1].isalnum() or _UNSPACED.match(bare[-1])):
        text = bare[:-teaser].rstrip(" →»›>[(（|-")
    if text == last.text or not (text or titled or lines[1:]):
        return lines
    start = last.start
    return [*lines[:-1], *([_Line(start, start + len(text), text)] if text else [])]
