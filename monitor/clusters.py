"""Incidents over a batch of documents: what `assess` needs to say which rows report one event."""

from dataclasses import replace
from datetime import UTC, datetime, time

from monitor.domain.documents import Document
from monitor.domain.incidents import Incident
from monitor.domain.resolution import Kinship, absorb
from monitor.domain.signals import Assessment
from monitor.domain.sources import Source
from monitor.evidence import evidence_of


class Clusters:
    """Gives each document the id of the incident that its main signal joins or opens. Keeps what it was given."""

    def __init__(self, kin: Kinship) -> None:
        self._kin = kin
        self._incidents: dict[str, Incident] = {}

    def __call__(self, document: Document, source: Source, assessment: Assessment) -> str | None:
        said = evidence_of(document, assessment, source)
        moment = document.published or _likely(assessment) or document.fetched_at
        said = tuple(replace(one, published=moment) for one in said)
        for incident in absorb(said, self._incidents, self._kin, moment):
            self._incidents[incident.id] = incident
        return next(
            (
                incident.id
                for incident in self._incidents.values()
                for one in incident.evidence
                if one.document_id == document.id and one.signal_no == 0
            ),
            None,
        )


def _likely(assessment: Assessment) -> datetime | None:
    """When an undated document was likely written: about when its event takes effect."""
    dates = [signal.effective_date for signal in assessment.signals if signal.effective_date]
    return datetime.combine(dates[0].first_day, time(12), UTC) if dates else None
