"""Certain delivery: claim, send, settle; at least once, and a second copy says that it may be one."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import structlog

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState, Target
from monitor.domain.delivery import LONGEST_WAIT, after_attempt
from monitor.domain.errors import ConflictError
from monitor.domain.exposure import Severity
from monitor.notify.pace import PROBE_EVERY, Gate, Pace
from monitor.ports import Channel, Claim, Meter, Outbox

_log = structlog.get_logger(__name__)

PACES: Mapping[str, Pace] = {
    "slack": Pace(burst=1, interval=timedelta(seconds=1)),  # docs.slack.dev/apis/web-api/rate-limits
    "email": Pace(burst=10, interval=timedelta(seconds=6)),
}
_UNPACED = Pace(burst=100, interval=timedelta(milliseconds=10))


class Deliverer:
    """Takes one delivery after another from the outbox. Several `step`s may run side by side.

    `targets` is asked anew at each step, so that a reload counts at once. `lease` must be longer than the slowest
    channel's timeout and its pace together: a lease that runs out means that its holder died.
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
    ) -> None:
        self._outbox, self._channels, self._targets, self._meter = outbox, channels, targets, meter
        self.lease, self._jitter, self._paces, self._pause = lease, jitter, paces, pause
        self._gates: dict[str, Gate] = {}

    async def step(self, now: datetime) -> bool:
        """One delivery, if one is due; False when there was none.

        Raises StoreUnavailableError when the outbox does not answer. After a send the lease then runs out, and the
        delivery goes out once more as a repeat.
        """
        claim = await self._outbox.claim_delivery(now, self.lease)
        if claim is None:
            return False
        delivery = claim.item
        target = self._targets().get(delivery.target)
        channel = self._channels.get(target.channel) if target else None
        if target is None or channel is None:
            missing = "target" if target is None else "channel"
            nobody = Attempt(AttemptClass.PERMANENT, f"no_{missing}", f"its {missing} is no longer configured")
            await self._settle(claim, nobody, DeliveryState.DEAD, now, now)
            self._meter.attempted(delivery, nobody, DeliveryState.DEAD, 0.0)
            return True
        gate = self._gates.setdefault(target.id, Gate(self._paces.get(target.channel, _UNPACED), now))
        if (again := self._held_until(gate, delivery, now)) is not None:
            held = Attempt(AttemptClass.TRANSIENT, "held_back", "its target does not answer or asked for a pause")
            await self._settle(claim, held, DeliveryState.RETRY, again, now)
            return True
        wait = gate.wait(now)
        await self._pause(wait.total_seconds())
        loop = asyncio.get_running_loop()
        started = loop.time()
        attempt = await self._send(channel, target, delivery)
        seconds = loop.time() - started
        ended = now + wait + timedelta(seconds=seconds)
        gate.ended(attempt, ended)
        state, again = after_attempt(delivery, attempt, ended, self._jitter())
        await self._settle(claim, attempt, state, again, ended)
        self._meter.attempted(delivery, attempt, state, seconds)
        if state is DeliveryState.SENT and delivery.created_at is not None:
            self._meter.delivered(ended - delivery.created_at)
        return True

    def _held_until(self, gate: Gate, delivery: Delivery, now: datetime) -> datetime | None:
        """When a delivery to a closed gate is to be looked at again: spread out, the urgent ones near the next probe.

        None when it may go now; also when it would otherwise come to its end without having been tried.
        """
        if (closed_until := gate.closed_until(now)) is None:
            return None
        spread = PROBE_EVERY if delivery.severity >= Severity.HIGH else LONGEST_WAIT
        again = closed_until + self._jitter() * spread
        return again if again < delivery.give_up_at else None

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
        self, claim: Claim[Delivery], attempt: Attempt, state: DeliveryState, not_before: datetime, now: datetime
    ) -> None:
        try:
            await self._outbox.settle(claim, attempt, state, not_before, now)
        except ConflictError:
            # The lease ran out meanwhile: the delivery is UNKNOWN now, and goes out as a repeat.
            _log.warning("delivery_lease_lost", delivery=claim.item.key, target=claim.item.target)
