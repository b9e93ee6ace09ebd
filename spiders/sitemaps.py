"""Sitemaps, of news too, and indexes of them. Read by `monitor/read/sitemap.py`."""

from monitor.domain.sources import Source
from monitor.fetch.handover import Ask


def ask(source: Source) -> Ask:
    """A sitemap is published for robots, in robots.txt itself as a rule."""
    return Ask("application/xml, text/xml;q=0.9, */*;q=0.5", robots=False)
