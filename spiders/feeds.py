"""Feeds: RSS, Atom, RDF and JSON Feed. Read by `monitor/read/feed.py`."""

from monitor.domain.sources import Source
from monitor.fetch.handover import Ask

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)


def ask(source: Source) -> Ask:
    """A feed is published for readers like us, so robots.txt is not asked."""
    return Ask(ACCEPT, robots=False)
