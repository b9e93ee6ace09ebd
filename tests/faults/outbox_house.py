"""A database, a deliverer and a clock of our own, for stories of what becomes of a delivery."""

from dataclasses import replace
from datetime import datetime, timedelta

from letters import NOW
from smtp_sink import Sink
from test_deliverer import LEASE, SECOND, letter
from test_deliverer import Counter as Meter

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState, Target
from monitor.domain.exposure import Severity
from monitor.notify.delivery import Deliverer
from monitor.notify.email import EmailChannel
from monitor.ports import Channel
from monitor.steps import Step
from monitor.store.database import Database
from monitor.store.desk import SqlDesk
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox

MAIL = Target("mail", "email", "ops@example.com")


class Clocked:
    """A channel that notes when it was used, by the clock of the story."""

    def __init__(self, channel: Channel, house: "House") -> None:
        self.name, self._channel, self._house = "clocked", channel, house

    async def send(self, target: Target, delivery: Delivery) -> Attempt:
        end = await self._channel.send(target, delivery)
        self._house.tries.append((target.id, self._house.now, delivery, end))
        return end


class House:
    """A database, a deliverer and a clock."""

    def __init__(self, database: Database, *targets: Target, **channels: Channel) -> None:
        self.ledger, self.outbox, self.desk = SqlLedger(database), SqlOutbox(database), SqlDesk(database)
        self.now, self.meter = NOW, Meter()
        self.tries: list[tuple[str, datetime, Delivery, Attempt]] = []
        self.targets = {target.id: target for target in targets}
        self.deliverer = Deliverer(
            self.outbox,
            {name: Clocked(channel, self) for name, channel in channels.items()},
            lambda: self.targets,
            self.meter,  # type: ignore[arg-type]
            LEASE,
            jitter=lambda: 0.5,
            pause=self._pause,
        )

    async def _pause(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def put(self, *deliveries: Delivery) -> None:
        await self.ledger.keep(Step(self.now, deliveries=deliveries))

    async def live(self, span: timedelta, every: timedelta = SECOND) -> None:
        """Until so much later, looking at the outbox so often."""
        end = self.now + span
        while self.now < end:
            while await self.deliverer.step(self.now):
                pass
            self.now += every

    async def fates(self) -> dict[str, DeliveryState]:
        return {one.key: one.state for one in await self.desk.deliveries(limit=10_000)}

    def arrived(self, target: str) -> list[tuple[datetime, Delivery]]:
        return [(at, one) for id, at, one, end in self.tries if id == target and end.result is AttemptClass.OK]


def post(mail: Sink) -> EmailChannel:
    return EmailChannel("127.0.0.1", mail.port, security="none", sender="a@shop.example", timeout=20)


def about(number: int, target: str = "mail", severity: Severity = Severity.HIGH, **changes: object) -> Delivery:
    made = {"key": f"{target} {number}", "alert_id": f"alert {number}", "target": target, "severity": severity}
    message = replace(letter(number).message, alert_id=f"alert {number}")
    return letter(number, **(made | {"message": message, "created_at": NOW} | changes))
