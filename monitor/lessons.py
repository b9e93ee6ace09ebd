"""What people answered to alerts, as labels that the model may learn from."""

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.config import Config
from monitor.corpus.grow import corrected
from monitor.corpus.rows import Labelled
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.rulings import Act, ActKind
from monitor.opened import Store

FEEDBACK = "feedback.jsonl"  # in the state directory


@dataclass(frozen=True, slots=True)
class Lesson:
    """One document, and what an act on its incident says of it."""

    act: Act
    evidence: Evidence
    event: str  # "none" after a false alarm, else as it was read
    status: str | None


def lessons_of(incident: Incident, acts: list[Act]) -> Iterator[Lesson]:
    """What the last word of people on an incident teaches: a false alarm was none, what somebody took on was one.

    NOT_FOR_US teaches nothing: it is true, and of no concern to one seller.
    """
    telling = [act for act in acts if act.kind in (ActKind.FALSE_ALARM, ActKind.TAKE, ActKind.REOPEN)]
    last = max(telling, key=lambda act: (act.at, act.id), default=None)
    if last is None or last.kind is ActKind.REOPEN:  # a false alarm that was none after all
        return
    for evidence in {item.document_id: item for item in incident.evidence}.values():
        if last.kind is ActKind.FALSE_ALARM:
            yield Lesson(last, evidence, "none", None)
        else:
            signal = evidence.signal
            yield Lesson(last, evidence, signal.event_type.value, signal.status.value)


async def labels(settings: Config, store: Store) -> list[Labelled]:
    """The lessons of all answers, as rows of feedback. Raises ValueError where one makes no sound row."""
    rows = []
    authorities = {source.id: source.authority for source in settings.sources}
    for incident, acts in await store.desk.answered():
        for lesson in lessons_of(incident, acts):
            document = await store.desk.document(lesson.evidence.document_id)
            assessment = await store.desk.assessment(lesson.evidence.document_id) if document else None
            if document is None or assessment is None:
                continue  # what was pruned teaches no more
            said = {"event_type": lesson.event, **({"status": lesson.status} if lesson.status else {})}
            note = lesson.act.note or f"{lesson.act.kind.value} on incident {incident.id[:10]}"
            authority = authorities.get(document.source_id)
            rows.append(corrected(document, assessment, authority, said, lesson.act.who, lesson.act.at, note))
    return rows
