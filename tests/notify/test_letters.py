"""What people read: three stories as golden letters, and the rules that made them.

After a wanted change of words, write the goldens anew with SELLERWATCH_WRITE_GOLDENS=1 and read the difference.
"""

import json
import os
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from letters import NOW, STORIES, all_clear, closing, rumored_ban, task

from monitor.domain.alerts import Delivery, Reason
from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.impact import Impact
from monitor.domain.incidents import Evidence
from monitor.domain.signals import EventType, Status
from monitor.notify.blocks import payload
from monitor.notify.email import build, mailbox
from monitor.notify.headline import headline
from monitor.notify.letter import SUBJECT_LENGTH, compose
from monitor.notify.tongue import tongue

GOLDENS = Path(__file__).parent / "goldens"


@pytest.mark.parametrize("story", STORIES)
def test_each_story_reads_as_it_was_agreed(story: str):
    delivery = STORIES[story]()
    mail = build(delivery, mailbox("Sellerwatch <alerts@example.com>"), mailbox("ops@example.com"))
    plain, html = (part.get_content() for part in mail.iter_parts())
    heads = "".join(f"{name}: {value}\n" for name, value in mail.items() if not name.startswith("Content-"))
    now = {
        "txt": f"{heads}\n{plain}",
        "html": html,
        "json": json.dumps(payload(compose(delivery)), indent=1, ensure_ascii=False) + "\n",
    }
    for kind, text in now.items():
        golden = GOLDENS / f"{story}.{kind}"
        if os.environ.get("SELLERWATCH_WRITE_GOLDENS"):
            golden.write_text(text, encoding="utf-8")
        assert text == golden.read_text(encoding="utf-8"), golden.name


def of(delivery: Delivery, **changes: object) -> Delivery:
    """The delivery with its incident changed."""
    message = delivery.message
    return replace(delivery, message=replace(message, incident=replace(message.incident, **changes)))  # type: ignore[arg-type]


def of_impact(delivery: Delivery, impact: Impact) -> Delivery:
    return replace(delivery, message=replace(delivery.message, impact=impact))  # type: ignore[type-var]


def dated(old: str, new: str) -> tuple[Evidence, ...]:
    """The evidence of the all clear, the first and the last of it with dates of their own."""
    first, *others, last = all_clear().message.incident.evidence
    return (
        replace(first, signal=replace(first.signal, effective_date=PartialDate(old))),
        *others,
        replace(last, signal=replace(last.signal, effective_date=PartialDate(new))),
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": Status.EFFECTIVE}, "TikTok Music closed on 28 Nov 2024 (ID, BR)"),
        ({"status": Status.PROPOSED, "effective_date": None}, "TikTok Music may close (ID, BR)"),
        ({"effective_date": PartialDate("2024-11")}, "TikTok Music closes in Nov 2024 (ID, BR)"),
        ({"platforms": ("A", "B", "C", "D", "E"), "regions": ()}, "A, B, C +2 more close on 28 Nov 2024"),
        ({"event_type": EventType.BAN, "regions": ("WORLD",)}, "TikTok Music is banned from 28 Nov 2024 (worldwide)"),
        (
            {"event_type": EventType.TRADE_RULE, "platforms": (), "regions": ("EU",)},
            "Trade rules change from 28 Nov 2024 (EU)",
        ),
        ({"event_type": EventType.TRADE_RULE}, "Trade rules change for TikTok Music from 28 Nov 2024 (ID, BR)"),
        ({"platforms": ()}, "A platform closes on 28 Nov 2024 (ID, BR)"),
        (
            {"status": Status.REVERSED, "platforms": (), "event_type": EventType.TRADE_RULE},
            "Trade rule called off (ID, BR)",
        ),
    ],
)
def test_the_headline_says_who_does_what_when_and_where(changes: dict[str, object], said: str):
    assert headline(of(of(closing(), regions=("ID", "BR")), **changes).message.incident, tongue()) == said


def test_a_long_subject_keeps_its_severity_and_how_sure_it_is():
    long = of(closing(), platforms=tuple(f"An Unusually Long Marketplace Name Number {n}" for n in range(9)))
    subject = compose(replace(long, repeat=True)).subject
    assert len(subject) <= 150
    assert subject.startswith("[may be a repeat] [Critical] An Unusually")
    assert subject.endswith("…: confirmed")


