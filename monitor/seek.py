"""Looks for a source that moved or died on its own site, and proposes where it may be now."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urljoin

from monitor.domain.documents import Capture, Document, ReadResult, canonical_url
from monitor.domain.sources import Source, SourceKind, SourceState
from monitor.domain.vigils import Find
from monitor.ports import Fetcher
from monitor.read.addresses import robots_of, usual_places

MOST_READ = 10  # addresses that are fetched and read in one search
_NAMED = 6  # of those that one page names
_SITEMAPS = 3
_KINDS = (SourceKind.FEED, SourceKind.SITEMAP)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class SiteReader(Protocol):
    """Reads bytes in processes that may die of it."""

    async def read(
        self, capture: Capture, source: Source, known: frozenset[str], parent: Document | None, memory: str = ""
    ) -> ReadResult: ...
    async def discover(self, capture: Capture) -> ReadResult:
        """`follow`: addresses that a page or a robots.txt names and that may be feeds or sitemaps, the best first."""


class Seeker:
    """Every request goes through the daemon's own fetcher (guard, pace, robots.txt), one after the other; all that
    comes is parsed by the reader's processes."""

    def __init__(self, fetcher: Fetcher, reader: SiteReader) -> None:
        self._fetcher, self._reader = fetcher, reader

    async def seek(self, source: Source, moved_to: str, now: datetime) -> Find | None:
        """The best of what can be read where the source may be now; None when there is nothing.

        Tried are, in this order: where it is led to, what the pages above it and its home page name, the sitemaps of
        robots.txt, and the usual places; at most ten, and nothing after the first that is of the source's own kind and
        has entries. Raises UnavailableError when nothing can be read at present.
        """
        tried = {canonical_url(source.url)}
        finds: list[Find] = []
        for stage in range(3):
            for url in await self._candidates(stage, source, moved_to):
                name = canonical_url(url)
                if name in tried or len(tried) > MOST_READ:
                    continue
                tried.add(name)
                find = await self._read(url, source, now)
                if find is not None:
                    finds.append(find)
                    if find.kind is source.kind:
                        return find
        return max(finds, key=lambda find: (find.newest or _NEVER, find.items), default=None)

    async def _candidates(self, stage: int, source: Source, moved_to: str) -> Iterable[str]:
        if stage == 0:
            above, home = urljoin(source.url, "."), urljoin(source.url, "/")
            named = [url for page in dict.fromkeys((above, home)) for url in await self._named(page, source, _NAMED)]
            return [moved_to, *named] if moved_to else named
        if stage == 1:
            return await self._named(robots_of(source.url), source, _SITEMAPS)
        return usual_places(urljoin(source.url, "."))

    async def _named(self, url: str, source: Source, most: int) -> tuple[str, ...]:
        capture = await self._fetcher.page(url, source.id, "")
        return () if capture.failure else (await self._reader.discover(capture)).follow[:most]

    async def _read(self, url: str, source: Source, now: datetime) -> Find | None:
        """What is there, as a feed or as a sitemap: the first reading that gives anything."""
        asked = replace(source, url=url, kind=SourceKind.FEED, spec=(), rendered=False)
        _, capture = await self._fetcher.look(asked, SourceState(source.id, now))
        if capture is None:
            return None
        for kind in _KINDS:
            result = await self._reader.read(capture, replace(asked, kind=kind), frozenset(), None)
            if result.failure is None and result.items:
                newest = max(result.documents, key=lambda one: one.published or _NEVER, default=None)
                return Find(
                    url=capture.url,
                    kind=kind,
                    items=result.items,
                    newest=newest.published if newest else None,
                    title=newest.title if newest else "",
                )
        return None
