"""An incident as the desk keeps it in mind: without the weight of its evidence, and weighed for each seller it hits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from monitor.domain.exposure import Seller, Severity
from monitor.domain.impact import Kin, as_seen_by, days_left, impact
from monitor.domain.incidents import Evidence, Incident, drilled, observed, unexplained
from monitor.domain.localities import starts
from monitor.domain.origins import origins
from monitor.domain.playbooks import Playbook, Task, plan
from monitor.domain.portfolio import threatens
from monitor.domain.reminders import OVERDUE
from monitor.domain.signals import EventType, Signal, Status

STEPS_AHEAD = 14  # days within which a step of a playbook is named, as in a daily digest
_UNKNOWN, _PAST = 10**6, 10**6 + 1  # days, for what has no date and for what is past
_SILENT = Signal(EventType.POLICY, Status.RUMOR, (), (), None, (), 0.0, ())


@dataclass(frozen=True, slots=True)
class View:
    """How an incident stands for one seller who is exposed to it, on one day. Amounts are in the seller's currency."""

    seen: Incident  # as it is in the seller's own places, made light
    severity: Severity
    worst: Decimal
    expected: Decimal
    hits: tuple[tuple[str, str], ...]  # platform and country of each position that it hits
    alive: bool  # it puts something at risk still
    rank: tuple[int, float, int]  # sorts by money and time: what presses most comes first
    span: tuple[int, int]  # the first and the last day that it names, as ordinals; (0, 0) for none
    tasks: tuple[Task, ...] = ()  # steps that its rung asks for, due by about now; whoever did one is not asked here

    @property
    def weak(self) -> bool:
        """Heard only, or seen only, and nobody in charge has said so."""
        return self.seen.status is Status.RUMOR or unexplained(self.seen.evidence)

    def days_left(self, today: date) -> int | None:
        """Until its date or its first deadline; negative when all have passed."""
        return days_left(self.seen, today)


@dataclass(frozen=True, slots=True)
class Kept:
    """One incident, made light."""

    whole: Incident
    voices: int  # independent ones behind it
    views: Mapping[str, View]  # by seller, of those who are exposed
    words: str  # case-folded: what people look for it by
    days: tuple[tuple[int, int], ...] = ()  # the first and the last of each date that it names, as ordinals

    @property
    def over(self) -> bool:
        """Closed by a person, or called off."""
        return self.whole.closed is not None or self.whole.status is Status.REVERSED

    def next_day(self, today: date) -> date | None:
        """The next date that it names: of a month or a year the first day while that is ahead, else the last."""
        now = today.toordinal()
        ahead = [first if first >= now else last for first, last in self.days if last >= now]
        return date.fromordinal(min(ahead)) if ahead else None

    @property
    def severity(self) -> Severity:
        """For whom it is the worst; INFO when nobody is exposed."""
        return max((view.severity for view in self.views.values()), default=Severity.INFO)


def kept(
    incident: Incident, sellers: Iterable[Seller], today: date, kin: Kin, playbooks: Sequence[Playbook] = ()
) -> Kept | None:
    """The incident, weighed. None for what is nobody's: a drill, and what went into another."""
    if incident.merged_into or drilled(incident.evidence):
        return None
    whole = light(incident)
    views = {}
    for seller in sellers:
        seen = as_seen_by(incident, seller, kin)
        view = weighed(whole if seen is incident else light(seen), seller, today, kin, playbooks)
        if view is not None:
            views[seller.id] = view
    titles = (one.title for one in incident.evidence[-3:])
    words = " ".join((incident.headline, *titles, *incident.platforms)).casefold()
    return Kept(whole, origins(incident.evidence), views, words, _days(whole))


def weighed(seen: Incident, seller: Seller, today: date, kin: Kin, playbooks: Sequence[Playbook] = ()) -> View | None:
    """None when the seller has nothing at stake in it."""
    cost = impact(seen, seller, today, kin)
    if not cost.exposed:
        return None
    hits = tuple((hit.platform, hit.country) for hit in cost.hits)
    alive = threatens(seen, today, seller.horizon)
    left = cost.days_left
    far = _PAST if left is not None and left < 0 else _UNKNOWN if left is None else left
    rank = (-cost.severity, -float(cost.worst), far)
    days = _days(seen)
    span = (min(first for first, _ in days), max(last for _, last in days)) if days else (0, 0)
    tasks = tuple(_tasks(seen, playbooks, today)) if playbooks else ()
    return View(seen, cost.severity, cost.worst, cost.expected, hits, alive, rank, span, tasks)


def _tasks(seen: Incident, playbooks: Sequence[Playbook], today: date) -> Iterable[Task]:
    """Those that somebody may be told of on that day; a day more, since the reader's may be another one."""
    first, last = today - timedelta(days=OVERDUE[-1] + 1), today + timedelta(days=STEPS_AHEAD + 1)
    return (task for task in plan(seen, playbooks) if task.open and task.due and first <= task.due <= last)


def _days(incident: Incident) -> tuple[tuple[int, int], ...]:
    dates = [deadline.date for deadline in incident.deadlines] + starts(incident)
    return tuple((day.first_day.toordinal(), day.last_day.toordinal()) for day in dates)


def again(one: Kept, sellers: Mapping[str, Seller], today: date, kin: Kin, playbooks: Sequence[Playbook] = ()) -> Kept:
    """The same on another day: who is exposed stays, what it means for them may not."""
    views = {
        id: weighed(view.seen, sellers[id], today, kin, playbooks) for id, view in one.views.items() if id in sellers
    }
    return replace(one, views={id: view for id, view in views.items() if view is not None})


def light(incident: Incident) -> Incident:
    """Without its history, and of its evidence no more than weighing asks: who speaks, and when somebody first and last
    did."""
    return replace(incident, evidence=_few(incident.evidence), history=(), status_why="", conflicts=())


def _few(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The first word and the latest; between them one that is no probe's, if there is any and the latest is."""
    if not evidence:
        return ()
    last = max(evidence, key=lambda one: one.published)
    said = next((one for one in evidence if not observed(one)), None) if observed(last) else None
    few = [evidence[0]]
    few += [one for one in (said, last) if one is not None and one is not evidence[0]]
    return tuple(map(_bare, few))


def _bare(one: Evidence) -> Evidence:
    return replace(one, content_hash="", url="", title="", signal=_SILENT, gist=0, sketch=(), author="")


def exposed_to(some: Iterable[Kept], seller: Seller) -> Collection[Incident]:
    """The open ones that hit a seller, as they stand there."""
    return [one.views[seller.id].seen for one in some if seller.id in one.views and not one.over]
