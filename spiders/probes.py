"""Probes: a fact looked at. Read by `monitor/read/probe.py`."""

from datetime import datetime, timedelta

from monitor.domain.sources import Source
from monitor.fetch.handover import Ask

WINDOW = timedelta(days=2)  # of measurements by others: few enough days to see a change, enough for a share


def ask(source: Source) -> Ask:
    """Never conditional: that nothing changed is what a probe wants to see with its own eyes."""
    accept = "application/json, text/html;q=0.9, */*;q=0.5"
    return Ask(accept, robots=False, conditional=False, window=WINDOW)


def dated(url: str, window: timedelta, now: datetime) -> str:
    """The address with `{since}` and `{until}` as UTC days. `{until}` is tomorrow, since OONI leaves its day out."""
    since, until = (now - window).date().isoformat(), (now + timedelta(days=1)).date().isoformat()
    return url.replace("{since}", since).replace("{until}", until)
