"""What is at risk in all: never negative, nothing twice, and nothing of what is over."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from given import KIN, NOW, day, due, evidence, incident, position, seller
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.blocking import kinship
from monitor.domain.deadlines import PartialDate
from monitor.domain.exposure import Position
from monitor.domain.impact import impact
from monitor.domain.incidents import Closure, Incident
from monitor.domain.platforms import Platform
from monitor.domain.portfolio import Portfolio, at_risk
from monitor.domain.rulings import Act, ActKind
from monitor.domain.signals import EventType, Status

TODAY = NOW.date()
AHEAD = PartialDate("2024-11-28")
SHOP = position("TikTok Shop", "US", 100, stock=1000, unsettled_payouts=200)
CLOSES = incident(evidence(platforms=["TikTok Shop"], regions=["US"]))
ACME = seller(SHOP, position("Shopee", "SG", 50, stock=500))


def valued(*incidents: Incident) -> Portfolio:
    return at_risk(incidents, ACME, TODAY, KIN)


def test_one_incident_puts_at_risk_what_its_impact_says() -> None:
    found, alone = valued(CLOSES), impact(CLOSES, ACME, TODAY, KIN)
    assert (found.at_once, found.per_day, found.worst, found.expected) == (
        alone.at_once, alone.per_day, alone.worst, alone.expected,
    )  # fmt: skip
    assert [(line.platform, line.worst) for line in found.lines] == [("TikTok Shop", 4200), ("Shopee", 0)]
    assert found.incidents == ("i1",)


def test_what_began_abroad_is_as_sure_as_it_is_where_the_seller_sells() -> None:
    began = evidence(
        "a", authority="official", by="TikTok", platforms=["Shopee"], regions=["SG", "MY"], date="2024-09-20"
    )
    later = replace(began, document_id="b", signal=replace(began.signal, regions=("SG",), effective_date=AHEAD))
    apart, one = incident(began, later), seller(position("Shopee", "SG", 50, stock=500))
    assert (apart.status, impact(apart, one, TODAY, KIN).odds) == (Status.EFFECTIVE, Decimal("0.9"))
    assert at_risk([apart], one, TODAY, KIN).expected == impact(apart, one, TODAY, KIN).expected == 1800


def test_a_ban_of_the_parent_and_a_closing_of_its_shop_threaten_the_same_stock_once() -> None:
    ban = replace(incident(evidence(event="ban", platforms=["TikTok"], regions=["US"])), id="i2")
    both = valued(CLOSES, ban)
    assert both.worst == valued(CLOSES).worst
    assert both.lines[0].incidents == ("i1", "i2")


def test_what_their_own_people_said_is_not_for_them_puts_nothing_at_risk_until_they_say_otherwise() -> None:
    aside, back, theirs = (
        Act(id, "i1", kind, day(n), "kim", seller_id=whose)
        for n, (id, kind, whose) in enumerate(
            [("a", ActKind.NOT_FOR_US, "acme"), ("b", ActKind.FOR_US, "acme"), ("c", ActKind.NOT_FOR_US, "best")]
        )
    )
    freeze = replace(incident(evidence(event="enforcement", platforms=["TikTok Shop"], regions=["US"])), id="i2")

    def worst(*acts: Act) -> Decimal:
        return at_risk([CLOSES, freeze], ACME, TODAY, KIN, {"i1": acts}).worst

    assert worst(aside) == worst(aside, theirs) == valued(freeze).worst
    assert worst(aside, back) == worst(theirs) == worst() == valued(CLOSES, freeze).worst


def test_incidents_that_threaten_other_parts_add_up_to_all_there_is_and_no_more() -> None:
    freeze = incident(evidence(event="enforcement", platforms=["TikTok Shop"], regions=["US"]))
    duty = incident(evidence(event="trade_rule", platforms=[], regions=["US"]))
    assert (valued(freeze).at_once, valued(duty).at_once, valued(freeze, duty).at_once) == (200, 1000, 1200)
    assert valued(freeze, duty).per_day == 100


@pytest.mark.parametrize(
    "over",
    [
        incident(evidence(status="reversed", platforms=["TikTok Shop"], regions=["US"])),
        replace(CLOSES, closed=Closure(NOW, "kim")),
        replace(CLOSES, merged_into="i9"),
        replace(CLOSES, evidence=()),
        incident(evidence(platforms=["TikTok Shop"], regions=["US"], date="2024-08-20", at=day(-40))),
        incident(evidence(platforms=["TikTok Shop"], regions=["US"], at=day(-181)), now=day(-181)),
        incident(evidence(platforms=["Shopee"], regions=["ID"])),
    ],
    ids=["reversed", "closed", "merged", "taken back", "took effect long ago", "said long ago", "elsewhere"],
)
def test_what_is_over_or_elsewhere_counts_nothing(over: Incident) -> None:
    assert (valued(over).worst, valued(over).expected, valued(over).incidents) == (0, 0, ())


def test_what_took_effect_long_ago_counts_while_a_deadline_of_it_lies_ahead() -> None:
    word = evidence(platforms=["TikTok Shop"], regions=["US"], date="2024-08-20", deadlines=[due("2024-12-01")])
    assert valued(incident(word)).worst > 0


def test_a_seller_without_positions_has_nothing_at_risk() -> None:
    assert at_risk([CLOSES], seller(), TODAY, KIN) == Portfolio("acme", "EUR", ())


names = ["TikTok", "TikTok Shop", "Shopee"]
cents = st.decimals(0, 1000, places=2)
positions = st.lists(
    st.builds(
        position,
        platform=st.sampled_from(names),
        country=st.sampled_from(["US", "FR", "ID"]),
        sales=cents,
        stock=cents,
        unsettled_payouts=cents,
        prepaid_ads=cents,
    ),
    max_size=5,
)
incidents = st.lists(
    st.builds(
        lambda **said: incident(evidence(**said)),
        event=st.sampled_from([event.value for event in EventType]),
        status=st.sampled_from([status.value for status in Status]),
        platforms=st.lists(st.sampled_from(names), max_size=3, unique=True),
        regions=st.lists(st.sampled_from(["US", "EU", "FR", "WORLD"]), max_size=3, unique=True),
        date=st.sampled_from([None, "2024", "2024-08-01", "2024-09-30", "2026-01"]),
    ),
    max_size=5,
)


@given(incidents, positions)
def test_value_at_risk_is_never_negative_and_never_more_than_all_there_is(
    some: list[Incident], stake: list[Position]
) -> None:
    one = seller(*stake)
    found = at_risk(some, one, TODAY, KIN)
    assert 0 <= found.at_once <= one.tied_up
    assert 0 <= found.per_day <= one.sales
    assert 0 <= found.expected <= found.worst <= one.tied_up + one.horizon * one.sales
    for line, held in zip(found.lines, stake, strict=True):
        assert 0 <= line.at_once <= held.tied_up


@given(incidents, positions, st.randoms(use_true_random=False))
def test_nothing_is_counted_twice_whatever_the_order(some: list[Incident], stake: list[Position], random) -> None:
    one = seller(*stake)
    found = at_risk(some, one, TODAY, KIN)
    shuffled = random.sample(some, len(some))
    again = at_risk([*shuffled, *some], one, TODAY, KIN)
    assert sums(again) == sums(found)
    alone = [at_risk([each], one, TODAY, KIN) for each in some]
    assert found.worst <= sum((each.worst for each in alone), Decimal(0))
    assert found.worst >= max((each.worst for each in alone), default=Decimal(0))


def sums(portfolio: Portfolio) -> Sequence[Decimal]:
    return portfolio.at_once, portfolio.per_day, portfolio.worst, portfolio.expected


def test_a_part_that_no_catalogue_knows_puts_at_risk_what_lies_with_its_whole() -> None:
    kin = kinship([Platform("Shopee", "shopee", "Sea", "marketplace", ())])
    ends = incident(evidence(platforms=["Shopee Extra"], regions=["SG"]))
    found = at_risk([ends], ACME, TODAY, kin)
    assert [line.platform for line in found.lines if line.worst] == ["Shopee"]
    assert found.worst == impact(ends, ACME, TODAY, kin).worst > 0
