"""A digest and a roundup in words: each thing once, in every language and on every channel, within its limits."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from given import NOW, due, position, seller

from monitor.domain.alerts import Delivery, Policy, Reason, Target
from monitor.domain.deadlines import Deadline
from monitor.domain.digests import Digest, DueItem, End, Moved, Roundup, Standing
from monitor.domain.errors import FailureReason
from monitor.domain.exposure import Severity
from monitor.domain.health import Standing as Sees
from monitor.domain.incidents import ChangeKind
from monitor.domain.overview import addressed
from monitor.domain.signals import EventType, Status
from monitor.domain.vigils import Blind
from monitor.notify.blocks import payload
from monitor.notify.bulletin import Bulletin
from monitor.notify.facts import facts
from monitor.notify.note import note, units
from monitor.notify.render import bodies
from monitor.notify.tongue import LANGUAGES
from monitor.notify.webhook import event
from monitor.notify.written import written

ACME = seller(position())
HOSTILE = "Close <!channel> & **now** \u202eevil\u202c <script>alert(1)</script> @all " * 8

CLOSING = Standing(
    "i1", "TikTok Music closes", EventType.SHUTDOWN, Status.CONFIRMED, Severity.HIGH, ("TikTok Music",), ("ID", "BR"),
    "2024-10-30", 195_000.0,
    changes=(
        Moved(ChangeKind.RUNG, "proposed", "confirmed"),
        Moved(ChangeKind.DATE, "2024-11-28", "2024-10-30"),
        Moved(ChangeKind.DEADLINE, "data_export 2024-10-05", "data_export 2024-10-05, refund 2024-10-09"),
        Moved(ChangeKind.PLACE, "TikTok Music in ID", "TikTok Music in ID, BR"),
    ),
    acknowledged_by="anna",
)  # fmt: skip
BAN = Standing(
    "i2", "Ban of Temu", EventType.BAN, Status.RUMOR, Severity.LOW, ("Temu",), ("VN",), at_risk=900.0, fresh=True
)
OVER = Standing(
    "i3",
    "Shopee",
    EventType.POLICY,
    Status.CONFIRMED,
    Severity.LOW,
    ("Shopee",),
    ("MY",),
    end=End.CLOSED,
    ended_by="ben",
)
EXPORT = DueItem("i1", "TikTok Music closes", date(2024, 10, 5), "data_export", "", due("2024-10-05"), 11)
REFUND = DueItem("i1", "TikTok Music closes", date(2024, 9, 20), "refund", "", due("2024-09-20", "refund"), -4)
STEP = DueItem("i1", "TikTok Music closes", date(2024, 9, 25), "Export the orders", "finance", None, 1)


def blind(number: int) -> tuple[Blind, ...]:
    return tuple(
        Blind(
            f"s{n}", f"Seller news {n}", f"https://example.com/{n}", Sees.FAILING, FailureReason.TIMEOUT,
            NOW - timedelta(days=n + 1), "no answer in time",
        )
        for n in range(number)
    )  # fmt: skip


FULL = Digest(
    "a1", "Acme Trading", NOW, NOW - timedelta(days=1), "daily", "EUR", (CLOSING, BAN), (OVER,), (REFUND, STEP, EXPORT),
    blind(7), watched=557, seeing=501, more_blind=47, more_open=3, at_risk=195_900.0,
)  # fmt: skip
QUIET = Digest("a2", "Acme Trading", NOW, NOW - timedelta(days=1), "daily", "EUR", watched=557, seeing=557)
LEFT = Roundup("r1", NOW, (CLOSING, BAN), 2, ("k1", "k2", "k3", "k4", "k5"))


def said(digest: Digest, language: str = "en", **more: str) -> Bulletin:
    return words(delivery_of(digest, language, **more))


def delivery_of(digest: Digest, language: str = "en", **more: str) -> Delivery:
    return addressed(digest, ACME, Target("desk", "email", "a", language=language, **more), Policy(), NOW)


def rest(language: str = "en", **changed: object) -> Delivery:
    return replace(
        delivery_of(FULL, language), message=replace(LEFT, **changed), reason=Reason.MORE, severity=Severity.HIGH
    )


def words(delivery: Delivery) -> Bulletin:
    found = written(delivery)
    assert isinstance(found, Bulletin)
    return found


def texts(bulletin: Bulletin) -> Sequence[str]:
    both = bodies(bulletin)
    return [both.plain, both.html, json.dumps(payload(bulletin), ensure_ascii=False), note(bulletin, 9000)]


def test_a_digest_says_each_thing_once():
    bulletin = said(FULL)
    assert bulletin.subject == (
        "[Daily digest] Acme Trading: 5 open, 1 new, 1 changed, 1 ended, 3 due, blind on 54 sources"
    )
    plain = bodies(bulletin).plain
    for once in ("TikTok Music closes on 30 Oct 2024 (ID, BR)", "Temu may be banned (VN)", "closed by ben"):
        assert plain.count(once) == 1, once
    assert "TikTok Music closes on 30 Oct 2024 (ID, BR), High · confirmed · EUR 195,000 at risk" in plain
    for moved in (
        "How sure: proposed, not final → confirmed",
        "Date: 28 Nov 2024 → 30 Oct 2024",
        "New deadline: 9 Oct 2024, claim or settle refunds",
        "seen to by anna",
    ):
        assert moved in plain
    assert "5 Oct 2024 (in 11 days): export your data, TikTok Music" in plain
    assert "20 Sep 2024 (4 days overdue): claim or settle refunds" in plain
    assert "25 Sep 2024 (in 1 day): Export the orders, TikTok Music · finance" in plain
    assert plain.index("overdue") < plain.index("in 11 days")


def test_a_step_for_several_incidents_is_one_line_with_the_platforms_of_all():
    shared = replace(STEP, others=("i2", "i9"))  # the last one is beyond those that are named
    plain = bodies(said(replace(FULL, due=(shared,)))).plain
    assert plain.count("Export the orders") == 1
    assert "25 Sep 2024 (in 1 day): Export the orders, TikTok Music, Temu · finance" in plain


def test_blindness_stands_where_all_clear_would():
    lines = said(replace(QUIET, seeing=501, blind=blind(7), more_blind=49)).summary
    assert lines == (
        "Nothing is open that we know of, and nothing changed since 23 Sep 2024, 12:00 (UTC).",
        "501 of 557 sources seen.",
        "Blind on 56 sources, on the first since 17 Sep 2024, 12:00 (UTC).",
    )
    assert "blind on 56 sources" in said(replace(QUIET, seeing=501, blind=blind(7), more_blind=49)).subject
    assert said(QUIET).summary[1:] == ("557 of 557 sources seen.",)
    assert said(replace(QUIET, watched=0, seeing=0)).summary[1] == "No source is watched: we see nothing at all."
    assert said(replace(QUIET, seeing=550)).summary[2].startswith("Of 7 sources we cannot say")


def test_a_quiet_day_is_two_lines():
    bulletin = said(QUIET)
    assert bulletin.subject == "[Daily digest] Acme Trading: nothing open"
    assert (len(bulletin.summary), bulletin.groups) == (2, ())


def test_times_are_the_readers():
    assert "23 Sep 2024, 19:00 (UTC+7)" in said(QUIET, zone="Asia/Jakarta").summary[0]


def test_a_copy_and_a_late_one_say_what_they_are():
    copy = words(replace(delivery_of(QUIET), repeat=True))
    assert copy.subject.startswith("[may be a repeat] [Daily digest]")
    assert words(replace(delivery_of(QUIET), waits_for="quiet hours")).notes


def test_what_a_full_hour_left_over_is_named_by_incident():
    bulletin = words(rest())
    assert bulletin.subject == "[High] 5 more messages"
    (group,) = bulletin.groups
    assert [entry.name for entry in group.entries] == [
        "TikTok Music closes on 30 Oct 2024 (ID, BR)",
        "Temu may be banned (VN)",
    ]
    assert [entry.words for entry in group.entries] == ["Incident i1", "Incident i2"]
    assert group.more == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_all_of_it(language: str):
    for bulletin in (said(FULL, language), said(replace(FULL, period="weekly"), language), words(rest(language))):
        for text in texts(bulletin):
            assert "TikTok Music" in text
            assert "{" not in bulletin.subject + "".join(bulletin.summary)
    if language != "en":
        theirs, ours = said(FULL, language), said(FULL)
        assert theirs.tag != ours.tag
        assert set(theirs.summary).isdisjoint(ours.summary)
        assert theirs.why != ours.why
        assert {one.cause for one in theirs.groups}.isdisjoint(one.cause for one in ours.groups)
        assert words(rest(language)).headline != words(rest()).headline


@pytest.mark.parametrize("language", ["en", "de", "ja"])
def test_the_longest_and_most_hostile_one_stays_within_slacks_limits(language: str):
    line = replace(CLOSING, seen=True, headline=HOSTILE, platforms=(HOSTILE,) * 9, acknowledged_by=HOSTILE)
    item = replace(STEP, what=HOSTILE, owner=HOSTILE, headline=HOSTILE)
    sources = tuple(replace(one, name=HOSTILE, words=HOSTILE) for one in blind(20))
    worst = replace(
        FULL, seller_name=HOSTILE, open=(line,) * 25, ended=(replace(OVER, seen=True, headline=HOSTILE),) * 15,
        due=(item,) * 30, blind=sources,
    )  # fmt: skip
    for bulletin in (said(worst, language), words(rest(language, items=(line,) * 1000))):
        body = payload(bulletin)
        assert len(body["blocks"]) <= 50
        assert len(body["blocks"][0]["text"]["text"]) <= 150
        for block in body["blocks"]:
            if block["type"] == "section":
                assert units(block["text"]["text"]) <= 3000
                assert "<!channel>" not in block["text"]["text"]
        assert "<script>" not in bodies(bulletin).html
        assert "\u202e" not in "".join(texts(bulletin))
        assert units(note(bulletin, 1000)) <= 1000


def test_programs_get_the_same_as_data():
    data = facts(delivery_of(FULL))
    assert (data["kind"], data["period"], data["watched"], data["seeing"]) == ("digest", "daily", 557, 501)
    assert data["more_blind"] == 47
    assert data["open"][0]["changes"][1] == {"what": "date", "before": "2024-11-28", "after": "2024-10-30"}
    assert [one["ended"] for one in data["ended"]] == ["closed"]
    assert [one["new"] for one in data["open"]] == [False, True]
    assert event(delivery_of(FULL))["type"] == "sellerwatch.digest.digest"
    assert event(rest())["type"] == "sellerwatch.roundup.more"


def test_a_deadline_without_a_day_of_its_own_is_said_as_it_is():
    month = replace(EXPORT, deadline=Deadline(replace(due("2024-10").date), due("2024-10").role, ""))
    assert "Oct 2024 (in 11 days): export your data" in bodies(said(replace(FULL, due=(month,)))).plain
