"""One event, one incident: which evidence reports what we know, and what is known then."""

from itertools import permutations

import pytest
from given import KIN, NOW, day, due, evidence, incident
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.incidents import ChangeKind, Evidence, Incident
from monitor.domain.platforms import Platform
from monitor.domain.resolution import THRESHOLD, absorb, assemble, incident_id, kinship, match, pass_time, resolve
from monitor.domain.signals import Status

US_BAN = evidence("us", event="ban", platforms=["TikTok"], regions=["US"], date="2025-01-19")


def joins(new: Evidence, *known: Evidence) -> bool:
    score, why = match(new, incident(*known), KIN)
    assert 0.0 <= score <= 1.0
    assert why
    return score >= THRESHOLD


def known(*evidences: Evidence) -> dict[str, Incident]:
    return {one.id: one for one in absorb(evidences, {}, KIN, NOW)}


def test_three_languages_on_one_closing_are_one_incident() -> None:
    first = evidence("id", date="2024-11-28")
    assert joins(evidence("fr", regions=["ID", "BR", "AU"], date="2024-11-28", at=day(1)), first)
    assert joins(evidence("zh", event="market_exit", regions=[], date="2024-11", at=day(3)), first)


def test_the_sum_is_shown_term_by_term() -> None:
    score, why = match(evidence("b", date="2024-11-28", at=day(4)), incident(evidence("a", date="2024-11-28")), KIN)
    assert why == (
        "both closing +0.00; both TikTok Music +0.40; same place +0.20; both 2024-11-28 +0.30; "
        "published 4 days apart +0.15; meaning not compared +0.00"
    )
    assert score == 1.0


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (evidence("b", event="ban"), "ban is not closing"),
        (evidence("b", platforms=["TikTok"]), "TikTok is not TikTok Music"),
        (evidence("b", platforms=["Gadgetlandia"]), "Gadgetlandia is not TikTok Music"),
        (evidence("b", regions=["FR", "DE"]), "FR,DE is not ID,BR"),
        (evidence("b", date="2025-06-01"), "dates 185 days apart"),
        (evidence("b", at=day(500)), "published 500 days apart"),
        (evidence("b", at=day(-500)), "published 500 days apart"),
    ],
)
def test_another_event_is_refused_with_its_reason(new: Evidence, why: str) -> None:
    assert match(new, incident(evidence("a", date="2024-11-28")), KIN) == (0.0, why)


def test_a_ban_in_one_country_is_not_the_ban_in_another() -> None:
    india = evidence("in", event="ban", platforms=["TikTok"], regions=["IN"])
    assert not joins(india, US_BAN)
    assert joins(evidence("b", event="ban", platforms=["tiktok"], regions=["US", "IN"]), US_BAN)


def test_a_ban_of_the_whole_takes_its_part_along_but_a_closing_does_not() -> None:
    shop = evidence("b", event="ban", platforms=["TikTok Shop"], regions=["US"], date="2025-01-19", at=day(2))
    assert joins(shop, US_BAN)
    assert joins(US_BAN, shop)
    closing = evidence("c", platforms=["TikTok"], regions=["US"])
    assert not joins(evidence("d", platforms=["TikTok Shop"], regions=["US"]), closing)


def test_a_member_state_lies_in_the_union_and_anywhere_lies_in_the_world() -> None:
    rule = evidence("a", event="trade_rule", platforms=["Temu"], regions=["EU"], date="2026-07-01")
    french = evidence("b", event="trade_rule", platforms=["Shein"], regions=["FR"], date="2026-07-01")
    assert joins(french, rule)
    assert not joins(evidence("c", event="trade_rule", platforms=[], regions=["US"], date="2026-07-01"), rule)
    assert joins(evidence("w", regions=["WORLD"]), evidence("a"))


def test_a_name_that_no_list_knows_matches_by_its_letters() -> None:
    assert joins(evidence("b", platforms=["MELODIA music"]), evidence("a", platforms=["Melodia Music"]))


def test_a_text_that_names_no_platform_needs_more_than_a_place() -> None:
    nameless = evidence("b", platforms=[], meaning=(0.8, 0.6))
    assert not joins(nameless, evidence("a"))
    assert joins(nameless, evidence("a", meaning=(0.8, 0.6)))
    assert not joins(nameless, evidence("a", meaning=(0.6, -0.8)))


def test_a_platform_named_beside_another_still_counts() -> None:
    apps = evidence("a", event="ban", platforms=["TikTok", "Shein"], regions=["IN"])
    assert joins(evidence("b", event="ban", platforms=["Shein"], regions=["IN"]), apps)
    assert joins(evidence("b", event="ban", platforms=["Helo", "TikTok"], regions=["IN"]), apps)


