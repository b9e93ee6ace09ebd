"""What an incident asks of each seller: deadlines of the sources, steps of the playbook, and who did which."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from monitor.domain.deadlines import Deadline, PartialDate
from monitor.domain.exposure import Seller
from monitor.domain.impact import Kin, as_seen_by
from monitor.domain.incidents import Incident
from monitor.domain.playbooks import Playbook, Task, plan
from monitor.domain.reminders import subject
from monitor.domain.rulings import Act, not_for_us, standing_acts
from monitor.notify.duties import duty
from monitor.notify.tongue import Tongue
from monitor.notify.wording import RUNG, clean
from monitor.web.sections.case import Agenda, Finished, Item


def agendas(
    incident: Incident,
    sellers: Iterable[Seller],
    playbooks: Sequence[Playbook],
    acts: Sequence[Act],
    kin: Kin,
    now: datetime,
    t: Tongue,
) -> tuple[Agenda, ...]:
    """Of each of the sellers, open things first, the soonest first."""
    done, today = standing_acts(acts), t.today(now)
    found = []
    for seller in sellers:
        seen = as_seen_by(incident, seller, kin)
        items = [_deadline(one, seen, seller.id, done, today, t) for one in _each(seen.deadlines)]
        items += [_task(task, seen, today, t) for task in plan(seen, playbooks, done, seller.id)]
        items.sort(key=lambda item: (item.done is not None, item.waits != "", item.by is None, _first(item.by)))
        number = sum(item.done is not None for item in items)
        theirs = not_for_us(acts, seller.id) is not None
        found.append(Agenda(seller.id, clean(seller.name, 60), tuple(items), number, theirs))
    return tuple(found)


def _each(deadlines: Iterable[Deadline]) -> Iterable[Deadline]:
    """One of each role and date, as acts name them."""
    return {subject(one): one for one in sorted(deadlines, reverse=True)}.values()


def _first(by: PartialDate | date | None) -> date:
    if by is None:
        return date.max
    return by.first_day if isinstance(by, PartialDate) else by


def _deadline(
    one: Deadline,
    seen: Incident,
    seller_id: str,
    done: Mapping[tuple[str, str], Act],
    today: date,
    t: Tongue,
) -> Item:
    name = subject(one)
    day = one.date.first_day if one.date.first_day >= today else one.date.last_day
    langs = {item.document_id: item.lang for item in seen.evidence}
    what = duty(one, t)
    return Item(
        subject=name,
        what=f"{what[:1].upper()}{what[1:]}",
        owner="",
        by=one.date,
        zone=t.zone_name(clean(one.zone, 40)) if one.zone else "",
        days_left=(day - today).days,
        quote=clean(one.quote),
        lang=clean(langs.get(one.document_id, ""), 12),
        waits="",
        done=_finished(done.get((seller_id, name)) or done.get(("", name))),
    )


def _task(task: Task, seen: Incident, today: date, t: Tongue) -> Item:
    due = task.due_where(seen, t.today)
    waits = t.say("waits until it is: {rung}", rung=t.say(RUNG[task.waits_for])) if task.waits_for else ""
    return Item(
        subject=task.step.subject,
        what=clean(t.say(task.step.do)),
        owner=clean(t.say(task.step.owner), 60),
        by=due,
        zone="",
        days_left=None if due is None else (due - today).days,
        quote="",
        lang="",
        waits=waits,
        done=_finished(task.done),
    )


def _finished(act: Act | None) -> Finished | None:
    return None if act is None else Finished(clean(act.who, 80), act.at, clean(act.note, 200), act.seller_id)
