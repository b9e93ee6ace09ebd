"""Who says so: the evidence by voices, each with its copies folded, and where they contradict each other."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from monitor.desk.passages import passages, plain, whole
from monitor.domain.deadlines import PartialDate
from monitor.domain.documents import Document
from monitor.domain.incidents import ChangeKind, Evidence, Incident
from monitor.domain.ladder import Standing, counts_as, standing
from monitor.domain.origins import origins
from monitor.domain.rulings import EvidenceKey, Ruling, RulingKind
from monitor.domain.signals import Span, Status
from monitor.domain.sources import Authority
from monitor.notify.tongue import Tongue, noop
from monitor.notify.wording import AUTHORITY, RUNG, clean, link
from monitor.web.sections.witnesses import Dispute, Move, Piece, Place, Said, Side, Voice, Witnesses

VOICES = 20  # of one page
COPIES = 10  # of one voice
_RANK = {authority: rank for rank, authority in enumerate(Authority)}
_COUNTS = noop("counts as: {rung}")
Spoken = tuple[str, Sequence[Evidence]]
"""Whose words they are, and the documents that print them, the first published first."""


def spoken(incident: Incident) -> Sequence[Spoken]:
    """The voices: who called it off before all, then the strongest, then the first to say so."""
    authors: dict[str, list[Evidence]] = {}
    for item in incident.evidence:
        authors.setdefault(item.author or item.publisher.casefold(), []).append(item)
    stands = standing(incident.evidence) if incident.evidence else None
    denials = {item.key for item in stands.words} if stands and stands.reversed else set()

    def order(one: Spoken) -> tuple[bool, int, object]:
        first = any(item.key in denials for item in one[1])
        return not first, min(_RANK[item.authority] for item in one[1]), one[1][0].published

    for items in authors.values():
        items.sort(key=lambda item: item.key not in denials)  # stable: else the first published stands for them all
    return sorted(authors.items(), key=order)


def witnesses(
    incident: Incident,
    some: Sequence[Spoken],
    begins: int,
    texts: Mapping[str, Document],
    rulings: Sequence[Ruling],
    today: date,
    t: Tongue,
) -> Witnesses:
    """VOICES of the voices, from number `begins` on."""
    stands = standing(incident.evidence) if incident.evidence else None
    found = []
    for author, items in some[begins : begins + VOICES]:
        documents = _by_document(items)
        said = [
            _said(one, texts.get(one[0].document_id), stands, incident, rulings, today, t)
            for one in documents[: COPIES + 1]
        ]
        found.append(
            Voice(
                clean(author, 60),
                tuple(dict.fromkeys(clean(item.publisher, 60) for item in items))[:COPIES],
                _as_one(author, [one[0] for one in documents], t),
                said[0],
                tuple(said[1:]),
                len(documents) - len(said),
            )
        )
    number = len({item.document_id for item in incident.evidence})
    return Witnesses(origins(incident.evidence), number, tuple(found), begins, len(some))


def wanted(some: Sequence[Spoken], begins: int) -> Sequence[str]:
    """The documents whose texts are shown: the first of each voice."""
    return [items[0].document_id for _, items in some[begins : begins + VOICES]]


def _by_document(items: Iterable[Evidence]) -> list[list[Evidence]]:
    found: dict[str, list[Evidence]] = {}
    for item in items:
        found.setdefault(item.document_id, []).append(item)
    return list(found.values())


def _said(
    items: Sequence[Evidence],
    document: Document | None,
    stands: Standing | None,
    incident: Incident,
    rulings: Sequence[Ruling],
    today: date,
    t: Tongue,
) -> Said:
    item, spans = items[0], [span for one in items for span in one.signal.spans]
    kept = document is not None and document.content_hash == item.content_hash
    title = item.title or t.say("(no title)")
    fits = [span for span in spans if span.field == "title" and title[span.start : span.end] == span.quote]
    shown: tuple[tuple[Piece, ...], ...] = ()
    if kept and document is not None:
        shown = passages(document.text, [span for span in spans if span.field == "text"])
    elif spans:
        shown = tuple((Piece(plain(span.quote)[:600], (_role(span),)),) for span in _deciding(spans))
    return Said(
        document_id=item.document_id,
        title=whole(title, fits),
        passages=shown,
        url=link(item.url),
        publisher=clean(item.publisher, 60),
        authority=item.authority,
        authority_said=t.say(AUTHORITY[item.authority]),
        lang=clean(item.lang, 12),
        published=item.published,
        event_type=item.signal.event_type,
        status=item.signal.status,
        platforms=tuple(clean(name, 40) for name in item.signal.platforms),
        regions=tuple(clean(code, 12) for code in item.signal.regions),
        date=item.signal.effective_date,
        score=item.signal.score,
        counts=_counts(item, stands, incident, today, t) if stands else "",
        kept=kept,
        ruled=tuple(_ruled(item.key, incident, rulings, t)),
    )


def _role(span: Span) -> str:
    return span.says.partition(":")[0]


def _deciding(spans: Sequence[Span]) -> Sequence[Span]:
    """Of words whose text is not there any more: those of the event and its rung, else whatever there is."""
    first = [span for span in spans if _role(span) in {"event", "status"}] or list(spans)
    return list({span.quote: span for span in first}.values())[:4]


def _counts(item: Evidence, stands: Standing, incident: Incident, today: date, t: Tongue) -> str:
    """What the ladder makes of it."""

    def among(words: Collection[Evidence]) -> bool:
        return any(word.key == item.key for word in words)

    if among(stands.words):
        if stands.reversed:
            return t.say("A denial that stands.")
        rung, said = counts_as(item, today, incident.effective_date), item.signal.status
        if rung is said:
            return t.say(_COUNTS, rung=t.say(RUNG[rung]))
        why = t.say("hearsay is no more")
        if rung is not Status.RUMOR:
            why = t.say("its date is ahead, and it is nobody's own word")
        return t.say("counts as: {rung} ({why})", rung=t.say(RUNG[rung]), why=why)
    if among(stands.doubts):
        return t.say("A denial that is not enough against what stands.")
    if among(stands.contrary):
        return t.say("Speaks against the denials, which stand until more do.")
    if among(stands.earlier):
        return t.say("Overtaken: what stands was said since.")
    return t.say("Counts for nothing: hearsay, or denied since.")


def _ruled(key: EvidenceKey, incident: Incident, rulings: Iterable[Ruling], t: Tongue) -> Iterable[str]:
    inside = {item.key for item in incident.evidence}
    for ruling in rulings:
        if key in ruling.keys:
            by = {"who": clean(ruling.who, 60), "at": t.moment(ruling.at)}
            if ruling.kind is RulingKind.SAME:
                number = len((ruling.keys & inside) - {key})
                yield t.count(
                    "Put together with {n} other by {who}, {at}.",
                    "Put together with {n} others by {who}, {at}.",
                    number,
                    **by,
                )
            else:
                yield t.say("Kept apart from another event by {who}, {at}.", **by)


def _as_one(author: str, firsts: Sequence[Evidence], t: Tongue) -> str:
    """Why they are one voice; "" for one that speaks once."""
    named = next((item for item in firsts if item.agency == author), None)
    if named is not None:
        return t.say(
            "{publisher} names {agency} as its source.", publisher=clean(named.publisher, 60), agency=clean(author, 60)
        )
    if len(firsts) == 1:
        return ""
    if any(item.publisher.casefold() != author for item in firsts):
        return t.say("Copies of one text, first in {publisher}.", publisher=clean(firsts[0].publisher, 60))
    return t.say("Several texts of one publisher.")


def moves(incident: Incident, t: Tongue) -> tuple[Move, ...]:
    """Every step on the ladder, the first first."""
    items = {item.document_id: item for item in reversed(incident.evidence)}
    found = []
    for change in incident.history:
        if change.kind not in (ChangeKind.OPENED, ChangeKind.RUNG):
            continue
        before, after = (said.partition(";")[0].strip() for said in (change.before, change.after))
        if after == before or after not in _STATUS:
            continue  # it moved in single places alone
        item = items.get(change.document_id or "")
        words = t.say("Its date has come.") if _STATUS[after] is Status.EFFECTIVE and item is None else ""
        if item is not None:
            words = t.say(
                "{publisher} ({authority})",
                publisher=clean(item.publisher, 60),
                authority=t.say(AUTHORITY[item.authority]),
            )
        found.append(Move(_STATUS[after], change.at, words, clean(change.why), change.document_id))
    return tuple(found)


_STATUS = {status.value: status for status in Status}


def disputes(incident: Incident, t: Tongue) -> tuple[Dispute, ...]:
    """What sources contradict each other about, side by side."""
    names = {item.key: clean(item.publisher, 60) for item in incident.evidence}
    found = []
    for conflict in incident.conflicts:
        sides = []
        for side in conflict.sides:
            day = _day(side.value) if conflict.about == "date" else None
            by = tuple(dict.fromkeys(names[key] for key in side.by if key in names))
            sides.append(Side(_value(conflict.about, side.value, day, t), day, by))
        found.append(Dispute(conflict.about, tuple(sides)))
    return tuple(found)


def _value(about: str, value: str, day: PartialDate | None, t: Tongue) -> str:
    if day is not None:
        return t.partial(day)
    if about == "place":
        return t.listed([t.place(clean(code, 40)) for code in value.split(", ")])
    return t.say(RUNG[_STATUS[value]]) if value in _STATUS else clean(value)


def _day(value: str) -> PartialDate | None:
    try:
        return PartialDate(value)
    except ValueError:
        return None


def places(incident: Incident, t: Tongue) -> tuple[Place, ...]:
    """Where its places go different ways, how each does."""
    return tuple(Place(t.place(clean(one.place, 40)), one.date, one.status, clean(one.why)) for one in incident.dates)
