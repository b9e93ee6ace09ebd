"""A feed's own archive, fetched page by page into a WARC file: older pages by `prev-archive` (RFC 5005, 4), paged feeds
by `next` (RFC 5005, 3), JSON Feeds by `next_url`.

The daemon's fetcher asks, so robots.txt, the paces of hosts and the guard hold. What was fetched stays beside the store
as it came, so that another run reads it and asks nobody.
"""

import asyncio
import json
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from monitor.domain.documents import Capture, canonical_url, digest
from monitor.domain.sources import Source, SourceState
from monitor.ports import Fetcher
from monitor.read.charset import decode
from monitor.read.declarations import links_of
from monitor.read.declared import web_url
from monitor.read.outline import outline

_OLDER = ("prev-archive", "next")
_PATIENCE = 10.0  # seconds in which a page must tell where the next one is


@dataclass(frozen=True, slots=True)
class Archive:
    """What was fetched of a feed: `why` tells of the page that could not be, or that there are more pages."""

    path: Path
    pages: int
    why: str = ""


async def fetched(
    source: Source, fetcher: Fetcher, folder: Path, most: int, now: Callable[[], datetime], say: Callable[[str], None]
) -> Archive:
    """The feed and at most so many pages of it. What an earlier run fetched to its end is not fetched again."""
    from warcio.warcwriter import WARCWriter

    name = digest(canonical_url(source.url))
    whole, part = folder / f"{name}.warc.gz", folder / f"{name}.part.warc.gz"
    if whole.exists():
        return Archive(whole, 0)
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    url, seen, why, pages = source.url, set[str](), "", 0
    with part.open("wb") as file, ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
        writer = WARCWriter(file, gzip=True)
        while url and not why:
            if len(seen) == most:
                why = f"there are more than {most} pages; --pages reads more"
                break
            say(f"page {len(seen) + 1} of {source.url}")
            seen.add(canonical_url(url))
            look, capture = await fetcher.look(replace(source, url=url), SourceState(source.id, now(), url=url))
            if capture is None:
                why = f"{url}: {look.reason.value if look.reason else look.outcome.value} {look.detail}".strip()
                break
            _write(writer, capture)
            pages += 1
            try:
                asked = asyncio.get_running_loop().run_in_executor(apart, older, capture)
                url = await asyncio.wait_for(asked, _PATIENCE)
            except (TimeoutError, BrokenProcessPool):
                for process in (apart._processes or {}).values():
                    process.kill()
                why = f"{url}: reading where the next page is came to no end"
            if canonical_url(url) in seen:
                break
    if why:
        if not pages:
            part.unlink()
        return Archive(part, pages, why)
    part.replace(whole)
    return Archive(whole, pages)


def older(capture: Capture) -> str:
    """The address of the page with the entries before this one's; "" when there is none."""
    text = decode(capture.body, capture.content_type).text
    if text.lstrip()[:1] == "{":
        try:
            feed = json.loads(text)
        except (ValueError, RecursionError):
            return ""
        return web_url(feed.get("next_url")) or "" if isinstance(feed, dict) else ""
    cut = outline(text)
    links = links_of(cut.only(()) if cut is not None else text, capture.headers, capture.url)
    return next((url for wanted in _OLDER for rel, url in links if wanted in rel), "")


def _write(writer: Any, capture: Capture) -> None:
    from warcio.statusandheaders import StatusAndHeaders

    said = [*((name, value) for name, value in capture.headers if name != "content-type"),
            ("content-type", capture.content_type)]  # fmt: skip
    record = writer.create_warc_record(
        capture.url,
        "response",
        BytesIO(capture.body),
        len(capture.body),
        http_headers=StatusAndHeaders(f"{capture.status} OK", said, protocol="HTTP/1.1"),
        warc_headers_dict={"WARC-Date": capture.fetched_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")},
    )
    writer.write_record(record)
