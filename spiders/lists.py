"""Announcement lists: a page of links to announcements. Read by `monitor/read/listing.py`."""

from monitor.domain.sources import Source
from monitor.fetch.handover import Ask


def ask(source: Source) -> Ask:
    """As a browser would, robots.txt obeyed."""
    return Ask("text/html, application/xhtml+xml;q=0.9, */*;q=0.5")
