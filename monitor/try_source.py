"""What is at an address, or behind it, that a source could read: for `sellerwatch sources try URL` and for the desk.

Everything goes through the daemon's own fetcher (guard, pace, robots.txt) and its disposable readers. Nothing is kept.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from monitor.config import Config
from monitor.domain.documents import Capture, Document, ReadResult, canonical_url
from monitor.domain.errors import FailureReason
from monitor.domain.platforms import Platform
from monitor.domain.signals import Assessment
from monitor.domain.sources import Authority, Look, Source, SourceKind, SourceState
from monitor.intake import SHORT
from monitor.ports import Analyst, Fetcher
from monitor.read.addresses import robots_of, sounds_like_data, usual_places
from monitor.seek import SiteReader

ASSESSED = 20  # documents, the newest first
_FEW = 3  # entries make a list
_GOOD = 8  # from here on nothing better is looked for
_GUESS = 5  # the most that is thought of what was found by guessing
_NAMED = 8  # of the addresses that a page names are tried
_SITEMAPS = 3  # of those that robots.txt names
_STATE = re.compile(r"(?:^|\.)(?:gov|gob|gouv|gub|govt|go|gc|europa)\.[a-z]{2,3}$|(?:^|\.)(?:gov|europa\.eu)$")
_WALLS = (FailureReason.BOT_WALL, FailureReason.LOGIN_WALL)
_HOPELESS = frozenset(  # nothing else on that host would be answered either
    {
        FailureReason.TIMEOUT, FailureReason.DNS, FailureReason.CONNECTION, FailureReason.TLS, FailureReason.BAD_URL,
        FailureReason.PRIVATE_ADDRESS, FailureReason.RATE_LIMITED,
    }
)  # fmt: skip

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tools:
    """With what it is done: the fetcher is running; the analyst is asked for when there is something to understand."""

    fetcher: Fetcher
    reader: SiteReader
    analyst: Callable[[], Analyst]
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Finding:
    """One address that can be read as one kind of source."""

    source: Source  # named and spoken for by nobody yet
    look: Look
    result: ReadResult
    capture: Capture = field(repr=False)
    guessed: bool = False  # nobody names it: it lies where such things use to lie, and may be another's or forgotten

    @property
    def dated(self) -> int:
        return sum(document.published is not None for document in self.result.documents)

    @property
    def promise(self) -> int:
        """How good a source it would make, from 0: what gives dated entries of news by itself is best. Before what was
        guessed comes a list with dates at the address itself."""
        promise = self._promise
        return min(promise, _GUESS) if self.guessed else promise

    @property
    def _promise(self) -> int:
        items = self.result.items
        match self.source.kind:
            case SourceKind.FEED:
                return (10 if self.dated else 8) if items else 2
            case SourceKind.STATUS:
                return 9 if items else 3
            case SourceKind.JSON:
                return 7 if items else 0
            case SourceKind.LIST:
                return (6 if self.dated else 4) if items >= _FEW else 0
            case SourceKind.SITEMAP:
                return (5 if any(d.published for d in self.result.documents) else 3) if items else 0
        return 1


@dataclass(frozen=True, slots=True)
class Understood:
    """A document that the source would give, and what is understood of it."""

    document: Document
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class Trial:
    """All that was found out. `found` is the best of `findings`, None when nothing can be read."""

    url: str
    found: Finding | None
    findings: tuple[Finding, ...]
    understood: tuple[Understood, ...]
    robots: str
    tried: tuple[tuple[str, str], ...]  # address, what came of it
    reason: FailureReason | None = None  # why nothing can be read
    shut: str = ""  # why the address itself gave nothing, in words


class Scout:
    """Looks at addresses, one after the other, and reads what is there."""

    def __init__(self, tools: Tools, say: Say) -> None:
        self._fetcher, self._reader, self._now, self._say = tools.fetcher, tools.reader, tools.now, say
        self.tried: dict[str, str] = {}
        self.robots = ""
        self._deaf: set[str | None] = set()  # hosts that do not answer
        self.reason: FailureReason | None = None
        self.shut = ""  # why the address itself gave nothing, in words

    async def best(self, url: str) -> list[Finding]:
        """What is at the address or behind it, the most promising first; empty when nothing can be read."""
        found, capture = await self._there(url)
        self.shut = self.tried.get(url, "") if self.reason and not found else ""
        if self.reason in _HOPELESS:
            return []
        if any(one.source.kind not in (SourceKind.PAGE, SourceKind.LIST) for one in found):
            return found
        if capture is not None:
            named = (await self._reader.discover(capture)).follow
            found += await self._try(named[:_NAMED], "named by the page")
        site = capture.url if capture is not None else url
        if not _good(found):
            found += await self._try((await self._in_robots(site))[:_SITEMAPS], "named by robots.txt")
        if not _good(found):
            found += [replace(one, guessed=True) for one in await self._try(usual_places(site), "a usual place")]
        return sorted((one for one in found if one.promise), key=lambda one: -one.promise)

    async def _there(self, url: str) -> tuple[list[Finding], Capture | None]:
        """What the address itself is. Data is asked for as such; a page, as robots.txt allows."""
        data = sounds_like_data(url)
        look, capture = await self._look(url, SourceKind.FEED if data else SourceKind.PAGE)
        if look.reason is FailureReason.ROBOTS:
            self.robots = "disallowed: robots.txt wants no program at this page"
        elif data:
            self.robots = "not asked: feeds, sitemaps and endpoints are published for programs"
        else:
            self.robots = "allowed" if capture is not None else "not known: nothing was fetched"
        self.reason = look.reason
        if capture is None:
            return [], None
        return await self._read(look, capture), capture

    async def _look(self, url: str, kind: SourceKind) -> tuple[Look, Capture | None]:
        self._say(f"asking {url}")
        source = _unnamed(url, kind)
        look, capture = await self._fetcher.look(source, SourceState(source.id, self._now()))
        if look.reason in _HOPELESS:
            self._deaf.add(urlsplit(url).hostname)
        self.tried[url] = look.detail or (look.reason.value if look.reason else "nothing that can be read")
        return look, capture

    async def _read(self, look: Look, capture: Capture) -> list[Finding]:
        """The capture as every kind of source that it may be; what it is not, is not found."""
        kinds = [SourceKind.FEED, SourceKind.SITEMAP]
        spec: tuple[tuple[str, str], ...] = ()
        head = capture.body[:4096].lstrip().lower()
        if head[:1] in (b"{", b"["):
            shape = (await self._reader.discover(capture)).memory
            spec = tuple(json.loads(shape).items()) if shape else ()
            kinds = [SourceKind.FEED, SourceKind.STATUS, *([SourceKind.JSON] if spec else [])]
        elif b"<html" in head or b"<!doctype html" in head:
            kinds = [SourceKind.LIST, SourceKind.PAGE]
        found = []
        for kind in kinds:
            source = _unnamed(look.moved_to or capture.url, kind, spec if kind is SourceKind.JSON else ())
            result = await self._reader.read(capture, source, frozenset(), None)
            if result.failure is not None:
                self.tried[source.url] = result.detail or result.failure.value
                self.reason = self.reason or result.failure
                if result.failure in _WALLS:
                    return []
                continue
            if result.follow and not result.documents:
                result = await self._first_of(source, result)
            finding = Finding(source, look, result, capture)
            found.append(finding)
            self.tried[source.url] = f"{kind.value}, {result.items} entries" if result.items else kind.value
            if kind not in (SourceKind.LIST, SourceKind.PAGE):
                break
        return found

    async def _first_of(self, index: Source, result: ReadResult) -> ReadResult:
        """An index of sitemaps read as far as its first one."""
        _, capture = await self._look(result.follow[0], SourceKind.SITEMAP)
        if capture is None:
            return result
        first = await self._reader.read(capture, index, frozenset(), None)
        return result if first.failure else replace(first, items=max(first.items, result.items))

    async def _in_robots(self, url: str) -> Sequence[str]:
        _, capture = await self._look(robots_of(url), SourceKind.FEED)
        return (await self._reader.discover(capture)).follow if capture is not None else ()

    async def _try(self, urls: Iterable[str], why: str) -> list[Finding]:
        """Each address until one is good. What is no address of data is left alone."""
        found: list[Finding] = []
        for url in urls:
            if url in self.tried or urlsplit(url).hostname in self._deaf:
                continue
            self._say(f"trying {url}, {why}")
            look, capture = await self._look(url, SourceKind.FEED)
            if capture is None:
                continue
            there = [one for one in await self._read(look, capture) if one.source.kind not in _PAGES]
            found += there
            if _good(there):
                break
        return found


_PAGES = (SourceKind.PAGE, SourceKind.LIST)


def _good(found: Iterable[Finding]) -> bool:
    return any(one.promise >= _GOOD for one in found)


def _unnamed(url: str, kind: SourceKind, spec: tuple[tuple[str, str], ...] = ()) -> Source:
    host = urlsplit(url).hostname or "trial"
    return Source("trial", host, url, kind, Authority.NEWS, host, timedelta(hours=1), spec=spec)


def owner(host: str, platforms: Iterable[Platform]) -> Platform | None:
    """The platform whose domain it is."""
    fitting = ((len(d), p) for p in platforms for d in p.domains if host == d or host.endswith(f".{d}"))
    return max(fitting, key=lambda one: one[0], default=(0, None))[1]


def _spoken_for(found: Finding, platforms: Iterable[Platform]) -> Finding:
    """With a guess at who speaks there, which decides how far its words are believed."""
    host = urlsplit(found.source.url).hostname or ""
    platform = owner(host, platforms)
    authority = Authority.OFFICIAL if platform else Authority.REGULATOR if _STATE.search(host) else Authority.NEWS
    about = (platform.name,) if platform else ()
    return replace(found, source=replace(found.source, authority=authority, platforms=about))


async def explore(url: str, settings: Config, follow: int, say: Say, tools: Tools) -> Trial:
    """Find what can be watched behind the address, read it, and understand its newest documents; of those that say
    little, the first `follow` with their pages."""
    url = url if "://" in url else f"https://{url}"
    scout = Scout(tools, say)
    findings = await scout.best(url)
    found = _spoken_for(findings[0], settings.platforms) if findings else None
    findings[:1] = [found] if found else []
    understood: Sequence[Understood] = ()
    if found is not None:
        newest = sorted(found.result.documents, key=_age)[:ASSESSED]
        documents = await _with_pages(newest, found, follow, tools, say)
        understood = await _understood(documents, found, tools.analyst(), say)
    reason = None if found else scout.reason
    return Trial(
        url, found, tuple(findings), tuple(understood), scout.robots, tuple(scout.tried.items()), reason, scout.shut
    )


def _age(document: Document) -> float:
    return -document.published.timestamp() if document.published else 0.0


async def _with_pages(
    documents: Sequence[Document], found: Finding, most: int, tools: Tools, say: Say
) -> list[Document]:
    read = list(documents)
    short = [n for n, one in enumerate(read) if len(one.text) < SHORT and one.url not in ("", found.source.url)]
    for number in short[:most]:
        say(f"opening {read[number].url}")
        page = await tools.fetcher.page(read[number].url, found.source.id, read[number].id)
        result = await tools.reader.read(page, found.source, frozenset(), read[number])
        read[number] = next(iter(result.documents), read[number])
    return read


async def _understood(
    documents: Sequence[Document], found: Finding, analyst: Analyst, say: Say
) -> Sequence[Understood]:
    known = []
    for number, document in enumerate(documents, 1):
        say(f"understanding {number} of {len(documents)}")
        known.append(Understood(document, await analyst.assess(document, found.source)))
    return known


def already(url: str, sources: Iterable[Source]) -> Source | None:
    """The configured source of this address, if there is one."""
    name = canonical_url(url)
    return next((source for source in sources if canonical_url(source.url) == name), None)


def newest(understood: Iterable[Understood]) -> datetime | None:
    """When the youngest document was published."""
    return max((one.document.published for one in understood if one.document.published), default=None)
