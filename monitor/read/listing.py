"""Announcement lists: a page of links to announcements becomes entries, as a feed does.

The list is found by its structure, since layouts change and most cannot be seen from where a record is written. The
selectors of a record only sharpen that; when they find nothing any more, structure still reads the page, and says so.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urljoin

import lxml.etree
import lxml.html
from lxml.cssselect import CSSSelector

from monitor.domain.documents import Document, ReadResult, digest
from monitor.domain.errors import FailureReason
from monitor.read.asked import Asked
from monitor.read.charset import decode
from monitor.read.declared import language, web_url
from monitor.read.embedded import Told, told
from monitor.read.listdates import moment_of
from monitor.read.rows import Found, Locale, Row, best_list, read_rows, rows_of
from monitor.read.structure import Element, PageMap, mapped
from monitor.read.text import clean, clean_title, without_xml_controls
from monitor.read.walls import seen_wall

LARGEST = 10 * 1024 * 1024  # bytes
MOST_ENTRIES = 500
_WEAK = 2.0  # the score of a list below which links that call a script may be the better one
_TEASER = 2_000


@dataclass(frozen=True, slots=True)
class Item:
    """One entry, however it was found."""

    url: str
    name: str  # its canonical address
    title: str
    text: str
    published: datetime | None


def read_listing(asked: Asked) -> ReadResult:
    """The entries of the list whose keys are not known. Raises nothing but MemoryError, and what `read_capture` turns
    into a failure.

    An entry's id is made of its address alone; its key is another when its title or date is. `memory` holds how many
    entries there were: a list that had some and has none went empty.
    """
    capture, source = asked.capture, asked.source
    if len(capture.body) > LARGEST:
        return _failed(FailureReason.TOO_LARGE, f"{len(capture.body)} bytes, at most {LARGEST} are read")
    decoded = decode(capture.body, capture.content_type)
    markup = without_xml_controls(decoded.text)
    if not markup.strip():
        return _failed(FailureReason.EMPTY, "no characters")
    parser = lxml.html.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        tree = lxml.html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except lxml.etree.LxmlError:
        return _failed(FailureReason.NO_TEXT, "no HTML")

    url = web_url(capture.url) or capture.url
    base = _base(tree, url)
    lang = language(tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang"))
    locale = Locale(capture.fetched_at, (lang,) if lang else source.languages, source.countries)
    bodies = tree.xpath("//body")
    body = bodies[0] if bodies else tree
    page = mapped(body, base, url)
    selected, broken = _selected(page, tree, asked, locale)
    found = selected or best_list(page, locale)
    if found is None or (found.score < _WEAK and not selected):
        called = best_list(mapped(body, base, url, scripted=True), locale)
        if called is not None and (found is None or called.score > found.score):
            found = called  # its entries have no page of their own that can be fetched, but what the list says
    records = () if selected else told(tree, base, url)
    items = _once(_items(found, records, locale, source.url))
    if only := source.told("only"):
        wanted = re.compile(only)
        kept = [item for item in items if wanted.search(item.url)]
        if items and not kept:
            broken = broken or "only"
        items = kept
    had = _had(asked.memory)
    if not items:
        wall = seen_wall(capture.status, capture.headers, markup, capture.url)
        return _failed(wall.reason, wall.detail) if wall else _nothing(page, broken, had)

    items = items[:MOST_ENTRIES]
    keys = [digest(item.name, item.title, item.published.isoformat() if item.published else "") for item in items]
    doubts = ("encoding_doubt",) if decoded.doubt else ()
    documents = tuple(
        Document(
            id=digest(source.id, item.name),
            source_id=source.id,
            capture_id=capture.id,
            url=item.url,
            title=item.title,
            text=item.text,
            published=item.published,
            fetched_at=capture.fetched_at,
            lang=lang,
            doubts=doubts if item.published else (*doubts, "date_unknown"),
        )
        for key, item in zip(keys, items, strict=True)
        if key not in asked.known
    )
    detail = (
        f"{FailureReason.SELECTOR_BROKEN}: {broken!r} finds nothing, the list was read by structure" if broken else ""
    )
    return ReadResult(
        documents=documents,
        seen=tuple(dict.fromkeys(keys)),
        detail=detail,
        memory=json.dumps({"items": len(items)}),
        items=len(items),
    )


def _base(tree: Element, url: str) -> str:
    for href in tree.xpath("//base/@href")[:1]:
        try:
            return web_url(urljoin(url, str(href))) or url
        except ValueError:
            break
    return url


def _once(items: Sequence[Item]) -> list[Item]:
    """The first of each name."""
    found: dict[str, Item] = {}
    for item in items:
        found.setdefault(item.name, item)
    return list(found.values())


def _item(row: Row, dates: Mapping[str, datetime | None], here: str) -> Item:
    url, name = row.link.url or here, row.link.name
    return Item(url, name, clean_title(row.title), clean(row.text), row.published or dates.get(name))


def _failed(reason: FailureReason, detail: str) -> ReadResult:
    return ReadResult(failure=reason, detail=detail)


def _nothing(page: PageMap, broken: str, had: int) -> ReadResult:
    """Why there is no entry."""
    if broken:
        return _failed(FailureReason.SELECTOR_BROKEN, f"{broken!r} finds nothing, and no list was found by structure")
    if had:
        return _failed(FailureReason.WENT_EMPTY, f"no list was found, {had} entries were read before")
    if not page.pieces:
        return _failed(FailureReason.NO_TEXT, "the page says nothing")
    return _failed(FailureReason.EMPTY, "no list of announcements was found in the page")


def _had(memory: str) -> int:
    try:
        return int(json.loads(memory)["items"]) if memory else 0
    except (ValueError, TypeError, KeyError):
        return 0


def _items(found: Found | None, data: Sequence[Told], locale: Locale, here: str) -> Sequence[Item]:
    """The rows that were found, with the dates that the page's data knows; else what the data holds."""
    records = {t.name: t for t in data}
    dates = {name: moment_of(t.date, locale.fetched_at) for name, t in records.items() if t.date}
    if records and found is not None and found.dated < 0.5 and not {row.link.name for row in found.rows} & dates.keys():
        found = found if not dates and len(found.rows) > len(records) else None  # other rows: the dated list counts
    if found is not None:
        return [_item(row, dates, here) for row in found.rows]
    return [Item(t.url, name, t.title, t.text, dates.get(name)) for name, t in records.items()]


