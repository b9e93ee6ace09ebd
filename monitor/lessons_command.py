"""`sellerwatch corpus lessons`: what people answered to alerts, as labels that the model may learn from."""

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.config import Config
from monitor.corpus.grow import corrected, keep
from monitor.corpus.rows import Labelled
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.rulings import Act, ActKind
from monitor.invocation import AsJson, ConfigDir, refuse, with_store
from monitor.opened import Store
from monitor.tables import console, print_json, table


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


def lessons(config: ConfigDir = None, as_json: AsJson = False) -> None:
    """Keep what people answered to alerts as corrections, beside those of `corpus feedback`: false alarms as none, what
    somebody took on as what it was read as. Read them before `corpus add` takes them over."""

    async def work(settings: Config, store: Store) -> list[Labelled]:
        path, rows = settings.state_dir / "feedback.jsonl", []
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
                row = corrected(document, assessment, authority, said, lesson.act.who, lesson.act.at, note)
                keep(row, path)
                rows.append(row)
        return rows

    try:
        rows = with_store(config, work)
    except (ValueError, OSError) as error:
        raise refuse(error) from None
    if as_json:
        print_json([row.model_dump(mode="json") for row in rows])
        return
    table(
        "Lessons", "document", "kept as", "title",
        rows=[[row.id, " ".join(filter(None, (row.event_type, row.status))), row.title[:70]] for row in rows],
        empty="Nobody answered an alert with a false alarm, or took one on.",
    )  # fmt: skip
    if rows:
        console.print("Written in feedback.jsonl in the state directory; `sellerwatch corpus add` takes it over.")
