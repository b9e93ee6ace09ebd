"""What to do by when: what the sources ask of everybody, and the next steps of the seller's own playbook."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from monitor.domain.deadlines import Deadline, PartialDate
from monitor.domain.digests import DueItem
from monitor.domain.incidents import Incident
from monitor.domain.playbooks import Task
from monitor.notify.tongue import Tongue
from monitor.notify.wording import ACTOR, DOUBT, DUTY, clean

MOST_STEPS = 12
MOST_JOBS = 4  # a message says what comes next; the whole list is the desk's


@dataclass(frozen=True, slots=True)
class Step:
    """What to do, by when, and how long that is from the day of writing; `quote` is the source's own words, in the
    language `lang`, which `language` says in the reader's."""

    by: str
    left: str
    what: str
    quote: str
    lang: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A step of the playbook: what to do, who does it, by when, and how long that is from the day of writing.
    Without a day nothing is `left`."""

    by: str
    left: str
    what: str
    owner: str


def steps(incident: Incident, today: date, t: Tongue) -> tuple[Step, ...]:
    """What is still ahead in the order of its dates, then what has passed."""
    ordered = sorted(incident.deadlines, key=lambda deadline: (deadline.date.last_day < today, deadline))
    return tuple(_step(deadline, incident, today, t) for deadline in ordered[:MOST_STEPS])


def _step(deadline: Deadline, incident: Incident, today: date, t: Tongue) -> Step:
    by, quote = t.partial(deadline.date), clean(deadline.quote)
    if deadline.zone:
        by = t.say("{day}, {zone}", day=by, zone=t.zone_name(clean(deadline.zone, 40)))
    said_in = {one.document_id: one.lang for one in incident.evidence}
    lang = clean(said_in.get(deadline.document_id, ""), 12) if quote else ""
    return Step(by, t.away(deadline.date, today), duty(deadline, t), quote, lang, t.foreign(lang))


def duty(deadline: Deadline, t: Tongue) -> str:
    """What must be done, by whom where that is said, and how sure it is where it is not certain."""
    doubt = DOUBT.get(deadline.certainty, "")
    who = t.say(ACTOR[deadline.actor]) if deadline.actor in ACTOR else ""
    notes = t.listed([note for note in (who, doubt and t.say(doubt)) if note])
    what = t.say(DUTY[deadline.role])
    return t.say("{what} ({notes})", what=what, notes=notes) if notes else what


def jobs(tasks: Sequence[Task], incident: Incident, today: date, t: Tongue) -> tuple[Job, ...]:
    """The next of the open tasks, which come soonest first."""
    return tuple(_job(task, incident, today, t) for task in tasks[:MOST_JOBS])


def _job(task: Task, incident: Incident, today: date, t: Tongue) -> Job:
    """What is shipped with us is in the catalogues; what people wrote themselves stays as they wrote it."""
    what, owner = clean(t.say(task.step.do)), clean(t.say(task.step.owner), 60)
    due = task.due_where(incident, t.today)
    if due is None:
        return Job(t.say("no day yet"), "", what, owner)
    left = t.say("overdue") if due < today else t.away(PartialDate(str(due)), today)
    return Job(t.day(due), left, what, owner)


def due(item: DueItem, t: Tongue) -> str:
    """One thing that a reminder names: `28 Oct 2024 (in 3 days): export your data`."""
    day = t.partial(item.deadline.date) if item.deadline else t.day(item.due)
    what = duty(item.deadline, t) if item.deadline else clean(t.say(item.what), 200)
    values = {"day": day, "what": what}
    if item.left is None:
        return t.say("{day}: {what}", **values)
    if item.left < 0:
        return t.count("{day} ({n} day overdue): {what}", "{day} ({n} days overdue): {what}", -item.left, **values)
    return t.say("{day} ({left}): {what}", left=t.in_days(item.left), **values)