def test_a_delay_names_another_date_and_is_still_the_same_event() -> None:
    delay = evidence("b", "reversed", "ban", platforms=["TikTok"], regions=["US"], date="2025-12-16", at=day(2))
    assert joins(delay, US_BAN)
    assert joins(evidence("c", event="ban", platforms=["TikTok"], regions=["US"], date="2025-12-16"), US_BAN, delay)


def test_dates_within_weeks_of_any_that_is_known_are_near_enough() -> None:
    assert joins(evidence("b", date="2024-12-20"), evidence("a", date="2024-11-28"))
    told = [evidence("a", date="2024-11-28"), evidence("b", date="2024-10-20", at=day(1))]
    assert "dates 22 days apart +0.15" in match(evidence("c", date="2024-12-20"), incident(*told), KIN)[1]


def test_a_place_that_one_side_leaves_open_counts_less_than_the_same_place() -> None:
    for said, held in (([], ["ID"]), (["ID"], []), (["WORLD"], ["ID"])):
        why = match(evidence("b", regions=said), incident(evidence("a", regions=held)), KIN)[1]
        assert "place unbounded +0.10" in why


def test_a_date_that_any_of_the_evidence_names_agrees() -> None:
    told = [evidence("a", date="2024-11-28"), evidence("b", date="2024-12-05", at=day(1))]
    assert "both 2024-12-05 +0.30" in match(evidence("c", date="2024-12-05"), incident(*told), KIN)[1]


def test_the_best_match_wins_and_of_equals_the_oldest() -> None:
    near, far = incident(evidence("a")), assemble("i2", [evidence("z", at=day(-300))], None, day(-300), "z")
    assert resolve(evidence("b"), [far, near], KIN) is near
    twin = assemble("i0", [evidence("a")], None, day(-1), "a")
    assert resolve(evidence("b"), [near, twin], KIN) is twin
    assert resolve(evidence("b", event="ban"), [near, far], KIN) is None
    assert resolve(evidence("b"), [], KIN) is None


def test_kinship_comes_from_the_catalogue() -> None:
    shop = Platform("TikTok Shop", "t", "ByteDance", "shop", (), parent="TikTok", ancestors=("Douyin Group",))
    alone = Platform("Etsy", "e", "Etsy", "marketplace", ())
    assert kinship([shop, alone]) == {"tiktok shop": {"tiktok", "douyin group"}, "etsy": frozenset()}


def test_an_incident_begins_with_evidence() -> None:
    with pytest.raises(ValueError, match="begins with evidence"):
        assemble("i1", [], None, NOW, "d1")


def test_the_same_evidence_again_changes_nothing() -> None:
    one = incident(evidence())
    assert incident(evidence(), previous=one, now=day(9)) is one


def test_a_reversed_incident_withdraws_its_deadlines_and_takes_the_new_date() -> None:
    ban = evidence("a", authority="regulator", date="2024-11-28", deadlines=[due("2024-10-28")])
    off = evidence("b", "reversed", authority="regulator", date="2025-02-01", at=day(1))
    after = incident(ban, off)
    assert (after.status, after.deadlines, str(after.effective_date)) == (Status.REVERSED, (), "2025-02-01")
    undated = incident(ban, evidence("b", "reversed", authority="regulator", at=day(1)))
    assert str(undated.effective_date) == "2024-11-28"


def test_time_moves_what_is_confirmed_and_dated_and_nothing_else() -> None:
    closing = incident(evidence(date="2024-11-28"))
    assert pass_time(closing, day(1)) is None
    done = pass_time(closing, day(90))
    assert done is not None
    assert (done.status, done.revision, done.history[-1].kind) == (Status.EFFECTIVE, 2, ChangeKind.RUNG)
    assert done.history[-1].document_id is None
    assert pass_time(done, day(91)) is None
    assert pass_time(incident(evidence()), day(900)) is None
    assert pass_time(incident(evidence(status="rumor", date="2024-11-28")), day(900)) is None
    month = incident(evidence(date="2024-11"))
    assert pass_time(month, day(45)) is None


def test_the_press_is_believed_about_the_past_once_the_date_has_come() -> None:
    early = incident(evidence(status="effective", date="2024-11-28"))
    assert early.status is Status.CONFIRMED
    later = pass_time(early, day(66))
    assert later is not None
    assert later.status is Status.EFFECTIVE


def test_new_evidence_joins_or_opens_and_each_incident_moves_one_revision() -> None:
    opened = known(evidence("a"), evidence("b", at=day(1)), US_BAN)
    assert sorted(len(one.evidence) for one in opened.values()) == [1, 2]
    assert {one.revision for one in opened.values()} == {1}
    assert set(opened) == {incident_id(evidence("a")), incident_id(US_BAN)}
    more = absorb([evidence("c", at=day(2)), evidence("d", at=day(3))], opened, KIN, day(3))
    assert [(one.revision, len(one.evidence)) for one in more] == [(2, 4)]
    assert absorb([evidence("c", at=day(2))], {more[0].id: more[0]}, KIN, day(4)) == ()


