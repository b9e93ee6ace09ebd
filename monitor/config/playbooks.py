"""playbooks.yaml: what to do about which event, by whom and by when."""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from monitor.config.problems import Problem, nearest, refuse
from monitor.config.records import Text
from monitor.config.strict import Id, Strict
from monitor.config.units import Known
from monitor.config.validation import blocks, taken_twice, validate
from monitor.config.yaml_file import read_yaml
from monitor.domain.deadlines import DeadlineRole
from monitor.domain.playbooks import Anchor, Offset, Playbook, PlaybookStep
from monitor.domain.signals import EventType, Status

NAME = "playbooks.yaml"
MOST_DAYS = 3650
_FORM = re.compile(r"(?:(?P<days>\d{1,4}) days? (?P<way>before|after)|on) (?P<from>[a-z_ ]+)")
_ROLES = {role.value.replace("_", " "): role for role in DeadlineRole}
_EXAMPLE = "such as 14 days before effective, 3 days before payout, 2 days after first word, on inventory"


def _offset(value: Any) -> Offset:
    match = _FORM.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or int(match["days"] or 0) > MOST_DAYS:
        raise refuse("is no day", f"write {_EXAMPLE}")
    days = int(match["days"] or 0) * (-1 if match["way"] == "before" else 1)
    name = match["from"].replace("_", " ").removesuffix(" deadline")
    if name in (Anchor.FIRST_WORD, Anchor.EFFECTIVE):
        return Offset(Anchor(name), days)
    if name not in _ROLES:
        known = [Anchor.FIRST_WORD.value, Anchor.EFFECTIVE.value, *_ROLES]
        raise refuse(f"nothing is called {name!r} here", nearest(name, known) or f"known: {', '.join(known)}")
    return Offset(Anchor.DEADLINE, days, _ROLES[name])


def _offsets(value: Any) -> tuple[Offset, ...]:
    """One day, or alternatives: the first that can be told counts."""
    return tuple(_offset(one) for one in (value if isinstance(value, list) else [value]))


def _rung(value: Any) -> Status:
    rungs = [status.value for status in Status if status is not Status.REVERSED]
    if value not in rungs:
        raise refuse(f"is not one of {', '.join(rungs)}", nearest(str(value), rungs))
    return Status(value)


def _some(value: tuple[Any, ...]) -> tuple[Any, ...]:
    """Asked after the items: a wrong one is no reason to complain of too few."""
    if not value:
        raise refuse("is empty", "name one at least")
    return value


class StepRecord(Strict):
    """One step as people write it."""

    id: Id
    do: Text
    owner: Text
    by: Annotated[tuple[Offset, ...], BeforeValidator(_offsets), AfterValidator(_some)]
    since: Annotated[Status, BeforeValidator(_rung)] = Status.PROPOSED


class PlaybookRecord(Strict):
    """One playbook as people write it."""

    id: Id
    events: Annotated[tuple[EventType, ...], AfterValidator(_some)]
    steps: Annotated[tuple[StepRecord, ...], AfterValidator(_some)]

    def playbook(self) -> Playbook:
        """The domain's value."""
        steps = tuple(PlaybookStep(step.id, step.do, step.owner, step.by, step.since) for step in self.steps)
        return Playbook(self.id, self.events, steps)


def read_playbooks(directory: Path) -> tuple[tuple[Playbook, ...], list[Problem]]:
    """The playbooks of a configuration directory; none where the file is not there. Ids of steps are unique over all,
    since what is done is remembered by them."""
    path = directory / NAME
    if not path.exists():
        return (), []
    file, problems = read_yaml(path, NAME)
    if file.value is None:
        return (), problems
    if not isinstance(file.value, list):
        return (), [*problems, file.problem((), "should be a list of playbooks", "begin with - id: ...")]
    found = []
    for number in range(len(file.value)):
        record, wrong = validate(PlaybookRecord, file, (number,), Known())
        problems += wrong
        if record:
            found.append(record.playbook())
    problems += taken_twice(file, (((n, "id"), row.get("id")) for n, row in blocks(file.value)), {})
    steps = (
        ((n, "steps", k, "id"), step.get("id")) for n, row in blocks(file.value) for k, step in blocks(row.get("steps"))
    )
    problems += taken_twice(file, steps, {})
    return tuple(found), problems
