"""What to do by when: what the sources ask of everybody, and the next steps of the seller's own playbook."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from monitor.domain.deadlines import Deadline, PartialDate
from monitor.domain.incidents import Incident
from monitor.domain.playbooks import Task
from monitor.domain.signals import Status
from monitor.notify.wording import DUTY, clean, day, distance, partial

MOST_STEPS = 12
MOST_JOBS = 4  # a message says what comes next; the whole list is the desk's


@dataclass(frozen=True, slots=True)
class Step:
    """What to do, by when, and how long that is from the day of writing; `quote` is the source's own words."""

    by: str
    left: str
    what: str
    quote: str


@dataclass(frozen=True, slots=True)
class Job:
    """A step of the playbook: what to do, who does it, by when, and how long that is from the day of writing.
    Without a day nothing is `left`."""

    by: str
    left: str
    what: str
    owner: str


def steps(incident: Incident, today: date) -> tuple[Step, ...]:
    """What is still ahead in the order of its dates, then what has passed."""
    ordered = sorted(incident.deadlines, key=lambda deadline: (deadline.date.last_day < today, deadline))
    return tuple(
        Step(_by(deadline), distance(deadline.date, today), _duty(deadline), clean(deadline.quote))
        for deadline in ordered[:MOST_STEPS]
    )


def _by(deadline: Deadline) -> str:
    zone = clean(deadline.zone, 40)
    named = f"UTC{zone}" if zone[:1] in ("+", "-") else f"{zone.rpartition('/')[2].replace('_', ' ')} time"
    return partial(deadline.date) + (f", {named}" if zone else "")


def _duty(deadline: Deadline) -> str:
    """What must be done, by whom where that is said, and how sure it is where it is not certain."""
    doubt = {Status.RUMOR.value: "only rumored", Status.PROPOSED.value: "not final"}.get(deadline.certainty, "")
    notes = [note for note in (deadline.actor and f"for {deadline.actor}", doubt) if note]
    return DUTY[deadline.role] + (f" ({', '.join(notes)})" if notes else "")


def jobs(tasks: Sequence[Task], today: date) -> tuple[Job, ...]:
    """The next of the open tasks, which come soonest first."""
    return tuple(_job(task, today) for task in tasks[:MOST_JOBS])


def _job(task: Task, today: date) -> Job:
    what, owner = clean(task.step.do), clean(task.step.owner, 60)
    if task.due is None:
        return Job("no day yet", "", what, owner)
    late = task.due < today
    return Job(day(task.due), "overdue" if late else distance(PartialDate(str(task.due)), today), what, owner)
