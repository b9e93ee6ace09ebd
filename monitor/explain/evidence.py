"""A piece of evidence: why it is part of its incident, whose words it is, and what it counts for on the ladder."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from rich.console import Console
from rich.text import Text

from monitor import tables
from monitor.domain.documents import Document
from monitor.domain.incidents import Conflict, Evidence, Incident, whispered
from monitor.domain.ladder import Standing, counts_as, standing
from monitor.domain.linking import Term
from monitor.domain.origins import likeness, origins
from monitor.domain.resolution import Kinship, why_here
from monitor.domain.rulings import EvidenceKey, Ruling, RulingKind
from monitor.domain.signals import Status
from monitor.explain.spans import show_spans
from monitor.highlight import harmless

MOST = 100  # pieces of evidence of a storm; the earliest are explained


@dataclass(frozen=True, slots=True)
class EvidenceExplained:
    """Why it is here (the score with the one that it is most like, and what people ruled), and what it counts for."""

    document_id: str
    signal_no: int
    like: str  # the document that it is most like; "" when it is alone
    score: float  # log odds that both report one event
    terms: tuple[Term, ...]
    ruled: tuple[str, ...]
    counts: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Pieces of evidence that count as one voice, and why they do."""

    author: str
    publishers: tuple[str, ...]
    documents: tuple[str, ...]
    why: str


def explained(
    incident: Incident, rulings: Sequence[Ruling], kin: Kinship, today: date
) -> Mapping[EvidenceKey, EvidenceExplained]:
    """Each of the MOST earliest pieces of evidence."""
    stands = standing(incident.evidence) if incident.evidence else None
    found = {}
    for item in incident.evidence[:MOST]:
        here = why_here(item, incident, kin)
        found[item.key] = EvidenceExplained(
            item.document_id,
            item.signal_no,
            here.other.document_id if here else "",
            here.score if here else 0.0,
            here.terms if here else (),
            tuple(_ruled(item.key, incident, rulings)),
            _counts(item, stands, incident, today) if stands else "",
        )
    return found


def _ruled(key: EvidenceKey, incident: Incident, rulings: Iterable[Ruling]) -> Iterable[str]:
    inside = {item.key for item in incident.evidence}
    for ruling in rulings:
        if key not in ruling.keys:
            continue
        by = f"by {ruling.who} on {tables.day(ruling.at)}"
        if ruling.kind is RulingKind.SAME:
            others = len((ruling.keys & inside) - {key})
            yield f"put together with {others} of the others {by}"
        else:
            there = ruling.other if key in ruling.one else ruling.one
            yield f"kept apart from {len(there)} of another event {by}"


def _counts(item: Evidence, stands: Standing, incident: Incident, today: date) -> str:
    """What the ladder makes of it."""

    def among(words: Collection[Evidence]) -> bool:
        return any(word.key == item.key for word in words)

    if among(stands.words):
        if stands.reversed:
            return "a denial that stands"
        rung = counts_as(item, today, incident.effective_date)
        if rung is item.signal.status:
            return f"counts as {rung.value}"
        ahead = "its date is ahead, and it is nobody's own word"
        why = "hearsay is no more" if rung is Status.RUMOR else ahead
        why = "a faint text is no more" if rung is Status.RUMOR and item.signal.faint else why
        return f"says {item.signal.status.value}, counts as {rung.value}: {why}"
    if among(stands.doubts):
        return "a denial that is not enough against what stands"
    if among(stands.contrary):
        return "speaks against the denials, which stand until more do"
    if among(stands.earlier):
        return "overtaken: what stands is said since"
    return "counts for nothing: hearsay, or denied since"


def origins_of(incident: Incident) -> tuple[Origin, ...]:
    """Whose words the evidence is, the first published first."""
    authors: dict[str, list[Evidence]] = {}
    for item in incident.evidence:
        authors.setdefault(item.author or item.publisher.casefold(), []).append(item)
    return tuple(
        Origin(
            author,
            tuple(dict.fromkeys(item.publisher for item in items)),
            tuple(dict.fromkeys(item.document_id for item in items)),
            _as_one(author, items),
        )
        for author, items in authors.items()
    )


def _as_one(author: str, items: Sequence[Evidence]) -> str:
    """Why they are one voice; "" for one that speaks once."""
    first = items[0]
    named = next((item for item in items if item.agency == author), None)
    if named is not None:
        return f"{named.publisher} names it" + (", the others name it or print that text" if len(items) > 1 else "")
    others = [item for item in items if item.publisher.casefold() != author and item is not first]
    if others:
        least = min(likeness(first.sketch, item.sketch) for item in others)
        return f"copies of one text, first in {first.publisher} (alike by {least:.0%} or more)"
    return "one publisher" if len({item.document_id for item in items}) > 1 else ""


