"""The door of the reading part: a capture becomes documents."""

from collections.abc import Callable, Mapping
from importlib import import_module

from monitor.domain.documents import Capture, Document, ReadResult
from monitor.domain.errors import FailureReason
from monitor.domain.sources import Source, SourceKind
from monitor.read.asked import Asked
from monitor.read.feed import read_feed
from monitor.read.wanted import without_page


def _later(module: str, function: str) -> Callable[..., ReadResult]:
    """A reader that is loaded when it is first needed: most processes read feeds, and what pages need takes longer to
    load than a hundred feeds to read."""

    def read(*asked: object) -> ReadResult:
        result: ReadResult = getattr(import_module(f"monitor.read.{module}"), function)(*asked)
        return result

    return read


_page, _wanted_page = _later("page", "read_page"), _later("page", "read_wanted_page")

# One reader for each kind of source, in a file of its own; how it is asked for stands in the file of that name in
# `spiders`.
FAMILIES: Mapping[SourceKind, Callable[[Asked], ReadResult]] = {
    SourceKind.FEED: lambda asked: read_feed(asked.capture, asked.known),
    SourceKind.PAGE: lambda asked: _page(asked.capture),
    SourceKind.LIST: _later("listing", "read_listing"),
    SourceKind.WATCHED: _later("watched", "read_watched"),
    SourceKind.SITEMAP: _later("sitemap", "read_sitemap"),
    SourceKind.JSON: _later("endpoint", "read_endpoint"),
    SourceKind.STATUS: _later("statuspage", "read_statuspage"),
    SourceKind.PROBE: _later("probe", "read_probe"),
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
            return _wanted_page(capture, parent)
        if capture.failure is not None:
            return ReadResult(failure=capture.failure, detail="nothing was fetched")
        if capture.document_id is not None:
            return _page(capture)
        return FAMILIES[source.kind](Asked(capture, source, known, memory))
    except MemoryError:
        raise
    except Exception as error:  # parsers raise anything on hostile bytes; one capture is all it may cost
        if parent is not None:
            return without_page(capture, parent, FailureReason.RAISED)
        return ReadResult(failure=FailureReason.RAISED, detail=type(error).__name__)
