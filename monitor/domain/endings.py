"""Who hears of it when a person ends an incident, for all or for one seller, or opens it again; and what machines hear
of incidents that become one, or two."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.domain.addressing import deliveries, to
from monitor.domain.alerts import Delivery, Message, Policy, Reason, Send, Target, Told
from monitor.domain.digests import DueItem
from monitor.domain.documents import digest
from monitor.domain.exposure import Seller
from monitor.domain.handling import MACHINES, heard_of
from monitor.domain.impact import Kin, as_seen_by, impact
from monitor.domain.incidents import Incident
from monitor.domain.signals import Status


def ended(
    incident: Incident,
    seller: Seller,
    told: Told,
    spoken: Iterable[Delivery],
    targets: Iterable[Target],
    policy: Policy,
    kin: Kin,
    now: datetime,
    detail: str,
    act_id: str,
) -> tuple[Delivery, ...]:
    """The all clear for those of `targets` that heard of it, and of no all clear since."""
    last = _last(spoken, seller.id)
    open_there = [one for one in targets if one.id in last and last[one.id].reason is not Reason.ALL_CLEAR]
    over = replace(incident, status=Status.REVERSED)  # for whoever hears it: whatever sources go on saying
    return _said(Reason.ALL_CLEAR, over, seller, told, open_there, policy, kin, now, detail, act_id)


def open_again(
    incident: Incident,
    seller: Seller,
    told: Told,
    spoken: Iterable[Delivery],
    targets: Iterable[Target],
    policy: Policy,
    kin: Kin,
    now: datetime,
    detail: str,
    act_id: str,
) -> tuple[Delivery, ...]:
    """Once more what it is, for the machines that heard last that it is over."""
    last = _last(spoken, seller.id)
    over = [one for one in machines(targets) if one.id in last and last[one.id].reason is Reason.ALL_CLEAR]
    return _said(Reason.REPEAT, incident, seller, told, over, policy, kin, now, detail, act_id)


def held_open(spoken: Iterable[Delivery], seller_id: str, targets: Iterable[Target]) -> Mapping[str, Delivery]:
    """The machines among the targets that hold it open for the seller, each with what it heard last."""
    last = _last(spoken, seller_id)
    there = {one.id: last[one.id] for one in machines(targets) if one.id in last}
    return {id: one for id, one in there.items() if one.reason is not Reason.ALL_CLEAR}


def gone_into(last: Delivery, target: Target, into: Incident, policy: Policy, now: datetime) -> Delivery:
    """To a machine that heard `last` of an incident: that one went into another, and is over as it was. What it says of
    its certainty stays true: nobody called it off."""
    said = last.message
    assert isinstance(said, Message), "what is held open is an incident"
    alert_id = digest(said.incident.id, into.id, last.seller_id, "gone into")
    was = replace(said.incident, merged_into=into.id, updated_at=now, revision=said.incident.revision + 1)
    why = f"It is over: it went into {into.headline} ({into.id[:10]})."
    before = replace(said, alert_id=alert_id, incident=was, reason=Reason.ALL_CLEAR, why=why, made_at=now, tasks=())
    return to(
        target,
        replace(before, level=0, due=(), beside=()),
        Reason.ALL_CLEAR,
        incident_id=said.incident.id,
        seller_id=last.seller_id,
        severity=last.severity,
        rung=last.rung,
        now=now,
        patience=policy.info_for,
    )


def on_its_own(
    incident: Incident, seller: Seller, told: Told, targets: Sequence[Target], policy: Policy, kin: Kin, now: datetime
) -> tuple[Delivery, ...]:
    """To machines that held open what it was part of until now: it is open by itself."""
    id = digest(incident.id, str(incident.revision), "on its own")
    detail = "what it was told with goes another way"
    return _said(Reason.REPEAT, incident, seller, told, targets, policy, kin, now, detail, id, "It goes on by itself")


def not_here(
    incident: Incident, seller: Seller, told: Told, targets: Sequence[Target], policy: Policy, kin: Kin, now: datetime
) -> tuple[Delivery, ...]:
    """To machines that hold it open: what is left of it hits nothing of the seller's."""
    id = digest(incident.id, str(incident.revision), "not here")
    detail = "what is left of it hits no position"
    return _said(Reason.ALL_CLEAR, incident, seller, told, targets, policy, kin, now, detail, id, "It is over for you")


def machines(targets: Iterable[Target]) -> Sequence[Target]:
    """Those whose other side remembers what is open."""
    return [target for target in targets if target.channel in MACHINES]


def named(
    made: Iterable[Delivery], alert_id: str, level: int = 0, due: tuple[DueItem, ...] = (), why: str = ""
) -> tuple[Delivery, ...]:
    """The deliveries of a decision that is known by that id, whatever the seller was told before."""
    found = []
    for one in made:
        assert isinstance(one.message, Message), "what time or a person asks for is about an incident"
        message = replace(one.message, alert_id=alert_id, level=level, due=due, why=why or one.message.why)
        found.append(replace(one, key=digest(alert_id, one.target), alert_id=alert_id, message=message))
    return tuple(found)


def _last(spoken: Iterable[Delivery], seller_id: str) -> Mapping[str, Delivery]:
    """By target what last arrived there, or may have: what was rolled into a message that names many is named there."""
    mine = [one for one in spoken if one.seller_id == seller_id]
    keys = {"", *(one.key for one in mine)}
    return {one.target: one for one in mine if heard_of(one) or one.into not in keys}


def _said(
    reason: Reason,
    incident: Incident,
    seller: Seller,
    told: Told,
    targets: Sequence[Target],
    policy: Policy,
    kin: Kin,
    now: datetime,
    detail: str,
    act_id: str,
    lead: str = "",
) -> tuple[Delivery, ...]:
    seen = as_seen_by(incident, seller, kin)
    weighed = impact(seen, seller, now.date(), kin)
    made = deliveries(seen, seller, weighed, Send(reason, detail), told, targets, policy, now)
    lead = lead or ("It is over" if reason is Reason.ALL_CLEAR else "It is open again")
    why = f"{lead}: {detail}."
    return named(made, digest(act_id, seller.id, reason), why=why)
