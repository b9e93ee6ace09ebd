"""Who says so: the documents behind an incident, each with the words that decided it."""

from dataclasses import dataclass

from monitor.domain.incidents import Evidence, Incident
from monitor.domain.reversal import reversal
from monitor.domain.sources import Authority
from monitor.notify.tongue import Tongue
from monitor.notify.wording import AUTHORITY, clean, link

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
    """One evidence of each document, the strongest voice first, of equals who says how it stands, then the earliest;
    before all, who called it off."""
    off, stands = reversal(incident), incident.status
    denials = {denial.key for denial in off.denials} if off else set()
    ordered = sorted(
        incident.evidence,
        key=lambda e: (
            e.key not in denials, _AUTHORITY_RANK[e.authority], e.signal.status is not stands, e.published, e.signal_no
        ),
    )  # fmt: skip
    return list({evidence.document_id: evidence for evidence in reversed(ordered)}.values())[::-1]


def cited(evidence: Evidence, t: Tongue, stands: bool = True) -> Cited:
    """One of them as it is shown; marked when its words do not stand."""
    day = t.day(evidence.published.date())
    return Cited(
        title=clean(evidence.title) or t.say("(no title)"),
        url=link(evidence.url),
        publisher=clean(evidence.publisher, 60),
        authority=t.say(AUTHORITY[evidence.authority]),
        language=clean(t.language_name(evidence.lang), 40),
        lang=clean(evidence.lang, 12),
        date=day if stands else t.say("{day}, does not stand", day=day),
        quote=deciding_quote(evidence),
    )


def deciding_quote(evidence: Evidence) -> str:
    """The words that decided the event; else the longest that decided its status, or anything; empty when none did."""
    spans = evidence.signal.spans
    for head in ("event:", "status:", ""):
        if quotes := [span.quote for span in spans if span.says.startswith(head)]:
            return clean(max(quotes, key=len))
    return ""
