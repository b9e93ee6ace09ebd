"""Which part of a page is its list: rows of one structure, each with a link worded like a headline, most with a date.

The idea is that of Liu, Grossman and Zhai, "Mining data records in web pages" (KDD 2003): records are siblings of like
structure. What makes them announcements is judged by their words, addresses and dates.
"""

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.read.headlines import (
    LABEL,
    MOST_PIECES,
    Extent,
    runs_within,
    teaser_of,
    title_link,
    title_of,
    weight,
    words_of,
)
from monitor.read.listdates import is_day_first, moment_of, without_date
from monitor.read.structure import HEADINGS, Element, Link, PageMap, Piece, Spot, path_of, shape_of, tags_of

_MOST_LINKS_OF_A_ROW = 8  # on average: above, a row is itself a part of the page
_DATED = 0.5  # of the rows: from there on it is a dated list
_FEWEST_UNDATED = 4
_MOST = 0.8  # of the headlines: if so many end with a date, it is theirs and not of what they tell
_LESS_SURE = 0.8  # that a date is of the row, when it stands above it or in the address
_SMALL = 12  # pieces: of a row that has none or one like it, and of what stands between two rows
_MANY = 5  # dated rows: then their headlines may be short
_MOST_FEATURED = 60  # links above the list that are looked at
_PRICE = re.compile(r"[$€£¥₽₺₩฿₫₹]\s?\d|\d\s?(?:€|zł|kr\b|₽|₫|฿|円|元|USD|EUR|GBP)")
_DAY_IN_ADDRESS = re.compile(r"(?<!\d)(20\d{2})([-/_]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of a list, as the page shows it."""

    element: Element
    link: Link
    title: str
    text: str
    published: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of one structure, and how much they are like a list of announcements (0: not at all)."""

    rows: tuple[Row, ...]
    score: float
    dated: float  # share of the rows that have a date


@dataclass(frozen=True, slots=True)
class Locale:
    """When and for whom the page was made: what reads its dates."""

    fetched_at: datetime
    languages: Sequence[str] = ()
    countries: Sequence[str] = ()


def best_list(page: PageMap, locale: Locale) -> Found | None:
    """The list of the page, if there is one, its featured entries first."""
    found = [read_rows(page, rows, locale) for rows in _candidates(page)]
    # Of equals the one found last: it holds the others, and so the more of each row.
    best = max((f for f in reversed(found) if f.score > 0), key=lambda f: f.score, default=None)
    if best is None:
        return None
    whole = _completed(best, found)
    return replace(whole, rows=(*_featured(page, whole, locale), *whole.rows))


def _completed(best: Found, found: Sequence[Found]) -> Found:
    """The list that holds the best one's entries and others addressed as they are: those without a date that can be
    read ("today", "new"), which are often the newest."""
    names = {row.link.name for row in best.rows}
    shapes = {shape_of(row.link.url) for row in best.rows}

    def holds_it(other: Found) -> bool:
        if other.dated < _DATED:
            return False
        more = [row for row in other.rows if row.link.name not in names]
        return len(other.rows) - len(more) == len(names) and all(shape_of(row.link.url) in shapes for row in more)

    return max(
        (other for other in found if other.score > 0 and holds_it(other)),
        key=lambda other: (len(other.rows), other is best),
        default=best,
    )


def _featured(page: PageMap, found: Found, locale: Locale) -> tuple[Row, ...]:
    """Entries set apart above the list, as sites do with their newest: headed links, addressed as its own."""
    shape, times = Counter(shape_of(row.link.url) for row in found.rows).most_common(1)[0]
    if times < 0.6 * len(found.rows) or found.dated < _DATED:
        return ()
    names = {row.link.name for row in found.rows}
    first = min(page.stretches[row.link.element].link for row in found.rows)
    apart = []
    for link in page.links[max(0, first - _MOST_FEATURED) : first]:
        if link.name in names or shape_of(link.url) != shape or runs_within(link):
            continue
        near = (link.element, *link.element.iterdescendants(), *link.element.iterancestors())
        if not any(e.tag in HEADINGS for e in near) or weight(words_of(page, link)) < 16:
            continue
        names.add(link.name)
        around = link.element
        for above in link.element.iterancestors():
            at = page.stretches.get(above)
            others = page.links[at.link : min(at.link_end, at.link + _MOST_FEATURED)] if at else ()
            if (
                at is None
                or at.link_end > first
                or any(o.name != link.name and shape_of(o.url) == shape for o in others)
            ):
                break
            around = above
        apart += rows_of(page, [around])
    return read_rows(page, apart, locale).rows if apart else ()


def rows_of(page: PageMap, elements: Sequence[Element]) -> list[Extent]:
    """Elements that are known to be rows; those without a link are left out."""
    extents = []
    for element in elements:
        at = page.stretches.get(element)
        if at is not None and at.link < at.link_end:
            extents.append(Extent(element, at.text, at.text_end, page.links[at.link : at.link_end]))
    return extents


def _candidates(page: PageMap) -> list[list[Extent]]:
    """Siblings of one tag with links; lists that stand in several containers of the same structure are one."""
    groups: dict[tuple[str, str], list[Extent]] = {}
    starts = [spot.first for spot in page.spots]
    for element, at in page.stretches.items():
        if at.link == at.link_end:
            continue
        by_tag: dict[str, list[Extent]] = {}
        for row in rows_of(page, element):
            by_tag.setdefault(str(row.element.tag), []).append(row)
        for tag, rows in by_tag.items():
            if sum(len(row.links) for row in rows) > _MOST_LINKS_OF_A_ROW * len(rows):
                continue
            stretched = _with_neighbours(rows, at.text, at.text_end, starts)
            dated = sum(_has_spot(row, starts) for row in stretched) >= _DATED * len(rows)
            shape = "" if dated else Counter(shape_of(row.links[0].url) for row in rows).most_common(1)[0][0]
            groups.setdefault((f"{tags_of(element)}/{tag}", f"dated {dated} {shape}"), []).extend(stretched)
    return [sorted(rows, key=lambda row: row.text) for rows in groups.values()]


def _with_neighbours(rows: list[Extent], start: int, end: int, spots: Sequence[int]) -> list[Extent]:
    """Rows whose dates stand beside them (dt and dd, a heading and its paragraph), with what is between."""
    if sum(_has_spot(row, spots) for row in rows) >= _DATED * len(rows):
        return rows
    ends = [*(row.text for row in rows[1:]), end]
    begins = [start, *(row.text_end for row in rows[:-1])]
    behind = [replace(row, text_end=min(stop, row.text_end + _SMALL)) for row, stop in zip(rows, ends, strict=True)]
    ahead = [replace(row, text=max(first, row.text - _SMALL)) for row, first in zip(rows, begins, strict=True)]
    dated_behind, dated_ahead = (sum(_has_spot(row, spots) for row in way) for way in (behind, ahead))
    if max(dated_behind, dated_ahead) < _DATED * len(rows):
        return rows
    return ahead if dated_ahead > dated_behind else behind


def _has_spot(row: Extent, starts: Sequence[int]) -> bool:
    return bool(_within(starts, row.text, row.text_end))


def _within(starts: Sequence[int], first: int, end: int) -> range:
    """The indices of the sorted numbers that lie in [first, end)."""
    return range(bisect_left(starts, first), bisect_left(starts, end))


def read_rows(page: PageMap, extents: Sequence[Extent], locale: Locale) -> Found:
    """The entries of the rows, and how much they are like announcements."""
    seen = Counter(text for row in extents for text in {p.text for p in _pieces(page, row)})
    often = max(2, 0.4 * len(extents))
    labels = frozenset(text for text, times in seen.items() if times > often)
    chosen = [(row, title_link(page, row, labels)) for row in extents]
    starts = [spot.first for spot in page.spots]
    spots = [[page.spots[i] for i in _within(starts, row.text, row.text_end)] for row in extents]
    column = _column(extents, spots, locale)
    day_first = is_day_first(
        (s.date for of in spots for s in of), locale.fetched_at, locale.languages, locale.countries
    )

    above = _above(page, extents, locale, day_first)
    rows: dict[str, Row] = {}
    headlines = crowd = dated = 0.0
    titled = [title_of(page, extent, link, labels, of) for (extent, link), of in zip(chosen, spots, strict=True)]
    loose = sum(without_date(title, loose=True)[1] is not None for title, _, _ in titled) >= _MOST * len(titled)
    for (extent, link), of_row, (title, used, worth) in zip(chosen, spots, titled, strict=True):
        published = _published(extent, of_row, used, column, locale, day_first)
        bare, edge = without_date(title, loose)
        at_edge = edge.at(locale.fetched_at, day_first) if edge else None
        title, published = (bare, published or at_edge) if at_edge else (title, published)
        sure = 1.0 if published else _LESS_SURE
        published = published or above.get(extent.text)
        if published is None and (day := _DAY_IN_ADDRESS.search(link.url)):
            published = moment_of(f"{day[1]}-{day[3]}-{day[4]}", locale.fetched_at)
        if not weight(title) or link.name in rows:
            continue
        rows[link.name] = Row(
            extent.element, link, title, teaser_of(page, extent, link, title, used, of_row, labels), published
        )
        headlines += 0.0 if runs_within(link) else worth * min(1.0, max(0.0, (weight(title) - 8) / 24))
        crowd += max(1, len({one.name for one in extent.links if weight(words_of(page, one)) >= 16}))
        dated += sure if published else 0.0
    if not rows:
        return Found((), 0.0, 0.0)
    count = len(rows)
    shapes = Counter(shape_of(row.link.url) for row in rows.values()).most_common(1)[0][1] / count
    priced = sum(_has_price(page, extent) for extent in extents) / len(extents)
    kept, likeness, share = tuple(rows.values()), headlines / count, dated / count
    if share < _DATED:
        fit = count >= _FEWEST_UNDATED and likeness >= 0.5 and shapes >= 0.6 and priced < 0.5
    else:
        fit = likeness >= (0.3 if count < _MANY else 0.05) and priced < 0.5
    first = kept[0].element
    inside = any(above.tag in ("main", "article") for above in (first, *first.iterancestors()))
    told = 1 + 0.1 * sum(1 for row in kept if row.text) / count
    if count < 3:  # hardly a structure: the less lies around the link, the surer
        sizes = [extent.text_end - extent.text for extent in extents]
        fit = fit and share > _LESS_SURE and max(sizes) <= _SMALL
        told = 1 / (1 + sum(sizes))
    alike = 0.8 + 0.2 * shapes if share >= _DATED else 0.5 + 0.5 * shapes
    score = math.log2(1 + count) * (0.25 + likeness) * (1 + 2 * share) * alike * (count / crowd) * told
    return Found(kept, score * (1.3 if inside else 1.0) if fit else 0.0, share)


def _pieces(page: PageMap, row: Extent) -> Sequence[Piece]:
    return page.pieces[row.text : min(row.text_end, row.text + MOST_PIECES)]


def _has_price(page: PageMap, row: Extent) -> bool:
    """In it or right behind it."""
    near = page.pieces[row.text : min(row.text_end + 3, row.text + MOST_PIECES)]
    return any(_PRICE.search(piece.text) for piece in near if len(piece.text) < 24)


def _column(extents: Sequence[Extent], spots: Sequence[Sequence[Spot]], locale: Locale) -> str:
    """Where in a row its date stands: the place at which most rows have one that can have been of a publication."""
    places: Counter[str] = Counter()
    for extent, of_row in zip(extents, spots, strict=True):
        places.update({path_of(s.owner, extent.element) for s in of_row if _moment(s, locale, True) is not None})
    return places.most_common(1)[0][0] if places else ""


def _above(page: PageMap, extents: Sequence[Extent], locale: Locale, day_first: bool) -> dict[int, datetime]:
    """By the row's first piece the date that stands above it, where the dates of a list stand between its rows, as
    headings of the days; a single date above them all may be today's."""
    in_order = sorted(extents, key=lambda row: row.text)
    begins = [row.text for row in in_order]
    heads: list[tuple[int, datetime]] = []  # index of the row below, and its date
    for spot in page.spots:
        below = bisect_left(begins, spot.first + 1)
        inside = below and in_order[below - 1].text_end > spot.first
        if inside or below == len(in_order) or spot.beside > LABEL or not _heads(page, spot, in_order[below].element):
            continue
        moment = _moment(spot, locale, day_first)
        if moment is not None:
            heads.append((below, moment))
    if not heads or heads[0][0] > 0 or heads[-1][0] == 0:
        return {}
    ends = [*(below for below, _ in heads[1:]), len(in_order)]
    return {begins[i]: moment for (below, moment), end in zip(heads, ends, strict=True) for i in range(below, end)}


def _heads(page: PageMap, spot: Spot, row: Element) -> bool:
    """Whether the date stands apart from the row before: where the ways to it and to the row part, its side holds no
    link. The date at the foot of a card shares its side with the card's own."""
    ways = {row, *row.iterancestors()}
    side = spot.owner
    while side is not None and side.getparent() not in ways:
        side = side.getparent()
    at = page.stretches.get(side)
    return at is not None and at.link == at.link_end


def _moment(spot: Spot, locale: Locale, day_first: bool) -> datetime | None:
    given = moment_of(spot.given, locale.fetched_at) if spot.given else None
    return given or (spot.date.at(locale.fetched_at, day_first) if spot.date.moments else None)


def _published(
    extent: Extent, spots: Sequence[Spot], title: range, column: str, locale: Locale, day_first: bool
) -> datetime | None:
    outside = [s for s in spots if s.last < title.start or s.first >= title.stop or not len(title)]
    if column:
        here = [s for s in outside if path_of(s.owner, extent.element) == column]
        outside = [*here, *(s for s in outside if s not in here and s.beside <= LABEL)]
    return next((moment for s in outside if (moment := _moment(s, locale, day_first)) is not None), None)
