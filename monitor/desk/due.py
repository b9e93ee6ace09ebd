"""What must be done by when, over all that is open, for the sellers that a reader looks at."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from monitor.desk.index import Index
from monitor.desk.weighing import View
from monitor.domain.deadlines import DeadlineRole, PartialDate
from monitor.domain.digests import standing
from monitor.domain.exposure import Seller
from monitor.domain.localities import starts
from monitor.domain.reminders import OVERDUE, due_item, near, to_do
from monitor.domain.rulings import not_for_us, standing_acts
from monitor.notify.headline import headline
from monitor.notify.tongue import Tongue
from monitor.notify.wording import DUTY
from monitor.web.sections.overview import Due
from monitor.web.sections.timeline import AHEAD

MOST = 60

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
