"""Which file of this package asks for which kind of source. Delete a family's line and file, and the family is gone."""

from collections.abc import Callable, Mapping

from monitor.domain.sources import Source, SourceKind
from monitor.fetch.handover import Ask
from spiders import endpoints, feeds, lists, pages, probes, sitemaps, statuspages, watched

FAMILIES: Mapping[SourceKind, Callable[[Source], Ask]] = {
    SourceKind.FEED: feeds.ask,
    SourceKind.PAGE: pages.ask,
    SourceKind.LIST: lists.ask,
    SourceKind.WATCHED: watched.ask,
    SourceKind.SITEMAP: sitemaps.ask,
    SourceKind.JSON: endpoints.ask,
    SourceKind.STATUS: statuspages.ask,
    SourceKind.PROBE: probes.ask,
}


def ask(source: Source | None) -> Ask:
    """How to ask for the source; None is a page that a document wanted."""
    return FAMILIES[source.kind](source) if source else pages.WANTED
