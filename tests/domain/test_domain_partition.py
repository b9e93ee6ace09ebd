"""A set of evidence into events: the order of arrival never matters, and what people ruled holds."""

from collections.abc import Iterable, Sequence
from random import Random

import pytest
from given import KIN, NOW, day, evidence
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain import nodes
from monitor.domain.blocking import keys
from monitor.domain.incidents import Evidence
from monitor.domain.linking import BITS, LINK, NEVER, terms
from monitor.domain.partition import CROWD, REPRESENTATIVES, Events
from monitor.domain.rulings import Ruling, RulingKind

ONES = (1 << BITS) - 1
HALF = (1 << BITS // 2) - 1


def divided(some: Iterable[Evidence], *rulings: Ruling) -> set[frozenset[str]]:
    """The events, each as the names of its documents."""
    pool = list(some)
    events = Events(pool, rulings, KIN)
    return {
        frozenset(item.document_id for item in group)
        for component in events.connected(pool)
        for group in events.divided(component)
    }


def ruled(kind: str, one: str, other: str, at: float = 0) -> Ruling:
    """By the letters of documents."""
    sides = [tuple((name, 0) for name in side) for side in (one, other)]
    return Ruling(f"{kind} {one} {other} {at}", RulingKind(kind), day(at), "anna", sides[0], sides[1])


def of(*names: str) -> set[frozenset[str]]:
    return {frozenset(name) for name in names}


def test_one_closing_and_another_are_two_events() -> None:
    assert divided([evidence("a"), evidence("b", at=day(2)), evidence("c", platforms=["Temu"])]) == of("ab", "c")


def test_one_vague_text_between_two_events_does_not_join_them() -> None:
    first = [evidence(name, "confirmed", "ban", regions=["US"], date="2025-01-19") for name in "ab"]
    second = [evidence(name, "confirmed", "ban", regions=["IN"], date="2025-02-19") for name in "cd"]
    vague = evidence("e", "confirmed", "ban", regions=["US", "IN"])
    assert sum(term.points for term in terms(vague, first[0], KIN)) > LINK
    assert sum(term.points for term in terms(vague, second[0], KIN)) > LINK
    assert divided([*first, *second, vague]) in (of("abe", "cd"), of("ab", "cde"))


def test_the_laws_of_two_countries_stay_two_however_many_texts_name_both() -> None:
    law = {"event": "ban", "authority": "regulator"}
    one = evidence("a", regions=["ID"], date="2026-12-10", **law)
    other = evidence("b", regions=["VN"], date="2026-12-20", **law)
    both = [evidence(name, "confirmed", "ban", regions=["ID", "VN"], at=day(1)) for name in "cdef"]
    found = divided([one, other, *both])
    assert len([group for group in found if group & {"a", "b"}]) == 2
    press = evidence("b", event="ban", regions=["VN"], date="2026-12-20")
    assert len(divided([one, press, *both])) < len(found), "what the press says of one of them may be put together"


def test_a_late_text_joins_two_events_that_were_none_of_each_other() -> None:
    rumor = [evidence("a", "rumor", regions=["ID"])]
    done = [evidence("b", regions=["BR"], at=day(9))]
    assert divided([*rumor, *done]) == of("a", "b")
    all_of_it = [evidence(name, regions=["ID", "BR"], at=day(10)) for name in "cdef"]
    assert divided([*rumor, *done, *all_of_it]) == of("abcdef")


def test_what_people_put_together_stays_together_with_all_that_goes_with_it() -> None:
    some = [evidence("a"), evidence("b"), evidence("c", platforms=["Temu"]), evidence("d", platforms=["Temu"])]
    assert divided(some) == of("ab", "cd")
    assert divided(some, ruled("same", "a", "c")) == of("abcd")


def test_what_people_took_apart_stays_apart_and_the_newest_word_holds() -> None:
    some = [evidence("a"), evidence("b"), evidence("c")]
    assert divided(some, ruled("apart", "a", "bc")) == of("a", "bc")
    assert divided(some, ruled("apart", "a", "bc"), ruled("same", "a", "c", at=1)) == of("abc")
    assert divided(some, ruled("same", "a", "c"), ruled("apart", "a", "c", at=1)) in (of("ab", "c"), of("a", "bc"))


def test_a_ruling_on_what_nobody_knows_any_more_changes_nothing() -> None:
    assert divided([evidence("a"), evidence("b")], ruled("same", "x", "y"), ruled("apart", "x", "a")) == of("ab")


def test_of_a_storm_of_alike_texts_the_first_are_weighed_and_the_others_follow() -> None:
    storm = [evidence(f"{number:04}", at=day(number / 10_000)) for number in range(2_000)]
    events = Events(storm, (), KIN)
    (component,) = events.connected(storm[-1:])
    assert len(component) == REPRESENTATIVES * 1
    assert [len(group) for group in events.divided(component)] == [2_000]


def test_titles_of_their_own_make_no_storm_dearer() -> None:
    storm = [
        evidence(f"{n:04}", platforms=["Telar"], title=f"Telar, {n} talleres", at=day(n / 100)) for n in range(500)
    ]
    events = Events(storm, (), KIN)
    (component,) = events.connected(storm[-1:])
    assert len(component) <= REPRESENTATIVES * 2  # in two weeks
    assert [len(group) for group in events.divided(component)] == [500]


def test_among_alike_texts_on_two_things_each_follows_the_one_that_it_means() -> None:
    fees = [evidence(f"fee{n}", event="policy", gist=ONES, at=day(n / 100)) for n in range(9)]
    bans = [evidence(f"ban{n}", event="policy", gist=0b1, at=day(n / 100)) for n in range(9)]
    assert {frozenset(name[:3] for name in event) for event in divided([*fees, *bans])} == {
        frozenset({"fee"}), frozenset({"ban"}),
    }  # fmt: skip


words = st.builds(
    evidence,
    document=st.sampled_from("abcdefghijklmn"),
    status=st.sampled_from(["rumor", "confirmed", "reversed"]),
    event=st.sampled_from(["shutdown", "market_exit", "ban", "policy", "trade_rule"]),
    authority=st.sampled_from(["official", "news", "observed"]),
    platforms=st.lists(st.sampled_from(["TikTok", "TikTok Shop", "Telar Vivo"]), max_size=2, unique=True),
    regions=st.lists(st.sampled_from(["ID", "BR", "FR", "EU"]), max_size=2, unique=True),
    date=st.sampled_from([None, "2024-11", "2024-11-28", "2025-12-05"]),
    at=st.sampled_from([NOW, day(1), day(40), NOW.replace(year=1970)]),
    gist=st.sampled_from([0, HALF, ONES]),
    title=st.sampled_from(["Telar Vivo no paga", "Nadie paga"]),
    doubt=st.sampled_from(["", "", "insolvency", "ban"]),
    supposed=st.booleans(),
)
sets = st.lists(words, min_size=1, max_size=14, unique_by=lambda word: word.document_id)
verdicts = st.lists(
    st.builds(
        ruled,
        st.sampled_from(["same", "apart"]),
        st.sampled_from(["a", "ab", "cd"]),
        st.sampled_from(["e", "fg", "h"]),
        st.integers(0, 9),
    ),
    max_size=3,
    unique_by=lambda ruling: ruling.at,
)


@settings(max_examples=150)
@given(sets, verdicts, st.randoms(use_true_random=False))
def test_the_events_of_a_set_are_the_same_in_whatever_order_it_came(
    some: list[Evidence], rulings: list[Ruling], random
) -> None:
    shuffled = random.sample(some, len(some))
    assert divided(shuffled, *random.sample(rulings, len(rulings))) == divided(some, *rulings)


@settings(max_examples=150)
@given(sets, verdicts)
def test_every_text_is_in_one_event_and_no_event_depends_on_what_it_is_not_connected_with(
    some: list[Evidence], rulings: list[Ruling]
) -> None:
    events = Events(some, rulings, KIN)
    components = events.connected(some)
    held = [item.document_id for component in components for node in component for item in node.group]
    assert sorted(held) == sorted(item.document_id for item in some)
    for component in components:
        alone: Sequence[Evidence] = [item for node in component for item in node.group]
        assert divided(alone, *rulings) == {
            frozenset(item.document_id for item in group) for group in events.divided(component)
        }


@settings(max_examples=150)
@given(sets, verdicts)
def test_the_newest_ruling_always_holds(some: list[Evidence], rulings: list[Ruling]) -> None:
    if not rulings:
        return
    newest = max(rulings, key=lambda ruling: ruling.at)
    home = {name: event for event in divided(some, *rulings) for name in event}
    one, other = ([home[name] for name, _ in side if name in home] for side in (newest.one, newest.other))
    if newest.kind is RulingKind.SAME:
        assert len({*one, *other}) <= 1
    else:
        assert not {*one} & {*other}


@given(sets)
def test_the_quick_score_is_the_sum_that_is_told_in_words(some: list[Evidence]) -> None:
    events = Events(some, (), KIN)
    for component in events.connected(some):
        for one in component:
            for other in component:
                told = sum(term.points for term in terms(one.evidence, other.evidence, KIN))
                assert abs(events.score(one, other) - max(told, NEVER)) < 1e-9


@settings(max_examples=150)
@given(sets)
def test_held_against_every_other_one_by_one_the_same_texts_are_connected(some: list[Evidence]) -> None:
    events = Events(some, (), KIN)
    components = events.connected(some)
    placed = [node for component in components for node in component]
    for component in components:
        found = component[:1]
        for one in found:
            found += [node for node in placed if node not in found and events.score(one, node) > LINK]
        assert {node.evidence.key for node in found} == {node.evidence.key for node in component}


def test_of_all_that_is_told_on_a_platform_only_what_may_be_meant_is_looked_at_closer(monkeypatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(nodes, "keys", lambda item, kin: asked.append(item.document_id) or keys(item, kin))
    places = ["BR", "DE", "FR", "GB", "JP", "MX", "MY", "PH", "TH", "US"]
    told = [
        evidence(f"{number:03}", event="policy", regions=[place], gist=Random(number).getrandbits(BITS), at=day(number))
        for number, place in enumerate(20 * places)
    ]
    same = evidence("same", event="policy", regions=["ID"], gist=ONES, at=day(7))
    new = evidence("new", event="policy", regions=["ID"], gist=ONES, at=day(9))
    events = Events([*told, same, new], (), KIN)
    (component,) = events.connected([new])
    assert [node.evidence for node in component] == [same, new]
    assert set(asked) <= {"same", "new"}


def crowd(seed: int) -> list[Evidence]:
    """Two events on one platform in one week, told in more ways than are weighed."""
    random = Random(seed)
    return [
        evidence(
            f"{number:03}",
            event=random.choice(["shutdown", "market_exit"]),
            regions=random.choice([["ID"], ["ID", "SG"]] if number % 3 else [["BR"], ["BR", "MX"]]),
            date=random.choice([None, f"2024-{10 + number % 3}-01", f"2024-{10 + number % 3}"]),
            at=day(random.randrange(3)),
            gist=random.getrandbits(BITS) & ONES,
        )
        for number in range(10 * CROWD)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_in_a_crowd_too_the_order_never_matters_and_no_more_is_weighed_than_it_takes(seed: int) -> None:
    some = crowd(seed)
    whole = divided(some)
    assert sum(len(component) for component in Events(some, (), KIN).connected(some)) < 5 * CROWD
    assert divided(Random(seed).sample(some, len(some))) == whole
    assert len(max(whole, key=len)) >= CROWD


def test_what_a_person_put_together_does_not_bring_together_what_another_word_keeps_apart() -> None:
    some = [evidence(name, platforms=["TikTok" if name in "ab" else "Temu"]) for name in "abcd"]
    assert divided(some, ruled("apart", "b", "d"), ruled("same", "a", "c", at=1)) == of("abc", "d")
