"""How a vote weighs: bounded, by name, in the uncertain band alone, and never against an official source's own word."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import assessment, signal

from monitor.domain.opinions import MOST_WEIGHT, Turn, Weighing, combine, make, makes, turned, weigh
from monitor.domain.signals import EventType, Span, Status, Vote
from monitor.domain.sources import Authority

SHARES = st.floats(0, 1)
WEIGHTS = st.floats(0.01, MOST_WEIGHT)
VOTES = st.builds(
    lambda score: Vote("tiny", score, EventType.BAN if score >= 0.5 else None, None, "", ()), st.floats(0, 1)
)
OWN = [Authority.OFFICIAL, Authority.REGULATOR, Authority.COURT]
OTHERS = [Authority.TRADE, Authority.NEWS, Authority.COMMUNITY]
NO = Vote("tiny", 0.0, None, None, "")
YES = Vote("tiny", 1.0, EventType.BAN, Status.CONFIRMED, "", (Span("text", 0, 6, "Shopee", "opinion:tiny"),))
HALF = Weighing(weight=0.5)


@given(st.floats(0.02, 0.98), st.floats(0.02, 0.98), WEIGHTS)
def test_the_combined_score_lies_between_the_two_and_nearer_to_ours(ours, theirs, weight):
    both = combine(ours, theirs, weight)
    assert min(ours, theirs) - 1e-9 <= both <= max(ours, theirs) + 1e-9
    assert combine(ours, ours, weight) == pytest.approx(ours)
    assert combine(ours, theirs, 0.5) == pytest.approx(combine(theirs, ours, 0.5))


@given(SHARES, SHARES, SHARES, WEIGHTS)
def test_a_higher_vote_never_makes_a_lower_score(ours, one, other, weight):
    assert combine(ours, min(one, other), weight) <= combine(ours, max(one, other), weight) + 1e-12


def test_a_vote_that_claims_to_be_certain_counts_as_a_very_sure_one():
    assert combine(0.5, 1.0, 0.3) == combine(0.5, 0.98, 0.3)
    assert combine(0.5, 0.0, 0.3) == combine(0.5, 0.02, 0.3)


@given(SHARES, VOTES, WEIGHTS, st.sampled_from(Authority), st.booleans())
def test_outside_the_band_a_vote_is_shown_and_moves_nothing(score, vote, weight, authority, sees):
    rule = Weighing(weight=weight)
    before = assessment(score, EventType.BAN if sees else None)
    after = weigh(before, vote, rule, authority)
    assert [one.who for one in after.votes] == ["tiny"]
    if not rule.uncertain(score):
        assert replace(after, votes=()) == before
        assert turned(before, after, rule) is None


@given(st.floats(0.25, 0.75), VOTES, WEIGHTS, st.sampled_from(OWN))
def test_the_event_of_an_official_source_is_never_silenced_nor_lowered(score, vote, weight, authority):
    before = assessment(score)
    after = weigh(before, vote, Weighing(weight=weight), authority)
    assert [one.event_type for one in after.signals] == [EventType.MARKET_EXIT]
    assert after.signals[0].score >= before.signals[0].score
    assert after.score >= before.score


@given(st.floats(0.25, 0.75), VOTES, WEIGHTS, st.sampled_from(OTHERS))
def test_a_vote_never_makes_a_signal_nor_changes_what_one_says(score, vote, weight, authority):
    before = assessment(score)
    for after in weigh(before, vote, Weighing(weight=weight), authority).signals:
        (was,) = before.signals
        assert replace(after, score=0, spans=()) == replace(was, score=0, spans=())
        assert set(was.spans) <= set(after.spans)
    assert weigh(assessment(score, None), vote, Weighing(weight=weight), authority).signals == ()


def test_a_sure_no_withdraws_a_doubtful_event_and_says_so():
    before = assessment(0.45)
    after = weigh(before, NO, HALF, Authority.NEWS)
    assert after.signals == ()
    assert after.votes[0].why == "score 0.45 -> 0.11, withdrawn: market_exit"
    assert after.votes[0].withdrew == (EventType.MARKET_EXIT,)
    assert turned(before, after, HALF) is Turn.WITHDRAWN


def test_a_mild_no_lowers_the_score_and_leaves_the_event():
    after = weigh(assessment(0.6), replace(NO, score=0.4), Weighing(), Authority.NEWS)
    assert [round(one.score, 2) for one in after.signals] == [0.52]
    assert after.votes[0].why == "score 0.60 -> 0.52"


def test_a_yes_raises_the_event_and_its_quotes_stand_among_the_reasons():
    after = weigh(assessment(0.5), YES, Weighing(), Authority.NEWS)
    assert after.score == after.signals[0].score == pytest.approx(0.826, abs=0.001)
    assert [span.says for span in after.signals[0].spans] == ["event:market_exit", "opinion:tiny"]


def test_a_yes_without_an_event_of_ours_moves_the_score_alone():
    before = assessment(0.7, None)
    after = weigh(before, YES, Weighing(), Authority.NEWS)
    assert (after.signals, turned(before, after, Weighing())) == ((), Turn.RAISED)
    assert after.votes[0].why == "score 0.70 -> 0.89"


def test_a_yes_that_carries_us_over_our_own_threshold_is_due_a_signal_with_its_name_on_it():
    before = assessment(0.4, None)
    raised = weigh(before, YES, Weighing(), Authority.NEWS)
    assert makes(before, raised, YES, 0.6) == (EventType.BAN, Status.CONFIRMED)
    after = make(raised, signal(EventType.BAN, raised.score))
    assert [span.says for span in after.signals[0].spans] == ["event:ban", "opinion:tiny"]
    assert (after.votes[0].made, after.votes[0].why) == (True, f"score 0.40 -> {raised.score:.2f}, made: ban")
    assert turned(before, after, Weighing()) is Turn.MADE


@given(SHARES, VOTES, WEIGHTS, st.sampled_from(Authority), st.sampled_from([None, *EventType]), SHARES)
def test_a_signal_is_due_only_where_we_saw_none_in_doubt_and_fell_short_alone(
    score, vote, weight, authority, sees, threshold
):
    rule, vote = Weighing(weight=weight), replace(vote, status=Status.RUMOR if vote.event else None)
    before = assessment(score, sees)
    after = weigh(before, vote, rule, authority)
    if makes(before, after, vote, threshold):
        assert sees is None
        assert rule.uncertain(score)
        assert score < threshold <= after.score <= combine(score, 1, MOST_WEIGHT) + 1e-4
        assert vote.event is EventType.BAN


@pytest.mark.parametrize(("score", "threshold"), [(0.2, 0.1), (0.8, 0.9), (0.3, 0.9), (0.5, 0.5)])
def test_none_is_due_outside_the_band_below_the_threshold_or_where_we_had_reached_it(score, threshold):
    before = assessment(score, None)
    assert makes(before, weigh(before, YES, Weighing(), Authority.NEWS), YES, threshold) is None


def test_of_two_events_only_the_doubtful_one_is_withdrawn():
    both = (signal(EventType.BAN, 0.7), signal(EventType.POLICY, 0.3))
    before = replace(assessment(0.7), signals=both)
    after = weigh(before, replace(NO, score=0.1), Weighing(), Authority.NEWS)
    assert [one.event_type for one in after.signals] == [EventType.BAN]
    assert "withdrawn: policy" in after.votes[0].why


def test_an_event_below_the_band_was_no_votes_doing_and_stays():
    both = (signal(EventType.BAN, 0.7), signal(EventType.POLICY, 0.2))
    after = weigh(replace(assessment(0.7), signals=both), YES, Weighing(), Authority.NEWS)
    ban, policy = after.signals
    assert ban.score > 0.7
    assert policy == both[1]


@pytest.mark.parametrize("wrong", [(0.7, 0.3, 0.3), (0.0, 0.7, 0.3), (0.2, 1.0, 0.3), (0.2, 0.7, 0.6), (0.2, 0.7, 0)])
def test_a_rule_that_would_outvote_us_cannot_be_made(wrong):
    with pytest.raises(ValueError):
        Weighing(*wrong)
