"""The steps of playbooks as lists: of one incident, seller by seller, and of all, the soonest first."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rich.console import Console
from rich.text import Text

from monitor import tables
from monitor.domain.exposure import Seller
from monitor.domain.impact import as_seen_by, impact
from monitor.domain.incidents import Incident
from monitor.domain.playbooks import Playbook, Task, plan
from monitor.domain.resolution import Kinship
from monitor.domain.rulings import Act

SOON = 3  # days: what is due by then stands out


@dataclass(frozen=True, slots=True)
class Checklist:
    """What an incident asks of some sellers alike."""

    sellers: tuple[str, ...]
    tasks: tuple[Task, ...]


def checklists(
    incident: Incident,
    sellers: Iterable[Seller],
    playbooks: Sequence[Playbook],
    done: Mapping[tuple[str, str], Act],
    kin: Kinship,
    today: date,
) -> tuple[Checklist, ...]:
    """Those of the sellers whom it hits; one for all who stand alike."""
    alike: dict[tuple[Task, ...], list[str]] = {}
    for seller in sellers:
        mine = as_seen_by(incident, seller, kin)
        if impact(mine, seller, today, kin).exposed and (tasks := plan(mine, playbooks, done, seller.id)):
            alike.setdefault(tasks, []).append(seller.id)
    return tuple(Checklist(tuple(ids), tasks) for tasks, ids in alike.items())


def task_row(task: Task, sellers: Sequence[str], today: date) -> dict[str, Any]:
    """One step for machines: subject, playbook, do, owner, date, days_left, why, waits_for, sellers, done."""
    act = task.done
    return {
        "subject": task.step.subject,
        "playbook": task.playbook,
        "do": task.step.do,
        "owner": task.step.owner,
        "date": task.due.isoformat() if task.due else None,
        "days_left": task.days_left(today),
        "why": task.why,
        "waits_for": task.waits_for.value if task.waits_for else None,
        "sellers": list(sellers),
        "done": {"by": act.who, "at": act.at, "seller_id": act.seller_id, "note": act.note} if act else None,
    }


def step_rows(
    incidents: Iterable[Incident],
    sellers: Sequence[Seller],
    playbooks: Sequence[Playbook],
    done: Mapping[str, Collection[Act]],
    kin: Kinship,
    today: date,
) -> list[dict[str, Any]]:
    """Every open step of every incident, soonest first, those without a day last: as `task_row`, with incident_id and
    platforms. `done` are the standing acts by incident."""
    acts = {id: {(act.seller_id, act.subject): act for act in standing} for id, standing in done.items()}
    rows = [
        {"incident_id": incident.id, "platforms": list(incident.platforms), **task_row(task, one.sellers, today)}
        for incident in incidents
        for one in checklists(incident, sellers, playbooks, acts.get(incident.id, {}), kin, today)
        for task in one.tasks
        if task.open
    ]
    return sorted(rows, key=lambda row: row["date"] or "9999")


def show(out: Console, lists: Iterable[Checklist], today: date) -> None:
    """Each list with a heading: what is done and by whom, what is open until when, and what waits."""
    for one in lists:
        played = ", ".join(dict.fromkeys(task.playbook for task in one.tasks))
        done = sum(task.done is not None for task in one.tasks)
        out.print(Text.assemble(("\nWhat to do", "bold"), f" for {', '.join(one.sellers)}: {played}, "
                                f"{done} of {len(one.tasks)} done"), soft_wrap=True)  # fmt: skip
        for task in one.tasks:
            out.print(_line(task, today), soft_wrap=True)


def _line(task: Task, today: date) -> Text:
    box = "x" if task.done else " " if task.open else "-"
    when = f"{task.due or 'no day yet'!s:<10}"
    what = f"{task.step.subject} ({task.step.owner}): {task.step.do} "
    return Text.assemble(f"  [{box}] {when} ", what, _standing(task, today))


def _standing(task: Task, today: date) -> tuple[str, str]:
    """How it stands, and in which style that is said."""
    if task.done:
        note = f" ({task.done.note})" if task.done.note else ""
        return f"done by {task.done.who}, {tables.day(task.done.at)}{note}", "green"
    if task.waits_for:
        return f"waits until it is {task.waits_for.value}", "dim"
    left = task.days_left(today)
    if left is None:
        return task.why, "dim"
    if left < 0:
        return f"overdue by {_days(-left)}, {task.why}", "bold red"
    return f"{'today' if left == 0 else f'in {_days(left)}'}, {task.why}", "yellow" if left <= SOON else ""


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
