"""Incidents over a batch of documents: what `assess` needs to say which rows report one event."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from functools import cached_property

from monitor.domain.blocking import Kinship
from monitor.domain.documents import Document
from monitor.domain.incidents import Evidence
from monitor.domain.partition import Events
from monitor.domain.resolution import incident_id
from monitor.domain.signals import Assessment, Signal
from monitor.domain.sources import Source
from monitor.evidence import evidence_of


class Clusters:
    """Gives each document the id of the incident that its main signal reports. The order in which they come is nothing
    to it: it wants all of them before it is asked."""

    def __init__(self, kin: Kinship) -> None:
        self._kin = kin
        self._said: dict[str, Evidence] = {}

    def add(self, document: Document, source: Source, assessment: Assessment) -> None:
        """Take a document in; one given before under that id is replaced."""
        self._said.pop(document.id, None)
        for one in evidence_of(document, assessment, source)[:1]:
            self._said[document.id] = replace(one, published=document.published or likely(one.signal))
        self.__dict__.pop("_incidents", None)

    def incident_of(self, document_id: str) -> str | None:
        """The incident's id; None for a document without a signal, and for a faint one that follows nothing."""
        return self._incidents.get(document_id)

    @cached_property
    def _incidents(self) -> Mapping[str, str]:
        events = Events(self._said.values(), (), self._kin)
        groups = [group for some in events.connected(self._said.values()) for group in events.divided(some)]
        return {one.document_id: incident_id(group[0]) for group in groups for one in group}


def likely(signal: Signal) -> datetime:
    """When an undated document was likely written: about when its event takes effect; the epoch when nobody knows."""
    date = signal.effective_date
    return datetime.combine(date.first_day, time(12), UTC) if date else datetime(1970, 1, 1, tzinfo=UTC)
