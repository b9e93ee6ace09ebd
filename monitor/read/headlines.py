"""What a row of a list says: its headline, the link that is worded like one, and what else it tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from monitor.read.structure import HEADINGS, Element, Link, PageMap, Piece, Spot

MOST_PIECES = 60  # of one row that are looked at
_LONGEST_TEASER = 2_000
_BRACKETS = 4  # characters beside a date that is alone
_NUMBERED = 10  # what a number of a notice, or the name of its file, says at most
LABEL = 24  # characters beside a date that only name it: "Published on"
_WIDE = "\u2e80"  # from here on one character says as much as two or three letters


@dataclass(frozen=True, slots=True)
class Extent:
    """A row: its element, and the pieces that belong to it, which may lie in siblings beside it."""

    element: Element
    text: int
    text_end: int
    links: Sequence[Link]


@lru_cache(maxsize=8192)
def weight(text: str) -> float:
    """How much a text says, in Latin letters."""
    return sum(2.5 if c >= _WIDE else 1.0 for c in text[:400] if c.isalpha())


def runs_within(link: Link) -> bool:
    """Whether the link stands in the midst of a sentence."""
    parent = link.element.getparent()
    before = (
        [parent.text, *(e.tail for e in islice(link.element.itersiblings(preceding=True), 20))]
        if parent is not None
        else []
    )
    return sum(weight(text) for text in before if text) > 24


def words_of(page: PageMap, link: Link) -> str:
    """What the link itself says."""
    at = page.stretches[link.element]
    return page.words(at.text, min(at.text_end, at.text + MOST_PIECES))


def title_link(page: PageMap, row: Extent, labels: frozenset[str]) -> Link:
    """Of a row's links the one that is worded like a headline: within a heading, or the longest that is no label."""

    def rank(link: Link) -> tuple[bool, bool, float]:
        words = words_of(page, link)
        own = bool(words) and words not in labels
        if own and runs_within(link):
            return own, False, 0.0
        return own, own and any(above.tag in HEADINGS for above in link.element.iterancestors()), min(weight(words), 80)

    best = max(row.links, key=rank)
    if rank(best)[1]:
        return best
    # Of several links to one page the first is the headline, a longer one its teaser.
    own = (one for one in row.links if one.name == best.name and rank(one)[0] and weight(words_of(page, one)) >= 16)
    return next(own, best)


def title_of(
    page: PageMap, row: Extent, link: Link, labels: frozenset[str], spots: Sequence[Spot]
) -> tuple[str, range, float]:
    """The row's headline, the pieces that say it, and how sure it is that it is one."""
    at = page.stretches[link.element]
    dates = {i for spot in spots for i in range(spot.first, spot.last + 1) if spot.beside <= _BRACKETS}
    sure = 1.5 if any(above.tag in HEADINGS for above in link.element.iterancestors()) else 1.0
    heading = next((e for e in link.element.iter(*HEADINGS) if e in page.stretches), None)
    if heading is None and words_of(page, link) in {"", *labels}:
        heading = next((e for e in row.element.iter(*HEADINGS) if e in page.stretches), None)
        if heading is None:
            named = link.element.get("title") or link.element.get("aria-label") or ""
            if weight(named) >= 8 and named not in labels:
                return " ".join(named.split()), range(0), 1.0
            at, sure = page.stretches[row.element], 0.5
    said = " ".join(p.text for p in page.pieces[at.text : at.text_end][:MOST_PIECES] if p.text not in labels)
    if heading is None and weight(said) < _NUMBERED and (weight(said) < 4 or any(c.isdigit() for c in said)):
        beside = [
            i for i in range(row.text, min(row.text_end, row.text + MOST_PIECES)) if not at.text <= i < at.text_end
        ]
        worded = next((i for i in beside if _tells(page.pieces[i], link, labels, i in dates)), None)
        if worded is not None:  # the link is a number or the kind of a file; what it is about stands beside it
            return page.pieces[worded].text, range(worded, worded + 1), 0.8
    if heading is not None:
        at = page.stretches[heading]
        return page.words(at.text, at.text_end), range(at.text, at.text_end), 1.5
    undated = [i for i in range(at.text, at.text_end) if i not in dates]
    own = [i for i in undated if page.pieces[i].text not in labels] or undated  # a series may have one headline for all
    blocks = any(child.tag in ("div", "p", "li", "section") for child in link.element.iterdescendants())
    if own and (blocks or link.element not in (page.pieces[own[0]].owner, page.pieces[own[0]].owner.getparent())):
        first = next((i for i in own if weight(page.pieces[i].text) >= 12), own[0])
        return page.pieces[first].text, range(first, first + 1), sure
    title = " ".join(page.pieces[i].text for i in own)
    full = " ".join((link.element.get("title") or "").split())
    stem = title.rstrip(" .…")
    if len(full) > len(title) and stem and full.startswith(stem[:12]):  # shown cut short
        title = full
    return title, range(own[0], own[-1] + 1) if own else range(0), sure


def teaser_of(
    page: PageMap, row: Extent, link: Link, title: str, used: range, spots: Sequence[Spot], labels: frozenset[str]
) -> str:
    """What else the row says, without dates, labels that every row has, and the words of other links."""
    dates = {i for spot in spots if spot.beside <= LABEL for i in range(spot.first, spot.last + 1)}
    texts = (
        page.pieces[i].text
        for i in range(row.text, min(row.text_end, row.text + MOST_PIECES))
        if i not in used
        and i not in dates
        and page.pieces[i].text not in labels
        and page.pieces[i].text != title
        and not _beside(page.pieces[i], link)
    )
    return "\n".join(text for text in texts if weight(text) >= 12)[:_LONGEST_TEASER]


def _tells(piece: Piece, link: Link, labels: frozenset[str], is_date: bool) -> bool:
    return not is_date and piece.text not in labels and weight(piece.text) >= 12 and not _beside(piece, link)


def _beside(piece: Piece, link: Link) -> bool:
    """Whether it is a heading, or the words of another link than the row's own."""
    owners = (piece.owner, piece.owner.getparent())
    own = link.element.get("href")
    return piece.owner.tag in HEADINGS or any(e is not None and e.tag == "a" and e.get("href") != own for e in owners)
