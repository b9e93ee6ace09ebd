"""The door of the reading part: a capture becomes documents."""

from monitor.domain.documents import Capture, Document, ReadResult
from monitor.domain.errors import FailureReason
from monitor.domain.sources import Source, SourceKind
from monitor.read.feed import read_feed
from monitor.read.page import read_page, read_wanted_page
from monitor.read.wanted import without_page


def read_capture(capture: Capture, source: Source, known: frozenset[str], parent: Document | None) -> ReadResult:
    """The documents in a capture; the same for the same arguments, at any time.

    `known` are entry keys of earlier reads of the source; `parent` is the document that wanted this page. Raises
    nothing for what the bytes hold; only MemoryError, when there is not enough of it.
    """
    try:
        if parent is not None:
            return read_wanted_page(capture, parent)
        if capture.failure is not None:
            return ReadResult(failure=capture.failure, detail="nothing was fetched")
        if source.kind is SourceKind.PAGE or capture.document_id is not None:
            return read_page(capture)
        return read_feed(capture, known)
    except MemoryError:
        raise
    except Exception as error:  # parsers raise anything on hostile bytes; one capture is all it may cost
        if parent is not None:
            return without_page(capture, parent, FailureReason.RAISED)
        return ReadResult(failure=FailureReason.RAISED, detail=type(error).__name__)
