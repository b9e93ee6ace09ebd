"""The value at risk as a metric: kept up to date while that is cheap, and of configured positions alone."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from fakes import MemoryStore
from given import KIN, NOW, evidence, incident, position, seller

from monitor.domain.portfolio import Portfolio, at_risk
from monitor.domain.rulings import Act, ActKind
from monitor.metrics import Metrics
from monitor.steps import Step
from monitor.valuing import AT_ONCE, Valuer, valued

SHOP = seller(position("TikTok Shop", "US", 100, stock=1000), position("Shopee", "SG"))


def closing(number: int, platform: str = "TikTok Shop"):
    found = incident(evidence(f"d{number}", platforms=[platform], regions=["US"]))
    return replace(found, id=f"i{number}")


async def test_every_open_incident_is_looked_at_however_many_there_are():
    store = MemoryStore()
    others = [closing(n, "eBay") for n in range(AT_ONCE)]
    await store.keep(Step(at=NOW, incidents=[*others, closing(AT_ONCE)]))
    found = await valued(store, [SHOP, seller(id="best")], NOW, KIN)
    assert found["acme"].incidents == (f"i{AT_ONCE}",)
    assert found["best"].lines == ()


async def test_what_somebody_called_not_for_them_is_not_in_the_figure_that_machines_read():
    store = MemoryStore()
    aside = Act("a1", "i1", ActKind.NOT_FOR_US, NOW, "kim", seller_id="acme")
    await store.keep(Step(at=NOW, incidents=[closing(1)], acts=[aside]))
    assert (await valued(store, [SHOP, replace(SHOP, id="best")], NOW, KIN))["acme"].worst == 0
    assert (await valued(store, [replace(SHOP, id="best")], NOW, KIN))["best"].worst == 4000


async def test_who_has_no_position_is_not_looked_for():
    class Closed(MemoryStore):
        async def open_ids(self, now):
            raise AssertionError("nobody has anything at stake")

    assert (await valued(Closed(), [seller()], NOW, KIN))["acme"].worst == 0


async def test_it_is_valued_again_when_it_is_time_or_when_the_sellers_are_others():
    shown: list[Decimal] = []
    store = MemoryStore()

    def show(portfolios: Sequence[Portfolio]) -> None:
        shown.append(sum((one.worst for one in portfolios), Decimal(0)))

    valuer, sellers = Valuer(store, show), (SHOP,)
    await valuer.step(sellers, NOW, KIN)
    await store.keep(Step(at=NOW, incidents=[closing(1)]))
    await valuer.step(sellers, NOW, KIN)
    assert shown == [0], "a moment later it is not worth another look"
    await valuer.step((SHOP,), NOW, KIN)
    assert shown == [0, 4000], "a reload brought new figures"


def test_positions_that_are_no_more_have_no_series():
    metrics = Metrics()
    metrics.show_value_at_risk([at_risk([closing(1)], SHOP, NOW.date(), KIN)])
    labels = {"seller": "acme", "currency": "EUR", "platform": "TikTok Shop", "country": "US"}
    assert metrics.registry.get_sample_value("sellerwatch_value_at_risk", labels) == 4000
    metrics.show_value_at_risk([at_risk([], seller(position("Shopee", "SG")), NOW.date(), KIN)])
    assert metrics.registry.get_sample_value("sellerwatch_value_at_risk", labels) is None