def _selected(page: PageMap, tree: Element, asked: Asked, locale: Locale) -> tuple[Found | None, str]:
    """The rows that the record's selectors point at, and the selector that finds nothing any more."""
    told = asked.source.told
    item, link = told("item"), told("link")
    elements: Sequence[Element] = []
    if item or link:
        elements = CSSSelector(item or link)(tree)
        if not elements:
            return None, "item" if item else "link"
        if not item:
            elements = _rows_around(elements)
    found = read_rows(page, rows_of(page, elements), locale) if elements else best_list(page, locale)
    if found is None or not found.rows:
        return None, ("item" if item else "link" if link else "")
    sharper = {part: CSSSelector(told(part)) for part in ("link", "title", "date", "text") if told(part)}
    if not sharper:
        return (found if elements else None), ""
    links = {one.element: one for one in page.links}
    hits: dict[str, int] = dict.fromkeys(sharper, 0)
    rows: list[Row] = []
    for row in found.rows:
        one = row
        for part, select in sharper.items():
            hit = next(iter(select(row.element)), None)
            if hit is None:
                continue
            hits[part] += 1
            words = " ".join(hit.text_content().split())
            if part == "link":
                one = replace(one, link=links.get(hit, one.link))
            elif part == "title":
                one = replace(one, title=words or one.title)
            elif part == "date":
                raw = hit.get("datetime") or hit.get("content") or words
                one = replace(one, published=moment_of(raw, locale.fetched_at) or one.published)
            else:
                one = replace(one, text=words[:_TEASER])
        rows.append(one)
    broken = next((part for part, times in hits.items() if not times), "")
    return replace(found, rows=tuple(rows)), broken


def _rows_around(links: Sequence[Element]) -> Sequence[Element]:
    """For each link the largest element that holds no other of them."""
    holds: dict[Element, int] = {}
    for link in links:
        for above in link.iterancestors():
            holds[above] = holds.get(above, 0) + 1
    rows = []
    for link in links:
        row = link
        for above in link.iterancestors():
            if holds[above] > 1 or above.tag in ("body", "html"):
                break
            row = above
        rows.append(row)
    return rows
