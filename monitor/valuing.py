"""What is at risk now, for every seller, from the open incidents of the store."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from time import perf_counter

from monitor.cadence import Cadence
from monitor.domain.exposure import Seller
from monitor.domain.incidents import Incident
from monitor.domain.portfolio import Portfolio, at_risk, concerning
from monitor.domain.resolution import Kinship
from monitor.ports import Ledger

AT_ONCE = 100  # incidents that are read in one go


async def valued(ledger: Ledger, sellers: Sequence[Seller], now: datetime, kin: Kinship) -> Mapping[str, Portfolio]:
    """By seller id. Incidents are read some at a time, and only those kept in mind that may touch a position."""
    near: list[Incident] = []
    if any(seller.positions for seller in sellers):
        ids = await ledger.open_ids(now)
        for first in range(0, len(ids), AT_ONCE):
            near += concerning(await ledger.incidents(ids[first : first + AT_ONCE]), sellers, kin)
            await asyncio.sleep(0)
    acts = await ledger.acts_on([one.id for one in near]) if near else {}
    return {seller.id: at_risk(near, seller, now.date(), kin, acts) for seller in sellers}


class Valuer:
    """Keeps the gauges of the value at risk."""

    def __init__(self, ledger: Ledger, show: Callable[[Sequence[Portfolio]], None]) -> None:
        self._ledger, self._show = ledger, show
        self._cadence = Cadence()
        self._watched: object = None

    async def step(self, sellers: Sequence[Seller], now: datetime, kin: Kinship, mark: object = None) -> None:
        """Value again if it is time to, or if the sellers are others than last time; `mark` differs whenever an
        incident or what people did to one moved."""
        if sellers is self._watched and not self._cadence.comes(mark):
            return
        began = perf_counter()
        self._show(list((await valued(self._ledger, sellers, now, kin)).values()))
        self._cadence.done(mark, began)
        self._watched = sellers
