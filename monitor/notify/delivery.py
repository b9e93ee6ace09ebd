"""Certain delivery: claim, send, settle; at least once, and a second copy says that it may be one."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState, Reason, Target
from monitor.domain.delivery import HOUR, Pacing, after_attempt, capped, instead
from monitor.domain.errors import ConflictError, UnavailableError
from monitor.notify.pace import PACES, Gate, Pace, PacesHere, pace_of
from monitor.ports import Channel, Meter, Outbox, Paces
from monitor.steps import Claim
from monitor.tracing import span

_log = structlog.get_logger(__name__)

HOUR_IS_FULL = "room in its hour"
STALE = 5.0  # seconds after a claim, from which on it is not sent: whoever slept so long may have been given up


class Deliverer:
    """Takes one delivery after another from the outbox. Several `step`s may run side by side.

    `targets` is asked anew at each step, so that a reload counts at once. `lease` must be longer than the slowest
    channel's timeout and its pace together: a lease that runs out means that its holder died. `known` is where several
    daemons keep the pace of each target together.
    """

    def __init__(
        self,
        outbox: Outbox,
        channels: Mapping[str, Channel],
        targets: Callable[[], Mapping[str, Target]],
        meter: Meter,
        lease: timedelta,
        jitter: Callable[[], float],
        paces: Mapping[str, Pace] = PACES,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        known: Paces | None = None,
    ) -> None:
        self._outbox, self._channels, self._targets, self._meter = outbox, channels, targets, meter
        self.lease, self._jitter, self._paces, self._pause = lease, jitter, paces, pause
        self._known: Paces = known or PacesHere()

    async def step(self, now: datetime) -> bool:
        """One delivery, if one is due and its target does not rest; False when there was none.

        Raises StoreUnavailableError when the outbox does not answer. After a send the lease then runs out, and the
        delivery goes out once more as a repeat.
        """
        targets = self._targets()
        known = (await self._known.resting(now)).items()
        gates = {id: self._gate(targets[id], pacing, now) for id, pacing in known if id in targets}
        resting = {id: until for id, gate in gates.items() if (until := gate.rests_until(now)) is not None}
        claimed = asyncio.get_running_loop().time()
        claim = await self._outbox.claim_delivery(now, self.lease, resting)
        if claim is None:
            return False
        target = targets.get(claim.item.target)
        channel = self._channels.get(target.channel) if target else None
        if target is None or channel is None:
            missing = "target" if target is None else "channel"
            nobody = Attempt(AttemptClass.PERMANENT, f"no_{missing}", f"its {missing} is no longer configured")
            await self._settle(claim, nobody, DeliveryState.DEAD, now, now, 0.0)
            return True
        gate = self._gate(target, await self._known.of(target.id), now)  # nobody else moves it while we hold the claim
        if target.id not in resting and (until := gate.rests_until(now)) is not None:
            await self._give_back(claim, until, now)  # another step found meanwhile that it is to be left alone
            return True
        allowed = await self._within_the_hour(claim, target, now)
        if allowed is not None:
            await self._try(allowed, channel, target, gate, now, claimed)
        return True

    async def _try(
        self, claim: Claim[Delivery], channel: Channel, target: Target, gate: Gate, now: datetime, claimed: float
    ) -> None:
        wait = gate.begin(now)
        await self._pause(wait.total_seconds())
        loop = asyncio.get_running_loop()
        started = loop.time()
        if started - claimed > STALE:
            await self._give_back(claim, now, now)
            return
        with span("send", delivery=claim.item.key, incident=claim.item.incident_id, channel=channel.name) as sending:
            attempt = await self._send(channel, target, claim.item)
            sending.add(result=attempt.result.value, attempt=claim.item.attempts + 1)
        seconds = loop.time() - started
        ended = now + wait + timedelta(seconds=seconds)
        came_back = gate.ended(attempt, ended)
        with suppress(UnavailableError):  # a lost pace is worth no second copy
            await self._known.keep(target.id, gate.pacing)
        state, again = after_attempt(claim.item, attempt, ended, self._jitter())
        kept = await self._settle(claim, attempt, state, again, ended, seconds)
        if came_back:
            await self._outbox.wake(target.id, now)
        if kept is DeliveryState.SENT and claim.item.created_at is not None:
            self._meter.delivered(ended - claim.item.created_at)

    def _gate(self, target: Target, pacing: Pacing | None, now: datetime) -> Gate:
        return Gate(pace_of(target, self._paces), now, pacing)

    async def _within_the_hour(self, claim: Claim[Delivery], target: Target, now: datetime) -> Claim[Delivery] | None:
        """What the cap of the target lets through now; None when it has to wait.

        The last message of an hour is for all that is left over, if that is more than one: nobody waits in silence.
        """
        delivery = claim.item
        if not target.cap or not capped(delivery):
            return claim
        hour = await self._outbox.hour(target.id, now)
        left = target.cap - len(hour.sent)
        try:
            if left <= 0:
                until = hour.sent[-target.cap] + HOUR
                await self._outbox.hold(claim, until, now, HOUR_IS_FULL, others=True)
                return None
            if left == 1 and hour.due and delivery.reason is not Reason.MORE and not delivery.repeat:
                return await self._outbox.round_up(claim, now, self.lease)
        except ConflictError:
            self._lost(delivery)
            return None
        return claim

    async def _send(self, channel: Channel, target: Target, delivery: Delivery) -> Attempt:
        """A channel that raises has a bug; nobody knows how far it came, and the next delivery must not suffer."""
        try:
            return await channel.send(target, delivery)
        except Exception as error:
            kind = type(error).__name__
            *_, frame = traceback.extract_tb(error.__traceback__)
            # The error's own text may hold an address or a password: only its kind and place are told.
            _log.error("channel_raised", channel=channel.name, error=kind, where=f"{frame.name}:{frame.lineno}")
            return Attempt(AttemptClass.AMBIGUOUS, "raised", f"the channel raised {kind}")

    async def _settle(
        self,
        claim: Claim[Delivery],
        attempt: Attempt,
        state: DeliveryState,
        not_before: datetime,
        now: datetime,
        seconds: float,
    ) -> DeliveryState | None:
        """Keeps it, and counts it as it was kept; None when the lease ran out meanwhile."""
        other = self._instead(claim.item, now) if state is DeliveryState.DEAD else None
        try:
            kept = await self._outbox.settle(claim, attempt, state, not_before, now, other)
        except ConflictError:
            self._lost(claim.item)
            kept = None
        self._meter.attempted(claim.item, attempt, kept or state, seconds)
        return kept

    def _instead(self, delivery: Delivery, now: datetime) -> Delivery | None:
        """What the target's fallback hears in its place. A target that is configured no more has none left: then the
        operators hear it, if any are named."""
        targets = self._targets()
        target = targets.get(delivery.target)
        if target is None:
            other = next((one for one in targets.values() if one.operations), None)
        else:
            other = targets.get(target.fallback)
        return instead(delivery, other, now) if other is not None else None

    async def _give_back(self, claim: Claim[Delivery], until: datetime, now: datetime) -> None:
        try:
            await self._outbox.hold(claim, until, now)
        except ConflictError:
            self._lost(claim.item)

    @staticmethod
    def _lost(delivery: Delivery) -> None:
        """The lease ran out meanwhile: the delivery is UNKNOWN now, and goes out as a repeat."""
        _log.warning("delivery_lease_lost", delivery=delivery.key, target=delivery.target)
