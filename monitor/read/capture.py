"""The door of the reading part: a capture becomes documents."""

from collections.abc import Callable, Mapping

from monitor.domain.documents import Capture, Document, ReadResult
from monitor.domain.errors import FailureReason
from monitor.domain.sources import Source, SourceKind
from monitor.read.asked import Asked
from monitor.read.endpoint import read_endpoint
from monitor.read.feed import read_feed
from monitor.read.listing import read_listing
from monitor.read.page import read_page, read_wanted_page
from monitor.read.probe import read_probe
from monitor.read.sitemap import read_sitemap
from monitor.read.statuspage import read_statuspage
from monitor.read.wanted import without_page
from monitor.read.watched import read_watched

# One reader for each kind of source, in a file of its own; how it is asked for stands in the file of that name in
# `spiders`.
FAMILIES: Mapping[SourceKind, Callable[[Asked], ReadResult]] = {
    SourceKind.FEED: lambda asked: read_feed(asked.capture, asked.known),
    SourceKind.PAGE: lambda asked: read_page(asked.capture),
    SourceKind.LIST: read_listing,
    SourceKind.WATCHED: read_watched,
    SourceKind.SITEMAP: read_sitemap,
    SourceKind.JSON: read_endpoint,
    SourceKind.STATUS: read_statuspage,
    SourceKind.PROBE: read_probe,
}


def read_capture(
    capture: Capture, source: Source, known: frozenset[str], parent: Document | None, memory: str = ""
) -> ReadResult:
    """The documents in a capture; the same for the same arguments, at any time.

    `known` are entry keys of earlier reads of the source; `parent` is the document that wanted this page; `memory` is
    what the last read of the source left. Raises nothing for what the bytes hold; only MemoryError, when there is not
    enough of it.
    """
    try:
        if parent is not None:
            return read_wanted_page(capture, parent)
        if capture.failure is not None:
            return ReadResult(failure=capture.failure, detail="nothing was fetched")
        if capture.document_id is not None:
            return read_page(capture)
        return FAMILIES[source.kind](Asked(capture, source, known, memory))
    except MemoryError:
        raise
    except Exception as error:  # parsers raise anything on hostile bytes; one capture is all it may cost
        if parent is not None:
            return without_page(capture, parent, FailureReason.RAISED)
        return ReadResult(failure=FailureReason.RAISED, detail=type(error).__name__)
