"""Lists that a page carries as data: the state of its own scripts (Next.js and its like), and schema.org's JSON-LD.

A page that draws its list by script often brings the list along, so that no browser is needed to read it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from monitor.domain.documents import canonical_url
from monitor.read.declared import web_url
from monitor.read.headlines import weight
from monitor.read.text import clean, clean_title, html_to_text

_LARGEST = 4 * 1024 * 1024  # characters of one script
_MOST_NODES = 200_000
_MOST = 500  # records
_TEASER = 2_000
_TITLES = ("headline", "title", "name", "subject", "heading")
_LINKS = ("url", "link", "href", "permalink", "canonicalUrl", "canonical_url", "path", "uri", "fullSlug", "slug", "@id")
_DATES = (
    "datePublished", "publishedAt", "published_at", "publishDate", "publish_date", "publicationDate", "publishedDate",
    "published", "releaseDate", "releaseTime", "publishTime", "pubDate", "firstPublishedAt", "date", "displayDate",
    "createdAt", "created_at", "createTime", "gmtCreate", "postDate",
)  # fmt: skip
_TEXTS = ("description", "summary", "excerpt", "teaser", "abstract", "intro", "subtitle")
_ARTICLES = frozenset(
    {"Article", "NewsArticle", "BlogPosting", "Report", "SpecialAnnouncement", "TechArticle", "ListItem", "WebPage"}
)
_SCRIPTS = '//script[@type="application/ld+json" or @type="application/json" or @id="__NEXT_DATA__"]'


@dataclass(frozen=True, slots=True)
class Told:
    """One record of a page's data. `date` is as it was written, "" when there is none."""

    url: str
    title: str
    text: str
    date: str

    @property
    def name(self) -> str:
        return canonical_url(self.url)


def told(tree: Any, base: str, page_url: str) -> tuple[Told, ...]:
    """The longest list of announcements in the page's data; dated ones before all others."""
    best: tuple[Told, ...] = ()
    addresses = _addresses(tree, base)
    here = canonical_url(page_url)
    for script in tree.xpath(_SCRIPTS)[:60]:
        source = script.text or ""
        if not 20 < len(source) <= _LARGEST:
            continue
        try:
            data = json.loads(source)
        except (ValueError, RecursionError):
            continue
        for records in _lists(data, "ld+json" in (script.get("type") or "")):
            found = {
                t.name: t for record in records[:_MOST] if (t := _told(record, base, addresses)) and t.name != here
            }
            if _rank(tuple(found.values())) > _rank(best):
                best = tuple(found.values())
    return best if _rank(best) > 0 else ()


def _rank(records: Sequence[Told]) -> float:
    """How much it is a list of announcements; 0 when it may be anything: a menu, a list of products."""
    dated = sum(1 for record in records if record.date)
    worded = sum(1 for record in records if weight(record.title) >= 16)
    if not records or worded * 2 < len(records) or (dated * 2 < len(records) and len(records) < 3):
        return 0.0
    return len(records) * (1 + 2 * dated / len(records))


def _lists(data: Any, linked: bool) -> Iterator[list[Mapping[str, Any]]]:
    """Every list of records, however deep; of linked data those that are articles by their type."""
    alone: list[Mapping[str, Any]] = []
    waiting, nodes = [data], 0
    while waiting and nodes < _MOST_NODES:
        node = waiting.pop()
        nodes += 1
        if isinstance(node, dict):
            if linked and "headline" in node:
                alone.append(node)
            waiting.extend(reversed(node.values()))
        elif isinstance(node, list):
            records = [_record(item) for item in node if isinstance(item, dict)]
            fit = [record for record in records if _is_article(record, linked)]
            if fit and len(fit) * 2 >= len(records):
                yield fit
            waiting.extend(reversed(node))
    if alone:
        yield alone


def _record(item: dict[str, Any]) -> Mapping[str, Any]:
    """A list's item may wrap what it is about, or a content system's fields."""
    for wrap in ("item", "node", "fields", "attributes", "_source"):
        inner = item.get(wrap)
        if isinstance(inner, dict):
            return {**item, **inner}
    return item


def _is_article(record: Mapping[str, Any], linked: bool) -> bool:
    if "price" in record or "offers" in record or "sku" in record:
        return False
    if not linked:
        return any(key in record for key in _TITLES) and any(key in record for key in _LINKS)
    kinds = record.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return any(kind in _ARTICLES for kind in kinds if isinstance(kind, str))


def _told(record: Mapping[str, Any], base: str, addresses: Mapping[str, str]) -> Told | None:
    title = clean_title(html_to_text(_field(record, _TITLES)))
    link = _field(record, _LINKS)
    if not title or not link:
        return None
    url = _address(link, base, addresses)
    if url is None:
        return None
    text = clean(html_to_text(_field(record, _TEXTS)), _TEASER)
    return Told(url, title, "" if text == title else text, _field(record, _DATES))


def _field(record: Mapping[str, Any], names: Sequence[str]) -> str:
    for name in names:
        value = record.get(name)
        if isinstance(value, dict):  # {"rendered": ...}, {"current": ...}, {"@id": ...}
            value = next((value[key] for key in ("rendered", "current", "@id", "url", "en") if key in value), None)
        if isinstance(value, str) and value.strip():
            return value.strip()[:_LARGEST]
        if isinstance(value, int) and not isinstance(value, bool) and value > 99_999_999:  # seconds since 1970
            return str(value)
    return ""


def _address(link: str, base: str, addresses: Mapping[str, str]) -> str | None:
    """A whole address, a path, or a slug: then as the page's own links write it, else beside the page."""
    try:
        if "/" not in link:
            slug = link.lower()
            return addresses.get(slug) or web_url(urljoin(base.split("?")[0].rstrip("/") + "/", link))
        return web_url(urljoin(base, link))
    except ValueError:
        return None


def _addresses(tree: Any, base: str) -> Mapping[str, str]:
    """The page's links by the last step of their path."""
    found: dict[str, str] = {}
    for href in tree.xpath("//a/@href")[: _MOST * 10]:
        try:
            url = web_url(urljoin(base, str(href)))
        except ValueError:
            continue
        if url is not None and (step := urlsplit(url).path.rstrip("/").rpartition("/")[2]):
            found.setdefault(step.lower(), url)
    return found
