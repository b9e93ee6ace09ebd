"""What a family's reader is given."""

from dataclasses import dataclass

from monitor.domain.documents import Capture
from monitor.domain.sources import Source


@dataclass(frozen=True, slots=True)
class Asked:
    """A capture of a source; the keys of entries read before; what the last read left to be remembered."""

    capture: Capture
    source: Source
    known: frozenset[str] = frozenset()
    memory: str = ""
