"""What time alone asks to be said: what nobody answered, once more and to the next level; and what is due.

Rows are asked for here and kept here; every decision is a function of the domain (`nagging`, `reminders`).
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic

from monitor.answers import decisions
from monitor.deciding import Watch
from monitor.domain.addressing import deliveries, route
from monitor.domain.alerts import Delivery, DeliveryState, Policy, Reason, Send, Target, Told
from monitor.domain.endings import named
from monitor.domain.errors import ConflictError, UnavailableError
from monitor.domain.exposure import Seller
from monitor.domain.handling import Word
from monitor.domain.impact import Impact, as_seen_by, impact
from monitor.domain.incidents import Incident
from monitor.domain.nagging import LOUD, asks, nags
from monitor.domain.playbooks import plan
from monitor.domain.policy import Situation, Spoken, addressed
from monitor.domain.reminders import HORIZON, remind
from monitor.domain.rulings import Act, not_for_us, standing_acts
from monitor.domain.signals import Status
from monitor.domain.silences import Silence
from monitor.domain.waits import Calm, away
from monitor.ports import Ledger, Meter, Words
from monitor.steps import Step

_log = logging.getLogger(__name__)

AT_ONCE = 50  # incidents that are looked at in one go
QUARTER = timedelta(minutes=15)  # between two looks at what is due: every zone's hours begin at one


class Ages:
    """How long ago something was, by a clock that never jumps.

    Of what it meets for the first time it believes the wall clock, but no more than passed since it last looked: a wall
    clock that jumps makes nothing older, and none of it comes back at once.
    """

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._known: dict[tuple[str, datetime], float] = {}  # when it was, by the timer
        self._met: set[tuple[str, datetime]] = set()
        self._looked: float | None = None

    def look(self, now: datetime) -> Callable[[str, datetime], timedelta]:
        """The ages at this moment. `done` ends the look."""
        here = self._timer()

        def age(name: str, since: datetime) -> timedelta:
            key = (name, since)
            if key not in self._known:
                seconds = (now - since).total_seconds()
                if seconds < 0:  # it is still to come
                    return timedelta(0)
                unseen = seconds if self._looked is None else min(seconds, here - self._looked)
                self._known[key] = here - unseen
            self._met.add(key)
            return timedelta(seconds=here - self._known[key])

        return age

    def done(self) -> None:
        """Forget what was not met in this look."""
        self._known = {key: at for key, at in self._known.items() if key in self._met}
        self._met, self._looked = set(), self._timer()


@dataclass(frozen=True, slots=True)
class _Case:
    """One incident for one seller who was told of it."""

    incident: Incident
    seller: Seller
    weighed: Impact
    told: Told
    words: Sequence[Word]
    acts: Sequence[Act]
    silences: Sequence[Silence]


_Said = tuple[Sequence[Delivery], Sequence[str]]
"""What is said, and the keys of what waits and shall not be said any more."""


class Rounds:
    """A step of the daemon's rounds. `watch` gives the configuration as it is now, `timer` seconds that never jump."""

    def __init__(
        self,
        ledger: Ledger,
        words: Words,
        watch: Callable[[], Watch],
        meter: Meter,
        timer: Callable[[], float] = monotonic,
    ) -> None:
        self._ledger, self._words, self._watch, self._meter = ledger, words, watch, meter
        self._ages = Ages(timer)
        self._looked: int | None = None  # quarters of an hour since 1970

    async def step(self, now: datetime) -> bool:
        """Say what is to be said now; True when there is something to send. What fails for one incident is logged and
        leaves the others their turn. Raises UnavailableError."""
        watch = self._watch()
        spoke = await self._nag(watch, now)
        quarter = int(now.timestamp() // QUARTER.total_seconds())
        if quarter != self._looked:
            spoke += await self._remind(watch, now)
            self._looked = quarter
        return spoke > 0

    # --- what nobody answered

    async def _nag(self, watch: Watch, now: datetime) -> int:
        age, spoke = self._ages.look(now), 0

        def decide(case: _Case) -> _Said:
            return self._nagged(case, watch, age, now)

        for ids in _some(await self._words.loud_since(now - _longest(watch.policy), LOUD)):
            for case in await self._cases(ids, watch, now):
                spoke += await self._say(case, decide, now)
        self._ages.done()
        return spoke

    def _nagged(self, case: _Case, watch: Watch, age: Callable[[str, datetime], timedelta], now: datetime) -> _Said:
        if case.weighed.severity < LOUD or not asks(case.incident, now.date()):
            return (), ()
        wanting = {target.id: target for target in route(case.weighed, case.incident, watch.targets, case.told)}
        levels = tuple(
            replace(level, targets=tuple(id for id in level.targets if id in wanting))
            for level in watch.policy.escalation
        )
        over = Calm(case.silences, kin=watch.kin).over(case.incident, case.weighed, Reason.ESCALATED, now)
        gone = {target.id for target in wanting.values() if away(target, case.weighed.severity, over, now)}
        made: list[Delivery] = []
        for nag in nags(case.words, case.acts, replace(watch.policy, escalation=levels), age, gone):
            targets = [wanting[id] for id in nag.targets if id in wanting]
            send = Send(nag.reason, nag.detail)
            made += named(self._addressed(case, watch, send, targets, now), nag.alert_id, nag.level)
        return made, ()

    # --- what is due

    async def _remind(self, watch: Watch, now: datetime) -> int:
        def decide(case: _Case) -> _Said:
            return self._reminded(case, watch, now)

        spoke = 0
        for ids in _some(await self._words.told_until((now - HORIZON).date())) if watch.policy.reminders else ():
            for case in await self._cases(ids, watch, now):
                spoke += await self._say(case, decide, now)
        return spoke

    def _reminded(self, case: _Case, watch: Watch, now: datetime) -> _Said:
        """With the keys of those that wait and are true no more: something was done, or a date moved."""
        made, moot = list[Delivery](), list[str]()
        quiet = not case.weighed.exposed or case.weighed.severity < watch.policy.min_severity
        off = case.incident.status is Status.REVERSED  # for this seller's places at least
        if quiet or off or not_for_us(case.acts, case.seller.id):
            return made, moot
        done, days = standing_acts(case.acts), watch.policy.reminders
        for target in self._hearers(case, watch, now):
            words = [word for word in case.words if word.target == target.id]
            waiting = [word for word in words if _waits(word)]
            said = [word for word in words if not _waits(word)]
            due = remind(case.incident, case.seller.id, done, said, target, days, case.told.at, now)
            stands = due is not None and any(word.alert_id == due.alert_id for word in waiting)
            moot += [word.key for word in waiting if not stands]
            if due is not None and not stands:
                send = Send(Reason.DUE, due.detail)
                made += named(self._addressed(case, watch, send, [target], now), due.alert_id, due=due.due)
        return made, moot

    @staticmethod
    def _hearers(case: _Case, watch: Watch, now: datetime) -> Sequence[Target]:
        """Who would hear news of it: nobody whose turn to be escalated to has not come."""
        spoken = [Spoken(word.created_at, word.reason, (word.target,)) for word in case.words if not word.withdrawn]
        situation = Situation(case.incident, case.weighed, case.told, watch.policy, now, spoken=spoken)
        return addressed(situation, watch.targets)[0]

    # --- both

    async def _cases(self, ids: Sequence[str], watch: Watch, now: datetime) -> Sequence[_Case]:
        """Of what stands, for each seller who was told of it. One that cannot be looked at is logged and left out."""
        try:
            return await self._read(ids, watch, now)
        except UnavailableError:
            raise
        except Exception as error:
            if len(ids) == 1:
                _log.error("no time passes for incident %s", ids[0], exc_info=error)
                return ()
            return [case for id in ids for case in await self._cases([id], watch, now)]

    async def _read(self, ids: Sequence[str], watch: Watch, now: datetime) -> Sequence[_Case]:
        told = {(one.incident_id, one.seller_id): one for one in await self._ledger.told(ids)}
        words, acts = await self._words.words(ids), await self._ledger.acts_on(ids)
        silences = await self._ledger.silences(now)
        found: list[_Case] = []
        for whole in await self._ledger.incidents(ids):
            for seller in watch.sellers:
                known = told.get((whole.id, seller.id))
                if known is not None and whole.closed is None and not whole.merged_into:
                    seen = as_seen_by(whole, seller, watch.kin)
                    weighed = impact(seen, seller, now.date(), watch.kin)
                    mine = [word for word in words.get(whole.id, ()) if word.seller_id == seller.id]
                    found.append(_Case(seen, seller, weighed, known, mine, acts.get(whole.id, ()), silences))
        return found

    def _addressed(
        self, case: _Case, watch: Watch, send: Send, targets: Sequence[Target], now: datetime
    ) -> tuple[Delivery, ...]:
        tasks = plan(case.incident, watch.playbooks, standing_acts(case.acts), case.seller.id)
        calm = Calm(case.silences, kin=watch.kin)
        return deliveries(
            case.incident, case.seller, case.weighed, send, case.told, targets, watch.policy, now, tasks, calm
        )

    async def _say(self, case: _Case, decide: Callable[[_Case], _Said], now: datetime) -> int:
        """Decide and keep it; when somebody was quicker, the next round looks again."""
        try:
            made, moot = decide(case)
            known = {word.key for word in case.words if not word.withdrawn and word.key not in moot}
            fresh = [one for one in made if one.key not in known]
            if fresh or moot:
                alerts = decisions(fresh, case.incident.revision)
                await self._ledger.keep(Step(at=now, deliveries=fresh, alerts=alerts, withdrawn=moot))
        except ConflictError:
            return 0
        except UnavailableError:
            raise
        except Exception as error:
            _log.error("nothing is said of incident %s, whose time has come", case.incident.id, exc_info=error)
            return 0
        for one in {one.alert_id: one for one in fresh}.values():
            self._meter.decided("send", one.reason.value)
        return len(fresh)


def _longest(policy: Policy) -> timedelta:
    """How long after a word something may follow from it."""
    levels = max((level.after for level in policy.escalation), default=timedelta(0))
    return 2 * policy.page_for + levels + (policy.most_repeats + 1) * policy.repeat


def _waits(word: Word) -> bool:
    """A reminder that nobody has tried to send yet."""
    return word.reason is Reason.DUE and word.state is DeliveryState.PENDING and not word.attempts


def _some(ids: Sequence[str]) -> Sequence[Sequence[str]]:
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
