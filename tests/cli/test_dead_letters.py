"""Dead letters as an operator meets them: found, looked at, tried again by hand, and sent."""

import asyncio
import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from given import position, seller
from test_what_is_shown import CLOSING, KIN, SHIPPED
from typer.testing import CliRunner

from monitor import cli, wiring
from monitor.config import load
from monitor.daemon import utc_now
from monitor.domain.addressing import deliveries
from monitor.domain.alerts import Attempt, AttemptClass, DeliveryState, Policy, Reason, Send, Target
from monitor.domain.delivery import instead
from monitor.domain.impact import impact
from monitor.steps import Step

REFUSED = Attempt(AttemptClass.PERMANENT, "404", "Slack does not take messages at this webhook (404)")
UNCLEAR = Attempt(AttemptClass.AMBIGUOUS, "timeout", "no answer in time after the message was handed over")
OPS, ANNA, MAIL = Target("ops", "slack", "x"), Target("anna", "slack", "y"), Target("mail", "email", "a@example.com")


@pytest.fixture
def directory(tmp_path: Path, monkeypatch) -> Path:
    """Three hours ago one target refused for good and another took it instead; a third answered twice with nothing."""
    shutil.copytree(SHIPPED, tmp_path / "config")
    monkeypatch.setenv("SELLERWATCH_STATE_DIR", str(tmp_path / "state"))
    asyncio.run(_kill(tmp_path / "config"))
    return tmp_path / "config"


async def _kill(directory: Path) -> None:
    acme, now = seller(position(stock=9000)), utc_now() - timedelta(hours=3)
    weighed = impact(CLOSING, acme, now.date(), KIN)
    why = Send(Reason.FIRST, "nothing was told of it before")
    told = deliveries(CLOSING, acme, weighed, why, None, [OPS, ANNA], Policy(), now)
    told = tuple(replace(one, not_before=now) for one in told)
    store = await wiring.open_store(load(directory))
    await store.ledger.keep(Step(at=now, incidents=[CLOSING], deliveries=told))
    ends = {"ops": (REFUSED, DeliveryState.DEAD), "anna": (UNCLEAR, DeliveryState.UNKNOWN)}
    while claim := await store.outbox.claim_delivery(now, timedelta(minutes=1)):
        end, state = ends[claim.item.target]
        state = DeliveryState.DEAD if claim.tries > 1 else state
        other = None
        if claim.item.target == "ops":
            other = replace(instead(claim.item, MAIL, now), not_before=now + timedelta(hours=9))
        await store.outbox.settle(claim, end, state, now, now, other)
    await store.database.close()


def asked(directory: Path, *words: str, code: int = 0) -> str:
    result = CliRunner().invoke(cli.app, ["deliveries", *words, "--config", str(directory)])
    assert result.exit_code == code, result.output
    return result.stderr if code else result.stdout


def test_dead_letters_are_listed_with_their_age_their_reason_and_who_hears_it_instead(directory):
    listed = asked(directory, "dead")
    for words in ("3h", "does not take messages", "it may have arrived", "mail: pending", "ops", "anna"):
        assert words in listed
    rows = json.loads(asked(directory, "dead", "--json"))
    assert [bool(row["instead"]) for row in sorted(rows, key=lambda row: row["target"])] == [False, True]


def test_the_list_says_for_which_seller_each_is(directory):
    assert "acme" in asked(directory)


def test_one_is_shown_with_its_tries_and_the_words_that_were_sent(directory):
    dead = {row["target"]: row["key"] for row in json.loads(asked(directory, "dead", "--json"))}
    shown = asked(directory, dead["anna"][:10])
    assert "try 1" in shown
    assert "try 2" in shown
    assert "[may be a repeat]" in shown
    standing_in = next(row for row in json.loads(asked(directory, "--json")) if row["target"] == "mail")
    assert "in the place of ops" in asked(directory, "show", standing_in["key"])
    assert json.loads(asked(directory, "show", dead["ops"], "--json"))["tries"][0]["attempt"]["code"] == "404"


def test_a_dead_one_is_tried_again_and_says_that_it_may_be_a_repeat_if_it_may(directory):
    dead = {row["target"]: row["key"] for row in json.loads(asked(directory, "dead", "--json"))}
    said = asked(directory, "retry", dead["anna"][:10], dead["ops"][:10], "--by", "bo")
    assert "goes to anna again, marked as a possible repeat" in said
    assert "goes to ops again:" in said
    assert "Nothing is dead" in asked(directory, "dead")

    async def sent() -> list[bool]:
        store, now = await wiring.open_store(load(directory)), utc_now()
        repeats = {}
        while claim := await store.outbox.claim_delivery(now, timedelta(minutes=1)):
            repeats[claim.item.target] = claim.item.repeat
            assert claim.item.last_detail == "asked for again by bo"
            await store.outbox.settle(claim, Attempt(AttemptClass.OK, "200", ""), DeliveryState.SENT, now, now)
        await store.database.close()
        return [repeats["anna"], repeats["ops"]]

    assert asyncio.run(sent()) == [True, False]
    assert "is not dead, but sent" in asked(directory, "retry", dead["ops"], code=1)


def test_what_is_no_dead_letter_is_refused_before_anything_is_tried_again(directory):
    dead = {row["target"]: row["key"] for row in json.loads(asked(directory, "dead", "--json"))}
    assert "is the start of no delivery's key" in asked(directory, "retry", dead["ops"], "nonsense", code=1)
    assert "is the start of no delivery's key" in asked(directory, "show", "nonsense", code=1)
    assert len(json.loads(asked(directory, "dead", "--json"))) == 2
