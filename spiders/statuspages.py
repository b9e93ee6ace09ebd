"""Status pages, by their machine-readable twin. Read by `monitor/read/statuspage.py`."""

from monitor.domain.sources import Source
from monitor.fetch.handover import Ask


def ask(source: Source) -> Ask:
    """An interface for programs: robots.txt speaks of pages."""
    return Ask("application/json, */*;q=0.5", robots=False)
