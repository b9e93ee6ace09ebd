"""Single pages watched for changes. Read by `monitor/read/watched.py`."""

from monitor.domain.sources import Source
from monitor.fetch.handover import Ask


def ask(source: Source) -> Ask:
    """As a browser would, robots.txt obeyed; always whole, since a second look at the same text confirms it."""
    return Ask("text/html, application/xhtml+xml;q=0.9, */*;q=0.5", conditional=False)
