"""Looks at pages that their own scripts make, with the Chromium of this machine or without one."""

import importlib.util
import shutil
from pathlib import Path

from local_sites import LocalSite, fresh, source_of

from monitor.domain.documents import Capture
from monitor.domain.errors import FailureReason
from monitor.domain.sources import Look, Outcome, Source, SourceKind, SourceState
from monitor.fetch.host import SpiderHost

HAS_BROWSER = importlib.util.find_spec("playwright") is not None and (
    any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")))
    or any(Path("~/.cache/ms-playwright").expanduser().glob("chromium*"))
)
HTML = {"Content_Type": "text/html; charset=utf-8"}


def page_at(site: LocalSite, path: str, html: str) -> Source:
    site.says(path, html.encode(), **HTML)
    return source_of(site.url(path), SourceKind.LIST, id=path, rendered=True)


async def rendered(host: SpiderHost, source: Source, state: SourceState | None = None) -> tuple[Look, Capture | None]:
    """A look with a browser; None in place of the capture's story where there is none, which the look must tell."""
    look, capture = await host.look(source, state or fresh(source))
    if not HAS_BROWSER:
        assert (look.outcome, look.reason, capture) == (Outcome.FAILED, FailureReason.NO_BROWSER, None)
    return look, capture


def children(of: str, called: bytes) -> set[str]:
    """The processes that a process started, by a word of their command line."""
    pids = [pid for tasks in Path(f"/proc/{of}/task").glob("*/children") for pid in tasks.read_text().split()]
    lines = {pid: Path(f"/proc/{pid}/cmdline") for pid in pids}
    return {pid for pid, line in lines.items() if line.exists() and called in line.read_bytes()}


def drivers() -> set[str]:
    """What drives a browser for this process."""
    return children("self", b"playwright")
