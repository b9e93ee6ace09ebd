"""An outage: 10,000 deliveries wait while no channel answers for two hours, and go out when they do again.

    python benchmarks/outage.py [DELIVERIES]

The real outbox in SQLite (synchronous = FULL) and the real deliverer; clock and channels are ours. Two targets,
a tenth of it critical. Watched until the first 1,500 are out. Goal: none lost, none twice, the critical first, one
probe a minute meanwhile, memory flat (it may grow by 20 MB at most).
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, Message, Reason, Target
from monitor.domain.exposure import Severity
from monitor.domain.impact import Impact
from monitor.domain.incidents import Incident
from monitor.domain.signals import EventType, Status
from monitor.notify.delivery import Deliverer
from monitor.steps import Step
from monitor.store.database import Database
from monitor.store.desk import SqlDesk
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox

BEGIN = datetime(2026, 3, 10, 12, tzinfo=UTC)
DELIVERIES, WATCHED, MOST_GROWTH = 10_000, 1_500, 20.0
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
TARGETS = {id: Target(id, id, "") for id in ("mail", "chat")}


class Silent:
    """A meter that counts nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


class Wire:
    """A channel that is down, or takes all."""

    name = "wire"

    def __init__(self) -> None:
        self.up, self.tries, self.got = False, 0, list[tuple[str, Severity]]()

    async def send(self, target: Target, delivery: Delivery) -> Attempt:
        """Down: one more try for nothing."""
        self.tries += 1
        if not self.up:
            return Attempt(AttemptClass.TRANSIENT, "503", "down")
        self.got.append((delivery.key, delivery.severity))
        return Attempt(AttemptClass.OK, "200", "took it")


def waiting(number: int) -> Delivery:
    """One of many, with an incident of its own."""
    severity = Severity.CRITICAL if number % 10 == 3 else Severity(number % 4)
    at, target = BEGIN + number * SECOND / 10, ("mail", "chat")[number % 2]
    incident = Incident(
        f"i{number}", 1, EventType.SHUTDOWN, ("Platform",), ("ID",), Status.CONFIRMED, "", None, (),
        f"Platform {number} closes", at, at, (), (),
    )  # fmt: skip
    impact = Impact("acme", True, severity, Decimal(0), Decimal(0), "EUR", 0.0, (), (), None)
    message = Message(f"a{number}", incident, "Acme", impact, Reason.FIRST, "first word " * 100, at)
    return Delivery(
        f"d{number}", message.alert_id, incident.id, "acme", target, target, severity, Status.CONFIRMED, Reason.FIRST,
        message, at, at + 24 * HOUR, created_at=at,
    )  # fmt: skip


def resident() -> float:
    """Megabytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


async def outage(directory: str, count: int) -> dict[str, Any]:
    """Two hours down, then up."""
    database = await Database.open(f"sqlite:///{directory}/outage.db")
    wires = {id: Wire() for id in TARGETS}
    meter: Any = Silent()

    async def no_time(_: float) -> None:
        pass

    deliverer = Deliverer(
        SqlOutbox(database), wires, lambda: TARGETS, meter, timedelta(minutes=2), lambda: 0.5, {}, no_time
    )
    for start in range(0, count, 100):
        some = [waiting(number) for number in range(start, min(start + 100, count))]
        await SqlLedger(database).keep(Step(BEGIN, deliveries=some))
    now, before = BEGIN + count * SECOND / 10, resident()
    begun, asked = time.perf_counter(), 0
    while now < BEGIN + count * SECOND / 10 + 2 * HOUR:
        asked += 1
        while await deliverer.step(now):
            asked += 1
        now += 20 * SECOND
    down, tried = time.perf_counter() - begun, max(wire.tries for wire in wires.values())
    for wire in wires.values():
        wire.up = True
    begun, peak, now = time.perf_counter(), resident(), now + 60 * SECOND
    while sum(len(wire.got) for wire in wires.values()) < min(count, WATCHED):
        if not await deliverer.step(now):
            now += SECOND
        peak = max(peak, resident())
    seconds = time.perf_counter() - begun
    pending = sum((await SqlDesk(database).counts()).pending_by_channel.values())
    await database.close()
    got = [one for wire in wires.values() for one in wire.got]
    ordered = all(
        [severity for _, severity in wire.got[1:]] == sorted((severity for _, severity in wire.got[1:]), reverse=True)
        for wire in wires.values()
    )
    found = {
        "deliveries": count,
        "tries_of_a_target_while_down": tried,
        "milliseconds_for_a_look_while_down": round(1000 * down / asked, 1),
        "delivered": len({key for key, _ in got}),
        "waiting": pending,
        "twice": len(got) - len({key for key, _ in got}),
        "critical_first": ordered,
        "milliseconds_for_each_when_up": round(1000 * seconds / max(len(got), 1), 1),
        "megabytes_before": round(before, 1),
        "megabytes_at_most": round(peak, 1),
    }
    kept = found["delivered"] + pending == count
    met = kept and not found["twice"] and ordered and tried <= 125
    return found | {"met": met and peak - before <= MOST_GROWTH}


def main(arguments: Sequence[str]) -> int:
    """1 when the goal is missed."""
    with tempfile.TemporaryDirectory(prefix="outage-") as directory:
        found = asyncio.run(outage(directory, int(arguments[0]) if arguments else DELIVERIES))
    print(json.dumps(found, indent=1))
    return 0 if found["met"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
