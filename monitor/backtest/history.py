"""What is replayed: dated documents, and the milestones of the events that they report."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from monitor.config.problems import Problem
from monitor.corpus.rows import Certainty, Day, Event, Labels, Name, Placed, Region, Row, read_file
from monitor.domain.deadlines import PartialDate


class Dated(Labels):
    """A dated document. Its labels are for scoring alone, and none is needed to replay it."""

    lang: str = ""
    event_type: Event = "none"
    status: Certainty | None = None


class Milestones(Row):
    """A real event, and when it became what."""

    incident: Name
    event_type: Event
    platforms: tuple[Name, ...] = ()
    regions: tuple[Region, ...] = ()
    first_report: Day | None = None
    official: Day | None = None
    effective: Day | None = None
    reversed: Day | None = None
    basis: str = ""
    url: str | None = None

    def day(self, milestone: str) -> date | None:
        """The last day that the milestone may mean: a month ends before anybody is late for it."""
        said = getattr(self, milestone)
        return PartialDate(said).last_day if said else None


@dataclass(frozen=True, slots=True)
class History:
    """Documents by day of publication, those of one day as the file has them; events by slug."""

    documents: tuple[Dated, ...]
    events: dict[str, Milestones]
    labelled: bool  # whether the documents say which event they report


class UnsoundHistoryError(ValueError):
    """The files cannot be replayed; `problems` says where and why."""

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        super().__init__(f"{path} cannot be replayed before its rows are mended")
        self.problems = tuple(problems)


def read_history(path: Path) -> History:
    """A folder with documents.jsonl and perhaps incidents.jsonl, or a file of documents.

    Raises OSError when a file cannot be opened, UnsoundHistoryError when a row is wrong or names an unknown event.
    """
    folder = path.is_dir()
    documents, wrong = read_file(path / "documents.jsonl" if folder else path, Dated)
    events: list[Placed[Milestones]] = []
    listed = path / "incidents.jsonl"
    if folder and listed.exists():
        events, more = read_file(listed, Milestones)
        wrong += more
    wrong += [*_undated(documents), *_twice(documents, events), *(_strangers(documents, events) if events else ())]
    if not documents and not wrong:
        wrong.append(Problem(path.name, None, "", "holds no document", "write one JSON object a line"))
    if wrong:
        raise UnsoundHistoryError(path, wrong)
    rows = sorted((placed.row for placed in documents), key=_when)  # stable: one day's stay in the file's order
    return History(
        tuple(rows),
        {placed.row.incident: placed.row for placed in events},
        any(row.incident for row in rows),
    )


def _when(row: Labels) -> date:
    assert row.published is not None, "checked by _undated"
    return PartialDate(row.published).first_day


def _undated(documents: Iterable[Placed[Dated]]) -> Iterable[Problem]:
    for placed in documents:
        if placed.row.published is None or len(placed.row.published) < len("YYYY-MM-DD"):
            yield placed.problem("published", "is no day", "a replay needs the day on which it became public")
        if not f"{placed.row.title}{placed.row.text}".strip():
            yield placed.problem("text", "neither 'title' nor 'text' says anything", "give at least one of them")


def _twice(documents: Iterable[Placed[Dated]], events: Iterable[Placed[Milestones]]) -> Iterable[Problem]:
    seen: dict[str, str] = {}
    for document in documents:
        if (first := seen.setdefault(f"id {document.row.id}", document.place)) != document.place:
            yield document.problem("id", f"{document.row.id!r} is at {first} too", "give each its own")
    for event in events:
        if (first := seen.setdefault(f"incident {event.row.incident}", event.place)) != event.place:
            yield event.problem("incident", f"{event.row.incident!r} is at {first} too", "give each its own")


def _strangers(documents: Iterable[Placed[Dated]], events: Iterable[Placed[Milestones]]) -> Iterable[Problem]:
    known = {placed.row.incident for placed in events}
    for placed in documents:
        if placed.row.incident and placed.row.incident not in known:
            hint = "add it there, or write null for a document that reports none of them"
            yield placed.problem("incident", f"{placed.row.incident!r} is not in incidents.jsonl", hint)