def test_what_is_still_ahead_comes_before_what_has_passed():
    deadlines = tuple(
        Deadline(PartialDate(day), DeadlineRole.OTHER) for day in ("2024-10-01", "2024-12", "2024-10-02", "2024-11-05")
    )
    steps = compose(of(closing(), deadlines=deadlines)).steps
    assert [step.by for step in steps] == ["2 Oct 2024", "5 Nov 2024", "Dec 2024", "1 Oct 2024"]
    assert [step.left for step in steps] == ["today", "in 34 days", "", "1 day ago"]


def test_a_test_and_a_repeat_are_marked_in_every_form():
    marked = replace(closing(), repeat=True, message=replace(closing().message, reason=Reason.TEST))
    mail = build(marked, mailbox("alerts@example.com"), mailbox("ops@example.com"))
    plain, html = (part.get_content() for part in mail.iter_parts())
    slack = json.dumps(payload(compose(marked)))
    assert mail["X-Sellerwatch-Repeat"] == "1"
    for text in (mail["Subject"], plain, html, slack):
        assert "[may be a repeat]" in text
        assert "[Test]" in text
    assert build(closing(), mailbox("a@example.com"), mailbox("b@example.com"))["X-Sellerwatch-Repeat"] is None


def test_an_all_clear_asks_for_nothing_any_more():
    letter = compose(of(all_clear(), deadlines=(Deadline(PartialDate("2025-01-01"), DeadlineRole.ORDERS),)))
    assert letter.subject == "[All clear] Temu ban called off (VN)"
    assert letter.steps == ()
    assert letter.stake_note == "It is called off."


def test_an_all_clear_speaks_of_the_reversal_and_of_the_date_only_as_gone():
    letter = compose(all_clear())
    said = {fact.label: fact.text for fact in letter.facts}
    assert said["What"] == "Bộ Công Thương không chặn Temu (in Vietnamese)"
    assert said["When"] == ("called off since 1 Oct 2024, by Bộ Công Thương; the old date, 1 Dec 2024, no longer holds")
    assert said["Sources"] == "one only: Bộ Công Thương (a regulator)"
    assert [(cited.publisher, "does not stand" in cited.date) for cited in letter.cited] == [
        ("Bộ Công Thương", False),
        ("Temu", True),
        ("Báo Ví Dụ", True),
    ]
    assert "Date: 1 Dec 2024 → no longer holds" in letter.changes
    later = compose(
        of(all_clear(), effective_date=PartialDate("2025-02-01"), evidence=dated("2024-12-01", "2025-02-01"))
    )
    assert later.facts[2].text.endswith("the old date, 1 Dec 2024, no longer holds; named instead: 1 Feb 2025")


def test_an_all_clear_that_nobody_said_calls_off_what_was_said():
    letter = compose(of(all_clear(), evidence=(), headline="Temu will be banned"))
    said = {fact.label: fact.text for fact in letter.facts}
    assert said["What"] == "called off: Temu will be banned"
    assert said["When"] == "called off; the old date, 1 Dec 2024, no longer holds"


def test_a_letter_with_much_evidence_names_the_strongest_and_counts_the_rest():
    one = closing().message.incident.evidence[0]
    many = tuple(replace(one, document_id=f"x{n}", publisher=f"Paper {n}") for n in range(40))
    letter = compose(of(closing(), evidence=(*many, *closing().message.incident.evidence)))
    assert letter.cited[0].publisher == "TikTok"
    assert len(letter.cited) + letter.more_cited == 42


def test_a_document_with_two_signals_is_cited_once():
    first, second = closing().message.incident.evidence
    letter = compose(of(closing(), evidence=(first, second, replace(second, signal_no=1))))
    assert [cited.publisher for cited in letter.cited] == ["TikTok", "Harian Contoh"]


def test_a_letter_without_evidence_or_stake_still_says_what_it_knows():
    bare = of(rumored_ban(), evidence=(), regions=(), effective_date=None, status_why="")
    impact = replace(bare.message.impact, exposed=False, grounds=())
    letter = compose(replace(bare, message=replace(bare.message, impact=impact)))
    facts = {fact.label: fact.text for fact in letter.facts}
    assert (facts["Where"], facts["When"], facts["Sources"]) == ("not known yet", "not known yet", "none")
    assert letter.stake_note == "Acme Cross-Border has no position here. Severity medium."
    assert letter.cited == ()


