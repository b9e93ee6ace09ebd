"""The digests whose time has come, as a step of the daemon's rounds; and one digest as it would be now.

Rows are asked for and kept here; when a digest is due and what it says are functions of the domain (`overview`).
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from monitor.deciding import Watch
from monitor.domain.alerts import DeliveryState, Reason, Target
from monitor.domain.digests import Digest
from monitor.domain.documents import digest
from monitor.domain.errors import ConflictError
from monitor.domain.exposure import Seller
from monitor.domain.handling import Word
from monitor.domain.incidents import Incident
from monitor.domain.overview import Sight, World, addressed, overview
from monitor.domain.portfolio import concerning
from monitor.domain.turns import PERIOD, astray, conversation, due, mark, turn, wants
from monitor.ports import Inbox, Ledger, Meter, Vigils, Words
from monitor.steps import SentAlert, Step
from monitor.vigilance import healths_of

_log = logging.getLogger(__name__)

AT_ONCE = 100  # incidents that are read in one go

Whom = tuple[Seller, Target]


class Digesting:
    """`watch` gives the configuration as it is now."""

    def __init__(
        self, ledger: Ledger, words: Words, inbox: Inbox, vigils: Vigils, watch: Callable[[], Watch], meter: Meter
    ) -> None:
        self._ledger, self._words, self._inbox, self._vigils = ledger, words, inbox, vigils
        self._watch, self._meter = watch, meter

    async def step(self, now: datetime) -> bool:
        """Make each digest whose turn has come; True when there is something to send.

        The digest and that its turn is over are kept in one transaction, so that a crash neither loses nor repeats it.
        Raises UnavailableError.
        """
        watch = self._watch()
        asking = [(seller, target) for seller in watch.sellers for target in watch.targets if wants(seller, target)]
        if not asking:
            return False
        marks = await self._ledger.marks()
        last = {whom: marks.get(mark(*whom)) for whom in asking}
        begun = [whom for whom in asking if (at := last[whom]) is None or astray(at, now)]
        if begun:
            turns = [(mark(*whom), turn(whom[1], now).at) for whom in begun]
            await self._ledger.keep(Step(at=now, marks=turns))
        ready = [whom for whom in asking if due(whom[1], last[whom], now)]
        if not ready:
            return False
        world = await self._world(watch, [seller for seller, _ in ready], now)
        return any([await self._make(watch, world, whom, now) for whom in ready])

    async def _make(self, watch: Watch, world: World, whom: Whom, now: datetime) -> bool:
        seller, target = whom
        came = turn(target, now)
        over = (mark(seller, target), came.at)
        alert_id = digest("digest", seller.id, target.id, came.day.isoformat())
        words = await self._said(whom)
        if any(word.alert_id == alert_id for word in words):  # its hour or its zone was changed after it
            await self._ledger.keep(Step(at=now, marks=[over]))
            return False
        said = await _made(whom, world, words, now, alert_id)
        try:
            await self._keep(watch, said, whom, now, [over])
        except (ConflictError, ValueError) as error:  # another daemon was quicker: the next round sees it
            _log.warning("the digest of %s to %s is not kept", seller.id, target.id, exc_info=error)
            return False
        return True

    async def _keep(
        self, watch: Watch, said: Digest, whom: Whom, now: datetime, marks: Sequence[tuple[str, datetime]]
    ) -> None:
        seller, target = whom
        delivery = addressed(said, seller, target, watch.policy, now, await self._ledger.silences(now))
        decided = SentAlert(
            said.alert_id, delivery.incident_id, 0, seller.id, now, Reason.DIGEST, said.about, (target.id,)
        )
        await self._ledger.keep(Step(at=now, deliveries=[delivery], alerts=[decided], marks=marks))
        self._meter.decided("send", Reason.DIGEST.value)

    # --- one of them, whenever somebody asks

    async def now(self, whom: Whom, now: datetime) -> Digest:
        """What that digest would say now: since the last one that arrived."""
        seller, target = whom
        world = await self._world(self._watch(), [seller], now)
        asked = digest("digest", seller.id, target.id, now.isoformat())
        return await _made(whom, world, await self._said(whom), now, asked)

    async def send(self, said: Digest, whom: Whom) -> None:
        """Put it into the outbox, beside those that come by themselves."""
        await self._keep(self._watch(), said, whom, said.made_at, ())

    # --- what is known

    async def _said(self, whom: Whom) -> Sequence[Word]:
        seller, target = whom
        name = conversation(seller)
        return [word for word in (await self._words.words([name])).get(name, ()) if word.target == target.id]

    async def _world(self, watch: Watch, sellers: Sequence[Seller], now: datetime) -> World:
        """Incidents are read some at a time, and only those kept in mind that may touch somebody."""
        near: list[Incident] = []
        ids = await self._ledger.open_ids(now)
        unpriced = not all(seller.positions for seller in sellers)  # for whom nothing is said, everything counts
        for first in range(0, len(ids), AT_ONCE):
            some = await self._ledger.incidents(ids[first : first + AT_ONCE])
            near += some if unpriced else concerning(some, sellers, watch.kin)
            await asyncio.sleep(0)
        known = [incident.id for incident in near]
        told = {(one.incident_id, one.seller_id): one for one in await self._ledger.told(known)}
        sight = await self._sight(watch, now)
        return World(near, told, await self._ledger.acts_on(known), sight, watch.kin, watch.playbooks)

    async def _sight(self, watch: Watch, now: datetime) -> Sight:
        healths = await healths_of(watch.sources, self._inbox, self._ledger, now)
        return Sight.over(watch.sources, healths, await self._vigils.vigils())


async def _made(whom: Whom, world: World, words: Sequence[Word], now: datetime, alert_id: str) -> Digest:
    """In a thread: to weigh thousands of incidents takes seconds."""
    seller, target = whom
    return await asyncio.to_thread(overview, seller, target, world, _since(words, target, now), now, alert_id)


def _since(words: Sequence[Word], target: Target, now: datetime) -> datetime:
    """When the target was last told all of it: what never arrived told nothing, and is told again."""
    earlier = [word for word in words if word.created_at < now]
    heard = [word.created_at for word in earlier if word.arrived or word.state is DeliveryState.SENDING]
    return max(heard, default=min((word.created_at for word in earlier), default=now) - PERIOD[target.digest])
