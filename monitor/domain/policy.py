"""Whether to speak of an incident, and to whom: stage after stage (docs/alerts.md).

A stage is a pure function of the situation that says why it lets the incident pass, or why not; the first that does not
pass holds. Every word of every stage is kept with the decision.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from monitor.domain.addressing import objection
from monitor.domain.alerts import Delivery, Hold, HoldReason, Policy, Reason, Send, Target, Told, Verdict
from monitor.domain.decisions import news
from monitor.domain.handling import NEWS, UNSENT, heard_of
from monitor.domain.impact import Impact, Kin
from monitor.domain.incidents import ChangeKind, Incident, hearsay
from monitor.domain.inhibition import made_moot, outranked
from monitor.domain.ladder import RUNGS
from monitor.domain.origins import origins
from monitor.domain.rulings import Act, not_for_us
from monitor.domain.signals import Status


@dataclass(frozen=True, slots=True)
class Spoken:
    """An earlier decision to speak of it to this seller."""

    at: datetime
    reason: Reason
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a decision knows: an incident as it is for one seller, what that means, and what was told and done.

    `acts`, `spoken` and `larger` matter only to what would be said without them: they may be left out to ask whether
    anything would. `larger` are incidents with what this seller was told of them.
    """

    incident: Incident
    impact: Impact
    told: Told | None
    policy: Policy
    now: datetime
    acts: Sequence[Act] = ()
    spoken: Sequence[Spoken] = ()  # oldest first
    larger: Sequence[tuple[Incident, Told]] = ()
    kin: Kin = field(default_factory=lambda: MappingProxyType({}))
    send: Send | None = None  # what would be said; known from the stage "news" on

    @property
    def all_clear(self) -> bool:
        """Whether it is off, and the seller was told that it is on."""
        return self.incident.status is Status.REVERSED and self.told is not None and self.told.rung in RUNGS

    @property
    def ahead(self) -> bool:
        """Whether any day that it names is still to come."""
        return self.impact.days_left is not None and self.impact.days_left >= 0


