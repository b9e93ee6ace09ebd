"""`sellerwatch ledger check`: it holds after an ordinary day, and finds each thing that can be wrong with it."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from desks import Desk, notice, rss
from given import NOW, day, evidence, position, seller
from handwork import Sql
from hypothesis import given as property_of
from hypothesis import strategies as st
from local_sites import LocalSite
from newsroom import Newsroom, source

from monitor.domain.alerts import Attempt, AttemptClass, DeliveryState, Reason, Target
from monitor.domain.signals import EventType
from monitor.ledger_check import Fault, Receipt, check
from monitor.store.audit import Books, Decision, Entry, Try, books, oldest_due
from monitor.store.database import Database

OK, UNSURE = AttemptClass.OK, AttemptClass.AMBIGUOUS
SENT = Entry(
    "k1", "a1", "i1", "acme", "mail", Reason.FIRST, DeliveryState.SENT, 1, False, "", NOW, "", "",
    (Try(1, NOW, OK, "250"),),
)  # fmt: skip
TO_CHAT = replace(SENT, key="k2", target="chat")
LATER = replace(SENT, key="k3", alert_id="a3", reason=Reason.NEW_RUNG)
GOOD = Books(
    (
        Decision("a1", "i1", "acme", NOW, Reason.FIRST, ("mail", "chat")),
        Decision("a3", "i1", "acme", NOW, Reason.NEW_RUNG, ("mail",)),
    ),
    (SENT, TO_CHAT, LATER),
    (("i1", "acme", NOW),),
)


def with_first(**changes: object) -> Books:
    """The good books, with another first entry."""
    return replace(GOOD, entries=(replace(SENT, **changes), TO_CHAT, LATER))


def test_books_that_agree_hold():
    report = check(GOOD)
    assert report.holds
    assert (report.decisions, report.deliveries, report.attempts) == (2, 3, 3)


@pytest.mark.parametrize(
    ("fault", "wrong"),
    [
        (Fault.UNDELIVERED, replace(GOOD, entries=(SENT, LATER))),
        (Fault.UNDECIDED, with_first(alert_id="nobody's", target="desk")),
        (Fault.TWICE, replace(GOOD, entries=(*GOOD.entries, SENT))),
        (Fault.TWICE, replace(GOOD, entries=(*GOOD.entries, replace(SENT, key="k9")))),
        (Fault.UNPROVEN, with_first(attempts=0, tries=())),
        (Fault.UNSETTLED, with_first(state=DeliveryState.RETRY)),
        (Fault.MISCOUNTED, with_first(attempts=2)),
        (Fault.MISCOUNTED, with_first(attempts=2, tries=(*SENT.tries, Try(3, NOW, OK, "250")))),
        (Fault.MISCOUNTED, replace(GOOD, orphans=1)),
        (Fault.MISCOUNTED, replace(GOOD, unreadable=("k1",))),
        (Fault.UNMARKED, with_first(attempts=2, tries=(Try(1, NOW, UNSURE, "timeout"), Try(2, NOW, OK, "250")))),
        (Fault.UNMARKED, with_first(state=DeliveryState.UNKNOWN, tries=(Try(1, NOW, UNSURE, "timeout"),))),
        (Fault.ASTRAY, with_first(state=DeliveryState.SUPERSEDED, attempts=0, tries=(), into="nowhere")),
        (Fault.ASTRAY, with_first(state=DeliveryState.SUPERSEDED, attempts=0, tries=(), into="k1")),
        (Fault.ASTRAY, with_first(fallback_of="nowhere")),
        (Fault.UNTOLD, replace(GOOD, told=())),
        (Fault.UNTOLD, replace(GOOD, told=(*GOOD.told, ("i1", "kowalski", NOW)))),
    ],
)
def test_each_thing_that_can_be_wrong_is_found(fault: Fault, wrong: Books):
    report = check(wrong)
    assert fault in {finding.fault for finding in report.findings}
    assert not report.holds


def test_what_was_folded_is_followed_to_what_says_it_now():
    folded = {"state": DeliveryState.SUPERSEDED, "attempts": 0, "tries": ()}
    assert check(with_first(**folded, into="k3")).holds
    assert check(with_first(**folded)).holds, "withdrawn: nobody was to hear it"


def test_a_delivery_in_hand_has_one_try_more_than_attempts():
    in_hand = {"state": DeliveryState.SENDING, "attempts": 1, "tries": ()}
    assert check(with_first(**in_hand)).holds


def test_what_is_asked_for_by_hand_or_by_the_calendar_needs_no_decision():
    for reason in (Reason.TEST, Reason.DRILL, Reason.BLIND, Reason.DIGEST, Reason.MORE):
        other = replace(SENT, key="k7", alert_id="a7", incident_id="i7", seller_id="", reason=reason)
        assert check(replace(GOOD, entries=(*GOOD.entries, other))).holds


def test_deliveries_from_before_decisions_were_kept_are_no_fault():
    old = replace(SENT, key="k0", alert_id="a0", created_at=NOW - timedelta(days=1))
    assert check(replace(GOOD, entries=(old, *GOOD.entries))).holds


def test_a_dead_letter_is_named_until_another_target_stands_in_for_it():
    refused = {"state": DeliveryState.DEAD, "tries": (Try(1, NOW, AttemptClass.PERMANENT, "550"),)}
    report = check(with_first(**refused))
    assert report.holds, "the ledger says what happened"
    assert [one.key for one in report.dead] == ["k1"]
    instead = replace(SENT, key="k8", target="desk", fallback_of="k1")
    dead = with_first(**refused)
    assert check(replace(dead, entries=(*dead.entries, instead))).dead == ()


def got(key: str, repeat: bool = False, minute: int = 0) -> Receipt:
    return Receipt(key, repeat, NOW + timedelta(minutes=minute))


def test_receivers_logs_show_what_was_lost_doubled_and_marked():
    report = check(GOOD, [got("k1"), got("k1", True, 1), got("k2"), got("k2", False, 1), got("k0")])
    assert (report.lost, report.unmarked, report.marked) == (1, 1, 1)
    faults = [(finding.fault, finding.key) for finding in report.findings]
    assert faults == [(Fault.LOST, "k3"), (Fault.DOUBLED, "k2"), (Fault.STRAY, "k0")]


def test_a_log_of_one_target_says_nothing_of_what_another_had():
    """Not every receiver keeps one: Slack tells nobody what arrived there."""
    mails = [got("k1"), got("k3")]
    assert check(GOOD, mails).lost == 1
    assert check(GOOD, mails, ["mail"]).holds
    assert check(GOOD, mails[1:], ["mail"]).lost == 1
    assert check(GOOD, mails, ["mail", "chat"]).lost == 1


def test_a_marked_copy_that_came_alone_is_no_double():
    report = check(GOOD, [got("k1", True), got("k2"), got("k3")])
    assert report.holds
    assert report.marked == 0


@property_of(st.lists(st.tuples(st.sampled_from(["k1", "k2", "k3"]), st.booleans()), max_size=12))
def test_every_copy_is_the_first_one_or_marked_or_unmarked(arrivals: list[tuple[str, bool]]):
    report = check(GOOD, [got(key, repeat, minute) for minute, (key, repeat) in enumerate(arrivals)])
    arrived = {key for key, _ in arrivals}
    assert report.lost == 3 - len(arrived)
    assert len(arrived) + report.marked + report.unmarked == len(arrivals)


@pytest.fixture
async def database(tmp_path: Path):
    opened = await Database.open(f"sqlite:///{tmp_path / 'store.db'}")
    yield opened
    await opened.close()


async def test_the_ledger_holds_through_a_story_with_folding_failures_and_an_all_clear(database: Database):
    desks = [source("newsroom", "official"), source("presse")]
    sellers = (seller(position(country="ID")), seller(position(country="BR"), id="beta"))
    targets = (Target("mail", "email", "a@example.com"), Target("chat", "slack", "https://chat.example"))
    room = Newsroom(*desks, sellers=sellers, targets=targets, store=Sql(database))
    await room.publishes("presse", evidence("d1", "rumor", by="presse"))
    await room.works()
    await room.publishes("newsroom", evidence("d2", authority="official", date="2024-11-28"), at=day(0.001))
    await room.works(day(0.001))
    assert check(await books(database)).holds, "before anything was sent"
    unsent = await oldest_due(database, day(0.5))
    assert unsent is not None
    claim = await room.store.claim_delivery(day(0.5), timedelta(minutes=1))
    fails = Attempt(AttemptClass.TRANSIENT, "451", "later")
    await room.store.settle(claim, fails, DeliveryState.RETRY, day(0.6), day(0.5))
    assert check(await books(database)).holds
    await room.delivers(day(1))
    assert await oldest_due(database, day(1)) is None
    doubt = evidence("d4", "reversed", at=day(1.5))
    faint = replace(doubt, signal=replace(doubt.signal, score=0.3, leanings=((EventType.SHUTDOWN, 1.0),)))
    await room.publishes("presse", faint, at=day(1.5))
    await room.works(day(1.5))
    assert check(await books(database)).holds, "while a question waits"
    await room.delivers(day(1.6))
    reasons = [(one.seller_id, one.reason.value) for one in (await books(database)).decisions]
    assert [reasons.count((who, "question")) for who in ("acme", "beta")] == [1, 1]
    await room.publishes("newsroom", evidence("d3", "reversed", authority="official"), at=day(2))
    await room.works(day(2))
    await room.delivers(day(3))
    report = check(await books(database))
    assert report.findings == ()
    assert report.by_state["sent"] >= 8
    assert report.attempts == report.by_state["sent"] + 1


async def test_what_was_tried_is_due_since_its_first_try_however_long_it_waits_now(database: Database):
    room = Newsroom(source("newsroom", "official"), sellers=(seller(position(country="ID")),), store=Sql(database))
    await room.publishes("newsroom", evidence("d1", authority="official"))
    await room.works()
    assert await oldest_due(database, NOW - timedelta(minutes=1)) is None, "not due yet"
    claim = await room.store.claim_delivery(day(1), timedelta(minutes=1))
    fails = Attempt(AttemptClass.TRANSIENT, "451", "later")
    await room.store.settle(claim, fails, DeliveryState.RETRY, day(9), day(1))
    assert await oldest_due(database, day(1.1)) == day(1)


async def test_the_command_says_that_it_holds_and_joins_a_receivers_log(desk: Desk, site: LocalSite, tmp_path: Path):
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(bazarino=site.url())
    await desk.round()
    shown = await desk.command("ledger", "check")
    assert shown.exit_code == 0, shown.output
    assert "The ledger holds." in shown.output

    keys = [one["key"] for one in await desk.json("deliveries")]
    log = tmp_path / "received.jsonl"
    rows = [{"key": key, "repeat": False, "at": "2026-11-27T12:00:00Z"} for key in keys]
    log.write_text("\n".join(map(json.dumps, rows)))
    report = await desk.json("ledger", "check", "--received", str(log))
    assert (report["received"], report["lost"], report["unmarked"], report["holds"]) == (2, 0, 0, True)

    log.write_text("\n".join(map(json.dumps, [rows[0], rows[0]])))
    shown = await desk.command("ledger", "check", "--received", str(log))
    assert shown.exit_code == 1
    assert "lost 1, unmarked 1, marked 0" in shown.output
    assert keys[1][:10] in shown.output

    targets = {one["key"]: one["target"] for one in await desk.json("deliveries")}
    log.write_text(json.dumps(rows[0]))
    of = ("ledger", "check", "--received", str(log), "--target")
    assert (await desk.command(*of, targets[keys[0]])).exit_code == 0
    assert (await desk.command(*of, targets[keys[1]])).exit_code == 1
    mistyped = await desk.command(*of, "nobody")
    assert mistyped.exit_code == 1
    assert "nothing was ever to be told to nobody" in mistyped.output

    log.write_text('{"key": "k", "repeat": "perhaps", "at": "2026-11-27T12:00:00Z"}')
    shown = await desk.command("ledger", "check", "--received", str(log))
    assert shown.exit_code == 1
    assert "received.jsonl:1: repeat" in shown.stderr
