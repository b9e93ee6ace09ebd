"""A text from outside the store is explained as `assess` decides it: the same row, or plain words and their day."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.testing import CliRunner, Result

from monitor import cli
from monitor.corpus.rows import Voice
from monitor.explain.given import given
from monitor.understand.assess import AUTHORITIES

SHIPPED = Path(__file__).parents[2] / "config"
ROW = {
    "id": "notice-7",
    "title": "Temu leaves Poland",
    "text": "The shop takes its last orders on Friday and closes a week later.",
    "published": "2026-03-02",
    "lang": "en",
    "source_kind": "official",
    "url": "https://temu.example/notice",
}


def ran(*words: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli.app, [*words, "--config", str(SHIPPED)], input=stdin)


def verdicts(signals: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    """What is decided, which the two commands write alike but for the date."""
    return [
        (one["event_type"], one["status"], one["platforms"], one["regions"], one["score"],
         day["text"] if isinstance(day := one["effective_date"], dict) else day)
        for one in signals
    ]  # fmt: skip


def test_a_row_is_explained_as_assess_decides_it_on_one_line_or_on_many():
    (line,) = ran("assess", stdin=json.dumps(ROW)).stdout.splitlines()
    decided = verdicts(json.loads(line)["signals"])
    assert decided[0][-1] == "2026-03-06", "the Friday after its day, which prose would not have"
    for words in (json.dumps(ROW), json.dumps(ROW, indent=2)):
        shown = ran("explain", "--json", "--text", "-", stdin=words)
        assert verdicts(json.loads(shown.stdout)["assessment"]["signals"]) == decided


def test_plain_words_take_their_title_and_their_day_from_beside_them():
    found = given("It closes on Friday.", "Temu leaves Poland", "2026-03-02").document
    assert (found.title, found.text, str(found.published)[:10]) == (
        "Temu leaves Poland",
        "It closes on Friday.",
        "2026-03-02",
    )
    over = given(json.dumps(ROW), "Another title").document
    assert (over.title, over.text, over.lang) == ("Another title", ROW["text"], "en")
    shown = ran("explain", "--text", "-", "--title", "Temu leaves Poland", "--published", "2026-03", stdin="It closes.")
    assert shown.stdout.splitlines()[:2] == ["Temu leaves Poland", "published 2026-03-16 12:00"]


@pytest.mark.parametrize("kind", AUTHORITIES)
def test_plain_words_are_read_as_said_by_whom_they_are_said_as_assess_reads_the_row(kind: str):
    title, day = "Update: eBay.de will not close", "2026-03-02"
    text = "We have reversed our decision. The closure of eBay.de that we announced in February is cancelled."
    row = {"id": "update-1", "title": title, "text": text, "published": day, "source_kind": kind}
    (line,) = ran("assess", stdin=json.dumps(row)).stdout.splitlines()
    beside = ("--title", title, "--published", day, "--source-kind", kind)
    shown = json.loads(ran("explain", "--json", "--text", "-", *beside, stdin=text).stdout)
    assert verdicts(shown["assessment"]["signals"]) == verdicts(json.loads(line)["signals"])
    assert given(text, title, day, kind).source.authority is AUTHORITIES[kind]
    over = given(json.dumps(row | {"source_kind": "forum"}), source_kind=kind)
    assert over.source.authority is AUTHORITIES[kind], "what is said beside a row stands above it"


def test_every_kind_of_source_that_assess_knows_can_be_named_and_no_other():
    assert set(get_args(Voice)) == set(AUTHORITIES)
    refused = ran("explain", "--text", "-", "--source-kind", "blog", stdin="It closes.")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "official" in refused.stderr


@pytest.mark.parametrize("text", ["{shop} closes", "[1] Temu leaves", "42", "null", 'Temu {"closes": 1}'])
def test_words_that_only_look_a_little_like_a_row_are_words(text: str):
    assert given(text).document.text == text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (" \n", "neither title nor text says anything"),
        (json.dumps({"id": "x", "title": "", "text": " "}), "neither title nor text says anything"),
        ("\n".join([json.dumps(ROW)] * 3), "3 rows, and one is explained at a time"),
        ('{"id": "x", "text": "y",}', "line 1: not JSON"),
        (json.dumps(ROW) + '\n{"id": "x", "text": }', "line 2: not JSON"),
        ('{"id": "x", "title": "y"}', "line 1: 'text' is missing"),
        (json.dumps(ROW | {"published": "May"}), "line 1: 'published': 'May' is not YYYY"),
        (json.dumps(ROW | {"source_kind": "blog"}), "line 1: 'source_kind' is 'blog', not one of official"),
    ],
)
def test_what_is_no_one_document_is_refused_with_the_reason(words: str, says: str):
    result = ran("explain", "--text", "-", stdin=words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"error stdin: {says}" in " ".join(result.stderr.split())


def test_a_day_that_is_none_is_named_by_its_key():
    with pytest.raises(ValueError, match=r"^'published': 'May' is not YYYY"):
        given("It closes.", published="May")