@dataclass(frozen=True, slots=True)
class Stage:
    """One question, by name. The answer is why it passes, why it is held, or what there is to say."""

    name: str
    asks: Callable[[Situation], str | Hold | Send]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A decision, with the word of every stage that it went through."""

    verdict: Send | Hold
    trail: tuple[Verdict, ...]


def decide(incident: Incident, impact: Impact, told: Told | None, policy: Policy, now: datetime) -> Send | Hold:
    """Whether this seller hears of the incident as it stands now, by itself, given what the seller was told last."""
    return judge(Situation(incident, impact, told, policy, now)).verdict


def judge(situation: Situation) -> Judgement:
    """Ask stage after stage."""
    trail: list[Verdict] = []
    for stage in STAGES:
        said = stage.asks(situation)
        if isinstance(said, Hold):
            return Judgement(said, (*trail, Verdict(stage.name, False, said.detail)))
        if isinstance(said, Send):
            situation = replace(situation, send=said)
        trail.append(Verdict(stage.name, True, said.detail if isinstance(said, Send) else said))
    assert situation.send is not None, "one of the stages says what there is to say"
    return Judgement(situation.send, tuple(trail))


def _open(situation: Situation) -> str | Hold:
    """Of what a person closed nobody hears."""
    closed = situation.incident.closed
    if closed is not None:
        return Hold(HoldReason.CLOSED, f"closed by {closed.who} on {closed.at:%Y-%m-%d}")
    return "nobody closed it"


def _for_us(situation: Situation) -> str | Hold:
    act = not_for_us(situation.acts, situation.impact.seller_id)
    if act is not None:
        return Hold(HoldReason.NOT_FOR_US, f"said {act.who} on {act.at:%Y-%m-%d}")
    return "nobody said that it is not"


def _standing(situation: Situation) -> str | Hold:
    if situation.incident.status is Status.REVERSED and situation.told is None:
        return Hold(HoldReason.NOTHING_NEW, "reversed before anybody was told")
    return "it is off, and they were told of it" if situation.all_clear else situation.incident.status.value


def _exposed(situation: Situation) -> str | Hold:
    if situation.all_clear:
        return "an all clear goes to whom the alarm went"
    if not situation.impact.exposed:
        return Hold(HoldReason.NOT_EXPOSED, "; ".join(situation.impact.reasons))
    hits = situation.impact.hits
    return ", ".join(f"{hit.platform} {hit.country}" for hit in hits[:5]) if hits else "they gave no positions"


def _severity(situation: Situation) -> str | Hold:
    says = f"{situation.impact.severity.name.lower()}: {'; '.join(situation.impact.reasons)}"
    if situation.impact.severity < situation.policy.min_severity and not situation.all_clear:
        return Hold(HoldReason.BELOW_SEVERITY, says)
    return says


def _source(situation: Situation) -> str | Hold:
    """One voice of hearsay is heard, and waits for a second; who was told once hears what follows."""
    if situation.told is not None:
        return "they know of it"
    evidence = situation.incident.evidence
    voices = origins(evidence)
    if all(hearsay(item) for item in evidence) and voices < 2:
        return Hold(HoldReason.WEAK_SOURCE, "one community source alone")
    return f"{voices} {'origin' if voices == 1 else 'independent origins'}"


def _history(situation: Situation) -> str | Hold:
    """What took effect long ago, or was last spoken of then, is no first word, unless a date lies ahead."""
    if situation.told is not None:
        return "they know of it"
    if situation.ahead:
        return "a date lies ahead"
    past = (situation.now - situation.policy.old_news).date()
    effective = situation.incident.effective_date
    newest = max(item.published for item in situation.incident.evidence)
    if effective is not None and effective.last_day < past:
        return Hold(HoldReason.OLD_NEWS, f"it took effect on {effective}")
    if newest.date() < past:
        return Hold(HoldReason.OLD_NEWS, f"the newest word is of {newest:%Y-%m-%d}")
    return f"the newest word is of {newest:%Y-%m-%d}"


def _news(situation: Situation) -> Hold | Send:
    if situation.told is None:
        return Send(Reason.FIRST, situation.incident.status_why)
    if situation.all_clear:
        return Send(Reason.ALL_CLEAR, situation.incident.status_why)
    return news(situation.incident, situation.impact, situation.told, situation.now.date())


def calms_down(policy: Policy) -> timedelta:
    """How long after an alarm its return after an all clear is held."""
    return policy.repeat or Policy().repeat


def _steady(situation: Situation) -> str | Hold:
    """What goes and comes back again and again wakes people once in the time after which they would be reminded."""
    told, spoken = situation.told, situation.spoken
    if told is None or told.rung is not Status.REVERSED:
        return "it did not go and come back"
    alarm = max((one.at for one in spoken if one.reason in NEWS), default=None)
    if alarm is None:
        return "no alarm is on record"
    if any(change.kind is ChangeKind.CLOSED and change.at >= alarm for change in situation.incident.history):
        return "a person closed it and opened it again since"
    until = alarm + calms_down(situation.policy)
    if situation.now < until:
        turns = sum(one.reason is Reason.ALL_CLEAR for one in spoken)
        often = "once" if turns == 1 else f"{turns} times"
        return Hold(HoldReason.FLAPPING, f"it was off {often} and is back; told at {until:%H:%M} UTC if it still is")
    return f"the last alarm was at {alarm:%Y-%m-%d %H:%M}"


def mutable(situation: Situation) -> bool:
    """Whether something larger could hold it, so that it is worth the while to look for that."""
    return situation.policy.inhibit and outranked(situation.incident) and not situation.all_clear


def _larger(situation: Situation) -> str | Hold:
    if not mutable(situation):
        return "nothing outranks it" if situation.policy.inhibit else "inhibition is off"
    larger = made_moot(situation.incident, situation.impact, situation.larger, situation.kin)
    if larger is not None:
        what = larger.event_type.value.replace("_", " ")
        return Hold(HoldReason.INHIBITED, f"they know of the {what}: {larger.headline} ({larger.id[:10]})")
    return "nothing larger was told of the same platform there"


STAGES: tuple[Stage, ...] = (
    Stage("open", _open),
    Stage("for us", _for_us),
    Stage("standing", _standing),
    Stage("exposed", _exposed),
    Stage("severity", _severity),
    Stage("source", _source),
    Stage("history", _history),
    Stage("news", _news),
    Stage("steady", _steady),
    Stage("larger", _larger),
)
"""All that stands between an incident and a seller, in order."""


def addressed(
    situation: Situation, targets: Iterable[Target], heard: Collection[str] | None = None
) -> tuple[tuple[Target, ...], tuple[Verdict, ...]]:
    """Who hears of it, with a word for each target on why it does or does not. `heard` are those who heard of it until
    now, by the decisions to speak unless the caller knows better.

    Whom only a level of the escalation names hears of it when that level's turn has come; from then on they hear what
    follows. When nobody else would hear the first word, the first level does.
    """
    if heard is None:
        # A repeat goes to who heard it, or to a machine alone.
        heard = {target for one in situation.spoken if one.reason is not Reason.REPEAT for target in one.targets}
    words: list[Verdict] = []
    wanting: list[Target] = []
    for target in targets:
        why = objection(target, situation.impact, situation.incident, situation.told, heard)
        words.append(Verdict("route", not why, why or "its filters let it through", target.id))
        if not why:
            wanting.append(target)
    levels = sorted(situation.policy.escalation, key=lambda level: level.after)
    later = summoned(situation.policy).difference(heard)
    now = [target for target in wanting if target.id not in later]
    if not now:
        first = next((level.targets for level in levels if any(one.id in level.targets for one in wanting)), ())
        now = [target for target in wanting if target.id in first]
    for target in wanting:
        if target.id in later:
            says = "nobody else hears of it" if target in now else "it is told when its level's turn has come"
            words.append(Verdict("escalation", target in now, says, target.id))
    return tuple(now), tuple(words)


def summoned(policy: Policy) -> frozenset[str]:
    """The targets that levels of the escalation name."""
    return frozenset(target for level in policy.escalation for target in level.targets)


def waiting(delivery: Delivery) -> Verdict:
    """The word on what holds a delivery for a while."""
    return Verdict(
        "wait", True, f"{delivery.waits_for} until {delivery.not_before:%Y-%m-%d %H:%M} UTC", delivery.target
    )


def stopped(judged: Judgement, stage: str, hold: Hold) -> Judgement:
    """What was to be said is held after all."""
    return Judgement(hold, (*judged.trail, Verdict(stage, False, hold.detail)))


@dataclass(frozen=True, slots=True)
class Ears:
    """Who heard of an incident, or may have; and what is on its way to those who did not, and would be moot."""

    heard: frozenset[str]
    moot: tuple[Delivery, ...]

    @classmethod
    def of(cls, rows: Iterable[Delivery]) -> "Ears":
        """By all deliveries of it to one seller. What was rolled into a roundup counts as heard."""
        all = list(rows)
        keys = {one.key for one in all}
        heard = frozenset(
            one.target for one in all if heard_of(one) or one.repeat or (one.into and one.into not in keys)
        )
        return cls(heard, tuple(one for one in all if one.state in UNSENT and one.target not in heard))
