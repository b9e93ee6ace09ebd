"""Who speaks in an archive: a configured source where one is known by its address or its host, else the host itself."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from monitor.domain.documents import canonical_url
from monitor.domain.sources import Authority, Source, SourceKind

_KINDS = (SourceKind.FEED, SourceKind.PAGE)  # whose addresses name what an archive holds
_TRUST = {authority: rank for rank, authority in enumerate(Authority)}  # the most trusted first
_EVERY = timedelta(days=1)


class Provenance:
    """What the configured sources tell of addresses."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.by_id = {source.id: source for source in sources}
        self._by_address: dict[tuple[SourceKind, str], Source] = {}
        self._by_host: dict[str, list[Source]] = {}
        for source in self.by_id.values():
            if source.kind in _KINDS:
                self._by_address[source.kind, canonical_url(source.url)] = source
            if source.kind is not SourceKind.PROBE and not source.asks:  # a search lends its host to what it finds
                self._by_host.setdefault(host_of(source.url), []).append(source)

    def of(self, url: str, kind: SourceKind) -> Source:
        """The source of what was fetched from that address, as a daemon would have it: a configured one, by which
        documents get the ids that the daemon gives them, else one made of what is known of its host."""
        known = self._by_address.get((kind, canonical_url(url)))
        if known is not None:
            return known
        host = host_of(url)
        return _known(host, kind, self._by_host[host]) if host in self._by_host else _unknown(host, kind)


def host_of(url: str) -> str:
    """The host of an address, without its `www.`; "" when there is none."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _unknown(host: str, kind: SourceKind) -> Source:
    name = host or "archive"
    return Source(f"{Authority.NEWS}:{name}", name, "", kind, Authority.NEWS, name, _EVERY)


def _known(host: str, kind: SourceKind, there: list[Source]) -> Source:
    """What the host's sources have in common; where they differ in authority, the least trusted of them speaks."""
    authority = max((source.authority for source in there), key=_TRUST.__getitem__)
    publishers = {source.publisher for source in there}
    platforms = set(there[0].platforms).intersection(*(source.platforms for source in there))
    countries = set(there[0].countries).intersection(*(source.countries for source in there))
    publisher = publishers.pop() if len(publishers) == 1 else host
    return replace(
        _unknown(host, kind),
        id=f"{authority}:{host}",
        name=publisher,
        authority=authority,
        publisher=publisher,
        platforms=tuple(sorted(platforms)),
        countries=tuple(sorted(countries)),
    )
