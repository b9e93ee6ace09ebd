"""Whether to speak: each rung once, additions when they are backed, silence with its reason."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from given import KIN, NOW, day, due, evidence, incident, position, seller

from monitor.domain.addressing import tell
from monitor.domain.alerts import Hold, HoldReason, Policy, Reason, Send, Told
from monitor.domain.exposure import Position, Seller, Severity
from monitor.domain.impact import impact
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.policy import decide

ACME = seller(position(country="ID"), position(country="BR"), position("TikTok Shop", "BR"))
ANYBODY = seller()


def verdict(now_known: Incident, told: Told | None = None, who: Seller = ACME, now: datetime = NOW) -> Send | Hold:
    return decide(now_known, impact(now_known, who, now.date(), KIN), told, Policy(), now)


def heard(known: Incident, who: Seller = ACME, now: datetime = NOW) -> Told:
    return tell(known, who, impact(known, who, now.date(), KIN), now)


def then(*words: Evidence, who: Seller = ACME, now: datetime = NOW) -> Send | Hold:
    """The verdict on all the words, when the seller was told of the first."""
    return verdict(incident(*words, now=now), heard(incident(words[0]), who), who, now)


def test_the_first_word_speaks() -> None:
    assert verdict(incident(evidence())) == Send(
        Reason.FIRST, "confirmed: one source, publisher of d1 (news), 2024-09-24"
    )


def test_more_evidence_on_the_same_rung_is_nothing_new() -> None:
    held = then(evidence("a"), evidence("b", "rumor"), evidence("c", authority="official", at=day(1)))
    assert held == Hold(HoldReason.NOTHING_NEW, "told on 2024-09-24, still confirmed")


def test_each_rung_is_told_once() -> None:
    up = then(evidence("a", "rumor"), evidence("b", at=day(1)))
    assert isinstance(up, Send)
    assert up.reason is Reason.NEW_RUNG
    assert up.detail.startswith("rumor before; confirmed: ")


def test_a_rung_below_what_was_told_is_nothing_new() -> None:
    told = heard(incident(evidence("a", date="2024-01-01")))
    assert isinstance(verdict(incident(evidence("a", date="2024-11-28")), replace(told, effective_date=None)), Send)
    low = verdict(incident(evidence("a", "proposed")), heard(incident(evidence("a"))))
    assert low == Hold(HoldReason.NOTHING_NEW, "told on 2024-09-24, still proposed")


def test_the_all_clear_goes_to_who_was_alarmed_exposed_or_not() -> None:
    gone = evidence("b", "reversed", authority="official", at=day(1))
    clear = then(evidence("a"), gone)
    assert isinstance(clear, Send)
    assert clear.reason is Reason.ALL_CLEAR
    told = heard(incident(evidence("a")))
    assert isinstance(verdict(incident(evidence("a"), gone), told, seller(position("Shopee"))), Send)
    assert verdict(incident(evidence("a"), gone)) == Hold(HoldReason.NOTHING_NEW, "reversed before anybody was told")


def test_the_all_clear_is_given_once_and_a_return_is_news() -> None:
    gone = evidence("b", "reversed", authority="official", at=day(1))
    told = heard(incident(evidence("a"), gone))
    assert verdict(incident(evidence("a"), gone, evidence("c", "reversed", at=day(2))), told) == Hold(
        HoldReason.NOTHING_NEW, "told on 2024-09-24, still reversed"
    )
    back = verdict(incident(evidence("a"), gone, evidence("c", "proposed", authority="official", at=day(2))), told)
    assert isinstance(back, Send)
    assert back.reason is Reason.NEW_RUNG


def test_who_is_not_exposed_is_not_disturbed() -> None:
    held = verdict(incident(evidence()), who=seller(position("Shopee")))
    assert held == Hold(HoldReason.NOT_EXPOSED, "none of the positions is on its platforms in its places")


def test_what_is_quieter_than_wished_is_held() -> None:
    known = incident(evidence(event="policy"))
    wish = Policy(min_severity=Severity.MEDIUM)
    held = decide(known, impact(known, ANYBODY, NOW.date(), KIN), None, wish, NOW)
    assert held == Hold(HoldReason.BELOW_SEVERITY, "low: a change of seller terms is low")


def test_one_forum_alone_is_too_weak_and_two_are_a_rumor_worth_telling() -> None:
    one = evidence("a", "rumor", authority="community")
    assert verdict(incident(one)) == Hold(HoldReason.WEAK_SOURCE, "one community source alone")
    assert isinstance(verdict(incident(one, evidence("b", "rumor", authority="community"))), Send)
    assert isinstance(verdict(incident(one, evidence("b", "rumor", by="publisher of a"))), Send)


@pytest.mark.parametrize(
    ("word", "detail"),
    [
        (evidence(date="2024-06-01"), "it took effect on 2024-06-01"),
        (evidence(date="2020"), "it took effect on 2020"),
        (evidence(at=day(-60)), "the newest word is of 2024-07-26"),
    ],
)
def test_history_is_not_news(word: Evidence, detail: str) -> None:
    assert verdict(incident(word)) == Hold(HoldReason.OLD_NEWS, detail)


def test_an_old_word_on_what_lies_ahead_is_news() -> None:
    assert isinstance(verdict(incident(evidence(date="2024-11-28", at=day(-60)))), Send)
    late = evidence(date="2024-06-01", deadlines=[due("2024-10-28", "refund")], at=day(-60))
    assert isinstance(verdict(incident(late)), Send)
    assert isinstance(verdict(incident(evidence(date="2024-09-01"))), Send)


def test_the_last_day_before_history_and_the_very_day_are_news() -> None:
    assert isinstance(verdict(incident(evidence(at=day(-45)))), Send)
    assert isinstance(verdict(incident(evidence(at=day(-46)))), Hold)
    assert isinstance(verdict(incident(evidence(date="2024-08-10"))), Send)
    assert isinstance(verdict(incident(evidence(date="2024-08-09"))), Hold)
    today = evidence(date="2024-06-01", deadlines=[due("2024-09-24", "refund")], at=day(-60))
    assert isinstance(verdict(incident(today)), Send)


def test_a_new_place_speaks_when_it_is_backed_and_hits_the_seller() -> None:
    base = evidence("a", regions=["ID"])
    brazil = evidence("b", regions=["BR"], at=day(1))
    assert then(base, evidence("b", regions=["SG"], authority="official", at=day(1))) == Hold(
        HoldReason.NOTHING_NEW, "told on 2024-09-24, still confirmed"
    )
    assert then(base, brazil) == Hold(HoldReason.NOTHING_NEW, "now also in BR: one source alone so far")
    assert then(base, brazil, evidence("c", regions=["BR"], at=day(2))) == Send(Reason.NEW_PLACE, "now also in BR")


def test_a_new_platform_speaks_likewise() -> None:
    more = evidence("b", platforms=["TikTok Music", "TikTok Shop"], authority="official", at=day(1))
    assert then(evidence("a"), more) == Send(Reason.NEW_PLACE, "now also TikTok Shop")
    assert then(evidence("a"), more, who=ANYBODY) == Send(Reason.NEW_PLACE, "now also TikTok Shop")


def test_without_positions_every_new_place_counts_and_unbounded_covers_all() -> None:
    wide = evidence("b", regions=["EU"], authority="official", at=day(1))
    assert then(evidence("a"), wide, who=ANYBODY) == Send(Reason.NEW_PLACE, "now also in EU")
    assert isinstance(then(evidence("a", regions=[]), wide, who=ANYBODY), Hold)
    nameless = evidence("a", platforms=[])
    assert isinstance(then(nameless, evidence("b", authority="official", at=day(1)), who=ANYBODY), Hold)


def test_a_stake_in_a_whole_bloc_hears_of_each_country_of_it_that_is_new_and_of_no_other() -> None:
    pan = seller(position(country="EU"))
    first, again = evidence("a", regions=["DE"]), evidence("b", regions=["DE"], at=day(1))
    assert then(first, again, who=pan) == Hold(HoldReason.NOTHING_NEW, "told on 2024-09-24, still confirmed")
    more = evidence("b", regions=["FR", "GB"], authority="official", at=day(1))
    assert then(first, more, who=pan) == Send(Reason.NEW_PLACE, "now also in FR")


def test_a_rule_for_all_platforms_reaches_further_by_place_alone() -> None:
    rule = evidence("a", event="trade_rule", platforms=["Temu"], regions=["ID"])
    more = evidence("b", event="trade_rule", platforms=["Shein"], regions=["BR"], authority="regulator", at=day(1))
    assert then(rule, more) == Send(Reason.NEW_PLACE, "now also in BR")
    assert then(rule, more, who=ANYBODY) == Send(Reason.NEW_PLACE, "now also in BR")


def test_a_date_that_becomes_known_speaks_on_one_word_if_it_lies_ahead() -> None:
    assert then(evidence("a"), evidence("b", date="2024-11-28", at=day(1))) == Send(
        Reason.DATE_MOVED, "now dated 2024-11-28"
    )
    assert isinstance(then(evidence("a", "proposed"), evidence("b", "proposed", date="2024-09-01", at=day(1))), Hold)


def test_a_date_said_more_precisely_is_no_news() -> None:
    assert isinstance(then(evidence("a", date="2024-11"), evidence("b", date="2024-11-28", at=day(1))), Hold)


def test_a_date_moves_when_more_than_one_voice_moves_it() -> None:
    base, moved = evidence("a", date="2024-11-28"), evidence("b", date="2024-12-05", at=day(1))
    assert then(base, moved) == Hold(HoldReason.NOTHING_NEW, "2024-11-28 is now 2024-12-05: one source alone so far")
    assert then(base, moved, evidence("c", date="2024-12-05", at=day(2))) == Send(
        Reason.DATE_MOVED, "2024-11-28 is now 2024-12-05"
    )


def test_a_new_deadline_speaks_when_backed_ahead_and_on_another_day() -> None:
    base = evidence("a", date="2024-11-28", deadlines=[due("2024-10-28")])
    on = {"authority": "official", "at": day(1), "date": "2024-11-28"}
    both = [due("2024-10-10", "refund"), due("2024-10-28")]
    assert then(base, evidence("b", deadlines=both, **on)) == Send(Reason.NEW_DEADLINE, "refund by 2024-10-10")
    for known in (due("2024-10-28", "refund"), due("2024-11-28", "refund"), due("2024-09-01", "refund")):
        assert isinstance(then(base, evidence("b", deadlines=[known], **on)), Hold)
    lone = evidence("b", deadlines=[due("2024-10-10", "refund")], at=day(1))
    assert then(base, lone) == Hold(HoldReason.NOTHING_NEW, "refund by 2024-10-10: one source alone so far")


def test_a_deadline_on_the_day_that_becomes_known_is_told_once() -> None:
    dated = evidence("b", date="2024-11-28", deadlines=[due("2024-11-28", "refund")], authority="official", at=day(1))
    assert then(evidence("a"), dated) == Send(Reason.DATE_MOVED, "now dated 2024-11-28")


def test_what_is_backed_is_told_together() -> None:
    more = evidence("b", regions=["BR"], date="2024-11-28", authority="official", at=day(1))
    assert then(evidence("a", regions=["ID"]), more) == Send(Reason.NEW_PLACE, "now also in BR; now dated 2024-11-28")


def test_little_time_left_is_worse_and_told_once() -> None:
    who = seller(position(sales=10), position("Shopee", "PH", 90))
    known = incident(evidence(date="2024-11-28"))
    told = heard(known, who)
    late = NOW + timedelta(days=60)
    worse = verdict(known, told, who, late)
    assert worse == Send(Reason.WORSE, "high before; a shutdown is high; 5 days left (at most 7) +1")
    assert isinstance(verdict(known, heard(known, who, late), who, late), Hold)


def test_a_far_date_that_draws_near_is_worse_once_it_is_high() -> None:
    far = incident(evidence(date="2025-09-24"))
    who = seller(position(sales=10), position("Shopee", "PH", 90))
    assert heard(far, who).severity is Severity.MEDIUM
    worse = verdict(far, heard(far, who), who, NOW + timedelta(days=200))
    assert worse == Send(Reason.WORSE, "medium before; a shutdown is high")


def test_worse_below_high_is_not_worth_a_message() -> None:
    policy = incident(evidence(event="policy", date="2024-11-28"))
    who = seller(position(sales=10), position("Shopee", "PH", 90))
    assert isinstance(verdict(policy, heard(policy, who), who, NOW + timedelta(days=60)), Hold)


def test_the_rule_holds_for_any_seller_with_a_position_in_the_union() -> None:
    where: Position = position("Etsy", "DE")
    rule = incident(evidence(event="trade_rule", platforms=[], regions=["EU"]))
    assert isinstance(verdict(rule, who=seller(where)), Send)
