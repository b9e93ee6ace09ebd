"""Faint denials: the press calls it off in words read unsurely, and whoever was told should look (docs/ladder.md)."""

from collections.abc import Collection, Iterable

from monitor.domain.incidents import Evidence, Incident, hearsay, in_order
from monitor.domain.ladder import Standing
from monitor.domain.localities import together, ways
from monitor.domain.origins import COPY, likeness, several
from monitor.domain.places import overlap
from monitor.domain.signals import Status
from monitor.domain.sources import Authority

_PRESS = frozenset({Authority.TRADE, Authority.NEWS})


def faint_denials(incident: Incident, places: Collection[str] = ()) -> tuple[Evidence, ...]:
    """Those that nobody firm has answered, oldest first, and that hold in any of these `places` (empty: anywhere).

    Each voice asks once: neither a copy of an earlier denial nor what its publisher repeats is one more, and a copy
    of a text that denies nothing was read amiss. Where a firm denial stands beside them, it is that which counts.
    """
    if incident.closed is not None or not any(map(_whispers, incident.evidence)):
        return ()
    by = ways(incident.evidence, incident.regions)
    stands = [by[place] for place in by if overlap((place,), places)] if by and places else []
    if not by or not places:
        stands = [together(incident.evidence, by)]
    open_ = {doubt.key for one in stands for doubt in _unanswered(one)}
    denials = [item for item in in_order(incident.evidence) if item.signal.status is Status.REVERSED]
    others = [item for item in incident.evidence if item.signal.status is not Status.REVERSED]
    return tuple(
        denial
        for number, denial in enumerate(denials)
        if denial.key in open_
        and all(several((denial, earlier)) for earlier in denials[:number])
        and not any(likeness(denial.sketch, other.sketch) >= COPY for other in others)
    )


def _whispers(item: Evidence) -> bool:
    return item.signal.faint and item.signal.status is Status.REVERSED and item.authority in _PRESS


def _unanswered(stands: Standing) -> Iterable[Evidence]:
    if stands.reversed or not all(map(hearsay, stands.doubts)):
        return ()
    return filter(_whispers, stands.doubts)


def unasked(incident: Incident, places: Collection[str], asked: Collection[str]) -> tuple[Evidence, ...]:
    """Those of which nobody who was `asked` about the denials of these documents was asked, in any copy or repeat."""
    before = [item for item in incident.evidence if item.document_id in asked]
    return tuple(
        denial
        for denial in faint_denials(incident, places)
        if denial.document_id not in asked and all(several((denial, item)) for item in before)
    )


def asks(denial: Evidence) -> str:
    """What somebody must find out about it."""
    said = f"{denial.publisher} writes on {denial.published:%Y-%m-%d} that it is called off or delayed"
    return f"{said}, which was read unsurely, and nobody surer says so: is it?"
