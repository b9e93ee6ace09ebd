"""The text of a page as blocks, and what differs between two looks at it."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import lxml.html
from cssselect import HTMLTranslator

from monitor.read.rises import SIGNS
from monitor.read.text import clean

MOST_BLOCKS = 4_000
_MOST_ELEMENTS = 100_000  # of a page; what lies beyond is not looked at
_LONGEST = 2_000  # characters of a block
_PAIRED = 40_000  # comparisons, at most, when old blocks are matched with new ones
_COMPARED = 400  # characters of a block, of which the likeness to another is told
_ALIKE, _ALIKE_IN_PAIRS = 0.5, 0.28  # of words; of pairs of characters, of which a changed word changes many
_WORD = 12  # characters, on average: longer ones are sentences of a script without spaces
_FIGURES = re.compile(r"\d[\d.,]*")
_AMOUNT = re.compile(f"[{SIGNS}]")
_SKIP = frozenset(
    {"script", "style", "noscript", "template", "svg", "iframe", "textarea", "head", "nav", "footer", "aside"}
)
_FURNITURE_ROLES = frozenset(
    {"navigation", "banner", "contentinfo", "complementary", "search", "dialog", "alertdialog"}
)
_FURNITURE = re.compile(
    r"\b(?:cookies?|consent|breadcrumbs?|sidebar|newsletter|related|recommend\w*|share|social|advert\w*|ads?|carousel|swiper"
    r"|slick|ticker|marquee)\b",
    re.IGNORECASE,
)
_BLOCKS = frozenset(
    {
        "address", "article", "blockquote", "body", "br", "center", "dd", "details", "dialog", "div", "dl",
        "dt", "fieldset", "figcaption", "figure", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
        "legend", "li", "main", "ol", "optgroup", "option", "p", "pre", "section", "select", "summary",
        "table", "tbody", "tfoot", "thead", "tr", "ul",
    }
)  # fmt: skip
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_MONTH = (
    r"jan|feb|fév|mar|mär|apr|avr|abr|may|mai|mag|jun|juin|giu|jul|juil|lug|aug|aoû|ago|sep|set|oct|okt|out|ott|nov|dec"
    r"|dez|déc|dic|янв|фев|мар|апр|мая|июн|июл|авг|сен|окт|ноя|дек"
)
_UPDATED = re.compile(  # where a sentence begins, with the date behind it and no more: the rest is told
    r"(?:^|(?<=[.|(] ))(?:(?:this (?:page|policy|document) (?:was|has been) )?(?:(?:last |page )?"
    r"(?:updated|modified|revised|reviewed)|last (?:update|revision|change))\b|更新(?:时间|時間|日期|于)?|最終更新日?"
    r"|최종 (?:수정|업데이트)일?|stand:|zuletzt aktualisiert|(?:dernière )?mise à jour"
    r"|última (?:actualización|atualização)|обновлен[оа]|©|\(c\)|copyright)"
    rf"(?:[\s\d.,:：/年月日-]|\b(?:{_MONTH})\w*|\b(?:mon|tue|wed|thu|fri|sat|sun)\w*"
    r"|(?<=\d)(?:st|nd|rd|th)\b|\b(?:on|at|of|de|le|el|am|pm|utc|gmt|um|uhr)\b){1,40}(?![\w%€$£])",
    re.IGNORECASE,
)
_AGO = re.compile(r"\b\d+ (?:seconds?|minutes?|hours?|days?) ago\b|\b\d{1,2}:\d{2}:\d{2}\b", re.IGNORECASE)
_COUNTER = re.compile(
    r"\b\d[\d.,]{0,15}\s?[km]?\+? (?:views?|reads?|visitors?|people|likes?|shares?|comments?|sold|online|found this)\b"
    r"|\b(?:views?|reads?|visitors?|浏览量|阅读量?|閲覧数|조회수?)\s?[:：]?\s?\d[\d.,]{0,15}",
    re.IGNORECASE,
)
_VARIABLE = re.compile(  # what makes up figures, dates, ages and names of sessions; ASCII, as below
    rf"[A-Za-z0-9_]*\d[A-Za-z0-9_]*|\b(?:{_MONTH})\w{{0,7}}\b|\b(?:mon|tue|wed|thu|fri|sat|sun)\w{{0,6}}\b"
    r"|\b(?:an?|just|now|today|yesterday)\b|\b(?:second|minute|hour|day|week|month|year)s?\b|\b[ap]\.?m\b"
    r"|(?:星期|周)[一二三四五六日天]|[月火水木金土日]曜日?|[上下]午|午[前後]|오[전후]|[월화수목금토일]요일",
    re.IGNORECASE,
)
_SHAPED = 1_000  # characters: a longer passage is no counter
_COUNTED = 80  # characters: longer, and in rows, "500 sold" is a threshold and no counter
_TOKEN = re.compile(  # ASCII: in Chinese a whole clause is one word
    r"(?<![A-Za-z0-9_+/=])(?=[A-Za-z_+/=]{0,200}\d)(?=[\d_+/=]{0,200}[A-Za-z])[A-Za-z0-9_+/=]{20,}"
    r"|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
)


@dataclass(frozen=True, slots=True)
class Block:
    """A passage: its `kind` is heading, option, item, row or text; `key` is equal where only noise differs, `shape`
    where only figures and dates do ("" without any); `columns` are the headings over a row, parted as its cells are."""

    kind: str
    text: str
    key: str
    shape: str = ""
    columns: str = ""

    def quoted(self, most: int) -> str:
        """Its text; the cells of a row behind the headings of their columns."""
        if not self.columns:
            return self.text[:most]
        cells, columns = ([part.strip() for part in side.split("|")] for side in (self.text, self.columns))
        if len(cells) != len(columns):
            return f"{self.text[:most]} (columns: {self.columns[:most]})"
        pairs = zip(columns, cells, strict=True)
        return "; ".join(f"{column}: {cell}" if column else cell for column, cell in pairs if cell)[:most]


@dataclass(frozen=True, slots=True)
class Change:
    """A block that came (`was` is None), went (`now` is None) or reads otherwise."""

    was: Block | None
    now: Block | None


def elements(tree: lxml.html.HtmlElement, selector: str) -> list[lxml.html.HtmlElement]:
    """What the CSS selector finds."""
    return list(tree.xpath(HTMLTranslator().css_to_xpath(selector)))


def blocks_of(roots: Sequence[lxml.html.HtmlElement], noise: str = "", whole: bool = False) -> tuple[Block, ...]:
    """The blocks of those elements, without furniture (navigation, footers, banners) unless `whole`; what is noise
    through and through is left out. A figure alone belongs to the words before it."""
    unwanted = re.compile(noise, re.IGNORECASE) if noise else None
    found: list[tuple[str, str, str]] = []
    for kind, text, columns in (piece for root in _outermost(roots) for piece in _pieces(root, whole)):
        if found and kind == "text" and not any(c.isalpha() for c in text) and found[-1][0] != "heading":
            found[-1] = found[-1][0], f"{found[-1][1]} | {text}"[:_LONGEST], found[-1][2]
        else:
            found.append((kind, text, columns))
        if len(found) >= MOST_BLOCKS:
            break
    blocks = (Block(kind, text, _key(kind, text, unwanted), _shape(kind, text), above) for kind, text, above in found)
    return tuple(block for block in blocks if block.key)


def _outermost(roots: Sequence[lxml.html.HtmlElement]) -> list[lxml.html.HtmlElement]:
    within = set(roots)
    return [root for root in roots if within.isdisjoint(root.iterancestors())]


def _key(kind: str, text: str, unwanted: re.Pattern[str] | None) -> str:
    told = unwanted.sub(" ", text) if unwanted else text
    if len(told) < 2 * _COUNTED:
        told = _UPDATED.sub(" ", told)
    if len(told) < _COUNTED and kind != "row":
        told = _COUNTER.sub(" ", told)
    told = _TOKEN.sub(" ", _AGO.sub(" ", told))
    words = "".join(c for c in told.casefold() if c.isalnum() or c in "%€$£¥₽₩<>+-.,")
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:16] if any(map(str.isalnum, words)) else ""


def _shape(kind: str, text: str) -> str:
    if len(text) > _SHAPED or not any(map(str.isdigit, text)):
        return ""
    words = "".join(c for c in _VARIABLE.sub(" ", text.casefold()) if c.isalpha() or c in "%€$£¥₽₩")
    return hashlib.sha256(f"{kind} {words}".encode("utf-8", "replace")).hexdigest()[:8]


def _pieces(root: lxml.html.HtmlElement, whole: bool) -> Iterator[tuple[str, str, str]]:
    """Kind, text, and the headings of its columns."""
    columns: dict[lxml.html.HtmlElement, str] = {}  # by table
    above = ""
    buffer: list[str] = []
    kinds = ["text"]
    stack: list[tuple[lxml.html.HtmlElement | None, lxml.html.HtmlElement]] = [(root, root)]
    left = _MOST_ELEMENTS
    while stack and left:
        opening, element = stack.pop()
        left -= opening is not None
        tag = element.tag if isinstance(element.tag, str) else ""
        row = tag == "tr" and not element.xpath("boolean(.//table|.//h1|.//h2|.//h3)")
        if opening is None:
            if tag in _BLOCKS and (kinds[-1] != "row" or row):
                text = _flush(buffer, kinds[-1])
                if row and text and _is_heading(element):
                    columns[next(element.iterancestors("table"), root)], above = text, ""
                if text:
                    yield kinds[-1], text, above if row else ""
            elif tag in _BLOCKS:
                buffer.append(" ")
            if row or tag in {"li", "option"} or tag in _HEADINGS:
                kinds.pop()
            buffer.append(element.tail if element is not root and element.tail else "")
            continue
        if not tag or tag in {"script", "style"} or (not whole and element is not root and _furniture(element, tag)):
            if tag and not whole:
                for select in element.xpath("descendant-or-self::select[count(.//option) > 4]"):
                    options = (_plain(option.text_content()) for option in select.iter("option"))
                    yield from (("option", text, "") for text in options if text)
            buffer.append(element.tail or "")
            continue
        if tag in _BLOCKS:
            if kinds[-1] == "row":
                buffer.append(" ")
            elif text := _flush(buffer, kinds[-1]):
                yield kinds[-1], text, ""
        elif tag in {"td", "th"} and (
            element.getprevious() is not None if kinds[-1] == "row" else any(part.strip() for part in buffer)
        ):
            buffer.append(" | ")
        if row:
            above = columns.get(next(element.iterancestors("table"), root), "")
        if row or tag in {"li", "option"} or tag in _HEADINGS:
            kinds.append("row" if row else {"li": "item", "option": "option"}.get(tag, "heading"))
        buffer.append(element.text or "")
        stack.append((None, element))
        stack += [(child, child) for child in reversed(element)]
    if text := _flush(buffer, "text"):
        yield "text", text, ""


def _is_heading(row: lxml.html.HtmlElement) -> bool:
    """Whether the row names the columns of its table: it says so, or all of it is bold."""
    cells = [cell for cell in row if cell.tag in ("td", "th")]
    bold = (cell.tag == "th" or (len(cell) == 1 and cell[0].tag in ("b", "strong")) for cell in cells)
    return len(cells) > 1 and (row.getparent().tag == "thead" or all(bold))


def _furniture(element: lxml.html.HtmlElement, tag: str) -> bool:
    named = f"{element.get('class') or ''} {element.get('id') or ''}"[:500].replace("_", " ").replace("-", " ")
    top = tag == "header" and not element.xpath("boolean(ancestor::main|ancestor::article)")
    if tag in _SKIP or top or element.get("role") in _FURNITURE_ROLES:
        return True
    # A wrapper around all of the page may be named for the sidebar that it has.
    return bool(_FURNITURE.search(named)) and not element.xpath("boolean(.//main|.//h1)")


def _plain(text: str) -> str:
    return " ".join(clean(text).split())[:_LONGEST]


def _flush(buffer: list[str], kind: str) -> str:
    text = "".join(buffer)
    buffer.clear()
    text = _plain(text) if text and not text.isspace() else ""
    return text if kind == "row" else text.strip("| ")


def changes(
    was: Sequence[Block], now: Sequence[Block], unheard: tuple[Collection[int], Collection[int]] = ((), ())
) -> list[Change]:
    """What came, went, or reads otherwise, in the order of the page; that a block moved is no change. `unheard` are the
    numbers of the blocks, in each, that are noise."""
    gone = [number for number in beyond(was, now) if number not in unheard[0]]
    came = [number for number in beyond(now, was) if number not in unheard[1]]
    pairs = _pairs(was, now, gone, came) if len(gone) * len(came) <= _PAIRED else {}
    paired = set(pairs.values())
    told = [Change(was[pairs[new]] if new in pairs else None, now[new]) for new in came]
    return told + [Change(was[old], None) for old in gone if old not in paired]


def beyond(these: Sequence[Block], others: Sequence[Block]) -> list[int]:
    """The numbers of those blocks that the others do not have, each as often as it is more there."""
    left = Counter(block.key for block in others)
    found = []
    for number, block in enumerate(these):
        if left[block.key]:
            left[block.key] -= 1
        else:
            found.append(number)
    return found


@dataclass(frozen=True, slots=True)
class _Wording:
    """What a block says, whatever its figures are: its words, or pairs of characters where words tell little."""

    bare: str
    pieces: frozenset[str]
    figures: frozenset[str]
    needed: float  # the likeness from which on another wording may be the same passage

    @classmethod
    def of(cls, block: Block) -> "_Wording":
        text = block.text[:_COMPARED].casefold()
        bare = _FIGURES.sub("\0", text)
        pieces, needed = bare.split(), _ALIKE
        if len(pieces) < 3 or len(bare) > _WORD * len(pieces):
            pieces, needed = [bare[i : i + 2] for i in range(len(bare) - 1)] or pieces, _ALIKE_IN_PAIRS
        return cls(bare, frozenset(pieces), frozenset(_FIGURES.findall(text)), needed)

    def likeness(self, other: "_Wording") -> float:
        """The share of pieces that both have (Jaccard), and a little for the figures that both have; 0 when it is too
        small. The share is 1 when nothing differs but figures and the order of words."""
        shared, least = _jaccard(self.pieces, other.pieces), max(self.needed, other.needed)
        return shared + 0.01 * _jaccard(self.figures, other.figures) if shared >= least else 0.0


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    few, many = sorted((len(one), len(other)))
    if few < _ALIKE_IN_PAIRS * many or not many:  # cannot be alike: most pairs of blocks cost no more than this
        return 0.0
    both = len(one & other)
    return both / (few + many - both)


def _pairs(was: Sequence[Block], now: Sequence[Block], gone: Sequence[int], came: Sequence[int]) -> dict[int, int]:
    """For blocks that came the ones that they stand for, the likest first. Of what is listed only an amount reads
    otherwise: names come and go."""
    before = {old: _Wording.of(was[old]) for old in gone}
    found = []
    for new in came:
        said = _Wording.of(now[new])
        for old, words in before.items():
            listed = {was[old].kind, now[new].kind} & {"option", "item"}
            if listed and not (listed == {"item"} and words.bare == said.bare and _AMOUNT.search(now[new].text)):
                continue
            if likeness := words.likeness(said):
                found.append((-likeness, old, new))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, old, new in sorted(found):
        if new not in pairs and old not in taken:
            pairs[new] = old
            taken.add(old)
    return pairs
