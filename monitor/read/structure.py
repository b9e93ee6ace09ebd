"""A page as three runs in reading order: its texts, its links and its dates, and which of each an element holds.

Every element holds an unbroken stretch of each run, so that what is in it, or between it and the next, is two numbers;
one walk through the page is all it takes. No class name and no id is looked at: sites change them with each release.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import lxml.etree

from monitor.domain.documents import canonical_url
from monitor.read.declared import web_url
from monitor.read.listdates import Written, written

MOST_ELEMENTS = 300_000
MOST_LINKS = 3_000
LONGEST_PIECE = 4_000  # characters of one text

_INLINE = frozenset(
    {"b", "i", "em", "strong", "mark", "u", "sup", "sub", "font", "small", "wbr", "abbr", "q", "cite"}
)  # their texts belong to the text around them, where there is one
_SILENT = frozenset(
    {"script", "style", "noscript", "template", "svg", "head", "select", "button", "iframe", "textarea"}
)
_FURNITURE = frozenset({"nav", "footer", "aside", "dialog", "menu"})
_ROLES = frozenset({"navigation", "contentinfo", "banner", "complementary", "search", "menu", "menubar", "dialog"})
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_MOST_COLUMNS = 40
_MOST_PIECES_OF_A_DATE = 4  # day, month and year in elements of their own
_CALL = re.compile(r"\w+\([^()\d]*\d[^()]*\)")  # of a function, with a number in what it is given
_LONGEST_CALENDAR = 30

Element = Any  # lxml has no types


class Stretch(NamedTuple):
    """What lies in an element: from and to (not included) in each run."""

    text: int
    text_end: int
    link: int
    link_end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A text that no element breaks but those of emphasis, and the element it begins in."""

    text: str
    owner: Element


@dataclass(frozen=True, slots=True)
class Link:
    """A link to another page of the web, outside of what surrounds every page of a site."""

    element: Element
    url: str  # absolute; "" when only the page's own script knows where it leads
    name: str  # canonical: one for each page


@dataclass(frozen=True, slots=True)
class Spot:
    """A date on the page: the pieces from `first` to `last` say it, `owner` holds them all."""

    first: int
    last: int
    date: Written
    owner: Element
    beside: int  # characters that its pieces say beside it
    given: str = ""  # a machine-readable date of the owner, which then counts


@dataclass(slots=True)
class PageMap:
    """The three runs, and the stretch of every element."""

    pieces: list[Piece] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)  # in the order of their first piece
    stretches: dict[Element, Stretch] = field(default_factory=dict)

    def words(self, start: int, end: int) -> str:
        return " ".join(piece.text for piece in self.pieces[start:end])


def mapped(body: Element, base: str, page_url: str, scripted: bool = False) -> PageMap:
    """The map of a page's body. `base` resolves its links; those that lead to the page itself are left out. Only when
    `scripted`, links count that call the page's script with a number, as many boards write them."""
    page, here = PageMap(), canonical_url(page_url)
    outside = silent = 0  # how many of the open elements hold links that do not count, and texts
    opened: list[tuple[int, int, bool, bool, bool]] = []
    wordy: dict[Element, bool] = {}
    run: list[str] = []
    owner: Element = body
    count = 0

    def end_piece() -> None:
        text = " ".join("".join(run).split())[:LONGEST_PIECE]
        run.clear()
        if text:
            page.pieces.append(Piece(text, owner))

    for event, element in lxml.etree.iterwalk(body, events=("start", "end")):
        tag = element.tag
        if event == "start":
            count += 1
            if count > MOST_ELEMENTS:
                break
            quiet = tag in _SILENT or _hidden(element)
            apart = quiet or _is_furniture(element)
            breaks = tag not in _INLINE or not _has_words(element.getparent(), wordy)
            silent, outside = silent + quiet, outside + apart
            if breaks:
                end_piece()
                owner = element
            opened.append((len(page.pieces), len(page.links), quiet, apart, breaks))
            if tag == "a" and not outside:
                _add_link(page, element, base, here, scripted)
            if element.text and not silent:
                run.append(element.text)
            continue
        text, link, quiet, apart, breaks = opened.pop()
        if breaks:
            end_piece()
            owner = element.getparent()
        page.stretches[element] = Stretch(text, len(page.pieces), link, len(page.links))
        silent, outside = silent - quiet, outside - apart
        if element.tail and not silent and element is not body:
            run.append(element.tail)
    page.spots.extend(_spots(page))
    return page


