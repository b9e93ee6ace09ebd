"""playbooks.yaml: the shipped one is whole, and a wrong line is named with what to write instead."""

from pathlib import Path

import pytest

from monitor.config.playbooks import read_playbooks
from monitor.domain.signals import EventType, Status

SHIPPED = Path(__file__).parents[2] / "config"

STEP = "- id: closing\n  events: [shutdown]\n  steps:\n    - {id: a, do: Export, owner: ops, by: BY}\n"


def read(folder: Path, text: str):
    (folder / "playbooks.yaml").write_text(text)
    playbooks, problems = read_playbooks(folder)
    return playbooks, [str(problem) for problem in problems]


def test_the_shipped_playbooks_have_steps_for_every_type_of_event():
    playbooks, problems = read_playbooks(SHIPPED)
    assert problems == []
    for event in EventType:
        steps = [step for playbook in playbooks if event in playbook.events for step in playbook.steps]
        assert len(steps) >= 2, f"nothing to do about {event}"


def test_what_is_to_be_done_of_a_rumor_takes_no_announcement_for_granted():
    playbooks, _ = read_playbooks(SHIPPED)
    early = [step.do for playbook in playbooks for step in playbook.steps if step.since is Status.RUMOR]
    assert early
    assert all("as long as there is none" in do for do in early if "announcement" in do.lower())


def test_without_the_file_there_are_none(tmp_path):
    assert read_playbooks(tmp_path) == ((), [])


@pytest.mark.parametrize(
    ("by", "means"),
    [
        ("14 days before effective", "14 days before effective"),
        ("1 day after first word", "1 day after first word"),
        ("on inventory", "on inventory deadline"),
        ("3 days before data export deadline", "3 days before data export deadline"),
        ("3 days before data_export", "3 days before data export deadline"),
    ],
)
def test_a_day_is_written_as_people_say_it(tmp_path, by, means):
    playbooks, problems = read(tmp_path, STEP.replace("BY", by))
    assert problems == []
    assert [str(offset) for offset in playbooks[0].steps[0].by] == [means]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (STEP.replace("BY", "soon"), "playbooks.yaml:4: closing.steps.a.by: is no day"),
        (STEP.replace("BY", "3 days before payot"), "did you mean payout"),
        (STEP.replace("BY", "99999 days before effective"), "is no day"),
        (STEP.replace("BY", "on effective").replace("shutdown", "shutdwn"), "did you mean shutdown"),
        (STEP.replace("by: BY", "by: on effective, sins: rumor"), "did you mean since"),
        (STEP.replace("by: BY", "by: on effective, since: reversed"), "is not one of rumor, proposed"),
        ("- {id: closing, events: [], steps: []}\n", "closing.events: is empty"),
        (STEP.replace("BY", "on effective") * 2, "used already"),
        ("closing: yes\n", "should be a list of playbooks"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_what_to_write(tmp_path, text, says):
    _, problems = read(tmp_path, text)
    assert any(says in problem for problem in problems), problems
    assert all("playbooks.yaml" in problem for problem in problems)