def test_an_edited_document_replaces_its_words_and_leaves_what_it_reports_no_more() -> None:
    before = known(evidence("a"), evidence("b", at=day(1)))
    edited = evidence("b", platforms=["Gadgetlandia"], at=day(1))
    after = {one.id: one for one in absorb([edited], before, KIN, day(2))}
    assert [item.document_id for item in after[incident_id(evidence("a"))].evidence] == ["a"]
    assert after[incident_id(edited)].platforms == ("Gadgetlandia",)


def test_an_edit_that_still_reports_the_event_keeps_every_signal_of_its_document() -> None:
    before = known(evidence("a"), evidence("a", event="market_exit", number=1))
    (one,) = absorb([evidence("a", date="2024-11-28"), evidence("a", number=1)], before, KIN, day(1))
    assert [(item.signal_no, str(item.signal.effective_date)) for item in one.evidence] == [
        (0, "2024-11-28"),
        (1, "None"),
    ]


def test_an_incident_whose_only_source_says_something_else_now_is_reversed() -> None:
    before = known(evidence("a", number=1, deadlines=[due("2024-10-28")]))
    after = {one.id: one for one in absorb([evidence("a", platforms=["Gadgetlandia"])], before, KIN, day(1))}
    gone = after[incident_id(evidence("a", number=1))]
    assert (gone.status, gone.evidence, gone.deadlines) == (Status.REVERSED, (), ())
    assert gone.status_why == "its only source now says something else"
    assert gone.headline == "title of a"
    assert resolve(evidence("c"), [gone], KIN) is None


def test_the_document_that_opened_an_incident_can_change_what_it_is_about() -> None:
    before = known(evidence("a"))
    (after,) = absorb([evidence("a", platforms=["Gadgetlandia"])], before, KIN, day(1))
    assert (after.id, after.revision, after.platforms) == (incident_id(evidence("a")), 2, ("Gadgetlandia",))


def what_is_known(one: Incident) -> tuple[object, ...]:
    return (
        one.event_type, one.platforms, one.regions, one.status, one.status_why, one.effective_date, one.deadlines,
        one.headline, one.evidence,
    )  # fmt: skip


words = st.builds(
    evidence,
    document=st.sampled_from("abcdefghij"),
    status=st.sampled_from([status.value for status in Status]),
    by=st.sampled_from(["one", "two", "three"]),
    event=st.sampled_from(["shutdown", "market_exit", "insolvency"]),
    authority=st.sampled_from(["official", "news", "community"]),
    regions=st.lists(st.sampled_from(["ID", "BR", "SG", "EU"]), max_size=2, unique=True),
    date=st.sampled_from([None, "2024-11", "2024-11-28", "2024-12-05"]),
    deadlines=st.lists(st.sampled_from([due("2024-10-28", quote="x"), due("2024-11-28", "refund")]), max_size=2),
    at=st.integers(0, 9).map(day),
    meaning=st.sampled_from([(), (1.0, 0.0)]),
)
sets = st.lists(words, min_size=1, max_size=7, unique_by=lambda word: word.document_id)


@given(sets, st.randoms(use_true_random=False))
def test_what_is_known_is_the_same_in_whatever_order_the_words_arrived(some: list[Evidence], random) -> None:
    at_once = what_is_known(incident(*some))
    one_by_one: Incident | None = None
    for item in random.sample(some, len(some)):
        held = one_by_one.evidence if one_by_one else ()
        one_by_one = assemble("i1", [*held, item], one_by_one, NOW, item.document_id)
    assert one_by_one is not None
    assert what_is_known(one_by_one) == at_once
    assert one_by_one.revision == len(some)


@given(sets)
def test_hearing_the_same_words_again_is_nothing_new(some: list[Evidence]) -> None:
    once = incident(*some)
    assert incident(*some, *some, previous=once, now=day(5)) is once


@settings(max_examples=50)
@given(sets)
def test_absorbing_is_complete_and_repeatable(some: list[Evidence]) -> None:
    opened = {one.id: one for one in absorb(some, {}, KIN, NOW)}
    held = sorted(item.document_id for one in opened.values() for item in one.evidence)
    assert held == sorted(item.document_id for item in some)
    assert absorb(reversed(some), {}, KIN, NOW) == tuple(opened.values())


def test_five_orders_of_one_story_end_in_one_incident() -> None:
    story = [evidence("rumor", "rumor"), evidence("plan", "proposed", at=day(1)), evidence("done", at=day(2))]
    for order in permutations(story):
        current: dict[str, Incident] = {}
        for item in order:
            current |= {one.id: one for one in absorb([item], current, KIN, NOW)}
        assert [one.status for one in current.values()] == [Status.CONFIRMED]
