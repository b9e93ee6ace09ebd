"""What a digest says: what is open, moved or ended, what is due, and what we cannot see."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from monitor.domain.addressing import objection, to
from monitor.domain.alerts import Delivery, Policy, Reason, Target, Told
from monitor.domain.coverage import told_of
from monitor.domain.digests import Digest, DueItem, End, Moved, Standing, standing
from monitor.domain.exposure import Seller, Severity
from monitor.domain.handling import Whose
from monitor.domain.health import Health
from monitor.domain.health import Standing as Sees
from monitor.domain.impact import Kin, as_seen_by, impact
from monitor.domain.incidents import ChangeKind, Incident, drilled
from monitor.domain.playbooks import Playbook, plan
from monitor.domain.portfolio import at_risk, threatens
from monitor.domain.reminders import due_item, near, to_do, zone
from monitor.domain.rulings import Act, ActKind, not_for_us, standing_acts
from monitor.domain.signals import Status
from monitor.domain.silences import Silence
from monitor.domain.sources import Source
from monitor.domain.turns import conversation
from monitor.domain.vigils import Blind, Vigil, blind_source
from monitor.domain.waits import free

AHEAD: Mapping[str, int] = {"daily": 14, "weekly": 30}  # days within which something due is named
MOST_OPEN, MOST_ENDED, MOST_DUE, MOST_BLIND = 25, 15, 30, 20
_MOVES = (ChangeKind.RUNG, ChangeKind.DATE, ChangeKind.DEADLINE, ChangeKind.PLACE)


@dataclass(frozen=True, slots=True)
class Sight:
    """What we see: how many sources are on, how many of them are known to see, and which do not."""

    watched: int = 0
    seeing: int = 0
    blind: tuple[Blind, ...] = ()
    tell_of: Mapping[str, frozenset[str]] = field(default_factory=dict)  # platforms (case-folded), by blind source

    @classmethod
    def over(cls, sources: Mapping[str, Source], healths: Mapping[str, Health], vigils: Mapping[str, Vigil]) -> "Sight":
        """By the health of all sources; those blind the longest come first."""
        on = [one for one in healths.values() if one.standing is not Sees.OFF and one.source_id in sources]
        never = datetime.min.replace(tzinfo=UTC)
        blind = sorted((one for one in on if one.blind), key=lambda one: (one.since or never, one.source_id))
        return cls(
            len(on),
            sum(one.standing is Sees.LIVE for one in on),
            tuple(
                blind_source(sources[one.source_id], one, vigils.get(one.source_id, Vigil(one.source_id)).find)
                for one in blind
            ),
            {one.source_id: frozenset(map(str.casefold, told_of(sources[one.source_id]))) for one in blind},
        )

    def for_whom(self, seller: Seller, kin: Kin) -> tuple[Blind, ...]:
        """The blind ones: those that would tell of the seller's platforms first, then those that tell of everything."""
        own = {position.platform.casefold() for position in seller.positions}
        own |= {name for platform in own for name in kin.get(platform, ())}

        def rank(one: Blind) -> int:
            platforms = self.tell_of.get(one.source_id, frozenset())
            return 1 if not platforms else 0 if platforms & own else 2

        return tuple(sorted(self.blind, key=rank))


@dataclass(frozen=True, slots=True)
class World:
    """What is known when a digest is made: incidents whole, what was told and done of them, and what we see."""

    incidents: Sequence[Incident] = ()
    told: Mapping[Whose, Told] = field(default_factory=lambda: MappingProxyType({}))
    acts: Mapping[str, Sequence[Act]] = field(default_factory=lambda: MappingProxyType({}))
    sight: Sight = field(default_factory=Sight)
    kin: Kin = field(default_factory=lambda: MappingProxyType({}))
    playbooks: Sequence[Playbook] = ()


def overview(seller: Seller, target: Target, world: World, since: datetime, now: datetime, alert_id: str) -> Digest:
    """What the target is told of the seller. An incident is named once: among what is open, with what moved since
    then, or among what ended since then.

    What took effect long ago and does not move is counted, not named. A step or a deadline is named beside, by its day;
    a step that several incidents ask for on one day once, with all of them.
    """
    today = now.astimezone(ZoneInfo(target.zone)).date()
    period = target.digest or "daily"
    heard = replace(target, alerts=True)
    named: list[Standing] = []
    ended: list[Standing] = []
    items: list[DueItem] = []
    stands: list[Incident] = []
    resting = 0
    for whole in world.incidents:
        if whole.merged_into or not whole.evidence or drilled(whole.evidence):
            continue
        told = world.told.get((whole.id, seller.id))
        seen = as_seen_by(whole, seller, world.kin)
        weighed = impact(seen, seller, today, world.kin)
        if not weighed.exposed or objection(heard, weighed, seen, told):
            continue
        acts = world.acts.get(whole.id, ())
        line = standing(seen, weighed.severity, float(weighed.worst))
        places = {hit.country for hit in weighed.hits}
        if (end := _end(seen, acts, seller.id, places)) is not None:
            how, who, at = end
            if at > since:
                ended.append(replace(line, end=how, ended_by=who))
            continue
        stands.append(whole)
        mine = _due(seen, seller, target, world.playbooks, acts, today, now, AHEAD[period])
        items += mine
        line = replace(
            line,
            fresh=whole.opened_at > since,
            changes=() if whole.opened_at > since else moves(whole, since, places),
            acknowledged_by=seen_to(acts, seller.id, told),
        )
        if mine or line.fresh or line.changes or line.question or threatens(seen, today, seller.horizon):
            named.append(line)
        else:
            resting += 1
    soon = {item.incident_id for item in items}
    named.sort(key=lambda one: (not (one.fresh or one.changes or one.incident_id in soon), *_weight(one)))
    blind = world.sight.for_whom(seller, world.kin)
    items = _each_once(items)
    return Digest(
        alert_id=alert_id,
        seller_name=seller.name,
        made_at=now,
        since=since,
        period=period,
        currency=seller.currency,
        open=tuple(sorted(named[:MOST_OPEN], key=_weight)),
        ended=tuple(sorted(ended, key=_weight)[:MOST_ENDED]),
        due=tuple(items[:MOST_DUE]),
        blind=blind[:MOST_BLIND],
        watched=world.sight.watched,
        seeing=world.sight.seeing,
        more_open=max(0, len(named) - MOST_OPEN) + resting,
        more_ended=max(0, len(ended) - MOST_ENDED),
        more_due=max(0, len(items) - MOST_DUE),
        more_blind=max(0, len(blind) - MOST_BLIND),
        at_risk=float(at_risk(stands, seller, today, world.kin).worst),
    )


