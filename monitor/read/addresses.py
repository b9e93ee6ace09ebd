"""Addresses at which sites use to keep what is made for programs: feeds, sitemaps, endpoints, robots.txt."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

FEED_NAME = re.compile(
    r"(?:^|[/._?=&-])(?:rss2?|atom|feeds?|rdf)(?=$|[/._?=&-])|\.(?:rss|atom|rdf)$|feed\.(?:xml|json)$", re.IGNORECASE
)
SITEMAP_NAME = re.compile(r"sitemap[\w.-]*\.xml(?:\.gz)?$", re.IGNORECASE)
_DATA = re.compile(r"\.(?:xml|json|rss|atom|rdf)(?:\.gz)?$|/api/", re.IGNORECASE)

_USUAL = (
    "feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed.json",
    "sitemap-news.xml", "news-sitemap.xml", "sitemap.xml", "sitemap_index.xml",
)  # fmt: skip
_TWIN = "api/v2/summary.json"  # of a status page
_STATUS_HOST = re.compile(r"^(?:[\w-]*status[\w-]*)\.", re.IGNORECASE)


def usual_places(url: str) -> Sequence[str]:
    """Addresses at which sites use to keep feeds and sitemaps: beside the page, then at the root of its host."""
    parts = urlsplit(url)
    root = urlunsplit((parts.scheme, parts.netloc, "/", "", ""))
    beside = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + "/", "", ""))
    twin = [root + _TWIN] if _STATUS_HOST.match(parts.hostname or "") else []
    near = [beside + name for name in _USUAL[:3]] if beside != root and "." not in parts.path.rsplit("/", 1)[-1] else []
    return tuple(dict.fromkeys([*twin, *near, *(root + name for name in _USUAL)]))


def robots_of(url: str) -> str:
    """Where the host of an address keeps its robots.txt."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "/robots.txt", "", ""))


def sounds_like_data(url: str) -> bool:
    """Whether the address is that of a feed, a sitemap or an endpoint, by its looks."""
    path = urlsplit(url).path
    return bool(FEED_NAME.search(path) or SITEMAP_NAME.search(path) or _DATA.search(path))
