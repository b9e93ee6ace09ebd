"""What a letter says of contradictions, open questions, and of deadlines beside their date."""

from dataclasses import replace
from datetime import timedelta

from letters import all_clear, closing

from monitor.domain.alerts import Delivery, Message
from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.incidents import Claimed, Conflict, Incident
from monitor.domain.signals import Span, Status
from monitor.domain.sources import Authority
from monitor.notify.blocks import payload
from monitor.notify.letter import compose

DAY = timedelta(days=1)


def told(**changes: object) -> tuple[Delivery, Incident]:
    one = closing()
    assert isinstance(one.message, Message)
    incident = replace(one.message.incident, **changes)  # type: ignore[arg-type]
    return replace(one, message=replace(one.message, incident=incident)), incident


def facts(delivery: Delivery) -> dict[str, str]:
    return {line.label: line.text for line in compose(delivery).facts}


def test_each_side_of_a_contradiction_is_told_with_those_who_hold_it() -> None:
    official, press = ("d1", 0), ("d2", 0)
    sides = {
        "date": ("2024-11-28", "2024-12"),
        "place": ("AU, ID", "WORLD"),
        "status": ("confirmed", "reversed"),
    }
    conflicts = tuple(
        Conflict(about, (Claimed(one, (official,)), Claimed(other, (press, ("gone", 0)))))
        for about, (one, other) in sides.items()
    )
    delivery, _ = told(conflicts=conflicts)
    said = facts(delivery)
    assert said["Sources differ on the date"] == "28 Nov 2024 (TikTok); Dec 2024 (Harian Contoh)"
    assert said["Sources differ on the place"] == "Australia, Indonesia (TikTok); worldwide (Harian Contoh)"
    assert said["Sources differ on the status"] == "confirmed (TikTok); called off (Harian Contoh)"


def test_what_took_effect_by_its_date_alone_is_not_said_to_have_happened_while_somebody_must_look() -> None:
    delivery, _ = told(status=Status.EFFECTIVE, question="has it happened?")
    letter = compose(delivery)
    assert letter.headline.startswith("TikTok Music closes on 28 Nov 2024")
    assert letter.subject.endswith(": its date has passed, nothing was seen")
    asked = "It was to take effect 28 Nov 2024, and nobody has said since that it did. Has it?"
    assert facts(delivery)["To find out"] == asked
    assert facts(delivery)["How sure"].startswith("Due: ")
    before = replace(all_clear().message.before, rung=Status.CONFIRMED)  # type: ignore[type-var]
    moved = compose(replace(delivery, message=replace(delivery.message, before=before))).changes
    assert moved[0] == "How sure: confirmed → its date has passed, nothing was seen"
    seen, _ = told(status=Status.EFFECTIVE)
    assert compose(seen).headline.startswith("TikTok Music closed on 28 Nov 2024")
    assert "To find out" not in facts(seen)


def test_a_faint_denial_is_quoted_first_with_its_link_and_asks_to_look() -> None:
    delivery, incident = told()
    last = replace(incident.evidence[-1], authority=Authority.NEWS, author="", sketch=())
    said = replace(
        last.signal,
        status=Status.REVERSED,
        leanings=((last.signal.event_type, 1.0),),
        spans=(Span("text", 0, 14, "wird gestoppt?", "status:reversed"),),
    )
    where = "https://example.com/doubt"
    doubt = replace(
        last, document_id="doubt", publisher="Gazette", url=where, signal=said, published=last.published + DAY
    )
    letter = compose(told(evidence=(*incident.evidence, doubt))[0])
    asks = {line.label: line.text for line in letter.facts}["To find out"]
    assert asks.startswith("Gazette writes on ")
    assert asks.endswith("nobody surer says so. Please look. \u201cwird gestoppt?\u201d")
    assert (letter.cited[0].url, letter.cited[0].quote) == (where, "wird gestoppt?")
    assert "To find out" not in facts(delivery)
    answer = replace(last, document_id="answer", published=doubt.published + DAY)
    assert "To find out" not in facts(told(evidence=(*incident.evidence, doubt, answer))[0])


def test_copies_do_not_count_as_independent_sources() -> None:
    delivery, incident = told()
    assert facts(delivery)["Sources"].startswith("2 independent sources: ")
    copied = tuple(replace(one, author="tiktok") for one in incident.evidence)
    delivery, _ = told(evidence=copied)
    assert facts(delivery)["Sources"].startswith("2 sources, 1 of them independent: ")


def test_who_says_it_faintly_is_no_source_beside_who_says_it_aloud() -> None:
    _, incident = told()
    press = replace(incident.evidence[-1], authority=Authority.NEWS, author="", sketch=(), publisher="Gazette")
    rumor = replace(press, signal=replace(press.signal, status=Status.RUMOR))
    low = replace(rumor.signal, leanings=((rumor.signal.event_type, 1.0),), score=0.45)
    promotion = replace(rumor, document_id="d8", publisher="TikTok", authority=Authority.OFFICIAL, signal=low)
    paper = replace(rumor, document_id="d9", publisher="Courier", signal=low, published=rumor.published + DAY)
    delivery, _ = told(evidence=(rumor, promotion, paper), status=Status.RUMOR)
    assert facts(delivery)["Sources"] == "one only: Gazette (news)"
    assert "One source alone: Gazette (news)" in facts(delivery)["How sure"]
    assert "Communities" not in facts(delivery)["How sure"]


def test_a_step_says_in_whose_time_it_is_due_who_must_act_and_what_is_not_certain() -> None:
    day, role = PartialDate("2024-10-28"), DeadlineRole.PAYOUT
    sure = Deadline(day, role, zone="Asia/Ho_Chi_Minh", actor="sellers", certainty="confirmed")
    heard = Deadline(PartialDate("2024-11-01"), role, zone="+08:00", certainty="rumor")
    delivery, _ = told(deadlines=(sure, heard))
    steps = [(step.by, step.what) for step in compose(delivery).steps]
    assert steps == [
        ("28 Oct 2024, Ho Chi Minh City time", "collect your payouts (for sellers)"),
        ("1 Nov 2024, UTC+08:00", "collect your payouts (only rumored)"),
    ]
    assert "Ho Chi Minh City time" in str(payload(compose(delivery)))
