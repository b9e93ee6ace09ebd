"""Single pages, each one announcement. Read by `monitor/read/page.py`."""

from monitor.domain.sources import Source
from monitor.fetch.handover import Ask

WANTED = Ask("text/html, application/xhtml+xml;q=0.9, */*;q=0.5")


def ask(source: Source) -> Ask:
    """As a browser would, robots.txt obeyed."""
    return WANTED