def _add_link(page: PageMap, element: Element, base: str, here: str, scripted: bool) -> None:
    href = (element.get("href") or "").strip()
    if len(page.links) >= MOST_LINKS:
        return
    if not href or href.lower().startswith(("#", "javascript:", "mailto:", "tel:")):
        call = _CALL.search(f"{element.get('onclick') or ''} {href}"[:500]) if scripted else None
        if call is not None:
            page.links.append(Link(element, "", f"{here}#{call[0]}"))
        return
    try:
        url = web_url(urljoin(base, href).replace(" ", "%20"))
    except ValueError:
        return
    if url is not None and (name := canonical_url(url)) != here:
        page.links.append(Link(element, url, name))


def _has_words(element: Element, known: dict[Element, bool]) -> bool:
    """Whether the element itself says something, beside what its children say."""
    if element not in known:
        own = [element.text, *(child.tail for child in element)]
        known[element] = any(text and not text.isspace() for text in own)
    return known[element]


def _hidden(element: Element) -> bool:
    style = element.get("style")
    return element.get("hidden") is not None or bool(style and "display:none" in style.replace(" ", "").lower())


def _is_furniture(element: Element) -> bool:
    """Whether what is in it belongs to every page of a site. A header is a card's own when it holds a heading."""
    tag = element.tag
    if tag in _FURNITURE or (element.get("role") or "").lower() in _ROLES:
        return True
    if tag != "header":
        return False
    return element.find(".//nav") is not None or not any(
        element.find(f".//{heading}") is not None for heading in HEADINGS
    )


def _spots(page: PageMap) -> Iterator[Spot]:
    taken = -1
    calendars = _calendars(page)
    for index, piece in enumerate(page.pieces):
        if index <= taken:
            continue
        whole = calendars.get(index)
        if whole is not None:
            taken = whole.last
            yield whole
            continue
        date = written(piece.text)
        if date is not None:
            given = piece.owner.get("datetime") or piece.owner.get("content") or ""
            yield Spot(index, index, date, piece.owner, len(piece.text) - (date.end - date.start), given)
        elif piece.owner.tag == "time" and piece.owner.get("datetime"):  # "3 hours ago", and when that was
            yield Spot(index, index, Written(0, len(piece.text), ()), piece.owner, 0, piece.owner.get("datetime"))


def _calendars(page: PageMap) -> dict[int, Spot]:
    """Dates in several elements, day, month and year; by their first piece. The innermost element counts."""
    found: dict[int, Spot] = {}
    for element, at in page.stretches.items():  # inner elements end first
        if not 2 <= at.text_end - at.text <= _MOST_PIECES_OF_A_DATE or at.text in found:
            continue
        pieces = page.pieces[at.text : at.text_end]
        if sum(len(piece.text) for piece in pieces) > _LONGEST_CALENDAR or any(
            (alone := written(piece.text)) is not None and not alone.yearless for piece in pieces
        ):
            continue
        texts = [piece.text for piece in pieces]
        for order in (texts, texts[::-1]):
            date = written(" ".join(order), alone=True)
            if date is not None:
                found[at.text] = Spot(at.text, at.text_end - 1, date, element, 0)
                break
    return found


def path_of(element: Element, top: Element) -> str:
    """The tags from `top` down, each with its place among its siblings of that tag: a table's column has one path."""
    steps = []
    while element is not None and element is not top:
        cells = islice(element.itersiblings(element.tag, preceding=True), _MOST_COLUMNS)
        before = sum(1 for _ in cells) if element.tag in ("td", "th") else 0
        steps.append(f"{element.tag}{before or ''}")
        element = element.getparent()
    return "/".join(reversed(steps))


def tags_of(element: Element) -> str:
    """The tags down to the element, from the root."""
    return "/".join(str(above.tag) for above in [*reversed(list(element.iterancestors())), element])


def shape_of(url: str) -> str:
    """What the addresses of one list have in common: host and path, digits as one, the last step left out."""
    parts = urlsplit(url)
    steps = [step for step in parts.path.split("/") if step]
    last = steps[-1] if steps else ""
    kind = last.rpartition(".")[2] if "." in last else ""
    heads = ["0" if step.isdigit() else step for step in steps[:-1]]
    return f"{parts.hostname}/{'/'.join(heads)}/*.{kind}?{'q' if parts.query else ''}"
