"""Endpoints that answer with JSON. Read by `monitor/read/endpoint.py`."""

from monitor.domain.sources import Source
from monitor.fetch.handover import Ask

ACCEPT = "application/json, */*;q=0.5"


def ask(source: Source) -> Ask:
    """An interface for programs: robots.txt speaks of pages. With `post`, a JSON body is sent, unconditionally."""
    body = source.told("post")
    if not body:
        return Ask(ACCEPT, robots=False)
    sent = (("Content-Type", "application/json"),)
    return Ask(ACCEPT, robots=False, conditional=False, method="POST", body=body.encode(), headers=sent)