def show_origins(out: Console, incident: Incident, found: Sequence[Origin]) -> None:
    """How many are independent, and which count as one and why."""
    if not incident.evidence:
        return
    count, documents = origins(incident.evidence), len({item.document_id for item in incident.evidence})
    voices = "1 independent origin" if count == 1 else f"{count} independent origins"
    out.print(f"\n[bold]Whose words[/] {voices} in {documents} {'document' if documents == 1 else 'documents'}")
    low = {item.document_id for item in incident.evidence if whispered(item)}
    low -= {item.document_id for item in incident.evidence if not whispered(item)}
    faint = [origin for origin in found if low.issuperset(origin.documents)]
    faint = [] if len(faint) == len(found) else faint
    single = [origin for origin in found if not origin.why and origin not in faint]
    if single:
        out.print(Text(f"  each on its own: {', '.join(origin.publishers[0] for origin in single)}"), soft_wrap=True)
    for origin in found:
        if origin.why and origin not in faint:
            ids = ", ".join(id[:10] for id in origin.documents[:8]) + (" ..." if len(origin.documents) > 8 else "")
            who = ", ".join(origin.publishers)
            if origin.author != who.casefold():
                who = f"{harmless(origin.author)}, printed by {who}"
            out.print(Text(f"  one voice: {who}: {origin.why}; {ids}"), soft_wrap=True)
    if faint:
        who = ", ".join(dict.fromkeys(name for origin in faint for name in origin.publishers))
        out.print(Text(f"  too faint to be a voice: {who}"), soft_wrap=True)


def show_evidence(
    out: Console,
    incident: Incident,
    found: Mapping[EvidenceKey, EvidenceExplained],
    documents: Mapping[str, Document],
) -> None:
    """Each document with its words, why it is here, and what it counts for."""
    out.print("\n[bold]Evidence[/]")
    for item in incident.evidence:
        if why := found.get(item.key):
            _show_one(out, item, why, documents.get(item.document_id))
    if len(incident.evidence) > len(found):
        out.print(f"  and {len(incident.evidence) - len(found)} more")
    if incident.evidence:
        out.print("  [dim]sellerwatch explain DOCUMENT shows the text, and what raised and lowered its score[/]")


def _show_one(out: Console, item: Evidence, why: EvidenceExplained, document: Document | None) -> None:
    speaks = f"[{item.lang}] {item.publisher} ({item.authority.value}): {item.title}"
    kept = "" if document else " (no longer kept)"
    out.print(Text(f"  {tables.day(item.published)} {speaks}"), soft_wrap=True)
    out.print(Text(f"    {item.url} document {item.document_id[:10]}{kept}"), soft_wrap=True)
    said = item.signal
    places = f"{', '.join(said.regions) or 'places not named'}{' (supposed, not named)' if said.supposed else ''}"
    names = f"{', '.join(said.platforms) or 'no named platform'} in {places}"
    when = f" from {said.effective_date}" if said.effective_date else ""
    event = f"{said.event_type.value}{f' (or {said.doubt.value})' if said.doubt else ''}"
    what = f"    says {event}, {said.status.value}, of {names}{when}, score {said.score:.2f}"
    out.print(Text(what), soft_wrap=True)
    taken = item.author if item.author != item.publisher.casefold() else ""
    words = f", in the words of {harmless(taken)}" if taken else ""
    out.print(Text(f"    {why.counts}{words}"), soft_wrap=True)
    show_spans(out, said.spans)
    for ruled in why.ruled:
        out.print(Text(f"    {ruled}", "bold"), soft_wrap=True)
    if why.terms:
        summed = "; ".join(str(term) for term in why.terms if abs(term.points) >= 0.005)
        score = f"    here by {why.score:+.2f} with {why.like[:10]}, which it is most like: "
        out.print(Text.assemble((score, "dim" if why.score > 0 else "yellow"), (summed, "dim")), soft_wrap=True)


def show_conflicts(out: Console, incident: Incident) -> None:
    """Each side with those who hold it."""
    publishers = {item.key: item.publisher for item in incident.evidence}
    for conflict in incident.conflicts:
        _show_conflict(out, conflict, publishers)


def _show_conflict(out: Console, conflict: Conflict, publishers: Mapping[EvidenceKey, str]) -> None:
    for number, side in enumerate(conflict.sides):
        who = ", ".join(dict.fromkeys(publishers.get(key, "somebody") for key in side.by))
        ids = ", ".join(document_id[:10] for document_id, _ in groupby(side.by, key=lambda key: key[0]))
        lead = f"sources differ on the {conflict.about}: " if number == 0 else "  or "
        out.print(Text(f"{lead}{side.value} by {who} ({ids})", "yellow"), soft_wrap=True)