def test_what_moved_is_said_from_what_to_what():
    before = all_clear().message.before
    assert before
    grown = of(
        all_clear(),
        status=Status.CONFIRMED,
        platforms=("Temu", "SHEIN"),
        effective_date=PartialDate("2025-01-09"),
        deadlines=(Deadline(PartialDate("2024-12-31"), DeadlineRole.PAYOUT),),
    )
    assert compose(grown).changes == (
        "Severity: High → Info",
        "Date: 1 Dec 2024 → 9 Jan 2025",
        "New platform: SHEIN",
        "No longer named as a place: Laos",
        "New deadline: 31 Dec 2024, collect your payouts",
        "Deadline withdrawn: 30 Nov 2024, finish or stop orders",
    )
    assert compose(grown).changed_since == "12 Sep 2024"


def test_nothing_moved_is_said_too():
    message = closing().message
    told = replace(
        all_clear().message.before,  # type: ignore[type-var]
        rung=Status.CONFIRMED,
        severity=message.impact.severity,
        platforms=message.incident.platforms,
        regions=message.incident.regions,
        effective_date=message.incident.effective_date,
        deadlines=message.incident.deadlines,
        at=NOW,
    )
    same = replace(closing(), message=replace(message, before=told))
    assert compose(same).changes == ()
    assert "Nothing that you were told" in json.dumps(payload(compose(same)))
    for reason in (Reason.REPEAT, Reason.ESCALATED, Reason.DUE):  # who is next to hear was told nothing before
        again = compose(replace(same, message=replace(same.message, reason=reason)))
        assert again.changed_since == ""
        assert "Nothing that you were told" not in json.dumps(payload(again))


def test_of_equal_voices_the_one_that_says_how_it_stands_comes_first() -> None:
    story = closing()
    news = next(one for one in story.message.incident.evidence if one.publisher == "Harian Contoh")
    rumor = replace(
        news,
        document_id="d0",
        publisher="Kabar Contoh",
        published=news.published - timedelta(hours=5),
        signal=replace(news.signal, status=Status.RUMOR),
    )
    found = compose(of(story, evidence=(rumor, *story.message.incident.evidence))).cited
    assert [one.publisher for one in found] == ["TikTok", "Harian Contoh", "Kabar Contoh"]


def test_of_what_was_told_this_very_day_the_hour_is_named() -> None:
    """At 20:00 UTC it is the next day in Shanghai already."""
    message = closing().message

    def since(at: datetime, zone: str) -> str:
        told = replace(all_clear().message.before, at=at)  # type: ignore[type-var]
        return compose(replace(closing(), zone=zone, message=replace(message, before=told))).changed_since

    assert since(NOW - timedelta(hours=2), "UTC") == "2 Oct 2024, 07:30 (UTC)"
    evening = NOW.replace(day=1, hour=20, minute=0)
    assert since(evening, "UTC") == "1 Oct 2024"
    assert since(evening, "Asia/Shanghai") == "2 Oct 2024, 04:00 (UTC+8)"


def test_what_is_due_at_once_is_not_overdue_where_the_first_word_comes_a_day_later() -> None:
    """At 17:22 in London it is the next day in Shanghai."""
    late = NOW.replace(hour=17)
    story = closing()
    first, *others = story.message.incident.evidence
    heard = of(story, evidence=(replace(first, published=late), *others))
    at_once = replace(
        heard.message, tasks=(task("ads", "Pause advertising.", "marketing", "2024-10-02"),), made_at=late
    )
    for zone, says in (("Asia/Shanghai", "3 Oct 2024 today"), ("America/Lima", "2 Oct 2024 today")):
        (job,) = compose(replace(heard, message=at_once, zone=zone)).jobs
        assert f"{job.by} {job.left}" == says


def test_who_hears_of_several_sellers_reads_in_the_subject_whose_it_is() -> None:
    story = closing()
    name = "Nordlicht\r\nBcc: x GmbH & Co. Kommanditgesellschaft"
    shared = replace(story, message=replace(story.message, shared=True, seller_name=name))
    subject = compose(shared).subject
    assert subject.startswith("[Critical] [Nordlicht Bcc: x")
    assert len(subject) <= SUBJECT_LENGTH
    assert "Acme" not in compose(story).subject


def test_a_seller_without_amounts_is_named_all_the_same() -> None:
    story = closing()
    bare = replace(story.message.impact, terms=(), at_once=Decimal(0), per_day=Decimal(0))
    assert f"For {story.message.seller_name}. No amounts" in compose(of_impact(story, bare)).stake_note
