"""What a feed says of itself outside its entries: how often it changes, and where it can be subscribed to.

RSS 2.0 has `ttl` (minutes), RDF Site Summary 1.0 the syndication module, and WebSub links to a hub and to the
feed's own name there (topic), in the feed or in the Link header.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from urllib.parse import urljoin

from monitor.read.declared import web_url

_LONGEST_HEAD = 200_000  # characters
_LONGEST_EVERY = timedelta(days=31)
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}  # hours
_TTL = re.compile(r"<ttl>\s*(\d{1,6})\s*</ttl>", re.IGNORECASE)
_PERIOD = re.compile(r"<(?:[\w.-]{1,40}:)?updatePeriod>\s*(hourly|daily|weekly|monthly|yearly)\s*<")
_FREQUENCY = re.compile(r"<(?:[\w.-]{1,40}:)?updateFrequency>\s*(\d{1,4})\s*<")
_LINK = re.compile(r"<(?:[\w.-]{1,40}:)?link\s([^<>]{1,2000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\b(rel|href)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_IN_HEADER = re.compile(r"<([^<>]{1,2000})>([^<]*)")
_REL = re.compile(r"""\brel\s*=\s*["']?([\w\s-]+)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Declared:
    """`every` is None, `hub` and `topic` are "" where nothing is declared. A topic counts only beside a hub."""

    every: timedelta | None = None
    hub: str = ""
    topic: str = ""


def declarations(head: str, headers: Sequence[tuple[str, str]]) -> Declared:
    """Out of a feed's text without its entries. Of two intervals the longer counts: neither is exceeded."""
    head = head[:_LONGEST_HEAD]
    intervals = []
    if ttl := _TTL.search(head):
        intervals.append(timedelta(minutes=int(ttl[1])))
    if period := _PERIOD.search(head):
        times = _FREQUENCY.search(head)
        intervals.append(timedelta(hours=_PERIODS[period[1]]) / max(1, int(times[1]) if times else 1))
    links = links_of(head, headers)
    hub = next((url for rel, url in links if "hub" in rel), "")
    topic = next((url for rel, url in links if "self" in rel), "") if hub else ""
    return Declared(interval(max(intervals, default=None)), hub, topic)


def links_of(head: str, headers: Sequence[tuple[str, str]], base: str = "") -> list[tuple[list[str], str]]:
    """What it links to outside its entries: the relations of each link, and its address, as seen from `base`."""
    return [*_in_headers(headers, base), *_in_feed(head[:_LONGEST_HEAD], base)]


def interval(every: timedelta | None) -> timedelta | None:
    """An interval that can be meant: none, and more than a month, are not."""
    return min(every, _LONGEST_EVERY) if every else None


def _in_headers(headers: Sequence[tuple[str, str]], base: str) -> list[tuple[list[str], str]]:
    found = []
    for name, value in headers:
        if name.lower() == "link":
            for target, parameters in _IN_HEADER.findall(value[:20_000]):
                rel, url = _REL.search(parameters), _seen_from(base, target)
                if rel and url:
                    found.append((rel[1].lower().split(), url))
    return found


def _in_feed(head: str, base: str) -> list[tuple[list[str], str]]:
    found = []
    for match in _LINK.finditer(head):
        attributes = {name.lower(): unescape(a or b) for name, a, b in _ATTRIBUTE.findall(match[1])}
        if (url := _seen_from(base, attributes.get("href"))) is not None:
            found.append((attributes.get("rel", "").lower().split(), url))
    return found


def _seen_from(base: str, link: str | None) -> str | None:
    try:
        return web_url(urljoin(base, link) if base and link else link)
    except ValueError:
        return None
