"""Who is told, and the deliveries that tell them."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from given import KIN, NOW, day, due, evidence, incident, position, seller

from monitor.domain.addressing import deliveries, folded, route, same_word, tell
from monitor.domain.alerts import Delivery, Policy, Reason, Send, Target, Told
from monitor.domain.exposure import Severity
from monitor.domain.hours import Hours, Quiet
from monitor.domain.impact import impact
from monitor.domain.incidents import Incident
from monitor.domain.playbooks import PlaybookStep, Task
from monitor.domain.rulings import Act, ActKind
from monitor.domain.signals import EventType, Status
from monitor.domain.waits import Wait, put_off

ACME = seller(position(country="ID", sales=10), position("Shopee", "PH", 90))
MAIL, SLACK = Target("mail", "email", "ops@example.com"), Target("slack", "slack", "https://hooks.example.com/x")
KNOWN = incident(evidence(date="2024-11-28", deadlines=[due("2024-10-28")]))
FIRST = Send(Reason.FIRST, "it is confirmed")


def made(known: Incident = KNOWN, send: Send = FIRST, told: Told | None = None, **times) -> tuple[Delivery, ...]:
    now = times.get("now", NOW)
    weighed = impact(known, ACME, now.date(), KIN)
    return deliveries(known, ACME, weighed, send, told, [MAIL, SLACK], Policy(), now, times.get("tasks", ()))


def routed(target: Target, known: Incident = KNOWN, who=ACME, told: Told | None = None) -> bool:
    return bool(route(impact(known, who, NOW.date(), KIN), known, [target], told))


def test_a_message_carries_open_steps_alone_and_they_make_no_other_decision_of_it() -> None:
    step = PlaybookStep("lead", "Name a lead", "operations", ())
    still = Task("p", step, NOW.date(), "")
    done = replace(still, done=Act("1", "i1", ActKind.DONE, NOW, "kim", step.subject))
    waits = replace(still, waits_for=Status.CONFIRMED)
    told = made(tasks=[done, still, waits])
    assert [one.message.tasks for one in told] == [(still,), (still,)]
    assert [one.key for one in told] == [one.key for one in made()]


@pytest.mark.parametrize(
    ("wish", "hears"),
    [
        ({}, True),
        ({"sellers": ("acme",)}, True),
        ({"sellers": ("other",)}, False),
        ({"platforms": ("tiktok music",)}, True),
        ({"platforms": ("Shopee",)}, False),
        ({"countries": ("ID", "PH")}, True),
        ({"countries": ("BR",)}, False),
        ({"countries": ("WORLD",)}, True),
        ({"events": (EventType.SHUTDOWN,)}, True),
        ({"events": (EventType.BAN,)}, False),
        ({"min_severity": Severity.HIGH}, True),
        ({"min_severity": Severity.CRITICAL}, False),
    ],
)
def test_a_target_hears_what_its_filters_let_through(wish: dict, hears: bool) -> None:
    assert routed(replace(MAIL, **wish)) is hears


def test_a_target_is_asked_by_the_sellers_own_platform_or_the_incidents() -> None:
    ban = incident(evidence(event="ban", platforms=["TikTok"], regions=["US"]))
    who = seller(position("TikTok Shop", "US"))
    assert routed(replace(MAIL, platforms=("TikTok Shop",)), ban, who)
    assert routed(replace(MAIL, platforms=("TikTok",)), ban, who)


def test_without_positions_the_places_of_the_incident_count() -> None:
    assert routed(replace(MAIL, countries=("BR",)), who=seller())
    assert not routed(replace(MAIL, countries=("FR",)), who=seller())


def test_the_all_clear_is_as_loud_as_the_alarm_was() -> None:
    told = tell(KNOWN, ACME, impact(KNOWN, ACME, NOW.date(), KIN), NOW)
    off = incident(evidence(), evidence("b", "reversed", authority="official", at=day(1)))
    loud = replace(MAIL, min_severity=Severity.HIGH)
    assert routed(loud, off, told=told)
    assert not routed(loud, off)


def test_each_target_gets_one_delivery_of_one_message() -> None:
    mail, slack = made()
    assert (mail.target, mail.channel, slack.target, slack.channel) == ("mail", "email", "slack", "slack")
    assert mail.message is slack.message
    assert mail.alert_id == slack.alert_id == mail.message.alert_id
    assert mail.message.why == "First word of it to you: it is confirmed."
    assert (mail.incident_id, mail.seller_id, mail.rung, mail.created_at) == ("i1", "acme", "confirmed", NOW)


def test_the_first_message_waits_for_company_and_a_critical_one_does_not() -> None:
    assert made()[0].severity is Severity.HIGH
    assert made()[0].not_before == NOW + timedelta(seconds=30)
    urgent = made(now=day(60))[0]
    assert (urgent.severity, urgent.not_before) == (Severity.CRITICAL, day(60))


def test_loud_alerts_are_tried_for_a_day_and_quiet_ones_for_three() -> None:
    begin = NOW + Policy().group_wait
    assert made()[0].give_up_at == begin + timedelta(hours=24)
    assert made(incident(evidence(status="rumor")))[0].give_up_at == begin + timedelta(hours=72)


def test_the_same_decision_made_again_later_has_the_same_keys() -> None:
    again = made(now=NOW + timedelta(minutes=5))
    assert [d.key for d in again] == [d.key for d in made()]
    assert len({d.key for d in made()}) == 2


def test_another_content_another_reason_or_another_past_is_another_alert() -> None:
    told = tell(KNOWN, ACME, impact(KNOWN, ACME, NOW.date(), KIN), NOW)
    alerts = [
        made(),
        made(send=Send(Reason.NEW_RUNG, "")),
        made(told=told),
        made(told=replace(told, at=day(1))),
        made(incident(evidence(date="2024-12-28", deadlines=[due("2024-10-28")]))),
        made(incident(evidence(date="2024-11-28", deadlines=[due("2024-10-29")]))),
        made(incident(evidence(date="2024-11-28", deadlines=[due("2024-10-28")], regions=["ID"]))),
        made(incident(evidence(status="rumor", date="2024-11-28", deadlines=[due("2024-10-28")]))),
    ]
    assert len({alert[0].alert_id for alert in alerts}) == len(alerts)


def test_every_reason_that_a_decision_gives_is_put_in_words() -> None:
    for reason in Reason:
        assert made(send=Send(reason, "detail"))[0].message.why.endswith(": detail.")


def test_what_is_folded_into_a_first_word_stays_a_first_word_at_its_earlier_time() -> None:
    first, _ = made()
    told = tell(KNOWN, ACME, impact(KNOWN, ACME, NOW.date(), KIN), NOW)
    risen, _ = made(send=Send(Reason.NEW_RUNG, "it is decided"), told=told, now=NOW + timedelta(seconds=10))
    both = folded(risen, first)
    assert (both.key, both.reason, both.message.reason) == (risen.key, Reason.FIRST, Reason.FIRST)
    assert both.message.before is None, "nothing was told before"
    assert both.not_before == first.not_before
    assert same_word(both.message, risen.message)
    assert not same_word(both.message, first.message)


def test_what_is_folded_later_counts_its_changes_from_what_was_really_told() -> None:
    told = tell(KNOWN, ACME, impact(KNOWN, ACME, NOW.date(), KIN), NOW)
    moved, _ = made(send=Send(Reason.DATE_MOVED, "later"), told=told)
    unheard = replace(told, at=day(1))
    clear, _ = made(send=Send(Reason.ALL_CLEAR, "lifted"), told=unheard, now=day(2))
    both = folded(clear, moved)
    assert (both.reason, both.message.before) == (Reason.ALL_CLEAR, told)
    first, _ = made()
    assert folded(clear, first).reason is Reason.ALL_CLEAR, "an all clear is never dressed up as an alarm"


def test_what_is_folded_goes_when_the_earlier_of_the_two_would_and_says_what_that_waited_for() -> None:
    night = Quiet(Hours(time(12), time(7)))
    asleep = replace(MAIL, quiet=(night,))
    told = tell(KNOWN, ACME, impact(KNOWN, ACME, NOW.date(), KIN), NOW)
    weighed = impact(KNOWN, ACME, NOW.date(), KIN)
    (waits,) = deliveries(KNOWN, ACME, weighed, FIRST, None, [asleep], Policy(), NOW)
    assert (waits.not_before, waits.waits_for) == (NOW.replace(hour=7) + timedelta(days=1), "quiet hours")
    (sooner,) = deliveries(KNOWN, ACME, weighed, Send(Reason.NEW_RUNG, ""), told, [MAIL], Policy(), NOW)
    assert (folded(sooner, waits).not_before, folded(sooner, waits).waits_for) == (sooner.not_before, "")
    later = put_off(waits, Wait(day(9), "silence of anna"))
    both = folded(replace(later, key="later"), waits)
    assert (both.not_before, both.waits_for, both.give_up_at) == (waits.not_before, "quiet hours", waits.give_up_at)
