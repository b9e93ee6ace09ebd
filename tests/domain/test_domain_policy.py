"""The stages between an incident and a seller, each with its word; and who hears of what passes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from given import KIN, NOW, day, evidence, incident, position, seller
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.addressing import deliveries, tell
from monitor.domain.alerts import (
    Delivery,
    DeliveryState,
    Hold,
    HoldReason,
    Level,
    Policy,
    Reason,
    Send,
    Target,
)
from monitor.domain.exposure import Severity
from monitor.domain.handling import closed, reopened
from monitor.domain.impact import impact
from monitor.domain.incidents import Incident
from monitor.domain.policy import STAGES, Ears, Judgement, Situation, Spoken, addressed, judge, waiting
from monitor.domain.rulings import Act, ActKind
from monitor.domain.signals import Status

ACME = seller(position(country="ID"), position("TikTok Shop", "US"))
MAIL, BOSS = Target("mail", "email", "x"), Target("boss", "slack", "x")


def situation(known: Incident | None = None, told: Incident | None = None, who=ACME, **more: Any) -> Situation:
    known = known or incident(evidence())
    before = tell(told, who, impact(told, who, NOW.date(), KIN), NOW) if told else None
    now = more.pop("now", NOW)
    policy = more.pop("policy", Policy())
    return Situation(known, impact(known, who, now.date(), KIN), before, policy, now, kin=KIN, **more)


def said_of_it(reason: Reason, at, *targets: str) -> Spoken:
    return Spoken(at, reason, targets or ("mail",))


def held(judged: Judgement) -> HoldReason:
    assert isinstance(judged.verdict, Hold)
    return judged.verdict.reason


def spoken(judged: Judgement) -> Reason:
    assert isinstance(judged.verdict, Send)
    return judged.verdict.reason


def test_every_stage_has_its_word_and_the_first_that_holds_has_the_last() -> None:
    passed = judge(situation())
    assert [said.stage for said in passed.trail] == [stage.name for stage in STAGES]
    assert all(said.passed and said.detail for said in passed.trail)
    stopped = judge(situation(who=seller(position("Shopee"))))
    assert [said.stage for said in stopped.trail] == ["open", "for us", "standing", "exposed"]
    assert [said.passed for said in stopped.trail] == [True, True, True, False]
    assert isinstance(stopped.verdict, Hold)
    assert stopped.trail[-1].detail == stopped.verdict.detail


def test_stages_have_names_of_their_own() -> None:
    assert len({stage.name for stage in STAGES}) == len(STAGES)


def test_of_what_a_person_closed_nobody_hears() -> None:
    assert held(judge(situation(closed(incident(evidence()), "anna", "", NOW)))) is HoldReason.CLOSED


def test_what_a_sellers_people_called_no_concern_is_held_from_that_seller() -> None:
    ours = Act("1", "i1", ActKind.NOT_FOR_US, NOW, "anna", seller_id="acme")
    assert held(judge(situation(acts=[ours]))) is HoldReason.NOT_FOR_US
    assert spoken(judge(situation(acts=[replace(ours, seller_id="zeta")]))) is Reason.FIRST
    after_all = replace(ours, id="2", kind=ActKind.FOR_US, at=day(1))
    assert spoken(judge(situation(acts=[ours, after_all]))) is Reason.FIRST


# --- something larger

US = {"platforms": ["TikTok"], "regions": ["US"]}
SMALL = incident(evidence("f", event="policy", platforms=["TikTok Shop"], regions=["US"]))


def made_moot(large: Incident, small: Incident = SMALL, who=ACME, **told: Any) -> bool:
    known = tell(large, who, impact(large, who, NOW.date(), KIN), NOW)
    return isinstance(judge(situation(small, who=who, larger=[(large, replace(known, **told))])).verdict, Hold)


def test_a_ban_of_the_family_mutes_the_fees_of_the_shop_in_its_country() -> None:
    ban = incident(evidence("b", event="ban", **US))
    assert made_moot(ban)
    judged = judge(situation(SMALL, larger=[(ban, tell(ban, ACME, impact(ban, ACME, NOW.date(), KIN), NOW))]))
    assert held(judged) is HoldReason.INHIBITED
    assert judged.trail[-1].detail == "they know of the ban: title of b (i1)"


@pytest.mark.parametrize(
    "large",
    [
        incident(evidence("b", "rumor", event="ban", **US)),
        incident(evidence("b", "proposed", event="ban", **US)),
        incident(evidence("b", event="ban", platforms=["TikTok"], regions=["ID"])),
        incident(evidence("b", event="ban", platforms=["Temu"], regions=["US"])),
        incident(evidence("b", event="enforcement", **US)),
        incident(evidence("b", event="ban", **US), evidence("c", "reversed", authority="court", at=day(1), **US)),
        closed(incident(evidence("b", event="ban", **US)), "anna", "", NOW),
    ],
)
def test_what_is_unsure_elsewhere_as_small_or_over_mutes_nothing(large: Incident) -> None:
    assert not made_moot(large)


def test_what_was_told_more_quietly_or_as_a_rumour_mutes_nothing() -> None:
    ban = incident(evidence("b", event="ban", **US))
    assert not made_moot(ban, severity=Severity.INFO)
    assert not made_moot(ban, rung=Status.RUMOR)


def test_what_reaches_further_than_the_larger_one_is_said() -> None:
    ban = incident(evidence("b", event="ban", **US))
    wide = incident(evidence("f", event="policy", platforms=["TikTok Shop"], regions=["US", "GB"]))
    both = seller(position("TikTok Shop", "US"), position("TikTok Shop", "GB"))
    assert made_moot(ban, wide, seller(position("TikTok Shop", "US")))
    assert not made_moot(ban, wide, both)
    assert not made_moot(ban, wide, seller())
    assert made_moot(incident(evidence("b", event="ban", platforms=["TikTok"], regions=[])), wide, seller())


def test_an_all_clear_of_the_small_one_and_large_ones_are_not_muted() -> None:
    off = incident(
        evidence("f", event="policy", platforms=["TikTok Shop"], regions=["US"]),
        evidence("g", "reversed", event="policy", authority="official", platforms=["TikTok Shop"], at=day(1)),
    )
    ban = incident(evidence("b", event="ban", **US))
    told = tell(ban, ACME, impact(ban, ACME, NOW.date(), KIN), NOW)
    assert spoken(judge(situation(off, SMALL, larger=[(ban, told)]))) is Reason.ALL_CLEAR
    closing = incident(evidence("s", platforms=["TikTok Shop"], regions=["US"]))
    assert spoken(judge(situation(closing, larger=[(ban, told)]))) is Reason.FIRST


# --- back and forth

GONE = incident(evidence("a"), evidence("b", "reversed", authority="official", at=day(1)))
BACK = incident(*GONE.evidence, evidence("c", authority="official", at=day(2)))


def test_what_comes_back_at_once_is_told_when_it_would_have_been_repeated() -> None:
    history = [said_of_it(Reason.FIRST, NOW), said_of_it(Reason.ALL_CLEAR, NOW + timedelta(hours=1))]
    soon = situation(BACK, GONE, spoken=history, now=NOW + timedelta(hours=2))
    assert held(judge(soon)) is HoldReason.FLAPPING
    later = replace(soon, now=NOW + timedelta(hours=4))
    assert spoken(judge(later)) is Reason.NEW_RUNG
    assert spoken(judge(replace(soon, policy=Policy(repeat=timedelta(hours=1))))) is Reason.NEW_RUNG
    assert held(judge(replace(soon, policy=Policy(repeat=timedelta(0))))) is HoldReason.FLAPPING
    assert spoken(judge(replace(soon, spoken=history[1:]))) is Reason.NEW_RUNG, "no alarm is on record"


def test_what_a_person_opens_again_comes_and_goes_by_no_accident() -> None:
    history = [said_of_it(Reason.FIRST, NOW), said_of_it(Reason.ALL_CLEAR, NOW + timedelta(hours=1))]
    soon = situation(BACK, GONE, spoken=history, now=NOW + timedelta(hours=2))
    shut = closed(BACK, "anna", "a slip", NOW + timedelta(hours=1))
    again = reopened(shut, "anna", "", NOW + timedelta(hours=2))
    assert spoken(judge(replace(soon, incident=again))) is Reason.NEW_RUNG


def test_the_all_clear_itself_is_never_held() -> None:
    history = [said_of_it(Reason.FIRST, NOW)]
    assert spoken(judge(situation(GONE, incident(evidence("a")), spoken=history))) is Reason.ALL_CLEAR


# --- who hears of it


def hears(one: Situation, targets: Sequence[Target], heard: Sequence[str] | None = None) -> list[str]:
    return [target.id for target in addressed(one, targets, heard)[0]]


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"min_certainty": Status.PROPOSED}, True),
        ({"min_certainty": Status.CONFIRMED}, True),
        ({"min_certainty": Status.EFFECTIVE}, False),
        ({"languages": ("en",)}, True),
        ({"languages": ("id", "en")}, True),
        ({"languages": ("zh",)}, False),
        ({"alerts": False}, False),
    ],
)
def test_a_target_hears_by_certainty_and_by_the_language_of_sources(wish: dict[str, Any], told: bool) -> None:
    one = situation()
    assert (hears(one, [replace(MAIL, **wish)]) == ["mail"]) is told
    (word,) = addressed(one, [replace(MAIL, **wish)])[1]
    assert (word.stage, word.passed, word.target) == ("route", told, "mail")


def test_one_source_in_the_language_is_enough_whatever_its_script() -> None:
    chinese = replace(evidence("z"), lang="zh-Hans")
    assert hears(situation(incident(evidence("a"), chinese)), [replace(MAIL, languages=("zh",))]) == ["mail"]


def test_an_all_clear_goes_to_those_who_heard_whatever_they_want_now() -> None:
    off = situation(GONE, incident(evidence("a")), spoken=[said_of_it(Reason.FIRST, NOW, "mail")])
    picky = replace(MAIL, min_severity=Severity.CRITICAL, languages=("zh",), min_certainty=Status.EFFECTIVE)
    assert hears(off, [picky, BOSS]) == ["mail"]
    assert hears(off, [replace(picky, alerts=False)]) == []
    assert hears(off, [picky, BOSS], ["boss"]) == ["boss"]
    assert hears(replace(off, spoken=()), [MAIL, BOSS]) == ["mail", "boss"], "before there were records"


def test_the_next_levels_wait_for_their_turn_and_stay_from_then_on() -> None:
    policy = Policy(escalation=(Level(timedelta(hours=1), ("ceo",)), Level(timedelta(minutes=15), ("boss",))))
    targets = [MAIL, BOSS, Target("ceo", "email", "x")]
    first = situation(policy=policy)
    assert hears(first, targets) == ["mail"]
    later = replace(first, spoken=[said_of_it(Reason.ESCALATED, NOW, "boss")])
    assert hears(later, targets) == ["mail", "boss"]
    assert hears(first, targets[1:]) == ["boss"], "the first level, when nobody else would hear"
    assert hears(first, targets[2:]) == ["ceo"]
    words = {(word.stage, word.target): word.passed for word in addressed(first, targets)[1]}
    assert words["escalation", "boss"] is False
    assert words["route", "boss"] is True


def rows(*states: tuple[str, DeliveryState], **more: Any) -> list[Delivery]:
    known = incident(evidence())
    weighed = impact(known, ACME, NOW.date(), KIN)
    found = []
    for number, (target, state) in enumerate(states):
        (one,) = deliveries(
            known, ACME, weighed, Send(Reason.FIRST, ""), None, [replace(MAIL, id=target)], Policy(), NOW
        )
        sent_at = NOW if state is DeliveryState.SENT else None
        found.append(replace(one, key=f"{number}", state=state, sent_at=sent_at, **more))
    return found


def test_who_heard_is_known_by_what_was_tried() -> None:
    ears = Ears.of(rows(("mail", DeliveryState.SENT), ("boss", DeliveryState.PENDING), ("late", DeliveryState.RETRY)))
    assert (ears.heard, [one.target for one in ears.moot]) == ({"mail"}, ["boss", "late"])
    doubtful = Ears.of(rows(("mail", DeliveryState.UNKNOWN), ("boss", DeliveryState.SENDING)))
    assert doubtful.heard == {"mail", "boss"}
    repeated = Ears.of(rows(("mail", DeliveryState.DEAD), repeat=True))
    assert repeated.heard == {"mail"}, "it may have arrived"
    assert Ears.of(rows(("mail", DeliveryState.DEAD))).heard == frozenset()


def test_what_was_rolled_into_a_roundup_was_heard_and_what_was_folded_was_said_by_that() -> None:
    assert Ears.of(rows(("mail", DeliveryState.SUPERSEDED), into="roundup")).heard == {"mail"}
    folded, into = rows(("mail", DeliveryState.SUPERSEDED), ("mail", DeliveryState.PENDING))
    assert Ears.of([replace(folded, into=into.key), into]).heard == frozenset()


def test_a_wait_is_a_word_of_its_own() -> None:
    (one,) = rows(("mail", DeliveryState.PENDING), waits_for="quiet hours")
    word = waiting(one)
    assert (word.stage, word.passed, word.target) == ("wait", True, "mail")
    assert word.detail == "quiet hours until 2024-09-24 12:00 UTC"


LIVES = st.lists(st.sampled_from(["rumor", "proposed", "confirmed", "reversed"]), min_size=1, max_size=8)


@given(LIVES, st.booleans())
def test_whatever_happens_a_decision_is_the_same_again_and_never_says_what_was_said(
    life: list[str], trusted: bool
) -> None:
    authority, told, spoken_so_far = ("official" if trusted else "news"), None, list[Spoken]()
    words, said = [], list[tuple[str, str]]()
    for number, status in enumerate(life):
        words.append(evidence(f"d{number}", status, authority=authority, at=day(number)))
        known, now = incident(*words, now=day(number)), day(number)
        weighed = impact(known, ACME, now.date(), KIN)
        one = Situation(known, weighed, told, Policy(), now, spoken=tuple(spoken_so_far), kin=KIN)
        judged = judge(one)
        assert judge(one) == judged
        if isinstance(judged.verdict, Send):
            made, again = (
                deliveries(known, ACME, weighed, judged.verdict, told, [MAIL], Policy(), at)
                for at in (now, now + timedelta(hours=1))
            )
            assert [d.key for d in made] == [d.key for d in again]
            said.append((judged.verdict.reason.value, known.status.value))
            told = tell(known, ACME, weighed, now)
            spoken_so_far.append(Spoken(now, judged.verdict.reason, ("mail",)))
            assert isinstance(judge(replace(one, told=told, spoken=tuple(spoken_so_far))).verdict, Hold)
    assert [one for one in said if one[0] == "first"] in ([], said[:1])
    assert all(one != other for one, other in pairwise(said))
