"""What a viewer of the demo gets to see, and that a machine sees none of it."""

from dataclasses import replace
from pathlib import Path

import pytest
from performances import HARMLESS, PERFECT, STORY

from monitor.demo.screen import Screen
from monitor.demo.sinks import MAIL, SLACK, Received
from monitor.demo.verdict import check

FIGURES = {"polls": 90, "not_modified": 80, "pages": 9, "documents": 7, "messages": 5, "kills": 0}
MAIL_TEXT = "[High] A closing\n\nWhat: it closes\n" + "\n".join(f"line {n}" for n in range(40))
MESSAGES = (
    Received(MAIL, "i", "a", "[High] A closing", MAIL_TEXT, False),
    Received(SLACK, "i", "a", "[High] [bold]not markup[/]", "[High] A closing\n*Where*\nPoland\n", True),
)


def shown(screen: Screen, capsys: pytest.CaptureFixture[str], problems: list[str]) -> str:
    screen.begin(STORY, Path("stage"), Path("stage/daemon.log"))
    for act in STORY.acts:
        screen.act(act, FIGURES)
        screen.published(STORY, act)
    for message in MESSAGES:
        screen.arrived(message)
    screen.figures(FIGURES)
    screen.end(STORY, PERFECT, FIGURES, problems)
    return " ".join(capsys.readouterr().out.split())


def test_a_viewer_sees_the_story_the_messages_and_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(Screen(), capsys, check(STORY, PERFECT))
    assert "\x1b" not in text  # piped: no colours, no cursor
    for act in STORY.acts:
        assert act.says in text
    assert "Where: Poland" in text
    assert "[bold]not markup[/]" in text
    assert "more lines" in text
    for title in ("Incidents", "Deadlines", "Deliveries", "Harmless stories"):
        assert title in text
    assert "90 polls, 80 of them unchanged (304); 9 pages fetched; 7 documents understood, " in text
    assert "1 remembered as a watched page first stood; 5 messages arrived." in text
    assert "no harmless story woke anybody" in text
    assert "somebody" not in text


def test_a_viewer_sees_what_went_wrong_and_who_was_woken(capsys: pytest.CaptureFixture[str]) -> None:
    first, *rest = PERFECT.incidents
    url = f"http://127.0.0.1:1/{HARMLESS.source}/{HARMLESS.key}.html"
    fooled = replace(first, evidence=(replace(first.evidence[0], url=url),))
    problems = check(STORY, replace(PERFECT, incidents=[fooled, *rest]))
    text = shown(Screen(), capsys, problems)
    assert "wrong: a harmless story is taken for" in text
    assert "somebody" in text
    assert "no harmless story woke anybody" not in text


def test_a_machine_gets_nothing_but_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(Screen(quiet=True), capsys, []) == ""
