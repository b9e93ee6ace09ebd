"""A group of texts knows better than each of them: a slip of one is gone, and wholes are held against wholes."""

from dataclasses import replace

from given import KIN, day, evidence
from test_domain_partition import divided, of, ruled

from monitor.domain.consensus import MAJORITY, joined, whole
from monitor.domain.deadlines import PartialDate
from monitor.domain.incidents import Evidence
from monitor.domain.linking import LINK, terms
from monitor.domain.signals import EventType

MONTHS = 210  # days after the first words


def score(one: Evidence, other: Evidence) -> float:
    return sum(term.points for term in terms(one, other, KIN))


def told() -> list[Evidence]:
    """Three texts on one closing: one calls it an insolvency, and one names another platform first."""
    return [
        evidence("a", regions=["ID"]),
        evidence("b", event="insolvency", regions=["ID"], at=day(1)),
        evidence("c", platforms=["Shopee", "TikTok Music"], regions=["ID"], at=day(2)),
    ]


def test_what_comes_long_after_joins_what_the_whole_says_though_most_of_its_texts_were_read_amiss() -> None:
    late = evidence("d", "effective", regions=["ID"], at=day(MONTHS))
    scores = [score(one, late) for one in told()]
    assert [points > LINK for points in scores] == [True, False, False]
    assert sum(scores) < 0
    assert divided([*told(), late]) == of("abcd")


def test_two_texts_that_do_not_link_stay_two_and_so_does_what_only_looks_alike() -> None:
    late = evidence("d", "effective", event="insolvency", regions=["BR"], at=day(MONTHS))
    assert divided([told()[0], late]) == of("a", "d")
    assert divided([*told(), late]) == of("abc", "d")


def test_wholes_of_which_no_two_texts_link_are_not_held_against_each_other() -> None:
    some = [
        evidence("a", regions=[], date="2024-12-01"),
        evidence("b", regions=[], date="2024-12-01", at=day(1)),
        evidence("c", event="insolvency", regions=["ID"], date="2024-12-01"),
    ]
    late, between = (evidence(name, "effective", regions=["ID"], at=day(at)) for name, at in (("d", 300), ("e", 150)))
    assert max(score(one, late) for one in some) < LINK < min(score(between, late), score(some[0], between))
    assert divided([*some, late, between], ruled("apart", "e", "abcd")) == of("abc", "d", "e")


def test_what_a_person_took_out_stays_out() -> None:
    late = evidence("d", "effective", regions=["ID"], at=day(MONTHS))
    assert divided([*told(), late], ruled("apart", "a", "d")) == of("abc", "d")


def test_a_whole_says_what_half_of_those_say_who_name_any() -> None:
    texts = [
        evidence("a", event="ban", platforms=["Temu"], regions=["US"], date="2025-02"),
        evidence("b", event="ban", platforms=["temu", "Shein"], regions=["US", "IN"], date="2025-02-09"),
        evidence("c", event="shutdown", platforms=["Temu"], regions=[], date="2024-01-01"),
        evidence("d", event="ban", platforms=[], regions=["DE"]),
    ]
    said = whole(texts, KIN)
    assert said.event is EventType.BAN
    assert said.platforms == ("temu",)
    assert said.regions == ("US",)
    assert said.date == PartialDate("2025-02-09"), "the day that most agree with, as precisely as any says it"
    assert MAJORITY * 3 > 1, "one of three is no half"


def test_places_that_are_only_supposed_count_where_nobody_names_any() -> None:
    guess = evidence("b", regions=["DE"], supposed=True)
    said = whole([evidence("a", regions=["US"]), guess, replace(guess, document_id="c")], KIN)
    assert (said.regions, said.supposed) == (("US",), False)
    assert whole([guess, replace(guess, document_id="c")], KIN).supposed


def test_the_nearest_groups_become_one_first_and_single_texts_are_left_as_they_were() -> None:
    near = {(0, 1, 2): 2.0, (0, 1, 3): 1.0, (0, 1, 2, 3): 0.0}
    asked: list[tuple[int, ...]] = []

    def nearness(one, other) -> float:
        asked.append(tuple(sorted((*one, *other))))
        return near.get(asked[-1], 9.0)

    assert joined([[0, 1], [2], [3]], nearness) == [[0, 1, 2], [3]]
    assert (2, 3) not in asked
