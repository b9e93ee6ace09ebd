"""What must be done by when, over all that is open, for the sellers that a reader looks at."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from heapq import nsmallest

from monitor.desk.index import Index
from monitor.desk.weighing import STEPS_AHEAD, View
from monitor.domain.deadlines import DeadlineRole, PartialDate
from monitor.domain.digests import standing
from monitor.domain.exposure import Seller
from monitor.domain.localities import starts
from monitor.domain.reminders import OVERDUE, due_item, near, to_do
from monitor.domain.rulings import not_for_us, standing_acts
from monitor.notify.headline import headline
from monitor.notify.tongue import Tongue
from monitor.notify.wording import DUTY, clean
from monitor.web.sections.overview import Due, Steps
from monitor.web.sections.timeline import AHEAD

MOST = 60
MOST_NAMED = 3  # incidents beside a step

Key = tuple[str, DeadlineRole | None, PartialDate]


def due(index: Index, sellers: Collection[Seller], today: date, t: Tongue) -> tuple[Sequence[Due], int]:
    """What is overdue and not done, and what comes within 90 days, the soonest first; and how much more there is."""
    found: dict[Key, tuple[date, View, list[str]]] = {}
    first, last = today.toordinal() - OVERDUE[-1], today.toordinal() + AHEAD
    for one in index.hitting:
        for seller in sellers:
            view = one.views.get(seller.id)
            if view is None or view.span[1] < first or view.span[0] > last:
                continue
            acts = index.acts.get(one.whole.id, ())
            if acts and not_for_us(acts, seller.id):
                continue
            done = standing_acts(acts) if acts else {}
            items: list[tuple[DeadlineRole | None, PartialDate, date]] = [
                (deadline.role, deadline.date, item.due)
                for deadline in to_do(view.seen, seller.id, done)
                if near(item := due_item(view.seen, deadline, today), AHEAD)
            ]
            items += [(None, day, at) for day, at in _begins(view, today)]
            for role, day, at in items:
                found.setdefault((one.whole.id, role, day), (at, view, []))[2].append(seller.name)
    ordered = sorted(found.items(), key=lambda one: (one[1][0], -one[1][1].severity, one[0][0]))
    return [_said(key, *rest, today, t) for key, rest in ordered[:MOST]], max(0, len(ordered) - MOST)


def _begins(view: View, today: date) -> Iterable[tuple[PartialDate, date]]:
    """The days ahead on which it takes effect. A month or a year that runs already names no day to wait for."""
    for day in starts(view.seen):
        if 0 <= (day.first_day - today).days <= AHEAD:
            yield day, day.first_day


def _said(key: Key, at: date, view: View, names: Sequence[str], today: date, t: Tongue) -> Due:
    id, role, day = key
    return Due(
        incident_id=id,
        headline=headline(standing(view.seen, view.severity, 0.0), t),
        when=day,
        day=at,
        days_left=(at - today).days,
        role=role,
        what=t.say(DUTY[role]) if role else t.say("it takes effect"),
        severity=view.severity,
        sellers=tuple(names),
    )


def steps_due(index: Index, sellers: Collection[Seller], today: date, t: Tongue) -> Sequence[Steps]:
    """The steps that nobody did yet, overdue for at most three weeks or due within 14 days, the soonest first: one that
    several incidents ask for on the same day is named once."""
    found: dict[tuple[date, str, str], dict[str, View]] = {}
    for one in index.hitting:
        acts = index.acts.get(one.whole.id, ())
        done = standing_acts(acts) if acts else {}
        for seller in sellers:
            view = one.views.get(seller.id)
            if view is None or not view.tasks or (acts and not_for_us(acts, seller.id)):
                continue
            for task in view.tasks:
                day, step = task.due_where(view.seen, t.today), task.step
                if day is None or not -OVERDUE[-1] <= (day - today).days <= STEPS_AHEAD:
                    continue
                if ("", step.subject) not in done and (seller.id, step.subject) not in done:
                    found.setdefault((day, step.do, step.owner), {}).setdefault(one.whole.id, view)
    return [_steps(*key, views, today, t) for key, views in sorted(found.items(), key=lambda one: one[0])]


def _steps(day: date, what: str, owner: str, views: Mapping[str, View], today: date, t: Tongue) -> Steps:
    loudest = nsmallest(MOST_NAMED, views.items(), key=lambda one: (one[1].rank, one[0]))
    named = [(id, headline(standing(view.seen, view.severity, 0.0), t)) for id, view in loudest]
    more = len(views) - len(named)
    return Steps(day, (day - today).days, clean(t.say(what), 200), clean(t.say(owner), 60), named, more)
