"""Several daemons as the desk and the command line show them: what is wrong in words, and what may be done about it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from monitor.domain.crew import Fault, Hands, Sight, Wrong, wrongs
from monitor.domain.people import Record
from monitor.notify.tongue import Tongue, tongue
from monitor.notify.wording import clean
from monitor.opened import Store
from monitor.store.crew_sight import SqlCrewSight
from monitor.web.access import Visitor
from monitor.web.paper import Reader
from monitor.web.sections.cluster import Crew, CrewDaemon, CrewDuty, CrewFault
from monitor.web.speech import NotDoneError, noop

FAULTS = {
    Fault.ROLE: noop("No living daemon has the role {role}: its work is not done."),
    Fault.SILENT: noop("The daemon on {machine} has been silent for {span}: the others take over what it held."),
    Fault.STALLED: noop("{duty} hangs with a daemon that is silent: another takes it over."),
    Fault.WAITS: noop("{duty} has waited for {span}, and nobody does it."),
    Fault.FAILED: noop("{duty} failed ({number}): {why}"),
    Fault.OVERDUE: noop("Nobody looks at {number} sources that are due, at one of them for {span}."),
    Fault.TROUBLE: noop("{machine} cannot do {duty}: {why}"),
    Fault.SETTINGS: noop("The daemons have different configurations: {groups}"),
    Fault.CLOCK: noop("The clock of {machine} is {span} off."),
}
_UNKNOWN = noop("the log of the daemon that did it says why")
_NOT_FAILED = noop("{duty} did not fail: nothing is to be done again.")


class CrewHere:
    """A `monitor.web.sections.cluster.Crews`."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._people, self._now, self._rows = store.people, now, SqlCrewSight(store.database)

    async def crew(self, reader: Reader) -> Crew:
        """How it stands."""
        return shown(await self._rows.sight(self._now()), tongue(reader.t.language, reader.t.zone))

    async def again(self, visitor: Visitor, duty: str) -> int:
        """Once, and on record."""
        forgotten = await self._rows.again(duty) if duty.isprintable() else 0
        if not forgotten:
            raise NotDoneError(_NOT_FAILED, duty=clean(duty, 40))
        did = f"{forgotten} forgotten"
        await self._people.record(
            Record(self._now(), visitor.name, visitor.via, "cluster.again", duty, did, visitor.address)
        )
        return forgotten


def shown(sight: Sight, t: Tongue) -> Crew:
    """As it is shown, in that language."""
    why = {duty: clean(words) for one in sight.members for duty, words in one.standing.failures.items()}
    daemons = [
        CrewDaemon(
            id=one.id,
            machine=clean(one.machine, 80),
            roles=one.roles,
            version=clean(one.version, 40),
            settings=one.settings,
            started_at=one.started_at,
            beat_at=one.beat_at.replace(microsecond=0),
            alive=one.until > sight.at,
            clock_off=one.standing.clock_off,
            troubles={name: clean(words) for name, words in one.standing.troubles.items()},
            hands=sight.hands.get(one.id, Hands()),
        )
        for one in sight.members
    ]
    duties = [
        CrewDuty(
            one.duty, one.todo, one.doing, one.stalled, one.failed, one.waits_since, one.failed_at,
            why.get(one.duty, "") if one.failed else "",
        )
        for one in sight.queues
    ]  # fmt: skip
    at = sight.at.replace(microsecond=0)
    return Crew(at, sight.shared, _told(sight, t), daemons, duties, sight.overdue, sight.overdue_since)


def _told(sight: Sight, t: Tongue) -> Sequence[CrewFault]:
    return [CrewFault(one.fault, one.subject, _words(one, t)) for one in wrongs(sight)]


def _words(wrong: Wrong, t: Tongue) -> str:
    values: dict[str, str] = {}
    for name, value in wrong.values.items():
        if isinstance(value, timedelta):
            values[name] = t.span(timedelta(seconds=round(value.total_seconds(), 1)))
        else:
            values[name] = t.number(value) if isinstance(value, int) else clean(value)
    if not values.get("why", "-"):
        values["why"] = t.say(_UNKNOWN)
    return t.say(FAULTS[wrong.fault], **values)
