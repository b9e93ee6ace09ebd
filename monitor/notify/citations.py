"""Who says so: the documents behind an incident, each with the words that decided it."""

from dataclasses import dataclass

from monitor.domain.incidents import Evidence, Incident
from monitor.domain.reversal import reversal
from monitor.domain.sources import Authority
from monitor.notify.wording import AUTHORITY, clean, day, language, link

_AUTHORITY_RANK = {authority: rank for rank, authority in enumerate(Authority)}


@dataclass(frozen=True, slots=True)
class Cited:
    """One source that says so. `url` is None when it is no plain web link; `quote` is in the source's own language."""

    title: str
    url: str | None
    publisher: str
    authority: str
    language: str
    lang: str
    date: str
    quote: str


def documents(incident: Incident) -> list[Evidence]:
    """One evidence of each document, the strongest voice first, then the earliest; before all, who called it off."""
    off = reversal(incident)
    denials = {denial.key for denial in off.denials} if off else set()
    ordered = sorted(
        incident.evidence, key=lambda e: (e.key not in denials, _AUTHORITY_RANK[e.authority], e.published, e.signal_no)
    )
    return list({evidence.document_id: evidence for evidence in reversed(ordered)}.values())[::-1]


def cited(evidence: Evidence, stands: bool = True) -> Cited:
    """One of them as it is shown; marked when its words do not stand."""
    return Cited(
        title=clean(evidence.title) or "(no title)",
        url=link(evidence.url),
        publisher=clean(evidence.publisher, 60),
        authority=AUTHORITY[evidence.authority],
        language=language(evidence.lang),
        lang=clean(evidence.lang, 12),
        date=day(evidence.published.date()) + ("" if stands else ", does not stand"),
        quote=_deciding_quote(evidence),
    )


def _deciding_quote(evidence: Evidence) -> str:
    """The longest words that decided the event or its status, else any that decided something; empty when none did."""
    spans = evidence.signal.spans
    deciding = [span for span in spans if span.says.startswith(("event:", "status:"))] or list(spans)
    return clean(max((span.quote for span in deciding), key=len, default=""))
