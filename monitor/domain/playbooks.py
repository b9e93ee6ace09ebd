"""What a seller's people do about an event: short lists of steps, each with an owner and a day, and which are done."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from monitor.domain.deadlines import DeadlineRole
from monitor.domain.incidents import Incident
from monitor.domain.ladder import RUNGS
from monitor.domain.rulings import Act
from monitor.domain.signals import EventType, Status


class Anchor(StrEnum):
    """What a step's day is counted from."""

    FIRST_WORD = "first word"
    EFFECTIVE = "effective"
    DEADLINE = "deadline"


@dataclass(frozen=True, slots=True)
class Offset:
    """So many days from an anchor: negative before it. A deadline's is the first one of that role."""

    anchor: Anchor
    days: int
    role: DeadlineRole | None = None

    def __str__(self) -> str:
        name = self.role.value.replace("_", " ") + " deadline" if self.role else self.anchor.value
        if not self.days:
            return f"on {name}"
        count = f"{abs(self.days)} {'day' if abs(self.days) == 1 else 'days'}"
        return f"{count} {'before' if self.days < 0 else 'after'} {name}"


@dataclass(frozen=True, slots=True)
class PlaybookStep:
    """One thing to do. `by` are alternatives: the first whose anchor is known counts. Below the rung `since`, it waits:
    nobody recalls a stock for a rumor."""

    id: str
    do: str
    owner: str
    by: tuple[Offset, ...]
    since: Status = Status.PROPOSED

    @property
    def subject(self) -> str:
        """What an act that does it names."""
        return f"step:{self.id}"


@dataclass(frozen=True, slots=True)
class Playbook:
    """The steps for some types of event."""

    id: str
    events: tuple[EventType, ...]
    steps: tuple[PlaybookStep, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A step of one incident: its day and how that came about, and who did it. `due` None: no anchor is known yet."""

    playbook: str
    step: PlaybookStep
    due: date | None
    why: str
    done: Act | None = None
    waits_for: Status | None = None  # the rung that the incident has not reached

    @property
    def open(self) -> bool:
        """Whether somebody should do it now."""
        return self.done is None and self.waits_for is None

    def due_where(self, incident: Incident, day: Callable[[datetime], date]) -> date | None:
        """Its day by a reader's clock: what is due at once, on their day of the first word, east of us the next."""
        first = incident.evidence[0].published if incident.evidence else None
        if self.due is None or first is None or self.due != first.date():
            return self.due
        return max(self.due, day(first))

    def days_left(self, today: date) -> int | None:
        """Negative when it is overdue."""
        return None if self.due is None else (self.due - today).days


def steps_for(event: EventType, playbooks: Iterable[Playbook]) -> tuple[tuple[str, PlaybookStep], ...]:
    """All steps about an event of that type, as written, each with the id of its playbook."""
    return tuple((playbook.id, step) for playbook in playbooks if event in playbook.events for step in playbook.steps)


def plan(
    incident: Incident,
    playbooks: Iterable[Playbook],
    done: Mapping[tuple[str, str], Act] | None = None,
    seller_id: str = "",
) -> tuple[Task, ...]:
    """The steps that the incident asks for, soonest first, those without a day last.

    `done` are the standing acts (`rulings.standing_acts`); one without a seller counts for every seller. What was
    reversed, closed or merged away asks for nothing any more, and a step never falls due before the first word of it.
    """
    if incident.status is Status.REVERSED or incident.closed or incident.merged_into or not incident.evidence:
        return ()
    acts = done or {}
    tasks = []
    for playbook, step in steps_for(incident.event_type, playbooks):
        due, why = _due(step.by, incident)
        act = acts.get((seller_id, step.subject)) or acts.get(("", step.subject))
        early = RUNGS.index(incident.status) < RUNGS.index(step.since)
        tasks.append(Task(playbook, step, due, why, act, step.since if early else None))
    return tuple(sorted(tasks, key=lambda task: (task.due is None, task.due or date.max)))  # stable: as written


def _due(by: Sequence[Offset], incident: Incident) -> tuple[date | None, str]:
    first = incident.evidence[0].published.date()
    for offset in by:
        day = _anchor(offset, incident)
        if day is not None:
            due = max(day + timedelta(days=offset.days), first)
            return due, str(offset) if due == day + timedelta(days=offset.days) else f"{offset} is past: at once"
    return None, "no day is known that it counts from"


def _anchor(offset: Offset, incident: Incident) -> date | None:
    """A month or a year counts from its first day: who is early loses nothing."""
    match offset.anchor:
        case Anchor.FIRST_WORD:
            return incident.evidence[0].published.date()
        case Anchor.EFFECTIVE:
            return incident.effective_date.first_day if incident.effective_date else None
        case Anchor.DEADLINE:
            days = [due.date.first_day for due in incident.deadlines if due.role is offset.role]
            return min(days, default=None)
