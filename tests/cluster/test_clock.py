"""The time that daemons go by: the database's, however slowly it answers."""

from datetime import UTC, datetime, timedelta

from monitor.cluster.crew import Clock

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Machine:
    """Its own clock, and a database whose answers take their time on the way back."""

    def __init__(self) -> None:
        self.at, self.ahead, self.back = NOON, timedelta(0), timedelta(0)

    def now(self) -> datetime:
        return self.at

    async def time(self) -> datetime:
        said = self.at + self.ahead
        self.at += self.back
        return said


async def test_a_slow_answer_does_not_undo_what_a_quick_one_told():
    machine = Machine()
    clock = Clock(machine.now, machine)  # type: ignore[arg-type]
    machine.ahead = 7 * SECOND
    await clock.set()
    assert clock.off == 7 * SECOND
    machine.back = 2 * SECOND
    await clock.set()
    assert clock.off == 7 * SECOND, "and not a second less"
    assert clock.now() == machine.at + 7 * SECOND


async def test_a_clock_that_was_set_is_noticed_even_by_slow_answers():
    machine = Machine()
    clock = Clock(machine.now, machine)  # type: ignore[arg-type]
    await clock.set()
    machine.ahead, machine.back = 60 * SECOND, 2 * SECOND
    await clock.set()
    assert abs(clock.off - 60 * SECOND) <= SECOND
    machine.back = timedelta(0)
    await clock.set()
    assert clock.off == 60 * SECOND