def addressed(
    said: Digest, seller: Seller, target: Target, policy: Policy, now: datetime, silences: Iterable[Silence] = ()
) -> Delivery:
    """The delivery of a digest. It waits for the end of the target's quiet hours, for its duty, and for the end of a
    silence that is about no matter: of that target, that seller, or everything. A later one is folded into it then."""
    begin = free(target, Severity.INFO, now, [one for one in silences if _silent(one, seller)])
    return to(
        target,
        said,
        Reason.DIGEST,
        incident_id=conversation(seller),
        seller_id=seller.id,
        severity=Severity.INFO,
        rung=Status.RUMOR,
        now=now,
        begin=begin,
        patience=policy.info_for,
    )


def moves(incident: Incident, since: datetime, places: Collection[str] = ()) -> tuple[Moved, ...]:
    """What moved since then, each respect once: from what stood then to what stands now, in those places if that
    differs there."""
    later = [change for change in incident.history if change.at > since]
    found = []
    for kind in _MOVES:
        of_kind = [change for change in later if change.kind is kind]
        if of_kind:
            before, after = (_there(text, kind, places) for text in (of_kind[0].before, of_kind[-1].after))
            if before != after:
                found.append(Moved(kind, before, after))
    return tuple(found)


def _there(text: str, kind: ChangeKind, places: Collection[str]) -> str:
    """Of `2024-11-28; BR 2024-12-01` what holds there: the rung and the date are written so where they differ."""
    if kind not in (ChangeKind.RUNG, ChangeKind.DATE):
        return text
    everywhere, *apart = text.split("; ")
    by_place = {place: value for place, _, value in (one.partition(" ") for one in apart)}
    if places and all(place in by_place for place in places):
        return by_place[min(places)]
    return everywhere


def _weight(one: Standing) -> tuple[float, int, str]:
    return -one.at_risk, -one.severity, one.incident_id


def _silent(silence: Silence, seller: Seller) -> bool:
    matter = (silence.incident_id, silence.platforms, silence.countries, silence.events)
    return silence.seller_id in {"", seller.id} and not any(matter)


def _end(
    incident: Incident, acts: Sequence[Act], seller_id: str, places: Collection[str]
) -> tuple[End, str, datetime] | None:
    """How it ended for the seller, by whom, and when; None while it stands."""
    if incident.closed is not None:
        how = End.FALSE_ALARM if incident.closed.false_alarm else End.CLOSED
        return how, incident.closed.who, incident.closed.at
    if incident.status is Status.REVERSED:
        rungs = [one for one in incident.history if one.kind is ChangeKind.RUNG]
        off = [one.at for one in rungs if _there(one.after, one.kind, places) == Status.REVERSED]
        return End.CALLED_OFF, "", max(off, default=incident.opened_at)
    act = not_for_us(acts, seller_id)
    return (End.NOT_FOR_US, act.who, act.at) if act else None


def seen_to(acts: Sequence[Act], seller_id: str, told: Told | None) -> str:
    """Who took it, or acknowledged the last word of it."""
    mine = [act for act in acts if act.seller_id in {"", seller_id}]
    taken = [act.who for act in mine if act.kind is ActKind.TAKE]
    heard = [act.who for act in mine if act.kind is ActKind.ACK and (told is None or act.at >= told.at)]
    return (taken or heard or [""])[-1]


def _each_once(items: Iterable[DueItem]) -> list[DueItem]:
    """By day, with one item for a step that several incidents ask for. A deadline is its own incident's alone."""
    found: dict[object, DueItem] = {}
    for item in sorted(items, key=lambda item: (item.due, item.incident_id, item.what)):
        same = item if item.deadline else (item.due, item.what, item.owner)
        first = found.setdefault(same, item)
        if first is not item:
            found[same] = replace(first, others=(*first.others, item.incident_id))
    return sorted(found.values(), key=lambda item: (item.due, item.incident_id, item.what))


def _due(
    incident: Incident,
    seller: Seller,
    target: Target,
    playbooks: Sequence[Playbook],
    acts: Sequence[Act],
    today: date,
    now: datetime,
    ahead: int,
) -> list[DueItem]:
    """The deadlines and the steps that nobody did yet: what is overdue, for three weeks, and what comes soon."""
    done = standing_acts(acts)
    items = [
        due_item(incident, deadline, now.astimezone(zone(deadline.zone, target.zone)).date())
        for deadline in to_do(incident, seller.id, done)
    ]
    for task in plan(incident, playbooks, done, seller.id):
        due, step = task.due_where(incident, lambda at: at.astimezone(ZoneInfo(target.zone)).date()), task.step
        if task.open and due is not None:
            items.append(DueItem(incident.id, incident.headline, due, step.do, step.owner, None, (due - today).days))
    return [item for item in items if near(item, ahead)]
